"""The administrator: people and their roles, units and their names, two people at one record."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from quanheng.core.enums import Role
from tests.e2e.door import AT_THE_DESK, Door, fill_in_sign_in, menu
from tests.e2e.totp import code_now

pytestmark = AT_THE_DESK
FIRST_PASSWORD = "xin-lai-de-ren-2026"


def test_a_new_user_gets_a_role_and_a_second_factor(door: Door) -> None:
    username = f"newcomer-{door.width}"
    admin = door.sign_in("admin")
    menu(admin, "用户")
    admin.get_by_role("link", name="新建用户").click()
    admin.get_by_label("姓名").fill(f"新来的 {door.width}")
    admin.get_by_label("用户名").fill(username)
    admin.get_by_label("初始密码").fill(FIRST_PASSWORD)
    admin.get_by_role("button", name="建立账户").click()
    expect(admin.locator(".message-success")).to_contain_text("请设定岗位")
    admin.get_by_label("岗位", exact=True).last.select_option(label=str(Role.INSPECTOR.label))
    admin.get_by_label("单位", exact=True).last.select_option("区市场监管局")
    admin.get_by_role("button", name="保存").click()
    expect(admin.locator(".answer")).to_have_text("有 1 个岗位。")
    door.watch.look(admin)

    page = door.sign_in(username, FIRST_PASSWORD)
    page.get_by_role("link", name=f"新来的 {door.width}").click()
    expect(page.locator(".facts")).to_contain_text(f"{Role.INSPECTOR.label} · 区市场监管局")
    secret = activate_totp(page)
    page.get_by_role("button", name="退出").first.click()
    page.goto("/account/login/")
    fill_in_sign_in(page, username, FIRST_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("两步验证")
    send_code(page, secret, "登录")
    page.wait_for_url("**/staff/")


def test_the_second_person_at_a_unit_is_told_and_overwrites_nothing(door: Door) -> None:
    alias, other = f"水务与河湖局{door.width}", f"水利水务局{door.width}"
    first, second = door.sign_in("admin"), door.sign_in("officer")
    for page in (first, second):
        menu(page, "单位")
        page.get_by_role("link", name="区水务局", exact=True).click()
    add_alias(first, alias)
    expect(first.locator(".message-success")).to_be_visible()
    with door.watch.expects(409):
        add_alias(second, other)
        expect(second.locator("[data-errors]")).to_be_visible()
    expect(second.get_by_role("heading", name="与您填写的不同之处")).to_be_visible()
    difference = second.get_by_role("row", name="别名")
    expect(difference).to_contain_text(alias)
    expect(difference).to_contain_text(other)
    door.watch.look(second)


def test_the_staff_pages_keep_their_form_in_english(door: Door) -> None:
    page = door.sign_in("admin")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    rail = page.locator(".frame > .rail li a")
    paths = [str(link.get_attribute("href")) for link in rail.all()]
    for path in [*paths, "/staff/board/departments/", "/staff/board/towns/", "/staff/units/new/"]:
        page.goto(path)  # the watch looks at each
        expect(page.locator("html")).to_have_attribute("lang", "en")


def activate_totp(page: Page) -> str:
    """Switch the second factor on, from the page of the own account; return its secret."""
    page.get_by_role("link", name="开启两步验证").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("再次确认身份")
    page.get_by_label("密码").fill(FIRST_PASSWORD)
    page.get_by_role("button", name="确认").click()
    secret = page.locator(".facts .mono").inner_text()
    send_code(page, secret, "开启")
    expect(page.get_by_role("heading", level=1)).to_contain_text("恢复码")
    return secret


def send_code(page: Page, secret: str, button: str) -> None:
    """Type the code of this moment and send it; once more if the moment passed while it was sent."""
    code = ""
    while code != code_now(secret) and (not code or page.locator("input[name=code]").is_visible()):
        code = code_now(secret)
        page.locator("input[name=code]").fill(code)
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()


def add_alias(page: Page, name: str) -> None:
    """Write one more alias and save."""
    box = page.get_by_label("别名")
    box.fill(f"{box.input_value()}\n{name}")
    page.get_by_role("button", name="保存").click()
