"""Guard bands: how far inside the limits a measured value must lie (JCGM 106:2012, clause 8; ILAC-G8).

A guard band w is T_U - A_U, the same at both limits; a negative one accepts beyond them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from quanheng.kernels.conformity.judging import within
from quanheng.kernels.conformity.limits import (
    BadConformity,
    FloatArray,
    Limits,
    Numbers,
    as_floats,
    first_of,
    positive_uncertainty,
)
from quanheng.kernels.conformity.priors import Prior
from quanheng.kernels.conformity.probability import probability_outside, probability_within
from quanheng.kernels.conformity.risks import global_risks

_EVEN = 0.5
_REACH = 40  # standard uncertainties


@dataclass(frozen=True, slots=True)
class GuardRule:
    """A guard band as a ``multiple`` r of the expanded uncertainty U (k = 2), and the risk stated for it."""

    name: str
    multiple: float
    stated_risk: str

    def guard_band(self, expanded_uncertainty: Numbers) -> FloatArray:
        """Return w = r U. [unit of U]"""
        return as_floats(self.multiple * positive_uncertainty(expanded_uncertainty))[()]


ILAC_G8_RULES: Mapping[str, GuardRule] = {
    "six_sigma": GuardRule("六西格玛", 3.0, "误接收概率小于百万分之一"),
    "three_sigma": GuardRule("三西格玛", 1.5, "误接收概率小于 0.16%"),
    "ilac_g8_2009": GuardRule("ILAC-G8:2009", 1.0, "误接收概率小于 2.5%"),
    "iso_14253_1": GuardRule("ISO 14253-1:2017", 0.83, "误接收概率小于 5%"),
    "simple": GuardRule("简单接受", 0.0, "误接收概率小于 50%"),
    "uncritical": GuardRule("非关键（放宽）", -1.0, "误拒绝概率小于 2.5%"),
}
"""Rules of ILAC-G8:09/2019, table of guard bands; what a customer asks for is a `GuardRule` of its own.

