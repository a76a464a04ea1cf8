"""Plans computed for a lot or a process and the risks that are allowed.

The consumer's point (limiting quality, consumer's risk): P(accept) there is at most the risk.  The producer's point
(quality, producer's risk): P(accept) there is at least 1 − risk.  Of a lot the limiting quality is the smallest
whole number of items that reaches it, the producer's the largest that does not exceed it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log, log1p

from quanheng.kernels.sampling.characteristic import (
    MOST_LOT,
    acceptance_of_lots,
    acceptance_probability,
    at_least,
    at_most,
    average_sample_number,
    binomial_cdf,
    hypergeometric_cdf,
)
from quanheng.kernels.sampling.plans import NEVER, BadSampling, Plan, Stage, single

MOST_ACCEPT = 1000
MOST_SAMPLE = 1_000_000
_ROUNDING = 1e-12  # a probability that equals the risk holds it
_RATIOS, _CUTS = (0.1, 10.0), (2, 10_000)
_TRUNCATION = 1.5  # of the single plan's sample, where ISO 28591 cuts a sequential plan


@dataclass(frozen=True, slots=True)
class Risks:
    """The consumer's point, and the producer's where there is one; fractions [1]."""

    limiting_quality: float
    consumer_risk: float
    producer_quality: float | None = None
    producer_risk: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("极限质量", self.limiting_quality), ("使用方风险", self.consumer_risk)):
            _between(name, value)
        if (self.producer_quality is None) != (self.producer_risk is None):
            raise BadSampling("生产方的质量和风险要么都给，要么都不给。")
        if self.producer_quality is not None and self.producer_risk is not None:
            _between("生产方风险", self.producer_risk)
            if not 0 <= self.producer_quality < self.limiting_quality:
                raise BadSampling(
                    f"生产方的质量 {self.producer_quality:g} 应小于极限质量 {self.limiting_quality:g}。"
                )
            if self.producer_risk + self.consumer_risk >= 1:
                raise BadSampling("两方的风险之和应小于 1。")


def design_single(
    lot_size: int | None = None,
    *,
    limiting_quality: float,
    consumer_risk: float,
    producer_quality: float | None = None,
    producer_risk: float | None = None,
    accept: int | None = None,
) -> Plan:
    """Return the single plan with the smallest sample that holds the risks.

    With ``accept`` the smallest sample of that acceptance number; without it and without the producer's point, 0.
    With the producer's point the smallest acceptance number that holds both, and its smallest sample.

    Raises
    ------
    BadSampling
        The numbers make no sense, or no plan holds the risks.
    """
    risks = Risks(limiting_quality, consumer_risk, producer_quality, producer_risk)
    return smallest_single(lot_size, risks, accept)


def smallest_single(lot_size: int | None, risks: Risks, accept: int | None = None) -> Plan:
    """As `design_single`."""
    _check_lot(lot_size)
    if accept is not None and not 0 <= accept <= MOST_ACCEPT:
        raise BadSampling(f"接收数应为 0 到 {MOST_ACCEPT}，不是 {accept}。")
    consumer, producer = _points(lot_size, risks)
    most = _most_accept(lot_size, risks)
    if accept is not None and accept > most:
        raise BadSampling(
            f"批量 {lot_size} 的 {risks.limiting_quality:g} 是 {most + 1} 个；接收数 {accept} 时全检也会接收这样的批。"
        )
    n = guess = 0
    for c in range(most + 1) if accept is None else (accept,):

        def holds(n: int, c: int = c) -> bool:
            return consumer(c, n) <= risks.consumer_risk + _ROUNDING

        found = _smallest(holds, max(c + 1, n), guess, lot_size)
        guess, n = found + max(found - n, 1) if n else 2 * found, found
        if producer is None or producer(c, n) >= 1 - (risks.producer_risk or 0.0) - _ROUNDING:
            return single(n, c)
        if accept is not None:
            raise BadSampling(
                f"接收数 {accept} 时，使用方风险要求至少检 {n} 个，而这时接收合格批的概率只有 {producer(c, n):.4f}。"
            )
    raise BadSampling(
        f"接收数不大于 {most} 的单次方案都不能同时满足两方的风险，请放宽风险或拉开两个质量水平。"
    )


def _points(
    lot_size: int | None, risks: Risks
) -> tuple[Callable[[int, int], float], Callable[[int, int], float] | None]:
    """Return P(accept) of (c, n) at the consumer's point and at the producer's."""
    if lot_size is None:
        good = risks.producer_quality
        return lambda c, n: binomial_cdf(c, n, risks.limiting_quality), (
            None if good is None else lambda c, n: binomial_cdf(c, n, good)
        )
    size, bad = lot_size, at_least(risks.limiting_quality, lot_size)
    if risks.producer_quality is None:
        return lambda c, n: hypergeometric_cdf(c, size, bad, n), None
    few = at_most(risks.producer_quality, size)
    return lambda c, n: hypergeometric_cdf(c, size, bad, n), lambda c, n: hypergeometric_cdf(c, size, few, n)


def _most_accept(lot_size: int | None, risks: Risks) -> int:
    return (
        MOST_ACCEPT if lot_size is None else min(MOST_ACCEPT, at_least(risks.limiting_quality, lot_size) - 1)
    )


def _smallest(holds: Callable[[int], bool], low: int, guess: int, lot_size: int | None) -> int:
    """Return the smallest n ≥ low that holds; holding is monotone in n, and certain at the whole lot."""
    ceiling = MOST_SAMPLE if lot_size is None else lot_size
    if holds(low):
        return low
    step = 1
    high = min(max(guess, low + 1), ceiling)
    while not holds(high):
        if high == ceiling:
            raise BadSampling(f"样本量超过 {ceiling} 才能满足使用方风险。")
        low, high, step = high, min(high + step, ceiling), 2 * step
    while low + 1 < high and step > 0:
        back = high - step
        if back <= low:
            break
        if not holds(back):
            low = back
            break
        high, step = back, 2 * step
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def design_double(
    lot_size: int | None = None,
    *,
    limiting_quality: float,
    consumer_risk: float,
    producer_quality: float,
    producer_risk: float,
    ratio: float = 1.0,
) -> Plan:
    """Return the double plan of least average sample number at the producer's quality that holds both risks.

    The second sample is ``ratio`` times the first (rounded up), and both stages have one rejection number; searched
    are all acceptance numbers up to three more than the single plan's.

    Raises
    ------
    BadSampling
        As `design_single`.
    """
    if not _RATIOS[0] <= ratio <= _RATIOS[1]:
        raise BadSampling(f"第二样本与第一样本之比应在 0.1 到 10 之间，不是 {ratio:g}。")
    risks = Risks(limiting_quality, consumer_risk, producer_quality, producer_risk)
    one = smallest_single(lot_size, risks)
    best: tuple[float, Plan] | None = None
    for a2 in range(1, one.stages[0].accept + 4):
        for a1 in range(a2):
            plan = _smallest_double(lot_size, risks, a1, a2, ratio, one.total)
            if plan is None or _at(plan, lot_size, producer_quality, at_most) < 1 - producer_risk:
                continue
            mean = average_sample_number(plan, producer_quality, lot_size)
            if best is None or mean < best[0]:
                best = mean, plan
    if best is None:
        raise BadSampling("没有找到满足两方风险的二次方案。")
    return best[1]


def _smallest_double(
    lot_size: int | None, risks: Risks, a1: int, a2: int, ratio: float, n: int
) -> Plan | None:
    def plan(n1: int) -> Plan:
        return Plan((Stage(n1, a1, a2 + 1), Stage(ceil(ratio * n1), a2, a2 + 1)))

    most = 2 * n if lot_size is None else min(2 * n, int(lot_size / (1 + ratio)))
    low = a2 + 1
    if most <= low or _at(plan(most), lot_size, risks.limiting_quality, at_least) > risks.consumer_risk:
        return None
    while low < most:
        middle = (low + most) // 2
        if _at(plan(middle), lot_size, risks.limiting_quality, at_least) <= risks.consumer_risk:
            most = middle
        else:
            low = middle + 1
    return plan(most)


def _at(plan: Plan, lot_size: int | None, quality: float, count: Callable[[float, int], int]) -> float:
    if lot_size is None:
        return acceptance_probability(plan, quality)
    return float(acceptance_of_lots(plan, [count(quality, lot_size)], lot_size)[0])


def design_sequential(
    *,
    limiting_quality: float,
    consumer_risk: float,
    producer_quality: float,
    producer_risk: float,
    truncated_at: int | None = None,
) -> Plan:
    """Return Wald's item-by-item plan for a process, cut where 1.5 times the single plan's sample is reached.

    Wald (1947) chapter 5: accept at s·k − h_A or fewer, reject at s·k + h_R or more.  The cut decides at s·n.  The
    bounds hold the risks nearly; `acceptance_probability` gives what the cut plan has exactly.

    Raises
    ------
    BadSampling
        As `design_single`.
    """
    risks = Risks(limiting_quality, consumer_risk, producer_quality, producer_risk)
    if producer_quality <= 0:
        raise BadSampling("序贯方案的生产方质量应大于 0。")
    if truncated_at is None:
        truncated_at = ceil(_TRUNCATION * smallest_single(None, risks).total)
    if not _CUTS[0] <= truncated_at <= _CUTS[1]:
        raise BadSampling(f"序贯方案的截尾样本量应为 2 到 10000，不是 {truncated_at}。")
    p, q = producer_quality, limiting_quality
    g = log(q / p) + log1p(-p) - log1p(-q)
    slope = (log1p(-p) - log1p(-q)) / g
    low, high = log((1 - producer_risk) / consumer_risk) / g, log((1 - consumer_risk) / producer_risk) / g
    last = floor(slope * truncated_at)
    stages: list[Stage] = []
    for k in range(1, truncated_at + 1):
        accept = min(max(floor(slope * k - low), NEVER), last)
        reject = min(ceil(slope * k + high), last + 1)
        if k == truncated_at:
            accept = last
        if accept == last:
            reject = last + 1
        stages.append(Stage(1, accept, reject))
        if accept == last:
            break
    return Plan(tuple(stages))


def _between(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise BadSampling(f"{name}应在 0 到 1 之间，不是 {value:g}。")


def _check_lot(lot_size: int | None) -> None:
    if lot_size is not None and not 1 <= lot_size <= MOST_LOT:
        raise BadSampling(f"批量应为 1 到 {MOST_LOT}，不是 {lot_size}。")
