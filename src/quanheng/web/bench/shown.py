"""An evaluation in words and tables: the result in one sentence, the budget, both intervals, the verdict on the GUM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.evaluations.evaluating import Evaluation
from quanheng.kernels.uncertainty.combine import Output
from quanheng.kernels.uncertainty.coverage import Interval
from quanheng.kernels.uncertainty.model import Input
from quanheng.kernels.uncertainty.monte_carlo import SampledOutput
from quanheng.web.bench.numbers import NARROW, as_given, result_numbers, significant
from quanheng.web.bench.pictures import Plot, density_plot, percent, small_plot, t_density

DISTRIBUTION_WORDS = {
    "normal": gettext_lazy("正态分布"),
    "t": gettext_lazy("t 分布"),
    "rectangular": gettext_lazy("矩形分布"),
    "triangular": gettext_lazy("三角分布"),
    "trapezoidal": gettext_lazy("梯形分布"),
    "curvilinear_trapezoid": gettext_lazy("曲线梯形分布"),
    "arcsine": gettext_lazy("反正弦分布"),
    "two_point": gettext_lazy("两点分布"),
    "exponential": gettext_lazy("指数分布"),
    "gamma": gettext_lazy("伽马分布"),
    "beta": gettext_lazy("贝塔分布"),
    "lognormal": gettext_lazy("对数正态分布"),
}
_SAME = 1e-9


@dataclass(frozen=True)
class ResultLine:
    """One output at one point, as a certificate states it; ``point`` counts from 1."""

    name: str
    label: str
    unit: str
    point: int
    value: str
    uncertainty: str
    standard_uncertainty: str
    degrees_of_freedom: str
    coverage_factor: str
    probability: str

    @property
    def sentence(self) -> str:
        """Return it as one sentence."""
        unit = f"{NARROW}{self.unit}" if self.unit else ""
        sentence = _("%(name)s = %(value)s%(unit)s，U = %(uncertainty)s%(unit)s（k = %(k)s，p = %(p)s）") % {
            "name": self.name,
            "value": self.value,
            "uncertainty": self.uncertainty,
            "unit": unit,
            "k": self.coverage_factor,
            "p": self.probability,
        }
        return sentence.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


@dataclass(frozen=True)
class BudgetLine:
    """What one input contributes; ``width`` is the length of its bar, ``is_offset`` says that others take from it."""

    name: str
    label: str
    unit: str
    kind: str
    estimate: str
    distributions: str
    standard_uncertainty: str
    degrees_of_freedom: str
    sensitivity: str
    contribution: str
    share: str
    is_offset: bool
    width: str
    plot: Plot


@dataclass(frozen=True)
class IntervalLine:
    """A coverage interval by one method; ``css`` is its mark in the picture."""

    method: str
    css: str
    low: str
    high: str
    standard_uncertainty: str


@dataclass(frozen=True)
class Verdict:
    """Whether Monte Carlo validates the GUM (JCGM 101:2008, clause 8): ``kind`` for components/status.html."""

    title: str
    word: str
    kind: str
    sentence: str
    tolerance: str
    low: str
    high: str


def result_line(evaluation: Evaluation, output: Output, point: int) -> ResultLine:
    """Return one output at a point, which is counted from 0."""
    value, uncertainty = result_numbers(float(output.value[point]), float(output.expanded_uncertainty[point]))
    return ResultLine(
        name=output.name,
        label=evaluation.model.labels.get(output.name, ""),
        unit=evaluation.model.units.get(output.name, ""),
        point=point + 1,
        value=value,
        uncertainty=uncertainty,
        standard_uncertainty=significant(float(output.standard_uncertainty[point])),
        degrees_of_freedom=_degrees(output.degrees_of_freedom[point]),
        coverage_factor=f"{float(output.coverage_factor[point]):.2f}",
        probability=f"{100 * float(output.coverage_probability[point]):.4g}{NARROW}%",
    )


def result_lines(evaluation: Evaluation) -> list[ResultLine]:
    """Return all outputs at the evaluated point."""
    return [result_line(evaluation, output, evaluation.point) for output in evaluation.result.outputs]


def degrees_word(degrees: float) -> str:
    """Return degrees of freedom as they are used: truncated (JCGM 100:2008, G.4.1).

    >>> degrees_word(16.75), degrees_word(float("inf"))
    ('16', '∞')
    """
    return str(floor(degrees * (1 + _SAME))) if isfinite(degrees) else "∞"


def _degrees(degrees: float) -> str:
    """Return degrees of freedom to three digits."""
    return as_given(float(f"{degrees:.3g}")) if isfinite(degrees) else "∞"


def budget_lines(evaluation: Evaluation, output: Output) -> list[BudgetLine]:
    """Return the budget of an output at the evaluated point, the largest contribution first."""
    point = evaluation.point
    rows = {row.name: row for row in output.budget}
    longest = _longest(output, point)
    order = sorted(evaluation.model.inputs, key=lambda known: -float(rows[known.name].contribution[point]))
    return [
        BudgetLine(
            name=known.name,
            label=known.label,
            unit=known.unit,
            kind=known.kind,
            estimate=as_given(float(known.estimate[point])),
            distributions=distribution_words(known),
            standard_uncertainty=significant(float(known.standard_uncertainty[point])),
            degrees_of_freedom=_degrees(known.degrees_of_freedom[point]),
            sensitivity=significant(float(rows[known.name].sensitivity[point]), 4),
            contribution=significant(float(rows[known.name].contribution[point])),
            share=f"{100 * float(rows[known.name].share[point]):.1f}{NARROW}%",
            is_offset=not 0 <= float(rows[known.name].share[point]) <= 1 + _SAME,
            width=percent(float(rows[known.name].contribution[point]) / longest),
            plot=small_plot(evaluation.draws[known.name]),
        )
        for known in order
    ]


def total_width(output: Output, point: int) -> str:
    """Return the length of the bar of the combined standard uncertainty, on the scale of the budget's bars."""
    return percent(float(output.standard_uncertainty[point]) / _longest(output, point))


