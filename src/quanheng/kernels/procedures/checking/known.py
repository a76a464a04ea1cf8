"""Which names a formula may use at each place of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quanheng.kernels.procedures.decisions import tables_named
from quanheng.kernels.procedures.model import How, Judge, Procedure, Quantity, Test
from quanheng.kernels.procedures.symbols import LIMIT


@dataclass(frozen=True, slots=True)
class Known:
    """Numbers with their units (None where none is said), and choices."""

    units: Mapping[str, str | None] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def also(self, quantities: Mapping[str, Quantity]) -> Known:
        """Return this with quantities that are filled in."""
        numbers = {name: one.unit for name, one in quantities.items() if one.choices is None}
        choices = {name: one.choices for name, one in quantities.items() if one.choices is not None}
        return Known({**self.units, **numbers}, {**self.choices, **choices})

    def numbers(self, units: Mapping[str, str | None]) -> Known:
        """Return this with more numbers."""
        return Known({**self.units, **units}, self.choices)


def of_instruments(procedure: Procedure) -> Known:
    """Return what is known of an instrument and its surroundings."""
    return Known().also(procedure.instrument).also(procedure.environment)


def of_rows(procedure: Procedure, test: Test) -> Known:
    """Return what is known at a row of a test."""
    values = {name: value.unit for name, value in test.values.items()}
    return of_instruments(procedure).also(test.given).also(test.readings).numbers(values)


def of_groups(procedure: Procedure, test: Test) -> Known:
    """Return what is known of a group of rows."""
    keys = {name: test.readings[name] for name in test.group_by if name in test.readings}
    return of_instruments(procedure).also(test.given).also(keys).numbers(statistics_units(test))


def statistics_units(test: Test) -> dict[str, str | None]:
    """Return the units of the statistics of a test: where none is said, that of what they are made of."""
    of = {name: one.unit for name, one in test.readings.items()}
    of |= {name: one.unit for name, one in test.values.items()}
    return {
        name: one.unit or (None if one.how is How.COUNT else of.get(one.of))
        for name, one in test.statistics.items()
    }


def with_limit(known: Known, unit: str | None = None) -> Known:
    """Return a place with the half-width of the limits judged there [unit]."""
    return known.numbers({LIMIT: unit})


def with_standard(procedure: Procedure, known: Known, unit: str | None) -> Known:
    """Return a place with the fields of the reference standard as well."""
    return with_limit(known.also(procedure.standard.fields), unit)


def with_tables(procedure: Procedure, known: Known) -> Known:
    """Return a place in which tables stand for their half-widths."""
    return known.numbers({name: table.unit for name, table in procedure.tables.items()})


def tables_of(judge: Judge, procedure: Procedure) -> list[str]:
    """Return the tables that a judge entry uses and that exist."""
    named = [judge.table, judge.round, *tables_named((judge.lower, judge.upper), procedure)]
    return [name for name in dict.fromkeys(named) if name is not None and name in procedure.tables]
