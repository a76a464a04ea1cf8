"""Titles, headings of two rows, repeated headings, footers, groups, merged cells, sheets."""

from __future__ import annotations

import pytest

from quanheng.kernels.ledger import UnreadableLedger, open_ledger, propose_mapping, read_ledger
from tests.kernels.ledger.sheets import (
    HEADINGS,
    SCALE,
    codes,
    csv_bytes,
    read,
    refusals,
    scales,
    shown,
    xls,
    xlsx,
)

OTHER = ["压力表", "Y-100", "77", "某某医院", "2024.4.5", "2025.4.4"]


def rows_read(ledger: object) -> list[int]:
    return [r["row"] for r in shown(ledger)]


def test_titles_blank_rows_and_labels_above_the_headings_do_not_matter() -> None:
    rows = [
        ["某区计量器具台账"],
        ["填报单位：", "某市场", None, "联系电话：", "123"],
        [],
        *scales(SCALE, [], OTHER),
    ]
    ledger = read(rows, merges=["A1:F1"])
    assert ledger.mapping.header_row == 4
    assert ledger.mapping.titles == ("某区计量器具台账", "填报单位：", "某市场", "联系电话：", "123")
    assert rows_read(ledger) == [5, 7]
    assert ledger.rejected == ()


def test_headings_are_found_by_their_words_wherever_they_stand() -> None:
    rows = [["说明文字"]] * 40 + [[None, None, *r] for r in scales(SCALE)]
    ledger = read(rows)
    assert ledger.mapping.header_row == 41
    assert shown(ledger)[0]["serial_no"] == "0012345"
    assert [c.letters for c in ledger.mapping.columns] == list("CDEFGH")


def test_repeated_headings_and_titles_are_skipped() -> None:
    rows = [["某区台账"], HEADINGS, SCALE, ["某区台账"], HEADINGS, OTHER, ["第 2 页 共 3 页"], ["续表"]]
    ledger = read(rows, merges=["A1:F1", "A4:F4"])
    assert rows_read(ledger) == [3, 6]
    assert (ledger.rejected, ledger.findings) == ((), ())


@pytest.mark.parametrize(
    "footer",
    [
        ["合计：2台（件）"],
        ["合 计", None, None, "2"],
        ["合计", None, "2台"],
        ["小计"],
        ["某某市场小计", None, "2"],
        ["共计2台"],
        ["填表人：", "张三", None, "审核：", "李四"],
        ["填表人：张三", None, "审核：李四"],
        ["制表人：张三    审核：李四    日期：2024年12月30日"],
        ["备注：以上均已检定。"],
        ["单位（盖章）"],
        [None, "审核人：王五"],
        ["注：1.本表一式两份"],
        ["填报日期：2024.12.30"],
        ["以下空白"],
        ["Total", None, None, "2"],
        ["（盖章）"],
    ],
)
def test_footers_are_no_records_and_no_errors(footer: list[object]) -> None:
    ledger = read([*scales(SCALE, OTHER), footer])
    assert rows_read(ledger) == [2, 3]
    assert (ledger.rejected, ledger.findings) == ((), ())


def test_a_record_whose_remark_looks_like_a_footer_is_a_record() -> None:
    ledger = read(scales(["合计时计费器", *SCALE[1:]], ["小计", "Y", "5", "某市场", None, None]))
    assert rows_read(ledger) == [2, 3]


@pytest.mark.parametrize("group", [["一、某某农贸市场"], ["某某农贸市场"], ["（二）某乡", "共 20 台"]])
def test_a_group_row_is_a_finding_and_no_record(group: list[object]) -> None:
    ledger = read(scales(SCALE, group, OTHER))
    assert rows_read(ledger) == [2, 4]
    assert codes(ledger) == ["ledger.group_row"]
    assert group[0] in ledger.findings[0].text
    assert "place" not in ledger.records[1].values


def test_vertically_merged_cells_count_within_their_rows_only() -> None:
    rows = scales(SCALE, [*OTHER[:3], None, *OTHER[4:]], ["加油机", "J", "9", None, "2024.4.5", None])
    owners = [r.get("owner") for r in shown(read(rows, merges=["D2:D3"]))]
    assert owners == ["某某市场", "某某市场", None]
    old = read_ledger(xls(rows, merges=[(1, 2, 3, 3)]), filename="a.xls")
    assert [r.get("owner") for r in shown(old)] == owners


