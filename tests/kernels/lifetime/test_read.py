"""Inspections from files: both layouts, and every bad row with its place."""

from __future__ import annotations

from math import inf

import pytest

from quanheng.kernels.lifetime import BadLifetime, Seen, read_inspections


def test_stories_are_read_under_chinese_and_english_headings() -> None:
    chinese = "最后合格年龄,首次不合格年龄,进入观察年龄,只数\n4,6,3,2\n8,,,\n"
    english = "last_good,first_bad,entry,count\n4,6,3,2\n8,,,\n"
    expected = (Seen(4, 6, 3, 2), Seen(8, inf, 0, 1))
    assert read_inspections(chinese.encode("utf-8-sig")).seen == expected
    assert read_inspections(english.encode()).seen == expected


def test_inspections_of_a_meter_make_its_story_in_any_order() -> None:
    text = "meter,age,result,entry,error\nA,8,不合格,3,2.4\nA,6,合格,3,1.1\nB,6,合格,,0.2\nC,8,不合格,,\n"
    found = read_inspections(text.encode())
    assert found.seen == (Seen(6, 8, 3), Seen(6), Seen(0, 8))
    assert [(each.meter, each.error) for each in found.measured] == [("A", 2.4), ("A", 1.1), ("B", 0.2)]


def test_yaml_has_the_same_names() -> None:
    text = b"meters:\n  - {last_good: 4, first_bad: 6, count: 2}\n  - {last_good: 8}\n"
    assert read_inspections(text, is_yaml=True).seen == (Seen(4, 6, 0, 2), Seen(8))


def test_every_bad_row_is_told_with_line_column_and_reason() -> None:
    text = "最后合格年龄,首次不合格年龄,进入观察年龄,只数\n4,6,5,1\n7,6,0,1\n6,6,0,1\n几年,9,0,1\n8,,0,1.5\n8,,0,\n"
    with pytest.raises(BadLifetime) as caught:
        read_inspections(text.encode())
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [
        (2, "进入观察年龄"),
        (3, "首次不合格年龄"),
        (4, "首次不合格年龄"),
        (5, "最后合格年龄"),
        (6, "只数"),
    ]
    assert "第 4 行，“首次不合格年龄”：区间宽度为零" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [
        ("meter,age,result\nA,4,不合格\nA,6,合格\n", 3, "已不合格"),
        ("meter,age,result\nA,4,合格\nA,4,合格\n", 3, "已有第 2 行的检查"),
        ("meter,age,result,entry\nA,4,合格,1\nA,6,合格,2\n", 3, "与第 2 行不同"),
        ("meter,age,result,entry\nA,4,不合格,4\n", 2, "区间宽度为零"),
        ("meter,age,result\nA,4,还行\n", 2, "不是结果"),
        ("meter,age,result\n,4,合格\n", 2, "没有表号"),
        ("meter,age,result\nA,,合格\n", 2, "没有年龄"),
        ("meter,age,result\nA,4\n", 2, "有 2 列"),
    ],
)
def test_inspections_that_contradict_each_other_are_refused(text: str, row: int, reason: str) -> None:
    with pytest.raises(BadLifetime, match=reason) as caught:
        read_inspections(text.encode())
    assert caught.value.problems[0].row == row


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "一行数据也没有"),
        (b"last_good,first_bad\n", "一行数据也没有"),
        (b"what\n1\n", "没有“what”这一列"),
        (b"entry,entry\n1,1\n", "重复"),
        (b"meter,count\nA,1\n", "表头应有"),
        (b"age,error\n4,1\n", "三列"),
        (b"last_good\n\xff\n", "UTF-8"),
        (b'last_good\n"8\n', "CSV"),
    ],
)
def test_what_is_no_file_of_inspections_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(BadLifetime, match=reason):
        read_inspections(text)


@pytest.mark.parametrize("text", [b"meters: 3\n", b"a: [\n", b"meters:\n  - {how: 1}\n"])
def test_yaml_that_is_no_list_of_meters_is_refused(text: bytes) -> None:
    with pytest.raises(BadLifetime):
        read_inspections(text, is_yaml=True)
