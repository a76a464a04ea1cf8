"""Why the readings of an area are refused."""

from __future__ import annotations

from collections.abc import Mapping


class BadArea(ValueError):
    """An area whose files cannot be used; other areas are not touched by it.

    ``code`` is one of the codes of findings, ``text`` for the reader, ``data`` for programs.
    """

    def __init__(self, code: str, text: str, data: Mapping[str, object] | None = None) -> None:
        self.code, self.text, self.data = code, text, dict(data or {})
        super().__init__(code, text, self.data)

    def __str__(self) -> str:
        return self.text