def test_a_merged_serial_number_is_reported() -> None:
    rows = scales(SCALE, [SCALE[0], "ACS-15", None, *SCALE[3:]])
    ledger = read(rows, merges=["C2:C3"])
    assert [r["serial_no"] for r in shown(ledger)] == ["0012345", "0012345"]
    assert codes(ledger) == ["ledger.merged_serial"]


TWO_ROWS = [
    ["序号", "计量器具", None, None, "使用单位", "检定情况", None, "备注"],
    [None, "名称", "型号", "出厂编号", None, "检定日期", "有效期至", None],
    [1, "压力表", "Y-100", "007", "某医院", "2024.3.5", "2025.3.4", "好"],
]
TWO_ROW_RECORD = {
    "row": 3,
    "seq": "1",
    "name": "压力表",
    "model": "Y-100",
    "serial_no": "007",
    "owner": "某医院",
    "last_date": "2024-03-05",
    "valid_until": "2025-03-04",
    "remark": "好",
}


@pytest.mark.parametrize("merges", [["A1:A2", "B1:D1", "E1:E2", "F1:G1", "H1:H2"], []])
def test_headings_of_two_rows_are_joined(merges: list[str]) -> None:
    ledger = read(TWO_ROWS, merges=merges)
    assert shown(ledger) == [TWO_ROW_RECORD]
    assert ledger.mapping.header_row == 1
    assert ledger.to_dict()["mapping"]["计量器具/名称"] == "name"
    assert ledger.mapping.unknown_headings == []
    assert shown(read_ledger(csv_bytes(TWO_ROWS), filename="a.csv")) == [TWO_ROW_RECORD]


def test_headings_of_two_rows_repeated_on_each_page_are_skipped() -> None:
    second = [2, *TWO_ROWS[2][1:]]
    ledger = read([*TWO_ROWS, *TWO_ROWS[:2], second])
    assert rows_read(ledger) == [3, 6]
    assert ledger.rejected == ()


def test_a_heading_beneath_a_foreign_group_is_asked() -> None:
    rows = [
        ["计量器具名称", "型号", "出厂编号", "检定日期", "标准器", None],
        [None, None, None, None, "名称", "出厂编号"],
        ["压力表", "Y-100", "007", "2024.3.5", "活塞", "999"],
    ]
    ledger = read(rows, merges=["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1"])
    assert shown(ledger)[0]["serial_no"] == "007"
    assert ledger.mapping.unknown_headings == ["标准器/名称", "标准器/出厂编号"]


def test_groups_of_dates_are_joined_with_their_words() -> None:
    rows = [
        ["计量器具名称", "型号", "出厂编号", "上次检定", None, "下次检定", None],
        [None, None, None, "日期", "单位", "日期", "单位"],
        ["压力表", "Y-100", "007", "2024.3.5", "甲所", "2025.3.4", "乙所"],
    ]
    ledger = read(rows)
    assert shown(ledger)[0] | {"row": 3} == shown(ledger)[0]
    assert (shown(ledger)[0]["last_date"], shown(ledger)[0]["valid_until"]) == ("2024-03-05", "2025-03-04")
    assert ledger.mapping.unknown_headings == ["上次检定/单位", "下次检定/单位"]


def test_rows_under_the_headings_of_another_table_are_not_read_as_this_one() -> None:
    rows = [
        *scales(SCALE),
        ["出厂编号", "计量器具名称", "型号", "检定日期"],
        ["5", "加油机", "J", "2024.1.1"],
        HEADINGS,
        OTHER,
    ]
    ledger = read(rows)
    assert rows_read(ledger) == [2, 6]
    assert refusals(ledger) == [(4, None, "ledger.other_table")]
    assert codes(ledger) == ["ledger.other_heading"]


def test_a_row_without_name_model_and_serial_number_is_rejected_and_a_row_of_nothing_is_not() -> None:
    ledger = read(
        scales(SCALE, [None, "/", "无", "某市场", "2024.3.5", None], ["—", "-", "/", None, None, None])
    )
    assert refusals(ledger) == [(3, None, "ledger.no_identity")]


def test_the_sheet_with_instruments_is_read_and_the_others_are_named() -> None:
    data = xlsx([["封面"], ["某区"]], sheet="封面", more={"台账": scales(SCALE), "字典": [["甲", "乙"]]})
    ledger = read_ledger(data, filename="a.xlsx")
    assert ledger.mapping.sheet == "台账"
    assert codes(ledger) == ["ledger.other_sheets"]
    assert dict(ledger.findings[0].data) == {"sheets": ["封面", "字典"], "hidden": []}


