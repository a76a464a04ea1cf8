"""What a test of the battery says, and what one finding is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tested:
    """One test made: ``p_value`` under honest data; ``text`` is the finding where it is small enough.

    ``point`` counts from 0; None where it is about whole rows.
    """

    code: str
    p_value: float
    text: str
    point: int | None = None
    figures: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Untested:
    """A test that could not be made, and why."""

    code: str
    reason: str
    point: int | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """A finding: what was seen, how rarely honest data look so (``p_value``), and the threshold that it passed."""

    code: str
    p_value: float
    threshold: float
    text: str
    point: int | None = None
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
