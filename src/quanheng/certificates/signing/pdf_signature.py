"""The signature of a PDF certificate: PAdES baseline B, certifying, no change allowed (ETSI EN 319 142-1).

It is the last thing written to the file, covers every byte of it but itself, and needs no network: the log
is the trusted time.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any

from cryptography import x509
from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.form_tools import enumerate_fields_in
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from quanheng.certificates.signing import cms
from quanheng.certificates.signing.errors import CannotSign
from quanheng.certificates.signing.keys import SigningKey
from quanheng.certificates.signing.pdf_reading import open_pdf, refuse_nested_fields
from quanheng.certificates.signing.report import Flaw, SignatureReport, Unsound
from quanheng.certificates.signing.x509_findings import refuse_invalid

FIELD = "Signature"
_IMPORTING = Lock()
_DIGEST = "sha256"
_PADES = "/ETSI.CAdES.detached"  # ISO 32000-2, table 255
_NO_CHANGES = 1  # ISO 32000-2, table 257
_DEEPEST = 32  # levels of a name tree; a real one of a few attachments has one
MAX_STREAM_BYTES = 16 * 2**20
"""A stream that inflates to more is not read: a certificate is some 100 KiB."""
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=MAX_STREAM_BYTES),
    document_budget=DocumentDecodeBudget(base_allowance=4 * MAX_STREAM_BYTES, max_ratio=0),
)


class UnreadablePdf(ValueError):
    """The bytes are not a PDF, or a broken one."""


class TooLargeInside(UnreadablePdf):
    """What is attached inflates to more than ``MAX_STREAM_BYTES``."""


class _Writer(IncrementalPdfFileWriter):
    """Appends the signature only: pyHanko would also put the machine's clock and its own name into the file."""

    def _update_meta(self) -> None:
        pass


