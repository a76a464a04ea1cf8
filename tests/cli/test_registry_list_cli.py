"""`quanheng registry list`: the numbers and lines of the page once more."""

from __future__ import annotations

import csv
import json
import shlex
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.instruments.described import command
from quanheng.instruments.models import Place
from quanheng.instruments.selectors import ListQuery
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import TODAY, make_party, make_place, unit

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["registry", "list", *map(str, arguments)])


@pytest.fixture
def stock(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> tuple[Party, Place]:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    shop, place = make_party(), make_place()
    due_scale(people["officer"], TODAY - timedelta(days=1), owner=shop, place=place, times=2)
    due_scale(people["officer"], TODAY + timedelta(days=200), owner=shop)
    return shop, place


def test_it_counts_what_the_filters_narrow_to(stock: tuple[Party, Place]) -> None:
    shop, place = stock
    for options, number in (
        ((), 3),
        (("--due", "overdue"), 2),
        (("--town", "亭子镇", "--kind", "price_scale", "--due", "later"), 1),
        (("--place", place.public_id), 2),
        (("--owner", shop.public_id), 3),
        (("--text", "集贸"), 2),
        (("--from", "2026-06-01", "--to", "2027-12-31"), 1),
        (("--unconfirmed",), 3),
        (("--condition", "scrapped"), 0),
    ):
        assert run(*options, "--count").stdout == f"{number} 台\n", options
        assert json.loads(run(*options, "--count", "--json").stdout) == {"count": number}


def test_the_command_of_a_page_gives_its_number(stock: tuple[Party, Place]) -> None:
    shop, place = stock
    query = ListQuery(
        text="电子 秤",
        town=unit("亭子镇").pk,
        place=place.pk,
        owner=shop.pk,
        due="overdue",
        due_to=TODAY,
        unconfirmed="yes",
        setting="market",
    )
    words = shlex.split(command(query, "--count"))
    assert words[:3] == ["quanheng", "registry", "list"]
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout == "0 台\n"  # no instrument is called so; every option was understood
    plain = shlex.split(command(ListQuery(place=place.pk, due="overdue"), "--count"))
    assert CliRunner().invoke(app, plain[1:]).stdout == "2 台\n"


def test_lines_come_as_text_json_and_csv(stock: tuple[Party, Place]) -> None:
    text = run("--due", "overdue").stdout.splitlines()
    assert len(text) == 3
    assert text[-1] == "2 台"
    found = json.loads(run("--due", "overdue", "--json").stdout)
    assert found["count"] == 2
    assert {one["state"] for one in found["instruments"]} == {"逾期"}
    lines = list(csv.reader(StringIO(run("--due", "overdue", "--csv").stdout.lstrip("\ufeff"))))
    assert len(lines) == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--due", "late"),
        ("--use", "commerce"),
        ("--kind", "sundial"),
        ("--town", "无此镇"),
        ("--place", "x"),
        ("--owner", str(uuid4())),
        ("--identity", "half"),
    ],
)
def test_a_word_that_nothing_bears_is_refused_and_no_empty_list(
    stock: tuple[Party, Place], options: tuple[str, str]
) -> None:
    result = run(*options, "--count")
    assert result.exit_code == 2
    assert options[1] in result.output
