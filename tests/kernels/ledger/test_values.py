"""Serial numbers, units, accuracy, errors: exact, or refused."""

from __future__ import annotations

import datetime as dt

import pytest

from quanheng.kernels.ledger import read_ledger
from quanheng.kernels.ledger.formats import displayed
from quanheng.kernels.ledger.text import chinese_number
from quanheng.kernels.ledger.values import split_model
from tests.kernels.ledger.sheets import HEADINGS, SCALE, codes, csv_bytes, read, refusals, scales, shown, xls


def with_serial(*serials: object) -> list[list[object]]:
    return scales(*([*SCALE[:2], s, *SCALE[3:]] for s in serials))


@pytest.mark.parametrize(
    ("cell", "serial"),
    [
        ("0012345", "0012345"),
        (" 0318139 ", "0318139"),
        ("ＳＮ－８４２９５０", "SN-842950"),
        (445914478370, "445914478370"),
        (445914478370.0, "445914478370"),
        (999999999999999, "999999999999999"),
        ("'0012", "0012"),
        ("（川）字12号", "（川）字12号"),
        ("12E5", "12E5"),
        ("00-12/3", "00-12/3"),
    ],
)
def test_a_serial_number_is_read_as_it_is_displayed(cell: object, serial: str) -> None:
    assert shown(read(with_serial(cell)))[0]["serial_no"] == serial


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (1e15, "ledger.digits_lost"),
        (1234567890123456789, "ledger.digits_lost"),
        ("4.46E+11", "ledger.digits_lost"),
        ("4.45914E+11", "ledger.digits_lost"),
        (dt.date(2024, 1, 2), "ledger.turned_into_date"),
        ("001\n002", "ledger.several_serials"),
        ("001、002", "ledger.several_serials"),
        ("001~010", "ledger.several_serials"),
        ("#REF!", "ledger.error_value"),
        ("######", "ledger.error_value"),
    ],
)
def test_a_serial_number_that_excel_has_damaged_rejects_its_row(cell: object, code: str) -> None:
    ledger = read(with_serial("1", cell))
    assert refusals(ledger) == [(3, "出厂编号", code)]
    assert len(ledger.records) == 1


@pytest.mark.parametrize("blank", ["/", "-", "—", "无", "不详", "——", " ", "N/A"])
def test_marks_for_nothing_are_no_serial_number(blank: str) -> None:
    assert "serial_no" not in shown(read(with_serial(blank)))[0]


def test_leading_zeros_of_a_number_format_are_kept() -> None:
    rows = with_serial(50022, 12345678)
    formats = {(1, 2): "0000000", (2, 2): "0000000"}
    expected = ["0050022", "12345678"]
    assert [r["serial_no"] for r in shown(read(rows, formats=formats))] == expected
    old = read_ledger(xls(rows, formats=formats), filename="a.xls")
    assert [r["serial_no"] for r in shown(old)] == expected


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (50022, "0000000", "0050022"),
        (0.005, "0.0%", "0.5%"),
        (0.16, "0.0#%", "16.0%"),
        (12, '0"个月"', "12个月"),
        (7, '"SN"0000', "SN0007"),
        (13800138000, "000-0000-0000", "138-0013-8000"),
        (30, "0.0\\k\\g", "30.0kg"),
        (5, "000;-000", "005"),
    ],
)
def test_formats_that_show_other_digits_are_displayed(value: float, code: str, text: str) -> None:
    assert displayed(value, code) == text


@pytest.mark.parametrize(
    "code", ["0", "0.00", "General", "#,##0", "yyyy-mm-dd", "0_);[Red]\\(0\\)", "@", "0.00E+00", "[h]:mm"]
)
def test_formats_that_add_nothing_leave_the_number_as_it_is(code: str) -> None:
    assert displayed(445914478370, code) is None


def test_errors_and_formulas_without_result_reject_the_row_and_results_are_taken() -> None:
    rows = with_serial(("=A1", "0099"), ("=B1/0", "#DIV/0!"), ("=C9", "#REF!"))
    ledger = read(rows)
    assert [r["serial_no"] for r in shown(ledger)] == ["0099"]
    assert refusals(ledger) == [(3, "出厂编号", "ledger.error_value"), (4, "出厂编号", "ledger.error_value")]
    assert "#DIV/0!" in ledger.rejected[0].text
    never = read(scales([*SCALE[:4], ("=TODAY()", 0), None]))
    assert refusals(never) == [(2, "检定日期", "ledger.formula_no_result")]


