"""What is due: every number opens a list as long as it says; who is asked to come, and is not any more."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow, menu
from tests.e2e.lists import click_through, number, rows, total

pytestmark = AT_THE_DESK


def test_the_numbers_of_the_overview_open_lists_of_that_length(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "检定到期")
    figures = page.locator(".answer a")
    assert figures.count() >= 2
    bands = page.locator("section tbody td[data-label='台数'] a")
    assert bands.count() > 0
    for links in (figures, bands):
        for at in range(links.count() if door.width == "desktop" else 1):  # the same numbers on the phone
            click_through(page, links.nth(at))
    for heading in ("按乡镇街道", "按器具种类"):
        cells = page.locator(f"h2:has-text('{heading}') + .beside tbody td a")
        assert cells.count() > 10
        click_through(page, cells.first)
        click_through(page, cells.last)
    counted = page.locator("h2:has-text('按乡镇街道') + .beside tfoot td").all_inner_texts()
    assert number(counted[0]) == number(page.locator(".answer a").nth(1).inner_text())


def test_the_calendar_shows_a_year_and_its_weeks(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "检定到期")
    view(page, "日历")
    expect(page.locator("table.heat tbody tr")).to_have_count(12)
    year = page.locator(".answer a").first
    assert number(year.inner_text()) == sum(map(number, page.locator("td.sum a").all_inner_texts()))
    click_through(page, year)
    click_through(page, page.locator("td.sum a").first)
    days = page.locator("table.heat td:not(.sum) a")
    click_through(page, days.first)
    follow(page.locator(".words a", has_text="周").last)
    expect(page.locator("table.heat.by-week")).to_be_visible()
    assert number(page.locator(".answer a").first.inner_text()) == sum(
        map(number, page.locator("td.sum a").all_inner_texts())
    )
    click_through(page, page.locator("table.heat td:not(.sum) a").first)
    door.watch.look(page)


def test_a_wave_is_asked_to_come_and_taken_back(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "检定到期")
    page.get_by_role("link", name="安排约检").click()
    expect(page.locator(".answer")).to_contain_text("排得进去")
    least = number(page.locator("form.narrow ~ p").first.inner_text())
    page.get_by_label("每周能检").fill(str(least // 2))
    page.get_by_role("button", name="重新计算").click()
    expect(page.locator(".answer")).to_contain_text("排不进去")  # half of what is needed is not enough
    page.go_back()

    asks = page.locator("form:has([name=ask]) tbody tr")
    ask = asks.nth({"desktop": 0, "phone": 1}[door.width])
    name, size = ask.locator("th").inner_text(), number(ask.locator("td[data-label='台数']").inner_text())
    ask.get_by_role("checkbox").check()
    page.get_by_role("button", name="约所选的").click()
    expect(page.locator(".message-success")).to_be_visible()
    made = page.locator("#appointments + .table-box tbody tr", has_text=name).last
    expect(made.locator("td[data-label='台数']")).to_have_text(str(size))
    made.locator("a[data-row-link]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("tbody tr")).to_have_count(size)
    door.watch.look(page)
    page.get_by_role("link", name="取消约检").click()
    page.get_by_label("理由", exact=False).fill("所里停电")
    page.get_by_role("button", name="取消约检").click()
    expect(page.locator(".message-success")).to_be_visible()
    expect(page.locator("#appointments + .table-box tbody tr", has_text=name)).to_have_count(0)


def test_the_map_comes_closer_and_its_list_says_the_same(door: Door) -> None:
    page = door.sign_in("officer")
    menu(page, "检定到期")
    view(page, "地图")
    drawing = page.locator("[data-map] svg").first
    groups = drawing.locator("a.cluster")
    expect(groups.first).to_be_visible()
    before = groups.count()
    for _press in range(6):
        page.get_by_role("button", name="放大", exact=True).click()
    expect(groups).not_to_have_count(before)
    assert groups.count() < before
    page.get_by_role("button", name="全图", exact=True).click()
    expect(groups).to_have_count(before)
    groups.first.focus()
    expect(page.locator("#map-told")).to_have_text(str(groups.first.get_attribute("aria-label")))

    late = page.locator(".answer a", has_text="有逾期")
    places = number(late.inner_text())
    late.click()
    expect(page.locator("#list tbody tr").first.locator(".q-status")).to_have_text("逾期")
    expect(page.locator("#list .pagination-line")).to_contain_text(f"共 {places} 条")
    click_through(page, page.locator("#list td[data-label='逾期'] a").first)
    door.watch.look(page)


def test_an_owner_and_a_clerk_count_their_own_only(door: Door) -> None:
    officer = door.sign_in("officer")
    officer.goto("/staff/due/")
    every = [number(text) for text in officer.locator("tfoot").first.locator("td").all_inner_texts()]
    for person in ("owner", "clerk"):
        page = door.sign_in(person)
        menu(page, "检定到期")
        own = [number(text) for text in page.locator("tfoot").first.locator("td").all_inner_texts()]
        assert 0 < own[-1] < every[-1]
        expect(page.get_by_role("link", name="安排约检")).to_have_count(0)
        click_through(page, page.locator("h2:has-text('按器具种类') + .beside tbody td a").first)
        page.goto("/staff/instruments/")
        assert rows(page).count() <= total(page) < every[-1]


def view(page: Page, name: str) -> None:
    """Choose another view of what is due."""
    follow(page.locator(".words a", has_text=name).first)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
