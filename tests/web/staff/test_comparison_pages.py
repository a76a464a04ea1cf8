"""The pages of the exchange with e-CQS."""

from __future__ import annotations

from io import BytesIO

import pytest
import python_calamine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.models import Comparison, Instrument
from tests.web.world import World, build_world


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return build_world(people)


@pytest.fixture
def officer(world: World) -> Client:
    client = Client()
    client.force_login(world.people["officer"])
    return client


def test_the_import_sheet_is_sent_as_a_workbook(officer: Client) -> None:
    response = officer.get(reverse("staff:ecqs_sheet"))
    rows = python_calamine.CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    assert "attachment" in response.headers["Content-Disposition"]
    assert [row[rows.to_python()[0].index("出厂编号")] for row in rows.to_python()[1:]] == ["SN2024101"]


def test_the_page_says_that_the_layout_was_not_compared_with_the_template(officer: Client) -> None:
    page = officer.get(reverse("staff:comparisons")).content.decode()
    assert "列布局尚未与官方模板核对" in page
    assert "出厂编号" in page


def test_an_uploaded_ledger_leads_to_its_differences(officer: Client) -> None:
    ledger = "出厂编号,器具名称,规格型号,制造单位\nSN2024101,电子计价秤,ACS-15,演示衡器厂\n".encode()
    response = officer.post(reverse("staff:comparisons"), {"file": SimpleUploadedFile("l.csv", ledger)})
    page = officer.get(response.headers["Location"]).content.decode()
    assert "ACS-15" in page
    assert "ACS-30" in page
    assert "待处理" in page


def test_what_is_no_ledger_is_refused_and_leaves_nothing(officer: Client) -> None:
    before = Comparison.objects.count()
    sent = {"file": SimpleUploadedFile("l.xlsx", b"PK\x03\x04 broken")}
    response = officer.post(reverse("staff:comparisons"), sent)
    assert response.status_code == 409
    assert "文件无法读取" in response.content.decode()
    assert Comparison.objects.count() == before


def test_all_differences_that_the_filter_shows_are_decided_at_once(officer: Client, world: World) -> None:
    url = reverse("staff:comparison_resolve", args=[world.comparison.public_id])
    officer.post(f"{url}?what=only_there", {"all": "1", "resolution": "registered"})
    assert Instrument.objects.filter(serial_no="SN2024999").count() == 0  # nobody knows its owner
    page = officer.get(reverse("staff:comparison", args=[world.comparison.public_id])).content.decode()
    assert "没有办成" in page

    officer.post(f"{url}?what=only_here", {"all": "1", "resolution": "keep_ours"})
    assert world.comparison.differences.exclude(resolution="").count() == 1


def test_without_a_resolution_nothing_is_decided(officer: Client, world: World) -> None:
    url = reverse("staff:comparison_resolve", args=[world.comparison.public_id])
    officer.post(url, {"all": "1", "resolution": ""})
    assert world.comparison.differences.exclude(resolution="").count() == 0
