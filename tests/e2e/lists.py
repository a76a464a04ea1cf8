"""What several tests ask of a list of instruments: how many it says, how many it shows, whether a link agrees."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.door import follow, menu


def number(text: str) -> int:
    """Return the first number in a text; thousands may be parted by thin spaces."""
    found = re.search(r"\d[\d\u2009]*", text)
    assert found, text
    return int(found[0].replace("\u2009", ""))


def total(page: Page) -> int:
    """Return how many instruments the list says that it has; none where nothing fits."""
    expect(page.get_by_role("heading", level=1)).to_have_text("计量器具")
    return number(page.locator(".answer").inner_text().partition("共")[2])


def rows(page: Page) -> Locator:
    """Return the lines of the list."""
    return page.locator("form[data-bulk] tbody tr")


def click_through(page: Page, link: Locator) -> None:
    """Follow a number to its list, which must have as many instruments; come back."""
    said = number(link.inner_text().splitlines()[-1])  # in a calendar the day stands above the number
    follow(link)
    assert total(page) == said, page.url
    page.go_back()


def open_list(page: Page, text: str = "") -> None:
    """Go to the list by the rail, and search in it."""
    menu(page, "计量器具")
    if text:
        page.get_by_label("查找").fill(text)
        follow(page.get_by_role("button", name="查找"))
    expect(page.get_by_role("heading", level=1)).to_have_text("计量器具")
    page.wait_for_load_state()  # the keys work once the scripts are there
