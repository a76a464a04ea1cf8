"""Truncation at the limit: too many errors just inside it, or none just beyond it.

Pile-up: where errors thin out towards the limit, as those of a process whose middle lies well inside do, of the
errors in two neighbouring classes of equal width the outer one holds at most half; the count there is at most
binomial (n, 1/2).  No shape of the distribution is assumed.

Cut-off: the counts of the five classes inside the limit are continued beyond it by a quadratic in their logarithm
(Poisson regression, as McCrary's density test continues a histogram: J. Econometrics 142 (2008) 698); too few are
found there.  The uncertainty of the continuation is in the p value.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import stats

from quanheng.kernels.screening.grid import Numbers, Whole
from quanheng.kernels.screening.leads import Tested, Untested

PILE_UP, CUT_OFF = "pile_up", "cut_off"
_CLASSES = 5
_WIDTH = 0.1  # of the limit
_MIDDLE = 0.7  # of the limit: where the median must lie for errors to thin out towards it
_FEWEST, _FEWEST_LAST = 60, 10
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


def edge_tests(values: Whole, limit_steps: float, point: int, shown: str) -> Iterator[Tested | Untested]:
    """Yield the tests of both sides of a limit; ``values`` (n,) and ``limit_steps`` in steps of the resolution."""
    top = int(np.floor(limit_steps + 1e-9))
    width = int(_WIDTH * top)
    if width < 1:
        yield Untested(PILE_UP, "分辨力与误差限相比太粗。", point)
        return
    if abs(float(np.median(values))) > _MIDDLE * top:
        yield Untested(PILE_UP, "误差的中间值离误差限太近。", point)
        return
    for sign, side in ((1, "正"), (-1, "负")):
        away = sign * values
        # classes[0] lies just beyond the limit, classes[1] just inside it, and so on inwards
        counts = np.array(
            [np.count_nonzero((away > top - at * width) & (away <= top - (at - 1) * width))
             for at in range(_CLASSES + 1)]
        )  # fmt: skip
        yield _pile_up(counts, point, side, shown)
        yield from _cut_off(counts, point, side, shown)


def _pile_up(counts: Whole, point: int, side: str, shown: str) -> Tested:
    inner, outer = int(counts[2]), int(counts[1])
    p_value = float(stats.binom.sf(outer - 1, inner + outer, 0.5)) if outer else 1.0
    text = (
        f"{side}误差限 {shown} 以内最外一档有 {outer} 台，里面一档只有 {inner} 台；误差越靠近误差限应越少，"
        f"这里反而增多，像是把超差的改到了限内。"
    )
    return Tested(PILE_UP, p_value, text, point, {"inside": outer, "further_in": inner, "side": side})


def _cut_off(counts: Whole, point: int, side: str, shown: str) -> Iterator[Tested]:
    inside, beyond = counts[1:].astype(np.float64), int(counts[0])
    if inside.sum() < _FEWEST or inside[0] < _FEWEST_LAST:
        return
    fitted = _continued(inside)
    if fitted is None:
        return
    centre, deviation = fitted
    rates = np.exp(np.minimum(centre + deviation * _NODES, 25.0))
    p_value = float(np.sum(_WEIGHTS * stats.poisson.cdf(beyond, rates)) / np.sum(_WEIGHTS))
    expected = float(np.exp(min(centre, 25.0)))
    text = (
        f"按限内各档的走势，{side}误差限 {shown} 以外一档应有约 {expected:.0f} 台，实际 {beyond} 台："
        f"超差的不在这份数据里，应说明它们的去向。"
    )
    yield Tested(
        CUT_OFF, p_value, text, point, {"expected": round(expected, 1), "beyond": beyond, "side": side}
    )


def _continued(inside: Numbers) -> tuple[float, float] | None:
    """Return the logarithm of the count expected beyond the limit and its standard deviation; None without a fit."""
    at = np.arange(1.0, _CLASSES + 1)
    design = np.stack([np.ones_like(at), at, at**2], axis=1)
    rate = np.maximum(inside, 0.5)
    beta = np.linalg.lstsq(design, np.log(rate), rcond=None)[0]
    for _round in range(50):
        rate = np.exp(np.clip(design @ beta, -20.0, 25.0))
        information = design.T @ (design * rate[:, None])
        try:
            change = np.linalg.solve(information, design.T @ (inside - rate))
        except np.linalg.LinAlgError:
            return None
        beta = beta + np.clip(change, -5.0, 5.0)
        if np.max(np.abs(change)) < 1e-8:  # noqa: PLR2004
            variance = float(np.linalg.inv(information)[0, 0])
            return float(beta[0]), float(np.sqrt(max(variance, 0.0)))
    return None
