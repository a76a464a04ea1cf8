"""Roles that only read, and roles whose pages are still to come: each is told the truth."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from quanheng.core.enums import Role
from tests.chromium import IN_BROWSER
from tests.e2e.door import Door, menu

pytestmark = IN_BROWSER
# What everybody may press: their own session and language, and a look at a proof.
HARMLESS = {"退出", "English", "核验这条记录", "复制"}
COMING = dict.fromkeys(("verifier", "checker", "signatory"), "检定员、核验员和授权签字人的页面") | {
    "owner": "计量器具使用单位的页面"
}


def test_an_auditor_reads_everything_and_finds_no_button_that_writes(door: Door) -> None:
    page = door.sign_in("auditor")
    seen = set(buttons(page))
    for entry in ("规划任务", "县区日", "日志", "单位", "用户"):
        menu(page, entry)
        seen |= set(buttons(page))
        page.goto(page.locator("table[data-keys] [data-row-link]").first.evaluate("link => link.href"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        seen |= set(buttons(page))
    assert seen <= HARMLESS
    menu(page, "规划任务")
    page.get_by_role("link", name="正文对照清单").click()
    page.get_by_role("link", name="版本", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("现行第")
    assert set(buttons(page)) <= HARMLESS


def test_an_inspector_sees_the_plan_and_may_not_change_it(door: Door) -> None:
    page = door.sign_in("inspector")
    expect(page.locator(".answer")).to_have_text("现在没有等您办的事。")
    page.get_by_role("link", name="演示检查员").click()
    expect(page.locator(".facts")).to_contain_text(f"{Role.INSPECTOR.label} · 区市场监管局")
    menu(page, "规划任务")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(15)
    assert set(buttons(page)) <= HARMLESS


@pytest.mark.parametrize("username", COMING)
def test_a_role_without_pages_yet_is_told_so(door: Door, username: str) -> None:
    page = door.sign_in(username)
    expect(page.locator(".answer")).to_have_text("您的岗位目前没有待办：相关页面还没有开通。")
    expect(page.get_by_text(COMING[username])).to_be_visible()
    entries = page.locator(".rail-menu .rail li" if door.width == "phone" else ".frame > .rail li")
    expect(entries).to_have_count(2)  # today and the log
    with door.watch.expects(403):
        page.goto("/staff/board/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("table")).to_have_count(0)


def buttons(page: Page) -> list[str]:
    """Return the words on what could send something, a link drawn as a filled button included."""
    pressable = page.locator(
        "button:visible, input[type=submit]:visible, .btn-primary:visible, .btn-danger:visible"
    )
    return [text.strip() for text in pressable.all_inner_texts()]
