"""What is typed becomes a document of readings, and a document what would have to be typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.procedures import Procedure, Stage, packaged_procedures
from quanheng.kernels.procedures.readings import BadReadings, documents_of, read_documents
from quanheng.web.judging.form import (
    MOST_ROWS,
    Told,
    form_of,
    lines_of,
    suggestions,
    told_of,
    typed_of,
    written,
)
from tests.web.judging.readings import SCALE

ON = date(2026, 11, 23)


def procedure(kind: str = "electronic_scale", on: date = ON) -> Procedure:
    return packaged_procedures().find(kind, on)


def test_plain_numbers_get_the_unit_beside_their_field_and_others_stay() -> None:
    found = written(procedure(), Stage.IN_SERVICE, SCALE)
    assert found.document["instrument"] == {"class": "III", "e": "5 g", "max": "15 kg"}
    assert found.document["readings"]["weighing"][1] == {
        "load": "1000 g",
        "indication": "1000 g",
        "added": "1.5 g",
    }
    assert found.document["checks"] == {"seal": "合格", "self_locking": "合格", "no_cheating": "合格"}
    assert found.document["regulation"] == "JJG 539-2016"
    assert not found.told


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("1000\t1000\t1.5", ["1000", "1000", "1.5"]),
        ("1000 1000  1.5", ["1000", "1000", "1.5"]),
        ("1000，1000；1.5", ["1000", "1000", "1.5"]),
        ("1,000\t1,000", ["1,000", "1,000"]),
        ("1,000 1,000", ["1,000", "1,000"]),  # a thousands separator parts no cells
        ("1000\t\t1.5", ["1000", "", "1.5"]),
        ("1000 g\t1 kg", ["1000 g", "1 kg"]),
    ],
)
def test_a_line_is_parted_by_tabs_or_where_there_is_none_by_blanks(line: str, cells: list[str]) -> None:
    assert lines_of(f"\n{line}\n\n") == [cells]


def test_a_row_that_only_names_its_point_is_no_reading() -> None:
    text = "100\t\t\n500\t500\t2\n1000\t\t\n"
    found = written(procedure(), Stage.IN_SERVICE, SCALE | {"rows-weighing": text})
    assert [row["load"] for row in found.document["readings"]["weighing"]] == ["500 g"]
    assert found.lines == {"weighing": [1]}


def test_points_are_suggested_as_soon_as_they_can_be_computed() -> None:
    typed = {"instrument-class": "III"}
    assert suggestions(procedure(), Stage.FIRST, typed)["rows-weighing"] == ""
    known = typed | {"instrument-e": "5", "instrument-max": "15 kg"}
    lines = suggestions(procedure(), Stage.FIRST, known)["rows-weighing"].splitlines()
    assert [line.split("\t") for line in lines][:2] == [["100", "", ""], ["2500", "", ""]]
    assert [line.split("\t")[0] for line in lines][-1] == "15000"


@pytest.mark.parametrize("wrong", ["很大", "-5", "5 L", "1e999"])
def test_a_parameter_that_cannot_be_read_leaves_its_points_out_and_breaks_nothing(wrong: str) -> None:
    typed = {"instrument-class": "III", "instrument-e": wrong, "instrument-max": "15 kg"}
    lines = suggestions(procedure(), Stage.FIRST, typed)["rows-weighing"].splitlines()
    assert [line.split("\t")[0] for line in lines] == ["7500", "15000"]


def test_more_cells_than_columns_and_more_rows_than_the_page_takes_are_told() -> None:
    found = written(procedure(), Stage.FIRST, {"rows-weighing": "1\t2\t3\t4"})
    assert found.told.rows == {"rows-weighing": {0: "这一行有 4 个值，这里只有 3 列。"}}
    many = "\n".join(["100\t100\t2.5"] * (MOST_ROWS + 1))
    found = written(procedure(), Stage.FIRST, {"rows-weighing": many})
    assert found.told.general == [f"“称量”最多 {MOST_ROWS} 行。"]
    assert len(found.document["readings"]["weighing"]) == MOST_ROWS


def test_what_the_reader_refuses_stands_beside_its_line_and_field() -> None:
    typed = SCALE | {"rows-weighing": "100\t\t\n1000\t一千\t1.5\n2500\t2500 L", "instrument-e": "5 km"}
    found = written(procedure(), Stage.IN_SERVICE, typed)
    with pytest.raises(BadReadings) as refused:
        read_documents(found.document, procedure())
    told = told_of(refused.value, procedure(), found)
    assert list(told.rows["rows-weighing"]) == [1, 2]
    assert told.rows["rows-weighing"][1].startswith("示值：")
    assert "体积" in told.rows["rows-weighing"][2]
    assert "长度" in told.fields["instrument-e"]


def test_a_test_for_other_instruments_is_not_in_the_form() -> None:
    meters = procedure("electricity_meter")
    single = form_of(meters, Stage.FIRST, {}, Told())
    assert "rows-clock" not in [grid.id for grid in single.grids]  # the default is a single tariff
    several = form_of(meters, Stage.FIRST, {"instrument-tariffs": "多费率"}, Told())
    assert "rows-clock" in [grid.id for grid in several.grids]


def test_what_counts_where_nothing_is_filled_in_is_said_with_the_symbols_of_the_regulation() -> None:
    form = form_of(procedure(), Stage.FIRST, {}, Told())
    said = {entry.id: entry.optional for entry in (*form.instrument, *form.standard)}
    assert said["instrument-d"] == "不填按 e"
    assert said["standard-standard_mpe"] == "不填按 最大允许误差 ÷ 3"
    assert said["instrument-e"] == ""
    (zero,) = next(grid for grid in form.grids if grid.id == "rows-weighing").given
    assert zero.optional == "不填则取自“置零准确度”"


@pytest.mark.parametrize(
    "edition", packaged_procedures().editions, ids=lambda one: f"{one.file}-{one.served.kind}"
)
def test_every_packaged_regulation_has_a_form_at_each_of_its_stages(edition) -> None:
    for stage in edition.procedure.stages:
        form = form_of(edition.procedure, stage, {}, Told())
        assert form.grids
        ids = [
            one.id for one in (*form.instrument, *form.environment, *form.standard, *form.grids, *form.looks)
        ]
        assert len(set(ids)) == len(ids)


NUMBER = st.decimals(0, 15000, places=1).map(lambda number: f"{number.normalize():f}")
ROW = st.tuples(
    NUMBER, NUMBER, st.one_of(st.just(""), st.decimals(0, 5, places=1).map(lambda n: f"{n.normalize():f}"))
)


@given(rows=st.lists(ROW, min_size=1, max_size=8), e=st.sampled_from(["1", "2", "5"]))
def test_a_document_typed_again_is_the_same_document(rows: list[tuple[str, str, str]], e: str) -> None:
    law = procedure()
    text = "\n".join("\t".join(row) for row in rows)
    typed = {"instrument-class": "III", "instrument-e": e, "instrument-max": "15000", "rows-weighing": text}
    document = written(law, Stage.FIRST, typed).document
    again = yaml.safe_load(yaml.safe_dump(document, allow_unicode=True))
    (canonical,) = documents_of(law, read_documents(again, law))
    back = typed_of(law, canonical)
    assert {name: Decimal(back[name]) for name in ("instrument-e", "instrument-max")} == {
        "instrument-e": Decimal(e),
        "instrument-max": Decimal(15000),
    }
    assert [_numbers(line) for line in back["rows-weighing"].split("\n")] == [
        _numbers("\t".join(row)) for row in rows
    ]
    assert written(law, Stage.FIRST, back).document["readings"] == {
        "weighing": [
            {
                name: f"{Decimal(cell):f} g"
                for name, cell in zip(("load", "indication", "added"), row, strict=True)
                if cell
            }
            for row in (line.split("\t") for line in back["rows-weighing"].split("\n"))
        ]
    }


def _numbers(line: str) -> list[Decimal | None]:
    return [Decimal(cell) if cell else None for cell in line.split("\t")]
