from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner, cms_embedder
from pyhanko.sign.signers.cms_embedder import SigMDPSetup
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from quanheng.certificates.signing.errors import CannotSign, CertificateNotValid
from quanheng.certificates.signing.keys import FileKey
from quanheng.certificates.signing.pdf_signature import (
    UnreadablePdf,
    embedded_files,
    sign_pdf,
    verify_pdf_signature,
)
from quanheng.certificates.signing.report import Flaw
from tests.certificates.signing.making import NOW, YEAR, certify, chained_key, pem

GAP = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")


def put(pdf: bytes, key: FileKey) -> bytes:
    return sign_pdf(pdf, key, reason="签发检定证书", location="某县", signed_at=NOW)


@pytest.fixture(scope="session")
def signed(pdf: bytes, issued_key: FileKey) -> bytes:
    return put(pdf, issued_key)


def apart(call: Callable[..., Any], *given: object) -> Any:
    """Call in a thread of its own: pyHanko starts an event loop, and a browser of another test may hold this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *given).result()


def by_pyhanko(pdf: bytes, key: FileKey):
    """The verdict of pyHanko itself, with the end of the chain trusted."""
    root = (key.chain or (key.certificate,))[-1].public_bytes(Encoding.DER)
    trust = ValidationContext(trust_roots=[asn1_x509.Certificate.load(root)], moment=NOW)
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return apart(validate_pdf_signature, embedded, trust)


def gap(pdf: bytes) -> tuple[int, int]:
    """Where the signature itself stands."""
    found = GAP.search(pdf)
    assert found
    return int(found[1]), int(found[2])


def test_a_signed_file_verifies_and_is_an_incremental_update(pdf: bytes, signed: bytes, issued_key: FileKey):
    assert signed.startswith(pdf)
    report = verify_pdf_signature(signed)
    assert report.valid
    assert report.covers_whole_document
    assert report.certificate == issued_key.certificate
    assert report.chain == issued_key.chain
    assert report.claimed_at == NOW


def test_pyhanko_finds_it_intact_covering_everything_and_certifying(key: FileKey, pdf: bytes):
    status = by_pyhanko(put(pdf, key), key)
    assert (status.intact, status.valid, status.docmdp_ok) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"


def test_a_chain_is_followed_by_pyhanko(signed: bytes, issued_key: FileKey):
    status = by_pyhanko(signed, issued_key)
    assert status.intact
    assert status.valid


def test_poppler_finds_it_valid(signed: bytes, tmp_path: Path):
    if shutil.which("pdfsig") is None:
        missing = "pdfsig not found: apt-get install poppler-utils"
        (pytest.fail if os.environ.get("QUANHENG_TEST_STRICT") == "1" else pytest.skip)(missing)
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=True).stdout
    for line in ("Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "SHA-256"):
        assert line in said


def test_the_signature_is_the_only_thing_that_is_appended(pdf: bytes, signed: bytes):
    added = signed[len(pdf) :]
    assert b"pyHanko" not in added
    assert b"/ModDate" not in added
    assert b"/SubFilter /ETSI.CAdES.detached" in added
    assert b"/TransformMethod /DocMDP" in added


def test_the_attached_xml_is_read_back(pdf: bytes, signed: bytes):
    assert embedded_files(pdf) == embedded_files(signed) == {"dcc.xml": b"<dcc>1</dcc>"}


def test_no_byte_of_the_certificates_can_be_changed_not_even_of_the_last(signed: bytes):
    """A root is signed by itself alone, and nobody asks whether it is."""
    start, end = gap(signed)
    root = re.search(b"root".hex().encode(), signed[start:end], re.IGNORECASE)
    assert root is not None
    for place in range(start + root.start(), start + root.end()):
        changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert not verify_pdf_signature(changed).valid


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_byte_passes(signed: bytes, data: st.DataObject):
    start, end = gap(signed)
    near = st.integers(start - 200, min(end + 200, len(signed) - 1))
    place = data.draw(st.integers(0, len(signed) - 1) | near)
    changed = bytearray(signed)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert not verify_pdf_signature(bytes(changed)).valid


def test_a_byte_of_the_page_is_named_as_changed_content(pdf: bytes, signed: bytes):
    changed = bytearray(signed)
    changed[len(pdf) // 3] ^= 1
    report = verify_pdf_signature(bytes(changed))
    assert (report.present, report.flaw, report.failed) == (True, Flaw.CHANGED, "ByteRange")
    assert report.reason == "文件内容在签名后被改动。"


def test_a_letter_case_in_the_signature_does_not_pass(signed: bytes):
    start, end = gap(signed)
    lower = signed[:start] + signed[start:end].lower() + signed[end:]
    assert verify_pdf_signature(lower).flaw is Flaw.PARTIAL


def test_bytes_hidden_behind_the_signature_do_not_pass(
    pdf: bytes, key: FileKey, monkeypatch: pytest.MonkeyPatch
):
    def shorter(data: bytes) -> bytes:  # than the room that is kept for it
        return next(one for _ in range(100) if len(one := FileKey.sign(key, data)) < 72)

    monkeypatch.setattr(key, "sign", shorter)
    signed = put(pdf, key)
    assert verify_pdf_signature(signed).valid
    _start, end = gap(signed)
    assert signed[end - 3 : end] == b"00>"
    hidden = signed[: end - 3] + b"AB>" + signed[end:]
    assert verify_pdf_signature(hidden).flaw is Flaw.FOREIGN_PARTS


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=1, max_value=100_000))
def test_a_truncated_file_is_not_valid(signed: bytes, cut: int):
    assert not verify_pdf_signature(signed[: -min(cut, len(signed))]).valid


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF\n", b"anything"])
def test_bytes_appended_after_signing_are_named(signed: bytes, tail: bytes):
    report = verify_pdf_signature(signed + tail)
    assert report.flaw in {Flaw.CHANGED_AFTER, Flaw.UNREADABLE}


def test_an_incremental_update_is_named(signed: bytes):
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    report = verify_pdf_signature(out.getvalue())
    assert (report.flaw, report.present) == (Flaw.CHANGED_AFTER, True)
    assert report.reason == "签名之后文件又被追加或改动。"


def other_signature(pdf: bytes, key: FileKey, tmp_path: Path, **settings: object) -> bytes:
    """Sign with pyHanko's own signer, as another tool would."""
    path = tmp_path / "other.pem"
    pem(path, key._key)  # the private part alone
    paper = tmp_path / "other.crt"
    paper.write_bytes(key.certificate.public_bytes(Encoding.PEM))
    signer = SimpleSigner.load(str(path), str(paper))
    given = {"md_algorithm": "sha256", "subfilter": SigSeedSubFilter.PADES, "field_name": "Other"} | settings
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return apart(PdfSigner(PdfSignatureMetadata(**given), signer=signer).sign_pdf, writer).getvalue()


