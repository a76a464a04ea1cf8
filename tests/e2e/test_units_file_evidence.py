"""The units of a plan: each sees its own tasks, files what it did, and takes it back with a reason."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.door import Door, menu

pytestmark = IN_BROWSER


def test_a_liaison_sees_own_tasks_only_files_evidence_and_withdraws_it(door: Door, tmp_path: Path) -> None:
    path = tmp_path / f"供水抄表核查-{door.width}.txt"
    path.write_text(f"核查记录 {door.width}\n", encoding="utf-8")
    page = door.sign_in("liaison")
    menu(page, "规划任务")
    expect(page.get_by_text("这里只列出您单位承担的任务。")).to_be_visible()
    own = page.locator("table[data-keys] tbody tr")
    titles = own.locator("[data-row-link]").all_inner_texts()
    assert 0 < len(titles) < 15
    page.get_by_role("link", name="（三）1", exact=False).first.click()
    page.locator("#panel").get_by_role("link", name="提交佐证").click()
    expect(page.locator(".facts")).to_contain_text("区水务局")

    row = file_evidence(page, path)
    expect(row).to_contain_text("区水务局")
    expect(row).to_contain_text("演示水务联络员")
    row.get_by_text("SHA-256").click()
    expect(row).to_contain_text(sha256(path.read_bytes()).hexdigest())
    door.watch.look(page)
    with page.expect_download() as download:
        row.get_by_role("link", name=path.name).click()
    assert Path(download.value.path()).read_bytes() == path.read_bytes()

    row.get_by_role("link", name="撤回").click()
    expect(page.locator(".answer")).to_contain_text(path.name)
    page.get_by_label("理由").fill("登记错了任务")
    page.get_by_role("button", name="撤回", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("佐证材料已撤回。")
    expect(row).to_contain_text("已撤回")
    expect(row).to_contain_text("登记错了任务")


def test_a_task_of_others_is_not_even_admitted_to_a_liaison(door: Door) -> None:
    officer = door.sign_in("officer")
    menu(officer, "规划任务")
    links = officer.locator("table[data-keys] [data-row-link]")
    every = [link.get_attribute("href") for link in links.all()]
    page = door.sign_in("liaison")
    menu(page, "规划任务")
    links = page.locator("table[data-keys] [data-row-link]")
    own = [link.get_attribute("href") for link in links.all()]
    [stranger, *_] = [url for url in every if url not in own]
    with door.watch.expects(404):
        page.goto(str(stranger))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".facts")).to_have_count(0)


def test_a_town_clerk_files_for_the_own_town_through_the_group(door: Door, tmp_path: Path) -> None:
    path = tmp_path / f"集市秤具检查-{door.width}.txt"
    path.write_text(f"亭子镇集市检查 {door.width}\n", encoding="utf-8")
    page = door.sign_in("clerk")
    menu(page, "规划任务")
    page.get_by_role("link", name="（五）3", exact=False).first.click()
    panel = page.locator("#panel")
    expect(panel.locator(".facts")).to_contain_text("各乡、镇人民政府")
    panel.get_by_role("link", name="提交佐证").click()
    expect(page.get_by_label("单位", exact=True).locator("option")).to_have_text(["亭子镇"])
    expect(file_evidence(page, path)).to_contain_text("亭子镇")


def file_evidence(page: Page, path: Path) -> Locator:
    """File a file for the unit that the form offers; return its row in the table."""
    page.get_by_label("事情发生的日期").fill(date.today().isoformat())  # noqa: DTZ011  what the person at the desk types
    page.locator("input[type=file][name=file]").set_input_files(path)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("佐证材料已收下")
    return page.locator("#evidence ~ .table-box").first.locator("tr", has_text=path.name)