def test_several_sheets_with_instruments_are_said_and_one_can_be_named() -> None:
    data = xlsx(scales(SCALE), sheet="一季度", more={"二季度": scales(OTHER)})
    first = read_ledger(data, filename="a.xlsx")
    assert (first.mapping.sheet, codes(first)) == ("一季度", ["ledger.several_sheets"])
    second = read_ledger(data, filename="a.xlsx", sheet="二季度")
    assert shown(second)[0]["name"] == "压力表"
    with pytest.raises(UnreadableLedger) as refused:
        read_ledger(data, filename="a.xlsx", sheet="三季度")
    assert refused.value.code == "ledger.no_such_sheet"


def test_csv_rows_with_more_cells_than_headings_are_rejected_and_short_ones_reported() -> None:
    data = csv_bytes(scales(SCALE, [*SCALE[:3], "甲", *SCALE[3:]], OTHER[:4]))
    ledger = read_ledger(data, filename="a.csv")
    assert refusals(ledger) == [(3, None, "ledger.cell_count")]
    assert rows_read(ledger) == [2, 4]
    assert codes(ledger) == ["ledger.short_row"]


def test_a_csv_column_without_heading_that_every_row_has_is_asked_and_not_an_error() -> None:
    ledger = read_ledger(csv_bytes(scales([*SCALE, "甲"], [*OTHER, "乙"])), filename="a.csv")
    assert rows_read(ledger) == [2, 3]
    assert ledger.mapping.unknown_headings == ["G"]
    assert [r.other for r in ledger.records] == [{"G": "甲"}, {"G": "乙"}]


def test_rows_can_be_read_one_by_one_after_the_mapping() -> None:
    data = xlsx(scales(SCALE, OTHER))
    opened = open_ledger(data, filename="a.xlsx")
    assert opened.mapping == propose_mapping(data, filename="a.xlsx")
    assert tuple(opened.items()) == read_ledger(data, filename="a.xlsx").records == tuple(opened.items())


UNDATED = [["状态", "设备名称", "规格型号", "出厂编号"], ["在用", "压力表", "Y-100", "007"]]


@pytest.mark.parametrize(
    "aside",
    [
        [1, 2, 3, 4],
        ["（1）", "（2）", "（3）", "（4）"],
        ["A", "B", "C", "D"],
        ["必填", "必填", "必填", "选填"],
        [None, "文本", None, "文本"],
        [None, None, "(台)", "(台)"],
        ["状 态", "设 备 名 称", "规 格 型 号", "出 厂 编 号"],
        ["状态", "设备\n名称", "规格\n型号", "出厂\n编号"],
        ["制表人", "甲", "审核人", "乙"],
        ["批准", None, "审核", "编制"],
        ["打印日期：2024-12-30", None, None, "第 1 页 / 共 1 页"],
    ],
)
def test_rows_about_the_columns_and_the_page_are_no_instruments(aside: list[object]) -> None:
    ledger = read([*UNDATED, aside])
    assert rows_read(ledger) == [2]
    assert (ledger.rejected, ledger.findings) == ((), ())


def test_an_instrument_numbered_one_with_numbers_for_names_is_still_read() -> None:
    ledger = read([["序号", "设备名称", "规格型号", "出厂编号"], [1, "2", "5", "4"], [1, 2, 3, 7]])
    assert rows_read(ledger) == [2, 3]


def test_an_example_is_said_and_not_read() -> None:
    ledger = read([["序号", *UNDATED[0]], ["示例", *UNDATED[1]], [1, *UNDATED[1]]])
    assert rows_read(ledger) == [3]
    assert codes(ledger) == ["ledger.group_row"]


def test_spaced_headings_of_another_table_end_this_one() -> None:
    ledger = read([*UNDATED, ["出 厂 编 号", "设 备 名 称", "型 号", "备 注"], ["9", "水表", "L", None]])
    assert rows_read(ledger) == [2]
    assert codes(ledger) == ["ledger.other_heading"]


def test_a_list_of_words_before_the_ledger_is_not_taken_for_it() -> None:
    data = xlsx([["名称", "类别"], ["水表", "流量"]], sheet="字典", more={"台账": scales(SCALE)})
    assert read_ledger(data, filename="a.xlsx").mapping.sheet == "台账"
