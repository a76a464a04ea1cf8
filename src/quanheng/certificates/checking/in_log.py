"""What the log says of a certificate: that it was issued, when, by a key that was trusted, and whether it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext as _

from quanheng.certificates.checking.log_reader import LogUnreadable, ProvenLeaf, PublishedLog
from quanheng.certificates.checking.report import Check, unchecked
from quanheng.certificates.signing.x509_findings import certificate_findings
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate import Content, content_json
from quanheng.kernels.tlog.notes import VerifierKey
from quanheng.kernels.tlog.proof_file import verify_proof

CHINA = timezone(timedelta(hours=8))  # the legal time in which certificates are dated
_LONGEST_REASON = 200  # characters of what a stranger's file is told to be
MAX_DAYS_TO_LOG = 3
"""The log takes a certificate in within seconds; a later leaf says that the printed day is not the day of signing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSources:
    """What may speak for the file; see `check.check_file`."""

    log: PublishedLog | None
    proof: bytes | None
    key: VerifierKey | None
    is_key_own: bool


@dataclass(frozen=True, slots=True)
class File:
    """What the file said of itself; without ``content`` the log is not asked, ``stopped`` says why."""

    data: bytes
    xml: bytes
    content: Content | None
    signer: x509.Certificate | None
    claimed_at: datetime | None
    stopped: str


@dataclass
class LogFacts:
    """What was learnt; ``ended`` is ``withdrawn`` or ``superseded``, else empty.

    ``why_no_time`` and ``why_no_ends`` say why ``logged_at`` and ``knows_ends`` are not set.
    """

    checks: list[Check] = field(default_factory=list)
    is_in_trusted_log: bool = False
    logged_at: datetime | None = None
    why_no_time: str = ""
    knows_ends: bool = False
    why_no_ends: str = ""
    ended: str = ""
    ended_text: str = ""

    def add(self, name: str, ok: bool | None, text: str) -> bool:
        """Note a check; return whether it was stood."""
        self.checks.append(Check(name, ok, text))
        return ok is True

    def skip(self, *names: str, reason: str) -> None:
        """Note checks that could not be made."""
        self.checks += [unchecked(name, reason) for name in names]


_ALL = ("log_key", "in_log", "content_hash", "dates", "signer_valid", "signer_registered", "signer_trusted")


def log_checks(sources: LogSources, file: File) -> LogFacts:
    """Ask the log, or the proof file where there is no log.  Never raises."""
    facts = LogFacts()
    if file.content is None:
        facts.skip(*_ALL, reason=file.stopped)
        return facts
    fingerprint = file.signer.fingerprint(SHA256()).hex() if file.signer else ""
    subject, key_subject = f"certificate:{file.content.number}", f"signing_key:{fingerprint}"
    leaves = _ask(sources, facts, {subject, key_subject})
    issued = None if leaves is None else _issued(leaves, facts, file.content, sources.log)
    if issued is None:
        facts.is_in_trusted_log = False
        facts.skip("content_hash", "dates", reason=facts.why_no_time)
    else:
        _compare(issued, facts, file.data, file.xml, file.content, fingerprint)
        _check_dates(issued, facts, file.content)
    _check_signer(facts, file.signer, file.content, file.claimed_at)
    if facts.knows_ends and leaves is not None:
        _check_key(facts, [one for one in leaves if one.leaf.subject == key_subject], issued)
        _note_end(facts, [one for one in leaves if one.leaf.subject == subject])
    else:
        facts.skip("signer_registered", "signer_trusted", reason=facts.why_no_ends)
    return facts


def _ask(sources: LogSources, facts: LogFacts, subjects: set[str]) -> list[ProvenLeaf] | None:
    """Return what is proven about the subjects; None where nothing can be believed."""
    if sources.log is not None:
        return _ask_log(sources.log, facts, subjects)
    if sources.proof is not None:
        return _ask_proof(sources.proof, facts, sources.key, is_key_own=sources.is_key_own)
    facts.why_no_time = facts.why_no_ends = _("没有日志，也没有证明文件")
    facts.add("log_key", None, _("没有日志，也没有证明文件。签名人的名称谁都可以写。"))
    facts.skip("in_log", reason=facts.why_no_time)
    return None


