"""The user of instruments, on a phone: files one with a photo, corrects it, stops it with and without proof."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.door import Door, follow, menu

pytestmark = IN_BROWSER

# The least that begins and ends as a JPEG.
PHOTO = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@pytest.fixture
def width() -> str:
    """These pages are for the phone."""
    return "phone"


@pytest.fixture
def owner(door: Door) -> Page:
    """The owner on a phone of the usual size; everything else is tried on a smaller one."""
    return door.sign_in("owner", viewport={"width": 390, "height": 800})


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture from the camera."""
    path = tmp_path / "铭牌.jpg"
    path.write_bytes(PHOTO)
    return path


def test_an_instrument_is_filed_on_one_page_with_a_photo_then_corrected(
    door: Door, owner: Page, photo: Path
) -> None:
    page = owner
    file_scale(door, page, "PH-1001", photo)
    expect(page.locator(".message-success")).to_contain_text("已登记并提交备案")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PH-1001")
    expect(page.locator(".answer")).to_contain_text("待审核")
    expect(page.get_by_role("link", name="铭牌.jpg")).to_be_visible()
    expect(page.get_by_role("button", name="予以备案")).to_have_count(0)

    page.get_by_role("link", name="更正").first.click()
    expect(page.get_by_label("出厂编号")).to_have_value("PH-1001")
    page.get_by_label("出厂编号").fill("PH-1002")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已保存")
    expect(page.get_by_role("heading", level=1)).to_contain_text("PH-1002")
    expect(page.locator("main")).to_contain_text("PH-1001")  # the history keeps what it was


def test_what_was_typed_survives_and_a_known_number_is_told_at_once(
    door: Door, owner: Page, photo: Path
) -> None:
    page = owner
    file_scale(door, page, "PH-2001", photo)
    page.goto("/staff/instruments/new/")
    page.get_by_label("器具名称").fill("电子计价秤")
    page.get_by_label("制造单位").fill("演示衡器厂")
    page.get_by_label("出厂编号").fill("PH-2001")
    expect(page.locator("#twins a")).to_contain_text("PH-2001")
    page.reload()
    expect(page.get_by_label("出厂编号")).to_have_value("PH-2001")
    expect(page.locator(".draft-note")).to_be_visible()
    with door.watch.expects(409):
        page.get_by_role("button", name="保存并提交备案").click()
        expect(page.get_by_role("alert")).to_contain_text("PH-2001")
    door.watch.look(page)


def test_stopped_without_proof_it_stays_due_and_with_proof_it_does_not(
    door: Door, owner: Page, photo: Path
) -> None:
    page = owner
    file_scale(door, page, "PH-3001", photo)
    page.get_by_role("link", name="停用", exact=True).click()
    page.get_by_label("理由", exact=False).fill("摊位转租")
    door.watch.look(page)
    page.get_by_role("button", name="停用", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已停用")
    expect(page.locator(".answer")).to_contain_text("没有照片或文件，仍按在用计算到期日。")
    follow(page.get_by_role("link", name="补交停用材料"))
    with door.watch.expects(422):
        page.get_by_label("理由", exact=False).fill("照片补上")
        page.evaluate("document.querySelector('[name=file]').required = false")
        page.get_by_role("button", name="补交停用材料").click()
        expect(page.get_by_role("alert")).to_contain_text("照片或文件")
    page.get_by_label("照片或文件").set_input_files(photo)
    page.get_by_role("button", name="补交停用材料").click()
    expect(page.locator(".message-success")).to_contain_text("不再计算到期日")
    expect(page.locator(".answer")).not_to_contain_text("仍按在用计算")
    expect(page.get_by_role("link", name="补交停用材料")).to_have_count(0)

    page.get_by_role("link", name="恢复使用").click()
    page.get_by_label("理由", exact=False).fill("重新开张")
    page.get_by_role("button", name="恢复使用").click()
    expect(page.locator(".message-success")).to_contain_text("已恢复使用")
    page.get_by_role("link", name="停用", exact=True).click()
    page.get_by_label("理由", exact=False).fill("又停了")
    page.get_by_label("照片或文件").set_input_files(photo)
    page.get_by_role("button", name="停用", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("已停用")
    expect(page.get_by_role("link", name="补交停用材料")).to_have_count(0)


def test_the_owner_sees_the_own_instruments_only(door: Door, owner: Page) -> None:
    page = owner
    menu(page, "计量器具")
    expect(page.get_by_text("这里只列出您职责范围内的器具。")).to_be_visible()
    owners = page.locator("td[data-label='使用单位']").all_inner_texts()
    assert owners
    assert {text.strip() for text in owners} == {"达川演示超市"}
    officer = door.sign_in("officer")
    officer.goto("/staff/instruments/?due=overdue")
    stranger = officer.locator("tbody [data-row-link]").first.get_attribute("href")
    with door.watch.expects(404):
        page.goto(str(stranger))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".facts")).to_have_count(0)


def file_scale(door: Door, page: Page, serial: str, photo: Path) -> None:
    """Register a price scale and submit it, watching what the rules answer meanwhile."""
    menu(page, "计量器具")
    page.get_by_role("link", name="登记器具").click()
    expect(page.get_by_label("使用单位")).to_have_value("达川演示超市")
    page.get_by_label("器具名称").fill("电子计价秤")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("强制检定")
    expect(answer).to_contain_text("12 个月")
    page.get_by_label("其他用途", exact=False).check()
    expect(answer).to_contain_text("非强制检定")
    page.get_by_label("贸易结算", exact=False).check()
    expect(answer).to_contain_text("12 个月")
    page.get_by_label("出厂编号").fill(serial)
    page.get_by_label("制造单位").fill("演示衡器厂")
    page.get_by_label("铭牌照片").set_input_files(photo)
    door.watch.look(page)
    page.get_by_role("button", name="保存并提交备案").click()
    expect(page.locator(".message-success")).to_contain_text("已登记并提交备案")
