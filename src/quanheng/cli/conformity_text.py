"""What `quanheng conformity` answers, as a person reads it: each number with what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10
from typing import Any

Answer = Mapping[str, Any]

_REMARKS = {
    "pass": "测得值在接受区间之内",
    "conditional_pass": "测得值符合，但落在保护带内，把握达不到规则的要求",
    "conditional_fail": "测得值不符合，但超出不到一个保护带，把握达不到规则的要求",
    "fail": "测得值在接受区间之外",
}
_DEMANDS = {
    "specific": "每一台被接受的，不符合的概率至多为",
    "rejection": "每一台被拒绝的，符合的概率至多为",
    "global": "任取一台，误接收的概率至多为",
}
_BEYOND_PRINT = 1e-8


def judged(answer: Answer) -> Iterator[str]:
    """Yield the lines of `conformity judge`."""
    rounded = answer["rounded_value"]
    by = (
        ""
        if rounded is None
        else f"，按间隔 {_figure(answer['rounding_interval'])} 修约为 {_figure(rounded)}"
    )
    yield f"测得值 {_figure(answer['value'])}{by}；{_question(answer)}"
    what = "测得值" if rounded is None else "修约后的值"
    yield f"结论：{'符合' if answer['conforms'] else '不符合'}。简单接受：只看{what}是否超出限值"
    yield f"符合的概率：{percent(answer['probability_of_conformity'])}。真值在允许区间之内的概率，不计总体的情况"
    if answer["conforms"]:
        risk = percent(answer["specific_consumer_risk"])
        yield f"误接收的概率：{risk}。由使用方承担：判为符合，真值却在允许区间之外"
    else:
        risk = percent(answer["specific_producer_risk"])
        yield f"误拒绝的概率：{risk}。由生产方承担：判为不符合，真值却在允许区间之内"
    if answer["capability_index"] is not None:
        yield f"测量能力指数：{answer['capability_index']:.3g}。允许区间的半宽除以 2u"
    yield from _by_rule(answer["guard_rule"], answer["standard_uncertainty"])
    prior = answer["prior"]
    if prior is not None:
        yield f"计入总体（平均值 {_figure(prior['mean'])}，标准差 {_figure(prior['sd'])}）："
        best, u = _figure(prior["estimate"]), _figure(prior["standard_uncertainty"])
        yield f"  真值的最佳估计 {best}，标准不确定度 {u}，符合的概率 {percent(prior['probability_of_conformity'])}"


def risked(answer: Answer) -> Iterator[str]:
    """Yield the lines of `conformity risk`."""
    how = "简单接受"
    if answer["rounding_interval"] is not None:
        how = f"按间隔 {_figure(answer['rounding_interval'])} 修约后判定"
    elif answer["guard_band"]:
        how = f"保护带 {_figure(answer['guard_band'])}"
    yield _question(answer)
    yield f"总体：{_population(answer)}"
    yield f"接受区间：{interval(answer['acceptance'])}（{how}）；接受的占 {percent(answer['accepted'])}"
    yield f"使用方的风险：{_risk(answer['consumer_risk'])}不符合而被接受"
    yield f"生产方的风险：{_risk(answer['producer_risk'])}符合而被拒绝"
    for name, text in (
        ("nonconforming_among_accepted", "被接受的当中，不符合的占"),
        ("conforming_among_rejected", "被拒绝的当中，符合的占"),
    ):
        if answer[name] is not None:
            yield f"{text} {percent(answer[name])}"


def guarded(answer: Answer) -> Iterator[str]:
    """Yield the lines of `conformity guard-band`."""
    yield _question(answer)
    yield f"定法：{_demand(answer)}"
    band, decision = answer["guard_band"], answer["decision"]
    if decision == "guarded":
        yield f"保护带：{_figure(band)}。{_width(band)}"
        yield f"接受区间：{interval(answer['acceptance'])}"
        chance = percent(answer["probability_at_acceptance_limit"])
        yield f"测得值恰在接受限上时，符合的概率为 {chance}"
    elif decision == "accept_all":
        yield "保护带：不适用。一律接受，代价最小"
    elif band is None:
        yield "保护带：不适用。一律拒绝，代价最小"
    else:
        yield f"保护带：{_figure(band)}。宽于允许区间的一半，没有可以接受的测得值"
    if answer["global_risks"] is not None:
        yield f"总体：{_population({**answer, **answer['global_risks']['without']})}"
        for name, text in (("without", "简单接受"), ("with_guard_band", "这样判定")):
            risks = answer["global_risks"][name]
            consumer, producer = percent(risks["consumer_risk"]), percent(risks["producer_risk"])
            yield f"  {text}：使用方的风险 {consumer}，生产方的风险 {producer}"


def percent(probability: float) -> str:
    """Return a probability in percent, with three digits of what is smaller, it or its complement.

    >>> percent(0.5), percent(0.97725), percent(0.0013499), percent(0.9999683)
    ('50.0%', '97.72%', '0.135%', '99.99683%')
    >>> percent(1.524e-23), percent(1.0), percent(0.0)
    ('1.5e-21%', '大于 99.999999%', '0%')
    """
    small = min(probability, 1 - probability)
    if small >= _BEYOND_PRINT:
        return f"{probability * 100:.{max(1, 2 - floor(log10(small * 100)))}f}%"
    if probability > _BEYOND_PRINT:
        return "大于 99.999999%"
    return f"{probability * 100:.1e}%" if probability > 0 else "0%"


def interval(ends: Sequence[float | None]) -> str:
    """Return an interval in words.

    >>> interval([-1.0, 2.5]), interval([None, 2.5]), interval([0.1, None]), interval([None, None])
    ('[-1, 2.5]', '不大于 2.5', '不小于 0.1', '不限')
    """
    low, high = ends
    if low is not None and high is not None:
        return f"[{_figure(low)}, {_figure(high)}]"
    if high is not None:
        return f"不大于 {_figure(high)}"
    return "不限" if low is None else f"不小于 {_figure(low)}"


def _question(answer: Answer) -> str:
    nu, step = answer["degrees_of_freedom"], answer["resolution"]
    return "".join(
        (
            f"允许区间：{interval([answer['lower'], answer['upper']])}；标准不确定度 u = {_figure(answer['standard_uncertainty'])}",
            "" if nu is None else f"，自由度 {_figure(nu)}",
            f"，另计分辨力 {_figure(step)}" if step else "",
        )
    )


def _by_rule(rule: Answer, u: float) -> Iterator[str]:
    multiple, k = _figure(rule["multiple"]), _figure(rule["coverage_factor"])
    band = _figure(rule["guard_band"])
    yield (
        f"保护带规则 {rule['label']}：w = {multiple} × U = {multiple} × {k} × {_figure(u)} = {band}，"
        f"接受区间 {_acceptance(rule['acceptance'])}"
    )
    yield f"  声明：{rule['statement_text']}。{_REMARKS[rule['statement']]}"
    yield f"  规则所称：{rule['stated_risk']}（未与 ILAC-G8 原文核对）"


def _acceptance(ends: Sequence[float | None]) -> str:
    low, high = ends
    return "为空" if low is not None and high is not None and low > high else interval(ends)


def _demand(answer: Answer) -> str:
    method = answer["method"]
    if method == "rule":
        multiple, k = _figure(answer["multiple"]), _figure(answer["coverage_factor"])
        return f"规则 {answer['label']}，w = {multiple} × U，U = {k} × u（未与 ILAC-G8 原文核对）"
    if method == "costs":
        acceptance, rejection = (_figure(cost) for cost in answer["costs"])
        return f"误接收和误拒绝的代价之比为 {acceptance} : {rejection}，总代价最小"
    return f"{_DEMANDS[method]} {_figure(answer['demanded_risk'] * 100)}%"


def _width(band: float) -> str:
    if band == 0:
        return "接受区间就是允许区间"
    return "接受区间比允许区间每侧窄这么多" if band > 0 else "接受区间比允许区间每侧宽这么多"


def _population(answer: Answer) -> str:
    prior = answer["prior"]
    return (
        f"正态分布，平均值 {_figure(prior['mean'])}，标准差 {_figure(prior['sd'])}；"
        f"真值符合的占 {percent(answer['conforming'])}"
    )


def _risk(probability: float) -> str:
    """Return a risk with how many that is of how many."""
    many = next((size for size in (100, 1_000, 10_000, 1_000_000) if size * probability >= 1), None)
    counted = (
        "每一百万台不到 1 台"
        if many is None
        else f"每 {many} 台约 {_figure(float(f'{many * probability:.2g}'))} 台"
    )
    return f"{percent(probability)}。{counted}，"


def _figure(number: float) -> str:
    return f"{number:.6g}"
