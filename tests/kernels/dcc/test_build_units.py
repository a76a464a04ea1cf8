"""Units in D-SI."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from quanheng.kernels.dcc.build_units import dsi_unit
from quanheng.kernels.dcc.units import readable_unit
from quanheng.kernels.procedures import packaged_procedures
from quanheng.kernels.procedures.decisions import judge_unit
from quanheng.kernels.procedures.model import Procedure
from quanheng.kernels.quantities import UNITS, Quantity, Unit, convert, unit

# Those of SI Brochure tables 2, 4, 7 and 8 that we use, as D-SI spells them; no unit may be made up.
BASES = [
    "one",
    "percent",
    "metre",
    "gram",
    "kilogram",
    "second",
    "minute",
    "hour",
    "day",
    "ampere",
    "kelvin",
    "mole",
    "degreecelsius",
    "degree",
    "radian",
    "hertz",
    "pascal",
    "joule",
    "watt",
    "volt",
    "ohm",
    "litre",
    "tonne",
]
PREFIXES = ["nano", "micro", "milli", "centi", "deci", "kilo", "mega", "giga"]
MACRO = re.compile(
    rf"(?:\\per)?(?:\\(?:{'|'.join(PREFIXES)}))?\\(?:{'|'.join(BASES)})(?:\\tothe\{{[0-9]\}})?"
)
SIZES = {"nano": "1E-9", "micro": "1E-6", "milli": "1E-3", "centi": "1E-2", "deci": "0.1"}


@pytest.mark.parametrize("symbol", [one.symbol for one in UNITS])
def test_every_unit_of_ours_is_made_of_macros_of_d_si(symbol: str) -> None:
    found = dsi_unit(symbol)
    assert found is not None
    assert "".join(MACRO.findall(found.macro)) == found.macro
    assert not found.other or re.fullmatch(r"\|[a-z]+", found.other)


@pytest.mark.parametrize("one", UNITS, ids=str)
def test_the_macro_of_a_unit_reads_back_as_that_unit(one: Unit) -> None:
    found = dsi_unit(one.symbol)
    assert found is not None
    read = unit(readable_unit(found.macro))
    if not found.other and one.quantity is not Quantity.TEMPERATURE_DIFFERENCE:
        assert read == one


def test_two_units_of_one_quantity_are_never_written_alike() -> None:
    seen: dict[tuple[object, str], str] = {}
    for one in UNITS:
        found = dsi_unit(one.symbol)
        assert found is not None
        spelt = seen.setdefault((one.quantity, found.other or found.macro), one.symbol)
        assert spelt == one.symbol or {spelt, one.symbol} == {"Δ℃", "ΔK"}  # a difference is the same in both


@pytest.mark.parametrize(
    ("symbol", "si"), [("斤", "kg"), ("两", "kg"), ("bar", "kPa"), ("mbar", "Pa"), ("mmHg", "Pa"), ("‰", "1")]
)
def test_the_factor_of_a_unit_outside_d_si_is_that_of_the_quantities(symbol: str, si: str) -> None:
    found, beside = dsi_unit(symbol), dsi_unit(si)
    assert found is not None
    assert beside is not None
    assert (found.macro, found.factor) == (beside.macro, convert(found.factor / found.factor, symbol, si))


def units_of(procedure: Procedure) -> Iterator[str]:
    for quantity in (
        *procedure.instrument.values(),
        *procedure.environment.values(),
        *procedure.standard.fields.values(),
    ):
        yield quantity.unit or ""
    for table in procedure.tables.values():
        yield table.unit or ""
    for test in procedure.tests.values():
        for part in (test.readings, test.given, test.values, test.statistics):
            yield from (one.unit or "" for one in part.values())
        yield from (judge_unit(judge, test) for judge in test.judge)


def test_every_unit_of_every_packaged_regulation_can_be_said_in_d_si() -> None:
    units = {unit for edition in packaged_procedures().editions for unit in units_of(edition.procedure)}
    assert len(units) > 15
    assert [unit for unit in sorted(units) if dsi_unit(unit) is None] == []


@pytest.mark.parametrize("strange", ["%RH", "kg/kg/kg", "\\kilogram", "|jin"])
def test_a_strange_unit_has_no_macro(strange: str) -> None:
    assert dsi_unit(strange) is None
