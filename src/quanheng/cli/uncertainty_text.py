"""An evaluation of uncertainty as a person reads it: results, budget, correlations, Monte Carlo, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import isfinite, isnan

from quanheng.cli.columns import columns
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
from quanheng.kernels.uncertainty.validate import Difference

_HEADINGS = ("输入量", "估计值", "标准不确定度", "分布", "自由度", "灵敏系数", "不确定度分量", "占比", "说明")
_TEXTS = frozenset({0, 3, 8})
_LEAST, _MOST = 1e-9, 1e12  # beyond, a number is written with a power of ten
_INTERVALS = {"symmetric": "概率对称", "shortest": "最短"}
_SAID = {
    True: "得到验证",
    False: "没有得到验证，应采用蒙特卡洛法的结果",
    None: "是否得到验证，试验次数不足以判断，请增加试验次数",
}
_JOINT = {
    "estimate": "估计值",
    "standard_uncertainty": "标准不确定度",
    "correlation": "相关矩阵的最大特征值",
    "ellipsoid": "椭球形包含区域的因子",
    "rectangle": "矩形包含区域的因子",
}


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
    lines = [
        (row, known) for row, known in zip(output.budget, model.inputs, strict=True) if known.name in used
    ]
    shown = _notation([value for row, known in lines for value in _values(row, known)])
    for row, known in lines:
        rows.append(_row(row, known, shown))
        if len(known.parts) > 1:
            rows += [_part(part, shown) for part in known.parts]
    yield from (f"  {line}" for line in columns(rows, _TEXTS))


def _values(row: Row, known: Input) -> Iterator[float]:
    yield from (float(known.estimate[0]), float(known.standard_uncertainty[0]))
    yield from (float(part.standard_uncertainty[0]) for part in known.parts)
    yield from (float(row.sensitivity[0]), float(row.contribution[0]))


def _notation(values: Sequence[float]) -> Callable[[float, int], str]:
    """Return how all numbers of a table are written: without powers of ten, unless one of them would be too long."""
    return _plain if all(not value or _LEAST <= abs(value) < _MOST for value in values) else _with_power


def _plain(value: float, digits: int) -> str:
    return f"{Decimal(f'{value:.{digits}g}').normalize() + 0:f}"


def _with_power(value: float, digits: int) -> str:
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return f"{Decimal(mantissa).normalize():f}e{power}" if value else "0"


def _row(row: Row, known: Input, shown: Callable[[float, int], str]) -> tuple[str, ...]:
    return (
        known.name,
        shown(float(known.estimate[0]), 9),
        shown(float(known.standard_uncertainty[0]), 3),
        known.parts[0].distribution.label if len(known.parts) == 1 else "（合成）",
        _short(float(known.degrees_of_freedom[0])),
        shown(float(row.sensitivity[0]), 3),
        shown(float(row.contribution[0]), 3),
        f"{float(row.share[0]):.1%}",
        known.label,
    )


def _part(part: Part, shown: Callable[[float, int], str]) -> tuple[str, ...]:
    return (
        "　分量",
        "",
        shown(float(part.standard_uncertainty[0]), 3),
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
    yield from (f"  {line}" for line in columns(rows, {0}))


def _sampled(model: Model, found: Sampled, seed: int) -> Iterator[str]:
    yield f"蒙特卡洛法：试验 {found.trials} 次，种子 {seed}"
    for output in found.outputs:
        yield from _drawn(model, output, found.coverage_probability)


def _drawn(model: Model, output: SampledOutput, probability: float) -> Iterator[str]:
    unit = _unit(model, output.name)
    spread = output.shortest.high - output.shortest.low
    value, u = output.estimate, output.standard_uncertainty
    estimate = " 的期望不存在" if isnan(value) else f" = {rounded(value, spread / 4)[0]}{unit}"
    scatter = f" {_short(u)}{unit}" if isfinite(u) else "不存在"
    yield f"  {output.name}{estimate}，标准不确定度{scatter}"
    for what, interval in (
        (_INTERVALS["symmetric"], output.symmetric),
        (_INTERVALS["shortest"], output.shortest),
    ):
        low, high = (rounded(end, spread / 4)[0] for end in interval)
        yield f"    包含区间（{what}，{probability:.4g}）[{low}, {high}]{unit}"


def _validation(found: Validation) -> Iterator[str]:
    for each in found.outputs:
        said = _SAID[each.is_valid]
        yield (
            f"  {each.name}：GUM 法的包含区间{said}"
            f"（与{_INTERVALS[found.interval]}区间两端相差 {_short(each.low)} 和 {_short(each.high)}，"
            f"容差 {_short(each.tolerance)}，抽样的标准误差 {_short(max(each.low_error, each.high_error))}）"
        )
    if found.joint:
        apart = "；".join(_apart(each) for each in found.joint if not each.is_valid)
        yield f"  各输出量合起来：GUM 法{f'没有得到验证（{apart}）' if apart else '得到验证'}"


def _apart(found: Difference) -> str:
    of = f"{found.output} 的" if found.output else ""
    return f"{of}{_JOINT[found.what]}相差 {_short(found.distance)}，容差 {_short(found.tolerance)}"


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
