"""Small workbooks: what goes out comes in again, what is wrong is said by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.base.sheets import MAX_ROWS, BadCell, BadSheet, Row, read_rows, write_sheet

HEADINGS = ("名称", "日期", "件数")
# What a cell of a name holds: printed characters; Excel keeps no blanks around them apart from others.
NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)


def book(*rows: Sequence[object], headings: Sequence[str] = HEADINGS) -> bytes:
    return write_sheet("表", headings, rows).read()


@given(NAMES, st.dates(date(1991, 1, 1), date(2059, 12, 31)), st.integers(0, 10**6))
def test_what_was_written_is_read_again(name: str, day: date, count: int) -> None:
    [row] = read_rows(book((name, day, count)), "a.xlsx", HEADINGS)
    assert (row.number, row.text("名称"), row.needed_day("日期"), row.text("件数")) == (
        2,
        name,
        day,
        str(count),
    )


def test_blank_rows_are_passed_over_and_rows_keep_the_number_that_is_seen() -> None:
    rows = list(read_rows(book(("甲", None, 1), ("", None, ""), ("乙", None, 2)), "a.xlsx", HEADINGS))
    assert [(row.number, row.text("名称")) for row in rows] == [(2, "甲"), (4, "乙")]
    assert rows[0].day("日期") is None


def test_columns_may_stand_anywhere_and_others_are_not_read() -> None:
    data = book((1, "甲", "x"), headings=("件数", "名称", "备注"))
    [row] = read_rows(data, "a.xlsx", ("名称", "件数"))
    assert (row.text("名称"), row.text("件数")) == ("甲", "1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"%PDF-1.7", "PDF"),
        (book(headings=("名称",)), "第一行没有这些列：日期、件数"),
        (book(*[("甲", None, 1)] * (MAX_ROWS + 1)), f"超过 {MAX_ROWS} 行"),
    ],
)
def test_what_is_no_such_table_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadSheet, match=words):
        list(read_rows(data, "a.xlsx", HEADINGS))


def test_a_cell_that_does_not_say_what_its_column_asks_is_named() -> None:
    row = Row(7, {"日期": "明天", "类别": "丁", "空": ""})
    for wrong, column in (
        (lambda: row.day("日期"), "日期"),
        (lambda: row.needed_day("空"), "空"),
        (lambda: row.choice("类别", [("a", "甲"), ("b", "乙")]), "类别"),
    ):
        with pytest.raises(BadCell) as refused:
            wrong()
        assert refused.value.column == column
    assert Row(8, {"类别": "乙"}).choice("类别", [("a", "甲"), ("b", "乙")]) == "b"
