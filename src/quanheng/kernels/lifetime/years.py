"""How many more years a batch may stay: until the fraction nonconforming reaches what is permitted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.lifetime.data import Lifetimes
from quanheng.kernels.lifetime.errors import BadLifetime
from quanheng.kernels.lifetime.families import LOGNORMAL, WEIBULL
from quanheng.kernels.lifetime.fit import fit
from quanheng.kernels.lifetime.model import (
    LifeModel,
    age_of_fraction,
    check_age,
    check_confidence,
    fraction_of_fit,
    life_model,
)
from quanheng.kernels.lifetime.posterior import quantile

_FEW = 5
_DIFFERENT = 0.25
_LONGEST = 100.0  # [year] more than this is said as "no upper limit"


class Stay(StrEnum):
    """What the years say."""

    STAY = "stay"  # even the lower limit is above zero
    UNSURE = "unsure"  # it may have years left, and it may not
    OVER = "over"  # more than permitted are nonconforming already, most likely
    BOUND = "bound"  # no failure was seen: only a lower limit


@dataclass(frozen=True, slots=True)
class YearsLeft:
    """Years from now until the fraction nonconforming reaches ``max_fraction``.

    ``years`` is the most likely value (None where only a bound can be given), ``low`` and ``high`` (inf: no limit) its
    interval at ``confidence``, ``at_least`` the lower limit alone at the same confidence: the number to decide on.
    ``fraction_now`` is the fraction at ``now_age`` [year] with its interval.  0 years: it is reached already.
    """

    years: float | None
    low: float
    high: float
    at_least: float
    confidence: float
    max_fraction: float
    now_age: float
    fraction_now: float | None
    fraction_now_low: float
    fraction_now_high: float
    stay: Stay
    sentence: str
    findings: tuple[Finding, ...]


def years_left(
    data: Lifetimes | LifeModel,
    max_fraction: float = 0.05,
    now_age: float | None = None,
    *,
    confidence: float = 0.95,
    clean_at: float = 0.0,
) -> YearsLeft:
    """Return how many more years a batch may stay.

    Parameters
    ----------
    data
        What was seen of its meters, or its model (default: Weibull with the default prior of the shape).
    max_fraction
        The largest fraction nonconforming that is permitted, between 0 and 1; a parameter of the rule.
    now_age
        The age [year] from which the years count; not given, the age of the last look.
    clean_at
        The age [year] at which all nonconforming meters were replaced, 0: never.  Not later than ``now_age``.

    Raises
    ------
    BadLifetime
        A parameter is beyond reason; the fit does not converge.
    """
    model = data if isinstance(data, LifeModel) else life_model(data)
    now = model.data.oldest if now_age is None else now_age
    check_confidence(confidence)
    check_age(now)
    if not 0 < max_fraction < 1:
        raise BadLifetime(f"允许的不合格率应在 0 和 1 之间，这里是 {max_fraction:g}。")
    if not 0 <= clean_at <= now:
        raise BadLifetime(f"换下全部不合格表的年龄 {clean_at:g} 年应不晚于现在的 {now:g} 年。")
    nodes, tail = model.posterior, 1 - confidence
    base = nodes.log_survival(clean_at)
    ages = nodes.ages(base + np.log1p(-max_fraction))
    failed = -np.expm1(nodes.log_survival(now) - base)
    low = at_least = 0.0
    high, now_low, now_high = inf, 0.0, 1.0
    if nodes.worse is not None:
        low, at_least = (_left(quantile(ages, nodes.worse, level), now) for level in (tail / 2, tail))
        now_high = quantile(failed, nodes.worse, 1 - tail / 2)
    if nodes.better is not None:
        high = _left(quantile(ages, nodes.better, 1 - tail / 2), now)
        now_low = quantile(failed, nodes.better, tail / 2)
    years = fraction = None
    if model.fit is not None:
        years = _left(age_of_fraction(model.fit, max_fraction, clean_at), now)
        at_now = fraction_of_fit(model, np.array([now]), clean_at)
        fraction = None if at_now is None else float(at_now[0])
    stay = _stay(years, at_least, model)
    if nodes.worse is None:
        years = 0.0
    return YearsLeft(
        years,
        low,
        high if high <= _LONGEST else inf,
        at_least,
        confidence,
        max_fraction,
        now,
        fraction,
        now_low,
        now_high,
        stay,
        _sentence(stay, years, low, high, at_least, confidence, max_fraction),
        _findings(model, now, years, max_fraction, clean_at),
    )


def _left(age: float, now: float) -> float:
    return max(0.0, age - now)


def _stay(years: float | None, at_least: float, model: LifeModel) -> Stay:
    if not model.data.failed:
        return Stay.BOUND
    if years is None or years == 0:
        return Stay.OVER
    return Stay.STAY if at_least > 0 else Stay.UNSURE


def _sentence(
    stay: Stay,
    years: float | None,
    low: float,
    high: float,
    at_least: float,
    confidence: float,
    max_fraction: float,
) -> str:
    level, limit = f"{100 * confidence:g}%", f"{100 * max_fraction:g}%"
    top = f"{high:.1f} 年" if isfinite(high) and high <= _LONGEST else "没有上限"
    span = f"{level} 区间 {low:.1f} 年～{top}"
    if stay is Stay.BOUND:
        if at_least == 0:
            return f"没有发现不合格，但检查的表太少：不能以 {level} 的把握说不合格率没有超过 {limit}。"
        return f"没有发现不合格，只能给出界限：有 {level} 的把握，不合格率在今后 {at_least:.1f} 年之内不超过 {limit}。"
    if stay is Stay.OVER:
        return f"不合格率估计已经超过 {limit}，这批表不宜再留（还可留的年数：{span}）。"
    said = f"不合格率估计在今后 {years:.1f} 年之内不超过 {limit}（{span}）"
    if stay is Stay.UNSURE:
        return f"{said}；但不能以 {level} 的把握说现在没有超过。"
    return f"{said}；有 {level} 的把握至少 {at_least:.1f} 年。"


def _findings(
    model: LifeModel, now: float, years: float | None, max_fraction: float, clean_at: float
) -> tuple[Finding, ...]:
    found = []
    data = model.data
    if not data.failed:
        found.append(Finding("no_failures", "没有一只表不合格：只有下限，下限取决于对形状参数的先验假设。"))
    elif model.posterior.worse is None:
        found.append(Finding("all_failed", "所有的表第一次检查就已不合格。"))
    elif data.failed < _FEW:
        found.append(Finding("few_failures", f"只有 {data.failed} 只不合格，区间主要由只数少决定。"))
    if len(data.inspection_ages) == 1:
        text = f"只在一个年龄（{data.oldest:g} 年）检查过：不合格率随年龄怎样变，来自对形状参数的先验假设，不来自数据。"
        found.append(Finding("single_age", text))
    if years is not None and now + years > data.oldest:
        text = f"数据只到 {data.oldest:.1f} 年，{now + years:.1f} 年是外推：假定老化的规律不变。"
        found.append(Finding("extrapolated", text, {"oldest": data.oldest}))
    if years and model.fit is not None:
        other = LOGNORMAL if model.family is WEIBULL else WEIBULL
        theirs = _left(age_of_fraction(fit(data, other, model.prior), max_fraction, clean_at), now)
        if abs(theirs - years) > _DIFFERENT * years:
            text = f"换成{other.name}分布，年数为 {theirs:.1f}：结论取决于分布的选择。"
            found.append(Finding("families_differ", text, {"family": other.key, "years": theirs}))
    return tuple(found)
