"""ISO 2859-1: every published cell and look-up, and the structure of the tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quanheng.kernels.sampling.characteristic import acceptance_curve
from quanheng.kernels.sampling.iso2859 import (
    AQLS,
    DOUBLE,
    LETTERS,
    LEVELS,
    NORMAL,
    REDUCED,
    TIGHTENED,
    NotInTables,
    cell,
    code_letter,
    table_plan,
)
from quanheng.kernels.sampling.plans import Stage

ARROWS = {"up": "^", "down": "v"}


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Any]:
    path = shared / "sampling/iso2859_1_single_normal.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_every_published_look_up_is_met(published: dict[str, Any]) -> None:
    for row in published["worked"]:
        found = table_plan(row["lot"], row["aql"], row["level"])
        stage = found.plan.stages[0]
        got = (found.code_by_lot, found.code_used, stage.n, stage.accept, stage.reject, found.full_inspection)
        keys = ("code_by_lot", "code_used", "n", "ac", "re", "full_inspection")
        assert got == tuple(row[key] for key in keys), row


def test_every_published_cell_is_met(published: dict[str, Any]) -> None:
    for row in published["table"]:
        for aql, value in row["cells"].items():
            if (row["code"], aql) == ("A", "10"):  # an arrow out of the table: the CSV beside it has it down
                continue
            assert cell(row["code"], float(aql)) == ARROWS.get(value, value), (row["code"], aql)


def test_every_cell_of_the_csv_is_met(shared: Path) -> None:
    with (shared.parent / "domain/iso2859_normal_ac.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            for key, value in row.items():
                if key.startswith("AQL"):
                    assert str(cell(row["letter"], float(key[3:]))) == value, (row["letter"], key)


def test_every_code_letter_is_met(shared: Path) -> None:
    with (shared.parent / "domain/iso2859_codes.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            for size in {int(row["lot_min"]), int(row["lot_max"] or 10**7)}:
                assert [code_letter(size, level) for level in LEVELS] == [row[level] for level in LEVELS]


def test_an_arrow_changes_the_sample_size_too() -> None:
    down, up = table_plan(1000, 0.4), table_plan(500, 0.4)
    assert (down.code_by_lot, down.code_used, down.plan.total) == ("J", "K", 125)
    assert (up.code_by_lot, up.code_used, up.plan.total) == ("H", "G", 32)


@pytest.mark.parametrize("severity", [NORMAL, TIGHTENED, REDUCED])
def test_every_arrow_of_every_table_ends_at_a_plan(severity: str) -> None:
    for aql in AQLS:
        for size in (2, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10**4, 10**5, 4 * 10**5, 10**6):
            if severity == REDUCED and aql > 10:
                continue
            found = table_plan(size, aql, "II", severity)
            assert isinstance(cell(found.code_used, aql, severity), int)


def test_tightened_inspection_is_stricter_and_reduced_inspection_is_smaller() -> None:
    j = {
        severity: table_plan(1000, 1.0, "II", severity).plan.stages[0]
        for severity in (NORMAL, TIGHTENED, REDUCED)
    }
    assert j == {NORMAL: Stage(80, 2, 3), TIGHTENED: Stage(80, 1, 2), REDUCED: Stage(32, 1, 2)}
    for aql in (0.65, 1.0, 2.5, 4.0):
        p = np.linspace(0.001, 0.3, 60)
        normal, tightened = (table_plan(3000, aql, "II", severity).plan for severity in (NORMAL, TIGHTENED))
        assert (acceptance_curve(tightened, p) <= acceptance_curve(normal, p) + 1e-12).all()


@pytest.mark.parametrize(
    ("letter", "aql", "accept"),
    [
        ("B", 6.5, 0),
        ("F", 1.0, 0),
        ("J", 1.0, 1),
        ("K", 6.5, 12),
        ("K", 10, 18),
        ("L", 6.5, 18),
        ("E", 250, 41),
        ("S", 0.025, 1),
        ("A", 10, "v"),
        ("L", 10, "^"),
    ],
)
def test_cells_of_tightened_inspection(letter: str, aql: float, accept: int | str) -> None:
    assert cell(letter, aql, TIGHTENED) == accept


def test_the_large_aqls_count_nonconformities() -> None:
    assert [cell("A", aql) for aql in (25, 40, 65, 100, 150, 250, 400, 650, 1000)] == [
        1,
        2,
        3,
        5,
        7,
        10,
        14,
        21,
        30,
    ]
    assert [cell("C", aql) for aql in (400, 650, 1000)] == [30, 44, "^"]
    assert cell("F", 100) == "^"
    plan = table_plan(5, 1000).plan
    assert (plan.total, plan.stages[0].accept, plan.counts_nonconformities) == (2, 30, True)


def test_a_double_plan_discriminates_as_the_single_one_does() -> None:
    p = np.linspace(0.0005, 0.25, 200)
    for aql in (0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0):
        for severity in (NORMAL, TIGHTENED):
            one, two = (table_plan(5000, aql, "II", severity, kind) for kind in ("single", DOUBLE))
            assert two.kind == DOUBLE
            assert two.unconfirmed
            gap = np.abs(acceptance_curve(one.plan, p) - acceptance_curve(two.plan, p)).max()
            assert gap < 0.07, (aql, severity)


def test_a_zero_acceptance_number_has_the_single_plan_where_a_double_one_is_asked() -> None:
    assert table_plan(500, 0.25, kind=DOUBLE).kind == "single"


@pytest.mark.parametrize(
    "asked",
    [
        {"lot_size": 1, "aql": 1.0},
        {"lot_size": 100, "aql": 1.1},
        {"lot_size": 100, "aql": 1.0, "level": "IV"},
        {"lot_size": 100, "aql": 1.0, "severity": "strict"},
        {"lot_size": 100, "aql": 1.0, "kind": "multiple"},
        {"lot_size": 100, "aql": 15.0, "severity": REDUCED},
        {"lot_size": 1000, "aql": 1.0, "severity": REDUCED, "kind": DOUBLE},
    ],
)
def test_what_the_tables_do_not_have_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(NotInTables):
        table_plan(**asked)


def test_there_are_sixteen_letters_and_one_more_in_tightened_inspection() -> None:
    assert LETTERS == "ABCDEFGHJKLMNPQRS"
