"""The metrology officer: from the board to a new document, its adoption, the county day and the exports."""

from __future__ import annotations

from pathlib import Path

import docx
import python_calamine
from playwright.sync_api import Download, Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow, menu

pytestmark = AT_THE_DESK

# Of our own making; issued before the demonstration plan, so that the board goes on showing that one first.
PLAN = """达州市达川区市场监督管理局关于印发集贸市场用秤管理方案（{width}）的通知
达川市监发〔2023〕{number}号
2023年5月8日

二、工作任务
（一）管好市场用秤
1. 建立用秤台账。登记每个摊位的秤，每季度核对一次。〔牵头单位：区市场监管局；配合单位：{stranger}〕
2. 设置公平秤。在市场入口设置公平秤，定期送检。〔牵头单位：区市场监管局；配合单位：各乡、镇人民政府〕
"""
THIRD_TASK = "3. 公示检定结果。在市场张贴检定结果。〔牵头单位：区市场监管局；配合单位：区财政局〕\n"
NUMBERS = {"desktop": 17, "phone": 18}
LATER_MS = 60_000  # the worker recomputes the standing of some thousand instruments
STRANGERS = {"desktop": "区农业局", "phone": "区农牧局"}


def test_the_board_is_filtered_sorted_and_walked_with_keys(door: Door) -> None:
    page = door.sign_in("officer")
    expect(page.get_by_role("heading", level=1)).to_contain_text("今日")
    menu(page, "规划任务")
    rows = page.locator("table[data-keys] tbody tr")
    expect(rows).to_have_count(15)
    follow(page.locator(".words a", has_text="推进中"))
    expect(rows.locator(".q-status", has_text="推进中")).to_have_count(rows.count())
    menu(page, "规划任务")
    expect(rows).to_have_count(15)
    if door.width == "desktop":  # on a phone the rows are cards, without heads to press
        follow(page.get_by_role("columnheader", name="佐证").get_by_role("link"))
        counts = numbers(page)
        assert counts == sorted(counts)
        follow(page.get_by_role("columnheader", name="佐证").get_by_role("link"))
        expect(page.get_by_role("columnheader", name="佐证")).to_have_attribute("aria-sort", "descending")
        assert numbers(page) == sorted(counts, reverse=True)

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_have_count(1)
    expect(rows.nth(1)).to_have_class("is-current")
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class("is-current")
    title = rows.nth(0).locator("[data-row-link]").inner_text()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name=title)).to_be_visible()
    door.watch.look(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(rows.nth(0).locator("[data-row-link]")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("监管")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("搜索")
    expect(page.locator("tbody [data-row-link]").first).to_be_visible()


def test_the_task_and_the_document_against_its_annex(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "规划任务")
    for view in ("按部门", "按乡镇街道", "按任务"):
        follow(page.get_by_role("link", name=view, exact=True))
        expect(page.locator(".words a[aria-current]", has_text=view)).to_be_visible()
    follow(page.get_by_role("link", name="正文对照清单"))
    sides = page.locator("tbody tr")
    every = sides.count()
    follow(page.locator(".answer a"))
    expect(page.locator(".words a[aria-current]")).to_contain_text("有问题的")
    assert 0 < sides.count() < every
    expect(sides.first.locator(".finding").first).to_be_visible()

    menu(page, "规划任务")
    open_task(page, "（三）1")
    command = page.locator("code", has_text="quanheng indicator show task.units_filing_percent")
    figure = page.locator(".q-figure").filter(has=command)
    figure.get_by_text("如何得出").click()
    expect(figure.locator("code")).to_be_visible()
    door.watch.look(page)
    menu(page, "规划任务")
    follow(page.locator(".words a", has_text="正文与清单不一致"))
    open_task(page, page.locator("table[data-keys] [data-row-link]").first.inner_text())
    expect(page.locator("#findings ~ .finding").first).to_be_visible()
    door.watch.look(page)


def test_a_new_document_its_unknown_unit_two_versions_and_an_indicator(door: Door, tmp_path: Path) -> None:
    number, stranger = NUMBERS[door.width], STRANGERS[door.width]
    text = PLAN.format(width=door.width, number=number, stranger=stranger)
    page = door.sign_in("officer")
    upload(page, tmp_path / f"用秤方案-{door.width}.txt", text)
    expect(page.get_by_role("heading", name="这是哪个单位？")).to_be_visible()
    expect(page.get_by_role("button", name="采用这一版本")).to_have_count(0)
    page.get_by_label(f"“{stranger}”是哪个单位").select_option("区农业农村局")
    page.get_by_role("button", name="就是这个单位").click()
    expect(page.locator(".message-success")).to_contain_text(f"今后“{stranger}”就是“区农业农村局”。")
    page.get_by_role("button", name="采用这一版本").click()
    expect(page.locator(".message-success")).to_contain_text("已采用")
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(2)

    upload(page, tmp_path / f"用秤方案-{door.width}-改.txt", text + THIRD_TASK)
    expect(page.get_by_text("的新版本，现行第 1 版。")).to_be_visible()
    page.get_by_role("button", name="采用这一版本").click()
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(3)
    page.get_by_role("link", name="版本", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("现行第 2 版")
    expect(page.locator("#v2 ~ .table-box").first).to_contain_text("公示检定结果")

    page.go_back()
    open_task(page, "公示检定结果")
    page.get_by_role("link", name="挂接指标").click()
    page.get_by_label("佐证材料", exact=False).first.check()
    page.get_by_label("佐证材料的目标值").fill("4")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".q-figure")).to_contain_text("4")


def test_the_day_runs_by_the_button_to_its_end(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "县区日")
    runs = page.locator("table[data-keys] tbody tr")
    before = runs.count()
    page.get_by_role("button", name="运行县区日").click()
    progress = page.locator("#day-progress")
    expect(progress).to_contain_text("已完成", timeout=LATER_MS)
    steps = str(progress.locator("progress").get_attribute("max"))
    expect(progress.locator("progress")).to_have_attribute("value", steps)
    progress.get_by_role("link", name="查看结果").click()
    expect(page.locator(".answer")).to_contain_text(f"{steps} 步，全部完成")
    expect(page.locator("code", has_text="quanheng log check")).to_be_visible()
    expect(runs).to_have_count(before + 1)


def test_the_board_leaves_as_excel_and_word(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "规划任务")
    labels = page.locator("table[data-keys] tbody [data-row-link]")
    first = labels.first.inner_text().split()[-1]
    book = python_calamine.CalamineWorkbook.from_path(str(fetched(page, "全部任务 Excel").path()))
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert any(first in cell for cell in cells)
    document = docx.Document(str(fetched(page, "任务清单 Word").path()))
    words = "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert first in words


def test_the_log_shows_the_officer_who_and_what(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "日志")
    expect(page.locator(".answer")).to_contain_text("全部由最新检查点签署")
    page.locator(".words a", has_text="佐证").first.click()
    page.locator("table[data-keys] tbody [data-row-link]").first.click()
    expect(page.locator(".facts")).to_contain_text("与承诺相符")
    page.get_by_role("button", name="核验这条记录").click()
    expect(page.locator("[data-proof-verdict]")).to_have_text("核验通过：这条记录确在日志中，未被改动。")


def numbers(page: Page) -> list[int]:
    """Return the column of evidence, from the top."""
    return [int(text) for text in page.locator("td[data-label='佐证']").all_inner_texts()]


def open_task(page: Page, words: str) -> None:
    """Open a task of the board on its own page."""
    page.locator("table[data-keys] [data-row-link]", has_text=words).click()
    page.locator("#panel").get_by_role("link", name="打开整页").first.click()
    expect(page.locator(".page-head h1")).to_contain_text(words)


def upload(page: Page, path: Path, text: str) -> None:
    """Send a document to be compiled."""
    path.write_text(text, encoding="utf-8")
    menu(page, "规划任务")
    page.get_by_role("link", name="上传新文件").click()
    page.get_by_label("规划文件").set_input_files(path)
    page.get_by_role("button", name="上传并编译").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("核对")


def fetched(page: Page, name: str) -> Download:
    """Press a link that downloads."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value