def test_an_error_in_a_column_without_field_does_not_hurt() -> None:
    ledger = read([[*HEADINGS, "单价"], [*SCALE, ("=1/0", "#DIV/0!")]])
    assert ledger.records[0].other == {"单价": "#DIV/0!"}


def test_a_formula_of_a_csv_is_not_computed_but_a_quoted_text_is_text() -> None:
    ledger = read_ledger(csv_bytes(with_serial('"=""0012"""', "=1+1", "'0012")), filename="a.csv")
    assert [r["serial_no"] for r in shown(ledger)] == ["0012", "0012"]
    assert refusals(ledger) == [(3, "出厂编号", "ledger.formula_no_result")]


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("LXS-15E/2级", ("LXS-15E", "2级")),
        ("SCS-100/Ⅲ级", ("SCS-100", "Ⅲ级")),
        ("YXJ-1/±0.5kPa", ("YXJ-1", "±0.5kPa")),
        ("DDZY102/A级", ("DDZY102", "A级")),
        ("G2.5/1.5%", ("G2.5", "1.5%")),
        ("A/B-2/0.3级", ("A/B-2", "0.3级")),
        ("ACS-30", ("ACS-30", "")),
        ("2级", ("", "2级")),
        ("SCS-100/3t", None),
        ("SCS-100 Ⅲ级", ("SCS-100", "Ⅲ级")),
        ("SCS-100（Ⅲ级）", ("SCS-100", "Ⅲ级")),
        ("SCS-100 / 2 级", ("SCS-100", "2 级")),
        ("A/B-2，±0.5%", ("A/B-2", "±0.5%")),
        ("SCS-100Ⅲ级", None),
        ("ACS-30/30kg", None),
        ("Y-100/1.6MPa", None),
        ("A/B", None),
    ],
)
def test_model_and_accuracy_in_one_cell_are_parted_only_where_it_is_clear(
    cell: str, parts: tuple[str, str] | None
) -> None:
    assert split_model(cell) == parts


def test_what_is_not_parted_stays_beside_the_record() -> None:
    ledger = read(
        [["计量器具名称", "出厂编号", "型号精度"], ["汽车衡", "1", "SCS-100/3t"], ["汽车衡", "2", "SCS/Ⅲ级"]]
    )
    assert ledger.to_dict()["mapping"]["型号精度"] == "model"
    assert [r.get("model") for r in shown(ledger)] == [None, "SCS"]
    assert ledger.records[0].other == {"型号精度": "SCS-100/3t"}
    assert codes(ledger) == ["ledger.not_split"]


def test_units_of_headings_and_cells() -> None:
    rows = [
        ["器具名称", "出厂编号", "最大秤量（kg）", "检定分度值e/g", "测量范围(MPa)", "准确度等级（级）"],
        ["秤", "1", 30, "10", "0~1.6", 1.6],
        ["秤", "2", "１５kg", "5g", "0~1.6MPa", "Ⅲ"],
        ["秤", "3", "3.5T", "—", "0～60", "3级"],
    ]
    fields = ("max", "e", "range", "accuracy")
    assert [tuple(r.get(f) for f in fields) for r in shown(read(rows))] == [
        ("30 kg", "10 g", "0~1.6 MPa", "1.6级"),
        ("15 kg", "5 g", "0~1.6MPa", "Ⅲ"),
        ("3.5 t", None, "0～60 MPa", "3级"),
    ]


def test_a_percentage_is_read_as_displayed() -> None:
    rows = [["器具名称", "出厂编号", "准确度等级"], ["表", "1", 0.005]]
    assert shown(read(rows, formats={(1, 2): "0.0%"}))[0]["accuracy"] == "0.5%"


def test_a_row_for_several_instruments_keeps_its_count() -> None:
    rows = [["设备名称", "型号", "数量"], ["表", "Y", 3], ["表", "Y", "1台"], ["表", "Y", "若干"]]
    ledger = read(rows)
    assert [r.get("count") for r in shown(ledger)] == [3, None, None]
    assert codes(ledger) == ["ledger.several_in_row", "ledger.bad_count"]