def _ask_log(log: PublishedLog, facts: LogFacts, subjects: set[str]) -> list[ProvenLeaf] | None:
    try:
        leaves = log.leaves_about(subjects)
    except LogUnreadable as error:
        facts.why_no_time = facts.why_no_ends = _("所给的日志不能用")
        facts.add("log_key", False, str(error))
        facts.skip("in_log", reason=facts.why_no_time)
        return None
    head = _("日志 {origin} 共 {size} 条，最后一条登记于 {at}，检查点签名有效。").format(
        origin=log.checkpoint.origin, size=log.checkpoint.size, at=_told(log.last_at) if log.last_at else "—"
    )
    if log.is_key_from_log:
        own = _("公钥取自日志本身，请另行核实：{key}").format(key=log.key.vkey)
        facts.add("log_key", None, head + own)
    else:
        facts.add("log_key", True, head)
    facts.is_in_trusted_log = facts.knows_ends = True
    return leaves


def _ask_proof(
    proof: bytes, facts: LogFacts, key: VerifierKey | None, *, is_key_own: bool
) -> list[ProvenLeaf] | None:
    facts.why_no_ends = _("只有证明文件，没有日志")
    try:
        found = verify_proof(proof, key=key)
    except ValueError as error:
        facts.why_no_time = _("证明文件不成立")
        reason = str(error)[:_LONGEST_REASON]
        facts.add("log_key", False, _("证明文件不成立（{reason}）。").format(reason=reason))
        facts.skip("in_log", reason=facts.why_no_time)
        return None
    if key is None:
        text = _("证明文件成立，但其中的公钥谁都可以写，请用可信的公钥再核对：{key}")
        facts.add("log_key", None, text.format(key=found.key.vkey))
    elif is_key_own:
        text = _("证明文件成立，检查点由日志 {origin} 签署。公钥取自日志本身，请另行核实：{key}")
        facts.add("log_key", None, text.format(origin=key.name, key=key.vkey))
    else:
        facts.add("log_key", True, _("证明文件成立，检查点由日志 {origin} 签署。").format(origin=key.name))
    facts.is_in_trusted_log = key is not None
    return [ProvenLeaf(found.index, found.leaf)]


def _issued(
    leaves: Sequence[ProvenLeaf], facts: LogFacts, content: Content, log: PublishedLog | None
) -> ProvenLeaf | None:
    """Return the leaf of the issuing; there is one, unless the log ends before the day that is printed."""
    wanted = ("certificate:issued", f"certificate:{content.number}")
    found = [one for one in leaves if (one.leaf.kind, one.leaf.subject) == wanted]
    if found:
        return found[0]
    if log is None:
        facts.why_no_time = _("证明文件证明的不是这份证书")
        facts.skip("in_log", reason=facts.why_no_time)
        return None
    facts.why_no_time, last = _("日志中没有这份证书"), log.last_at
    if last is not None and (_in_china(last).date() - content.issued_on).days > MAX_DAYS_TO_LOG:
        facts.add("in_log", False, _("日志已记到签发日期之后，其中没有这份证书。"))
    else:
        facts.add("in_log", None, _("日志中没有这份证书；日志若是旧的副本，请换新的再查。"))
    return None


def _compare(
    issued: ProvenLeaf, facts: LogFacts, data: bytes, xml: bytes, content: Content, fingerprint: str
) -> None:
    """Compare the file with what the log took in."""
    logged = issued.leaf.data
    name = "pdf_sha256" if data is not xml else "xml_sha256"
    is_same = logged.get(name) == hashlib.sha256(data).hexdigest()
    is_same &= logged.get("xml_sha256") == hashlib.sha256(xml).hexdigest()
    where = {"index": issued.index, "at": _told(issued.leaf.at)}
    text = (
        _("文件的散列值与日志第 {index} 条一致，登记于 {at}。")
        if is_same
        else _("日志第 {index} 条登记的同一编号的证书不是这个文件。")
    )
    if facts.add("in_log", is_same, text.format(**where)):
        facts.logged_at = issued.leaf.at
    else:
        facts.why_no_time = _("日志登记的不是这个文件")
        facts.is_in_trusted_log = False
    digest = hashlib.sha256(canonical_json(content_json(content))).hexdigest()
    has_content = logged.get("content_sha256") == digest
    said = _("内容的散列值与日志一致。") if has_content else _("内容的散列值与日志不一致。")
    facts.add("content_hash", has_content, said)
    if logged.get("signer") != fingerprint:
        facts.add("log_signer", False, _("日志登记的签名证书不是文件上的这一张。"))