def _longest(output: Output, point: int) -> float:
    bars = [output.standard_uncertainty, *(row.contribution for row in output.budget)]
    return max(float(bar[point]) for bar in bars) or 1.0


def largest_sentence(lines: list[BudgetLine]) -> str:
    """Return the finding of the budget: who contributes most."""
    if any(line.is_offset for line in lines):
        return _("分量最大的是 %(name)s；输入量相关，分量之间有抵消") % {"name": lines[0].name}
    return _("贡献最大的是 %(name)s，占方差的 %(share)s") % {"name": lines[0].name, "share": lines[0].share}


def interval_lines(
    evaluation: Evaluation, output: Output, sampled: SampledOutput | None
) -> list[IntervalLine]:
    """Return the coverage intervals of an output at the evaluated point."""
    point = evaluation.point
    probability = evaluation.model.coverage_probability
    lines = [
        _interval(
            gum_word(output, point),
            "gum",
            gum_interval(output, point),
            float(output.standard_uncertainty[point]),
        )
    ]
    if sampled is not None:
        symmetric, shortest = (
            _("蒙特卡洛，概率对称区间（p = %(p)s）"),
            _("蒙特卡洛，最短区间（p = %(p)s）"),
        )
        shown = {"p": f"{100 * probability:.4g}{NARROW}%"}
        spread = sampled.standard_uncertainty
        lines.append(_interval(symmetric % shown, "symmetric", sampled.symmetric, spread))
        lines.append(_interval(shortest % shown, "shortest", sampled.shortest, spread))
    return lines


def gum_interval(output: Output, point: int) -> Interval:
    """Return y ± U at a point."""
    value, half = float(output.value[point]), float(output.expanded_uncertainty[point])
    return Interval(value - half, value + half)


def gum_word(output: Output, point: int) -> str:
    """Return which distribution the GUM gives the output."""
    degrees = float(output.degrees_of_freedom[point])
    if isfinite(degrees):
        return _("GUM，t 分布，ν = %(degrees)s") % {"degrees": degrees_word(degrees)}
    return _("GUM，正态分布")


def histogram_plot(evaluation: Evaluation, output: Output, sampled: SampledOutput) -> Plot | None:
    """Return the histogram of an output with the curve of the GUM over it and the intervals under it; see `density_plot`."""
    point = evaluation.point
    value, spread = float(output.value[point]), float(output.standard_uncertainty[point])
    degrees = float(output.degrees_of_freedom[point])

    def density(x: float) -> float:
        return t_density((x - value) / spread, degrees) / spread

    gum = gum_interval(output, point)
    intervals = [
        ("gum", gum.low, gum.high),
        ("symmetric", sampled.symmetric.low, sampled.symmetric.high),
    ]
    edges, counts = sampled.histogram
    assert evaluation.sampled is not None  # noqa: S101  the output is one of it
    trials = evaluation.sampled.trials - evaluation.sampled.undefined
    return density_plot(edges, counts.tolist(), trials, density if spread > 0 else None, intervals)


