"""Why a run over a store is refused as a whole."""

from __future__ import annotations


class CannotRun(ValueError):
    """``code``: no_areas, window, out, place, engine or in_progress; ``text`` for the reader, in Chinese."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(code, text)

    def __str__(self) -> str:
        return self.text
