"""All that is wrong with one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from quanheng.kernels.procedures.checking import known as places
from quanheng.kernels.procedures.checking.known import tables_of
from quanheng.kernels.procedures.checking.names import Fault, name_faults
from quanheng.kernels.procedures.checking.ranges import empty_ranges, range_faults
from quanheng.kernels.procedures.checking.units import unit_faults
from quanheng.kernels.procedures.decisions import is_of_groups, tables_named
from quanheng.kernels.procedures.library import Edition, Library, packaged_text
from quanheng.kernels.procedures.model import Cited, Given, Procedure, Quantity, Test
from quanheng.kernels.procedures.read import BadProcedure, BaseText, Problem, located, read_marked
from quanheng.kernels.procedures.words import LACKS


def check(
    text: bytes | str, base: BaseText = packaged_text, library: Library | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with a procedure file, by line; nothing where it can be used.

    ``library`` holds the files beside which it is to stand: no kind may be served twice on one day.
    """
    try:
        procedure, marked = read_marked(text, base)
    except BadProcedure as error:
        return error.problems
    found = dict.fromkeys(faults(procedure))
    if library is not None:
        found |= dict.fromkeys(_served_twice(procedure, library))
    return tuple(sorted(located(fault.path, fault.text, marked) for fault in found))


def faults(procedure: Procedure) -> Iterator[Fault]:
    """Yield everything that is wrong with a procedure, in no order; some of it more than once."""
    yield from name_faults(procedure)
    yield from unit_faults(procedure)
    yield from _tables(procedure)
    yield from _from_tests(procedure)
    yield from _stages(procedure)
    yield from _citations(procedure)


def _tables(procedure: Procedure) -> Iterator[Fault]:
    """Yield gaps and overlaps wherever a table is used, and tables that are used nowhere."""
    used: set[str] = set()
    for test, quantities in _filled_in(procedure):
        for name in tables_named([one.formula for one in quantities.values()], procedure):
            used.add(name)
            known = places.of_instruments(procedure) if test is None else places.of_rows(procedure, test)
            yield from range_faults(name, procedure, known, test)
    for test in procedure.tests.values():
        for judge in test.judge:
            known = (places.of_groups if is_of_groups(judge, test) else places.of_rows)(procedure, test)
            for name in tables_of(judge, procedure):
                used.add(name)
                yield from range_faults(name, procedure, known, test, judge)
            if judge.round in procedure.tables:
                for at, row in enumerate(procedure.tables[judge.round].rows):
                    if row.value is None:
                        yield Fault(("tables", judge.round, "rows", at), "修约间隔应给 value。")
    for name, table in procedure.tables.items():
        yield from empty_ranges(name, table)
        if name not in used:
            yield Fault(("tables", name), f"表“{table.label}”没有用到。")
        if not table.rows and "limits" not in table.lacks:
            yield Fault(("tables", name, "rows"), "没有一行；数值未查到的，在 lacks 中写 limits。")


def _filled_in(procedure: Procedure) -> Iterator[tuple[Test | None, Mapping[str, Quantity]]]:
    yield None, procedure.instrument
    yield None, procedure.environment
    for test in procedure.tests.values():
        yield test, test.given
        yield test, test.readings


def _from_tests(procedure: Procedure) -> Iterator[Fault]:
    for name, test in procedure.tests.items():
        for key, given in test.given.items():
            yield from _from_test(("tests", name, "given", key, "from_test"), given, procedure)
    yield from _circle_of_tests(procedure)


def _from_test(path: tuple[str | int, ...], given: Given, procedure: Procedure) -> Iterator[Fault]:
    source = given.from_test
    if source is None:
        return
    test = procedure.tests.get(source.test)
    if test is None:
        yield Fault((*path, "test"), f"没有检定项目“{source.test}”。")
    elif source.value not in {*test.values, *test.statistics, *_numbers(test)}:
        yield Fault((*path, "value"), f"检定项目“{source.test}”中没有数“{source.value}”。")
    if given.choices is not None:
        yield Fault(path, "可选项不能取自别的检定项目。")


def _numbers(test: Test) -> set[str]:
    return {name for name, one in test.readings.items() if one.choices is None}


