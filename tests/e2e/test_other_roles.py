"""Roles that only read, and roles that see a part: each is told the truth."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from quanheng.core.enums import Role
from tests.e2e.door import AT_THE_DESK, Door, follow, menu
from tests.e2e.lists import number, open_list, rows, total

pytestmark = AT_THE_DESK
# What everybody may press: their own session and language, and a look at a proof.
HARMLESS = {"退出", "English", "核验这条记录", "复制"}
NARROWING = {"查找", "按此查看", "重新计算", "按此显示"}  # forms that only read
LOOKING = {"+", "−", "全图", "下载 PDF"}
INSTITUTE = {"desktop": "verifier", "phone": "signatory"}  # who may what is tested for each role elsewhere


def test_an_auditor_reads_everything_and_finds_no_button_that_writes(door: Door) -> None:
    page = door.sign_in("auditor")
    seen = set(buttons(page))
    for entry in ("规划任务", "计量器具", "县区日", "规则", "日志", "单位", "用户"):
        menu(page, entry)
        seen |= set(buttons(page))
        page.goto(page.locator("table[data-keys] [data-row-link]").first.evaluate("link => link.href"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        seen |= set(buttons(page))
    for path in ("due/", "due/calendar/", "due/waves/", "due/map/", "places/", "parties/", "notices/?days=7"):
        page.goto(f"/staff/{path}")
        seen |= set(buttons(page))
    assert seen <= HARMLESS | NARROWING | LOOKING
    menu(page, "规划任务")
    page.get_by_role("link", name="正文对照清单").click()
    page.get_by_role("link", name="版本", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("现行第")
    assert set(buttons(page)) <= HARMLESS


def test_an_inspector_sees_the_plan_and_may_not_change_it(door: Door) -> None:
    page = door.sign_in("inspector")
    expect(page.locator(".answer")).to_contain_text("等您办")
    page.get_by_role("link", name="演示检查员").click()
    expect(page.locator(".facts")).to_contain_text(f"{Role.INSPECTOR.label} · 区市场监管局")
    menu(page, "规划任务")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(15)
    assert set(buttons(page)) <= HARMLESS


def test_an_institute_reads_instruments_and_files_none(door: Door) -> None:
    page = door.sign_in(INSTITUTE[door.width])
    expect(page.locator(".answer")).to_contain_text("等您办")
    expect(page.get_by_role("link", name="份检定申请待受理")).to_be_visible()
    assert rail(page) == [
        *("今日", "计量器具", "检定到期", "人员与资质", "计量标准", "检定", "证书"),
        *("规则", "测量模型", "日志"),
    ]
    open_list(page)
    assert total(page) > 4000  # whatever may be brought to them
    assert set(buttons(page)) <= HARMLESS | NARROWING | {"保存"}  # a filter of their own
    page.goto(str(rows(page).first.locator("[data-row-link]").evaluate("link => link.href")))
    expect(page.get_by_role("heading", name="为什么")).to_be_visible()
    assert set(buttons(page)) <= HARMLESS
    with door.watch.expects(403):
        for path in ("board/", "instruments/new/", "instruments/door/", "imports/", "ecqs/", "labels/"):
            page.goto(f"/staff/{path}")
            expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")


def test_an_owner_is_told_what_waits_and_goes_straight_there(door: Door) -> None:
    page = door.sign_in("owner")
    assert rail(page) == ["今日", "计量器具", "检定到期", "检定", "证书", "规则", "日志"]
    waiting = page.locator("main tbody tr")
    assert number(page.locator(".answer").inner_text()) == waiting.count() > 0
    for at in range(waiting.count()):
        link = waiting.nth(at).locator("[data-row-link]")
        said = number(link.inner_text())
        follow(link)
        assert total(page) == said
        page.go_back()
    with door.watch.expects(403):
        for path in ("board/", "instruments/door/", "imports/", "ecqs/", "instruments/duplicates/", "users/"):
            page.goto(f"/staff/{path}")
            expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")


def rail(page: Page) -> list[str]:
    """Return the entries of the rail."""
    entries = page.get_by_role("navigation", name="主导航", include_hidden=True).first.locator("li")
    return [text.strip() for text in entries.all_text_contents()]


def buttons(page: Page) -> list[str]:
    """Return the words on what could send something, a link drawn as a filled button included."""
    pressable = page.locator(
        "button:visible, input[type=submit]:visible, .btn-primary:visible, .btn-danger:visible"
    )
    return [text.strip() for text in pressable.all_inner_texts()]
