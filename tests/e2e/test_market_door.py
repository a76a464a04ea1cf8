"""Registering a market at the door: the grid by keyboard, a block from a spreadsheet, bad rows, drafts."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.door import Door

pytestmark = IN_BROWSER

PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
MARKET = "演示亭子农贸市场"


def test_a_block_is_pasted_mended_by_keyboard_registered_and_submitted(door: Door) -> None:
    mark = {"desktop": "DA", "phone": "DB"}[door.width]
    page = door.sign_in("clerk")
    begin(page)
    first = cell(page, "位置", 1)
    first.focus()
    sheet = (f"1号\t{mark}张\t13900000001\t{mark}01", f"2号\t{mark}李\t\t{mark}02", f"3号\t\t\t{mark}-02")
    page.evaluate(PASTE, "\r\n".join([*sheet, ""]))
    expect(cell(page, "出厂编号", 2)).to_have_value(f"{mark}02")
    notes = page.locator("#door-grid .grid-note")
    expect(notes.nth(2)).to_have_text("缺使用单位")
    expect(page.locator("#door-grid [role=status]")).to_have_text("已填 3 台，其中 1 台要核对。")
    cell(page, "使用单位", 3).fill(f"{mark}王")
    expect(notes.nth(2)).to_have_text("与第 2 行编号相同")
    door.watch.look(page)

    cell(page, "出厂编号", 2).focus()
    page.keyboard.press("Enter")
    expect(cell(page, "出厂编号", 3)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cell(page, "出厂编号", 2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(f"{mark}03")
    expect(notes.nth(2)).to_have_text("")

    page.reload()  # the battery was empty: what was typed is kept on this device
    expect(cell(page, "出厂编号", 3)).to_have_value(f"{mark}03")
    expect(page.get_by_label("制造单位")).to_have_value("演示衡器厂")
    expect(page.locator(".draft-note")).to_contain_text("已恢复上次没有登记的内容。")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".answer")).to_have_text("登记了 3 台，其中 3 台还没有提交备案。")
    page.get_by_role("button", name="提交备案（3 台）").click()
    expect(page.locator(".answer")).to_have_text("登记的 3 台都已提交备案。")
    expect(page.get_by_role("button", name="打印标签（3 张）")).to_be_visible()

    refused_row_stays(door, page, mark)


def refused_row_stays(door: Door, page: Page, mark: str) -> None:
    """The good row is registered, the bad one comes back with its reason, and goes through when mended."""
    begin(page)
    expect(cell(page, "出厂编号", 1)).to_have_value("")  # the draft ended with the success
    for row, serial in ((1, f"{mark}04"), (2, f"{mark}01")):
        cell(page, "使用单位", row).fill(f"{mark}张")
        cell(page, "出厂编号", row).fill(serial)
    expect(page.locator("#door-grid .grid-note").nth(1)).to_contain_text("已登记")
    with door.watch.expects(422):
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.locator(".answer")).to_contain_text("已登记 1 台，还有 1 行没有登记")
    expect(cell(page, "出厂编号", 1)).to_have_value(f"{mark}01")
    expect(cell(page, "出厂编号", 2)).to_have_value("")
    expect(page.locator("[data-errors]")).to_contain_text("同一制造单位、同一出厂编号")
    door.watch.look(page)
    cell(page, "出厂编号", 1).fill(f"{mark}05")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("2 台还没有提交备案")


def test_a_clerk_registers_in_the_own_town_only_and_loses_nothing(door: Door) -> None:
    page = door.sign_in("clerk")
    begin(page, market="演示石桥农贸市场")
    cell(page, "使用单位", 1).fill("演示张三")
    cell(page, "出厂编号", 1).fill("DX01")
    with door.watch.expects(403):
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.get_by_text("您只能办理本单位或本乡镇街道的计量器具。")).to_be_visible()
    page.goto("/staff/instruments/door/")
    expect(cell(page, "出厂编号", 1)).to_have_value("DX01")
    page.get_by_role("button", name="不要了").click()
    expect(cell(page, "出厂编号", 1)).to_have_value("")


def begin(page: Page, market: str = MARKET) -> None:
    """Open the page and say what all scales of the market share."""
    page.goto("/staff/instruments/door/")
    page.get_by_label("市场或场所").fill(market)
    page.get_by_label("器具名称").fill("电子计价秤")
    page.get_by_label("制造单位").fill("演示衡器厂")
    expect(page.locator("#answer")).to_contain_text("强制检定")


def cell(page: Page, column: str, row: int) -> Locator:
    """Return one field of the grid."""
    return page.get_by_label(f"{column} {row}", exact=True)
