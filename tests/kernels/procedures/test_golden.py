"""Golden results, computed by hand: every later release must reproduce them.

One file of golden/ is one kind: readings in the units of its regulation, what they must give, and the verdict.
A case: just inside the limits, equal to them, just outside; a kind whose limits are not known is never judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isclose, isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from quanheng.kernels.marked_yaml import load_marked
from quanheng.kernels.procedures import (
    About,
    Judgement,
    Procedure,
    Sheet,
    Stage,
    judge,
    packaged_procedures,
    rows_of,
)
from quanheng.kernels.procedures.model import Quantity
from quanheng.kernels.procedures.sheet import FAILED, PASSED, Column

GOLDEN = Path(__file__).parent / "golden"
ON = date(2026, 11, 23)


class Case(NamedTuple):
    """One instrument, and what must come out."""

    kind: str
    name: str
    edition: str
    on: date
    said: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def cases() -> list[Case]:
    found = []
    for path in sorted(GOLDEN.glob("*.yaml")):
        data = load_marked(path.read_bytes()).data
        for said in data["cases"]:
            merged = {**data, **said}
            for part in ("instrument", "standard", "environment", "given", "checks"):
                merged[part] = {**data.get("common", {}).get(part, {}), **said.get(part, {})}
            found.append(Case(data["kind"], said["case"], merged["edition"], merged.get("on", ON), merged))
    return found


def procedure_of(case: Case) -> Procedure:
    return packaged_procedures().find(case.kind, case.on)


def result_of(case: Case) -> Judgement:
    procedure = procedure_of(case)
    return judge(procedure, sheet_of(procedure, case.said), Stage(case.said["stage"]))


def sheet_of(procedure: Procedure, said: Mapping[str, Any]) -> Sheet:
    """Return a sheet of one instrument; every check that is not said to have failed has passed."""
    fields = procedure.standard.fields
    return Sheet(
        1,
        columns_of(procedure.instrument, [said["instrument"]]),
        columns_of(procedure.environment, [said["environment"]]),
        columns_of(fields, [said["standard"]]),
        {name: columns_of(procedure.tests[name].given, [given]) for name, given in said["given"].items()},
        {
            name: rows_of(
                np.zeros(len(rows), dtype=np.intp), columns_of(procedure.tests[name].readings, rows)
            )
            for name, rows in said["readings"].items()
        },
        {
            name: np.array([PASSED if said["checks"].get(name, True) else FAILED], dtype=np.int16)
            for name in procedure.checks
        },
    )


def columns_of(asked: Mapping[str, Quantity], rows: list[Mapping[str, Any]]) -> dict[str, Column]:
    """Return the columns of some rows; KeyError for a name that is not asked for."""
    names = {name for row in rows for name in row}
    return {name: column_of(asked[name], [row.get(name) for row in rows]) for name in names}


def column_of(quantity: Quantity, cells: list[Any]) -> Column:
    if quantity.choices is None:
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    choices = quantity.choices
    return np.array([-1 if cell is None else choices.index(cell) for cell in cells], dtype=np.int16)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_readings_give_the_golden_errors_limits_and_verdict(case: Case) -> None:
    assert procedure_of(case).regulation.document == case.edition
    result = result_of(case)
    points = list(result.points(0))
    wanted = case.said["points"]
    assert [(p.test, p.row, p.label) for p in points] == [tuple(point[:3]) for point in wanted]
    for point, (_, _, label, error, lower, upper, passed, *rounded) in zip(points, wanted, strict=True):
        judged = rounded[0] if rounded else error
        assert point.passed is passed, label
        numbers = (point.error, point.judged, point.lower, point.upper)
        like = [is_like(*pair) for pair in zip(numbers, (error, judged, lower, upper), strict=True)]
        assert like == [True] * 4, (label, numbers)
    said = result.said(0, About.MISSING) + result.said(0, About.FINDING)
    assert result.outcome(0).word == case.said["verdict"], said


def is_like(number: float, wanted: float | None) -> bool:
    """Return whether a number is the wanted one; None wants none: no limit, or an unknown one."""
    return not isfinite(number) if wanted is None else isclose(number, wanted, rel_tol=1e-9, abs_tol=1e-9)


def test_every_packaged_edition_has_golden_results() -> None:
    covered = {(case.kind, case.edition) for case in cases()}
    editions = {
        (one.served.kind, one.procedure.regulation.document) for one in packaged_procedures().editions
    }
    documents = {document for _, document in covered}
    assert {document for _, document in editions} == documents
    assert covered <= editions


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_golden_result_says_what_is_not_confirmed_and_which_limit_is_not_known(case: Case) -> None:
    result = result_of(case)
    marks = result.unconfirmed(0)
    assert marks
    assert all(mark.source for mark in marks)
    has_open_points = any(point.passed is None for point in result.points(0))
    says_so = any(word in text for text in result.said(0, About.FINDING) for word in ("未查到", "不在“"))
    assert has_open_points == says_so


NAMES = """
nawi_digital price_scale truck_scale spring_scale_mechanical fuel_dispenser cng_dispenser lpg_dispenser
lng_dispenser water_meter gas_meter_diaphragm electricity_meter ev_charger_ac ev_charger_dc
sphygmo_mercury_aneroid sphygmo_auto clinical_thermometer_glass clinical_thermometer_electronic ecg taximeter
radar_fixed radar_mobile wim pressure_gauge gas_alarm_combustible breath_alcohol parking_meter weights
glassware heat_meter
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_each_name_of_a_kind_finds_the_edition_of_the_day(name: str) -> None:
    assert packaged_procedures().edition(name, ON).holds(ON)
