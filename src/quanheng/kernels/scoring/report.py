"""The score of all meters that were tested, and of each way in which they were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from quanheng.kernels.scoring.brier import Decomposition, decomposition, skill_score
from quanheng.kernels.scoring.comparison import compare
from quanheng.kernels.scoring.refusals import BadForecasts
from quanheng.kernels.scoring.reliability import EDGES, Bin, Share, reliability, share_of

SUSPECT, CONTROL = "suspect", "control"
_LEAST = 0.0001  # below it four places say nothing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of a meter before it was tested, and what the test found; all [%] but the probability [1]."""

    selection: str  # SUSPECT or CONTROL
    probability: float
    error_percent: float
    standard_uncertainty_percent: float
    tested_error_percent: float
    tested_standard_uncertainty_percent: float
    mpe_percent: float

    @property
    def is_out(self) -> bool:
        """Whether the test found it out of tolerance."""
        return abs(self.tested_error_percent) > self.mpe_percent


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The score of some meters; nothing but the count where there are none."""

    count: int
    out: int
    parts: Decomposition | None
    skill: float | None
    curve: tuple[Bin, ...]
    coverage: Share
    mean_difference_percent: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """Of all meters, of the suspects alone and of the random controls alone."""

    everything: GroupScore
    suspects: GroupScore
    controls: GroupScore
    sentence: str
    selection: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return the score of tested meters; none at all is told, not refused.

    Raises
    ------
    BadForecasts
        A figure that is none, a probability beyond 0 … 1, a way of choosing that is not known.
    """
    for at, one in enumerate(outcomes, 1):
        _refuse_bad(at, one)
    suspects = [one for one in outcomes if one.selection == SUSPECT]
    controls = [one for one in outcomes if one.selection == CONTROL]
    everything = _group(outcomes)
    return Score(
        everything, _group(suspects), _group(controls), _sentence(everything), _about_selection(controls)
    )


def _group(outcomes: Sequence[Outcome]) -> GroupScore:
    if not outcomes:
        return GroupScore(0, 0, None, None, (), share_of(0, 0), None)
    said, came = [one.probability for one in outcomes], [one.is_out for one in outcomes]
    compared = [
        compare(
            one.error_percent,
            one.standard_uncertainty_percent,
            one.tested_error_percent,
            one.tested_standard_uncertainty_percent,
        )
        for one in outcomes
    ]
    return GroupScore(
        len(outcomes),
        sum(came),
        decomposition(said, came, edges=EDGES),
        skill_score(said, came),
        reliability(said, came),
        share_of(sum(one.inside for one in compared), len(compared)),
        sum(one.difference_percent for one in compared) / len(compared),
    )


def _sentence(found: GroupScore) -> str:
    if found.parts is None:
        return "还没有经过现场核实的电能表，无从评分。"
    cover = found.coverage
    return (
        f"核实了 {found.count} 台，其中 {found.out} 台超差；布里尔分数 {_figure(found.parts.score)}"
        f"（0 最好，一律说五成是 0.25）；95 % 区间包含检定结果的有 {cover.hits} 台，"
        f"占 {100 * cover.hits / cover.count:.0f} %（{100 * cover.low:.0f} %–{100 * cover.high:.0f} %）。"
    )


def _figure(value: float) -> str:
    return f"{value:.4f}" if value == 0 or value >= _LEAST else f"不到 {_LEAST:.4f}"


def _about_selection(controls: Sequence[Outcome]) -> str:
    if not controls:
        return (
            "核实的都是疑似超差的电能表，没有随机对照：这些分数只说明“说超差的对不对”，说明不了漏掉了多少。"
        )
    return (
        f"其中 {len(controls)} 台是随机抽取的对照，与疑似超差的分开列出；"
        "合在一起的分数不代表全部电能表，因为疑似的几乎都核实，其余的只抽了一部分。"
    )


def _refuse_bad(at: int, one: Outcome) -> None:
    figures = (
        one.probability,
        one.error_percent,
        one.standard_uncertainty_percent,
        one.tested_error_percent,
        one.tested_standard_uncertainty_percent,
        one.mpe_percent,
    )
    if not all(map(isfinite, figures)):
        raise BadForecasts(f"第 {at} 行有不是数的数字。")
    if not 0 <= one.probability <= 1:
        raise BadForecasts(f"第 {at} 行的概率 {one.probability:g} 不在 0 到 1 之间。")
    if min(one.standard_uncertainty_percent, one.tested_standard_uncertainty_percent) < 0:
        raise BadForecasts(f"第 {at} 行的不确定度是负的。")
    if one.mpe_percent <= 0:
        raise BadForecasts(f"第 {at} 行的最大允许误差应大于 0。")
    if one.selection not in {SUSPECT, CONTROL}:
        raise BadForecasts(f"第 {at} 行的“{one.selection}”不是 suspect，也不是 control。")
