"""Dates and periods."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.ledger import read_ledger
from quanheng.kernels.ledger.dates import BadDate, add_months, agrees, read_date
from quanheng.kernels.ledger.periods import Period, read_period
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

DAY = dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "2024.3.5",
            "2024年3月5日",
            "20240305",
            "2024/3/5",
            "2024-03-05",
            "2024-3-5 00:00:00",
            "2024．3．5",
            "２０２４年３月５日",
        ),
        *(
            "2024 年 3 月 5 日",
            "2024年3月5号",
            "2024.03.05.",
            "2024。3。5",
            "2024、3、5",
            "2024-03-05T08:30:00Z",
            "2024/3/5 8:30",
        ),
        *(
            "二〇二四年三月五日",
            "至2024年3月5日",
            "2024年3月5日止",
            "5-Mar-2024",
            "March 5, 2024",
            "5 March 2024",
            "3/5/2024",
            "45356",
        ),
        *(
            45356,
            45356.0,
            45356.75,
            20240305,
            20240305.0,
            dt.datetime.fromisoformat("2024-03-05 08:30"),
            DAY,
            "　2024.3.5 ",
        ),
    ],
)
def test_every_way_to_write_a_whole_date_is_read(value: object) -> None:
    assert read_date(value) == DAY


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *(
            (v, "ledger.bad_date")
            for v in ("2024.2.30", "2023-02-29", "2024.13.1", "20240230", "长期", "待检", "13/45/2024", True)
        ),
        *(
            (v, "ledger.date_incomplete")
            for v in ("2024.3", "2024年3月", 2024.3, 2024, "2024/03", "3/2024", 2024.12)
        ),
        *(
            (v, "ledger.date_ambiguous")
            for v in ("24.3.5", "3/5/24", "24年3月5日", "240305", "5-Mar-24", "202403")
        ),
        *(
            (v, "ledger.date_range")
            for v in (
                "1899.12.31",
                dt.datetime.fromisoformat("1905-07-16"),
                "2099-12-31",
                19000101,
                "0024-03-05",
            )
        ),
        *(
            (v, "ledger.bad_date")
            for v in (1.0, 32000, 60000, 240305, 445914478370, dt.time(8, 0), -5, "2024.3.5-2025.3.4")
        ),
        ("13/2/2024", "ledger.date_order"),
        ("5.3.2024", "ledger.date_order"),
    ],
)
def test_what_says_no_whole_date_is_refused_with_its_reason(value: object, code: str) -> None:
    with pytest.raises(BadDate) as refused:
        read_date(value)
    assert refused.value.code == code


@pytest.mark.parametrize("blank", ["", " ", "/", "-", "—", "无", "不详", "N/A"])
def test_a_mark_for_nothing_is_no_date_and_no_error(blank: str) -> None:
    assert read_date(blank) is None


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)), st.booleans())
def test_every_day_comes_back_from_every_style(day: dt.date, is_1904: bool) -> None:
    epoch = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 30)
    y, m, d = day.year, day.month, day.day
    styles: list[object] = [
        day,
        f"{y}.{m}.{d}",
        f"{y}年{m}月{d}日",
        f"{y}/{m}/{d}",
        f"{y}-{m:02}-{d:02}",
        f"{y}{m:02}{d:02}",
    ]
    styles += [int(f"{y}{m:02}{d:02}"), (day - epoch).days, f"{m}/{d}/{y}"]
    assert {read_date(style, is_1904=is_1904) for style in styles} == {day}
    assert read_date(f"{d}/{m}/{y}", order="dmy") == day


def test_a_bad_date_rejects_its_row_with_row_column_and_reason() -> None:
    bad = [*SCALE[:4], "2024.2.30", "2025.3.4"]
    ledger = read(scales(SCALE, bad, [*SCALE[:4], "2024.3.5", "长期"]))
    assert [r["row"] for r in shown(ledger)] == [2]
    assert refusals(ledger) == [(3, "检定日期", "ledger.bad_date"), (4, "有效期至", "ledger.bad_date")]
    assert "2024.2.30" in ledger.rejected[0].text


def test_reversed_dates_reject_the_row() -> None:
    ledger = read(scales([*SCALE[:4], "2025.3.5", "2024.3.4"]))
    assert refusals(ledger) == [(2, "有效期至", "ledger.dates_reversed")]


def test_serial_days_follow_the_calendar_of_the_workbook() -> None:
    rows = scales([*SCALE[:4], 45356, 45720])
    days = [(r["last_date"], r["valid_until"]) for r in shown(read(rows))]
    assert days == [("2024-03-05", "2025-03-04")]
    later = shown(read(scales([*SCALE[:4], 45356 - 1462, dt.date(2025, 3, 4)]), options={"date_1904": True}))
    assert [(r["last_date"], r["valid_until"]) for r in later] == days
    old = read_ledger(
        xls(scales([*SCALE[:4], 45356 - 1462, dt.date(2025, 3, 4)]), is_1904=True), filename="a.xls"
    )
    assert [(r["last_date"], r["valid_until"]) for r in shown(old)] == days


def test_chinese_date_formats_are_dates() -> None:
    rows = scales([*SCALE[:4], 45356, 45720])
    ledger = read(rows, formats={(1, 4): 'yyyy"年"m"月"d"日"', (1, 5): "[$-804]yyyy/m/d;@"})
    assert [(r["last_date"], r["valid_until"]) for r in shown(ledger)] == [("2024-03-05", "2025-03-04")]


def english(*dates: str, order: str = "mdy") -> object:
    rows = [
        ["Instrument", "Serial No", "Calibration Date"],
        *(["Gauge", str(i), d] for i, d in enumerate(dates)),
    ]
    return read_ledger(csv_bytes(rows), filename="a.csv", date_order=order)


def test_english_dates_are_read_in_the_order_asked_for() -> None:
    assert [r["last_date"] for r in shown(english("3/4/2024", "2/13/2024"))] == ["2024-03-04", "2024-02-13"]
    assert [r["last_date"] for r in shown(english("3/4/2024", "13/2/2024", order="dmy"))] == [
        "2024-04-03",
        "2024-02-13",
    ]


def test_one_date_against_the_order_makes_the_ambiguous_ones_unreadable() -> None:
    ledger = english("3/4/2024", "13/2/2024", "5/5/2024", "2024-03-09")
    assert [(row, code) for row, _, code in refusals(ledger)] == [
        (2, "ledger.date_order"),
        (3, "ledger.date_order"),
    ]
    assert [r["last_date"] for r in shown(ledger)] == ["2024-05-05", "2024-03-09"]
    assert all("--date-order dmy" in r.text for r in ledger.rejected)
    mixed = english("3/4/2024", "13/2/2024", "2/13/2024")
    assert [r["last_date"] for r in shown(mixed)] == ["2024-02-13"]
    assert not any("--date-order" in r.text for r in mixed.rejected)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        *(
            ("12个月", 12),
            ("一年", 12),
            ("6年", 72),
            ("半年", 6),
            ("两年", 24),
            ("十二个月", 12),
            ("1.5年", 18),
            ("0.5年", 6),
        ),
        *(
            ("１２个月", 12),
            ("12月", 12),
            ("12 months", 12),
            ("1 year", 12),
            ("365天", 12),
            ("730天", 24),
            ("1年/次", 12),
        ),
        *(
            ("每年一次", 12),
            ("一年半", 18),
            ("1年6个月", 18),
            ("1a", 12),
            ("三十六个月", 36),
            ("每半年一次", 6),
            ("12M", 12),
            ("每季度", 3),
        ),
    ],
)
def test_periods_with_a_unit_are_months(text: str, months: int) -> None:
    assert read_period(text) == Period(months)


@pytest.mark.parametrize(
    "text", ["180天", "长期", "首次检定", "0个月", "1.3个月", "一季度", "-1年", "1-2年", "9999年"]
)
def test_what_is_no_whole_number_of_months_is_left_out(text: str) -> None:
    assert read_period(text).months is None


def test_a_bare_number_has_no_unit_unless_the_heading_says() -> None:
    assert read_period("12") == Period(bare=12)
    assert read_period("12", "month") == Period(12)
    assert read_period("1", "year") == Period(12)
    assert read_period("365", "day") == Period(12)
    assert read_period("90", "day") == Period(days=90)


def periods(heading: str, *rows: tuple[object, object, object]) -> object:
    headings = ["计量器具名称", "出厂编号", heading, "检定日期", "有效期至"]
    return read([headings, *(["压力表", str(i), *row] for i, row in enumerate(rows))])


def test_units_in_the_heading_of_a_period_are_used() -> None:
    for heading, value in (
        ("校准周期（月）", 12),
        ("检定周期/年", 1),
        ("校准周期（天）", 365),
        ("检定周期(年)", "一年"),
    ):
        assert [r["interval_months"] for r in shown(periods(heading, (value, None, None)))] == [12]


def test_days_that_are_no_whole_years_stay_beside_the_record() -> None:
    ledger = periods("校准周期（天）", (180, None, None))
    assert "interval_months" not in ledger.records[0].values
    assert ledger.records[0].other == {"校准周期（天）": "180"}
    assert codes(ledger) == ["ledger.interval_days"]


def test_a_bare_period_is_decided_by_the_dates_of_its_row_or_of_all_rows() -> None:
    ledger = periods("检定周期", (1, "2024.3.5", "2025.3.4"), (2, "2024.3.5", "2026.3.5"), (3, None, None))
    assert [r["interval_months"] for r in shown(ledger)] == [12, 24, 36]
    months = periods("检定周期", ("12", "2024.3.5", "2025.3.4"), (6, None, None))
    assert [r["interval_months"] for r in shown(months)] == [12, 6]


def test_a_bare_period_that_no_date_decides_is_left_out_and_said() -> None:
    ledger = periods("检定周期", (12, None, None), (1, "2024.3.5", "2025.9.9"))
    assert all("interval_months" not in r.values for r in ledger.records)
    assert codes(ledger) == ["ledger.interval_unit"] * 2
    both = periods("检定周期", (1, "2024.3.5", "2025.3.4"), (12, "2024.3.5", "2025.3.4"), (6, None, None))
    assert [r.get("interval_months") for r in shown(both)] == [12, 12, None]


def test_a_due_date_off_the_period_is_kept_and_reported() -> None:
    ledger = periods(
        "检定周期",
        ("1年", "2024.3.5", "2025.3.4"),
        ("1年", "2024.3.5", "2025.3.5"),
        ("1年", "2024.3.5", "2025.4.1"),
    )
    assert [r["valid_until"] for r in shown(ledger)] == ["2025-03-04", "2025-03-05", "2025-04-01"]
    assert codes(ledger) == ["ledger.dates_disagree"]
    assert dict(ledger.findings[0].data) == {"row": 4}


def test_a_leap_day_ends_a_year_later_on_the_28th() -> None:
    assert add_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)
    assert agrees(dt.date(2024, 2, 29), dt.date(2025, 2, 28), 12)
    assert add_months(dt.date(2024, 8, 31), 6) == dt.date(2025, 2, 28)


def test_the_headings_of_the_table_are_the_usual_ones() -> None:
    assert read_ledger(xlsx([HEADINGS, SCALE]), filename="a").records[0].row == 2


def test_a_month_that_excel_made_its_first_day_is_no_whole_date() -> None:
    rows = scales([*SCALE[:4], 45352, None])
    for formats in ({(1, 4): 'yyyy"年"m"月"'}, {(1, 4): "mmm-yy"}):
        old = read_ledger(xls(rows, formats=formats), filename="a.xls")
        for ledger in (read(rows, formats=formats), old):
            assert refusals(ledger) == [(2, "检定日期", "ledger.date_incomplete")]
            assert "2024年3月" in ledger.rejected[0].text


@pytest.mark.parametrize(
    ("days", "last", "until", "months"),
    [
        (180, "2024.3.5", "2024.9.4", 6),
        (183, "2024.3.1", "2024.8.31", 6),
        (360, "2024.3.5", "2025.3.5", 12),
        (2192, "2024.3.5", "2030.3.4", 72),
        (180, "2024.3.5", "2024.9.1", None),
        (45, "2024.3.5", "2024.4.4", None),
        (180, "2024.3.5", None, None),
    ],
)
def test_days_are_months_only_where_both_dates_of_the_row_say_so(
    days: int, last: str, until: str | None, months: int | None
) -> None:
    ledger = periods("校准周期（天）", (days, last, until))
    assert ledger.records[0].values.get("interval_months") == months
    assert codes(ledger) == ([] if months else ["ledger.interval_days"])
