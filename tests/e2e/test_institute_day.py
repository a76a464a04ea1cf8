"""A day of the institute: an owner applies, one verifies, another checks, a third signs, a citizen scans and checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.chromium import IN_BROWSER
from tests.demonstration import ROOT, Demonstration
from tests.e2e.door import Door, menu

pytestmark = IN_BROWSER
SERIAL = "DAY-0001"
NUMBER = re.compile(r"^[0-9]{6}-.+-[0-9]{6}$")


@pytest.fixture
def width() -> str:
    """At the desk; the verifier stands at the stall with a phone."""
    return "desktop"


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    """What the verifier took down: the readings of the example, the rest stands on the page."""
    given = yaml.safe_load((ROOT / "examples/readings/price-scale.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "读数.yaml"
    kept = {name: given[name] for name in ("instrument", "readings", "checks")}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return path


def test_from_an_owner_s_application_to_a_citizen_s_check(
    door: Door, house: Demonstration, tmp_path: Path, readings: Path
) -> None:
    label = _owner_files_a_scale(door)
    _owner_applies(door)
    _accepted_and_planned(door)
    _readings_taken(door, readings)
    _checked(door)
    number = _signed(door)
    _citizen(door, house, label, number, tmp_path)


def _owner_files_a_scale(door: Door) -> str:
    """Return the address of the page that the label of the new scale leads to."""
    page = door.sign_in("owner")
    page.goto("/staff/instruments/new/")
    page.get_by_label("器具名称").fill("电子计价秤")
    page.get_by_label("制造单位").fill("演示衡器一厂")
    page.get_by_label("出厂编号").fill(SERIAL)
    page.get_by_role("button", name="保存并提交备案").click()
    expect(page.locator(".message-success")).to_be_visible()
    address = page.get_by_role("link", name="扫码后看到的页面").get_attribute("href")
    assert address
    return address


def _owner_applies(door: Door) -> None:
    page = door.sign_in("owner")
    menu(page, "检定")
    page.get_by_role("link", name="申请检定").click()
    page.get_by_label("检定类别").select_option(label="周期检定")
    page.get_by_label("送检", exact=True).check()
    page.get_by_label("选中全部").check()
    page.get_by_label("选中全部").uncheck()
    page.get_by_label(f"选中 电子计价秤 {SERIAL}").check()
    door.watch.look(page)
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".answer")).to_contain_text("待受理")
    expect(page.locator("main")).to_contain_text(SERIAL)


def _accepted_and_planned(door: Door) -> None:
    page = door.sign_in("verifier")
    menu(page, "检定")
    _application_of_the_scale(page)
    page.get_by_role("button", name="受理").click()
    page.get_by_role("link", name="安排检定").click()
    page.get_by_label("检定员").select_option(label="演示检定员")
    page.get_by_label("核验员").select_option(label="演示核验员")
    page.get_by_label("批准人").select_option(label="演示签字人")
    page.get_by_label("M1 等级砝码").check()
    expect(page.get_by_label(f"选中 电子计价秤 {SERIAL}")).to_be_checked()
    door.watch.look(page)
    page.get_by_role("button", name="下达任务单").click()
    expect(page.locator(".message-success")).to_be_visible()


def _application_of_the_scale(page: Page) -> None:
    """Open the application that waits and holds the scale; the demonstration has others."""
    page.goto("/staff/verification/applications/")
    links = [
        link.get_attribute("href")
        for link in page.locator("tbody a[data-row-link]", has_text="演示超市").all()
    ]
    for link in links:
        page.goto(str(link))
        if page.get_by_text(SERIAL).count():
            return
    raise AssertionError(f"no application for {SERIAL} in {links}")


def _next_of_the_shop(page: Page, step: str) -> None:
    """Go from the list of what waits for this person to the shop's work."""
    menu(page, "检定")
    page.locator("tr", has_text="达川演示超市").get_by_role("link", name=step).last.click()


def _readings_taken(door: Door, readings: Path) -> None:
    page = door.sign_in("verifier", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    _next_of_the_shop(page, "记录读数")
    page.get_by_role("link", name="记录读数").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(SERIAL)
    page.get_by_text("从文件读入").click()
    page.get_by_label("填好的模板、YAML 或 CSV").set_input_files(readings)
    page.get_by_role("button", name="读入").click()
    expect(page.locator("#judge-bar")).to_contain_text("合格")
    page.get_by_label("环境温度").fill("22.5")
    page.get_by_label("环境温度").press("Tab")
    expect(page.locator("#save-state")).to_contain_text("已保存")
    door.watch.look(page)
    page.get_by_role("button", name="提交核验").click()
    expect(page.locator(".answer")).to_contain_text("待核验")


def _checked(door: Door) -> None:
    page = door.sign_in("checker")
    _next_of_the_shop(page, "核验")
    expect(page.get_by_role("heading", level=1)).to_contain_text(SERIAL)
    expect(page.locator(".answer")).to_contain_text("合格")
    door.watch.look(page)
    page.get_by_role("button", name="核验通过").click()
    expect(page.locator(".message-success")).to_be_visible()


def _signed(door: Door) -> str:
    """Return the number of the certificate."""
    page = door.sign_in("signatory")
    _next_of_the_shop(page, "批准")
    page.get_by_role("link", name=SERIAL).click()
    page.get_by_role("button", name="批准并出证").click()
    number = page.get_by_role("link", name=NUMBER).first
    expect(number).to_be_visible()
    door.watch.look(page)
    return number.inner_text()


def _citizen(door: Door, house: Demonstration, label: str, number: str, tmp_path: Path) -> None:
    house.command("day")  # as every night: the log is signed and published
    page = door.visitor()
    page.goto(label)
    expect(page.locator(".answer")).to_contain_text("有效")
    page.get_by_role("link", name="查看并核对检定证书").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    expect(page.locator(".answer")).to_contain_text("合格")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF", exact=True).click()
    file = tmp_path / "证书.pdf"
    waiting.value.save_as(file)
    page.locator("[data-pick] input").set_input_files(file)
    expect(page.locator("[data-verdict]")).to_contain_text("是真的")
    door.watch.look(page)
