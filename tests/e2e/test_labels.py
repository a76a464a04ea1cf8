"""Labels: printed by the officer for a market, scanned by a citizen; notices of the same market."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pdfplumber
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.door import Door
from tests.instruments.qr import read_qr

pytestmark = pytest.mark.browser
DPI = 300
FIRST_CODE_MM = (0, 0.5, 32, 37.5)  # the left part of the first label of 70 × 37 mm


def _downloaded(page: Page, name: str, role: str = "button") -> bytes:
    with page.expect_download() as download:
        page.get_by_role(role, name=name).click()  # type: ignore[arg-type]
    return Path(download.value.path()).read_bytes()


def test_what_is_printed_for_a_market_leads_a_citizen_to_the_public_page(door: Door) -> None:
    page = door.sign_in("officer")
    page.goto("/staff/labels/?setting=market&text=市场")
    expect(page.get_by_text(re.compile(r"将打印 \d+ 张标签"))).to_be_visible()
    sheet = pdfplumber.open(io.BytesIO(_downloaded(page, "生成 PDF")))
    picture = sheet.pages[0].to_image(resolution=DPI).original
    url = read_qr(picture.crop(tuple(round(mm / 25.4 * DPI) for mm in FIRST_CODE_MM)))

    citizen = door.visitor()
    citizen.goto(url)
    expect(citizen.get_by_role("heading", level=2, name="检定", exact=True)).to_be_visible()
    expect(citizen.get_by_text(url.rsplit("/", 1)[1])).to_be_visible()
    expect(citizen.get_by_role("link", name="12315")).to_have_attribute("href", "tel:12315")
    citizen.get_by_role("link", name=re.compile("导入的那一条")).first.click()  # a ledger is one leaf
    expect(citizen.get_by_text("只看关于")).to_be_visible()


def test_notices_are_downloaded_and_a_calendar_is_opened(door: Door) -> None:
    page = door.sign_in("officer")
    page.goto("/staff/notices/?setting=market&by=place&days=90")
    expect(page.get_by_text(re.compile(r"可发通知书 [1-9]\d* 份"))).to_be_visible()
    pdf = pdfplumber.open(io.BytesIO(_downloaded(page, "下载 PDF", role="link")))
    assert "强制检定通知书" in re.sub(r"\s", "", pdf.pages[0].extract_text())
