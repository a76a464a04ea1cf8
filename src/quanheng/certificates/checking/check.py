"""`check_file`: everything that can be said of a certificate file without asking anybody."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography import x509
from django.utils.translation import gettext as _
from lxml import etree

from quanheng.certificates.checking.in_log import File, LogFacts, LogSources, log_checks
from quanheng.certificates.checking.log_reader import PublishedLog
from quanheng.certificates.checking.report import Check, CheckReport, Verdict, unchecked, verdict_of
from quanheng.certificates.schema_files import schema_files
from quanheng.certificates.signing.pdf_signature import (
    MAX_STREAM_BYTES,
    TooLargeInside,
    UnreadablePdf,
    embedded_files,
    verify_pdf_signature,
)
from quanheng.certificates.signing.report import SignatureReport
from quanheng.certificates.signing.xml_signature import verify_xml_signature
from quanheng.kernels.certificate import Content, Kind
from quanheng.kernels.dcc.build_back import NotOurs, content_of
from quanheng.kernels.dcc.parse import BadXml, parse_xml
from quanheng.kernels.dcc.schemas import NoSchema, xsd_errors
from quanheng.kernels.dcc.structure import structure_errors
from quanheng.kernels.tlog.notes import VerifierKey

MAX_BYTES = 16 * 2**20
MAX_NODES = 300_000  # of XML: a certificate of a thousand measured points has 50,000
_PDF = b"%PDF-"


@dataclass
class _Found:
    """What has been found so far; filled step by step.  ``stopped`` says what the log cannot be asked for."""

    kind: str = ""
    xml: bytes = b""
    content: Content | None = None
    signer: x509.Certificate | None = None
    claimed_at: datetime | None = None
    stopped: str = ""
    checks: list[Check] = field(default_factory=list)

    def add(self, name: str, ok: bool | None, text: str) -> bool:
        """Note a check; return whether it was stood."""
        self.checks.append(Check(name, ok, text))
        return ok is True

    def skip(self, *names: str, reason: str) -> None:
        """Note checks that could not be made."""
        self.checks += [unchecked(name, reason) for name in names]


def check_file(
    data: bytes,
    *,
    log: PublishedLog | None,
    at: date,
    proof: bytes | None = None,
    key: VerifierKey | None = None,
    is_key_own: bool = False,
    seal: bytes | None = None,
) -> CheckReport:
    """Check a certificate of ours, PDF or XML.  Never raises, whatever the bytes are.

    Parameters
    ----------
    data:
        The file; more than ``MAX_BYTES`` are refused.
    log:
        The published log, which alone knows what was revoked or withdrawn since; None: none at hand.
    at:
        The day for which validity is asked.
    proof:
        A proof file of the certificate's leaf (`kernels.tlog.proof_file`), used where there is no log.
    key:
        The log's key, for ``proof``; the one in the proof file anybody can write.
    is_key_own:
        ``key`` is the one that the log shows of itself: whoever named that log vouches for it, and is told so.
    seal:
        A detached SM2 signature of the file (`signing.sm2.sign_detached`); None: there is none.
    """
    found = _Found()
    if len(data) > MAX_BYTES:
        found.add("file_kind", False, _("文件超过 {limit} MiB，没有读取。").format(limit=MAX_BYTES // 2**20))
    else:
        _check_alone(data, found)
    if not found.kind:
        return _report(data, found, LogFacts(), Verdict.NOT_AUTHENTIC, "unknown")
    facts = log_checks(
        LogSources(log=log, proof=proof, key=key, is_key_own=is_key_own),
        File(data, found.xml, found.content, found.signer, found.claimed_at, found.stopped),
    )
    found.checks += facts.checks
    _check_seal(data, seal, found)
    verdict = verdict_of(found.checks, is_in_trusted_log=facts.is_in_trusted_log)
    if verdict is Verdict.NOT_AUTHENTIC:
        found.skip("in_force", reason=_("文件不真实"))
        return _report(data, found, facts, verdict, "unknown")
    return _report(data, found, facts, verdict, _status(found, facts, at))


def _report(data: bytes, found: _Found, facts: LogFacts, verdict: Verdict, status: str) -> CheckReport:
    """Return what was found; what a false file says is not repeated."""
    return CheckReport(
        verdict=verdict,
        status=status,
        kind=found.kind,
        sha256=hashlib.sha256(data).hexdigest(),
        checks=tuple(found.checks),
        content=None if verdict is Verdict.NOT_AUTHENTIC else found.content,
        signer=found.signer,
        trusted_time=facts.logged_at if facts.is_in_trusted_log else None,
    )


def _check_alone(data: bytes, found: _Found) -> None:
    """Check what the file itself can tell."""
    if data.startswith(_PDF):
        found.kind = "pdf"
        found.add("file_kind", True, _("PDF 文件。"))
        outer = verify_pdf_signature(data)
        _note_signature(found, "pdf_signature", outer, _("PDF 签名"))
        found.signer, found.claimed_at = outer.certificate, outer.claimed_at
        if not _take_attachment(data, found):
            found.stopped = _("附件没有取出")
            found.skip("xml_signature", "same_signer", "xsd", "content", reason=found.stopped)
            return
    else:
        found.xml = data
        try:
            parse_xml(data, max_nodes=MAX_NODES)
        except BadXml as error:
            found.add("file_kind", False, _("既不是 PDF，也不能作为 XML 读取：{reason}").format(reason=error))
            return
        found.kind = "xml"
        found.add("file_kind", True, _("XML 文件。"))
    inner = verify_xml_signature(found.xml)
    _note_signature(found, "xml_signature", inner, _("XML 签名"))
    if found.kind == "pdf":
        _compare_signers(found, inner)
    found.signer = found.signer or inner.certificate
    _read_content(found, inner)


def _compare_signers(found: _Found, inner: SignatureReport) -> None:
    if found.signer is None:
        found.skip("same_signer", reason=_("PDF 上的数字证书没有读出"))
    elif inner.certificate is None:
        found.skip("same_signer", reason=_("XML 上的数字证书没有读出"))
    elif inner.certificate == found.signer:
        found.add("same_signer", True, _("PDF 与所附 XML 由同一证书签名。"))
    else:
        found.add("same_signer", False, _("PDF 与所附 XML 不是同一证书签名的。"))


def _check_seal(data: bytes, seal: bytes | None, found: _Found) -> None:
    """Check the SM2 signature beside the file.  Whose key it is no log says."""
    if seal is None:
        found.skip("sm2_seal", reason=_("没有 SM2 签名文件"))
        return
    from quanheng.certificates.signing.sm2 import verify_detached  # late: few files have such a seal

    report = verify_detached(data, seal)
    if report.valid:
        text = _("SM2 签名与文件相符，公钥 {key}；是谁的公钥，须另行核实。")
        found.add("sm2_seal", True, text.format(key=report.public_key.hex()))
    else:
        found.add("sm2_seal", False, _("SM2 签名文件与本文件不符：{reason}").format(reason=report.reason))


def _note_signature(found: _Found, name: str, report: SignatureReport, what: str) -> None:
    if report.valid and report.certificate is not None:
        subject = report.certificate.subject.rfc4514_string()
        found.add(name, True, _("{what}有效，签名人 {subject}。").format(what=what, subject=subject))
    else:
        found.add(name, False, _("{what}无效：{reason}").format(what=what, reason=report.reason))


def _take_attachment(data: bytes, found: _Found) -> bool:
    """Take the one attached XML out of a PDF."""
    try:
        files = embedded_files(data)
    except TooLargeInside:
        limit = MAX_STREAM_BYTES // 2**20
        return found.add(
            "attachment", False, _("PDF 的附件展开后超过 {limit} MiB，没有读取。").format(limit=limit)
        )
    except UnreadablePdf:
        return found.add("attachment", False, _("PDF 的附件无法读取。"))
    if len(files) != 1:
        return found.add(
            "attachment", False, _("应附有一份 XML，实有附件 {count} 个。").format(count=len(files))
        )
    (name, found.xml), *_rest = files.items()
    try:
        parse_xml(found.xml, max_nodes=MAX_NODES)
    except BadXml as error:
        if error.code == "too_many_nodes":  # whatever else is wrong is said by the checks of the XML
            return found.add("attachment", False, str(error))
    return found.add("attachment", True, _("附有机读证书 {name}。").format(name=name))


def _read_content(found: _Found, signature: SignatureReport) -> None:
    """Read what the certificate says; the log is asked only for what was signed as a whole."""
    found.stopped = _("证书内容没有读出")
    try:
        root = parse_xml(found.xml)
    except BadXml as error:
        found.skip("xsd", reason=_("XML 没有读出"))
        found.add("content", False, str(error))
        return
    try:
        content = content_of(found.xml)
    except NotOurs as error:
        found.skip("xsd", reason=_("不是本平台签发的证书"))
        found.add("content", False, _("不是本平台签发的证书：{reason}").format(reason=error))
        return
    _check_schema(root, found)
    found.add("content", True, _("证书编号 {number}，各字段与所附内容一致。").format(number=content.number))
    if signature.valid:
        found.content, found.stopped = content, ""
    else:
        found.stopped = _("XML 签名无效")


def _check_schema(root: etree._Element, found: _Found) -> None:
    """Validate by PTB's schema; without it by our own look at the structure, and say so."""
    version = root.get("schemaVersion", "")
    try:
        wrong = xsd_errors(root, version, schema_files())
    except NoSchema as error:
        wrong = structure_errors(root)
        if not wrong:
            found.add("xsd", None, _("没有做 XSD 校验（{reason}），结构没有发现问题。").format(reason=error))
            return
    if wrong:
        text = _("不符合 DCC {version} 的格式：{first}")
        found.add("xsd", False, text.format(version=version, first=wrong[0]))
    else:
        found.add("xsd", True, _("符合 DCC {version} 的 XSD。").format(version=version))


