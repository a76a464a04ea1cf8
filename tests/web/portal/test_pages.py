"""What the public reads: with a plan, before one, and before there is a county."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import County
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.selectors import plan_records
from quanheng.taskboard.status import Status
from tests.web.world import World

PAGES = ("home", "plan", "registry", "figures", "log", "about")
DEMO = "演示数据：本页的人员、单位和数字均为示例，不是真实记录。"


def _page(name: str, query: str = "", **args: object) -> str:
    answer = Client().get(reverse(f"portal:{name}", kwargs=args) + query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def _rows(page: str) -> int:
    return len(re.findall(r"<tr><?", page.split("<tbody>")[1].replace("<tr>\n", "<tr><")))


def test_home_says_what_the_plan_is_and_how_far_it_has_come(world: World) -> None:
    page = _page("home")
    assert "达州市达川区人民政府关于民生计量的工作方案" in page
    assert "3 项任务，1 项近期有佐证材料。" in page
    assert "区水务局" in page
    assert "区人社局" in page
    assert "quanheng indicator show plan.tasks_evidenced --data plan.json" in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_before_any_county_a_page_teaches_what_will_be_here(home, name: str) -> None:
    page = _page(name)
    assert "这里" in page
    assert "None" not in page
    assert DEMO not in page


@pytest.mark.parametrize(
    ("name", "words"), [("home", "尚未公开规划"), ("plan", "尚未公开规划"), ("figures", "还没有")]
)
def test_before_any_plan_a_page_says_so(dachuan, name: str, words: str) -> None:
    assert words in _page(name)
    assert Client().get(reverse("portal:open_plan")).status_code == 404


def test_demonstration_data_carry_their_mark_on_every_page_and_real_data_do_not(world: World) -> None:
    pages = [(name, {}) for name in PAGES] + [("leaf", {"index": 0})]
    assert all(DEMO in _page(name, **args) for name, args in pages)
    County.objects.update(is_demo=False)
    assert not any(DEMO in _page(name, **args) for name, args in pages)


def test_every_open_figure_is_what_its_command_prints_from_the_open_data(
    world, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_bytes(Client().get(reverse("portal:open_plan")).content)
    page = _page("figures")
    commands = re.findall(r"<code id=\"[^\"]+-command\">quanheng ([^<]+)</code>", page)
    assert len(commands) == sum(not item.per_task for item in REGISTRY.values())
    for command in commands:
        printed = CliRunner().invoke(app, [*command.split(), "--json"])
        figure = json.loads(printed.stdout)
        shown = f"{float(figure['value']):g} {figure['unit']}"
        assert re.search(rf"<b>{figure['label']}</b></th>\s*<td[^>]*>(<a[^>]*>)?{re.escape(shown)}", page), (
            figure
        )


def test_a_figure_links_to_a_list_of_as_many(world: World) -> None:
    page = _page("figures")
    for label, query in (
        ("任务总数", ""),
        ("近期有佐证的任务", "?recent=yes"),
        ("尚无指标的任务", "?measured=no"),
    ):
        link = (
            f'<b>{label}</b></th>\\s*<td[^>]*><a href="{re.escape(reverse("portal:plan") + query)}">(\\d+) 项'
        )
        (figure,) = re.findall(link, page)
        assert int(figure) == _rows(_page("plan", query))


def test_every_count_of_a_status_has_its_command_and_its_list(world: World) -> None:
    home, plan = _page("home"), _page("plan")
    for status in Status:
        command = f"quanheng indicator show plan.tasks_{status} --data plan.json"
        (shown,) = re.findall(
            rf'<a href="/plan/\?status={status}">(\d+) 项</a></td><td><div class="command"><code id="[^"]+">{command}<',
            home,
        )
        assert f">{command}<" in plan
        listed = re.findall(r'<td class="nowrap">', _page("plan", f"?status={status}"))
        assert int(shown) == len(listed)


def test_what_a_leading_unit_has_done_links_to_those_tasks(world: World) -> None:
    url = f"{reverse('portal:plan')}?unit=%E5%8C%BA%E6%B0%B4%E5%8A%A1%E5%B1%80"
    home = _page("home")
    for query in ("", "&recent=yes", "&status=overdue"):
        (shown,) = re.findall(rf'<a href="{re.escape(url + query)}">(\d+)</a>', home)
        listed = re.findall(r'<td class="nowrap">', _page("plan", url.split("/plan/")[1] + query))
        assert int(shown) == len(listed)


def test_the_list_of_tasks_shows_status_reason_and_command_of_each_measure(world: World) -> None:
    page = _page("plan")
    assert "区水务局" in page
    assert "推进中" in page
    assert "近 90 天有 1 个单位提交佐证。" in page
    label = world.task.label
    assert f"quanheng indicator show task.units_filing_percent --task '{label}' --data plan.json" in page
    assert "目标 99.5 %" in page
    assert _rows(_page("plan", "?unit=区水务局")) == 1
    assert _rows(_page("plan", "?status=no-such-status")) == 3  # nonsense hides nothing


def test_the_open_data_are_the_records_without_personal_data(world: World) -> None:
    answer = Client().get(reverse("portal:open_plan"))
    assert PlanRecords.from_dict(answer.json()) == plan_records(world.plan)
    assert 'filename="plan.json"' in answer["Content-Disposition"]
    for person in world.people.values():
        assert person.display_name not in answer.content.decode()
    assert world.evidence.file_name not in answer.content.decode()
    again = Client().get(reverse("portal:open_plan"), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_log_is_browsed_by_kind_and_by_subject_in_both_directions(world: World) -> None:
    page = _page("log", "?kind=plan:adopted")
    assert _rows(page) == 1
    assert "采用规划" in page
    subject = f"evidence:{world.evidence.public_id}"
    assert _rows(_page("log", f"?subject={subject}")) == 1
    assert "没有符合这些条件的记录" in _page("log", "?kind=no:such")
    newest = _page("log")
    assert f"?before={'0'}" not in newest
    assert _rows(_page("log", "?before=2")) == 2
    assert "?before=" in _page("log", "?after=0") or _rows(_page("log", "?after=0")) > 2
    assert _rows(_page("log", "?before=nonsense")) == _rows(newest)


def test_a_leaf_names_no_person_and_offers_its_proof(world: World) -> None:
    (index,) = {int(n) for n in re.findall(r"/log/leaf/(\d+)/", _page("log", "?kind=evidence:filed"))}
    page = _page("leaf", index=index)
    assert "个人信息，只公布承诺值" in page
    assert world.people["liaison"].display_name not in page
    assert world.evidence.file_name not in page
    assert f'data-proof-url="/log/proof/{index}.json"' in page
    key = Client().get(reverse("portal:log_key")).content.decode().strip()
    assert f'data-vkey="{key}"' in page
    assert Client().get(reverse("portal:leaf", args=[10**30])).status_code == 404
