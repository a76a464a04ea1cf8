"""What anyone is told of a certificate by its number, and what not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanheng.certificates import selectors
from quanheng.certificates.models import Certificate
from quanheng.certificates.services import issue_certificate, supersede_certificate, withdraw_certificate
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Instrument
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.transparency.sequencer import sequence
from quanheng.verification.enums import WorkKind, WorkPlace
from quanheng.verification.models import Verification
from quanheng.verification.services.orders import create_work_order
from tests.certificates.issued import issue, log_key
from tests.certificates.making import (
    NOW,
    READINGS,
    TODAY,
    World,
    check,
    make_checked,
    make_world,
    rejected_readings,
)
from tests.web.staff.conftest import text_of

REASON = "出厂编号登记有误，已更正"


@pytest.fixture
def institute(db: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An institute that can issue, on the day of its work."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)
    return make_world()


@pytest.fixture
def passed(institute: World) -> Certificate:
    (verification,) = make_checked(institute)
    certificate = issue(institute, verification)
    Instrument.objects.update(filing=Filing.FILED)
    return certificate


def page(client: Client, certificate: Certificate, query: str = "") -> str:
    answer = client.get(f"/certificate/{certificate.number}/{query}")
    assert answer.status_code == 200
    assert answer["X-Robots-Tag"] == "noindex"
    return text_of(answer)


def again(institute: World, instrument: Instrument, readings: dict[str, Any]) -> Verification:
    """Verify an instrument once more, up to the signature."""
    people = institute.people
    order = create_work_order(
        actor=people["verifier"],
        application=None,
        institute=institute.institute.pk,
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.LAB,
        planned_on=TODAY,
        verifier=people["verifier"].pk,
        checker=people["checker"].pk,
        signatory=people["signatory"].pk,
        standards=[institute.standard.public_id],
        instruments=[instrument.public_id],
    )
    return check(institute, order.verifications.get(), readings, {})


def told(client: Client, certificate: Certificate) -> dict[str, str]:
    """What the page gives to the browser that checks a file."""
    html = client.get(f"/certificate/{certificate.number}/").content.decode()
    start = html.index(">", html.index('id="certificate-check"')) + 1
    found: dict[str, str] = json.loads(html[start : html.index("</script>", start)])
    return found


def test_the_page_says_first_that_it_passed_and_until_when(client: Client, passed: Certificate) -> None:
    text = page(client, passed)
    until = passed.valid_until
    assert until is not None
    answer = f"合格 有效期至 {until.year}年{until.month}月{until.day}日。"
    for shown in (answer, "20240317", "达川区计量检定所（演示）", "JJG 539", "±2.5", passed.pdf_sha256):
        assert shown in text
    assert text.index(answer) < text.index("20240317")


def test_the_last_valid_day_is_valid_and_the_next_is_not(
    client: Client, passed: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = passed.valid_until
    assert until is not None
    monkeypatch.setattr("quanheng.base.clock.today", lambda: until)
    assert "合格 有效期至" in page(client, passed)
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date.fromordinal(until.toordinal() + 1))
    assert "已过有效期 有效期到" in page(client, passed)


def test_a_rejection_says_that_it_must_not_be_used_here_and_on_the_label(
    client: Client, institute: World
) -> None:
    (verification,) = make_checked(institute, readings=rejected_readings())
    rejection = issue(institute, verification)
    Instrument.objects.update(filing=Filing.FILED)
    text = page(client, rejection)
    assert "不合格 检定结果通知书：检定不合格，不得使用。" in text
    assert "不合格项" in text
    assert "检定不合格 不得使用" in text_of(client.get(f"/q/{verification.instrument.label_code}"))


def test_a_calibration_certificate_has_no_verdict(client: Client, institute: World) -> None:
    readings = READINGS | {"readings": {"weighing": READINGS["readings"]["weighing"]}}
    (verification,) = make_checked(institute, kind=WorkKind.CALIBRATION, readings=readings)
    text = page(client, issue(institute, verification))
    assert "不作合格与否的结论" in text
    assert "合格有效" not in text


def test_a_withdrawn_one_says_when_and_why(client: Client, institute: World, passed: Certificate) -> None:
    withdraw_certificate(actor=institute.people["signatory"], number=passed.number, reason="标准器超期")
    assert "已撤回 2026年5月20日 撤回，不再使用。理由：标准器超期" in page(client, passed)
    assert told(client, passed)["ended"] == "withdrawn"


def test_a_superseded_one_leads_to_the_one_in_its_place_and_back(
    client: Client,
    institute: World,
    passed: Certificate,
) -> None:
    new = supersede_certificate(actor=institute.people["signatory"], number=passed.number, reason=REASON)
    html = client.get(f"/certificate/{passed.number}/").content.decode()
    assert "已被取代" in html
    assert f'href="/certificate/{new.number}/"' in html
    assert (
        f'href="/certificate/{passed.number}/"' in client.get(f"/certificate/{new.number}/").content.decode()
    )
    assert told(client, passed)["successor"] == new.number


def test_an_older_one_tells_of_the_newer(client: Client, institute: World, passed: Certificate) -> None:
    newer = issue(institute, again(institute, passed.instrument, rejected_readings()))
    assert f"后来又签发了证书：{newer.number}" in page(client, passed)
    assert "后来又签发了证书" not in page(client, newer)


def test_nobody_is_named_but_the_institute(client: Client, institute: World, passed: Certificate) -> None:
    html = client.get(f"/certificate/{passed.number}/").content.decode()
    people = ("张检定", "李核验", "王签字")
    instrument = passed.instrument
    for private in (
        institute.owner.name,
        institute.owner.credit_code,
        instrument.label_code,
        str(instrument.place),
        *people,
    ):
        if private:
            assert private not in html


def test_the_files_are_for_who_knows_the_code_of_the_label(client: Client, passed: Certificate) -> None:
    code = passed.instrument.label_code
    for name, data in (("pdf", selectors.pdf_of(passed)), ("xml", selectors.xml_of(passed))):
        address = f"/certificate/{passed.number}/certificate.{name}"
        assert [
            client.get(f"{address}{query}").status_code for query in ("", "?label=WRONG", "?label=%00")
        ] == [404] * 3
        answer = client.get(f"{address}?label={code}")
        assert answer.content == data
        assert answer["Content-Disposition"] == f'attachment; filename="{passed.number}.{name}"'
    assert "这不是这台器具的标签编码" in page(client, passed, "?label=ABCDEFGHJK")
    assert "certificate.pdf" in client.get(f"/certificate/{passed.number}/?label={code}").content.decode()


def test_a_label_links_to_the_latest_certificate_with_its_code(client: Client, passed: Certificate) -> None:
    code = passed.instrument.label_code
    assert f"/certificate/{passed.number}/?label={code}" in client.get(f"/q/{code}").content.decode()


def test_the_proof_of_the_page_verifies_under_the_key_of_the_log(client: Client, passed: Certificate) -> None:
    assert told(client, passed)["proof"] == ""
    assert client.get(f"/certificate/{passed.number}/proof.json").status_code == 503
    assert "等待编入公开日志" in page(client, passed)
    sequence()
    answer = client.get(f"/certificate/{passed.number}/proof.json")
    assert answer["Content-Disposition"] == f'attachment; filename="{passed.number}.pdf.proof.json"'
    assert answer.content.decode() == told(client, passed)["proof"]
    assert verify_proof(answer.content, key=log_key()).leaf.data["pdf_sha256"] == passed.pdf_sha256


@pytest.mark.parametrize("by", ["number", "small letters", "hash", "address", "label", "label address"])
def test_it_is_found_by_number_hash_address_and_label(client: Client, passed: Certificate, by: str) -> None:
    code = passed.instrument.label_code
    asked = {
        "number": f" {passed.number} ",
        "small letters": passed.number.lower(),
        "hash": passed.xml_sha256,
        "address": f"https://example.org/c/{passed.number}",
        "label": code.lower(),
        "label address": f"https://example.org/q/{code}",
    }[by]
    answer = client.get("/certificate/", {"q": asked})
    query = f"?label={code}" if by.startswith("label") else ""
    assert (answer.status_code, answer["Location"]) == (302, f"/certificate/{passed.number}/{query}")


def test_the_address_in_the_qr_code_leads_to_the_page(client: Client, passed: Certificate) -> None:
    assert selectors.content_of(passed).url.endswith(f"/c/{passed.number}")
    assert client.get(f"/c/{passed.number}")["Location"] == f"/certificate/{passed.number}/"


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["511703-J1-2026-000001", "x" * 300, "%00", "一", "a b"])
def test_a_number_of_nothing_gets_a_friendly_404(client: Client, number: str) -> None:
    for address in (f"/certificate/{number}/", f"/certificate/?q={number}"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "没有这个编号" in text_of(answer)
    assert "没有一份证书是这个文件" in text_of(client.get(f"/certificate/?q={'0' * 64}"))


def test_one_in_the_making_is_not_told_of(client: Client, institute: World) -> None:
    (verification,) = make_checked(institute)

    def crash(_step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        issue_certificate(
            actor=institute.people["signatory"],
            public_id=verification.public_id,
            revision=verification.revision,
            after_step=crash,
        )
    assert client.get(f"/certificate/{Certificate.objects.get().number}/").status_code == 404
