"""From a suspicion to a working meter: visits under a budget, a test ordered and answered, the meter replaced."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.door import AT_THE_DESK, Door, follow, menu

pytestmark = AT_THE_DESK


def test_a_suspect_is_tested_found_wrong_and_replaced(door: Door, tmp_path: Path) -> None:
    page = door.sign_in("officer")
    menu(page, "核实与更换")
    expect(page.get_by_text("远程估计是初步证据，不是检定结论").first).to_be_visible()
    follow(page.get_by_role("link", name="排出核实名单"))
    page.get_by_label("预算（元）").fill("10000")
    follow(page.get_by_role("button", name="计算"))
    suspects = page.locator("tbody th.meter").all_inner_texts()
    assert len(suspects) >= 2
    door.watch.look(page)
    follow(page.get_by_role("button", name="安排这"))

    meter = an_order_is_refused_and_then_made(door, page, suspects)
    meter_on_paper = another_is_only_listed(page, suspects, meter)
    found_wrong_by_another_body(page, tmp_path)
    replaced(door, page, tmp_path)
    expect(page.get_by_role("cell", name="NEW-E2E")).to_be_visible()

    page.goto("/score/")
    expect(page.get_by_role("heading", name="远程估计准不准")).to_be_visible()
    assert meter_on_paper not in page.content()
    with page.expect_download() as sent:
        page.get_by_role("link", name="score.csv").click()
    text = Path(sent.value.path()).read_text(encoding="utf-8")
    assert "suspect" in text
    assert meter_on_paper not in text


def an_order_is_refused_and_then_made(door: Door, page: Page, suspects: list[str]) -> str:
    """Order the test of the first one alone; a plate without a serial is told, and nothing is lost."""
    ids = page.locator("input[name=meter]")
    first, second = (ids.nth(at).get_attribute("value") for at in (0, 1))
    page.goto(f"/staff/followups/new/?meter={first}")
    meter = page.locator("tbody th.meter").inner_text().strip()
    assert meter in suspects
    page.get_by_label("供电企业").select_option(label="演示供电公司")
    page.get_by_label("检定机构").select_option(index=0)
    page.get_by_label("出厂编号").first.fill("")  # a lot may know it
    with door.watch.expects(409):
        page.get_by_role("button", name="申请现场检定").click()
        expect(page.get_by_text("每台都要填出厂编号")).to_be_visible()
    page.get_by_label("出厂编号").first.fill("E2E-0001")
    page.get_by_label("电流规格").fill("5(60) A")
    follow(page.get_by_role("button", name="申请现场检定"))
    expect(page.get_by_text("申请现场检定，1 台。")).to_be_visible()
    page.goto(f"/staff/followups/new/?meter={second}")
    return meter


def another_is_only_listed(page: Page, suspects: list[str], other: str) -> str:
    """Put the second one on the list."""
    meter = page.locator("tbody th.meter").inner_text().strip()
    assert meter != other
    follow(page.get_by_role("button", name="只列入，暂不申请"))
    page.get_by_role("link", name=meter, exact=True).first.click()
    expect(page.get_by_text("还没有安排现场检定")).to_be_visible()
    return meter


def found_wrong_by_another_body(page: Page, folder: Path) -> None:
    """Enter the paper of another body; it stands beside the estimate."""
    paper = folder / "证书.pdf"
    paper.write_bytes(b"%PDF-1.7 paper")
    follow(page.get_by_role("link", name="登记其他机构的结果"))
    page.get_by_label("检定机构").fill("演示省级计量技术机构")
    page.get_by_label("证书编号").fill("E2E-1")
    page.get_by_label("检定日期").fill(
        page.evaluate("new Date().toLocaleDateString('sv', {timeZone: 'Asia/Shanghai'})")
    )
    page.get_by_label("不合格").check()
    page.get_by_label("误差（%）").fill("6.1")
    page.get_by_label("扩展不确定度").fill("0.2")
    page.get_by_label("证书的照片或文件").set_input_files(paper)
    follow(page.get_by_role("button", name="登记", exact=True))
    expect(page.get_by_text("估计与检定相差")).to_be_visible()


def replaced(door: Door, page: Page, folder: Path) -> None:
    """Order the replacement, and record it."""
    photo = folder / "读数.jpg"
    photo.write_bytes(b"\xff\xd8 both registers")
    follow(page.get_by_role("button", name="下达更换单"))
    follow(page.get_by_role("link", name="更换单", exact=True).last)
    door.watch.look(page)
    follow(page.get_by_role("link", name="登记更换").first)
    page.get_by_label("新表编号").fill("NEW-E2E")
    page.get_by_label("旧表止码").fill("4321.5")
    page.get_by_label("新表起码").fill("0")
    page.get_by_label("新旧表读数的照片").set_input_files(photo)
    follow(page.get_by_role("button", name="登记更换"))