The first five were read in secondary sources, the last is from memory: unconfirmed against the text.
"""


class Statement(IntEnum):
    """Statements of a non-binary rule, the better the larger (ILAC-G8:09/2019, 4.2.3)."""

    FAIL = 0
    CONDITIONAL_FAIL = 1
    CONDITIONAL_PASS = 2
    PASS = 3


STATEMENT_NAMES: Mapping[Statement, str] = {
    Statement.FAIL: "不通过",
    Statement.CONDITIONAL_FAIL: "有条件不通过",
    Statement.CONDITIONAL_PASS: "有条件通过",
    Statement.PASS: "通过",
}


def statements(value: Numbers, tolerance: Limits, guard_band: Numbers) -> NDArray[np.int8]:
    """Return the `Statement` on each value: pass within the guarded limits only, fail beyond them only.

    A value on a limit is on the better side of it; nan fails.

    Raises
    ------
    BadConformity
        A guard band that is negative or nan; limits in the wrong order.

    >>> [Statement(one).name for one in statements([0.7, 0.9, 1.1, 1.3], Limits.symmetric(1.0), 0.2)]
    ['PASS', 'CONDITIONAL_PASS', 'CONDITIONAL_FAIL', 'FAIL']
    """
    band, measured = as_floats(guard_band), as_floats(value)
    if not np.all(band >= 0):
        raise BadConformity(f"多级判定的保护带应当不小于零，这里是 {first_of(band, ~(band >= 0))}。")
    lower, upper = tolerance.checked()
    size = np.maximum(*(np.where(np.isfinite(at), np.abs(at), 0.0) for at in (lower, upper)))
    passed = [
        within(measured, lower + at, upper - at, magnitude=size).astype(np.int8)
        for at in (-band, np.zeros(()), band)
    ]
    return np.asarray(passed[0] + passed[1] + passed[2])[()]


def specific_guard_band(
    risk: float,
    tolerance: Limits,
    standard_uncertainty: float,
    degrees_of_freedom: float = np.inf,
    resolution: float = 0.0,
) -> float:
    """Return the guard band with which no accepted value has a specific consumer's risk above ``risk``.

    Without prior knowledge; where there are two limits, both tails count (JCGM 106:2012, 8.3.2, 9.3.2).

    Raises
    ------
    BadConformity
        A risk outside 0 to 0.5; no limit; an uncertainty that is too large even for the middle value.

    >>> round(specific_guard_band(0.05, Limits(upper=10.0), 1.0), 4)
    1.6449
    """
    lower, upper = _facing_up(tolerance)

    def excess(band: float) -> float:
        spread = (standard_uncertainty, degrees_of_freedom, resolution)
        return float(probability_outside(upper - band, lower, upper, *spread)) - risk

    return _smallest(excess, risk, (upper - lower) / 2, standard_uncertainty)


def rejection_guard_band(
    risk: float,
    tolerance: Limits,
    standard_uncertainty: float,
    degrees_of_freedom: float = np.inf,
    resolution: float = 0.0,
) -> float:
    """Return the negative guard band with which no rejected value conforms with more than probability ``risk``.

    Guarded rejection, for clear evidence before a penalty (JCGM 106:2012, 8.3.3).

    Raises
    ------
    BadConformity
        A risk outside 0 to 0.5; no limit.

    Nandrolone, JCGM 106:2012, 8.3.3: T = 2.00 µg/L, s = 0.20 µg/L, ν = 9, 95 %; the decision limit is 2.37.

    >>> round(2.00 - rejection_guard_band(0.05, Limits(upper=2.00), 0.20, 9), 2)
    2.37
    """
    lower, upper = _facing_up(tolerance)

    def excess(band: float) -> float:
        spread = (standard_uncertainty, degrees_of_freedom, resolution)
        return float(probability_within(upper + band, lower, upper, *spread)) - risk

    return -_smallest(excess, risk, np.inf, standard_uncertainty)


def global_guard_band(risk: float, prior: Prior, tolerance: Limits, standard_uncertainty: float) -> float:
    """Return the guard band with which the global consumer's risk is ``risk``; 0 where it is less without one.

    JCGM 106:2012, 9.5.4, where the graph is read that is solved here.

    Raises
    ------
    BadConformity
        A risk outside 0 to 0.5; no limit.
    """
    lower, upper = _facing_up(tolerance)
    half_width = (upper - lower) / 2

    def excess(band: float) -> float:
        risks = global_risks(prior, tolerance, standard_uncertainty, tolerance.guarded(band))
        return float(risks.consumer) - risk

    return _smallest(excess, risk, half_width, standard_uncertainty)


def optimal_guard_band(
    prior: Prior,
    tolerance: Limits,
    standard_uncertainty: float,
    cost_of_false_acceptance: float,
    cost_of_false_rejection: float,
) -> float:
    """Return the guard band with the least expected cost c_A R_C + c_R R_P; negative where rejecting costs more.

    JCGM 106:2012, 9.5.4 leaves the choice to an economic analysis: this is one.  Infinite where the best
    is to accept whatever comes (-inf) or nothing (inf), within 40 standard uncertainties of the limits.

    Raises
    ------
    BadConformity
        A cost that is not positive; no limit.
    """
    if not (0 < cost_of_false_acceptance < np.inf and 0 < cost_of_false_rejection < np.inf):
        raise BadConformity("误接收和误拒绝的代价都应当大于零。")
    lower, upper = _facing_up(tolerance)
    widest = min((upper - lower) / 2, _REACH * standard_uncertainty)

    def cost(band: Numbers) -> FloatArray:
        risks = global_risks(prior, tolerance, standard_uncertainty, tolerance.guarded(band))
        return cost_of_false_acceptance * risks.consumer + cost_of_false_rejection * risks.producer

    bands = np.linspace(-_REACH * standard_uncertainty, widest, 4 * _REACH + 1)
    best = int(np.argmin(cost(bands)))
    around = (float(bands[max(best - 1, 0)]), float(bands[min(best + 1, len(bands) - 1)]))
    found = optimize.minimize_scalar(lambda band: float(cost(band)), bounds=around, method="bounded")
    same = 1e-12 * (cost_of_false_acceptance + cost_of_false_rejection)  # the accuracy of the risks
    risks = global_risks(prior, tolerance, standard_uncertainty)
    if cost_of_false_acceptance * (1 - float(risks.conforming)) <= found.fun + same:
        return -np.inf
    if cost_of_false_rejection * float(risks.conforming) <= found.fun + same:
        return np.inf
    return float(found.x)


def _facing_up(tolerance: Limits) -> tuple[float, float]:
    """Return the limits as numbers, mirrored where only the lower one is finite."""
    lower, upper = (float(at) for at in tolerance.checked())
    if np.isinf(lower) and np.isinf(upper):
        raise BadConformity("没有上限也没有下限，谈不上保护带。")
    return (lower, upper) if np.isfinite(upper) else (-upper, -lower)


def _smallest(excess: Callable[[float], float], risk: float, half_width: float, scale: float) -> float:
    """Return the smallest band, from 0, at which the falling function ``excess`` is not positive."""
    if not 0 < risk <= _EVEN:
        raise BadConformity(f"要求的风险应当大于 0，不大于 0.5，这里是 {risk}。")
    if excess(0.0) <= 0:
        return 0.0
    end = min(half_width, scale)
    while excess(end) > 0:
        if end == half_width:
            raise BadConformity("测量不确定度太大，测得值在正中间也达不到要求的风险。")
        end = min(half_width, 2 * end)
    return float(optimize.brentq(excess, 0.0, end, xtol=1e-15 * end, rtol=1e-14))
