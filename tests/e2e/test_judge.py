"""Judging a measurement: points come by themselves, a block from a sheet is judged while one looks on."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.chromium import IN_BROWSER
from tests.demonstration import ROOT
from tests.e2e.door import Door
from tests.e2e.test_market_door import PASTE

pytestmark = IN_BROWSER
SCALE = "/judge/?kind=price_scale&on=2026-11-23&stage=in_service"
BLOCK = ("100\t100\t2.5", "2500\t2500\t2", "7500\t7500\t3", "10000\t10000\t2", "15000\t15020\t2.5")
LOOKS = ("铅封完好", "自锁、标定开关已封闭", "没有作弊键、遥控等改变示值的装置")


def test_a_visitor_judges_a_scale_mends_a_reading_and_shares_the_result(door: Door) -> None:
    page = door.visitor()
    page.goto("/judge/")
    page.get_by_role("link", name="电子计价秤", exact=True).click()
    page.wait_for_url("**kind=price_scale**")  # and its scripts
    page.get_by_label("检定日期").fill("2026-11-23")
    page.get_by_label("检定类别").select_option("使用中检查")
    expect(page.locator("#shown-edition")).to_have_value("jjg_539_2016:in_service")
    describe(page)
    expect(cell(page, "载荷 (g)", 1)).to_have_value("100")  # the points of the regulation
    expect(cell(page, "载荷 (g)", 2)).to_have_value("2500")
    door.watch.look(page)

    cell(page, "载荷 (g)", 1).focus()
    page.evaluate(PASTE, "\r\n".join([*BLOCK, ""]))
    expect(verdict(page)).to_have_text("不合格")
    expect(page.locator("#judge-answer .answer")).to_contain_text("第 5 行")
    notes = page.locator("[data-grid=rows-weighing] .grid-note")
    expect(notes.nth(1)).to_have_text("+0.5 g 合格")
    expect(notes.nth(4)).to_have_text("+20 g 不合格")
    expect(page.locator("#judge-answer .q-chart canvas").first).to_be_visible()
    door.watch.look(page)

    cell(page, "示值 (g)", 4).focus()
    page.keyboard.press("Enter")
    expect(cell(page, "示值 (g)", 5)).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("15000")
    expect(verdict(page)).to_have_text("未能判定")  # nothing was looked at yet
    expect(cell(page, "示值 (g)", 5)).to_be_focused()
    for look in LOOKS:
        page.get_by_role("group", name=look).get_by_label("合格", exact=True).check()
    expect(verdict(page)).to_have_text("合格")

    page.reload()  # kept on this device, and judged again
    expect(cell(page, "示值 (g)", 5)).to_have_value("15000")
    expect(verdict(page)).to_have_text("合格")
    link = page.locator("#judge-link").text_content() or ""
    other = door.visitor()
    other.goto(link)
    expect(verdict(other)).to_have_text("合格")
    expect(cell(other, "示值 (g)", 5)).to_have_value("15000")
    page.get_by_role("link", name="清空重填").click()
    expect(page.get_by_label("最大秤量 Max")).to_have_value("")
    expect(verdict(page)).to_have_count(0)


def test_what_is_wrong_is_told_beside_its_row_and_a_row_can_be_taken_away(door: Door) -> None:
    page = door.visitor()
    page.goto(SCALE)
    describe(page)
    expect(cell(page, "载荷 (g)", 1)).to_have_value("100")
    cell(page, "示值 (g)", 1).fill("一百")
    notes = page.locator("[data-grid=rows-weighing] .grid-note")
    expect(notes.first).to_contain_text("没有读到数值")
    expect(page.locator("#judge-answer")).to_contain_text("有 1 处需要改正")
    page.get_by_label("检定分度值 e").fill("5 L")
    expect(page.locator("[data-error=instrument-e]")).to_contain_text("体积")
    door.watch.look(page)
    page.get_by_label("检定分度值 e").fill("5")
    expect(page.locator("[data-error=instrument-e]")).to_be_hidden()
    before = page.locator("[data-grid=rows-weighing] tbody tr").count()
    page.locator("[data-grid=rows-weighing]").get_by_role("button", name="删 1", exact=True).click()
    expect(page.locator("[data-grid=rows-weighing] tbody tr")).to_have_count(before - 1)
    expect(cell(page, "载荷 (g)", 1)).to_have_value("2500")
    cell(page, "示值 (g)", 1).press("Control+Delete")
    expect(cell(page, "载荷 (g)", 1)).not_to_have_value("2500")
    expect(page.locator("#judge-answer .error-summary")).to_have_count(0)


def test_another_day_brings_the_next_edition_and_keeps_what_was_typed(door: Door) -> None:
    page = door.visitor()
    page.goto(SCALE)
    describe(page)
    cell(page, "示值 (g)", 1).fill("100")
    page.get_by_label("检定日期").fill("2027-01-08")
    expect(page.locator("#judge-sentence")).to_contain_text("JJG 1204-2025")
    expect(page.locator("#shown-edition")).to_have_value("jjg_1204_2025:in_service")
    expect(page.get_by_label("检定分度值 e")).to_have_value("5")
    expect(cell(page, "示值 (g)", 1)).to_have_value("100")


def test_what_was_kept_can_be_thrown_away(door: Door) -> None:
    page = door.visitor()
    page.goto(SCALE)
    page.get_by_role("group", name=LOOKS[0]).get_by_label("不合格", exact=True).check()
    expect(verdict(page)).to_have_text("不合格")
    page.reload()
    expect(verdict(page)).to_have_text("不合格")
    expect(page.locator(".draft-note")).to_contain_text("已恢复上次填写的内容。")
    page.get_by_role("button", name="不要了").click()
    expect(verdict(page)).to_have_count(0)


def test_readings_are_downloaded_and_read_in_again(door: Door, tmp_path: Path) -> None:
    page = door.visitor()
    page.goto(f"{SCALE}&example=1")
    expect(verdict(page)).to_have_text("合格")
    with page.expect_download() as download:
        page.locator("#judge-answer").get_by_role("button", name="下载读数").click()
    file = tmp_path / "readings.yaml"
    download.value.save_as(file)
    assert "示值" not in file.read_text(encoding="utf-8")  # identifiers, as the command reads them
    page.goto(SCALE)
    page.get_by_text("从文件读入").click()
    page.get_by_label("填好的模板、YAML 或 CSV").set_input_files(file)
    page.get_by_role("button", name="读入并判定").click()
    expect(verdict(page)).to_have_text("合格")
    door.watch.look(page)
    page.get_by_text("从文件读入").click()
    page.get_by_label("填好的模板、YAML 或 CSV").set_input_files(ROOT / "README.md")
    with door.watch.expects(422):
        page.get_by_role("button", name="读入并判定").click()
        expect(page.locator("[data-errors]")).to_contain_text("需要改正")


def test_without_javascript_the_form_is_sent_and_the_verdict_stands_first(door: Door) -> None:
    page = door.visitor(java_script_enabled=False)
    page.goto(SCALE)
    describe(page)
    page.get_by_role("button", name="判定", exact=True).click()
    text = page.locator("#rows-weighing")
    expect(text).to_have_value("100\t\t\n2500\t\t\n10000\t\t\n7500\t\t\n15000\t\t")
    text.fill("100 100 2.5\n2500 2500 2\n7500 7500 3\n10000 10000 2\n15000 15020 2.5")
    page.get_by_role("button", name="判定", exact=True).click()
    expect(verdict(page)).to_have_text("不合格")
    if door.width == "phone":
        above, below = (
            page.locator("#judge-answer").bounding_box(),
            page.locator("#judge-form").bounding_box(),
        )
        assert above
        assert below
        assert above["y"] < below["y"]


def describe(page: Page) -> None:
    """Say which scale it is."""
    page.get_by_label("准确度等级").select_option("III")
    page.get_by_label("检定分度值 e").fill("5")
    page.get_by_label("最大秤量 Max").fill("15 kg")


def cell(page: Page, column: str, row: int) -> Locator:
    """Return one field of the grid of the weighing."""
    return page.locator("[data-grid=rows-weighing]").get_by_label(f"{column} {row}", exact=True)


def verdict(page: Page) -> Locator:
    """Return the word of the verdict."""
    return page.locator("#judge-answer .verdict .q-status")
