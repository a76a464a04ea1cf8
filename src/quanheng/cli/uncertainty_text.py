"""An evaluation of uncertainty as a person reads it: results, budget, correlations, Monte Carlo, findings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from math import isfinite

from quanheng.kernels.expressions import render
from quanheng.kernels.rounding import round_uncertainty
from quanheng.kernels.uncertainty import (
    Input,
    Model,
    Output,
    Part,
    Result,
    Row,
    Sampled,
    SampledOutput,
    Validation,
)

_HEADINGS = ("输入量", "估计值", "标准不确定度", "分布", "自由度", "灵敏系数", "不确定度分量", "占比", "说明")
_TEXTS = frozenset({0, 3, 8})


def text_of(
    result: Result, sampled: Sequence[Sampled], validations: Sequence[Validation], seed: int
) -> Iterator[str]:
    """Yield the lines of the whole answer."""
    model = result.model
    if model.title:
        yield model.title
    for name, node in model.definitions.items():
        yield f"  {name} = {render(node)}"
    for point in range(model.points):
        yield ""
        if model.points > 1:
            yield f"第 {point + 1} 点"
        for output in result.outputs:
            yield from _result(model, output, point)
            if model.points == 1:
                yield from _budget(model, output)
        if len(result.outputs) > 1:
            yield from _correlation(result, point)
        if sampled:
            yield from _sampled(model, sampled[point], seed)
            yield from _validation(validations[point])
    if model.points > 1:
        yield ""
        yield "各点的不确定度预算见 --json。"
    yield from findings_of(result, sampled)


def findings_of(result: Result, sampled: Sequence[Sampled] = ()) -> Iterator[str]:
    """Yield what there is to note, each once."""
    found = dict.fromkeys(
        f"{each.text}［{each.code}］"
        for each in (*result.findings, *(finding for drawn in sampled for finding in drawn.findings))
    )
    if found:
        yield ""
        yield "说明："
        yield from (f"  {text}" for text in found)


def _result(model: Model, output: Output, point: int) -> Iterator[str]:
    unit = _unit(model, output.name)
    value, expanded = rounded(float(output.value[point]), float(output.expanded_uncertainty[point]))
    label = model.labels.get(output.name)
    degrees = _short(float(output.degrees_of_freedom[point]))
    low, high = (
        rounded(float(end), float(output.expanded_uncertainty[point]))[0] for end in output.interval[:, point]
    )
    yield f"{output.name}{f'（{label}）' if label else ''} = {value}{unit}"
    yield f"  合成标准不确定度 {_short(float(output.standard_uncertainty[point]))}{unit}，有效自由度 {degrees}"
    yield (
        f"  扩展不确定度 U = {expanded}{unit}（k = {float(output.coverage_factor[point]):.2f}，"
        f"包含概率 {float(output.coverage_probability[point]):.4g}）"
    )
    yield f"  包含区间 [{low}, {high}]{unit}"
    if output.second_order is not None:
        first = _short(float(output.first_order_uncertainty[point]))
        yield f"  已计入二阶项；只计一阶项的合成标准不确定度为 {first}{unit}"


def _budget(model: Model, output: Output) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [_HEADINGS]
    used = model.inputs_of(output.name)
    for row, known in zip(output.budget, model.inputs, strict=True):
        if known.name not in used:
            continue
        rows.append(_row(row, known))
        if len(known.parts) > 1:
            rows += [_part(part) for part in known.parts]
    yield from (f"  {line}" for line in table(rows))


def _row(row: Row, known: Input) -> tuple[str, ...]:
    return (
        known.name,
        _short(float(known.estimate[0]), 9),
        _short(float(known.standard_uncertainty[0])),
        known.parts[0].distribution.label if len(known.parts) == 1 else "（合成）",
        _short(float(known.degrees_of_freedom[0])),
        _short(float(row.sensitivity[0])),
        _short(float(row.contribution[0])),
        f"{float(row.share[0]):.1%}",
        known.label,
    )


def _part(part: Part) -> tuple[str, ...]:
    return (
        "　分量",
        "",
        _short(float(part.standard_uncertainty[0])),
        part.distribution.label,
        _short(part.degrees_of_freedom),
        "",
        "",
        "",
        part.label,
    )


def _correlation(result: Result, point: int) -> Iterator[str]:
    names = [output.name for output in result.outputs]
    matrix = result.correlation[point]
    rows = [("", *names)]
    rows += [
        (name, *(f"{value:.3f}" if isfinite(value) else "–" for value in line))
        for name, line in zip(names, matrix, strict=True)
    ]
    yield "输出量的相关系数"
    yield from (f"  {line}" for line in table(rows))


def _sampled(model: Model, found: Sampled, seed: int) -> Iterator[str]:
    yield f"蒙特卡洛法：试验 {found.trials} 次，种子 {seed}"
    for output in found.outputs:
        yield from _drawn(model, output, found.coverage_probability)


def _drawn(model: Model, output: SampledOutput, probability: float) -> Iterator[str]:
    unit = _unit(model, output.name)
    spread = output.shortest.high - output.shortest.low
    value = rounded(output.estimate, spread / 4)[0]
    yield f"  {output.name} = {value}{unit}，标准不确定度 {_short(output.standard_uncertainty)}{unit}"
    for what, interval in (("概率对称", output.symmetric), ("最短", output.shortest)):
        low, high = (rounded(end, spread / 4)[0] for end in interval)
        yield f"    包含区间（{what}，{probability:.4g}）[{low}, {high}]{unit}"


def _validation(found: Validation) -> Iterator[str]:
    for each in found.outputs:
        said = "得到验证" if each.is_valid else "没有得到验证，应采用蒙特卡洛法的结果"
        yield (
            f"  {each.name}：GUM 法的包含区间{said}"
            f"（两端相差 {_short(each.low)} 和 {_short(each.high)}，容差 {_short(each.tolerance)}）"
        )


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield the rows with columns that stand under one another; texts to the left, numbers to the right."""
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [
            text + " " * (width - _width(text)) if at in _TEXTS else " " * (width - _width(text)) + text
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def rounded(value: float, uncertainty: float) -> tuple[str, str]:
    """Return a value and its uncertainty, this to two digits, the value to the same place (JJF 1059.1-2012, 5.3.8)."""
    if not uncertainty > 0 or not isfinite(uncertainty):
        return _short(value, 9), _short(uncertainty)
    shown = round_uncertainty(value, uncertainty)
    return str(shown.value), str(shown.uncertainty)


def _short(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if isfinite(value) else "∞"


def _unit(model: Model, name: str) -> str:
    unit = model.units.get(name)
    return f" {unit}" if unit else ""


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
