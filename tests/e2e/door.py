"""Who comes in, at which width, and the two things that everybody does: sign in, choose from the rail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, StorageState

from tests.chromium import IN_BROWSER
from tests.demonstration import PASSWORD
from tests.e2e.watch import Watch

WIDTHS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1366, "height": 768}},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
}
# Work that nobody does on a phone is walked once; that its pages fit one is looked at elsewhere.
AT_THE_DESK = [*IN_BROWSER, pytest.mark.parametrize("width", ["desktop"])]
WAIT_MS = 15_000  # a loaded machine of two cores runs other tests beside


@dataclass(frozen=True)
class Door:
    """Lets people in, each with a browser context of their own."""

    new_context: Callable[..., BrowserContext]
    watch: Watch
    width: str
    sessions: dict[str, StorageState]

    def visitor(self, **options: Any) -> Page:
        """Somebody who is not signed in."""
        context = self.new_context(**{**WIDTHS[self.width], **options})
        context.set_default_timeout(WAIT_MS)
        self.watch.over(context)
        return context.new_page()

    def sign_in(self, username: str, password: str = PASSWORD, **options: Any) -> Page:
        """Somebody on their page of today; who signed in before in this run comes back with the cookie."""
        page = self.visitor(storage_state=self.sessions.get(username), **options)
        if username in self.sessions:
            page.goto("/staff/")
            return page
        page.goto("/account/login/")
        fill_in_sign_in(page, username, password)
        page.wait_for_url("**/staff/")
        self.sessions[username] = page.context.storage_state()
        return page


def fill_in_sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the sign-in form and send it."""
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def menu(page: Page, entry: str) -> None:
    """Go to an entry of the rail, which stands in the menu on a phone."""
    summary = page.locator(".rail-menu > summary")
    if summary.is_visible():
        summary.click()
    follow(page.get_by_role("navigation", name="主导航").get_by_role("link", name=entry, exact=True))


def follow(link: Locator) -> None:
    """Press what leads to another page and wait for it, so that what is read next is read there."""
    with link.page.expect_navigation():
        link.click()