def test_a_second_signature_is_refused(signed: bytes, key: FileKey, tmp_path: Path):
    again = re.sub(rb"/P 1\b", b"/P 3", signed)  # pyHanko keeps the rule that we wrote, so pretend another
    report = verify_pdf_signature(other_signature(again, key, tmp_path))
    assert report.flaw is Flaw.SEVERAL
    with pytest.raises(CannotSign, match="已有签名"):
        put(signed, key)


@pytest.mark.parametrize("certify", [True, False])
def test_a_signature_that_allows_changes_is_refused(
    pdf: bytes, key: FileKey, monkeypatch: pytest.MonkeyPatch, certify: bool
):
    loose = SigMDPSetup("sha256", certify=certify, docmdp_perms=MDPPerm.FILL_FORMS)
    monkeypatch.setattr(cms_embedder, "SigMDPSetup", lambda *_given, **_named: loose)
    assert verify_pdf_signature(put(pdf, key)).flaw is Flaw.NOT_CERTIFYING


def test_a_signature_of_another_tool_is_not_taken_for_ours(pdf: bytes, key: FileKey, tmp_path: Path):
    report = verify_pdf_signature(other_signature(pdf, key, tmp_path))
    assert (report.flaw, report.certificate) == (Flaw.OTHER_FORM, key.certificate)


def test_a_removed_signature_is_named(pdf: bytes, signed: bytes):
    assert verify_pdf_signature(pdf).flaw is Flaw.ABSENT
    cut = signed.replace(b"/AcroForm", b"/AcroFarm")
    assert verify_pdf_signature(cut).flaw is Flaw.ABSENT
    assert not verify_pdf_signature(cut).present


