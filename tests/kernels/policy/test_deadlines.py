from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.policy.deadlines import read_deadline


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("2025年12月底前", date(2025, 12, 31)),
        ("2024年2月", date(2024, 2, 29)),
        ("2025年6月30日前", date(2025, 6, 30)),
        ("2025 年底", date(2025, 12, 31)),
        ("2026年上半年", date(2026, 6, 30)),
        ("2026年第三季度", date(2026, 9, 30)),
        ("2024年启动，2025年6月完成", date(2025, 6, 30)),
    ],
)
def test_a_month_or_year_ends_on_its_last_day(text: str, on: date) -> None:
    assert read_deadline(text).on == on


@pytest.mark.parametrize(
    ("text", "is_continuous"), [("持续推进", True), ("长期坚持", True), ("尽快", False), ("", False)]
)
def test_a_wording_without_a_day_has_none_and_says_whether_it_is_continuous(
    text: str, is_continuous: bool
) -> None:
    deadline = read_deadline(text)

    assert deadline.on is None
    assert deadline.is_continuous is is_continuous


@pytest.mark.parametrize("text", ["2025年2月30日", "2025年13月", "0000年"])
def test_a_day_that_does_not_exist_is_no_day(text: str) -> None:
    assert read_deadline(text).on is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_back_as_written(day: date) -> None:
    assert read_deadline(f"{day.year}年{day.month}月{day.day}日前完成").on == day
