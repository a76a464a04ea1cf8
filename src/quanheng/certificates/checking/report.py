"""What a check of a certificate file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from quanheng.kernels.certificate import Content

# What is wrong with a log, with a seal beside the file or with the printed days does not make the file a forgery: it
# stands in the way of believing it.  A withdrawn certificate is still an authentic one.
_DOUBTS = frozenset({"log_key", "sm2_seal", "dates"})
_OF_WORTH = frozenset({"in_force"})
LABELS = {
    "same_signer": _("两个签名的签名人"),
    "xml_signature": _("XML 签名"),
    "xsd": _("XML 格式"),
    "content": _("证书内容"),
    "log_key": _("日志"),
    "in_log": _("日志中的登记"),
    "content_hash": _("内容的散列值"),
    "dates": _("签发日期"),
    "signer_valid": _("签名证书的有效期"),
    "signer_registered": _("签名证书的登记"),
    "signer_trusted": _("签名密钥的吊销"),
    "sm2_seal": _("SM2 签名"),
    "in_force": _("是否有效"),
}


class Verdict(StrEnum):
    """Whether the file is what its institute issued."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    CANNOT_TELL = "cannot_tell"


VERDICT_TEXTS = {
    Verdict.AUTHENTIC: _("文件真实：由登记的机构签发，没有改动。"),
    Verdict.NOT_AUTHENTIC: _("文件不真实，或已被改动，不能采信。"),
    Verdict.CANNOT_TELL: _("不能断定真伪。"),
}
_OF_AN_UNCONFIRMED_LOG = _("与所给的日志一致：由其中登记的机构签发，没有改动。日志是谁的，请核实公钥。")
STATUS_TEXTS = {
    "valid": _("有效"),
    "expired": _("已过有效期"),
    "rejected": _("检定不合格"),
    "calibration": _("校准证书，不作合格与否的结论"),
    "superseded": _("已被取代"),
    "withdrawn": _("已撤回"),
    "unknown": _("不明"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.  ``ok`` None: could not be, or only in part; the text says why."""

    name: str
    ok: bool | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The answer and what it rests on, in the order in which it was looked at.

    Attributes
    ----------
    kind:
        ``pdf``, ``xml`` or empty.
    status:
        What the certificate is worth on the day asked for, as far as the log knows; a key of STATUS_TEXTS.
    trusted_time:
        When the log took the certificate in; None where it is not known to have done so.
    content:
        What the certificate says; None where it cannot be read, is not signed as a whole, or is not authentic.
    """

    verdict: Verdict
    status: str
    kind: str
    sha256: str
    checks: tuple[Check, ...]
    content: Content | None = None
    signer: x509.Certificate | None = field(default=None, repr=False)
    trusted_time: datetime | None = None

    @property
    def text(self) -> str:
        """Return the answer in one sentence; whose log it rests on is said where nobody vouches for the key."""
        if self.verdict is Verdict.AUTHENTIC and not self.is_key_confirmed:
            return gettext(_OF_AN_UNCONFIRMED_LOG)
        return gettext(VERDICT_TEXTS[self.verdict])

    @property
    def is_key_confirmed(self) -> bool:
        """Say whether the log's key was given by the reader, and not taken from the log itself."""
        return any(check.ok is True for check in self.checks if check.name == "log_key")

    @property
    def status_text(self) -> str:
        """Return the worth of the certificate in words."""
        return gettext(STATUS_TEXTS[self.status])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON; the keys are a contract (docs/reference/certificate-check.md)."""
        content = self.content
        days = ("issued_on", "valid_until")
        told = {} if content is None else content.model_dump(mode="json")
        return {
            "verdict": str(self.verdict),
            "text": self.text,
            "status": self.status,
            "status_text": self.status_text,
            "kind": self.kind,
            "sha256": self.sha256,
            "number": told.get("number"),
            "certificate_kind": told.get("kind"),
            "institute": content.institute.name if content else None,
            "instrument": told.get("instrument"),
            "conclusion": told.get("conclusion"),
            **{name: told.get(name) for name in days},
            "demonstration": told.get("is_demonstration"),
            "trusted_time": self.trusted_time and self.trusted_time.isoformat(),
            "signer": self.signer and self.signer.fingerprint(SHA256()).hex(),
            "checks": [{"name": one.name, "ok": one.ok, "text": one.text} for one in self.checks],
        }


def failures(report: CheckReport) -> tuple[Check, ...]:
    """Return the checks that the file did not stand."""
    return tuple(check for check in report.checks if check.ok is False)


def unchecked(name: str, reason: str) -> Check:
    """Return a check that could not be made, and why."""
    text = gettext("{what}未检查：因为{reason}。")
    return Check(name, None, text.format(what=gettext(LABELS[name]), reason=reason))


def verdict_of(checks: Sequence[Check], *, is_in_trusted_log: bool) -> Verdict:
    """Return the verdict: one failed check is enough against a file; only a trusted log speaks for it."""
    wrong = {check.name for check in checks if check.ok is False} - _OF_WORTH
    if wrong - _DOUBTS:
        return Verdict.NOT_AUTHENTIC
    return Verdict.AUTHENTIC if is_in_trusted_log and not wrong else Verdict.CANNOT_TELL
