"""`quanheng due …`: the numbers of the pages of due work."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.due import app
from quanheng.core.models import User
from tests.instruments.due_making import due_scale
from tests.instruments.making import TODAY, make_party, make_place

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _due(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    shop, place, officer = make_party(), make_place(), people["officer"]
    due_scale(officer, TODAY - DAY, owner=shop, place=place, times=2)
    due_scale(officer, date(2026, 6, 30), owner=shop)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "3 台"),
        (("--due", "overdue"), "2 台"),
        (("--setting", "market"), "2 台"),
        (("--town", "亭子镇", "--kind", "price_scale"), "3 台"),
        (("--from", "2026-06-01", "--to", "2026-06-30"), "1 台"),
        (("--town", "石桥镇"), "0 台"),
    ],
)
def test_a_count_is_narrowed_as_on_the_page(options: tuple[str, ...], says: str) -> None:
    assert run("list", "--count", *options).stdout == f"{says}\n"


def test_the_list_begins_with_the_longest_overdue() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [row["due_on"] for row in rows] == ["2026-05-19", "2026-05-19", "2026-06-30"]
    assert (rows[0]["owner"], rows[0]["place"]) == ("达川演示超市", "亭子镇集贸市场")
    assert run("list").stdout.splitlines()[-1] == "3 台"


@pytest.mark.parametrize(
    "options", [("--town", "没有镇"), ("--kind", "none"), ("--setting", "none"), ("--due", "none")]
)
def test_a_filter_that_does_not_exist_is_refused(options: tuple[str, str]) -> None:
    done = run("list", *options)
    assert done.exit_code == 2
    assert "没有" in done.output or "--due" in done.output


def test_the_calendar_the_forecast_and_the_places_sum_up() -> None:
    assert json.loads(run("calendar", "--json").stdout) == [{"due_on": "2026-06-30", "count": 1}]
    assert run("calendar", "--from", "2026-05-01").stdout.splitlines()[-1] == "合计 3 台"
    forecast = json.loads(run("forecast", "--months", 14, "--json").stdout)
    assert [(row["month"], row["first"], row["again"]) for row in forecast] == [
        ("2026-06", 1, 0),
        ("2027-05", 0, 2),
        ("2027-06", 0, 1),
    ]
    assert run("places").stdout.splitlines()[-1] == "1 处，1 处有逾期，1 处没有经纬度"


def test_people_read_words_and_programs_read_codes() -> None:
    assert run("forecast", "--months", 14).stdout.splitlines()[:2] == [
        "2026-06 电子计价秤 到期 1 台",
        "2027-05 电子计价秤 到期 0 台 其后再到期 2 台次",
    ]
    assert run("places").stdout.splitlines()[0] == (
        "亭子镇集贸市场 逾期 2，即将到期 0，有效期内 0 没有经纬度"
    )
    [place] = json.loads(run("places", "--json").stdout)
    assert (place["status"], place["has_coordinates"]) == ("overdue", False)


def test_the_plan_is_the_same_for_a_person_and_a_program() -> None:
    plan = json.loads(run("waves", "--capacity", 5, "--weeks", 6, "--json").stdout)
    assert [(ask["who"], ask["week_on"], ask["instruments"]) for ask in plan["asks"]] == [
        ("亭子镇集贸市场", "2026-05-25", 2),
        ("达川演示超市", "2026-06-22", 1),
    ]
    text = run("waves", "--capacity", 5, "--weeks", 6).stdout
    assert "2026-05-25 亭子镇集贸市场 2 台，最早 2026-05-19 到期" in text
    assert "排不进去 0 家" in text


def test_a_sweep_says_how_many_changed() -> None:
    assert run("sweep").stdout == "重算 3 台，0 台有变化\n"
    assert json.loads(run("sweep", "--json").stdout) == {"instruments": 3, "changed": 0}
