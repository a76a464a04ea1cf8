"""The county map, an area by day, a meter over the runs: the same numbers as the kernel, and none invented."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.fleet.county import by_town, count_of, estimates_kept, together, unfair_by_result
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.fleet.results_file import write_results
from quanheng.fleet.runs import run
from quanheng.fleet.services import take_estimates
from quanheng.fleet.store import write_area
from quanheng.kernels.fleet.results import CONFORMING
from quanheng.kernels.fleet.simulate import Scenario, simulate
from tests.chromium import IN_BROWSER
from tests.fleet.making import METERS, estimate
from tests.web.fleet_world import make_fleet
from tests.web.staff.conftest import As

MAP = "/staff/fleet/map/"


@pytest.fixture
def fleet(people: dict[str, User]) -> SupplyArea:
    make_fleet(people["officer"])
    return SupplyArea.objects.get(area_id="A1")


@pytest.fixture
def stored(people: dict[str, User], tmp_path: Path) -> SupplyArea:
    """An area whose readings this machine has."""
    area, _truth = simulate(
        Scenario(area_id="S1", meters=12, days=9, step_minutes=60, start=date(2026, 3, 1), wrong=1)
    )
    write_area(tmp_path / "store" / "S1", area)
    out = tmp_path / "OUT.parquet"
    run(tmp_path / "store", out)
    take_estimates(actor=None, results_path=out, folder=str(tmp_path / "store"))
    return SupplyArea.objects.get(area_id="S1")


def markup(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def text_of(page: str) -> str:
    return " ".join(str(html.fromstring(page).text_content()).split())


def test_the_sums_of_the_database_are_those_of_the_kernel(fleet: SupplyArea) -> None:
    kept = SupplyArea.objects.exclude(latest=None)
    ours = together(town.count for town in by_town(kept.select_related("latest", "town")))
    kernel = count_of(estimates_kept(kept))
    assert (ours.areas, ours.suspects, ours.undetermined) == (
        kernel.areas,
        kernel.suspects,
        kernel.undetermined,
    )
    for name in ("over_kwh", "under_kwh", "low_kwh", "high_kwh"):
        assert getattr(ours.unfair, name) == pytest.approx(getattr(kernel.unfair, name))
    assert ours.unfair.kwh > 10


def test_the_command_beside_the_county_sum_gives_it_again(as_: As, fleet: SupplyArea) -> None:
    page = html.fromstring(markup(as_("auditor").get(MAP)))
    assert page.get_element_by_id("fleet-unfair-command").text_content() == "quanheng fleet county"
    answer = json.loads(CliRunner().invoke(app, ["fleet", "county", "--json"]).stdout)
    assert (answer["areas"], answer["meters"], answer["suspects"]) == (3, 6, 1)
    shown = next(one for one in page.find_class("value") if "sort=unfair" in str(one.get("href")))
    assert shown.text_content() == f"{answer['unfair_kwh']:,.0f}kWh"
    refused = CliRunner().invoke(app, ["fleet", "county", "--town", "没有"])
    assert refused.exit_code == 2


def test_the_command_reads_a_file_of_results_and_refuses_another(tmp_path: Path) -> None:
    write_results(tmp_path / "OUT.parquet", [estimate()])
    told = CliRunner().invoke(app, ["fleet", "county", "--results", str(tmp_path / "OUT.parquet")])
    assert "1 个台区、4 台电能表：疑似超差 1 台" in told.stdout
    (tmp_path / "x.parquet").write_bytes(b"x")
    assert (
        CliRunner().invoke(app, ["fleet", "county", "--results", str(tmp_path / "x.parquet")]).exit_code == 2
    )


def test_the_numbers_of_the_map_lead_to_their_areas(as_: As, fleet: SupplyArea) -> None:
    client = as_("officer")
    page = html.fromstring(markup(client.get(MAP)))
    rows = page.xpath("//table//tbody/tr")
    assert [row.xpath("./th//a")[0].text_content() for row in rows] == ["亭子镇", "没有写明乡镇街道"]
    suspects = rows[0].xpath("./td[3]/a/@href")[0]
    assert "朝阳路一号" in markup(client.get(suspects))
    none = markup(client.get(rows[1].xpath("./th//a/@href")[0]))
    assert "A2" in none
    assert "朝阳路一号" not in none
    assert "st-suspects" in markup(client.get(MAP))


def test_areas_are_ranked_by_what_is_billed_wrong(as_: As, fleet: SupplyArea) -> None:
    for query in ("sort=unfair&dir=down", "sort=unfair", "sort=share&dir=down"):
        page = html.fromstring(markup(as_("officer").get(f"/staff/fleet/?{query}")))
        assert len(page.xpath("//tbody/tr")) == 3
    first = html.fromstring(markup(as_("officer").get("/staff/fleet/?sort=unfair&dir=down"))).xpath(
        "//tbody/tr/th"
    )[0]
    assert "朝阳路一号" in first.text_content()


def test_no_question_belongs_to_an_area_or_a_meter(as_: As, people: dict[str, User], tmp_path: Path) -> None:
    client = as_("officer")
    counts = []
    for n in (2, 9):
        meters = [(f"m{at:03}", CONFORMING, 0.1, 0.3, 0.01, 0.01, "") for at in range(5 * n)]
        write_results(tmp_path / "OUT.parquet", [estimate(f"B{at}", [*meters, METERS[1]]) for at in range(n)])
        take_estimates(actor=None, results_path=tmp_path / "OUT.parquet")
        area = SupplyArea.objects.get(area_id="B0")
        asked = []
        for url in (MAP, "/staff/fleet/", reverse("staff:fleet_area", args=[area.public_id])):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1]


def test_without_the_readings_the_page_says_so_and_gives_the_command(as_: As, fleet: SupplyArea) -> None:
    client = as_("officer")
    page = text_of(markup(client.get(reverse("staff:fleet_days", args=[fleet.public_id]))))
    assert "这台机器上没有这个台区的读数" in page
    assert "quanheng fleet estimate readings" in page
    lines = (
        b"".join(client.get(reverse("staff:fleet_days_csv", args=[fleet.public_id]))).decode().splitlines()
    )  # type: ignore[call-overload]
    assert len(lines) == 1
    assert "估计所用的：±2 %" in text_of(
        markup(client.get(reverse("staff:fleet_area", args=[fleet.public_id])))
    )


def test_a_day_of_an_area_adds_up(as_: As, stored: SupplyArea) -> None:
    client = as_("officer")
    url = reverse("staff:fleet_days_csv", args=[stored.public_id])
    lines = b"".join(client.get(url)).decode("utf-8-sig").splitlines()  # type: ignore[call-overload]
    assert len(lines) == 10
    day, master, consumers, loss, *parts, complete = lines[1].split(",")[1:]
    assert (day, float(complete)) == ("2026-03-01", 1.0)
    assert float(master) - float(consumers) == pytest.approx(float(loss), abs=1e-3)
    assert sum(map(float, parts)) == pytest.approx(float(loss), abs=1e-3)
    part = markup(
        client.get(reverse("staff:fleet_days", args=[stored.public_id]), headers={"HX-Request": "true"})
    )
    assert "<html" not in part
    assert "days-balance-spec" in part
    for until in ("2020-01-01", "2026-03-05", "x", "9999-12-31"):
        client.get(reverse("staff:fleet_days", args=[stored.public_id]) + f"?until={until}")


def test_damaged_readings_are_told_not_hidden(as_: As, stored: SupplyArea) -> None:
    assert stored.latest is not None
    curves = Path(stored.latest.run.folder) / "S1" / "curves.parquet"
    curves.write_bytes(curves.read_bytes()[:200])
    page = text_of(markup(as_("officer").get(reverse("staff:fleet_days", args=[stored.public_id]))))
    assert "curves.parquet 不是完整的 Parquet 文件" in page
    meter = MeterResult.objects.filter(area_result=stored.latest)[0].meter_id
    page = text_of(markup(as_("officer").get(reverse("staff:fleet_meter", args=[stored.public_id, meter]))))
    assert "不能按天列出" in page


def test_a_meter_shows_every_run_its_reason_and_its_days(
    as_: As, fleet: SupplyArea, stored: SupplyArea
) -> None:
    client = as_("officer")
    page = markup(client.get(reverse("staff:fleet_meter", args=[fleet.public_id, "A1-m01"])))
    assert len(html.fromstring(page).xpath("//tbody/tr")) == 2
    third = text_of(markup(client.get(reverse("staff:fleet_meter", args=[fleet.public_id, "A1-m03"]))))
    assert "不能判断，因为" in third
    assert "可能在 2026-03-04 换过" in third
    assert "没有这个台区的读数" in third
    own = MeterResult.objects.filter(area_result=stored.latest)[0].meter_id
    days = text_of(markup(client.get(reverse("staff:fleet_meter", args=[stored.public_id, own]))))
    assert "9 天共" in days
    assert "最大允许误差 ±2 %，估计所用" in days
    csv = b"".join(client.get(reverse("staff:fleet_history_csv", args=[fleet.public_id, "A1-m01"])))  # type: ignore[call-overload]
    assert csv.decode().count("A1-m01") == 2
    unknown = client.get(reverse("staff:fleet_meter", args=[fleet.public_id, "nobody"]))
    assert unknown.status_code == 404


def test_who_may_order_a_visit_is_led_to_it_from_a_suspect_only(as_: As, fleet: SupplyArea) -> None:
    def has_order(person: str, *args: object) -> bool:
        name = "staff:fleet_meter" if args else "staff:fleet_area"
        return "派现场检定" in markup(as_(person).get(reverse(name, args=[fleet.public_id, *args])))

    assert has_order("officer", "A1-m02")
    assert has_order("officer")
    assert not has_order("officer", "A1-m01")
    assert not has_order("auditor", "A1-m02")
    assert not has_order("auditor")


def test_a_meter_may_have_any_name(as_: As, people: dict[str, User], tmp_path: Path) -> None:
    name = "户/1 ?#%<hr>"
    write_results(tmp_path / "OUT.parquet", [estimate("N1", [(name, *METERS[1][1:])])])
    take_estimates(actor=None, results_path=tmp_path / "OUT.parquet")
    area = SupplyArea.objects.get(area_id="N1")
    page = markup(as_("officer").get(reverse("staff:fleet_area", args=[area.public_id])))
    link = html.fromstring(page).xpath("//tbody/tr/th//a/@href")[0]
    assert name in text_of(markup(as_("officer").get(link)))
    assert "<hr>" not in page


def test_the_picture_is_a_file(as_: As, fleet: SupplyArea) -> None:
    answer = as_("officer").get(reverse("staff:fleet_picture", args=[fleet.public_id]))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "A1.svg" in answer["Content-Disposition"]
    assert "<svg xmlns" in answer.content.decode()


def test_reasons_are_counted(as_: As, fleet: SupplyArea) -> None:
    page = html.fromstring(markup(as_("officer").get(reverse("staff:fleet_area", args=[fleet.public_id]))))
    told = [" ".join(item.text_content().split()) for item in page.find_class("fleet-reasons")[0]]
    assert told == ["1 台：用电量太小，读数说明不了误差。", "1 台：没有用电。"]


def test_today_and_the_search_lead_to_suspects(as_: As, fleet: SupplyArea) -> None:
    assert "1 台疑似超差的电能表待核实" in text_of(markup(as_("officer").get("/staff/")))
    assert "疑似超差的电能表" not in text_of(markup(as_("owner").get("/staff/")))
    for words in ("朝阳路", "a1"):
        assert str(fleet.public_id) in markup(as_("officer").get(f"/staff/search/?q={words}"))
    assert unfair_by_result([]) == {}


class TestInChromium:
    pytestmark = [*IN_BROWSER, pytest.mark.django_db(transaction=True)]

    def test_a_thousand_meters_draw_within_a_second_or_so(
        self, live_server: Any, new_context: Any, as_: As, people: dict[str, User], tmp_path: Path
    ) -> None:
        meters = [(f"m{at:04}", CONFORMING, at / 1000 - 0.5, 0.3, 0.01, 0.001, "") for at in range(999)]
        write_results(tmp_path / "OUT.parquet", [estimate("K1", [*meters, METERS[1]])])
        take_estimates(actor=None, results_path=tmp_path / "OUT.parquet")
        context = new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
        cookie = as_("officer").cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        area = SupplyArea.objects.get(area_id="K1")
        page.goto(live_server.url + reverse("staff:fleet_area", args=[area.public_id]))
        page.wait_for_selector("[data-chart='errors-spec'] canvas")
        page.get_by_text("这台机器上没有这个台区的读数").wait_for()
        spent = page.evaluate(
            "() => { const box = document.querySelector(\"[data-chart='errors-spec']\");"
            "const chart = echarts.getInstanceByDom(box), option = chart.getOption(), from = performance.now();"
            "chart.clear(); chart.setOption(option); chart.getZr().flush(); return performance.now() - from; }"
        )
        print(f"1,000 meters drawn in {spent:.0f} ms")  # noqa: T201  the figure of docs/performance.md
        assert spent < 2500
        assert faults == []
