"""A file checked in the visitor's own browser: every answer in words, and nothing sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import pdf_of, xml_of
from quanheng.certificates.services import supersede_certificate, withdraw_certificate
from quanheng.transparency.sequencer import sequence
from tests.certificates.issued import issue
from tests.certificates.making import NOW, TODAY, World, make_checked, make_world, rejected_readings
from tests.chromium import IN_BROWSER

pytestmark = [*IN_BROWSER, pytest.mark.django_db(transaction=True)]
REASON = "更正出厂编号"


@pytest.fixture
def institute(home: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """An institute that can issue, on the day of its work."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)
    return make_world()


@dataclass
class Visitor:
    """A browser on one page, and all it asked the network for since the page had loaded."""

    page: Page
    url: str
    asked: list[str]

    def opens(self, path: str) -> None:
        """Open a page and count requests from then on."""
        self.page.goto(f"{self.url}{path}", wait_until="networkidle")
        self.asked.clear()

    def gives(self, data: bytes, name: str = "证书.pdf") -> str:
        """Choose a file; return the verdict.  Nothing may have been asked for meanwhile."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator("[data-pick] input").set_input_files(file)  # type: ignore[arg-type]  # a FilePayload
        expect(self.page.locator("[data-file]")).to_have_text(name)
        verdict = self.page.locator("[data-verdict]")
        expect(verdict).not_to_be_empty()
        assert self.asked == []
        return verdict.inner_text()

    def steps(self) -> dict[str, list[str]]:
        """What was looked at, by how it came out."""
        return {
            state: self.page.locator(f"[data-steps] > .{state}").all_inner_texts()
            for state in ("ok", "bad", "unsure")
        }


@pytest.fixture
def visitor(live_server: Any, new_context: Callable[..., BrowserContext]) -> Iterator[Visitor]:
    """Somebody who is not signed in; any error of a script fails the test."""
    faults: list[str] = []
    page = new_context(locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    yield Visitor(page, live_server.url, asked)
    assert faults == []


def page_of(certificate: Certificate) -> str:
    return f"/certificate/{certificate.number}/"


def changed(data: bytes) -> bytes:
    """The same file with one byte of its middle changed."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_original_is_confirmed_and_everything_else_is_not(institute: World, visitor: Visitor) -> None:
    one, other = (issue(institute, verification) for verification in make_checked(institute, "1", "2"))
    sequence()
    visitor.opens(page_of(one))
    for data in (pdf_of(one), xml_of(one)):
        assert visitor.gives(data).startswith(
            f"是真的：这就是证书 {one.number} 的原件，未经改动，有效期至 2027年"
        )
        assert visitor.steps()["bad"] == visitor.steps()["unsure"] == []
    assert "被改动过，不能采信" in visitor.gives(changed(pdf_of(one)))
    assert len(visitor.steps()["bad"]) == 1
    assert "被改动过，不能采信" in visitor.gives(changed(xml_of(one)))
    for data in (pdf_of(other), xml_of(other)):
        assert visitor.gives(data).startswith(f"这不是本页的证书，而是另一份：{other.number}。")
    assert "不是证书" in visitor.gives(b"%PDF-1.7 a paper of somebody else")
    assert visitor.gives(b"PK\x03\x04") == "这不是证书文件。"
    assert visitor.gives(b"") == "这不是证书文件。"


def test_what_is_true_and_worth_nothing_any_more_says_so(
    institute: World, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = institute.people["signatory"]
    withdrawn, superseded, valid = (issue(institute, one) for one in make_checked(institute, "1", "2", "3"))
    (verification,) = make_checked(institute, "4", readings=rejected_readings())
    rejected = issue(institute, verification)
    withdraw_certificate(actor=sign, number=withdrawn.number, reason=REASON)
    new = supersede_certificate(actor=sign, number=superseded.number, reason=REASON)
    sequence()
    for certificate, words in (
        (withdrawn, "文件是真的，但证书 {number} 已撤回，不再使用。"),
        (superseded, "文件是真的，但证书 {number} 已被取代，不再使用。"),
        (rejected, "文件是真的：检定结果通知书 {number}，检定不合格，器具不得使用。"),
    ):
        visitor.opens(page_of(certificate))
        assert visitor.gives(pdf_of(certificate)).startswith(words.format(number=certificate.number))
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY.replace(year=TODAY.year + 2))
    visitor.opens(page_of(valid))
    assert "已过有效期" in visitor.gives(pdf_of(valid))
    visitor.opens(page_of(superseded))
    visitor.gives(pdf_of(superseded))
    visitor.page.get_by_role("link", name=f"打开 {new.number} 的页面").click()
    visitor.page.wait_for_url(f"**/certificate/{new.number}/")


def test_before_the_log_has_it_the_answer_is_not_a_plain_yes(institute: World, visitor: Visitor) -> None:
    (verification,) = make_checked(institute)
    certificate = issue(institute, verification)
    visitor.opens(page_of(certificate))
    assert "还没有编入公开日志，暂时不能独立核验" in visitor.gives(pdf_of(certificate))
    assert len(visitor.steps()["unsure"]) == 1
    assert "不能采信" in visitor.gives(changed(pdf_of(certificate)))


def test_a_page_that_lies_about_the_hash_is_not_believed(institute: World, visitor: Visitor) -> None:
    """The hash that counts is the one in the leaf that the proof leads to."""
    (verification,) = make_checked(institute)
    certificate = issue(institute, verification)
    sequence()
    forged = changed(pdf_of(certificate))

    def lie(route: Any) -> None:
        answer = route.fetch()
        body = answer.text().replace(certificate.pdf_sha256, sha256(forged).hexdigest())
        route.fulfill(response=answer, body=body)

    visitor.page.route(f"**{page_of(certificate)}", lie)
    visitor.opens(page_of(certificate))
    assert "不能核验：本页给出的日志证明不成立" in visitor.gives(forged)


def test_a_file_of_an_unknown_number_leads_to_its_page(institute: World, visitor: Visitor) -> None:
    (verification,) = make_checked(institute)
    certificate = issue(institute, verification)
    visitor.opens("/certificate/")
    assert "没有从文件里读出编号" in visitor.gives(b"%PDF-1.7 nothing to read")
    expect(visitor.page.get_by_role("link", name="按散列查找")).to_be_visible()
    assert certificate.number in visitor.gives(xml_of(certificate))
    assert f"文件里写的编号是 {certificate.number}" in visitor.gives(pdf_of(certificate))
    visitor.page.get_by_role("link", name=f"打开 {certificate.number} 的页面").click()
    visitor.page.wait_for_url(f"**{page_of(certificate)}")
