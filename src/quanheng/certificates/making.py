"""The two files of a certificate, made from its frozen content.  Needs no models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quanheng import __version__
from quanheng.certificates.paper.typesetting import typeset
from quanheng.certificates.signing.keys import SigningKey
from quanheng.certificates.signing.pdf_signature import sign_pdf
from quanheng.certificates.signing.xml_signature import sign_xml
from quanheng.kernels.certificate import Content
from quanheng.kernels.dcc.build import build_dcc


@dataclass(frozen=True, slots=True)
class Files:
    """The signed DCC, and the signed PDF/A-3 that it is attached to."""

    xml: bytes
    pdf: bytes


def make_files(content: Content, key: SigningKey, *, signed_at: datetime) -> Files:
    """Build the XML, sign it, attach it to the paper, and sign that last.

    Raises
    ------
    UnprintableCharacter, HiddenCharacter
        See `paper.typesetting.typeset`.
    CertificateNotValid, KeyUnavailable, CannotSign
        See `signing`.
    """
    xml = sign_xml(build_dcc(content, software_release=__version__), key, signed_at=signed_at)
    pdf = sign_pdf(
        typeset(content, xml),
        key,
        reason=content.number,
        location=content.institute.name,
        signed_at=signed_at,
    )
    return Files(xml, pdf)
