"""The workbook to fill in, and that it is read back."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from quanheng.kernels.procedures import Outcome, Procedure, Stage, judge, packaged_procedures
from quanheng.kernels.procedures.readings import BadReadings, documents_of, read_documents, read_readings
from quanheng.kernels.procedures.template import BadTemplate, template
from tests.kernels.procedures.readings.small import PROCEDURE, read, refused

KNOWN = read_documents(
    {"instrument": {"class": "III", "e": "5 g", "max": "15 kg"}}, PROCEDURE
).sheet.instrument


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(data))


def saved(book: Any) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells(sheet: Any) -> list[tuple[object, ...]]:
    return [row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)]


def test_it_has_a_sheet_for_each_part() -> None:
    book = opened(template(PROCEDURE))
    assert book.sheetnames == ["说明", "器具", "称量", "温漂", "外观检查", "环境与标准器"]
    assert book.active.title == "器具"
    assert cells(book["称量"])[0] == (
        *("器具编号", "应检的点", "载荷 L (g)", "示值 I (g)", "附加砝码 ΔL (g)", "位置", "零点误差 E₀ (g)"),
    )
    assert [row[:2] for row in cells(book["器具"])] == [
        *(("项目", "单位"), ("器具编号", None), ("检定规程", None), ("检定类别", None)),
        *(
            ("准确度等级", None),
            ("检定分度值 e", "g"),
            ("最大秤量 Max", "g"),
            ("备用砝码数", None),
            ("器具：温度", "℃"),
        ),
    ]


def test_points_are_computed_from_what_is_known_and_described_before_that() -> None:
    blank, known = (
        cells(opened(data)["称量"])[1:] for data in (template(PROCEDURE), template(PROCEDURE, known=KNOWN))
    )
    assert [row[1:3] for row in blank] == [("最大秤量（Max）", None), *[("二十分度（20 × e）", None)] * 2]
    assert [row[1:3] for row in known] == [("最大秤量", 15000), *[("二十分度", 100)] * 2]
    assert [row[5] for row in known] == [None, "左", "左"]


def test_choices_are_offered_and_blank_cells_marked() -> None:
    book = opened(template(PROCEDURE))
    offered = {one.formula1 for one in book["器具"].data_validations.dataValidation if one.type == "list"}
    assert offered == {'"首次检定,后续检定,使用中检查"', '"III,1.0,0.5S"'}
    assert {one.formula1 for one in book["外观检查"].data_validations.dataValidation} == {'"合格,不合格"'}
    assert book["称量"].conditional_formatting


@pytest.mark.parametrize("instruments", [1, 3])
def test_a_form_that_nobody_filled_in_holds_no_readings(instruments: int) -> None:
    assert refused(template(PROCEDURE, known=KNOWN, instruments=instruments), "t.xlsx") == ["没有读数。"]


def test_a_filled_form_is_read_back() -> None:
    book = opened(template(PROCEDURE, known=KNOWN, stage=Stage.FIRST))
    weighing = book["称量"]
    for row, shown in ((2, "15 kg"), (3, 101), (4, 100.5)):
        weighing.cell(row, 4).value = shown
    weighing.cell(3, 6).value = "右"
    weighing.cell(2, 7).value = 0.5
    book["外观检查"]["D2"] = "合格"
    book["环境与标准器"]["D2"] = 21
    book["器具"]["D2"] = "S1"
    found = read(saved(book), "t.xlsx")
    assert (found.stage, found.notes) == (Stage.FIRST, ())
    assert documents_of(PROCEDURE, found) == [
        {
            "id": "S1",
            "stage": "first",
            "instrument": {"class": "III", "e": 5, "max": 15000},
            "environment": {"temperature": 21},
            "given": {"weighing": {"E0": 0.5}},
            "readings": {
                "weighing": [
                    {"load": 15000, "indication": 15000},
                    {"load": 100, "indication": 101, "side": "右"},
                    {"load": 100, "indication": 100.5, "side": "左"},
                ]
            },
            "checks": {"seal": "合格"},
        }
    ]
    assert judge(PROCEDURE, found.sheet, Stage.FIRST).outcome(0) is Outcome.PASSED


def test_points_left_out_are_not_counted_and_that_is_said() -> None:
    book = opened(template(PROCEDURE, known=KNOWN))
    book["称量"].cell(2, 4).value = 15000
    found = read(saved(book), "t.xlsx")
    assert found.sheet.tests["weighing"].columns["load"].tolist() == [15000.0]
    assert found.notes == ("称量：有 2 行没有读数，未计入。",)


def test_a_row_that_is_half_filled_in_is_refused() -> None:
    book = opened(template(PROCEDURE, known=KNOWN))
    book["称量"].cell(2, 5).value = 1.5
    assert refused(saved(book), "t.xlsx") == ["工作表“称量”D2“示值 I (g)”：没有填写。"]


def test_several_instruments_stand_side_by_side_and_one_below_the_other() -> None:
    book = opened(template(PROCEDURE, known=KNOWN, instruments=2))
    assert [row[0] for row in cells(book["称量"])[1:]] == ["1"] * 3 + ["2"] * 3
    for row in range(2, 8):
        book["称量"].cell(row, 4).value = book["称量"].cell(row, 3).value
    book["外观检查"]["D2"], book["外观检查"]["E2"] = "合格", "不合格"
    found = read(saved(book), "t.xlsx")
    judged = judge(PROCEDURE, found.sheet, Stage.FIRST)
    assert found.names == ("1", "2")
    assert found.sheet.checks["seal"].tolist() == [1, 0]
    assert judged.outcome(1) is Outcome.REJECTED


def test_an_instrument_that_is_not_on_the_first_sheet_is_refused() -> None:
    book = opened(template(PROCEDURE, known=KNOWN, instruments=2))
    book["称量"].cell(2, 1).value = "9"
    assert "工作表“称量”第 2 行：没有登记“9”这台器具。" in refused(saved(book), "t.xlsx")


def test_a_form_of_another_edition_is_refused() -> None:
    book = opened(template(PROCEDURE, known=KNOWN))
    book["器具"]["D3"] = "JJG 1-1990"
    said = "工作表“器具”D3“检定规程”：读数是按 JJG 1-1990 记录的，这里要用的是 JJG 1-2020。"
    assert said in refused(saved(book), "t.xlsx")


def test_a_form_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(BadTemplate, match="器具台数应在 1 至 200 之间"):
        template(PROCEDURE, instruments=0)
    only_first = PROCEDURE.model_copy(update={"stages": (Stage.FIRST,)})
    with pytest.raises(BadTemplate, match="JJG 1-2020 没有“使用中检查”"):
        template(only_first, stage=Stage.IN_SERVICE)


@pytest.mark.parametrize("name", sorted(packaged_procedures().procedures))
def test_the_form_of_every_packaged_regulation_is_read_back(name: str) -> None:
    procedure: Procedure = packaged_procedures().procedures[name]
    book = opened(template(procedure))
    filled = 0
    for sheet in book.worksheets[2:]:
        for column in range(3, sheet.max_column + 1):
            if sheet.title not in {"外观检查", "环境与标准器"}:
                validation = _choices(sheet, column)
                sheet.cell(2, column).value = validation[0] if validation else 1
                filled += 1
    assert filled == sum(len(test.readings) + len(test.given) for test in procedure.tests.values())
    tests, reasons = _read(saved(book), procedure)
    assert tests == set(procedure.tests) or (reasons and all("超出范围" in reason for reason in reasons)), (
        reasons
    )


def _read(data: bytes, procedure: Procedure) -> tuple[set[str], list[str]]:
    try:
        return set(read_readings(data, "t.xlsx", procedure).sheet.tests), []
    except BadReadings as error:
        return set(), [str(problem) for problem in error.problems]


def _choices(sheet: Any, column: int) -> list[str]:
    for one in sheet.data_validations.dataValidation:
        if one.type == "list" and sheet.cell(2, column).coordinate in one.sqref:
            return str(one.formula1).strip('"').split(",")
    return []