def _status(found: _Found, facts: LogFacts, at: date) -> str:
    """Return what the certificate is worth on a day, and note it as the last check."""
    content = found.content
    if content is None:
        found.skip("in_force", reason=found.stopped)
        return "unknown"
    if facts.ended:
        found.add("in_force", False, facts.ended_text)
        return facts.ended
    if at < content.issued_on:
        days = {"issued": content.issued_on.isoformat(), "at": at.isoformat()}
        found.add("in_force", False, _("{at} 还没有这份证书，它签发于 {issued}。").format(**days))
        return "unknown"
    status, known = _worth(content, at)
    if status == "expired":
        found.add("in_force", False, known)
        return status
    unknown = "" if facts.knows_ends else _("之后是否撤回、取代未检查：因为{reason}。")
    unknown = unknown.format(reason=facts.why_no_ends)
    found.add("in_force", True if facts.knows_ends else None, known + unknown)
    return status


def _worth(content: Content, at: date) -> tuple[str, str]:
    """Return the status on a day by what the certificate itself says, and the sentence about it."""
    if content.kind is Kind.REJECTION:
        return "rejected", _("检定结果通知书：检定不合格，不得使用。")
    if content.valid_until is None:
        return "calibration", _("校准证书没有有效期。")
    days = {"until": content.valid_until.isoformat(), "at": at.isoformat()}
    if at > content.valid_until:
        return "expired", _("有效期至 {until}，{at} 已过期。").format(**days)
    return "valid", _("有效期至 {until}，{at} 有效。").format(**days)
