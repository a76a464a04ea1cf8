"""Units: that a formula gives what its place is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from quanheng.kernels.marked_yaml import Path
from quanheng.kernels.procedures.checking import known as places
from quanheng.kernels.procedures.checking.dimensions import Measure, Mismatch, agrees, measure_of, measured
from quanheng.kernels.procedures.checking.known import Known
from quanheng.kernels.procedures.checking.names import SIDES, Fault
from quanheng.kernels.procedures.decisions import components, is_of_groups, judge_unit
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.model import Judge, Procedure, Quantity, Ranged, Test


def unit_faults(procedure: Procedure) -> Iterator[Fault]:
    """Yield formulas whose units do not fit, as far as units are known."""
    instruments = places.of_instruments(procedure)
    yield from _quantities(("instrument",), procedure.instrument, instruments)
    yield from _quantities(("environment",), procedure.environment, instruments)
    for at, one in enumerate(procedure.require):
        yield from _ranged(("require", at), one, _gives(one.value, instruments), instruments)
    for name, test in procedure.tests.items():
        path: Path = ("tests", name)
        rows = places.of_rows(procedure, test)
        yield from _quantities((*path, "given"), test.given, rows)
        yield from _quantities((*path, "readings"), test.readings, rows)
        for key, value in test.values.items():
            here = (*path, "values", key, "formula")
            yield from _fits(here, value.formula, measure_of(value.unit), value.unit, rows)
        for at, judge in enumerate(test.judge):
            yield from _judge((*path, "judge", at), judge, test, procedure)


def _judge(path: Path, judge: Judge, test: Test, procedure: Procedure) -> Iterator[Fault]:
    by_group = is_of_groups(judge, test)
    place = (places.of_groups if by_group else places.of_rows)(procedure, test)
    own = _gives(judge.value, place)
    unit = judge_unit(judge, test) or None
    if judge.unit is not None:
        yield from _fits((*path, "value"), judge.value, measure_of(judge.unit), judge.unit, place)
    bounds = places.with_tables(procedure, place)
    for field, formula in (("lower", judge.lower), ("upper", judge.upper)):
        yield from _fits((*path, field), formula, own, unit, bounds)
    for field, name in (("table", judge.table), ("round", judge.round)):
        table = procedure.tables.get(name) if name is not None else None
        if table is not None and own is not None and (why := agrees(own, measure_of(table.unit))):
            yield Fault((*path, field), f"判定的值与“{table.label}”{why}。")
    for name in places.tables_of(judge, procedure):
        yield from _table(name, place, procedure)
    with_standard = places.with_standard(procedure, place, unit)
    for at, part in enumerate(components(judge, test, by_group=by_group)):
        base = (*path[:2],) if judge.uncertainty is None else path
        wanted = own if part.of is None else _gives_name(part.of, place)
        said = unit if part.of is None else place.units.get(part.of)
        for field in ("half_width", "standard_uncertainty", "expanded_uncertainty"):
            here = (*base, "uncertainty", at, field)
            yield from _fits(here, getattr(part, field), wanted, said, with_standard)


def _table(name: str, place: Known, procedure: Procedure) -> Iterator[Fault]:
    table = procedure.tables[name]
    wanted, over = measure_of(table.unit), _gives(table.over, place)
    for at, row in enumerate(table.rows):
        path = ("tables", name, "rows", at)
        for field in ("value", "lower", "upper"):
            yield from _fits((*path, field), getattr(row, field), wanted, table.unit, place)
        yield from _ranged(path, row, over, place)
        yield from _fits((*path, "at"), row.at, over, None, place)


def _quantities(path: Path, quantities: Mapping[str, Quantity], known: Known) -> Iterator[Fault]:
    for name, quantity in quantities.items():
        own = measure_of(quantity.unit)
        yield from _fits((*path, name, "default"), quantity.formula, own, quantity.unit, known)
        half_width = quantity.assumed_half_width
        yield from _fits((*path, name, "assumed_half_width"), half_width, own, quantity.unit, known)
        yield from _ranged((*path, name), quantity, own, known)


def _ranged(path: Path, range_: Ranged, own: Measure | None, known: Known) -> Iterator[Fault]:
    for written, field in SIDES:
        yield from _fits((*path, written), getattr(range_, field), own, None, known)


def _fits(
    path: Path, formula: Formula | None, wanted: Measure | None, unit: str | None, known: Known
) -> Iterator[Fault]:
    """Yield why a formula does not give what is wanted there."""
    if formula is None or wanted is None:
        return
    try:
        found = measured(formula.node, known.units)
    except Mismatch as error:
        yield Fault(path, f"算式“{formula.text}”：{error}。")
        return
    if found is not None and (why := agrees(found, wanted)):
        here = f"（{unit}）" if unit else ""
        yield Fault(path, f"算式“{formula.text}”的结果与此处{here}{why}。")


def _gives(formula: Formula | None, known: Known) -> Measure | None:
    """Return the measure of a formula; None where it fits everywhere or does not fit itself."""
    if formula is None:
        return None
    try:
        return measured(formula.node, known.units)
    except Mismatch:
        return None


def _gives_name(name: str, known: Known) -> Measure | None:
    return measure_of(known.units[name]) if name in known.units else None
