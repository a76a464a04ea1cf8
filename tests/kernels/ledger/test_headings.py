"""Headings: the dictionary, typos, and everything that must be asked instead of guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.ledger import FIELDS, UnreadableLedger, propose_mapping
from quanheng.kernels.ledger.dictionary import THRESHOLD, entries, meaning_of, parse_heading
from tests.kernels.ledger.sheets import HEADINGS, SCALE, codes, read, refusals, scales, shown, xlsx

MAPPED = ("field", "by_values", "split")


def field_of(heading: str) -> str | None:
    meaning = meaning_of(heading)
    return meaning.target if meaning.kind in MAPPED and meaning.confidence >= THRESHOLD else None


def test_the_dictionary_names_only_canonical_fields_and_covers_each() -> None:
    targets = {m.target for m in entries().values() if m.kind in MAPPED}
    assert targets == set(FIELDS)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("型 号", "model"),
        ("备　注", "remark"),
        ("出厂\n编号", "serial_no"),
        ("*出厂编号（必填）", "serial_no"),
        ("检定（校准）日期", "last_date"),
        ("检定/校准日期", "last_date"),
        ("最大秤量（kg）", "max"),
        ("检定分度值e", "e"),
        ("准确度等级（级）", "accuracy"),
        ("出厂编号\nSerial No.", "serial_no"),
        ("Serial_Number", "serial_no"),
        ("S/N", "serial_no"),
        ("Calibration_Frequency_Months", "interval_months"),
        ("Calibration Interval (Days)", "interval_months"),
        ("Next Calibration Due Date", "valid_until"),
        ("检定有效截止日期", "valid_until"),
        ("有效期至（年月日）", "valid_until"),
        ("安装（使用）地点", "place"),
    ],
)
def test_ornaments_of_a_heading_do_not_matter(heading: str, field: str) -> None:
    assert field_of(heading) == field


@pytest.mark.parametrize(
    ("typo", "field"),
    [
        ("出厂遍号", "serial_no"),
        ("检订日期", "last_date"),
        ("检定曰期", "last_date"),
        ("鉴定证书编号", "certificate_no"),
        ("准确渡等级", "accuracy"),
        ("出编厂号", "serial_no"),
        ("证书编编号", "certificate_no"),
        ("制造单为", "manufacturer"),
        ("Serail Number", "serial_no"),
    ],
)
def test_a_typo_that_can_mean_one_heading_only_is_read_with_less_confidence(typo: str, field: str) -> None:
    meaning = meaning_of(typo)
    assert (meaning.target, meaning.kind) == (field, "field")
    assert THRESHOLD <= meaning.confidence <= 0.9


@pytest.mark.parametrize(
    "heading",
    [
        "手检日期",
        "监测日期",
        "信号",
        "经都",
        "出厂号编",
        "生日",
        "甲乙丙",
        "标准器出厂编号",
        "单位",
        "名称",
        "规格",
        "日期",
        "地址",
    ],
)
def test_what_could_mean_another_thing_is_asked(heading: str) -> None:
    assert heading == "出厂号编" or field_of(heading) is None


def test_a_missing_character_is_a_suggestion_only() -> None:
    mapping = propose_mapping(
        xlsx([["计量器具名称", "型号", "出厂编", "检定日期"]]), filename="a.xlsx"
    ).to_dict()
    assert mapping["mapping"]["出厂编"] is None
    assert mapping["unknown_headings"] == ["出厂编"]
    assert "serial_no" in mapping["suggestions"]["出厂编"]


def test_headings_are_named_as_they_are_written() -> None:
    ledger = read([["计量器具\n名称", "型 号", "出厂编号 "], ["压力表", "Y", "1"]])
    assert list(ledger.to_dict()["mapping"]) == ["计量器具\n名称", "型 号", "出厂编号"]


def test_a_known_heading_without_field_is_null_and_not_asked() -> None:
    ledger = read([[*HEADINGS, "资产编号", "数量", "状态"], [*SCALE, "Z-1", 1, "在用"]])
    mapping = ledger.to_dict()
    assert [mapping["mapping"][h] for h in ("资产编号", "数量", "状态")] == [None, None, None]
    assert mapping["unknown_headings"] == []
    assert mapping["records"][0]["other"] == {"资产编号": "Z-1", "状态": "在用"}


@settings(max_examples=400, deadline=None)
@given(
    heading=st.sampled_from(sorted(w for w, m in entries().items() if m.kind in MAPPED and len(w) > 1)),
    position=st.integers(0, 30),
    other=st.sampled_from(
        "定检日期编号证书出厂型规格单位名称使用送受校准时间度等级范围周监测首收生产制造机构地点aeo1"
    ),
    how=st.sampled_from(["replace", "insert", "delete", "double", "swap"]),
)
def test_one_wrong_character_never_gives_another_field_silently(
    heading: str, position: int, other: str, how: str
) -> None:
    at = position % len(heading)
    wrong = {
        "replace": heading[:at] + other + heading[at + 1 :],
        "insert": heading[:at] + other + heading[at:],
        "delete": heading[:at] + heading[at + 1 :],
        "double": heading[: at + 1] + heading[at:],
        "swap": heading[:at] + heading[at + 1 : at + 2] + heading[at : at + 1] + heading[at + 2 :],
    }[how]
    if parse_heading(wrong).words in entries():
        return  # another heading, spelt right
    assert field_of(wrong) in (None, entries()[heading].target)


def test_two_columns_of_one_field_are_both_asked() -> None:
    ledger = read(
        [["计量器具名称", "检定日期", "检定时间", "出厂编号"], ["压力表", "2024.3.5", "2023.3.5", "1"]]
    )
    mapping = ledger.to_dict()
    assert mapping["mapping"]["检定日期"] is None
    assert mapping["mapping"]["检定时间"] is None
    assert mapping["unknown_headings"] == ["检定日期", "检定时间"]
    assert codes(ledger) == ["ledger.same_field"]
    assert ledger.records[0].other == {"检定日期": "2024.3.5", "检定时间": "2023.3.5"}


def test_the_surer_of_two_columns_is_kept_and_the_other_asked() -> None:
    ledger = read([["计量器具名称", "出厂编号", "出厂遍号"], ["压力表", "1", "2"]])
    assert ledger.to_dict()["mapping"] == {"计量器具名称": "name", "出厂编号": "serial_no", "出厂遍号": None}
    assert ledger.mapping.unknown_headings == ["出厂遍号"]


def test_an_empty_rival_is_no_question() -> None:
    ledger = read([["计量器具名称", "检定日期", "检定时间", "出厂编号"], ["压力表", None, "2023.3.5", "1"]])
    assert shown(ledger) == [{"row": 2, "name": "压力表", "last_date": "2023-03-05", "serial_no": "1"}]
    assert ledger.mapping.unknown_headings == []


def test_the_same_heading_twice_gets_its_column_and_is_asked() -> None:
    ledger = read([["计量器具名称", "出厂编号", "型号", "备注", "备注"], ["压力表", "1", "Y", "甲", "乙"]])
    assert ledger.mapping.unknown_headings == ["备注", "备注（E列）"]
    assert ledger.records[0].other == {"备注": "甲", "备注（E列）": "乙"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (["2025.3.4", "2026年3月4日"], "valid_until"),
        ([dt.date(2025, 3, 4), "长期"], "valid_until"),
        (["1年", "12个月"], "interval_months"),
        (["2025.3.4", "1年"], None),
        ([None, None], "valid_until"),
    ],
)
def test_the_values_decide_whether_a_validity_is_a_date_or_a_period(
    values: list[object], field: str | None
) -> None:
    rows = [
        ["计量器具名称", "出厂编号", "型号", "有效期"],
        *(["压力表", str(i), "Y", v] for i, v in enumerate(values)),
    ]
    ledger = read(rows)
    assert ledger.to_dict()["mapping"]["有效期"] == field
    assert (ledger.mapping.unknown_headings == ["有效期"]) is (field is None)


def test_answers_are_used_by_heading_and_by_column_and_beat_the_dictionary() -> None:
    rows = [[*HEADINGS, "单位", "啥"], [*SCALE, "某单位", "三楼"]]
    answers = {"单位": "owner", "H": "place", "使用单位": None, "别的文件的列": "use"}
    ledger = read(rows, answers=answers)
    (record,) = shown(ledger)
    assert (record["owner"], record["place"]) == ("某单位", "三楼")
    assert ledger.mapping.unknown_headings == []
    assert ledger.records[0].other == {"使用单位": "某某市场"}


def test_an_answer_takes_the_field_from_the_column_that_had_it() -> None:
    rows = [["计量器具名称", "出厂编号", "型号", "器具编号"], ["压力表", "1", "Y", "2"]]
    ledger = read(rows, answers={"器具编号": "serial_no"})
    assert shown(ledger)[0]["serial_no"] == "2"
    assert ledger.mapping.unknown_headings == ["出厂编号"]


@pytest.mark.parametrize("answers", [{"单位": "besitzer"}, {"单位": "owner", "使用单位": "owner"}])
def test_answers_that_make_no_sense_are_refused(answers: dict[str, str | None]) -> None:
    with pytest.raises(UnreadableLedger) as refused:
        read([[*HEADINGS, "单位"], [*SCALE, "x"]], answers=answers)
    assert refused.value.code == "ledger.bad_answers"


def test_without_headings_columns_are_asked_by_letter_and_read_when_answered() -> None:
    rows = [["压力表", "Y-100", "0012", "2024.3.5"], ["加油机", "J", "7", "2024.3.6"]]
    ledger = read(rows)
    assert ledger.to_dict()["mapping"] == {"A": None, "B": None, "C": None, "D": None}
    assert (ledger.mapping.header_row, ledger.records) == (None, ())
    assert ledger.mapping.unknown_headings == ["A", "B", "C", "D"]
    assert codes(ledger) == ["ledger.no_header"]
    answered = read(rows, answers={"A": "name", "C": "serial_no", "D": "last_date"})
    assert answered.mapping.header_row is None
    assert shown(answered)[0] == {"row": 1, "name": "压力表", "serial_no": "0012", "last_date": "2024-03-05"}
    assert answered.mapping.unknown_headings == ["B"]


def test_a_column_without_heading_is_asked_by_its_letter() -> None:
    ledger = read([[*HEADINGS], [*SCALE, "手写的"]])
    assert ledger.mapping.unknown_headings == ["G"]
    assert ledger.records[0].other == {"G": "手写的"}


def test_without_a_column_of_identity_nothing_is_read() -> None:
    ledger = read([["使用单位", "检定日期", "有效期至"], ["某市场", "2024.3.5", "2025.3.4"]])
    assert (ledger.records, ledger.rejected, codes(ledger)) == ((), (), ["ledger.no_identity_columns"])


def test_samples_help_the_person_who_is_asked() -> None:
    mapping = propose_mapping(xlsx(scales(SCALE, [*SCALE[:2], "2"])), filename="a.xlsx")
    assert mapping.columns[2].samples == ("0012345", "2")
    assert refusals(read(scales(SCALE))) == []
