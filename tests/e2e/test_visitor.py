"""A visitor: figures with their commands, the log, a proof checked by the visitor's own browser."""

from __future__ import annotations

import json
from gettext import GNUTranslations
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.chromium import IN_BROWSER
from tests.demonstration import ROOT
from tests.e2e.door import Door

CATALOGUE = ROOT / "src/quanheng/locale/en/LC_MESSAGES/django.mo"

pytestmark = IN_BROWSER


def test_every_figure_shows_its_command_and_a_proof_is_checked_by_the_browser(door: Door) -> None:
    page = door.visitor()
    page.goto("/")
    expect(page.locator(".demo-banner")).to_contain_text("演示数据")
    figure = page.locator(".q-figure", has_text="任务总数")
    figure.get_by_text("如何得出").click()
    expect(figure.locator("code")).to_contain_text("quanheng indicator show plan.tasks")
    door.watch.look(page)

    page.get_by_role("link", name="公开数字", exact=True).click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    expect(rows.locator("code", has_text="quanheng indicator show")).to_have_count(rows.count())

    page.get_by_role("navigation", name="主导航").get_by_role("link", name="日志").click()
    page.locator("tbody a[data-row-link]").first.click()
    page.get_by_role("button", name="核验这条记录").click()
    expect(page.locator("[data-proof-verdict]")).to_have_text("核验通过：这条记录确在日志中，未被改动。")
    expect(page.locator(".proof-steps > .ok")).to_have_count(8)
    assert sign_before(page, ".proof-steps > .ok") == '"✓"'
    door.watch.look(page)


def test_a_tampered_proof_is_refused_where_it_was_tampered_with(door: Door, tmp_path: Path) -> None:
    page = door.visitor()
    page.goto("/log/leaf/3/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载证明文件").click()
    proof = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    proof["entry"] = proof["entry"].replace('"v":1', '"v":2')
    tampered = tmp_path / "proof.json"
    tampered.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")

    page.goto("/log/")
    page.locator("[data-proof] input[type=file]").set_input_files(tampered)
    expect(page.locator("[data-proof-verdict]")).to_have_text("核验不通过：不能证明这条记录在日志中。")
    expect(page.locator(".proof-steps > .bad")).to_contain_text("内容被改动过")
    assert sign_before(page, ".proof-steps > .bad") == '"✗"'


def test_the_portal_speaks_english_and_chinese_again(door: Door) -> None:
    with CATALOGUE.open("rb") as file:
        english = GNUTranslations(file).gettext("任务")
    assert english.isascii()
    page = door.visitor()
    page.goto("/plan/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("columnheader", name=english, exact=True)).to_be_attached()
    assert page.url.endswith("/plan/")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("columnheader", name="任务", exact=True)).to_be_attached()


def sign_before(page: Page, selector: str) -> str:
    """Return the sign that the style sheet draws before an element."""
    sign: str = page.locator(selector).first.evaluate(
        "element => getComputedStyle(element, '::before').content"
    )
    return sign
