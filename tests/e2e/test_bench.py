"""The uncertainty bench: a visitor edits a model and sends it on; a verifier keeps one for the laboratory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow, menu

pytestmark = AT_THE_DESK

# Spaces of three kinds stand in a result: \s is all of them.
GAUGE_BLOCK = re.compile(r"l\s=\s50\.000\s838\smm，U\s=\s0\.000\s092\smm（k\s=\s2\.92，p\s=\s99\s%）")


def test_text_and_cells_are_one_model_and_the_result_follows(door: Door) -> None:
    page = bench(door)
    expect(result(page)).to_have_text(GAUGE_BLOCK)
    change(page, "std: 0.000025", "std: 0.000050")
    expect(result(page)).to_have_text(re.compile(r"U\s=\s0\.000\s15\smm"))
    expect(text(page)).to_be_focused()
    expect(cell(page, "lS/std")).to_have_value("0.000050")

    cell(page, "d/value").fill("0.001")
    expect(result(page)).to_have_text(re.compile(r"l\s=\s50\.001\s62\smm"))
    assert "    value: 0.001\n" in text(page).input_value()
    expect(cell(page, "d/value")).to_be_focused()
    expect(page.locator("#bench-histogram path").first).to_be_attached()
    door.watch.look(page)


def test_a_fault_is_shown_beside_its_line_and_its_cell_until_it_is_mended(door: Door) -> None:
    page = bench(door)
    cell(page, "lS/dof").fill("viele")
    expect(page.locator("#bench-fault")).to_contain_text("旁边仍是改动前的结果")
    expect(result(page)).to_contain_text("有误，还没有结果")
    expect(page.locator("#bench-grid .is-bad")).to_have_count(4)  # all cells of that line
    expect(page.locator(".bench-note")).to_contain_text("viele")
    line = page.locator(".bench-lines .is-bad")
    expect(line).to_have_text("6")
    expect(page.locator("#bench-budget-picture")).to_be_visible()
    door.watch.look(page)
    page.locator("[data-to-line]").click()
    expect(text(page)).to_be_focused()
    assert "dof: viele" in str(text(page).evaluate("t => t.value.slice(t.selectionStart, t.selectionEnd)"))
    change(page, "dof: viele", "dof: 18")
    expect(result(page)).to_have_text(GAUGE_BLOCK)
    expect(page.locator(".is-bad")).to_have_count(0)


def test_a_link_brings_another_visitor_to_the_same_result(door: Door) -> None:
    page = bench(door, "电子计价秤的示值误差")
    change(page, "half_width: 0.001", "half_width: 0.002")
    expect(result(page)).to_have_text(re.compile(r"U\s=\s0\.002\s6\skg"))
    link = page.locator("#bench-link").inner_text()
    assert page.url == link  # so that a reload keeps it
    other = door.visitor()
    other.goto(link)
    expect(result(other)).to_have_text(result(page).inner_text())
    assert text(other).input_value() == text(page).input_value()


def test_without_a_script_the_form_answers_all_the_same(door: Door) -> None:
    page = door.visitor(java_script_enabled=False)
    page.goto("/bench/?example=price_scale")
    cell(page, "ecc/half_width").fill("0.002")
    page.get_by_role("button", name="评定").click()
    expect(result(page)).to_have_text(re.compile(r"U\s=\s0\.002\s6\skg"))
    assert "half_width: 0.002" in text(page).input_value()


def test_a_billion_trials_are_refused_with_memory_and_command(door: Door) -> None:
    page = bench(door)
    page.get_by_label("蒙特卡洛次数").fill("1000000000")
    expect(page.locator(".bench-pictures .finding")).to_contain_text("约需 7.5 GiB 内存")
    expect(page.locator("#bench-command")).to_contain_text("--monte-carlo 1000000000 --seed 1")
    expect(result(page)).to_have_text(GAUGE_BLOCK)
    page.get_by_label("蒙特卡洛次数").fill("20000")
    expect(page.locator("#bench-histogram")).to_be_visible()


def test_outputs_and_points_are_chosen_above_the_pictures(door: Door) -> None:
    page = bench(door, "同时测量电阻和电抗")
    expect(result(page)).to_have_text(re.compile(r"R\s=\s127\.73.*X\s=\s219\.85.*Z\s=\s254\.26"))
    page.get_by_label("看哪个输出量").select_option("Z")
    expect(page.locator("#bench-budget-picture figcaption")).to_contain_text("分量")
    expect(page.locator(".bench-budget tfoot")).to_contain_text("Z 的合成标准不确定度")
    follow(page.get_by_role("link", name="燃油加油机三个流量点的示值误差"))
    page.get_by_label("看哪个校准点").select_option("3")
    expect(result(page)).to_have_text(re.compile(r"E\s=\s0\.10\s%"))


def test_the_command_gives_what_the_page_gives(door: Door, tmp_path: Path) -> None:
    page = bench(door, "空气中比较砝码")
    files = {}
    for name, kind in (("模型 YAML", "model.yaml"), ("结果 JSON", "result.json")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        files[kind] = tmp_path / kind
        download.value.save_as(files[kind])
    words = page.locator("#bench-command").inner_text().split()[1:]
    line = [sys.executable, "-m", "quanheng.cli.main", *words, "--json"]
    printed = subprocess.run(line, cwd=tmp_path, capture_output=True, check=True).stdout
    assert json.loads(printed) == json.loads(files["result.json"].read_bytes())


def test_a_verifier_keeps_a_model_adds_a_version_and_withdraws_it(door: Door) -> None:
    name = f"计价秤 {door.width}"
    page = door.sign_in("verifier")
    menu(page, "测量模型")
    follow(page.get_by_role("link", name=re.compile("评定台")).first)
    follow(page.get_by_role("link", name="电子计价秤的示值误差"))
    follow(page.get_by_role("button", name="保存为本机构的模型"))
    expect(page.locator(".answer")).to_have_text(re.compile(r"U\s=\s0\.001\s8\skg"))
    page.get_by_label("模型名称").fill(name)
    door.watch.look(page)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".message-success")).to_contain_text("第 1 版")

    follow(page.get_by_role("button", name="在评定台打开"))
    cell(page, "ecc/half_width").fill("0.002")
    expect(result(page)).to_have_text(re.compile(r"U\s=\s0\.002\s6\skg"))
    follow(page.get_by_role("button", name="保存为本机构的模型"))
    page.get_by_label("改了什么").fill("偏载按新数据")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator(".message-success")).to_contain_text("第 2 版")
    expect(page.locator(".answer")).to_contain_text("第 2 版")
    door.watch.look(page)

    page.get_by_role("link", name="撤下").click()
    page.get_by_label("理由").fill("演示完毕")
    page.get_by_role("button", name="撤下").click()
    expect(page.locator(".answer")).to_contain_text("撤下：演示完毕")
    menu(page, "测量模型")
    row = page.locator("table[data-keys] tbody tr", has_text=name)
    expect(row).to_contain_text("已撤下")


def bench(door: Door, example: str = "") -> Page:
    """Return the bench, with an example."""
    page = door.visitor()
    page.goto("/")
    follow(page.get_by_role("navigation", name="主导航").get_by_role("link", name="不确定度评定台"))
    if example:
        follow(page.get_by_role("link", name=example))
    return page


def result(page: Page) -> Locator:
    return page.locator("#bench-sentence")


def text(page: Page) -> Locator:
    return page.locator("#bench-text")


def cell(page: Page, address: str) -> Locator:
    """Return a cell; on a phone they are folded at first."""
    cells = page.locator(".bench-cells")
    if cells.get_attribute("open") is None:
        cells.locator("summary").click()
    return page.locator(f'[name="cell:{address}"]')


def change(page: Page, old: str, new: str) -> None:
    """Type something else in place of a part of the text."""
    value = text(page).input_value()
    assert old in value
    text(page).fill(value.replace(old, new))
