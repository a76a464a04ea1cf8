"""What a forger may put into a certificate, a log or a seal of their own: named, never believed, never a crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.sign.signers import pdf_byterange

from quanheng.certificates import selectors
from quanheng.certificates.checking import CheckReport, PublishedLog, Verdict, check_file
from quanheng.certificates.checking.check import MAX_NODES
from quanheng.certificates.making import make_files
from quanheng.certificates.models import Certificate
from quanheng.certificates.paper.typesetting import typeset
from quanheng.certificates.services.keys import fingerprint_of, open_registered
from quanheng.certificates.signing import pdf_signature, sm2
from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.keys import SigningKey
from quanheng.cli.certificate_text import report_lines
from quanheng.kernels.certificate import Content
from quanheng.kernels.tlog import notes
from quanheng.kernels.tlog.checkpoint import Checkpoint, sign_checkpoint
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.tiles import Edge, grow
from tests.certificates.issued import checked, failed, issue, log_key, outcome, proof_of, published, told
from tests.certificates.making import NOW, TODAY, World, make_checked, rejected_readings

THE_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issue(world, make_checked(world)[0])


@pytest.fixture
def content(certificate: Certificate) -> Content:
    return selectors.content_of(certificate)


@pytest.fixture
def pdf(certificate: Certificate) -> bytes:
    return selectors.pdf_of(certificate)


def a_key(folder: Path, *, name: str = "别人", now: datetime = NOW) -> SigningKey:
    return make_demonstration_key(folder, institute_name=name, now=now, years=1)


def log_of_ones_own(*leaves: tuple[str, str, dict[str, Any], datetime]) -> PublishedLog:
    """A log with the leaves (kind, subject, data, at), signed by a key of one's own under the county's name."""
    entries = [leaf_entry(kind=kind, subject=subject, data=data, at=at) for kind, subject, data, at in leaves]
    grown, key = grow(Edge(), entries), notes.SigningKey("quanheng/511703", 1, bytes(32))
    note = sign_checkpoint(Checkpoint(key.name, len(entries), grown.edge.root), key)
    files = grown.files | {"checkpoint": notes.format_note(note)}
    return PublishedLog(files.get, key=key.verifier)


def test_the_xml_alone_is_no_forgery_on_the_day_on_which_its_key_was_made(
    content: Content, tmp_path: Path
) -> None:
    """The XML holds no time of signing; noon may be before the key was."""
    evening = NOW + timedelta(hours=9)
    xml = make_files(content, a_key(tmp_path / "k", now=evening), signed_at=evening).xml

    report = check_file(xml, log=None, at=TODAY)

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, set())


def test_a_time_of_signing_without_a_zone_is_no_claim(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Zoneless(pdf_byterange.SignatureObject):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self["/M"] = generic.TextStringObject("D:20260520110000")

    monkeypatch.setattr(pdf_byterange, "SignatureObject", Zoneless)
    pdf = make_files(content, a_key(tmp_path / "k"), signed_at=NOW).pdf

    report = check_file(pdf, log=None, at=TODAY)

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, set())


@pytest.mark.parametrize("end", ["certificate:issued", "certificate:withdrawn", "certificate:superseded"])
def test_a_leaf_at_the_end_of_the_calendar_is_only_a_wrong_date(
    pdf: bytes, content: Content, end: str
) -> None:
    subject = f"certificate:{content.number}"

    report = checked(pdf, log=log_of_ones_own((end, subject, {}, THE_END)))

    assert report.verdict is Verdict.NOT_AUTHENTIC


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", ["x"], None])
def test_a_strange_moment_of_distrust_is_no_crash(
    certificate: Certificate, pdf: bytes, since: object
) -> None:
    assert certificate.signing_certificate is not None
    subject = f"signing_key:{certificate.signing_certificate.fingerprint}"
    leaves: list[tuple[str, str, dict[str, Any], datetime]] = [("signing_key:registered", subject, {}, NOW)]
    leaves += [("signing_key:revoked", subject, {"distrusted_from": since}, NOW)]

    assert "signer_trusted" in outcome(checked(pdf, log=log_of_ones_own(*leaves)))


def test_before_its_day_a_certificate_was_not_in_force(pdf: bytes) -> None:
    report = checked(pdf, at=TODAY - timedelta(days=1))

    assert (report.verdict, report.status, failed(report)) == (Verdict.AUTHENTIC, "unknown", {"in_force"})
    assert "签发于 2026-05-20" in told(report, "in_force")


def test_without_a_log_a_rejection_notice_may_have_been_withdrawn(world: World) -> None:
    (verification,) = make_checked(world, readings=rejected_readings())

    report = check_file(selectors.pdf_of(issue(world, verification)), log=None, at=TODAY)

    assert (report.status, outcome(report)["in_force"]) == ("rejected", None)
    assert "之后是否撤回" in told(report, "in_force")


def test_whose_log_it_is_stands_in_the_answer_where_nobody_vouches_for_the_key(pdf: bytes) -> None:
    log = published()
    log.is_key_from_log = True

    report = checked(pdf, log=log)

    assert (report.verdict, report.is_key_confirmed) == (Verdict.AUTHENTIC, False)
    assert "请核实公钥" in report.text
    assert "文件真实" in checked(pdf).text


def test_a_proof_by_a_key_of_ones_own_gives_no_trusted_time(certificate: Certificate, pdf: bytes) -> None:
    published()
    proof = proof_of(certificate)

    with_key = check_file(pdf, log=None, at=TODAY, proof=proof, key=log_key())
    alone = check_file(pdf, log=None, at=TODAY, proof=proof)

    assert (with_key.trusted_time, alone.trusted_time) == (NOW, None)


def test_up_to_when_a_copy_of_the_log_knows_is_told(pdf: bytes) -> None:
    assert "最后一条登记于 2026-05-20 11:00:00" in told(checked(pdf), "log_key")


@pytest.mark.parametrize(("days", "verdict"), [(3, Verdict.CANNOT_TELL), (4, Verdict.NOT_AUTHENTIC)])
def test_a_number_that_the_log_went_past_was_never_issued(
    certificate: Certificate, content: Content, days: int, verdict: Verdict
) -> None:
    """Signed with the stolen key: no copy can be too old for it, if it knows of later days."""
    assert certificate.signing_certificate is not None
    key = open_registered(certificate.signing_certificate)
    invented = content.model_copy(update={"number": "511703-J1-2026-000999"})
    pdf = make_files(invented, key, signed_at=NOW).pdf
    subject = f"signing_key:{fingerprint_of(key.certificate)}"
    later = NOW + timedelta(days=days)
    log = log_of_ones_own(("signing_key:registered", subject, {}, NOW), ("county:day", "x", {}, later))

    assert checked(pdf, log=log).verdict is verdict


def test_names_in_a_forged_file_cannot_rewrite_the_answer_on_the_terminal(
    content: Content, tmp_path: Path
) -> None:
    key = a_key(tmp_path / "k", name="X\n文件真实：没有改动。\x1b[2J\u202e")
    report = check_file(make_files(content, key, signed_at=NOW).pdf, log=None, at=TODAY)

    lines = list(report_lines("a\nb.pdf", report, TODAY))

    assert lines[0] == "a�b.pdf：不能断定真伪。"
    assert not any(character in "".join(lines) for character in "\n\x1b\u202e")


@pytest.mark.parametrize("field", ["id", "public_key", "signature", "file", "format", "algorithm"])
@pytest.mark.parametrize("value", [None, 1, "", "A" * 9000, "ff" * 65, [], {}, "\ud800"], ids=range(8))
def test_a_hostile_seal_is_never_valid_and_never_raises(field: str, value: object) -> None:
    seal = json.loads(sm2.sign_detached(b"paper", sm2.Sm2Key(bytes(31) + b"\7")))

    assert not sm2.verify_detached(b"paper", json.dumps(seal | {field: value}).encode()).valid


def test_a_seal_of_megabytes_is_not_read() -> None:
    assert sm2.verify_detached(b"paper", b"[" + b"[]," * sm2.MAX_FILE_BYTES + b"[]]").detail.endswith("bytes")


def test_xml_of_more_nodes_than_a_certificate_has_is_refused_alone_and_attached(
    content: Content, tmp_path: Path
) -> None:
    key = a_key(tmp_path / "k")
    crowd = b"<a>" + b"<b/>" * MAX_NODES + b"</a>"
    assert _refused(check_file(crowd, log=None, at=TODAY)) == {"file_kind"}

    attached = pdf_signature.sign_pdf(typeset(content, crowd), key, reason="", location="", signed_at=NOW)

    assert _refused(check_file(attached, log=None, at=TODAY)) == {"attachment"}


def _refused(report: CheckReport) -> set[str]:
    assert report.verdict is Verdict.NOT_AUTHENTIC
    return failed(report)