def _circle_of_tests(procedure: Procedure) -> Iterator[Fault]:
    """Yield tests that take numbers from themselves, be it by way of others."""
    needs = {
        name: {given.from_test.test for given in test.given.values() if given.from_test is not None}
        for name, test in procedure.tests.items()
    }
    for name, direct in needs.items():
        reached, ahead = set[str](), set(direct)
        while ahead:
            reached |= ahead
            ahead = {further for one in ahead for further in needs.get(one, ())} - reached
        if name in reached:
            yield Fault(("tests", name, "given"), f"检定项目“{name}”的数取自它自己。")


def _stages(procedure: Procedure) -> Iterator[Fault]:
    for part, entries in (("tests", procedure.tests), ("checks", procedure.checks)):
        for name, entry in entries.items():
            wanted = {*(entry.stages or ()), *(entry.required if isinstance(entry.required, tuple) else ())}
            for stage in sorted(wanted - set(procedure.stages)):
                yield Fault((part, name), f"本规程没有这一检定阶段：{stage.value}。")
    for name, table in procedure.tables.items():
        for stage in sorted(set(table.times) - set(procedure.stages)):
            yield Fault(("tables", name, "times"), f"本规程没有这一检定阶段：{stage.value}。")


def _citations(procedure: Procedure) -> Iterator[Fault]:
    law = procedure.regulation
    if law.in_force_from is None and "in_force_from" not in law.lacks:
        yield Fault(("regulation", "in_force_from"), "施行日期未查到的，在 lacks 中写 in_force_from。")
    if law.in_force_from and law.in_force_to and law.in_force_to < law.in_force_from:
        yield Fault(("regulation", "in_force_to"), "最后一天早于施行日期。")
    for at, served in enumerate(procedure.serves):
        if served.from_ and served.to and served.to < served.from_:
            yield Fault(("serves", at), "to 早于 from。")
    for path, lacks in _lacks(procedure):
        for word in sorted(lacks - set(LACKS)):
            yield Fault((*path, "lacks"), f"lacks 中没有“{word}”一词，可用：{'、'.join(LACKS)}。")
    if law.clause is None and "clause" not in law.lacks:
        for path, entry in _requirements(procedure):
            if entry.clause is None and "clause" not in entry.lacks:
                yield Fault(path, "没有条款（clause）；未查到的，在 lacks 中写 clause。")
    for at, period in enumerate(procedure.period):
        if period.months is None and period.text is None and "period" not in period.lacks:
            yield Fault(("period", at, "months"), "没有检定周期；未查到的，在 lacks 中写 period。")


def _requirements(procedure: Procedure) -> Iterator[tuple[tuple[str | int, ...], Cited]]:
    """Yield what must name a clause: a judge entry may leave that to its table."""
    for part, entries in (
        ("tables", procedure.tables),
        ("checks", procedure.checks),
        ("environment", procedure.environment),
    ):
        for name, entry in entries.items():
            yield (part, name), entry
    lists: list[tuple[tuple[str | int, ...], Sequence[Cited]]] = [
        (("require",), procedure.require),
        (("standard", "require"), procedure.standard.require),
        (("period",), procedure.period),
    ]
    for path, listed in lists:
        yield from (((*path, at), one) for at, one in enumerate(listed))
    for name, test in procedure.tests.items():
        for at, judge in enumerate(test.judge):
            if judge.table is None:
                yield ("tests", name, "judge", at), judge


def _lacks(procedure: Procedure) -> Iterator[tuple[tuple[str | int, ...], frozenset[str]]]:
    yield ("regulation",), procedure.regulation.lacks
    for path, entry in _requirements(procedure):
        yield path, entry.lacks


def _served_twice(procedure: Procedure, library: Library) -> Iterator[Fault]:
    """Yield kinds for which another document of the library holds on the same day."""
    for at, served in enumerate(procedure.serves):
        own = Edition("", procedure, served)
        for other in library.editions:
            names = {served.kind, *served.names} & {other.served.kind, *other.served.names}
            document = other.procedure.regulation.document
            if names and document != procedure.regulation.document and own.overlaps(other):
                text = f"“{min(names)}”在同一天还适用 {document}（{other.days}）。"
                yield Fault(("serves", at), text)
