"""A messy ledger: its unknown heading asked about once, its bad rows told, imported, found, taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.e2e.door import AT_THE_DESK, Door, menu

pytestmark = AT_THE_DESK

LATER_MS = 60_000  # the worker looks into the queue, beside other tests
# An answer is remembered: another heading at each width.
STRANGE = {"desktop": "那家的字号", "phone": "那户的招牌"}


def test_a_messy_ledger_is_asked_about_reviewed_imported_and_taken_back(door: Door, tmp_path: Path) -> None:
    heading, mark = STRANGE[door.width], door.width.upper()
    page = door.sign_in("officer")
    send(page, ledger(tmp_path / f"摊位秤-{door.width}.xlsx", heading, mark))
    expect(page.locator(".answer")).to_contain_text("有 1 列要您指明")
    expect(page.get_by_label(f"“{heading}”是什么")).to_have_value("")  # asked, not guessed
    page.get_by_role("button", name="下一步，看结果").click()
    expect(page.get_by_label(f"“{heading}”是什么")).to_be_focused()  # nothing goes on without an answer
    page.get_by_label(f"“{heading}”是什么").select_option("owner")
    page.get_by_role("button", name="下一步，看结果").click()

    expect(page.locator(".answer")).to_have_text("共 4 行，可以导入 2 行，不能导入 2 行。")
    reasons = page.locator("#rejected ~ .table-box tbody tr")
    expect(reasons).to_have_count(2)
    expect(reasons.nth(0)).to_contain_text("2026-02-30")
    expect(reasons.nth(1)).to_contain_text("使用单位")
    door.watch.look(page)
    assert found(page, mark) == 0  # nothing is imported yet
    page.go_back()
    page.get_by_role("button", name="导入这 2 行").click()
    expect(page.locator(".message-success")).to_contain_text("已开始导入")
    expect(page.locator(".answer")).to_contain_text("已处理 4 行，2 行没有导入", timeout=LATER_MS)
    expect(page.locator(".q-figure", has_text="新增")).to_contain_text("2")

    page.locator("tbody a[data-row-link]").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{mark}001")
    expect(page.locator("main")).to_contain_text(f"{mark}号摊主")
    assert found(page, mark) == 2
    page.goto("/staff/imports/")
    page.get_by_role("link", name=f"摊位秤-{door.width}.xlsx").first.click()
    page.get_by_text("整批撤销").click()
    page.get_by_label("理由", exact=False).fill("选错了市场")
    door.watch.look(page)
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已撤销。")
    expect(page.locator(".answer")).to_contain_text("撤销")
    assert found(page, mark) == 0

    send(page, ledger(tmp_path / f"摊位秤-{door.width}-二.xlsx", heading, f"{mark}B"))
    expect(page.locator(".answer")).not_to_contain_text("要您指明")  # the answer was remembered
    expect(page.get_by_label(f"“{heading}”是什么")).to_have_value("owner")
    page.get_by_role("button", name="放弃").click()
    expect(page.locator(".message-success")).to_contain_text("没有导入任何内容")


def test_what_is_no_ledger_is_refused_beside_the_field(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"PK\x03\x04 half a workbook")
    page = door.sign_in("officer")
    page.goto("/staff/imports/")
    with door.watch.expects(409, 422):
        page.get_by_label("台账文件").set_input_files(path)
        page.get_by_role("button", name="上传并读取").click()
        expect(page.get_by_role("alert")).to_contain_text("没有办成")
    expect(page).to_have_url(re.compile(r"/staff/imports/$"))


def send(page: Page, path: Path) -> None:
    """Upload a ledger, from the list of instruments."""
    menu(page, "计量器具")
    page.get_by_role("link", name="导入台账").click()
    page.get_by_label("台账文件").set_input_files(path)
    page.get_by_role("button", name="上传并读取").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("核对表头")


def found(page: Page, text: str) -> int:
    """Return how many instruments the list finds."""
    page.goto(f"/staff/instruments/?text={text}0")
    return page.locator("table[data-keys] tbody tr").count()


def ledger(path: Path, strange: str, mark: str) -> Path:
    """Write a workbook as offices keep them: title, repeated heading, merged cells, two bad rows, a footer."""
    verified = date.today() - timedelta(days=90)  # noqa: DTZ011  what stands on the certificates
    dotted = f"{verified.year}.{verified.month}.{verified.day}"
    head = ("序号", strange, "计量器具名称", "型号规格", "出厂编号", "制造单位", "安装地点", "检定日期")

    def line(number: int, owner: str, day: object) -> tuple[object, ...]:
        stall = f"亭子镇演示集市 {number}号摊"
        return (number, owner, "电子计价秤", "ACS-30", f"{mark}00{number}", "演示衡器厂", stall, day)

    owner = f"{mark}号摊主"
    rows = [
        ("达川区某市场在用衡器登记表（演示）",),
        head,
        line(1, owner, dotted),
        line(2, owner, verified),
        head,
        line(3, owner, "2026-02-30"),
        line(4, "", dotted),
        ("合计", "", "", "", 4),
    ]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    sheet.merge_cells("A1:H1")
    book.save(path)
    return path
