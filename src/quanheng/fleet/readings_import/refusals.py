"""Why an import is refused as a whole."""

from __future__ import annotations


class BadImport(ValueError):
    """Nothing was stored; ``code`` for programs, the text for the reader."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)
