"""Write the pictures of the README: the demonstration county, served from a fresh home, seen by Chromium.

python tools/screenshots.py

Same county, accounts and windows every time; dates, hashes and the log's key are those of the run.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tests know how to serve the demonstration and to find a browser

from tests.chromium import MISSING, SWITCHES, find_chromium  # noqa: E402
from tests.demonstration import PASSWORD, Demonstration, make_demonstration, running_demonstration  # noqa: E402

PICTURES = ROOT / "docs" / "screenshots"
DESK = {"viewport": {"width": 1366, "height": 768}}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
COLOURS = 128
MAX_BYTES = 250_000


def main() -> None:
    """Serve, look, write."""
    path = find_chromium()
    if path is None:
        sys.exit(MISSING)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demonstration(_made(Path(folder))) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        public(browser, house)
        at_the_desk(browser, house)
        registry(browser, house)
        on_the_phone(browser, house)
        browser.close()


def _made(home: Path) -> Path:
    make_demonstration(home)
    return home


def public(browser: Browser, house: Demonstration) -> None:
    """The portal, and a record of the log that the browser has just verified."""
    page = opened(browser, house, DESK)
    page.goto("/")
    keep(page, "portal")
    page.goto("/log/leaf/30/")
    page.get_by_role("button", name="核验这条记录").click()
    expect(page.locator(".proof-verdict.ok")).to_be_visible()
    keep(page, "log")


def at_the_desk(browser: Browser, house: Demonstration) -> None:
    """What the metrology officer works with."""
    page = signed_in(browser, house, DESK)
    page.goto("/staff/board/")
    keep(page, "board")
    page.goto(str(page.locator("[data-row-link]").first.get_attribute("href")))
    keep(page, "task")
    page.goto("/staff/board/")
    page.get_by_role("link", name="正文对照清单").click()
    page.locator(".words").get_by_role("link", name="有问题的").click()
    keep(page, "document")


def registry(browser: Browser, house: Demonstration) -> None:
    """Instruments, a ledger that asks what a column is, due work, a peak smoothed."""
    page = signed_in(browser, house, DESK)
    page.goto("/staff/instruments/?due=overdue")
    keep(page, "instruments")
    page.goto("/staff/imports/")
    page.get_by_role("link", name="演示10").click()
    page.get_by_role("heading", name="这一列是什么？").evaluate("heading => heading.scrollIntoView()")
    keep(page, "import")
    page.goto("/staff/due/")
    keep(page, "due")
    page.goto("/staff/due/waves/")
    page.locator(".chart-figure").scroll_into_view_if_needed()
    keep(page, "waves")


def on_the_phone(browser: Browser, house: Demonstration) -> None:
    """The board, and what a citizen sees who scans the label of a scale, at 360 px."""
    page = signed_in(browser, house, PHONE)
    page.goto("/staff/board/")
    keep(page, "board-phone")
    page.goto("/staff/instruments/?due=later&setting=market&kind=price_scale")
    page.goto(str(page.locator("tbody th a").first.get_attribute("href")))
    label = str(page.get_by_role("link", name="扫码后看到的页面").get_attribute("href"))
    citizen = opened(browser, house, PHONE)
    citizen.goto(label)
    keep(citizen, "label-phone")


def opened(browser: Browser, house: Demonstration, window: dict[str, object]) -> Page:
    """Return a page of a new visitor."""
    context = browser.new_context(
        base_url=house.url, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", **window
    )
    return context.new_page()


def signed_in(browser: Browser, house: Demonstration, window: dict[str, object]) -> Page:
    """Return a page of the metrology officer."""
    page = opened(browser, house, window)
    page.goto("/account/login/")
    page.get_by_label("用户名").fill("officer")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/staff/")
    return page


def keep(page: Page, name: str) -> None:
    """Write what the window shows as a PNG of few colours."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    target = PICTURES / f"{name}.png"
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    if size > MAX_BYTES:
        sys.exit(f"{target.name} is {size} bytes, more than {MAX_BYTES}")
    print(f"{target.relative_to(ROOT)}  {picture.width}×{picture.height}  {size // 1000} kB")


if __name__ == "__main__":
    main()
