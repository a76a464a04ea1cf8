"""Gaps and overlaps between the lines of a table, for every combination of what they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from quanheng.kernels.expressions import evaluate, render
from quanheng.kernels.procedures.checking.known import Known
from quanheng.kernels.procedures.checking.names import Fault
from quanheng.kernels.procedures.formula import COMPARE, Condition, Formula
from quanheng.kernels.procedures.model import Judge, Procedure, Stage, Table, TableRow, Test

_MOST_COMBINATIONS = 50_000

Case = dict[str, str | float]
"""A choice for each name, or a number for those that are compared."""


class Bound(NamedTuple):
    """A bound of a range: its number, or None for a formula of names; how it is written; whether it belongs to it."""

    number: float | None
    text: str
    closed: bool


def range_faults(
    name: str, procedure: Procedure, known: Known, test: Test | None = None, judge: Judge | None = None
) -> Iterator[Fault]:
    """Yield gaps, overlaps and combinations without a line of one table, where it is used.

    ``known`` is what is known there; a test and its judge entry narrow the cases.
    """
    table = procedure.tables[name]
    if not table.rows:
        return
    domains = _domains(table, (test.stages if test else None) or procedure.stages, known)
    size = 1
    for values in domains.values():
        size *= len(values)
    if size > _MOST_COMBINATIONS:
        yield Fault(("tables", name), f"条件的组合有 {size} 种，太多，不能逐一核对。")
        return
    said = set()
    for combination in product(*domains.values()):
        case: Case = dict(zip(domains, combination, strict=True))
        used = all(_may_meet(case, one.when) for one in (test, judge) if one is not None)
        if not used or any(_meets(case, none) for none in table.none_for):
            continue
        for fault in _case(name, table, case):
            if fault not in said:
                said.add(fault)
                yield fault


def _case(name: str, table: Table, case: Case) -> Iterator[Fault]:
    here = [at for at, row in enumerate(table.rows) if _meets(case, row.when)]
    words = "、".join(
        f"{key}＝{value:g}" if isinstance(value, float) else f"{key}＝{value}" for key, value in case.items()
    )
    of = f"（{words}）" if words else ""
    if not here:
        if "limits" in table.lacks:
            return
        yield Fault(("tables", name), f"没有哪一行适用于{of}。若本来如此，写入 none_for。")
        return
    exact = [at for at in here if table.rows[at].at is not None]
    ranged = [at for at in here if table.rows[at].at is None]
    yield from _exact(name, table, exact, ranged, of)
    if table.over is None and len(ranged) > 1:
        yield Fault(("tables", name, "rows", ranged[1]), f"与第 {ranged[0] + 1} 行都适用{of}。")
        return
    rows = [(at, _lower(table.rows[at]), _upper(table.rows[at])) for at in ranged]
    if all(bound is None or bound.number is not None for _, *bounds in rows for bound in bounds):
        rows.sort(key=lambda row: row[1].number if row[1] and row[1].number is not None else float("-inf"))
    for (first, _, upper), (second, lower, _) in pairwise(rows):
        if fault := _joint(upper, lower):
            yield Fault(("tables", name, "rows", second), f"与第 {first + 1} 行之间{fault}{of}。")


def _exact(name: str, table: Table, exact: Sequence[int], ranged: Sequence[int], of: str) -> Iterator[Fault]:
    """Yield lines for one value that another line is for too."""
    seen: dict[str, int] = {}
    for at in exact:
        text = _bound(table.rows[at].at).text
        if text in seen:
            yield Fault(("tables", name, "rows", at), f"与第 {seen[text] + 1} 行重复（{text}）{of}。")
        seen[text] = at
        number = _bound(table.rows[at].at).number
        for other in ranged:
            if number is None or _is_inside(number, table.rows[other]):
                yield Fault(("tables", name, "rows", at), f"与第 {other + 1} 行重叠{of}。")


def _joint(upper: Bound | None, lower: Bound | None) -> str | None:
    """Return what is wrong where one range ends and the next begins."""
    if upper is None or lower is None:
        return "有重叠：一侧没有界"
    if upper.number is not None and lower.number is not None:
        if upper.number < lower.number:
            return f"有空缺：{upper.text} 到 {lower.text}"
        if upper.number > lower.number:
            return f"有重叠：{lower.text} 到 {upper.text}"
    elif upper.text != lower.text:
        return f"不相接：一行止于 {upper.text}，一行起于 {lower.text}（算式应写成一样）"
    if upper.closed and lower.closed:
        return f"有重叠：两行都含 {upper.text}"
    return None if upper.closed or lower.closed else f"有空缺：两行都不含 {upper.text}"


def empty_ranges(name: str, table: Table) -> Iterator[Fault]:
    """Yield lines whose range holds nothing, or that have one without a quantity it is about."""
    for at, row in enumerate(table.rows):
        path = ("tables", name, "rows", at)
        if table.over is None and (row.at is not None or not row.is_open):
            yield Fault(path, "这一行有范围，但表没有 over，不知是什么的范围。")
        lower, upper = _lower(row), _upper(row)
        if not (lower and upper) or lower.number is None or upper.number is None:
            continue
        if lower.number > upper.number or (
            lower.number == upper.number and not (lower.closed and upper.closed)
        ):
            yield Fault(path, f"范围是空的：{lower.text} 到 {upper.text}。")


def _domains(table: Table, stages: Sequence[Stage], known: Known) -> dict[str, Sequence[str | float]]:
    """Return what each condition depends on, with every choice, or a number of every interval between limits."""
    compared: dict[str, set[float]] = {}
    chosen: dict[str, Sequence[str | float]] = {}
    for row in table.rows:
        for name, condition in row.when.items():
            if condition.operator:
                compared.setdefault(name, set()).add(condition.limit)
            elif name == "stage":
                chosen[name] = [stage.value for stage in stages]
            else:
                chosen[name] = known.choices.get(name, ())
    return {**chosen, **{name: _cells(sorted(limits)) for name, limits in compared.items()}}


def _cells(limits: list[float]) -> list[float]:
    """Return each limit and a number on either side of it.

    >>> _cells([5.0, 30.0])
    [4.0, 5.0, 17.5, 30.0, 31.0]
    """
    between = [(a + b) / 2 for a, b in pairwise(limits)]
    return sorted([limits[0] - 1, *limits, *between, limits[-1] + 1])


def _meets(case: Case, when: dict[str, Condition]) -> bool:
    return set(when) <= set(case) and _may_meet(case, when)


def _may_meet(case: Case, when: dict[str, Condition]) -> bool:
    """Whether nothing that a case says contradicts the conditions."""
    return all(
        COMPARE[condition.operator](case[name], condition.limit)
        if condition.operator
        else case[name] in condition.values
        for name, condition in when.items()
        if name in case
    )


def _lower(row: TableRow) -> Bound | None:
    if row.from_ is not None:
        return _bound(row.from_)
    return _bound(row.above, closed=False) if row.above is not None else None


def _upper(row: TableRow) -> Bound | None:
    if row.to is not None:
        return _bound(row.to)
    return _bound(row.below, closed=False) if row.below is not None else None


def _bound(formula: Formula | None, *, closed: bool = True) -> Bound:
    if formula is None:
        raise ValueError("no bound")
    if formula.names:
        return Bound(None, render(formula.node), closed)
    number = float(evaluate(formula.node, {}))
    return Bound(number, f"{number:g}", closed)


def _is_inside(number: float, row: TableRow) -> bool:
    lower, upper = _lower(row), _upper(row)
    return (
        lower is None
        or lower.number is None
        or lower.number < number
        or (lower.closed and lower.number == number)
    ) and (
        upper is None
        or upper.number is None
        or number < upper.number
        or (upper.closed and upper.number == number)
    )