def verdict(evaluation: Evaluation, at: int) -> Verdict:
    """Return whether the interval of the GUM agrees with the symmetric one of Monte Carlo; the evaluation has one."""
    two, one = (validation.outputs[at] for validation in evaluation.validations)
    used = two
    if two.is_valid:
        word, kind, title = _("通过"), "good", _("GUM 与蒙特卡洛的区间一致")
        sentence = _("两个区间的端点之差都不超过 δ（两位有效数字），GUM 法的结果可用。")
    elif two.is_valid is None or one.is_valid is None:
        word, kind = _("不能判断"), "unsure"
        title = _("试验次数不足以判断 GUM 与蒙特卡洛的区间是否一致")
        sentence = _("端点之差与 δ 相近，差别在抽样的散布之内；请下载模型，用命令 --monte-carlo auto 计算。")
        used = two if two.is_valid is None else one
    elif one.is_valid:
        used, word, kind = one, _("按一位有效数字通过"), "unsure"
        title = _("GUM 与蒙特卡洛的区间大致一致")
        sentence = _(
            "端点之差超过两位有效数字的 δ，不超过一位的：不确定度报一位有效数字时，GUM 法的结果可用。"
        )
    else:
        word, kind, title = _("未通过"), "late", _("GUM 与蒙特卡洛的区间不一致")
        sentence = _("端点之差超过 δ，这个模型宜采用蒙特卡洛法的区间。")
    numbers = (significant(value) for value in (used.tolerance, used.low, used.high))
    return Verdict(title, word, kind, sentence, *numbers)


def correlation_rows(evaluation: Evaluation) -> list[tuple[str, list[str]]]:
    """Return the correlations of the outputs at the evaluated point; none for one output."""
    outputs = evaluation.result.outputs
    if len(outputs) < 2:  # noqa: PLR2004  one output correlates with nothing
        return []
    matrix = evaluation.result.correlation[evaluation.point]
    return [
        (output.name, [f"{float(value):.3f}" if isfinite(value) else "–" for value in row])
        for output, row in zip(outputs, matrix, strict=True)
    ]


def _interval(method: str, css: str, interval: Interval, spread: float) -> IntervalLine:
    half = (interval.high - interval.low) / 2
    low, _half = result_numbers(interval.low, half)
    high, _half = result_numbers(interval.high, half)
    return IntervalLine(method, css, low, high, significant(spread))


def distribution_words(known: Input) -> str:
    """Return the distributions of the effects around an input."""
    names = dict.fromkeys(part.distribution.name for part in known.parts)
    return _("、").join(str(DISTRIBUTION_WORDS[name]) for name in names)


def cell_words() -> Mapping[str, str]:
    """Return the heading of each key of an input that the grid shows."""
    return {
        "value": _("估计值"),
        "readings": _("读数"),
        "distribution": _("分布"),
        "std": _("标准不确定度"),
        "std_percent": _("相对标准不确定度，%"),
        "expanded_uncertainty": _("扩展不确定度"),
        "coverage_factor": _("包含因子"),
        "coverage_probability": _("包含概率"),
        "half_width": _("半宽"),
        "half_width_percent": _("相对半宽，%"),
        "lower": _("下限"),
        "upper": _("上限"),
        "resolution": _("分度值"),
        "scale": _("尺度参数"),
        "inexactness": _("界限的不准确程度"),
        "beta": "β",
        "alpha": "α",
        "shape": _("形状参数"),
        "mu": "μ",
        "sigma": "σ",
        "count": _("计数"),
        "dof": _("自由度"),
        "relative_uncertainty_of_uncertainty": _("不确定度的相对不确定度"),
        "pooled_std": _("合并样本标准差"),
        "number_of_readings": _("读数个数"),
        "group_means": _("各组平均值"),
        "group_stds": _("各组标准差"),
        "group_size": _("每组读数个数"),
        "significance": _("显著性水平"),
        "type": _("类别"),
        "unit": _("单位"),
    }
