"""A browser context under watch: what a page does wrong while a test walks is a fault of the test's end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

RULES = Path(__file__).with_name("rules.js")
LEFT = "net::ERR_ABORTED"  # the page was left, or the answer became a download


@dataclass
class Watch:
    """Collects console errors (CSP violations and rules.js among them), failed requests, refusals."""

    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of a context."""
        context.add_init_script(path=RULES)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"{error.page.url}: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def look(self, page: Page) -> None:
        """Check the rules again, after something on the page has opened or changed."""
        for breach in page.evaluate("breachesOfHouseRules()"):
            self.faults.append(f"{page.url}: {breach}")

    @contextmanager
    def expects(self, *statuses: int) -> Iterator[None]:
        """Let answers with these statuses pass: a refusal is what the test is about."""
        self.expected |= set(statuses)
        yield
        self.expected -= set(statuses)

    def _console(self, message: ConsoleMessage) -> None:
        is_refusal = any(
            f"the server responded with a status of {code}" in message.text for code in self.expected
        )
        if message.type in {"error", "warning"} and not is_refusal:
            self.faults.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.faults.append(f"{request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.url}: status {response.status}")
