"""What an accepted lot may still be, with and without what was known before the sample.

Remote estimates may say which lots to sample first, and how likely a lot was bad before it was sampled.  They never
replace the sample: the consumer's risk of the plan holds whatever they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from scipy import special, stats

from quanheng.kernels.sampling.characteristic import acceptance_of_lots, acceptance_probability, at_least
from quanheng.kernels.sampling.paths import accepting
from quanheng.kernels.sampling.plans import BadSampling, Plan


@dataclass(frozen=True, slots=True)
class Prior:
    """Beta(a, b) of the nonconforming fraction: as if a of a + b inspected items had been nonconforming."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (isfinite(self.a) and isfinite(self.b) and self.a > 0 and self.b > 0):
            raise BadSampling("先验分布的两个参数应大于 0。")


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """Of a lot that the plan accepted.

    ``without_prior``: P(accept) at the limiting quality, the consumer's risk, which needs no prior;
    ``before``: P(fraction ≥ limiting quality) by the prior alone; ``after``: the same given that it was accepted;
    ``accepted``: P(accept) by the prior.
    """

    without_prior: float
    before: float
    after: float
    accepted: float


def prior_of(fraction: float, worth: float) -> Prior:
    """Return the prior of an expected fraction [1] that is worth so many inspected items.

    ``worth`` is a judgement that must be stated: how many meters on the bench would have said as much.
    """
    if not 0 < fraction < 1 or not worth > 0:
        raise BadSampling("预计的不合格品率应在 0 到 1 之间，它相当的检验个数应大于 0。")
    return Prior(fraction * worth, (1 - fraction) * worth)


def risk_of_accepted(
    plan: Plan, limiting_quality: float, prior: Prior, lot_size: int | None = None
) -> AcceptedRisk:
    """Return the risk that an accepted lot (or process) is as bad as the limiting quality [1] or worse.

    With a lot the number of nonconforming items is beta-binomial; both are in closed form, summed over the results
    that accept.

    Raises
    ------
    BadSampling
        A limiting quality outside 0 … 1, a plan that counts nonconformities, a lot smaller than the plan.
    """
    if not 0 < limiting_quality < 1:
        raise BadSampling("极限质量应在 0 到 1 之间。")
    if plan.counts_nonconformities:
        raise BadSampling("数不合格数的方案没有这样的风险。")
    bad = None if lot_size is None else at_least(limiting_quality, lot_size)
    if bad is None or lot_size is None:
        alone = acceptance_probability(plan, limiting_quality)
    else:
        alone = float(acceptance_of_lots(plan, [bad], lot_size)[0])
    accepted = both = 0.0
    for end in accepting(plan):
        weight = end.share * float(stats.betabinom.pmf(end.found, end.n, prior.a, prior.b))
        after = Prior(prior.a + end.found, prior.b + end.n - end.found)
        accepted += weight
        both += weight * _worse(after, limiting_quality, end.found, end.n, bad, lot_size)
    before = _worse(prior, limiting_quality, 0, 0, bad, lot_size)
    return AcceptedRisk(alone, before, both / accepted if accepted else 0.0, accepted)


def _worse(prior: Prior, quality: float, found: int, n: int, bad: int | None, lot_size: int | None) -> float:
    """P(fraction ≥ quality), of a lot with ``found`` of ``n`` known."""
    if bad is None or lot_size is None:
        return float(special.betaincc(prior.a, prior.b, quality))
    rest, wanted = lot_size - n, bad - found
    if wanted <= 0:
        return 1.0
    if wanted > rest:
        return 0.0
    few = np.arange(wanted)
    return float(max(0.0, 1.0 - np.sum(stats.betabinom.pmf(few, rest, prior.a, prior.b))))
