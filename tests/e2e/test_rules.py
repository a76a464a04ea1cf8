"""Rules as dated data: one is checked against the official text; a coming one is tried out before it acts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow, menu
from tests.e2e.lists import number, total

pytestmark = AT_THE_DESK

KINDS = {"desktop": "电子汽车衡", "phone": "医用体重秤"}  # one to confirm at each width
JJG_1204_ON = date(2027, 1, 8)
SHORTER = """format: 1
rules:
- key: price_scale
  number: 9
  control: both
  uses: [trade]
  confidence: found
  source: 演示用，不是正式文本
  clause: "1"
  catalogue: 演示目录
  regulation: JJG 9999
  edition: "2026"
  in_force_from: {day}
  transition: at_once
  terms:
  - {{mode: periodic, months: 6}}
"""


def test_a_rule_is_confirmed_against_the_official_text(door: Door, tmp_path: Path) -> None:
    scan = tmp_path / "规程扫描件.pdf"
    scan.write_bytes(b"%PDF-1.7 page 9")
    page = door.sign_in("officer")
    menu(page, "规则")
    unconfirmed = number(page.locator(".answer a").first.inner_text())
    open_rule(page, KINDS[door.width])
    expect(page.locator(".answer")).to_contain_text("未核对")
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", agree)
    page.locator("[name=against]").fill("JJG 539-2016")
    page.locator("[name=clause]").fill("7.5")
    page.locator("[name=file]").set_input_files(scan)
    door.watch.look(page)
    page.get_by_role("button", name="核对一致").click()
    expect(page.locator(".message-success")).to_be_visible()
    assert "完全一致" in asked[0]
    expect(page.locator(".answer")).not_to_contain_text("未核对")
    expect(page.get_by_role("button", name="核对一致")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="核对材料").click()
    assert Path(download.value.path()).read_bytes() == scan.read_bytes()
    menu(page, "规则")
    assert number(page.locator(".answer a").first.inner_text()) == unconfirmed - 1


def test_the_instruments_of_a_rule_are_as_many_as_it_says(door: Door) -> None:
    page = door.sign_in("officer")
    open_rule(page, "燃油加油机", "JJG 443-2023")
    link = page.locator(".answer a")
    said = number(link.inner_text())
    follow(link)
    assert total(page) == said > 0


@pytest.mark.skipif(date.today() >= JJG_1204_ON, reason="JJG 1204-2025 is in force by now")  # noqa: DTZ011  the server's clock
def test_what_jjg_1204_will_change_is_shown_and_nothing_is_saved(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "规则")
    rules = page.locator("table[data-keys] tbody tr").count()
    page.get_by_role("link", name="新规会改变什么").click()
    page.get_by_label("比较哪一天").fill(JJG_1204_ON.isoformat())
    page.get_by_role("button", name="比较").click()
    expect(page.locator(".answer")).to_contain_text("到 2027-01-08，共核对")
    expect(page.locator(".answer")).to_contain_text("没有保存任何改动")
    changed = number(page.locator(".answer b").inner_text())
    assert changed > 100
    kinds = page.locator("h2:has-text('变化') + .table-box tbody tr", has_text="电子计价秤")
    expect(kinds.locator("td").last).to_have_text(str(changed))
    first = page.locator("table[data-keys] tbody tr").first
    expect(first.locator("td[data-label='变化']")).to_have_text("下次检定起改用新规则")
    expect(first.locator("td[data-label='规则']")).to_contain_text("price_scale/1 → price_scale/2 未核对")
    expect(page.locator("code", has_text="quanheng rules what-if --on 2027-01-08")).to_have_count(1)
    door.watch.look(page)
    menu(page, "规则")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(rules)


def test_a_rule_file_is_tried_before_it_is_added(door: Door, tmp_path: Path) -> None:
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  the server's clock
    tried = tmp_path / "试行.yaml"
    tried.write_text(SHORTER.format(day=tomorrow), encoding="utf-8")
    page = door.sign_in("officer")
    menu(page, "规则")
    rules = page.locator("table[data-keys] tbody tr").count()
    page.goto("/staff/rules/what-if/")
    page.get_by_label("比较哪一天").fill(tomorrow.isoformat())
    page.get_by_label("规则文件").set_input_files(tried)
    follow(page.get_by_role("button", name="比较"))
    assert number(page.locator(".answer b").inner_text()) > 0
    moved = page.locator("table[data-keys] tbody tr", has_text="到期日变化").first
    before, after = moved.locator("td[data-label='到期日']").inner_text().split(" → ")
    assert after < before  # 6 months instead of 12
    expect(page.get_by_role("button", name="添加这些规则")).to_be_visible()
    page.get_by_text("看规则文件").click()
    door.watch.look(page)
    menu(page, "规则")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(rules)


def test_a_rule_file_that_says_nothing_sound_is_refused(door: Door, tmp_path: Path) -> None:
    bad = tmp_path / "坏.yaml"
    bad.write_text("format: 1\nrules: [{key: 没有这种器具}]\n", encoding="utf-8")
    page = door.sign_in("officer")
    page.goto("/staff/rules/what-if/")
    page.get_by_label("比较哪一天").fill("2027-01-08")
    page.get_by_label("规则文件").set_input_files(bad)
    with door.watch.expects(409, 422):
        page.get_by_role("button", name="比较").click()
        expect(page.get_by_role("alert")).to_be_visible()


def test_the_auditor_reads_the_rules_and_changes_none(door: Door) -> None:
    page = door.sign_in("auditor")
    open_rule(page, "出租汽车计价器")
    expect(page.get_by_role("button", name="核对一致")).to_have_count(0)
    expect(page.get_by_role("link", name="据此起草新版本")).to_have_count(0)
    with door.watch.expects(403):
        page.goto("/staff/rules/what-if/")
        expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")


def open_rule(page: Page, kind: str, document: str = "") -> None:
    """Open the rule of a kind of instrument from the list."""
    menu(page, "规则")
    row = page.locator("table[data-keys] tbody tr").filter(
        has=page.get_by_role("link", name=kind, exact=True)
    )
    row.filter(has_text=document).locator("[data-row-link]").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(kind))
