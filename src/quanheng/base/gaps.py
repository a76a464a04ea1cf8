"""What stands between a person, a standard or an instrument and some work on some day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """One reason why not: a code that never changes, and a sentence that says what is missing and what to do."""

    code: str
    text: str
