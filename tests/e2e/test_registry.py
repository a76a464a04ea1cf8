"""The list of instruments: found, narrowed, walked with keys, kept, filed in bulk, taken away as a file; merged."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import python_calamine
from playwright.sync_api import Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow
from tests.e2e.lists import number, open_list, rows, total

pytestmark = AT_THE_DESK


def test_an_instrument_is_found_by_number_owner_and_initials(door: Door) -> None:
    page = door.sign_in("officer")
    open_list(page, "达川演示超市")
    of_shop = total(page)
    assert of_shop >= 5
    expect(page.locator("td[data-label='使用单位']").first).to_have_text("达川演示超市")
    serial = page.locator("td[data-label='出厂编号']").first.inner_text().strip()
    open_list(page, "dcyscs")
    assert total(page) == of_shop
    for part in (serial, serial[-5:], serial[:5]):  # whole, its end, its beginning
        open_list(page, part)
        expect(rows(page).filter(has_text=serial).first).to_be_visible()
    open_list(page, "没有这样的东西")
    expect(page.get_by_text("没有符合这些条件的器具。")).to_be_visible()
    follow(page.get_by_role("link", name="去掉全部条件").last)
    assert total(page) > of_shop


def test_filters_narrow_widen_again_and_choose_columns(door: Door) -> None:
    page = door.sign_in("officer")
    open_list(page)
    every = total(page)
    page.locator("#list-kind").select_option("电子计价秤")
    follow(page.get_by_role("button", name="查找"))
    scales = total(page)
    follow(page.locator(".words a", has_text="逾期").first)
    late = total(page)
    assert 0 < late < scales < every
    expect(page.locator("td[data-label='状态'] .q-status").first).to_have_text("逾期")
    footer = page.locator("form[data-bulk] tfoot").inner_text()
    assert number(footer.partition("本页")[2]) == rows(page).count() == min(late, 50)
    follow(page.locator("ul.words", has_text="到期").get_by_role("link", name="全部").first)
    assert total(page) == scales
    page.get_by_text("更多筛选").click()
    door.watch.look(page)
    page.get_by_text("选择列").click()
    page.locator(".drop").get_by_label("型号规格").check()
    page.get_by_role("button", name="按此显示").click()
    expect(page.locator("td[data-label='型号规格']").first).to_be_visible()
    assert total(page) == scales


def test_the_keys_walk_the_list_and_open_the_panel(door: Door) -> None:
    page = door.sign_in("officer")
    open_list(page)
    for _press in range(2):
        page.keyboard.press("j")
    expect(rows(page).nth(1)).to_have_class(re.compile("is-current"))
    page.keyboard.press("k")
    first = rows(page).nth(0)
    expect(first).to_have_class(re.compile("is-current"))
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("已选 1 台")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading").first).to_contain_text(first.locator("[data-row-link]").inner_text())
    panel.get_by_text("依据和算式").click()
    expect(panel.locator("code")).to_contain_text("quanheng")
    door.watch.look(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(first.locator("[data-row-link]")).to_be_focused()
    expect(first.get_by_role("checkbox")).to_be_checked()  # what was picked is still picked


def test_a_filter_is_kept_under_a_name_and_forgotten(door: Door) -> None:
    name = f"逾期的秤-{door.width}"
    page = door.sign_in("officer")
    open_list(page)
    follow(page.locator(".words a", has_text="逾期").first)
    late = total(page)
    page.get_by_text("已存筛选").click()
    page.get_by_label("给现在的条件和列起个名").fill(name)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text(name)
    open_list(page)
    page.get_by_text("已存筛选").click()
    door.watch.look(page)
    follow(page.locator(".saved").get_by_role("link", name=name))
    assert total(page) == late
    page.get_by_text("已存筛选").click()
    page.get_by_role("button", name=f"删除 {name}").click()
    expect(page.locator(".message-success")).to_contain_text("已删除")
    expect(page.locator(".saved").get_by_role("link", name=name)).to_have_count(0)


def test_some_are_filed_together_and_one_is_returned(door: Door) -> None:
    page = door.sign_in("officer")
    page.goto("/staff/instruments/?filing=submitted")
    waiting = total(page)
    for at in (0, 1):
        rows(page).nth(at).get_by_role("checkbox").check()
    expect(page.locator("[data-picked]")).to_have_text("已选 2 台")
    page.get_by_role("button", name="备案", exact=True).click()
    expect(page.locator(".answer")).to_have_text("将对 2 台器具办理“备案”。")
    expect(page.locator("ol.named li")).to_have_count(2)
    page.get_by_role("button", name="备案 2 台").click()
    expect(page.locator(".message-success")).to_have_text("已备案 2 台。")
    assert total(page) == waiting - 2
    rows(page).first.get_by_role("checkbox").check()
    page.get_by_role("button", name="退回", exact=True).click()
    page.get_by_label("理由", exact=False).fill("编号与照片不符")
    page.get_by_role("button", name="退回 1 台").click()
    expect(page.locator(".message-success")).to_have_text("已退回 1 台。")
    assert total(page) == waiting - 3


def test_the_list_leaves_as_excel_and_csv_with_exactly_its_rows(door: Door) -> None:
    page = door.sign_in("officer")
    page.goto("/staff/instruments/?due=overdue")
    late = total(page)
    book = python_calamine.CalamineWorkbook.from_path(str(fetched(page, "Excel")))
    cells = [[str(cell) for cell in line] for line in book.get_sheet_by_index(0).to_python()]
    head = next(at for at, line in enumerate(cells) if "出厂编号" in line)
    column = cells[head].index("出厂编号")
    serials = [line[column] for line in cells[head + 1 :] if any(line)]
    with fetched(page, "CSV").open(encoding="utf-8-sig", newline="") as stream:
        lines = [line for line in csv.reader(stream) if line]
    head = next(at for at, line in enumerate(lines) if "出厂编号" in line)
    column = lines[head].index("出厂编号")
    assert [line[column] for line in lines[head + 1 :]] == serials
    assert len(serials) == late


def test_two_records_of_one_instrument_are_merged_by_a_person(door: Door) -> None:
    page = door.sign_in("officer")
    page.goto("/staff/instruments/duplicates/")
    pairs = page.locator("section.pair")
    before = number(page.locator(".answer").inner_text())
    pair = pairs.first
    assert pair.locator(".differs").count() > 0
    kept, gone = [link.inner_text() for link in pair.locator("thead a").all()]
    pair.get_by_text("是同一台，合并").click()
    pair.get_by_role("radio").first.check()
    pair.get_by_label("理由", exact=False).fill("字母 O 与数字 0 抄混")
    door.watch.look(page)
    pair.get_by_role("button", name="合并", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已合并")
    expect(page.get_by_role("link", name=gone, exact=True)).to_have_count(0)
    open_list(page, kept)
    expect(rows(page)).to_have_count(1)
    open_list(page, gone)
    expect(rows(page)).to_have_count(0)

    page.goto("/staff/instruments/duplicates/")
    pairs.first.get_by_role("button", name="不是同一台").click()
    expect(page.locator(".message-success")).to_contain_text("不再提示")
    left = page.locator(".answer").inner_text()
    assert (number(left) if re.search(r"\d", left) else 0) == before - 2


def fetched(page: Page, name: str) -> Path:
    """Press a link that downloads."""
    with page.expect_download() as download:
        page.locator(".exports").get_by_role("link", name=name).click()
    return Path(download.value.path())