def test_phone_numbers_as_floats_keep_their_digits() -> None:
    ledger = read([[*HEADINGS, "联系电话"], [*SCALE, 13800138000.0]])
    assert ledger.records[0].other == {"联系电话": "13800138000"}


def test_a_place_that_excel_made_a_date_rejects_the_row_and_a_remark_does_not() -> None:
    rows = [["器具名称", "出厂编号", "安装地点", "备注"]]
    ledger = read([*rows, ["秤", "1", dt.date(2024, 3, 1), None], ["秤", "2", None, dt.date(2024, 3, 1)]])
    assert refusals(ledger) == [(2, "安装地点", "ledger.turned_into_date")]
    assert shown(ledger)[0]["remark"] == "2024-03-01"


@pytest.mark.parametrize(
    ("text", "number"),
    [("两", 2), ("十", 10), ("十二", 12), ("三十六", 36), ("一百二十", 120), ("一百零五", 105), ("万", None)],
)
def test_chinese_numbers(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


def test_texts_keep_their_chinese_punctuation() -> None:
    rows = [["器具名称", "出厂编号", "使用单位"], ["电子秤（大）", "1", " 某某，医院\u200b（东区）　"]]
    record = shown(read(rows))[0]
    assert (record["name"], record["owner"]) == ("电子秤（大）", "某某，医院（东区）")


def test_a_bad_cell_of_seq_or_remark_is_left_out_and_said() -> None:
    ledger = read([["序号", "器具名称", "出厂编号"], [("=ROW()-1", 0), "秤", "1"]])
    assert shown(ledger) == [{"row": 2, "name": "秤", "serial_no": "1"}]
    assert codes(ledger) == ["ledger.cell_left_out"]


def test_a_very_long_text_is_no_date_and_no_period() -> None:
    rows = [
        ["器具名称", "出厂编号", "检定周期", "检定日期"],
        ["秤", "1", "1" * 30_000, None],
        ["秤", "2", None, "2" * 30_000],
    ]
    ledger = read(rows)
    assert codes(ledger) == ["ledger.interval_text"]
    assert refusals(ledger) == [(3, "检定日期", "ledger.bad_date")]
    assert len(ledger.rejected[0].text) < 100


def test_a_quantity_may_repeat_its_own_symbol_and_no_other() -> None:
    rows = [["器具名称", "出厂编号", "最大秤量", "最小秤量", "检定分度值e", "实际分度值d"]]
    cells = [
        ["Max=30kg", "Min 200g", "e=10g", "d＝10g"],
        ["Max30kg", "Min:200g", "e=d=10g", "e=10g"],
        ["Max=30kg，Min=200g", None, None, None],
    ]
    read_rows = shown(read([*rows, *(["秤", str(i), *c] for i, c in enumerate(cells))]))
    assert [tuple(r.get(f) for f in ("max", "min", "e", "d")) for r in read_rows] == [
        ("30 kg", "200 g", "10 g", "10 g"),
        ("30 kg", "200 g", "10 g", "e=10g"),
        ("Max=30kg，Min=200g", None, None, None),
    ]


def test_a_mark_for_the_row_above_is_read_as_that_row_and_said() -> None:
    ledger = read(scales(SCALE, ["〃", "同上", "77", '"', *SCALE[4:]]))
    second = shown(ledger)[1]
    assert (second["name"], second["model"], second["owner"]) == (SCALE[0], SCALE[1], SCALE[3])
    assert codes(ledger) == ["ledger.ditto_read"] * 3


def test_a_mark_for_the_row_above_is_refused_as_a_serial_number_and_where_nothing_stands_above() -> None:
    ledger = read(scales([*SCALE[:3], "同上", *SCALE[4:]], [*SCALE[:2], "同上", *SCALE[3:]]))
    assert refusals(ledger) == [(2, "使用单位", "ledger.ditto"), (3, "出厂编号", "ledger.ditto")]


@pytest.mark.parametrize("piece", ["/", "a/", "a ", "(", "e ", "e=", "max", "1,", "至", "〃 "])
def test_a_cell_full_of_separators_is_read_as_one_text(piece: str) -> None:
    rows = [
        ["器具名称", "出厂编号", "型号精度", "最大秤量"],
        ["秤", "1", piece * 3000 + "x", piece * 3000 + "x"],
    ]
    assert shown(read(rows))[0]["max"].startswith(piece.strip())