def _check_dates(issued: ProvenLeaf, facts: LogFacts, content: Content) -> None:
    if facts.logged_at is None:
        facts.skip("dates", reason=facts.why_no_time)
        return
    logged_on = _in_china(issued.leaf.at).date()
    days = (logged_on - content.issued_on).days
    told = {"issued": content.issued_on.isoformat(), "logged": logged_on.isoformat(), "days": abs(days)}
    if days > MAX_DAYS_TO_LOG:
        text = _("签发日期 {issued} 比登记日期 {logged} 早 {days} 天：日期可能是倒填的，不可采信。")
        facts.add("dates", False, text.format(**told))
    elif days < 0:
        text = _("签发日期 {issued} 在登记日期 {logged} 之后：签发时的时钟不对。")
        facts.add("dates", False, text.format(**told))
    else:
        facts.add("dates", True, _("签发日期 {issued} 与登记日期 {logged} 相符。").format(**told))


def _check_signer(
    facts: LogFacts, signer: x509.Certificate | None, content: Content, claimed_at: datetime | None
) -> None:
    """Judge the X.509 certificate at the time of the log; without it at the time that the file claims."""
    if signer is None:
        facts.skip("signer_valid", reason=_("数字证书没有读出"))
        return
    at = facts.logged_at or claimed_at or _moment_of(content.issued_on, signer)
    wrong = "".join(finding.text for finding in certificate_findings(signer, at))
    if wrong:
        facts.add("signer_valid", False, wrong)
    elif facts.logged_at is not None:
        facts.add("signer_valid", True, _("登记时签名证书在有效期内。"))
    else:
        text = _("按文件自称的时间，签名证书在有效期内；时间未检查：因为{reason}。")
        facts.add("signer_valid", None, text.format(reason=facts.why_no_time))


def _check_key(facts: LogFacts, leaves: Sequence[ProvenLeaf], issued: ProvenLeaf | None) -> None:
    """Ask whether the key was registered for the institute, and trusted when it signed."""
    registered = next((one for one in leaves if one.leaf.kind == "signing_key:registered"), None)
    if registered is None:
        facts.add("signer_registered", False, _("签名证书没有在日志中登记过。"))
        facts.skip("signer_trusted", reason=_("签名证书没有登记过"))
        return
    institute = str(registered.leaf.data.get("institute", ""))
    is_its_own = issued is None or issued.leaf.data.get("unit") == registered.leaf.data.get("unit")
    in_time = issued is None or registered.index < issued.index
    if is_its_own and in_time:
        facts.add("signer_registered", True, _("签名证书由“{name}”登记。").format(name=institute))
    elif not is_its_own:
        text = _("签名证书是“{name}”的，不是出证机构的。")
        facts.add("signer_registered", False, text.format(name=institute))
    else:
        facts.add("signer_registered", False, _("签名证书在出证之后才登记。"))
    revoked = next((one for one in leaves if one.leaf.kind == "signing_key:revoked"), None)
    if revoked is None:
        facts.add("signer_trusted", True, _("签名密钥没有被吊销。"))
        return
    since = _moment(revoked.leaf.data.get("distrusted_from"))
    told = {"since": _told(since)}
    if facts.logged_at is None and issued is not None:
        facts.skip("signer_trusted", reason=facts.why_no_time)
    elif facts.logged_at is not None and facts.logged_at < since:
        facts.add(
            "signer_trusted", True, _("签名密钥自 {since} 起不再可信；本证书登记在此之前。").format(**told)
        )
    else:
        facts.add("signer_trusted", False, _("签名密钥自 {since} 起不再可信。").format(**told))


def _note_end(facts: LogFacts, leaves: Sequence[ProvenLeaf]) -> None:
    for one in leaves:
        on = _in_china(one.leaf.at).date().isoformat()
        if one.leaf.kind == "certificate:withdrawn":
            facts.ended, facts.ended_text = "withdrawn", _("{on} 已撤回。").format(on=on)
        elif one.leaf.kind == "certificate:superseded":
            text = _("{on} 已被证书 {number} 取代。")
            facts.ended = "superseded"
            facts.ended_text = text.format(on=on, number=one.leaf.data.get("by"))


def _moment(text: object) -> datetime:
    """Return the moment from which a key is distrusted; one that cannot be read distrusts everything."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = datetime(1970, 1, 1)  # noqa: DTZ001  its zone is given in the next line
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _moment_of(day: date, signer: x509.Certificate) -> datetime:
    """Return a moment of a day on which a certificate was valid, where there is one: the hour is not known."""
    start = datetime.combine(day, time(), CHINA)
    return min(max(start, signer.not_valid_before_utc), start + timedelta(days=1, seconds=-1))


def _in_china(moment: datetime) -> datetime:
    """Return a moment in legal time; one at the end of the calendar, which only a forger writes, as it is."""
    try:
        return moment.astimezone(CHINA)
    except OverflowError:
        return moment


def _told(moment: datetime) -> str:
    return f"{_in_china(moment):%Y-%m-%d %H:%M:%S}"
