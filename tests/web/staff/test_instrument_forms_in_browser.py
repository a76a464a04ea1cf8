"""Registering on a phone, and the grid at the market door, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from quanheng.core.models import User
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Instrument
from tests.chromium import IN_BROWSER
from tests.instruments.making import make_party, make_place, make_scale
from tests.web.staff.conftest import As

pytestmark = [*IN_BROWSER, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1366, "height": 768}}
TARGET_PX = 44
PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
Visit = Callable[..., Page]


@pytest.fixture
def visit(
    live_server: Any, new_context: Callable[..., BrowserContext], as_: As, people: dict[str, User]
) -> Visit:
    """Somebody of the cast, signed in, on a page; any error of a script fails the test."""
    faults: list[str] = []

    def go(person: str, path: str, screen: dict[str, Any]) -> Page:
        make_party()
        make_place()
        context = new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **screen)
        cookie = as_(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{live_server.url}{path}")
        return page

    yield go
    assert faults == []


def _grid(page: Page) -> list[list[str]]:
    return page.eval_on_selector_all(
        "#door-grid tbody tr",
        "rows => rows.map(row => [...row.querySelectorAll('input')].map(i => i.value)"
        ".concat(row.querySelector('.grid-note').textContent)).filter(cells => cells.some(Boolean))",
    )


def test_an_owner_registers_and_submits_on_a_phone(visit: Visit) -> None:
    page = visit("owner", "/staff/instruments/new/", PHONE)
    expect(page.get_by_label("使用单位")).to_have_value("达川演示超市")
    page.get_by_label("器具名称").fill("水表")
    expect(page.locator("#answer")).to_contain_text("强制检定")
    page.get_by_label("公称口径").fill("15")
    page.get_by_label("其他用途").check()
    expect(page.locator("#answer")).to_contain_text("非强制检定")
    page.get_by_label("贸易结算").check()
    expect(page.locator("#answer")).to_contain_text("72 个月")
    expect(page.get_by_label("公称口径")).to_have_value("15")
    page.get_by_label("出厂编号").fill("5566")
    page.reload()  # what was typed is kept on this phone
    expect(page.get_by_label("出厂编号")).to_have_value("5566")
    small = page.eval_on_selector_all(
        "main .form input:not([type=hidden]):not([type=radio]):not([type=file]), main .form select, main .form .btn,"
        " #id_use label",
        f"all => all.filter(one => one.offsetParent && one.getBoundingClientRect().height < {TARGET_PX})"
        ".map(one => one.outerHTML)",
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="保存并提交备案").click()
    expect(page.locator(".message-success")).to_contain_text("已登记并提交备案")
    made = Instrument.objects.get()
    assert (made.serial_no, made.parameters, made.filing) == ("5566", {"dn_mm": 15}, Filing.SUBMITTED)


def test_a_sheet_is_pasted_checked_while_typing_and_registered(visit: Visit) -> None:
    page = visit("officer", "/staff/instruments/door/", DESK)
    make_scale(serial_no="A001", manufacturer="演示衡器厂")
    page.get_by_label("市场或场所").fill("亭子镇集贸市场")
    page.get_by_label("器具名称").fill("电子计价秤")
    page.get_by_label("制造单位").fill("演示衡器厂")
    page.locator("#door-grid input").first.focus()
    page.evaluate(PASTE, "1号\t张三\t13900000000\tA001\r\n2号\t李四\t\tA002\r\n3号\t\t\tA-002\r\n")
    expect(page.locator("#door-grid .grid-note").first).to_have_text("已登记：使用单位不详")
    assert [row[4] for row in _grid(page)] == ["已登记：使用单位不详", "", "缺使用单位"]
    page.get_by_label("使用单位 3").fill("王五")
    assert _grid(page)[2][4] == "与第 2 行编号相同"
    page.get_by_label("出厂编号 3").fill("A003")
    page.keyboard.press("Enter")
    expect(page.get_by_label("出厂编号 4")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("出厂编号 3")).to_be_focused()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("[data-errors]")).to_contain_text("同一制造单位、同一出厂编号")
    (left,) = _grid(page)  # the good lines are gone, the bad one has its reason beside it
    assert left[:4] == ["1号", "张三", "13900000000", "A001"]
    assert "已登记" in left[4]
    page.get_by_label("出厂编号 1", exact=True).fill("A004")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("登记了 3 台，其中 3 台还没有提交备案")
    page.get_by_role("button", name="提交备案（3 台）").click()
    expect(page.locator(".answer")).to_contain_text("登记的 3 台都已提交备案")
    expect(page.get_by_role("button", name="打印标签（3 张）")).to_be_visible()
    assert Instrument.objects.filter(filing=Filing.SUBMITTED).count() == 3


def test_without_a_connection_nothing_is_sent_and_nothing_lost(visit: Visit) -> None:
    page = visit("clerk", "/staff/instruments/door/", PHONE)
    page.get_by_label("制造单位").fill("演示衡器厂")
    page.get_by_label("使用单位 1", exact=True).fill("张三")
    page.get_by_label("出厂编号 1", exact=True).fill("A001")
    page.context.set_offline(True)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#door-grid [role=status]")).to_contain_text("内容已存在这台设备上")
    page.context.set_offline(False)
    page.reload()
    assert [row[:4] for row in _grid(page)] == [["", "张三", "", "A001"]]
    expect(page.get_by_label("制造单位")).to_have_value("演示衡器厂")
    page.get_by_role("button", name="不要了").click()
    expect(page.get_by_label("使用单位 1", exact=True)).to_have_value("")
    assert not Instrument.objects.exists()
