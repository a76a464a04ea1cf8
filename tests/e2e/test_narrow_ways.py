"""Ways in that are narrow: a wrong password, no JavaScript, paper."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.demonstration import PASSWORD, Demonstration
from tests.e2e.door import AT_THE_DESK, Door, fill_in_sign_in, menu

pytestmark = AT_THE_DESK


def test_the_fifth_wrong_password_locks_even_the_right_one_out(door: Door, house: Demonstration) -> None:
    username = f"forgetful-{door.width}"
    house.command("user", "create-admin", username, "--display-name", "健忘的人", "--password", PASSWORD)
    page = door.visitor()
    for _ in range(4):
        page.goto("/account/login/")
        fill_in_sign_in(page, username, "not-the-password")
        expect(page.locator("[data-errors]")).to_be_visible()
    with door.watch.expects(429):
        fill_in_sign_in(page, username, "not-the-password")
        expect(page.get_by_role("heading", level=1)).to_have_text("账户暂时锁定")
        page.get_by_role("link", name="回到登录").click()
        fill_in_sign_in(page, username, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("账户暂时锁定")


def test_whatever_only_reads_works_without_javascript(door: Door) -> None:
    page = door.sign_in("officer", java_script_enabled=False)
    menu(page, "规划任务")
    rows = page.locator("table[data-keys] tbody tr")
    expect(rows).to_have_count(15)
    page.locator(".words a", has_text="推进中").click()
    expect(rows.locator(".q-status", has_text="推进中")).to_have_count(rows.count())
    title = rows.first.locator("[data-row-link]").inner_text()
    rows.first.locator("[data-row-link]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    page.get_by_text("如何得出").first.click()
    menu(page, "规划任务")
    page.get_by_role("link", name="正文对照清单").click()
    expect(page.locator("tbody tr .finding").first).to_be_visible()
    page.goto("/")
    expect(page.locator(".q-figure").first).to_be_visible()
    chart = page.locator(".chart-figure")
    chart.get_by_text("数据表").click()
    expect(chart.get_by_role("table")).to_be_visible()


def test_paper_carries_the_board_and_not_the_frame(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "规划任务")
    page.emulate_media(media="print")
    for hidden in (".frame > .rail", ".rail-menu", ".topbar", ".actions", ".exports"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("table[data-keys] tbody tr")).to_have_count(15)
    expect(page.locator(".q-status").first).to_be_visible()
    if door.width == "desktop":
        assert page.pdf(format="A4").startswith(b"%PDF-")
