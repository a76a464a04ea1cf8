"""What the check of a signature says.  It judges the file, not whom to trust and not the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class Flaw(StrEnum):
    """Why a signature does not stand.  The value is a contract; the first flaw met is the one named."""

    UNREADABLE = "unreadable"
    ABSENT = "no_signature"
    BROKEN = "signature_unreadable"
    SEVERAL = "several_signatures"
    MISPLACED = "misplaced_signature"
    PARTIAL = "not_whole_document"
    FOREIGN_PARTS = "unsigned_parts_in_signature"
    OTHER_FORM = "not_our_form"
    NO_CERTIFICATE = "no_certificate"
    WRONG_CERTIFICATE = "wrong_certificate"
    WEAK = "unsupported_algorithm"
    CHANGED = "content_changed"
    PROPERTIES_CHANGED = "signed_properties_changed"
    FORGED = "signature_value_wrong"
    CHANGED_AFTER = "changed_after_signing"
    NOT_CERTIFYING = "not_a_certifying_signature"
    CHAIN = "broken_chain"


TEXTS: dict[Flaw, str] = {
    Flaw.UNREADABLE: _("文件损坏或不完整，无法读取。"),
    Flaw.ABSENT: _("文件没有签名。"),
    Flaw.BROKEN: _("签名损坏，无法读取。"),
    Flaw.SEVERAL: _("文件有不止一个签名。"),
    Flaw.MISPLACED: _("签名不在规定的位置。"),
    Flaw.PARTIAL: _("签名没有覆盖整个文件。"),
    Flaw.FOREIGN_PARTS: _("签名中夹带了未经签名的内容。"),
    Flaw.OTHER_FORM: _("签名的格式与本平台出证的格式不符：被改动过，或由其他软件签署。"),
    Flaw.NO_CERTIFICATE: _("签名没有附带签名人的数字证书。"),
    Flaw.WRONG_CERTIFICATE: _("签名附带的数字证书无法读取，或不适用于该签名。"),
    Flaw.WEAK: _("签名使用了不支持或不安全的算法。"),
    Flaw.CHANGED: _("文件内容在签名后被改动。"),
    Flaw.PROPERTIES_CHANGED: _("签名属性在签名后被改动。"),
    Flaw.FORGED: _("签名值与数字证书不符。"),
    Flaw.CHANGED_AFTER: _("签名之后文件又被追加或改动。"),
    Flaw.NOT_CERTIFYING: _("签名没有声明禁止改动。"),
    Flaw.CHAIN: _("签名附带的证书链不完整或被改动。"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """What one file's signature is worth by itself.

    ``valid`` says: exactly one signature, over the whole file, made by the key of ``certificate``.  Whether
    that certificate is the institute's, and was valid when the log saw the file, is asked of
    `x509_findings.certificate_findings` and of the log.

    Attributes
    ----------
    present:
        There is something that claims to be a signature.
    failed:
        What of a changed file does not match: the URI of the XML reference ("" is the whole document) or
        ``ByteRange`` of a PDF; None where no digest failed.
    certificate, chain:
        The signer's certificate and those that came with it, nearest issuer first; set as soon as they can
        be read, also where the signature is not valid.
    claimed_at:
        The time that the signer wrote into a PDF.  A claim, no more: the log is the trusted time.
    content:
        XML only: the signed bytes in canonical form, without comments, set where valid.  Read these and
        not the file: what is not in them was not signed.
    """

    present: bool
    flaw: Flaw | None
    detail: str = ""
    failed: str | None = None
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()
    claimed_at: datetime | None = None
    content: bytes = b""

    @property
    def valid(self) -> bool:
        """Say whether nothing is wrong."""
        return self.flaw is None

    @property
    def covers_whole_document(self) -> bool:
        """Say whether everything that is read was signed; nothing less is ever called valid."""
        return self.valid

    @property
    def reason(self) -> str:
        """Return why it is not valid, in the reader's language; empty where it is."""
        return gettext(TEXTS[self.flaw]) if self.flaw else ""


class Unsound(Exception):
    """Carries the first flaw out of a check; never leaves this package."""

    def __init__(self, flaw: Flaw, detail: str = "", failed: str | None = None) -> None:
        super().__init__(flaw, detail)
        self.flaw, self.detail, self.failed = flaw, detail, failed
