"""The open file of the registry: what it says, what it keeps to itself, and that it is the figures' source."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.instruments.enums import EventKind
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.opendata import (
    kept_tally,
    open_file,
    present_tally,
    publish_registry,
)
from quanheng.instruments.tally import NO_TOWN, OpenRow, read_rows, tally_of
from quanheng.parties.models import Party
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.registry import Over
from tests.instruments.making import PHOTO, TODAY, act, fresh, make_scale, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
REGISTRY_NAMES = [name for name, item in REGISTRY.items() if item.over is Over.REGISTRY]


@pytest.fixture
def several(people: dict[str, User], shop: Party, market: object) -> None:
    """On time, overdue, submitted, a draft, stopped, scrapped, of unknown kind, without a town."""
    officer = people["officer"]
    given = {"owner": shop, "place": market, "filed_by": officer}
    verify(officer, make_scale(officer, serial_no="1001", **given), TODAY - timedelta(days=30))
    verify(officer, make_scale(officer, serial_no="1002", **given), TODAY - timedelta(days=400))
    make_scale(officer, serial_no="1003", owner=shop, place=market, submit=True)
    make_scale(officer, serial_no="1004", owner=shop, place=market)
    stopped = make_scale(officer, serial_no="1005", **given)
    act(officer, stopped, EventKind.STOPPED, data=PHOTO)
    act(officer, make_scale(officer, serial_no="1006", **given), EventKind.SCRAPPED, data=PHOTO)
    make_scale(officer, serial_no="1007", name="不明器具", owner=shop, place=market)
    make_scale(officer, serial_no="1008")


def _rows() -> list[OpenRow]:
    with open_file().open(encoding="utf-8-sig", newline="") as stream:
        return list(read_rows(stream))


def test_each_live_instrument_is_a_row_and_nothing_names_its_owner_or_number(several: None) -> None:
    publish_registry()
    text = open_file().read_text(encoding="utf-8-sig")

    assert len(_rows()) == 7  # the scrapped one is none
    assert {row.town for row in _rows()} == {"亭子镇", NO_TOWN}
    for secret in ("1001", "1002", "达川演示超市", "演示衡器厂", "不明器具"):
        assert secret not in text


def test_the_kept_tally_is_that_of_the_file_and_of_the_database(several: None) -> None:
    published = publish_registry()

    assert kept_tally() == published == tally_of(_rows()) == present_tally()
    total = published.total
    assert (total.known, total.mandatory, total.filed, total.overdue) == (7, 6, 3, 1)
    assert total.unclear == 1


def test_publishing_twice_writes_the_same_bytes_also_packed(several: None) -> None:
    publish_registry()
    before = open_file().read_bytes(), open_file(packed=True).read_bytes()
    publish_registry()

    assert (open_file().read_bytes(), open_file(packed=True).read_bytes()) == before
    assert gzip.decompress(before[1]) == before[0]


def test_before_any_day_nothing_is_known_and_a_broken_tally_is_nothing(home: Path) -> None:
    assert kept_tally().on is None
    (home / "open").mkdir()
    (home / "open/registry.json").write_text('{"on": "2026-')
    assert kept_tally().on is None


def _shown(*words: str) -> dict[str, str]:
    answer = CliRunner().invoke(app, ["indicator", "show", *words, "--json"])
    assert answer.exit_code == 0, answer.output
    found: dict[str, str] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("name", REGISTRY_NAMES)
def test_a_figure_is_the_same_from_the_database_and_from_the_open_file(several: None, name: str) -> None:
    publish_registry()
    here = _shown(name)
    there = _shown(name, "--data", str(open_file()))

    assert here == there
    assert here["on"] == TODAY.isoformat()


def test_figures_of_the_towns_add_up_and_an_unknown_town_is_no_zero(several: None) -> None:
    publish_registry()
    data = ["--data", str(open_file())]
    of_towns = [_shown("registry.instruments", "--town", town, *data) for town in ("亭子镇", NO_TOWN)]
    assert sum(int(figure["value"]) for figure in of_towns) == 7
    assert _shown("registry.overdue", "--kind", "price_scale", *data)["value"] == "1"

    wrong = CliRunner().invoke(app, ["indicator", "show", "registry.overdue", "--town", "亭子", *data])
    assert wrong.exit_code == 2
    assert "亭子镇" in wrong.output


@pytest.mark.parametrize(
    "words",
    [
        ["plan.tasks", "--town", "亭子镇"],
        ["registry.overdue", "--lead", "区水务局"],
        ["registry.overdue", "--task", "（一）1"],
    ],
)
def test_an_option_of_another_sort_of_indicator_is_refused(several: None, words: list[str]) -> None:
    publish_registry()
    data = [] if words[0].startswith("plan") else ["--data", str(open_file())]
    assert CliRunner().invoke(app, ["indicator", "show", *words, *data]).exit_code == 2


def test_a_file_that_is_none_of_ours_is_refused(home: Path) -> None:
    path = home / "other.csv"
    path.write_text("a,b\n1,2\n")
    for name in (path, home / "missing.csv"):
        answer = CliRunner().invoke(app, ["indicator", "show", "registry.overdue", "--data", str(name)])
        assert answer.exit_code == 2
        assert "taskboard.bad_open_data" in answer.output


def test_the_command_writes_the_file_of_the_portal(several: None, home: Path) -> None:
    publish_registry()
    CliRunner().invoke(app, ["open-data", "--instruments", str(home / "mine.csv")])

    assert (home / "mine.csv").read_bytes() == open_file().read_bytes()


def test_the_portal_serves_it_packed_where_accepted_and_once(several: None) -> None:
    client, url = Client(), reverse("portal:open_instruments")
    assert client.get(url).status_code == 404
    publish_registry()

    plain = client.get(url)
    packed = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    body = b"".join(plain.streaming_content)
    assert body == open_file().read_bytes()
    assert gzip.decompress(b"".join(packed.streaming_content)) == body
    assert packed["Content-Encoding"] == "gzip"
    assert plain["ETag"] != packed["ETag"]
    assert client.get(url, headers={"If-None-Match": plain["ETag"]}).status_code == 304


def test_no_list_of_the_labels_is_published(several: None) -> None:
    """Whoever had all codes could read serial number and place of every instrument."""
    publish_registry()
    text = open_file().read_text(encoding="utf-8-sig")
    codes = Instrument.objects.values_list("label_code", flat=True)
    assert len(codes) == 8
    assert [code for code in codes if code in text] == []


def test_a_sold_instrument_keeps_its_row_under_its_number(several: None) -> None:
    publish_registry()
    instrument = fresh(Instrument.objects.get(serial_no="1001"))
    row = next(row for row in _rows() if row.public_id == str(instrument.public_id))
    assert (row.setting, row.filing, row.verified_on) == ("market", "filed", "2026-04-20")
    assert row.due_on == "2027-04-19"
