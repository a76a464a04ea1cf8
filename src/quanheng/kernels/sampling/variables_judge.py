"""What measured errors say of a lot: by variables where they may be taken for normal, and always by attributes too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, nan

import numpy as np
from scipy import stats

from quanheng.kernels.sampling.judge import ACCEPT, REJECT, Verdict, judge
from quanheng.kernels.sampling.plans import BadSampling, Plan
from quanheng.kernels.sampling.variables import VariablesPlan, estimated_fraction

WITHHELD = "withheld"
SIGNIFICANCE = 0.05
_MOST_SHAPIRO = 5000
_WEAK = 20
_FEW_VALUES = 0.5  # of the values are different: fewer, and the resolution is coarse


@dataclass(frozen=True, slots=True)
class Normality:
    """Two tests of normality: statistics and p-values; ``is_rejected`` where either is below ``significance``.

    NaN where a test cannot be done: all values are equal.
    """

    shapiro_wilk: float
    shapiro_wilk_p: float
    anderson_darling: float
    anderson_darling_p: float
    significance: float
    is_rejected: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class VariablesVerdict:
    """Both verdicts side by side.

    ``by_variables`` is "accept", "reject" or "withheld" (not normal); ``by_attributes`` is the verdict of counting.
    ``outcome`` is the one that stands: that by variables, or that by attributes where it is withheld.
    ``quality_upper`` and ``quality_lower`` are the distances of the mean from the limits in standard deviations.
    ``fraction`` is the estimated fraction nonconforming [1], ``most_fraction`` the largest that is accepted.
    """

    outcome: str
    by_variables: str
    by_attributes: Verdict
    n: int
    mean: float
    standard_deviation: float
    quality_upper: float | None
    quality_lower: float | None
    fraction: float | None
    most_fraction: float
    outside: int
    normality: Normality
    sentence: str


def normality(values: Sequence[float], significance: float = SIGNIFICANCE) -> Normality:
    """Test whether values may be taken for normal: Shapiro–Wilk and Anderson–Darling with estimated parameters.

    The p-value of Anderson–Darling is that of Stephens for both parameters estimated (D'Agostino and Stephens,
    Goodness-of-Fit Techniques, 1986, table 4.9; from memory).

    Raises
    ------
    BadSampling
        Fewer than 3 values, one that is no number, a significance outside 0 … 0.5.
    """
    x = _values(values)
    if not 0 < significance < 0.5:  # noqa: PLR2004
        raise BadSampling(f"显著性水平应在 0 和 0.5 之间，这里是 {significance:g}。")
    if float(np.ptp(x)) == 0:
        text = "所有的值都相同，不是正态分布的样本（分辨力太低，或数据是复制的）。"
        return Normality(nan, nan, nan, nan, significance, True, text)
    shapiro, shapiro_p = (
        (float(value) for value in stats.shapiro(x)) if len(x) <= _MOST_SHAPIRO else (nan, nan)
    )
    anderson, anderson_p = _anderson(x)
    is_rejected = min(p for p in (shapiro_p, anderson_p) if isfinite(p)) < significance
    told = "拒绝正态分布" if is_rejected else "没有发现不是正态分布的迹象"
    parts = [] if not isfinite(shapiro) else [f"夏皮罗—威尔克 W = {shapiro:.4f}，p = {shapiro_p:.3g}"]
    parts.append(f"安德森—达林 A² = {anderson:.3f}，p = {anderson_p:.3g}")
    text = f"正态性检验（显著性水平 {significance:g}）：{'；'.join(parts)}；{told}。"
    if not is_rejected and len(x) < _WEAK:
        text += f"只有 {len(x)} 个值，检验很难发现偏离。"
    if len(np.unique(x)) < _FEW_VALUES * len(x):
        text += f"{len(x)} 个值只有 {len(np.unique(x))} 种，分辨力较低。"
    return Normality(shapiro, shapiro_p, anderson, anderson_p, significance, is_rejected, text)


def judge_by_variables(
    plan: VariablesPlan,
    counting: Plan,
    values: Sequence[float],
    *,
    lower: float | None = None,
    upper: float | None = None,
    significance: float = SIGNIFICANCE,
) -> VariablesVerdict:
    """Judge the measured values of a sample by both plans.

    Parameters
    ----------
    plan, counting
        The plans by variables and by attributes; both are of as many items as there are values.
    values
        Measured values, one an item, shape (n,).  A value at a limit conforms.
    lower, upper
        The limits, in the unit of the values; at least one.

    Raises
    ------
    BadSampling
        More or fewer values than the plan by variables has items (a double plan by attributes may have more), a value
        that is no number, no limit, limits in the wrong order.
    """
    x = _values(values)
    _check_limits(lower, upper)
    if len(x) != plan.n:
        told = "还不能作出结论" if len(x) < plan.n else "多出的值应当去掉，并说明理由"
        raise BadSampling(f"计量方案要 {plan.n} 个值，这里有 {len(x)} 个：{told}。")
    low, high = -inf if lower is None else lower, inf if upper is None else upper
    is_outside = (x < low) | (x > high)
    attributes = judge(counting, [bool(value) for value in is_outside])
    tested = normality(values, significance)
    mean, s = float(x.mean()), float(x.std(ddof=1))
    sigma = s if plan.sigma is None else plan.sigma
    q_upper = (upper - mean) / sigma if upper is not None and sigma > 0 else None
    q_lower = (mean - lower) / sigma if lower is not None and sigma > 0 else None
    fraction = None
    if sigma > 0:
        is_known = plan.sigma is not None
        fraction = sum(
            float(estimated_fraction(q, plan.n, is_known=is_known))
            for q in (q_upper, q_lower)
            if q is not None
        )
    by_variables = _outcome(plan, q_upper, q_lower, fraction, tested)
    outcome = attributes.outcome if by_variables == WITHHELD else by_variables
    return VariablesVerdict(
        outcome,
        by_variables,
        attributes,
        len(x),
        mean,
        s,
        q_upper,
        q_lower,
        fraction,
        plan.most_fraction,
        int(is_outside.sum()),
        tested,
        _sentence(by_variables, attributes, fraction, plan, int(is_outside.sum())),
    )


def _outcome(
    plan: VariablesPlan, upper: float | None, lower: float | None, fraction: float | None, tested: Normality
) -> str:
    if tested.is_rejected or fraction is None:
        return WITHHELD
    if upper is not None and lower is not None:
        return ACCEPT if fraction <= plan.most_fraction else REJECT
    quality = upper if upper is not None else lower
    return ACCEPT if quality is not None and quality >= plan.k else REJECT


def _sentence(
    by_variables: str, attributes: Verdict, fraction: float | None, plan: VariablesPlan, outside: int
) -> str:
    counted = f"计数：{attributes.sentence}"
    if by_variables == WITHHELD or fraction is None:
        return f"计量：不能当作正态分布，不作结论。{counted}以计数的结论为准。"
    most, is_accepted = plan.most_fraction, by_variables == ACCEPT
    told = f"不超过 {most:.2%}，接收" if is_accepted else f"超过 {most:.2%}，拒收"
    text = f"计量：估计不合格率 {fraction:.2%}，{told}。{counted}"
    if attributes.outcome in {ACCEPT, REJECT} and attributes.outcome != by_variables:
        text += "两个结论不同：方案规定按计量判定时，以计量的为准。"
    if is_accepted and outside:
        text += f"样本中超出限值的 {outside} 个仍应单独处理。"
    return text


def _check_limits(lower: float | None, upper: float | None) -> None:
    if lower is None and upper is None:
        raise BadSampling("至少要给出一个限值。")
    if any(value is not None and not isfinite(value) for value in (lower, upper)):
        raise BadSampling("限值应为数值。")
    if lower is not None and upper is not None and lower >= upper:
        raise BadSampling(f"下限 {lower:g} 应小于上限 {upper:g}。")


def _values(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    x = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(x))
    if len(bad):
        raise BadSampling(f"第 {int(bad[0]) + 1} 个值不是数值。")
    if x.ndim != 1 or len(x) < 3:  # noqa: PLR2004
        raise BadSampling(f"至少要有 3 个值，这里有 {x.size} 个。")
    return x


def _anderson(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    n = len(x)
    z = (np.sort(x) - x.mean()) / x.std(ddof=1)
    at = np.arange(1, n + 1)
    a2 = float(-n - np.mean((2 * at - 1) * (stats.norm.logcdf(z) + stats.norm.logsf(z[::-1]))))
    a = a2 * (1 + 0.75 / n + 2.25 / n**2)
    for least, signs in (
        (0.6, (1.2937, -5.709, 0.0186)),
        (0.34, (0.9177, -4.279, -1.38)),
    ):
        if a >= least:
            return a2, min(1.0, exp(sum(c * a**power for power, c in enumerate(signs))))
    small = (-8.318, 42.796, -59.938) if a > 0.2 else (-13.436, 101.14, -223.73)  # noqa: PLR2004
    return a2, 1 - exp(sum(c * a**power for power, c in enumerate(small)))
