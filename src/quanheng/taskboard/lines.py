"""What the summary of a county day is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line of the summary: what was found, and the command that recomputes it."""

    text: str
    command: str
    is_ok: bool = True
