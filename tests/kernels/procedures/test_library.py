"""Which edition holds for a kind on a day."""

from __future__ import annotations

from datetime import date

import pytest

from quanheng.kernels.procedures import (
    Library,
    NoEditionInForce,
    UnknownKind,
    packaged_procedures,
    packaged_text,
)
from tests.kernels.procedures.making import TOY, toy
from tests.kernels.procedures.test_read import read

LATER = TOY.replace('edition: "2020"', 'edition: "2025"').replace("2020-01-01", "2025-01-01")
FIRST = TOY.replace("names: [试验秤]}", "names: [试验秤, 老秤], to: 2024-12-31}")


def library() -> Library:
    return Library({"first": read(FIRST), "later": read(LATER)})


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (date(2020, 1, 1), "2020"),
        (date(2024, 12, 31), "2020"),
        (date(2025, 1, 1), "2025"),
        (date(2099, 1, 1), "2025"),
    ],
)
@pytest.mark.parametrize("name", ["toy_scale", "试验秤", " toy_scale "])
def test_the_edition_of_the_day_is_found_by_kind_and_by_name(name: str, on: date, edition: str) -> None:
    assert library().find(name, on).regulation.edition == edition


def test_a_name_may_belong_to_one_edition_only() -> None:
    assert library().find("老秤", date(2021, 1, 1)).regulation.edition == "2020"
    with pytest.raises(NoEditionInForce):
        library().find("老秤", date(2026, 1, 1))


def test_before_the_first_edition_there_is_none_and_it_is_said_which_there_are() -> None:
    with pytest.raises(NoEditionInForce) as refused:
        library().find("toy_scale", date(2019, 12, 31))
    assert str(refused.value) == (
        "2019-12-31 没有“toy_scale”的有效检定规程。已有的：JJG 1-2020（2020-01-01 至 2024-12-31）；"
        "JJG 1-2025（2025-01-01 至 今）。"
    )


def test_an_unknown_kind_is_refused_with_names_like_it() -> None:
    with pytest.raises(UnknownKind) as refused:
        library().find("toy_scales", date(2026, 1, 1))
    assert str(refused.value) == "没有“toy_scales”的检定规程。是否应为“toy_scale”？"
    with pytest.raises(UnknownKind) as refused:
        library().find("x", date(2026, 1, 1))
    assert str(refused.value) == "没有“x”的检定规程。"


def test_days_of_kind_and_regulation_both_count() -> None:
    edition = library().of("toy_scale")[0]
    assert (edition.from_, edition.to) == (date(2020, 1, 1), date(2024, 12, 31))
    assert edition.file == "first"
    unknown = read(TOY.replace("in_force_from: 2020-01-01", "in_force_from: null"))
    only = Library({"toy": unknown}).of("toy_scale")[0]
    assert (only.from_, only.to, only.days) == (None, None, "起止日期未载")
    assert only.holds(date(1, 1, 1))


def test_two_editions_on_one_day_are_found() -> None:
    assert library().doubles() == []
    twice = Library({"first": toy(), "later": read(LATER)})
    assert {(one.file, other.file) for one, other in twice.doubles()} == {("first", "later")}


def test_no_packaged_kind_is_served_twice() -> None:
    assert packaged_procedures().doubles() == []


@pytest.mark.parametrize("name", ["../model", "nothing", "jjg_539_2016.yaml", ""])
def test_only_packaged_files_are_read_by_name(name: str) -> None:
    with pytest.raises(KeyError):
        packaged_text(name)
