"""Names: that every one is known where it is used, stands for one thing, and leads to no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from quanheng.kernels.expressions import Cycle, Node, in_order
from quanheng.kernels.marked_yaml import Path
from quanheng.kernels.procedures.checking import known as places
from quanheng.kernels.procedures.checking.known import Known
from quanheng.kernels.procedures.decisions import (
    concerns,
    fields_used,
    is_of_groups,
    judge_unit,
    tables_named,
)
from quanheng.kernels.procedures.formula import Condition, Formula
from quanheng.kernels.procedures.model import Component, Judge, Procedure, Quantity, Ranged, Requirement, Test
from quanheng.kernels.procedures.symbols import LIMIT

RESERVED = frozenset({"stage", LIMIT, "pi", "π"})
SIDES = (("from", "from_"), ("above", "above"), ("to", "to"), ("below", "below"))


class Fault(NamedTuple):
    """What is wrong at a place of the file."""

    path: Path
    text: str


def name_faults(procedure: Procedure) -> Iterator[Fault]:
    """Yield everything that is wrong with the names of a file."""
    yield from _doubles(procedure)
    yield from _circles(procedure)
    instruments = places.of_instruments(procedure)
    own = Known().also(procedure.instrument)
    yield from _quantities(("instrument",), procedure.instrument, own, procedure)
    yield from _quantities(("environment",), procedure.environment, instruments, procedure)
    for at, one in enumerate(procedure.require):
        yield from _requirement(("require", at), one, instruments, procedure)
    for at, period in enumerate(procedure.period):
        yield from conditions(("period", at, "when"), period.when, instruments, procedure)
    for name, check in procedure.checks.items():
        yield from conditions(("checks", name, "when"), check.when, instruments, procedure)
    for name, test in procedure.tests.items():
        yield from _test(name, test, procedure)
    yield from _standard(procedure)


def formula_faults(path: Path, formula: Formula | None, known: Known) -> Iterator[Fault]:
    """Yield the names of a formula that are not known there."""
    for name in formula.names if formula is not None else ():
        if name in known.units:
            continue
        if name in known.choices:
            yield Fault(path, f"算式中的“{name}”是可选项，不能参加计算。")
        else:
            near = get_close_matches(name, known.units, n=1)
            hint = f"是否应为“{near[0]}”？" if near else ""
            yield Fault(path, f"算式“{formula.text if formula else ''}”中的“{name}”在此处没有定义。{hint}")


def conditions(
    path: Path, when: Mapping[str, Condition], known: Known, procedure: Procedure
) -> Iterator[Fault]:
    """Yield what is wrong with a `when`."""
    for name, condition in when.items():
        here = (*path, name)
        stages = tuple(stage.value for stage in procedure.stages)
        choices = stages if name == "stage" else known.choices.get(name)
        if condition.operator:
            if name not in known.units:
                yield Fault(here, f"“{name}”在此处不是数，不能比较。")
        elif choices is None:
            text = (
                f"“{name}”是数，条件应为“<= 30”这样的比较。"
                if name in known.units
                else f"没有可选项“{name}”。"
            )
            yield Fault(here, text)
        else:
            for value in condition.values:
                if value not in choices:
                    yield Fault(here, f"“{name}”没有“{value}”这一可选值，可选：{'、'.join(choices)}。")


def _ranged(path: Path, range_: Ranged, known: Known) -> Iterator[Fault]:
    for written, field in SIDES:
        yield from formula_faults((*path, written), getattr(range_, field), known)


def _quantities(
    path: Path, quantities: Mapping[str, Quantity], known: Known, procedure: Procedure
) -> Iterator[Fault]:
    for name, quantity in quantities.items():
        here = (*path, name)
        yield from formula_faults((*here, "default"), quantity.formula, places.with_tables(procedure, known))
        for table in tables_named([quantity.formula], procedure):
            yield from _table(table, known, quantity.label, procedure)
        yield from formula_faults((*here, "assumed_half_width"), quantity.assumed_half_width, known)
        yield from _ranged(here, quantity, known)


def _requirement(path: Path, one: Requirement, known: Known, procedure: Procedure) -> Iterator[Fault]:
    yield from conditions((*path, "when"), one.when, known, procedure)
    yield from formula_faults((*path, "value"), one.value, known)
    yield from _ranged(path, one, known)


def _test(name: str, test: Test, procedure: Procedure) -> Iterator[Fault]:
    path: Path = ("tests", name)
    instruments = places.of_instruments(procedure)
    given, rows = instruments.also(test.given), places.of_rows(procedure, test)
    yield from conditions((*path, "when"), test.when, instruments, procedure)
    yield from _quantities((*path, "given"), test.given, given, procedure)
    yield from _quantities((*path, "readings"), test.readings, given.also(test.readings), procedure)
    for key, value in test.values.items():
        yield from formula_faults((*path, "values", key, "formula"), value.formula, rows)
    yield from _statistics(path, test, rows, procedure)
    yield from _points(path, test, instruments, procedure)
    groups = places.of_groups(procedure, test)
    either = Known({**rows.units, **groups.units})
    yield from formula_faults((*path, "show", "reference"), test.show.reference, either)
    yield from formula_faults((*path, "show", "indication"), test.show.indication, either)
    for at, judge in enumerate(test.judge):
        place = groups if is_of_groups(judge, test) else rows
        yield from _judge((*path, "judge", at), judge, test, place, procedure)
    unit = next((judge_unit(judge, test) for judge in test.judge if not is_of_groups(judge, test)), None)
    with_standard = places.with_standard(procedure, rows, unit)
    yield from _components((*path, "uncertainty"), test.uncertainty, rows, with_standard)


def _statistics(path: Path, test: Test, rows: Known, procedure: Procedure) -> Iterator[Fault]:
    for at, key in enumerate(test.group_by):
        if key not in test.readings:
            yield Fault((*path, "group_by", at), f"“{key}”不是读数的一列。")
    numbers = {*test.values, *(name for name, one in test.readings.items() if one.choices is None)}
    for name, one in test.statistics.items():
        if one.of not in numbers:
            yield Fault((*path, "statistics", name, "of"), f"“{one.of}”不是读数中的数，也不是算出的值。")
        yield from conditions((*path, "statistics", name, "when"), one.when, rows, procedure)


def _points(path: Path, test: Test, instruments: Known, procedure: Procedure) -> Iterator[Fault]:
    for at, point in enumerate(test.points):
        here = (*path, "points", at)
        yield from formula_faults((*here, "value"), point.value, instruments)
        yield from conditions((*here, "when"), point.when, instruments, procedure)
        for name in point.columns:
            if name not in test.readings:
                yield Fault((*here, "columns", name), f"“{name}”不是读数的一列。")


def _judge(path: Path, judge: Judge, test: Test, place: Known, procedure: Procedure) -> Iterator[Fault]:
    yield from formula_faults((*path, "value"), judge.value, place)
    yield from conditions((*path, "when"), judge.when, place, procedure)
    bounds = places.with_tables(procedure, place)
    yield from formula_faults((*path, "lower"), judge.lower, bounds)
    yield from formula_faults((*path, "upper"), judge.upper, bounds)
    for field, name in (("table", judge.table), ("round", judge.round)):
        if name is not None and name not in procedure.tables:
            yield Fault((*path, field), f"没有表“{name}”。")
    for name in places.tables_of(judge, procedure):
        yield from _table(name, place, test.title, procedure)
    if judge.uncertainty is not None:
        with_standard = places.with_standard(procedure, place, judge_unit(judge, test))
        yield from _components((*path, "uncertainty"), judge.uncertainty, place, with_standard)


def _table(name: str, place: Known, where: str, procedure: Procedure) -> Iterator[Fault]:
    """Yield the names of a table that are not known where it is used."""
    table = procedure.tables[name]
    used = f"（用于“{where}”）"
    found = list(formula_faults(("tables", name, "over"), table.over, place))
    for at, row in enumerate(table.rows):
        path = ("tables", name, "rows", at)
        found += conditions((*path, "when"), row.when, place, procedure)
        found += _ranged(path, row, place)
        for field in ("at", "value", "lower", "upper"):
            found += formula_faults((*path, field), getattr(row, field), place)
    for at, combination in enumerate(table.none_for):
        found += conditions(("tables", name, "none_for", at), combination, place, procedure)
    yield from (Fault(fault.path, fault.text + used) for fault in found)


def _components(
    path: Path, parts: tuple[Component, ...], place: Known, with_standard: Known
) -> Iterator[Fault]:
    for at, part in enumerate(parts):
        if part.of is not None and part.of not in place.units:
            yield Fault((*path, at, "of"), f"“{part.of}”在此处没有定义。")
        for field in ("half_width", "standard_uncertainty", "expanded_uncertainty", "degrees_of_freedom"):
            yield from formula_faults((*path, at, field), getattr(part, field), with_standard)


def _standard(procedure: Procedure) -> Iterator[Fault]:
    """Yield what is wrong with the reference standard in every test that uses it."""
    fields = procedure.standard.fields
    for name, test in procedure.tests.items():
        for judge in test.judge:
            by_group = is_of_groups(judge, test)
            place = (places.of_groups if by_group else places.of_rows)(procedure, test)
            known = places.with_standard(procedure, place, None)
            alone = places.with_limit(place)
            for key in sorted(fields_used(judge, name, procedure)):
                path: Path = ("standard", "fields", key)
                yield from formula_faults((*path, "default"), fields[key].formula, alone)
                yield from _ranged(path, fields[key], alone)
            for at, one in enumerate(procedure.standard.require):
                if concerns(one, judge, name, procedure):
                    yield from _requirement(("standard", "require", at), one, known, procedure)
    for at, one in enumerate(procedure.standard.require):
        for test_name in one.tests or ():
            if test_name not in procedure.tests:
                yield Fault(("standard", "require", at, "tests"), f"没有检定项目“{test_name}”。")


def _doubles(procedure: Procedure) -> Iterator[Fault]:
    """Yield names that stand for two things."""
    common: dict[str, Path] = {}
    whole: list[tuple[Path, Mapping[str, object]]] = [
        (("instrument",), procedure.instrument),
        (("environment",), procedure.environment),
        (("standard", "fields"), procedure.standard.fields),
        (("tables",), procedure.tables),
    ]
    for path, names in whole:
        yield from _taken(path, names, common)
    for key, test in procedure.tests.items():
        taken = dict(common)
        parts: list[tuple[str, Mapping[str, object]]] = [
            ("given", test.given),
            ("readings", test.readings),
            ("values", test.values),
        ]
        for part, names in parts:
            yield from _taken(("tests", key, part), names, taken)
        shared = {name: path for name, path in taken.items() if path[:1] != ("tests",) or path[1:2] != (key,)}
        for name in test.statistics:
            if name in shared or name in test.given or name in test.group_by or name in RESERVED:
                yield Fault(("tests", key, "statistics", name), f"“{name}”已有别的意思，请换一个名称。")


def _taken(path: Path, names: Mapping[str, object], taken: dict[str, Path]) -> Iterator[Fault]:
    for name in names:
        if name in RESERVED:
            yield Fault((*path, name), f"“{name}”另有所指，请换一个名称。")
        elif name in taken:
            where = ".".join(str(part) for part in taken[name])
            yield Fault((*path, name), f"“{name}”在 {where} 中已有，请换一个名称。")
        taken[name] = (*path, name)


def _circles(procedure: Procedure) -> Iterator[Fault]:
    yield from _circle(("instrument",), _defaults(procedure.instrument))
    yield from _circle(("environment",), _defaults(procedure.environment))
    for name, test in procedure.tests.items():
        yield from _circle(("tests", name, "given"), _defaults(test.given))
        yield from _circle(("tests", name, "readings"), _defaults(test.readings))
        values = {key: value.formula.node for key, value in test.values.items()}
        yield from _circle(("tests", name, "values"), values)


def _defaults(quantities: Mapping[str, Quantity]) -> dict[str, Node]:
    return {name: one.formula.node for name, one in quantities.items() if one.formula is not None}


def _circle(path: Path, definitions: Mapping[str, Node]) -> Iterator[Fault]:
    try:
        in_order(definitions)
    except Cycle as cycle:
        yield Fault((*path, cycle.names[0]), str(cycle))
