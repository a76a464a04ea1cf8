"""The readings workbench in Chromium: typing, a lost connection, two devices, the keyboard, a phone; signing many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from quanheng.certificates.models import Certificate
from quanheng.core.models import User
from quanheng.verification.models import Verification
from tests.chromium import IN_BROWSER
from tests.instruments.making import TODAY, make_party
from tests.verification.making import a_scale, checked, draft, equip, fresh, good, plan
from tests.web.staff.conftest import As

pytestmark = [*IN_BROWSER, pytest.mark.django_db(transaction=True)]
People = dict[str, User]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1366, "height": 768}}
TARGET_PX = 44
Visit = Callable[..., Page]


@pytest.fixture(autouse=True)
def _at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)


@pytest.fixture
def pair(people: People) -> list[Verification]:
    """Two scales of one work order that wait for their readings."""
    equip(people)
    shop = make_party()
    order = plan(people, *(a_scale(people, shop, serial_no=f"D{n}") for n in (1, 2)))
    return list(order.verifications.order_by("pk"))


@pytest.fixture
def visit(live_server: Any, new_context: Callable[..., BrowserContext], as_: As, people: People) -> Visit:
    """Somebody of the cast, signed in, on a page; any error of a script fails the test."""
    faults: list[str] = []

    def go(person: str, path: str, screen: dict[str, Any]) -> Page:
        context = new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **screen)
        cookie = as_(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{live_server.url}{path}")
        return page

    yield go
    assert faults == []


def _bench(one: Verification) -> str:
    return f"/staff/verification/{one.public_id}/readings/"


def _weighed(page: Page, row: int) -> Any:
    return page.locator("#rows-weighing-test").get_by_label(f"示值 (g) {row}", exact=True)


def _loads(page: Page, one: Verification) -> list[str]:
    page.wait_for_load_state("networkidle")  # no request of the page is at the table
    return [row["indication"] for row in fresh(one).as_found["readings"]["weighing"]]


def test_readings_are_kept_while_typing_and_judged_beside_the_row(
    visit: Visit, pair: list[Verification]
) -> None:
    page = visit("verifier", _bench(pair[0]), DESK)
    state = page.locator("#save-state")
    _weighed(page, 1).fill("200")
    page.keyboard.press("Enter")
    expect(_weighed(page, 2)).to_be_focused()
    page.keyboard.type("5100")
    expect(state).to_contain_text("已保存")
    expect(page.locator("#rows-weighing-test .grid-note").nth(1)).to_contain_text("+100 g 不合格")
    assert _loads(page, pair[0]) == ["200 g", "5100 g"]
    page.reload()
    expect(_weighed(page, 2)).to_have_value("5100")
    expect(page.locator("#rows-weighing-test").get_by_label("载荷 (g) 3", exact=True)).not_to_have_value("")


def test_a_lost_connection_loses_nothing(visit: Visit, pair: list[Verification]) -> None:
    page = visit("verifier", _bench(pair[0]), PHONE)
    state = page.locator("#save-state")
    page.context.set_offline(True)
    _weighed(page, 1).fill("200")
    expect(state).to_contain_text("未联网，已存在本机")
    page.context.set_offline(False)
    expect(state).to_contain_text("已保存")
    assert _loads(page, pair[0]) == ["200 g"]
    page.context.set_offline(True)
    _weighed(page, 2).fill("5000")
    expect(state).to_contain_text("未联网，已存在本机")
    context, address = page.context, page.url
    page.close()  # and the phone is put away
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    expect(again.locator(".draft-note")).to_contain_text("已恢复本机存着的内容。")
    expect(_weighed(again, 2)).to_have_value("5000")
    expect(again.locator("#save-state")).to_contain_text("已保存")
    assert _loads(again, pair[0]) == ["200 g", "5000 g"]


def test_what_another_device_saved_is_not_replaced_unasked(
    visit: Visit, pair: list[Verification], people: People
) -> None:
    page = visit("verifier", _bench(pair[0]), DESK)
    state = page.locator("#save-state")
    draft(people, pair[0], good())
    _weighed(page, 1).fill("200")
    expect(state).to_contain_text("冲突")
    _weighed(page, 2).fill("5000")
    expect(page.locator("#judge-answer")).to_contain_text("给了 2 行")  # judged, and not saved
    expect(state).to_contain_text("冲突")
    page.wait_for_load_state("networkidle")
    assert fresh(pair[0]).as_found == good()
    page.get_by_role("button", name="用本页的覆盖").click()
    expect(state).not_to_contain_text("冲突")
    expect(state).to_contain_text("已保存")
    assert _loads(page, pair[0]) == ["200 g", "5000 g"]


def test_alt_and_arrows_go_through_the_work_order_and_save_before(
    visit: Visit, pair: list[Verification]
) -> None:
    page = visit("verifier", _bench(pair[0]), DESK)
    _weighed(page, 1).fill("200")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".answer").first).to_contain_text("第 2 台，共 2 台")
    assert _loads(page, pair[0]) == ["200 g"]
    _weighed(page, 1).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".answer").first).to_contain_text("第 1 台，共 2 台")
    expect(_weighed(page, 1)).to_have_value("200")


def test_the_workbench_fits_a_phone(visit: Visit, pair: list[Verification]) -> None:
    page = visit("verifier", _bench(pair[0]), PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.eval_on_selector_all(
        "#judge-form input:not([type=hidden]):not([type=radio]), #judge-form select, #judge-form .btn,"
        " #judge-form label:has(input)",
        f"all => all.filter(one => one.offsetParent && one.getBoundingClientRect().height < {TARGET_PX})"
        ".map(one => one.outerHTML)",
    )
    assert small == []


def test_the_signatory_signs_many_and_sees_each_number(visit: Visit, people: People, home: Any) -> None:
    equip(people)
    shop = make_party()
    for number in (1, 2, 3):
        checked(people, a_scale(people, shop, serial_no=f"D{number}"))
    page = visit("signatory", "/staff/verification/signing/", DESK)
    page.get_by_role("checkbox", name="选中 电子计价秤 D3").uncheck()
    page.get_by_role("button", name="批准所选的").click()
    expect(page.locator("[data-told]")).to_contain_text("已出证 2 份，未出 0 份。")
    numbers = sorted(Certificate.objects.values_list("number", flat=True))
    assert sorted(page.locator("[data-result] a").all_inner_texts()) == numbers
    assert len(numbers) == 2
