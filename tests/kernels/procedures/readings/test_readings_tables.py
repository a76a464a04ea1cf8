"""Readings as CSV and as workbooks."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.procedures.readings import BadReadings, Readings, documents_of, read_documents
from tests.kernels.procedures.readings.small import PROCEDURE, read, refused


def workbook(*sheets: list[list[object]], names: tuple[str, ...] = ("Sheet1", "Sheet2")) -> bytes:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in zip(names, sheets, strict=False):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, date):
                        sheet.write_datetime(row, column, cell, day)
                    else:
                        sheet.write(row, column, cell)
    return stream.getvalue()


CSV = """器具编号,检定项目,载荷(kg),示值/kg,附加砝码,Δt,t,次数,准确度等级,Max (kg),封印完好,备注
A,称量,1,1.001,2.5,,,,III,15,合格,第一台
A,称量,0.57,0.57,,,,,,,,
A,温漂,,,,0.3 ℃,21,4,,,,
B,weighing,2,2,,,,,0.5S,30,×,
"""


def test_a_list_holds_tests_and_instruments_row_by_row() -> None:
    found = read(CSV, "readings.csv")
    assert found.names == ("A", "B")
    sheet = found.sheet
    assert sheet.tests["weighing"].owner.tolist() == [0, 0, 1]
    assert sheet.tests["weighing"].columns["load"].tolist() == [1000.0, 570.0, 2000.0]
    assert sheet.tests["drift"].columns["change"].tolist() == [0.3]
    assert sheet.instrument["class"].tolist() == [0, 2]
    assert sheet.instrument["max"].tolist() == [15000.0, 30000.0]
    assert sheet.checks["seal"].tolist() == [1, 0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encoding_and_delimiter_do_not_matter(encoding: str, delimiter: str) -> None:
    data = CSV.replace(",", delimiter).encode(encoding)
    assert _same(read(data, "readings.csv"), read(CSV, "readings.csv"))


def test_a_sheet_of_a_workbook_is_read_like_a_list() -> None:
    rows: list[list[object]] = [line.split(",") for line in CSV.splitlines()]
    numbers = [[_as_number(cell) for cell in row] for row in rows]
    assert _same(read(workbook(numbers), "readings.xlsx"), read(CSV, "readings.csv"))


def test_without_names_and_tests_all_rows_are_of_one_instrument_and_the_main_test() -> None:
    found = read("load,indication\n1,1\n\n2,2\n", "r.csv")
    assert found.names == ("",)
    assert found.sheet.tests["weighing"].columns["load"].tolist() == [1.0, 2.0]


def test_the_order_of_rows_of_different_instruments_does_not_matter() -> None:
    head, *rows = CSV.splitlines()
    mixed = "\n".join([head, rows[0], rows[3], rows[2], rows[1]])
    assert _same(read(mixed, "r.csv"), read(CSV, "r.csv"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("load,indication\n1,x\n", "第 2 行“indication”：没有读到数值：“x”。"),
        ("load,indication\n1,\n", "第 2 行“indication”：没有填写。"),
        ("load,indication\n1,inf\n", "第 2 行“indication”：没有读到数值：“inf”。"),
        ("load,indication\n1,1_0\n", "第 2 行“indication”：不认识的单位“_0”。"),
        ("load\n1\n", "第 1 行：缺少“示值 I”这一列。"),
        ("load(L),indication\n1,1\n", "第 1 行“load(L)”：“L”是体积的单位，“g”是质量的单位，不能换算。"),
        ("load(foo),indication\n1,1\n", "第 1 行“load(foo)”：不认识的单位“foo”。"),
        ("load,indication,位置(g)\n1,1,左\n", "第 1 行“位置(g)”：“位置”不带单位，这里写了“g”。"),
        ("load,indication,示直\n1,1,1\n", "第 1 行“示直”：没有“示直”这一项。最接近的是：示值 I。"),
        ("load,indication,\n1,1,1\n", "第 1 行：有内容而没有列名。"),
        ("load,载荷,indication\n1,1,1\n", "第 1 行“载荷”：与“load”是同一项，只能写一处。"),
        ("id,编号,load,indication\nA,B,1,1\n", "第 1 行“编号”：与“id”重复，只能有一列。"),
        (
            "load,indication,max\n1,1,10\n2,2,20\n",
            "第 3 行“max”：与第 2 行“max”不一致：那里是 10 g，这里是 20 g。",
        ),
        (
            "load,indication,准确度等级\n1,1,III\n2,2,1\n",
            "第 3 行“准确度等级”：与第 2 行“准确度等级”不一致：那里是 III，这里是 1.0。",
        ),
        ("load,indication,封印完好\n1,1,是\n2,2,否\n", "那里是 合格，这里是 不合格。"),
        (
            "load,indication,E0\n1,1,0.1\n2,2,0.2\n",
            "第 3 行“E0”：与第 2 行“E0”不一致：那里是 0.1 g，这里是 0.2 g。",
        ),
        ("id,load,indication\nA,1,1\n,2,2\nB,3,3\n", "第 3 行：没有写明是哪一台器具。"),
        ("test,load,indication\n称量,1,1\n,2,2\n", "第 3 行：没有写明检定项目。"),
        ("test,load,indication\n称,1,1\n", "第 2 行：没有“称”这一检定项目。应为：称量、温漂。"),
        ("test,load,indication,次数\n称量,1,1,3\n温漂,,,3\n", "第 2 行“次数”：没有“次数”这一项。"),
        ("load,indication,max\n1,1,10\n20,2,\n", "第 3 行“load”：超出范围：20 g，应不小于 0、不大于 10 g。"),
        ("load,indication,温度\n1,1,20\n", "“温度”可以指 “器具：温度”、“环境：温度”，请写明是哪一个。"),
        (
            "load,indication,stage\n1,1,首次检定\n2,2,后续检定\n",
            "第 3 行“stage”：检定类别前后不一致，一份文件只能有一种。",
        ),
        (
            "load,indication,检定规程\n1,1,JJG 1-2019\n",
            "第 2 行“检定规程”：读数是按 JJG 1-2019 记录的，这里要用的是 JJG 1-2020。",
        ),
        ("load,indication\n", "没有读数。"),
        ("", "文件是空的"),
        ("%PDF-1.7 x", "不支持这种文件（PDF）"),
    ],
)
def test_a_bad_cell_is_refused_with_row_column_and_reason(table: str, said: str) -> None:
    assert any(said in problem for problem in refused(table, "readings.csv")), refused(table, "readings.csv")


def test_a_qualified_heading_says_which_of_two_is_meant() -> None:
    sheet = read("load,indication,环境：温度,器具:温度(℃)\n1,1,20,50\n", "r.csv").sheet
    assert (sheet.environment["temperature"].tolist(), sheet.instrument["probe"].tolist()) == ([20.0], [50.0])


def test_the_column_of_a_test_goes_before_that_of_the_surroundings() -> None:
    found = read("test,温度,温度变化,次数\n温漂,21,1,3\n", "r.csv").sheet
    assert found.tests["drift"].columns["temperature"].tolist() == [21.0]
    assert found.environment == {}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (date(2024, 3, 1), "工作表“Sheet1”B2“indication”：不是数值，而是日期或时间（2024-03-01）。"),
        ("=1/0", "工作表“Sheet1”B2“indication”："),
        ("x", "工作表“Sheet1”B2“indication”：没有读到数值：“x”。"),
    ],
)
def test_the_place_in_a_workbook_is_sheet_and_cell(cell: object, said: str) -> None:
    data = workbook([["load", "indication"], [1, cell]])
    assert any(problem.startswith(said) for problem in refused(data, "r.xlsx"))


def test_a_formula_that_was_never_computed_is_no_number() -> None:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["load", "indication"])
        sheet.write_number(1, 0, 1)
        sheet.write_formula(1, 1, "=A2*2", None, "")
    assert any("公式没有保存结果" in problem for problem in refused(stream.getvalue(), "r.xlsx"))


def test_a_percentage_format_is_no_plain_number() -> None:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["load", "indication"])
        sheet.write_number(1, 0, 1)
        sheet.write_number(1, 1, 0.02, book.add_format({"num_format": "0.00%"}))
    assert any("“%”是比值的单位" in problem for problem in refused(stream.getvalue(), "r.xlsx"))


def test_a_sheet_that_the_regulation_does_not_know_is_named() -> None:
    data = workbook([["load", "indication"], [1, 1]], [["x"], [1]], names=("称量", "称重"))
    assert refused(data, "r.xlsx") == [
        "工作表“称重”：不是这一规程的工作表，没有读取。应为：器具、外观检查、环境与标准器、称量、温漂。"
    ]


def test_a_great_many_problems_are_counted_and_not_all_kept() -> None:

    with pytest.raises(BadReadings) as caught:
        read("load,indication\n" + "1,x\n" * 700, "r.csv")
    assert (len(caught.value.problems), caught.value.count) == (500, 700)


def _as_number(cell: object) -> object:
    try:
        return float(str(cell))
    except ValueError:
        return cell


def _same(one: Readings, other: Readings) -> bool:

    again = read_documents(documents_of(PROCEDURE, one), PROCEDURE)
    rows = [
        all(
            np.array_equal(found.columns[name], expected.columns[name], equal_nan=True)
            for found, expected in ((again.sheet.tests[test], other.sheet.tests[test]),)
            for name in found.columns
        )
        for test in other.sheet.tests
    ]
    return all(rows) and documents_of(PROCEDURE, one) == documents_of(PROCEDURE, other)


cell = st.sampled_from(
    [
        "load",
        "载荷(kg)",
        "示值",
        "id",
        "test",
        "称量",
        "温漂",
        "1",
        "-3",
        "1 kg",
        "x",
        "",
        "A",
        "温度",
        "1e999",
    ]
)


@given(st.lists(st.lists(cell, min_size=1, max_size=6), min_size=1, max_size=6))
def test_whatever_a_list_holds_is_read_or_refused(rows: list[list[str]]) -> None:
    for data, name in (
        ("\n".join(",".join(row) for row in rows).encode(), "r.csv"),
        (workbook(rows), "r.xlsx"),
    ):
        try:
            found = read(data, name)
        except BadReadings:
            continue
        assert found.sheet.tests or found.sheet.checks


@given(st.binary(max_size=60), st.sampled_from(["r.csv", "r.xlsx", "r.yaml"]))
def test_whatever_a_file_holds_is_read_or_refused(data: bytes, name: str) -> None:
    with pytest.raises(BadReadings):
        read(data, name)