def sign_pdf(pdf: bytes, key: SigningKey, *, reason: str, location: str, signed_at: datetime) -> bytes:
    """Return the file with an invisible certifying signature appended.

    Parameters
    ----------
    reason, location:
        What the viewer shows beside the signature.
    signed_at:
        Now, with its zone: written as the claimed time; the certificate must be valid then.

    Raises
    ------
    CannotSign
        It is not a PDF, or holds a signature already.
    CertificateNotValid, KeyUnavailable
        The certificate is not valid at ``signed_at``; the token does not answer.
    """
    # Late: who only checks a file does not wait for pyHanko's signers and their network client.  One at a time: their
    # modules import each other in circles, of which two threads that sign for the first time would see a half.
    with _IMPORTING:
        from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
        from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
        from pyhanko.sign.signers.pdf_byterange import SignatureObject

    refuse_invalid(key.certificate, signed_at)
    placeholder = SignatureObject(
        timestamp=signed_at,
        subfilter=SigSeedSubFilter.PADES,
        location=location,
        reason=reason,
        bytes_reserved=2 * cms.longest(key),
    )
    try:
        writer = _Writer(io.BytesIO(pdf))
        _refuse_signed(writer)
        steps = PdfCMSEmbedder(SigFieldSpec(FIELD)).write_cms(FIELD, writer)
        next(steps)
        rule = SigMDPSetup(_DIGEST, certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
        steps.send(SigObjSetup(placeholder, mdp_setup=rule))
        prepared, output = steps.send(SigIOSetup(_DIGEST))
    except CannotSign:
        raise
    except Exception as error:  # pyHanko raises whatever a broken structure leads it to
        raise CannotSign(reason=_("不是可签名的 PDF（{detail}）").format(detail=error)) from error
    steps.send(cms.sign_digest(prepared.document_digest, key))
    return bytes(output.getvalue())


def _refuse_signed(writer: _Writer) -> None:
    if next(_signature_fields(writer, filled=None), None) is not None:
        raise CannotSign(reason=_("文件中已有签名"))


def _signature_fields(file: PdfHandler, *, filled: bool | None) -> Iterator[Any]:
    """Yield the values of the signature fields, as `pyhanko.sign.fields.enumerate_sig_fields` finds them."""
    try:
        fields = file.root["/AcroForm"]["/Fields"]
    except KeyError:
        return
    walk: Any = enumerate_fields_in  # pyHanko gives it no types
    found = walk(fields, filled_status=filled, refs_seen=set(), target_field_type="/Sig")
    yield from (value for _name, value, _field in found)


def verify_pdf_signature(pdf: bytes) -> SignatureReport:
    """Say whether one certifying signature covers the whole file.

    Refused are, beside changed bytes: a second signature; anything appended after signing, allowed or not;
    a byte range with gaps; anything unsigned inside the signature.  Never raises.
    """
    signer: tuple[x509.Certificate, ...] = ()
    claimed_at: datetime | None = None
    try:
        signature = _only_signature(_opened(pdf))
        claimed_at = _claimed_at(signature)
        signed, contents = _ranges(pdf, signature)
        found = cms.Envelope.read(contents)
        signer = found.certificates
        found.check(signed)
        _check_rule(signature)
    except Unsound as flaw:
        return SignatureReport(
            present=flaw.flaw not in {Flaw.ABSENT, Flaw.UNREADABLE},
            flaw=flaw.flaw,
            detail=flaw.detail,
            failed=flaw.failed,
            certificate=signer[0] if signer else None,
            chain=signer[1:],
            claimed_at=claimed_at,
        )
    return SignatureReport(
        present=True, flaw=None, certificate=signer[0], chain=signer[1:], claimed_at=claimed_at
    )


def _opened(pdf: bytes) -> PdfFileReader:
    try:
        reader = open_pdf(pdf, _LIMITS)
        reader.root["/Pages"]
    except Exception as error:  # pyHanko raises whatever a broken structure leads it to
        raise Unsound(Flaw.UNREADABLE, repr(error)) from error
    return reader


def _only_signature(reader: PdfFileReader) -> generic.DictionaryObject:
    try:
        refuse_nested_fields(reader)
        found = [value.get_object() for value in _signature_fields(reader, filled=True)]
    except Exception as error:  # as above
        raise Unsound(Flaw.UNREADABLE, repr(error)) from error
    if not found:
        raise Unsound(Flaw.ABSENT)
    if len(found) > 1:
        raise Unsound(Flaw.SEVERAL, str(len(found)))
    if not isinstance(found[0], generic.DictionaryObject):
        raise Unsound(Flaw.BROKEN, "signature dictionary")
    return found[0]


def _claimed_at(signature: generic.DictionaryObject) -> datetime | None:
    try:
        claimed = generic.parse_pdf_date(signature["/M"])
    except Exception:  # a claim that cannot be read is none
        return None
    return claimed if claimed.tzinfo else None  # nor is one that names no zone


def _ranges(pdf: bytes, signature: generic.DictionaryObject) -> tuple[bytes, bytes]:
    """Return the SHA-256 of what is signed and the envelope; Unsound unless together they are the whole file."""
    try:
        start, before, after, length = (int(number) for number in signature["/ByteRange"])
        contents = signature.raw_get("/Contents").original_bytes
    except Exception as error:  # as above
        raise Unsound(Flaw.BROKEN, repr(error)) from error
    if signature.get("/SubFilter") != _PADES:
        raise Unsound(Flaw.WEAK, str(signature.get("/SubFilter")))
    if start != 0 or not 0 < before < after or length < 0:
        raise Unsound(Flaw.PARTIAL, "ByteRange")
    if after + length < len(pdf):
        raise Unsound(Flaw.CHANGED_AFTER, f"{len(pdf) - after - length} bytes appended")
    if after + length > len(pdf):
        raise Unsound(Flaw.UNREADABLE, f"{after + length - len(pdf)} bytes missing")
    if pdf[before:after] != b"<" + contents.hex().upper().encode() + b">":
        raise Unsound(Flaw.PARTIAL, "the gap is not the signature")
    return hashlib.sha256(pdf[:before] + pdf[after:]).digest(), contents


def _check_rule(signature: generic.DictionaryObject) -> None:
    """Demand that the signature certifies the document and allows no change (ISO 32000-2, 12.8.2.2)."""
    try:
        rules = [one.get_object() for one in signature["/Reference"]]
        allowed = [one["/TransformParams"]["/P"] for one in rules if one["/TransformMethod"] == "/DocMDP"]
    except Exception as error:  # as above
        raise Unsound(Flaw.NOT_CERTIFYING, repr(error)) from error
    if allowed != [_NO_CHANGES]:
        raise Unsound(Flaw.NOT_CERTIFYING, str(allowed))


def embedded_files(pdf: bytes) -> dict[str, bytes]:
    """Return the files attached to a PDF by name (ISO 32000-2, 7.11.4), such as the XML of a certificate.

    Raises
    ------
    UnreadablePdf
        It is not a PDF, the attachments cannot be read, or two have the same name.
    TooLargeInside
        One inflates to more than ``MAX_STREAM_BYTES``; no more than that was kept.
    """
    try:
        root = open_pdf(pdf, _LIMITS).root
        leaves = list(_leaves(root.get("/Names", {}).get("/EmbeddedFiles", {}), _DEEPEST))
        names = [str(leaf["/UF"] if "/UF" in leaf else leaf["/F"]) for leaf in leaves]
        found = {name: bytes(leaf["/EF"]["/F"].data) for name, leaf in zip(names, leaves, strict=True)}
    except PdfDecodeLimitError as error:
        raise TooLargeInside(str(error)) from error
    except Exception as error:  # as above
        raise UnreadablePdf(repr(error)) from error
    if len(found) < len(names):
        raise UnreadablePdf(", ".join(names))
    return found


def _leaves(node: Any, depth: int) -> Iterator[Any]:
    """Walk a name tree (ISO 32000-2, 7.9.6)."""
    if depth == 0:
        raise UnreadablePdf("name tree")
    for kid in node.get("/Kids", []):
        yield from _leaves(kid.get_object(), depth - 1)
    pairs = list(node.get("/Names", []))
    yield from (value.get_object() for value in pairs[1::2])
