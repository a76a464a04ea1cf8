"""The arithmetic of a verdict, as a person would write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from quanheng.kernels.expressions import in_order, render
from quanheng.kernels.procedures.decisions import (
    Decisions,
    components,
    judge_label,
    judge_unit,
    tables_named,
)
from quanheng.kernels.procedures.fill import assumed
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.judgement import Judgement, limits_text, places
from quanheng.kernels.procedures.lookup import NO_ROW
from quanheng.kernels.procedures.measuring import Measured
from quanheng.kernels.procedures.model import DIVISORS, Component, How, Judge, Statistic, TableRow, Test
from quanheng.kernels.procedures.notes import figure
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.symbols import symbols
from quanheng.kernels.procedures.words import STAGES

_INDENT = "  "


def explain(judgement: Judgement, instrument: int) -> list[str]:
    """Return, line by line, how each value of an instrument was computed and judged.

    Formulas stand with symbols, then with numbers, then with the result: ``P = I + 0.5 × e − ΔL = 1000 + 0.5 × 5 −
    1.5 = 1001 g``.  Numbers have the unit of the procedure file.
    """
    lines: list[str] = []
    for name, measured in judgement.measured.items():
        lines += _Account(judgement, name, measured).lines(instrument)
    return lines


class _Account:
    """What is written of one test."""

    def __init__(self, judgement: Judgement, name: str, measured: Measured) -> None:
        self._judgement, self._measured = judgement, measured
        self._procedure = judgement.procedure
        self._test: Test = judgement.procedure.tests[name]
        self._symbols = symbols(self._procedure, self._test)

    def lines(self, instrument: int) -> Iterator[str]:
        """Yield the lines for one instrument."""
        test, measured = self._test, self._measured
        for row in places(measured.rows.owner, instrument):
            yield f"{test.title} 第 {measured.rows.number[row]} 行"
            for name in in_order({key: value.formula.node for key, value in test.values.items()}):
                value = test.values[name]
                yield self._computed(name, value.formula, measured.scope, row, value.unit)
            for decisions in measured.decisions:
                if not decisions.by_group:
                    yield from self._decided(decisions, row)
        first = measured.groups.first
        by_group = [decisions for decisions in measured.decisions if decisions.by_group]
        for group in places(measured.rows.owner[first], instrument) if test.statistics else ():
            yield f"{test.title} 第 {measured.rows.number[first[group]]} 行起的一组"
            for name, statistic in test.statistics.items():
                yield self._made(name, statistic, group)
            for decisions in by_group:
                yield from self._decided(decisions, group)

    def _computed(self, name: str, formula: Formula, scope: Scope, row: int, unit: str | None) -> str:
        result = f"{_number(scope[name][row])}{_unit(unit)}"
        return _INDENT + self._chain(self._symbols[name], formula, scope, row, result)

    def _chain(self, name: str, formula: Formula, scope: Scope, row: int, result: str) -> str:
        """Return name = formula = formula in numbers = result, without saying anything twice."""
        numbers = {used: _number(scope[used][row]) for used in formula.names}
        parts = [name, render(formula.node, self._symbols), render(formula.node, numbers)]
        said = [part for at, part in enumerate(parts) if at == 0 or part != parts[at - 1]]
        if result.split(" ", maxsplit=1)[0] == said[-1]:
            said.pop()
        return " = ".join([*said, result])

    def _made(self, name: str, statistic: Statistic, group: int) -> str:
        measured = self._measured
        groups = measured.groups
        rows = groups.order[groups.start[group] : groups.start[group] + groups.sizes[group]]
        part = measured.scope.part(rows)
        used = part.holds(statistic.when, self._judgement.stage)
        numbers = [_number(number) for number in part[statistic.of][used]]
        result = f"{_number(measured.of_groups[name][group])}{_unit(statistic.unit)}"
        of = self._symbols[statistic.of]
        return f"{_INDENT}{self._symbols[name]} = {_said(statistic.how, of, numbers)} = {result}"

    def _decided(self, decisions: Decisions, place: int) -> Iterator[str]:
        """Yield the lines on the decision made at a row or group, if there is one."""
        found = np.flatnonzero(decisions.rows == place)
        if not len(found):
            return
        at = int(found[0])
        judge = self._test.judge[decisions.at]
        unit = judge_unit(judge, self._test)
        if judge.value.names and judge.value.text not in self._symbols:
            label = judge_label(judge, self._test)
            result = f"{_number(decisions.value[at])}{_unit(unit)}"
            yield _INDENT + self._chain(label, judge.value, decisions.scope, at, result)
        yield from self._limits(judge, decisions, at)
        if decisions.decided[at]:
            yield from self._uncertainty(judge, decisions, at, unit)
        yield _INDENT + self._verdict(judge, decisions, at, unit)

    def _limits(self, judge: Judge, decisions: Decisions, at: int) -> Iterator[str]:
        for name, lines in decisions.used:
            table = self._procedure.tables[name]
            line = int(lines[at])
            if line == NO_ROW:
                yield f"{_INDENT}{table.label}：没有适用的一行"
                continue
            row = table.rows[line]
            over = ""
            if table.over is not None:
                number = _number(decisions.scope.value(table.over)[at])
                chain = self._chain("", table.over, decisions.scope, at, number).removeprefix(" = ")
                over = f"{chain}，"
            factor = table.times.get(self._judgement.stage, 1.0)
            yield f"{_INDENT}{table.label}：{over}第 {line + 1} 行，{self._row(row, decisions.scope, at, factor, table.unit)}"
        for side, formula in (("下限", judge.lower), ("上限", judge.upper)):
            if formula is not None:
                result = (
                    f"{_number(decisions.scope.value(formula)[at])}{_unit(judge_unit(judge, self._test))}"
                )
                if tables_named([formula], self._procedure) != [formula.text]:
                    yield _INDENT + self._chain(side, formula, decisions.scope, at, result)

    def _row(self, row: TableRow, scope: Scope, at: int, factor: float, unit: str | None) -> str:
        """Return what a line of a table says, with its numbers."""
        said = []
        for side, formula in (("", row.value), ("下限 ", row.lower), ("上限 ", row.upper)):
            if formula is None:
                continue
            number = scope.value(formula)[at]
            chain = self._chain("", formula, scope, at, _number(number)).removeprefix(" = ")
            stage = STAGES[self._judgement.stage]
            times = f"，{stage}乘以 {_number(factor)}，得 {_number(number * factor)}" if factor != 1 else ""
            said.append(f"{side}{chain}{times}{_unit(unit)}")
        return "，".join(said)

    def _uncertainty(self, judge: Judge, decisions: Decisions, at: int, unit: str) -> Iterator[str]:
        total = decisions.standard_uncertainty[at]
        if np.isnan(total):
            return
        parts = components(judge, self._test, by_group=decisions.by_group)
        shares = decisions.contributions[:, at]
        for part, share in zip(parts, shares, strict=True):
            yield f"{_INDENT}{part.label}：{self._size(part, decisions.scope, at)}，贡献 {_short(abs(share))}{_unit(unit)}"
        squares = " + ".join(f"{_short(abs(share))}²" for share in shares)
        factor = self._procedure.coverage_factor
        yield (
            f"{_INDENT}u = √({squares}) = {_short(total)}{_unit(unit)}，"
            f"U = {_number(factor)}u = {_short(factor * total)}{_unit(unit)}"
        )

    def _size(self, part: Component, scope: Scope, at: int) -> str:
        if part.of is not None and assumed(part.of) in scope and not np.isnan(scope[assumed(part.of)][at]):
            return f"未给，半宽 {_short(scope[assumed(part.of)][at])} ÷ √3"
        if part.half_width is not None and part.distribution is not None:
            root = round(DIVISORS[part.distribution] ** 2)
            return f"半宽 {_short(scope.value(part.half_width)[at])} ÷ √{root}"
        if part.expanded_uncertainty is not None and part.coverage_factor is not None:
            return (
                f"U = {_short(scope.value(part.expanded_uncertainty)[at])} ÷ {_number(part.coverage_factor)}"
            )
        formula = part.standard_uncertainty
        return "" if formula is None else f"标准不确定度 {_short(scope.value(formula)[at])}"

    def _verdict(self, judge: Judge, decisions: Decisions, at: int, unit: str) -> str:
        name = self._symbols.get(judge.value.text, judge_label(judge, self._test))
        value, judged = decisions.value[at], decisions.judged[at]
        if not decisions.decided[at]:
            return f"{name}：不能判定"
        rounded = f"，修约为 {_number(judged)}{_unit(unit)}" if judge.round is not None else ""
        word = "在限值之内" if decisions.passed[at] else "超出限值"
        limits = limits_text(decisions.lower[at], decisions.upper[at], unit).replace("-", "−")
        chance = decisions.probability_of_conformity[at]
        probability = "" if np.isnan(chance) else f"；符合的概率 {chance * 100:.4g} %"
        return f"{name} = {_number(value)}{_unit(unit)}{rounded}，{word} {limits}{probability}"


_MADE: Mapping[How, str] = {
    How.MEAN: "({sum}) ÷ {count}",
    How.SUM: "{sum}",
    How.RANGE: "max({list}) − min({list})",
    How.MAX: "max({list})",
    How.MIN: "min({list})",
    How.MAX_ABS: "max|{list}|",
    How.STD: "{of} 的实验标准偏差（{list}）",
    How.COUNT: "{of} 的个数",
    How.FIRST: "{of} 的第一个",
    How.LAST: "{of} 的最后一个",
}


def _said(how: How, of: str, numbers: list[str]) -> str:
    """Return how a statistic is made of its numbers."""
    return _MADE[how].format(sum=" + ".join(numbers), list=", ".join(numbers), count=len(numbers), of=of)


def _number(number: float) -> str:
    return figure(float(number)).replace("-", "−")


def _short(number: float) -> str:
    """Return an uncertainty: three significant digits are more than anybody knows."""
    return figure(float(f"{number:.3g}"))


def _unit(unit: str | None) -> str:
    return f" {unit}" if unit else ""
