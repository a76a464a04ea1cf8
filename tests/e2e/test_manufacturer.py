"""A maker sends factory data; the bureau draws, enters results, decides; the rejection suspends the maker."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from quanheng.base import clock
from quanheng.manufacturers.demo import MODEL
from tests.e2e.door import AT_THE_DESK, Door, follow, menu

pytestmark = AT_THE_DESK
_HEAD = "serial,mark,date,operator,e1,e2,e3,e4,e5,e6"


def test_a_delivered_lot_is_sampled_and_its_rejection_suspends_the_maker(door: Door) -> None:
    maker = door.sign_in("maker")
    menu(maker, "制造企业")
    follow(maker.locator("[data-row-link]").first)
    send(maker, "99")
    expect(maker.locator(".answer")).to_contain_text("没有收下")
    expect(maker.locator("tbody")).to_contain_text("99 % 超出可能的范围")
    follow(maker.get_by_role("link", name="重新上传"))
    fill(maker, "0.31")
    expect(maker.locator(".answer")).to_contain_text("收下批“E2E-1”，60 台")
    expect(maker.get_by_role("heading", name="数据筛查")).to_have_count(0)

    officer = door.sign_in("officer")
    officer.goto(maker.url)
    expect(officer.get_by_role("heading", name="数据筛查")).to_be_visible()
    follow(officer.get_by_role("link", name="验收抽样"))
    officer.get_by_label("孤立批").check()
    follow(officer.get_by_role("button", name="抽样"))
    follow(officer.get_by_role("link", name="录入结果").first)
    results = officer.locator("tbody select")
    results.first.select_option(label="不合格")
    for at in range(1, results.count()):
        results.nth(at).select_option(label="合格")
    officer.locator("input[name=tested_on]").fill(f"{clock.today():%Y-%m-%d}")
    follow(officer.get_by_role("button", name="保存这一页的结果"))
    follow(officer.get_by_role("link", name="作出决定").first)
    follow(officer.get_by_role("button", name="确认决定"))
    expect(officer.locator("main")).to_contain_text("拒收")
    menu(officer, "制造企业")
    expect(officer.locator(".answer")).to_contain_text("1 家暂停")

    maker.goto("/staff/manufacturers/")
    follow(maker.locator("[data-row-link]").first)
    expect(maker.locator(".answer")).to_contain_text("已暂停")
    expect(maker.get_by_role("link", name="上传出厂数据")).to_have_count(0)
    visitor = door.visitor()
    visitor.goto("/manufacturers/")
    expect(visitor.locator("tbody")).to_contain_text("已暂停")


def send(page: Page, first_error: str) -> None:
    """Go to the form and send a lot of sixty meters."""
    follow(page.get_by_role("link", name="上传出厂数据"))
    fill(page, first_error)


def fill(page: Page, first_error: str) -> None:
    """Fill in the form; the first meter has this error."""
    page.get_by_label("型号").select_option(value=MODEL)
    page.get_by_label("批号").fill("E2E-1")
    today = f"{clock.today():%Y-%m-%d}"
    rows = [
        f"E2E{at:05d},演示A{at + 50000:06d},{today},J01,"
        f"{0.3 + at * 0.01 if at else first_error},{0.2 - at * 0.003:.3f},0.11,0.25,0.31,-0.{at:02d}"
        for at in range(60)
    ]
    data = "\n".join([_HEAD, *rows]).encode()
    page.get_by_label("出厂数据").set_input_files(
        {"name": "出厂.csv", "mimeType": "text/csv", "buffer": data}
    )
    follow(page.get_by_role("button", name="上传"))
