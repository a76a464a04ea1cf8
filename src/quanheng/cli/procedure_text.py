"""Procedures and verdicts as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from quanheng.cli.columns import columns
from quanheng.kernels.procedures import (
    About,
    Judgement,
    Outcome,
    Point,
    Procedure,
    explain,
    figure,
    limits_text,
)
from quanheng.kernels.procedures.formula import Condition
from quanheng.kernels.procedures.judgement import Unconfirmed
from quanheng.kernels.procedures.model import Judge, Quantity, Table, TableRow, Test
from quanheng.kernels.procedures.report import shown_units
from quanheng.kernels.procedures.wording import HOW, Wording
from quanheng.kernels.procedures.words import LACKS, STAGES
from quanheng.kernels.rules import CONFIDENCES, MODES

if TYPE_CHECKING:
    from quanheng.kernels.procedures.model import Cited

_HEADINGS = ("行", "参考值", "示值", "误差", "最大允许误差", "U", "符合的概率", "结论")


def result_lines(judgement: Judgement, instrument: int, *, brief: bool = False) -> Iterator[str]:
    """Yield what came out for one instrument, counted from 0; without points and checks if ``brief``."""
    if not brief:
        yield from _points(list(judgement.points(instrument)), judgement.procedure)
        yield from _checks(judgement, instrument)
    yield from _notes(
        judgement, instrument, {"缺少": About.MISSING, "问题": About.FINDING, "说明": About.REMARK}
    )
    yield from _verdict(judgement, instrument)
    yield from _marks(judgement.unconfirmed(instrument))


def _checks(judgement: Judgement, instrument: int) -> Iterator[str]:
    checked = [
        f"  {judgement.procedure.checks[name].text}：{'合格' if codes[instrument] else '不合格'}"
        for name, codes in judgement.checks.items()
        if codes[instrument] >= 0
    ]
    if checked:
        yield "外观检查"
        yield from checked


def _notes(judgement: Judgement, instrument: int, wanted: Mapping[str, About]) -> Iterator[str]:
    for heading, about in wanted.items():
        if said := judgement.said(instrument, about):
            yield f"{heading}："
            yield from (f"  {text}" for text in said)


def _points(points: list[Point], procedure: Procedure) -> Iterator[str]:
    factor = procedure.coverage_factor
    shown = [name if name != "U" else f"U (k = {figure(factor)})" for name in _HEADINGS]
    for test in dict.fromkeys(point.test for point in points):
        here = [point for point in points if point.test == test]
        yield here[0].title
        units = shown_units(procedure.tests[test])
        labels = {point.label for point in here}
        rows = [[shown[0], *(["判定的量"] if len(labels) > 1 else []), *shown[1:]]]
        rows += [_row(point, units, with_label=len(labels) > 1) for point in here]
        left = {1, len(rows[0]) - 1} if len(labels) > 1 else {len(rows[0]) - 1}
        yield from (f"  {line}" for line in columns(rows, left))


def _row(point: Point, units: tuple[str, str], *, with_label: bool) -> list[str]:
    unit = f" {point.unit}" if point.unit else ""
    rounded = f"（修约为 {_number(point.judged)}）" if point.judged != point.error else ""
    chance = point.probability_of_conformity
    return [
        f"{point.row}{' 起' if point.by_group else ''}",
        *([point.label] if with_label else []),
        _with_unit(point.reference, units[0]),
        _with_unit(point.indication, units[1]),
        f"{_number(point.error)}{unit}{rounded}",
        limits_text(point.lower, point.upper, point.unit).replace("-", "−")
        if not isnan(point.lower)
        else "—",
        "—" if isnan(point.expanded_uncertainty) else f"{point.expanded_uncertainty:.2g}{unit}",
        "—" if isnan(chance) else f"{chance:.1%}",
        {True: "合格", False: "不合格", None: "未判定"}[point.passed],
    ]


def _verdict(judgement: Judgement, instrument: int) -> Iterator[str]:
    said = judgement.conclusion(instrument)
    measured = Outcome(int(judgement.of_measured[instrument]))
    partly = ""
    if judgement.outcome(instrument) is Outcome.UNDETERMINED and measured is Outcome.PASSED:
        partly = f"（已检的部分：{judgement.procedure.conclusions.passed.text}）"
    yield f"结论：{said.text}{partly}。{said.consequence}"
    for reason in judgement.decided_by(instrument):
        clause = (
            f"{reason.regulation} {reason.clause}" if reason.clause else f"{reason.regulation}，条款未查到"
        )
        about = "" if reason.text.startswith(reason.title) else f"{reason.title} "
        yield f"  依据：{about}{reason.text}（{clause}）"


def _marks(marks: list[Unconfirmed]) -> Iterator[str]:
    if not marks:
        return
    yield "未与正式文本核对："
    for mark in marks:
        confidence = CONFIDENCES[mark.confidence]
        lacks = "、".join(LACKS.get(word, word) for word in mark.lacks)
        yield f"  {mark.what}（{mark.regulation}；{confidence}{f'；缺少{lacks}' if lacks else ''}）"


def description(procedure: Procedure) -> Iterator[str]:
    """Yield what a procedure asks for, and all its numbers."""
    law, wording = procedure.regulation, Wording(procedure)
    yield f"{law.document} {law.title}"
    for name, text in (
        ("基础", law.basis or ""),
        ("施行", f"{law.in_force_from or '（未查到）'} 至 {law.in_force_to or '今后'}"),
        ("条款", law.clause or "（未查到）"),
        ("出处", law.source),
        ("把握", CONFIDENCES[law.confidence]),
        ("缺少", "、".join(LACKS.get(word, word) for word in sorted(law.lacks)) or "（不缺）"),
        ("检定类别", wording.stages(procedure.stages)),
        ("说明", law.note),
    ):
        if text:
            yield f"  {name}：{text}"
    yield from _quantities("器具", procedure.instrument, wording)
    yield from _quantities("环境", procedure.environment, wording)
    yield from _quantities("标准器", procedure.standard.fields, wording)
    for requirement in (*procedure.require, *procedure.standard.require):
        wanted = f"{wording.formula(requirement.value)} {wording.range(requirement, None)}"
        yield f"  要求：{_when(requirement.when, wording)}{requirement.text}（{wanted}）{_mark(requirement, procedure)}"
    for test in procedure.tests.values():
        yield from _test(test, procedure, wording)
    limits = _limiting(procedure)
    for name, table in procedure.tables.items():
        yield from _table(table, procedure, wording, "±" if name in limits else "")
    if procedure.checks:
        yield "外观检查"
    for check in procedure.checks.values():
        needed = wording.needed(check.required, check.stages)
        yield f"  {_when(check.when, wording)}{check.text}：{needed}{_mark(check, procedure)}"


def _quantities(
    heading: str, quantities: Mapping[str, Quantity], wording: Wording, test: Test | None = None
) -> Iterator[str]:
    if quantities:
        yield heading
    for name, quantity in quantities.items():
        symbol = f" {quantity.symbol}" if quantity.symbol else ""
        unit = f" [{quantity.unit}]" if quantity.unit else ""
        choices = f"：{'、'.join(quantity.choices)}" if quantity.choices else ""
        hint = wording.hint(quantity, test)
        yield f"  {quantity.label}{symbol}{unit}（{name}）{choices}{f'；{hint}' if hint else ''}"


def _test(test: Test, procedure: Procedure, wording: Wording) -> Iterator[str]:
    yield f"检定项目：{test.title}（{wording.test(test)}）"
    if test.note:
        yield f"  说明：{test.note}"
    points = [point.label for point in test.points for _ in range(point.repeat)]
    if points:
        yield f"  检定点：{'、'.join(dict.fromkeys(points))}，共 {len(points)} 行"
    yield from (f"  {line}" for line in _quantities("读数", test.readings, wording, test))
    yield from (f"  {line}" for line in _quantities("每台一次", test.given, wording, test))
    for name, value in test.values.items():
        unit = f" [{value.unit}]" if value.unit else ""
        yield f"  计算：{value.label} {value.symbol or name} = {wording.formula(value.formula, test)}{unit}"
    for name, statistic in test.statistics.items():
        of = wording.symbol(statistic.of, test)
        unit = f" [{statistic.unit}]" if statistic.unit else ""
        yield f"  统计：{statistic.label} {statistic.symbol or name}，{of} 的{HOW[statistic.how]}{unit}"
    for judge in test.judge:
        yield f"  判定：{_judged(judge, test, procedure, wording)}"


def _judged(judge: Judge, test: Test, procedure: Procedure, wording: Wording) -> str:
    parts = [_when(judge.when, wording) + wording.formula(judge.value, test)]
    if judge.round:
        parts.append(f"按“{procedure.tables[judge.round].label}”修约后")
    if judge.table:
        parts.append(f"应在“{procedure.tables[judge.table].label}”之内")
    parts += [f"≥ {wording.formula(judge.lower, test)}"] if judge.lower else []
    parts += [f"≤ {wording.formula(judge.upper, test)}"] if judge.upper else []
    return " ".join(parts) + _mark(judge, procedure)


def _limiting(procedure: Procedure) -> set[str]:
    """Return the tables whose values are limits; others hold constants or rounding intervals."""
    judges = [judge for test in procedure.tests.values() for judge in test.judge]
    bounds = [bound for judge in judges for bound in (judge.lower, judge.upper) if bound is not None]
    return {judge.table for judge in judges if judge.table} | {
        name for bound in bounds for name in bound.names
    }


def _table(table: Table, procedure: Procedure, wording: Wording, sign: str) -> Iterator[str]:
    over = f"，按 {wording.formula(table.over)}" if table.over else ""
    times = "".join(f"；{STAGES[stage]}乘以 {figure(factor)}" for stage, factor in table.times.items())
    yield f"表：{table.label}{f' [{table.unit}]' if table.unit else ''}{over}{times}{_mark(table, procedure)}"
    if table.note:
        yield f"  说明：{table.note}"
    if not table.rows:
        yield "  （数值未查到）"
    for row in table.rows:
        at = f"= {wording.formula(row.at)}" if row.at else wording.range(row, None)
        where = "，".join(part for part in (wording.conditions(row.when), at) if part)
        yield f"  {f'{where}：' if where else ''}{_limits(row, wording, sign)}{_mark(row, procedure, own_only=True)}"


def _limits(row: TableRow, wording: Wording, sign: str) -> str:
    if row.value is not None:
        value = wording.formula(row.value)
        return f"{sign}({value})" if sign and row.value.names else f"{sign}{value}"
    sides = ((row.lower, "下限"), (row.upper, "上限"))
    return "，".join(f"{word} {wording.formula(formula)}" for formula, word in sides if formula is not None)


def _when(when: Mapping[str, Condition], wording: Wording) -> str:
    said = wording.conditions(when)
    return f"{said}：" if said else ""


def _mark(cited: Cited, procedure: Procedure, *, own_only: bool = False) -> str:
    """Return clause and confidence where they differ from those of the regulation."""
    confidence = cited.confidence or (None if own_only else procedure.regulation.confidence)
    parts = [cited.clause or "", CONFIDENCES[confidence] if confidence else "", cited.regulation or ""]
    said = "；".join(part for part in parts if part)
    return f"［{said}］" if said else ""


def explained_lines(judgement: Judgement, instrument: int) -> Iterator[str]:
    """Yield the arithmetic."""
    yield "计算过程"
    yield from (f"  {line}" for line in explain(judgement, instrument))


def period_line(period: Mapping[str, Any]) -> str:
    """Return for how long a verification holds, by a rule version of the registry."""
    said = []
    for term in period["terms"]:
        when = "，".join(f"{name} {wanted}" for name, wanted in term["when"].items())
        months = f" {term['months']} 个月" if term["months"] else ""
        said.append(f"{when + '：' if when else ''}{MODES[term['mode']]}{months}")
    return f"检定周期：{'；'.join(said) or '未查到'}（规则 {period['rule']}{'' if period['is_confirmed'] else '，未核对'}）"


def _with_unit(number: float, unit: str) -> str:
    return f"{_number(number)} {unit}" if unit and not isnan(number) else _number(number)


def _number(number: float) -> str:
    return figure(number).replace("-", "−")
