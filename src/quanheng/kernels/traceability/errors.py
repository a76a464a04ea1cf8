"""What cannot be traced or computed; the reason is Chinese, for the reader."""

from __future__ import annotations


class BadTraceability(ValueError):
    """Bad data: ``line`` of the file (None where there is none), ``where`` in it, ``reason``."""

    def __init__(self, reason: str, line: int | None = None, where: str = "") -> None:
        self.reason, self.line, self.where = reason, line, where
        place = f"第 {line} 行：" if line is not None else f"{where}：" if where else ""
        super().__init__(f"{place}{reason}")
