"""What keys of a part of an input say that more than one way of evaluating it needs.

Clauses are those of JCGM 100:2008.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.model import Array, Kind, Part
from quanheng.kernels.uncertainty.section import Section

TRUST = frozenset({"dof", "relative_uncertainty_of_uncertainty"})
ALWAYS = frozenset({"name", "label", "unit", "value", "components", "distribution", "type"})

_PERCENT = 100
_LEAST_DEGREES = 1


class Effect(NamedTuple):
    """A part, and what else its section says: an estimate of the input (None where it says none), findings."""

    part: Part | None
    estimate: Array | None = None
    findings: tuple[Finding, ...] = ()


def degrees_of_freedom(section: Section) -> float:
    """Return ν as given, or ½ r⁻² from the relative uncertainty r of the uncertainty (G.4.2); else infinite."""
    if not any(key in section for key in TRUST):
        return inf
    key = section.one_of(TRUST)
    given = section.number(key, is_infinite_allowed=True) if key == "dof" else ratio(section, key)
    degrees = given if key == "dof" else (0.5 / given / given if given > 0 else 0.0)
    if not degrees >= _LEAST_DEGREES:
        raise section.refuse("自由度应不小于 1（不确定度的相对不确定度应大于零，不超过 0.707）。", key)
    return degrees


def probability(section: Section, key: str) -> float:
    """Return a probability between 0 and 1, written as 0.95 or "95%"."""
    found = ratio(section, key)
    if not 0 < found < 1:
        raise section.refuse("应在 0 与 1 之间，如 0.95 或 95%。", key)
    return found


def ratio(section: Section, key: str) -> float:
    """Return a number of dimension one, written as 0.25 or "25%"."""
    written = section.values[key]
    if isinstance(written, str) and written.strip().endswith(("%", "％")):
        try:
            return float(written.strip()[:-1]) / _PERCENT
        except ValueError as error:
            raise section.refuse("应写作 0.95 或 95%。", key) from error
    return section.number(key)


def share_of_value(section: Section, key: str, value: Array | None) -> Array:
    """Return a quantity given in percent of the estimate."""
    if value is None:
        raise section.refuse("相对值要有估计值 value。", key)
    found = section.positive(key) / _PERCENT * np.abs(value)
    if not np.all(found > 0):
        raise section.refuse("估计值为零时不能用相对值。", key)
    return found


def label_of(section: Section) -> str:
    """Return what the part is called."""
    return section.text("label") or section.text("name")


def kind_of(section: Section, kind: Kind) -> Kind:
    """Return A or B as the file says, else ``kind``."""
    written = section.text("type").strip().upper()
    if written not in {"", "A", "B"}:
        raise section.refuse("类别应为 A 或 B。", "type")
    return "A" if written == "A" else "B" if written == "B" else kind