def test_a_swapped_attachment_is_named(pdf: bytes, issued_key: FileKey, signed: bytes):
    packed = zlib.compress(b"<dcc>1</dcc>")
    plain = next((one for one in (b"<dcc>1</dcc>", packed) if one in signed), None)
    place = signed.index(plain) if plain else signed.index(b"stream", signed.index(b"/EmbeddedFile")) + 10
    swapped = bytearray(signed)
    swapped[place + 5] ^= 3
    report = verify_pdf_signature(bytes(swapped))
    assert report.flaw is Flaw.CHANGED


def test_the_signature_of_another_file_does_not_pass(pdf: bytes, signed: bytes, issued_key: FileKey):
    other = sign_pdf(pdf, issued_key, reason="别的事由", location="某县", signed_at=NOW)
    assert len(other) >= len(signed) - 50
    start, end = gap(signed)
    first, last = gap(other)
    assert end - start == last - first
    mixed = signed[:start] + other[first:last] + signed[end:]
    assert verify_pdf_signature(mixed).flaw is Flaw.CHANGED


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n", b"<html>", b"%PDF-1.7\n%%EOF", bytes(2000)])
def test_what_is_no_pdf_is_unreadable_and_not_signed(junk: bytes, key: FileKey):
    report = verify_pdf_signature(junk)
    assert (report.flaw, report.present) == (Flaw.UNREADABLE, False)
    with pytest.raises(CannotSign):
        put(junk, key)
    with pytest.raises(UnreadablePdf):
        embedded_files(junk)


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 100_000), junk=st.binary(min_size=1, max_size=40))
def test_a_mangled_file_gives_a_reason_and_no_exception(signed: bytes, place: int, junk: bytes):
    place %= len(signed)
    mangled = signed[:place] + junk + signed[place + len(junk) :]
    report = verify_pdf_signature(mangled)
    assert report.valid is (mangled == signed)
    assert bool(report.reason) is not report.valid


def test_an_expired_certificate_signs_nothing(pdf: bytes, tmp_path: Path):
    expired = chained_key(tmp_path, end=NOW)
    assert verify_pdf_signature(put(pdf, expired)).valid
    with pytest.raises(CertificateNotValid, match="已过期"):
        sign_pdf(pdf, expired, reason="", location="", signed_at=NOW + timedelta(seconds=1))
    with pytest.raises(CertificateNotValid, match="尚未生效"):
        sign_pdf(pdf, expired, reason="", location="", signed_at=NOW - 2 * YEAR)


def test_a_certificate_with_the_same_name_and_another_key_does_not_pass(pdf: bytes, tmp_path: Path):
    from cryptography.hazmat.primitives.asymmetric import ec

    own, forger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    class Mixed:
        """Signs with one key and shows the certificate of another."""

        is_demonstration = True
        certificate = certify(own, "institute")
        chain = ()

        def sign(self, data: bytes) -> bytes:
            from cryptography.hazmat.primitives.hashes import SHA256

            return forger.sign(data, ec.ECDSA(SHA256()))

    made = sign_pdf(pdf, Mixed(), reason="", location="", signed_at=NOW)
    assert verify_pdf_signature(made).flaw is Flaw.FORGED


def test_the_envelope_is_what_asn1crypto_reads(signed: bytes, issued_key: FileKey):
    from asn1crypto import cms

    (embedded,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    info = cms.ContentInfo.load(embedded.pkcs7_content)
    assert info["content_type"].native == "signed_data"
    subjects = {one.chosen.subject.native["common_name"] for one in info["content"]["certificates"]}
    assert subjects == {"institute", "authority", "root"}
    again = cms.ContentInfo.load(info.dump()).dump(force=True)
    assert again == info.dump()
    assert not asn1_pem.detect(info.dump())


_FIRST_SIGNATURES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from quanheng.cli.django import start_without_database
start_without_database()
from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.errors import CannotSign
from quanheng.certificates.signing.pdf_signature import sign_pdf
now, start = datetime(2026, 5, 20, tzinfo=UTC), Barrier(8)
key = make_demonstration_key(Path(sys.argv[1]), institute_name="x", now=now, years=1)
def sign(_):
    start.wait(30)
    try:
        sign_pdf(b"%PDF-1.7", key, reason="", location="", signed_at=now)
    except CannotSign:
        return "refused"
with ThreadPoolExecutor(8) as pool:
    print(set(pool.map(sign, range(8))))
"""


def test_eight_threads_that_sign_for_the_first_time_do_not_see_half_a_library(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FIRST_SIGNATURES, tmp_path / "key"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert done.stdout == "{'refused'}\n", done.stderr
