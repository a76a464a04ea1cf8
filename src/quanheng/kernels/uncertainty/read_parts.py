"""An effect of a model file known from a certificate, from limits or from experience: Type B (JCGM 100:2008, 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from quanheng.kernels.uncertainty import distributions as d
from quanheng.kernels.uncertainty.combine import coverage_factors
from quanheng.kernels.uncertainty.model import Array, Part
from quanheng.kernels.uncertainty.part_keys import (
    ALWAYS,
    TRUST,
    Effect,
    degrees_of_freedom,
    kind_of,
    label_of,
    probability,
    share_of_value,
)
from quanheng.kernels.uncertainty.section import BadModel, Section
from quanheng.kernels.uncertainty.spellings import DISTRIBUTIONS, distribution_of, nearest_distribution

_LIMITS = frozenset({"lower", "upper"})
_WIDTHS = frozenset({"half_width", "half_width_percent", "resolution"})
_DEVIATIONS = frozenset({"std", "std_percent"})
_COVERAGE = frozenset({"coverage_factor", "coverage_probability"})
_SAME = 1e-9

_BOUNDED: dict[str, Callable[[d.Value], d.Distribution]] = {
    "rectangular": d.Rectangular,
    "triangular": d.Triangular,
    "arcsine": d.Arcsine,
    "two_point": d.TwoPoint,
}
_SKEWED = {
    "exponential": frozenset({"value"}),
    "poisson": frozenset({"count"}),
    "gamma": frozenset({"shape", "scale"}),
    "beta": frozenset({"alpha", "beta", "lower", "upper"}),
    "lognormal": frozenset({"mu", "sigma", "value", "std", "std_percent"}),
}


def read_known(section: Section, value: Array | None) -> Effect:
    """Return the effect that a section without readings describes; ``value`` is the estimate of its input.

    Raises
    ------
    BadModel
        An unknown distribution; parameters that are missing, too many or impossible.
    """
    family = _family(section)
    try:
        distribution, u = _read(section, family, value)
    except BadModel:
        raise
    except ValueError as error:  # what the distribution itself refuses
        raise section.refuse(str(error)) from error
    part = Part(
        label_of(section), distribution, np.atleast_1d(u), degrees_of_freedom(section), kind_of(section, "B")
    )
    return Effect(part, _estimate(section, family, distribution))


def _family(section: Section) -> str:
    if "distribution" in section:
        written = section.text("distribution").strip()
        family = distribution_of(written)
        if family is None:
            near, known = nearest_distribution(written), "、".join(dict.fromkeys(DISTRIBUTIONS.values()))
            hint = f"是否为“{near}”？" if near else f"可用：{known}。"
            raise section.refuse(f"没有分布“{written}”。{hint}", "distribution")
        return family
    if any(key in section for key in _WIDTHS | _LIMITS):
        return "rectangular"
    if "scale" in section:
        return "t"
    if not any(key in section for key in _DEVIATIONS | {"expanded_uncertainty"}):
        raise section.refuse(
            "没有给出不确定度：应有 std、half_width、lower 和 upper、expanded_uncertainty 或 readings 等；"
            "没有不确定度的量请放入 constants。"
        )
    return "normal"


def _estimate(section: Section, family: str, distribution: d.Distribution) -> Array | None:
    """Return the estimate that limits or a distribution that is not symmetric give."""
    if family in _SKEWED:
        return np.atleast_1d(np.asarray(distribution.mean, dtype=float))
    if "lower" in section:
        return (section.numbers("lower") + section.numbers("upper")) / 2
    return None


def _read(section: Section, family: str, value: Array | None) -> tuple[d.Distribution, Array]:
    if family in {"normal", "t"}:
        return _bell(section, family, value)
    if family in _SKEWED:
        distribution = _skewed(section, family, value)
    elif family == "trapezoidal":
        section.only(ALWAYS | TRUST | _WIDTHS | _LIMITS | {"beta"}, "梯形分布")
        beta = section.numbers(section.needed("beta"))
        distribution = d.Trapezoidal(_half_width(section, value), beta)
    elif family == "curvilinear_trapezoid":
        section.only(ALWAYS | TRUST | _WIDTHS | _LIMITS | {"inexactness"}, "曲线梯形分布")
        inexactness = section.numbers(section.needed("inexactness"))
        distribution = d.CurvilinearTrapezoid(_half_width(section, value), inexactness)
    else:
        section.only(ALWAYS | TRUST | _WIDTHS | _LIMITS | _DEVIATIONS, "这种分布")
        make = _BOUNDED[family]
        distribution = make(_half_width(section, value, float(make(1.0).standard_deviation)))
    return distribution, np.asarray(distribution.standard_deviation, dtype=float)


def _bell(section: Section, family: str, value: Array | None) -> tuple[d.Distribution, Array]:
    """Return a normal or t distribution and the standard uncertainty.

    With finite degrees of freedom a standard uncertainty is the scale of a t distribution (JCGM 101:2008, 6.4.9.7),
    also where the file says "normal"; only the ``std`` of a distribution called t is its standard deviation.
    """
    section.only(
        ALWAYS | TRUST | _DEVIATIONS | _COVERAGE | {"scale", "expanded_uncertainty"}, "正态分布和 t 分布"
    )
    degrees = degrees_of_freedom(section)
    if family == "t" and degrees == inf:
        raise section.refuse("t 分布应给出有限的自由度 dof。")
    u = _spread(section, degrees, value)
    if degrees == inf:
        return d.Normal(u), u
    if family == "t" and "std" in section:
        return d.StudentT.from_standard_deviation(u, degrees), u
    return d.StudentT(u, degrees), u


def _spread(section: Section, degrees: float, value: Array | None) -> Array:
    """Return the standard uncertainty that is given, alone or as U with k or p (4.3.3, 4.3.4)."""
    key = section.one_of(_DEVIATIONS | {"scale", "expanded_uncertainty"})
    if key != "expanded_uncertainty":
        section.only(frozenset(section.values) - _COVERAGE, "不给扩展不确定度时")
        return share_of_value(section, key, value) if key == "std_percent" else section.positive(key)
    expanded = section.positive(key)
    chosen = section.one_of(_COVERAGE)
    if chosen == "coverage_factor":
        return expanded / section.positive(chosen)
    return expanded / coverage_factors(np.array([degrees]), probability(section, chosen))


def _half_width(section: Section, value: Array | None, deviation_of_unit: float = 1.0) -> Array:
    """Return the half-width; ``deviation_of_unit`` is the standard deviation where it is 1."""
    if any(key in section for key in _LIMITS):
        section.only(frozenset(section.values) - _WIDTHS - _DEVIATIONS, "给了上下限时")
        low, high = section.numbers(section.needed("lower")), section.numbers(section.needed("upper"))
        if not np.all(low < high):
            raise section.refuse("下限应小于上限。", "lower")
        if value is not None and np.any(np.abs(value - (low + high) / 2) > _SAME * (high - low)):
            raise section.refuse(
                "估计值应为上下限的中点；界限不对称时请改给 value、std 和 distribution，或用不对称的分布。",
                "lower",
            )
        return (high - low) / 2
    key = section.one_of(_WIDTHS | _DEVIATIONS)
    found = share_of_value(section, key, value) if key.endswith("_percent") else section.positive(key)
    if key == "resolution":
        return found / 2  # JCGM 100:2008, F.2.2.1
    return found / deviation_of_unit if key in _DEVIATIONS else found


def _skewed(section: Section, family: str, value: Array | None) -> d.Distribution:
    """Return a distribution that is not symmetric; its expectation becomes the estimate of the input."""
    section.only((ALWAYS - {"value"}) | TRUST | _SKEWED[family], "这种分布")
    if family == "lognormal" and "value" in section:
        section.only(frozenset(section.values) - {"mu", "sigma"}, "给了期望的对数正态分布")
        key = section.one_of(_DEVIATIONS)
        u = section.positive(key) if key == "std" else share_of_value(section, key, value)
        return d.LogNormal.from_moments(section.numbers("value"), u)
    given = {key: section.numbers(key) for key in _SKEWED[family] if key in section}
    needed = _SKEWED[family] - (_LIMITS if family == "beta" else {"value", "std", "std_percent"})
    if family == "exponential":
        return d.Exponential(section.numbers(section.needed("value")))
    for key in sorted(needed):
        section.needed(key)
    if family == "poisson":  # JCGM 101:2008, 6.4.11.2: of q counted events
        return d.Gamma(given["count"] + 1.0, 1.0)
    if family == "gamma":
        return d.Gamma(**given)
    return d.Beta(**given) if family == "beta" else d.LogNormal(**given)
