"""A citizen with a certificate in hand: found by its number, checked in their own browser, nothing sent."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, Request, expect

from tests.chromium import IN_BROWSER
from tests.demonstration import Demonstration
from tests.e2e.door import Door

pytestmark = IN_BROWSER


def a_valid_one(house: Demonstration) -> tuple[str, bytes]:
    """Number and PDF of a certificate of the demonstration that passed and stands."""
    with (house.home / "open" / "certificates.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["status"] == "valid")
    digest = row["pdf_sha256"]
    return row["number"], (house.home / "files" / digest[:2] / digest).read_bytes()


def give(page: Page, data: bytes, tmp_path: Path) -> None:
    """Choose a file for the check of the page."""
    file = tmp_path / "证书.pdf"
    file.write_bytes(data)
    page.locator("[data-pick] input").set_input_files(file)


def test_a_citizen_looks_a_certificate_up_and_checks_the_file(
    door: Door, house: Demonstration, tmp_path: Path
) -> None:
    number, pdf = a_valid_one(house)
    page = door.visitor()
    page.goto("/")
    page.get_by_role("link", name="证书查验").click()
    page.get_by_label("证书编号，或器具标签上的编码").fill(number)
    page.get_by_role("button", name="查验").click()
    page.wait_for_url(f"**/certificate/{number}/", wait_until="networkidle")
    expect(page.locator(".answer")).to_contain_text("合格")
    door.watch.look(page)

    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    give(page, pdf, tmp_path)
    expect(page.locator("[data-verdict]")).to_contain_text(f"是真的：这就是证书 {number} 的原件，未经改动")
    door.watch.look(page)
    give(page, pdf[:-1] + bytes([pdf[-1] ^ 1]), tmp_path)
    expect(page.locator("[data-verdict]")).to_contain_text("这个文件不是原件")
    expect(page.locator("[data-steps] > .bad")).to_have_count(1)
    assert asked == []


def test_a_number_that_nobody_gave_is_told_so(door: Door) -> None:
    page = door.visitor()
    with door.watch.expects(404):
        page.goto("/certificate/?q=511703-X-2026-999999")
    expect(page.locator(".answer")).to_have_text("没有这个编号")
    door.watch.look(page)
