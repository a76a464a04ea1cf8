"""What a citizen's check says of a file: the true one, and each kind of forgery, named."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from quanheng.certificates import selectors
from quanheng.certificates.checking import MAX_BYTES, PublishedLog, Verdict, check_file
from quanheng.certificates.making import make_files
from quanheng.certificates.models import Certificate
from quanheng.certificates.paper.typesetting import typeset
from quanheng.certificates.services import revoke_key, supersede_certificate, withdraw_certificate
from quanheng.certificates.services.keys import open_registered
from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.pdf_signature import sign_pdf
from quanheng.kernels.tlog.layout import ENTRIES, tile_at
from quanheng.transparency.selectors import log_folder, reader
from tests.certificates.issued import checked, failed, issue, log_key, outcome, proof_of, published, told
from tests.certificates.making import NOW, TODAY, World, make_checked, rejected_readings

MONTH = timedelta(days=30)


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issue(world, make_checked(world)[0])


@pytest.fixture
def pdf(certificate: Certificate) -> bytes:
    return selectors.pdf_of(certificate)


@pytest.fixture
def xml(certificate: Certificate) -> bytes:
    return selectors.xml_of(certificate)


def test_the_true_pdf_and_xml_are_authentic_and_every_check_is_stood(pdf: bytes, xml: bytes) -> None:
    for data, kind in ((pdf, "pdf"), (xml, "xml")):
        report = checked(data)

        assert report.verdict is Verdict.AUTHENTIC, report.checks
        assert (report.kind, report.status, report.trusted_time) == (kind, "valid", NOW)
        assert set(outcome(report).values()) <= {True, None}
        assert not {name for name, ok in outcome(report).items() if ok is None} - {"xsd", "sm2_seal"}


def test_the_last_day_is_valid_and_the_next_is_not_though_the_file_stays_authentic(
    certificate: Certificate, pdf: bytes
) -> None:
    until = certificate.valid_until
    assert until is not None

    assert checked(pdf, at=until).status == "valid"
    late = checked(pdf, at=until + timedelta(days=1))
    assert (late.verdict, late.status, failed(late)) == (Verdict.AUTHENTIC, "expired", {"in_force"})


def test_a_rejection_notice_says_so(world: World) -> None:
    (verification,) = make_checked(world, readings=rejected_readings())

    report = checked(selectors.pdf_of(issue(world, verification)))

    assert (report.verdict, report.status) == (Verdict.AUTHENTIC, "rejected")


def test_without_log_and_proof_nothing_speaks_for_the_file(pdf: bytes) -> None:
    report = check_file(pdf, log=None, at=TODAY)

    assert report.verdict is Verdict.CANNOT_TELL
    assert not failed(report)
    assert outcome(report)["signer_valid"] is None


def test_a_proof_file_is_enough_with_the_key_of_the_log_from_elsewhere_and_not_without(
    certificate: Certificate, pdf: bytes
) -> None:
    published()
    proof = proof_of(certificate)

    with_key = check_file(pdf, log=None, at=TODAY, proof=proof, key=log_key())
    alone = check_file(pdf, log=None, at=TODAY, proof=proof)

    assert (with_key.verdict, alone.verdict) == (Verdict.AUTHENTIC, Verdict.CANNOT_TELL)
    assert outcome(with_key)["in_force"] is None  # it may have been withdrawn since
    assert not failed(alone)


def test_the_proof_of_another_certificate_proves_nothing(world: World) -> None:
    first, second = (issue(world, one) for one in make_checked(world, "1", "2"))
    published()

    report = check_file(selectors.pdf_of(first), log=None, at=TODAY, proof=proof_of(second), key=log_key())

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, set())
    assert told(report, "in_log") == "日志中的登记未检查：因为证明文件证明的不是这份证书。"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_one_changed_byte_of_a_pdf_is_found(pdf: bytes, share: float) -> None:
    at = int(len(pdf) * share)
    changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]

    report = checked(changed)

    assert (report.verdict, report.status, report.content) == (Verdict.NOT_AUTHENTIC, "unknown", None)
    assert "pdf_signature" in failed(report)


def test_a_second_signature_on_the_pdf_is_refused(world: World, certificate: Certificate, pdf: bytes) -> None:
    report = checked(pdf + b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n")

    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert "pdf_signature" in failed(report)


def test_a_swapped_attachment_signed_by_a_stranger_is_found(
    world: World, certificate: Certificate, tmp_path: Any
) -> None:
    """Paper of one certificate, XML of another, signed again by somebody whose key the log does not know."""
    (other,) = make_checked(world, "2")
    swapped = selectors.xml_of(issue(world, other))
    stranger = make_demonstration_key(tmp_path / "k", institute_name=world.institute.name, now=NOW, years=1)
    paper = typeset(selectors.content_of(certificate), swapped)
    forged = sign_pdf(paper, stranger, reason="", location="", signed_at=NOW)

    report = checked(forged)

    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert failed(report) >= {"same_signer", "signer_registered", "in_log"}


def test_a_whole_certificate_made_with_a_key_of_ones_own_is_found(
    world: World, certificate: Certificate, tmp_path: Any
) -> None:
    stranger = make_demonstration_key(tmp_path / "k", institute_name=world.institute.name, now=NOW, years=1)
    files = make_files(selectors.content_of(certificate), stranger, signed_at=NOW)

    report = checked(files.pdf)

    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert failed(report) == {"in_log", "log_signer", "signer_registered"}


def test_xml_signed_and_then_changed_is_found(xml: bytes) -> None:
    report = checked(xml.replace("电子计价秤".encode(), "电子天平".encode(), 1))

    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert failed(report) >= {"xml_signature", "content"}


def test_a_signed_file_that_the_log_never_saw_is_not_believed(world: World, certificate: Certificate) -> None:
    """A crash between signing and logging, or an institute that signs outside the platform."""
    published()
    assert certificate.signing_certificate is not None
    key = open_registered(certificate.signing_certificate)
    unlogged = selectors.content_of(certificate).model_copy(update={"number": "511703-J1-2026-000999"})

    report = checked(make_files(unlogged, key, signed_at=NOW).pdf)

    assert report.verdict is Verdict.CANNOT_TELL
    assert outcome(report)["in_log"] is None
    assert outcome(report)["signer_registered"] is True


def test_an_institute_that_dates_back_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed day is a month before the log saw the certificate."""
    (verification,) = make_checked(world)
    real_today, later = TODAY, NOW + MONTH
    monkeypatch.setattr("quanheng.base.clock.now", lambda: later)
    monkeypatch.setattr("quanheng.base.clock.today", lambda: real_today)

    report = checked(selectors.pdf_of(issue(world, verification)))

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, {"dates"})
    assert "早 30 天" in told(report, "dates")


