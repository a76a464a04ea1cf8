"""The public page of the registry: every number has its command, and the command gives that number."""

from __future__ import annotations

import html
import json
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from quanheng.base import clock
from quanheng.cli.main import app
from quanheng.instruments.enums import Verdict
from quanheng.instruments.services.opendata import kept_tally, open_file, publish_registry
from quanheng.instruments.services.verifications import record_verification
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.registry import Over
from tests.web.world import World


def _page(name: str) -> str:
    answer = Client().get(reverse(f"portal:{name}"))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.fixture
def published(world: World) -> World:
    """One instrument is overdue."""
    world.instrument.refresh_from_db()
    record_verification(
        actor=world.people["officer"],
        public_id=world.instrument.public_id,
        revision=world.instrument.revision,
        verified_on=clock.today() - timedelta(days=500),
        valid_until=None,
        certificate_no="证1",
        institution="",
        verdict=Verdict.PASSED,
    )
    publish_registry()
    return world


def test_the_answer_is_one_sentence_with_the_numbers(published: World) -> None:
    page, total = _page("registry"), kept_tally().total
    assert total.known > 2
    assert f"在册 {total.known} 台，其中强制检定 {total.mandatory} 台；逾期 1 台。" in page
    assert "亭子镇逾期最多，有 1 台" in page
    assert "电子计价秤" in page


@pytest.mark.django_db
def test_before_the_first_day_the_page_teaches_what_will_be_here(home: Path) -> None:
    page = _page("registry")
    assert "还没有登记的计量器具。" in page
    assert "这里将公开" in page
    assert "None" not in page


def test_every_number_is_what_its_command_prints_from_the_open_file(
    published: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "instruments.csv").write_bytes(open_file().read_bytes())
    found = re.findall(
        r"<dt>([^<]+) ([\d.]+) ([^<]+)</dt>\s*<dd>.*?-command\">quanheng ([^<]+)</code>",
        _page("registry"),
        re.DOTALL,
    )
    tally = kept_tally()
    assert len(found) == 4 * (len(tally.by_town()) + len(tally.by_kind()))  # four figures of each
    for label, value, unit, command in found:
        printed = CliRunner().invoke(app, [*shlex.split(command), "--json"])
        assert printed.exit_code == 0, printed.output
        figure = json.loads(printed.stdout)
        assert (figure["label"], figure["unit"]) == (label, unit)
        assert float(figure["value"]) == float(value)


def test_the_page_of_figures_has_those_of_the_registry_and_they_link_to_it(published: World) -> None:
    page = _page("figures")
    for name, item in REGISTRY.items():
        if item.over is Over.REGISTRY:
            assert f"quanheng indicator show {name} --data plan.json" in page
            assert re.search(
                rf'<b>{item.label}</b></th>\s*<td[^>]*><a href="{reverse("portal:registry")}">', page
            )


def test_the_count_of_queries_does_not_grow_with_the_registry(
    published: World, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        _page("registry")
