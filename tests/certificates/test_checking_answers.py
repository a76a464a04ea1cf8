"""A check names exactly what fails, and says of what it could not look at why; a seal and the log's own key."""

from __future__ import annotations

import io
import tracemalloc
import zlib

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from quanheng.certificates import selectors
from quanheng.certificates.checking import CheckReport, PublishedLog, Verdict, check_file
from quanheng.certificates.models import Certificate
from quanheng.certificates.services import revoke_key
from quanheng.certificates.signing import sm2
from quanheng.certificates.signing.pdf_signature import TooLargeInside, embedded_files
from quanheng.transparency.selectors import log_folder, reader
from tests.certificates.issued import checked, failed, issue, log_key, outcome, proof_of, published, told
from tests.certificates.making import NOW, TODAY, World, make_checked

KEY = sm2.Sm2Key(bytes(31) + b"\7")


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issue(world, make_checked(world)[0])


@pytest.fixture
def pdf(certificate: Certificate) -> bytes:
    return selectors.pdf_of(certificate)


@pytest.fixture
def xml(certificate: Certificate) -> bytes:
    return selectors.xml_of(certificate)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def unchecked(report: CheckReport, reason: str) -> set[str]:
    """What could not be looked at for this reason."""
    return {
        check.name for check in report.checks if check.ok is None and f"未检查：因为{reason}。" in check.text
    }


def test_a_changed_pdf_fails_by_its_signature_and_its_hash_and_by_nothing_else(pdf: bytes) -> None:
    report = checked(flipped(pdf, 300))

    assert failed(report) == {"pdf_signature", "in_log"}
    assert outcome(report)["same_signer"] is True
    assert unchecked(report, "日志登记的不是这个文件") == {"dates", "signer_valid"}
    assert unchecked(report, "文件不真实") == {"in_force"}
    assert (report.status, report.content) == ("unknown", None)
    assert "没有日志" not in "".join(check.text for check in report.checks)


def test_a_broken_signature_hides_its_signer_and_does_not_make_him_another(pdf: bytes) -> None:
    report = checked(flipped(pdf, pdf.index(b"/Contents <") + 13))

    assert failed(report) == {"pdf_signature", "in_log"}
    assert unchecked(report, "PDF 上的数字证书没有读出") == {"same_signer"}


def test_a_pdf_whose_attachment_cannot_be_read_says_what_was_not_checked_for_it(pdf: bytes) -> None:
    report = checked(pdf.replace(b"/EmbeddedFiles", b"/EmbeddedFares"))

    assert failed(report) == {"pdf_signature", "attachment"}
    assert unchecked(report, "附件没有取出") == {
        "xml_signature",
        "same_signer",
        "xsd",
        "content",
        "log_key",
        "in_log",
        "content_hash",
        "dates",
        "signer_valid",
        "signer_registered",
        "signer_trusted",
    }


def test_a_changed_xml_is_not_looked_for_in_the_log(xml: bytes) -> None:
    report = checked(xml.replace("王签字".encode(), "汪签字".encode(), 1))

    assert failed(report) == {"xml_signature", "content"}
    assert "in_log" in unchecked(report, "证书内容没有读出")


def test_what_is_neither_pdf_nor_xml_has_one_check(xml: bytes) -> None:
    assert outcome(check_file(b"certificate", log=None, at=TODAY)) == {"file_kind": False}


def test_without_log_each_check_that_needs_it_says_so(pdf: bytes) -> None:
    report = check_file(pdf, log=None, at=TODAY)

    assert "谁都可以写" in told(report, "log_key")
    assert {"in_log", "content_hash", "dates", "signer_registered", "signer_trusted"} < unchecked(
        report, "没有日志，也没有证明文件"
    )
    assert told(report, "in_force").endswith("之后是否撤回、取代未检查：因为没有日志，也没有证明文件。")


def test_a_changed_file_of_a_revoked_key_is_not_said_to_be_of_the_time_after(
    world: World, certificate: Certificate, pdf: bytes
) -> None:
    assert certificate.signing_certificate is not None
    revoke_key(
        actor=world.people["officer"],
        public_id=certificate.signing_certificate.public_id,
        distrusted_from=NOW,
        reason="失窃",
    )

    report = checked(flipped(pdf, 300))

    assert failed(report) == {"pdf_signature", "in_log"}
    assert "signer_trusted" in unchecked(report, "日志登记的不是这个文件")


