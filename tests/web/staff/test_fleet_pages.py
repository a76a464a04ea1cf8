"""The fleet of meters: which areas need someone, why a meter cannot be judged, never a verdict."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from lxml import html
from openpyxl import load_workbook

from quanheng.core.models import User
from quanheng.fleet.models import SupplyArea
from quanheng.fleet.results_file import write_results
from quanheng.fleet.services import take_estimates
from quanheng.kernels.fleet.results import CONFORMING
from tests.fleet.making import METERS, estimate, withheld
from tests.web.fleet_world import make_fleet
from tests.web.staff.conftest import As

LIST = "/staff/fleet/"


@pytest.fixture
def fleet(people: dict[str, User]) -> None:
    make_fleet(people["officer"])


def take(folder: Path, *estimates: object) -> None:
    write_results(folder / "OUT.parquet", estimates)  # type: ignore[arg-type]
    take_estimates(actor=None, results_path=folder / "OUT.parquet", folder="my readings")


def markup(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def page_of(as_: As, area_id: str, query: str = "") -> str:
    area = SupplyArea.objects.get(area_id=area_id)
    return markup(as_("officer").get(reverse("staff:fleet_area", args=[area.public_id]) + query))


def sentence(page: str) -> str:
    return str(html.fromstring(page).find_class("answer")[0].text_content())


def names(page: str) -> list[str]:
    return [str(cell.text_content()).split()[0] for cell in html.fromstring(page).xpath("//tbody/tr/th")]


def test_before_the_first_run_the_list_says_how_to_begin(as_: As, people: dict[str, User]) -> None:
    page = markup(as_("officer").get(LIST))
    assert "还没有估计结果" in sentence(page)
    for command in ("quanheng fleet import", "quanheng fleet estimate", "quanheng fleet take"):
        assert command in page


def test_the_list_says_which_areas_need_someone(as_: As, fleet: None) -> None:
    page = markup(as_("auditor").get(LIST))
    assert sentence(page) == (
        "3 个台区、6 台电能表：1 个台区有 1 台疑似超差，1 个要先查其他问题，1 个不能估计。"
    )
    assert names(page) == ["朝阳路一号", "A2", "A3"]
    assert "不是检定结论" in page
    assert "1.25" in page
    assert "有未计量的用电" in page


def test_the_words_narrow_and_the_headings_sort(as_: As, fleet: None) -> None:
    client = as_("officer")
    assert names(markup(client.get(f"{LIST}?state=withheld"))) == ["A2"]
    assert names(markup(client.get(f"{LIST}?sort=undetermined&dir=down")))[2:] == ["A3"]
    town = SupplyArea.objects.get(area_id="A1").town_id
    assert names(markup(client.get(f"{LIST}?town={town}"))) == ["朝阳路一号"]
    assert "没有符合这些条件的台区" in markup(client.get(f"{LIST}?state=clear"))
    for query in ("state=x", "sort=x", "town=x", "town=99999999999999999999", "page=x"):
        assert len(names(markup(client.get(f"{LIST}?{query}")))) == 3


def test_an_area_says_first_what_is_suspected_and_that_it_is_no_verdict(as_: As, fleet: None) -> None:
    page = page_of(as_, "A1")
    assert sentence(page) == "4 台电能表：1 台疑似超差，2 台不能判断，1 台未见超差。"
    assert names(page)[:4] == ["A1-m02", "A1-m03", "A1-m04", "A1-m01"]
    assert "不是检定结论" in page
    assert "<svg xmlns" in page
    assert "可能在 2026-03-04 换过。" in page
    because = [str(cell.text_content()) for cell in html.fromstring(page).find_class("why-not")]
    assert because[1] == "不能判断，因为用电量太小，读数说明不了误差。"
    assert "合格" not in page


def test_an_area_that_is_not_judged_accuses_nobody(as_: As, fleet: None) -> None:
    assert sentence(page_of(as_, "A2")) == "先查清台区本身的问题，2 台电能表都不作判断。"
    assert "约有 30 kWh 没有经过任何电能表。" in page_of(as_, "A2")
    assert "现场核实清单" not in page_of(as_, "A2")
    unreadable = page_of(as_, "A3")
    assert "读数不能用于估计" in sentence(unreadable)
    assert "<svg xmlns" not in unreadable


def test_the_command_names_the_readings_and_the_days(
    as_: As, people: dict[str, User], tmp_path: Path
) -> None:
    take(tmp_path, estimate("A;rm -r x"))
    page = page_of(as_, "A;rm -r x")
    command = str(html.fromstring(page).get_element_by_id("fleet-command").text_content())
    assert command == (
        "quanheng fleet estimate 'my readings' -o OUT.parquet && "
        "quanheng fleet show 'A;rm -r x' --results OUT.parquet --all"
    )


def test_a_hostile_name_is_only_text(as_: As, people: dict[str, User], tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    take(tmp_path, estimate(name, [(name, *METERS[1][1:])]))
    for page in (page_of(as_, name), markup(as_("officer").get(LIST))):
        assert name not in page


def test_meters_come_in_pages_and_by_status(as_: As, people: dict[str, User], tmp_path: Path) -> None:
    meters = [(f"m{at:03}", CONFORMING, 0.1, 0.3, 0.0, 0.01, "") for at in range(60)]
    take(tmp_path, estimate(meters=[*meters, METERS[1]]))
    assert len(names(page_of(as_, "A1"))) == 50
    assert names(page_of(as_, "A1", "?status=out_of_tolerance")) == ["A1-m02"]
    assert "没有这样的电能表" in page_of(as_, "A1", "?status=undetermined")
    assert len(names(page_of(as_, "A1", "?status=x&page=2"))) == 11


def test_earlier_results_stay_readable(as_: As, fleet: None) -> None:
    page = html.fromstring(page_of(as_, "A1"))
    assert len(page.xpath("//h2[@id='earlier']/following-sibling::div//tbody/tr")) == 1


def test_files_hold_what_is_shown_with_numbers_as_numbers(as_: As, fleet: None) -> None:
    client = as_("inspector")
    lines = b"".join(client.get(f"{LIST}areas.csv?state=suspects")).decode("utf-8-sig").splitlines()  # type: ignore[call-overload]
    assert len(lines) == 2
    assert lines[1].startswith("A1,朝阳路一号,亭子镇,有疑似超差,4,1,2,12.5,1.25,")
    area = SupplyArea.objects.get(area_id="A1")
    url = reverse("staff:fleet_meters_xlsx", args=[area.public_id])
    book = load_workbook(BytesIO(b"".join(client.get(f"{url}?status=out_of_tolerance"))))  # type: ignore[call-overload]
    rows = list(book.worksheets[0].values)
    assert len(rows) == 2
    assert rows[1][:5] == ("A1", "朝阳路一号", "A1-m02", "疑似超差", -5.2)
    csv = b"".join(client.get(reverse("staff:fleet_meters_csv", args=[area.public_id]))).decode("utf-8-sig")  # type: ignore[call-overload]
    assert "\r\nA1,朝阳路一号,A1-m02,疑似超差,-5.2,0.4," in csv


def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(as_: As, people: dict[str, User], tmp_path: Path) -> None:
    take(tmp_path, estimate("=1+1", [("@x", *METERS[1][1:])]), withheld())
    text = b"".join(as_("officer").get(f"{LIST}areas.csv")).decode()  # type: ignore[call-overload]
    assert "'=1+1" in text


def test_nobody_else_reads_what_homes_consume(as_: As, fleet: None) -> None:
    for person in ("owner", "liaison", "clerk", "verifier"):
        assert as_(person).get(LIST).status_code == 403
        assert "电表群" not in markup(as_(person).get("/staff/"))
    assert "电表群" in markup(as_("officer").get("/staff/"))