def test_what_was_logged_before_a_key_was_stolen_stays_good_and_what_came_after_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_checked(world, "1", "2")
    early = issue(world, first)
    _pass(monkeypatch, timedelta(hours=2))
    late = issue(world, second)
    signer = late.signing_certificate
    assert signer is not None
    revoke_key(
        actor=world.people["officer"],
        public_id=signer.public_id,
        distrusted_from=NOW + timedelta(hours=1),
        reason="密码设备失窃",
    )
    log = published()

    good, bad = (checked(selectors.pdf_of(one), log=log) for one in (early, late))

    assert good.verdict is Verdict.AUTHENTIC
    assert (bad.verdict, failed(bad)) == (Verdict.NOT_AUTHENTIC, {"signer_trusted"})


def test_a_certificate_outlives_the_key_that_signed_it(
    world: World, certificate: Certificate, pdf: bytes
) -> None:
    assert certificate.signing_certificate is not None
    after = certificate.signing_certificate.not_after.date() + timedelta(days=400)

    assert checked(pdf, at=after).verdict is Verdict.AUTHENTIC


def test_withdrawn_and_superseded_say_so_and_stay_authentic(world: World) -> None:
    first, second = (issue(world, one) for one in make_checked(world, "1", "2"))
    signatory = world.people["signatory"]
    withdraw_certificate(actor=signatory, number=first.number, reason="标准器超差")
    new = supersede_certificate(actor=signatory, number=second.number, reason="单位名称有误")
    log = published()

    reports = [checked(selectors.pdf_of(one), log=log) for one in (first, second, new)]

    assert [report.verdict for report in reports] == [Verdict.AUTHENTIC] * 3
    assert [report.status for report in reports] == ["withdrawn", "superseded", "valid"]
    assert new.number in told(reports[1], "in_force")


def test_a_copy_of_the_log_without_the_revocation_is_not_believed(
    world: World, certificate: Certificate, pdf: bytes
) -> None:
    assert certificate.signing_certificate is not None
    revoke_key(
        actor=world.people["officer"],
        public_id=certificate.signing_certificate.public_id,
        distrusted_from=NOW,
        reason="失窃",
    )
    log = published()
    path = log_folder() / tile_at(log.checkpoint.size, ENTRIES, 0).path
    path.write_bytes(path.read_bytes().replace(b"signing_key:revoked", b"signing_key:renewed"))

    report = checked(pdf, log=PublishedLog(reader(log_folder()), key=log_key()))

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, {"log_key"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-",
        b"%PDF-1.7\n%%EOF",
        b"<a",
        b"<a/>",
        b"\xff" * 1000,
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        b"<a>" * 5000,
        b" " * (MAX_BYTES + 1),
    ],
    ids=range(10),
)
def test_hostile_bytes_are_named_and_never_raise(data: bytes) -> None:
    report = check_file(data, log=None, at=TODAY)

    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert failed(report)


def test_a_truncated_pdf_or_xml_is_not_authentic(pdf: bytes, xml: bytes) -> None:
    for data in (pdf, xml):
        for share in (0.3, 0.9, 0.999):
            report = check_file(data[: int(len(data) * share)], log=None, at=TODAY)
            assert report.verdict is Verdict.NOT_AUTHENTIC


def test_a_document_of_another_namespace_or_version_is_not_ours(xml: bytes) -> None:
    for old, new in ((b"https://ptb.de/dcc", b"https://ptb.example/dcc"), (b'"3.3.0"', b'"3.2.1"')):
        report = check_file(xml.replace(old, new), log=None, at=TODAY)
        assert "xml_signature" in failed(report)


def test_a_report_is_json_with_the_same_answers(pdf: bytes) -> None:
    report = checked(pdf)
    given = report.to_dict()

    assert given["verdict"] == "authentic"
    assert given["checks"] == [{"name": one.name, "ok": one.ok, "text": one.text} for one in report.checks]
    assert date.fromisoformat(given["issued_on"]) == TODAY


def _pass(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> datetime:
    later = NOW + time
    monkeypatch.setattr("quanheng.base.clock.now", lambda: later)
    return later