def test_a_log_or_proof_is_believed_by_its_own_key_only_with_that_condition(
    certificate: Certificate, pdf: bytes
) -> None:
    published()
    proof = proof_of(certificate)
    own = PublishedLog(reader(log_folder()))

    by_log = check_file(pdf, log=own, at=TODAY)
    by_proof = check_file(pdf, log=None, at=TODAY, proof=proof, key=log_key(), is_key_own=True)
    trusted = check_file(pdf, log=None, at=TODAY, proof=proof, key=log_key())

    for report in (by_log, by_proof):
        assert (report.verdict, outcome(report)["log_key"]) == (Verdict.AUTHENTIC, None)
        assert report.text.startswith("与所给的日志一致")
        assert log_key().vkey in told(report, "log_key")
    assert trusted.text == "文件真实：由登记的机构签发，没有改动。"


def test_a_broken_proof_is_no_word_against_the_file(certificate: Certificate, pdf: bytes) -> None:
    published()
    proof = proof_of(certificate).replace(b"certificate:issued", b"certificate:edited")

    report = check_file(pdf, log=None, at=TODAY, proof=proof, key=log_key())

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, {"log_key"})
    assert "in_log" in unchecked(report, "证明文件不成立")


def test_an_sm2_seal_beside_the_file_is_checked_too(pdf: bytes) -> None:
    log, seal = published(), sm2.sign_detached(pdf, KEY)

    report = check_file(pdf, log=log, at=TODAY, seal=seal)

    assert (report.verdict, outcome(report)["sm2_seal"]) == (Verdict.AUTHENTIC, True)
    assert KEY.public_key.hex() in told(report, "sm2_seal")
    assert told(checked(pdf), "sm2_seal") == "SM2 签名未检查：因为没有 SM2 签名文件。"


@pytest.mark.parametrize("seal", [b"", b"{}", sm2.sign_detached(b"another", KEY)])
def test_a_seal_that_does_not_fit_is_named_and_keeps_the_file_from_being_believed(
    pdf: bytes, seal: bytes
) -> None:
    report = check_file(pdf, log=published(), at=TODAY, seal=seal)

    assert (report.verdict, failed(report)) == (Verdict.CANNOT_TELL, {"sm2_seal"})


def test_a_changed_file_stands_neither_its_signature_nor_its_seal(pdf: bytes) -> None:
    report = check_file(flipped(pdf, 300), log=published(), at=TODAY, seal=sm2.sign_detached(pdf, KEY))

    assert (report.verdict, failed(report)) == (
        Verdict.NOT_AUTHENTIC,
        {"pdf_signature", "in_log", "sm2_seal"},
    )


def with_bomb(pdf: bytes, inflated: int) -> bytes:
    """Put in the place of the attachment a stream of blanks that is this long when it is inflated [bytes]."""
    packer = zlib.compressobj(9)
    block = b" " * 2**20
    packed = b"".join(packer.compress(block) for _ in range(inflated // 2**20)) + packer.flush()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    entry = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()
    bomb = generic.StreamObject(
        {generic.pdf_name("/Filter"): generic.pdf_name("/FlateDecode")}, encoded_data=packed
    )
    entry["/EF"][generic.pdf_name("/F")] = writer.add_object(bomb)
    writer.mark_update(entry.container_ref)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_an_attachment_that_inflates_beyond_measure_is_refused_before_it_does(pdf: bytes) -> None:
    bomb = with_bomb(pdf, 256 * 2**20)
    tracemalloc.start()
    try:
        report = check_file(bomb, log=None, at=TODAY)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert told(report, "attachment") == "PDF 的附件展开后超过 16 MiB，没有读取。"
    assert report.verdict is Verdict.NOT_AUTHENTIC
    assert peak < 64 * 2**20
    with pytest.raises(TooLargeInside):
        embedded_files(bomb)
    assert list(embedded_files(with_bomb(pdf, 2**20)).values()) == [b" " * 2**20]
