"""What `quanheng certificate` prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quanheng.certificates.checking import CheckReport
    from quanheng.certificates.models import Certificate

_KINDS = {"verification": "检定证书", "rejection": "检定结果通知书", "calibration": "校准证书"}
_MARKS = {True: "［通过］", False: "［不符］", None: "［未定］"}


def report_lines(name: str, report: CheckReport, on: date) -> Iterator[str]:
    """Yield a report for a person: the answer, what the certificate says, then each check.

    Names in a forged file may hold line breaks and commands to the terminal: they could rewrite the answer.
    """
    yield from map(plain, _report_lines(name, report, on))


def plain(text: str) -> str:
    """Return a text with � in place of every character that controls and does not show."""
    return "".join("�" if _is_control(character) else character for character in text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _report_lines(name: str, report: CheckReport, on: date) -> Iterator[str]:
    yield f"{name}：{report.text}"
    if (content := report.content) is not None:
        one = content.instrument
        about = "　".join(filter(None, (one.name, one.model, one.serial_no, content.conclusion)))
        until = f"　有效期至 {content.valid_until}" if content.valid_until else ""
        yield f"  {_KINDS[content.kind]} {content.number}　{about}"
        yield f"  {content.institute.name}　签发 {content.issued_on}{until}"
        unproven = "（按文件所写，未经证实）" if report.verdict == "cannot_tell" else ""
        yield f"  状态（{on}）：{report.status_text}{unproven}"
        if content.is_demonstration:
            yield "  演示证书，没有法律效力。"
    for check in report.checks:
        yield f"  {_MARKS[check.ok]}{check.text}"


def certificate_line(certificate: Certificate, status: str) -> str:
    """Return one line of a list."""
    one = certificate.instrument
    until = certificate.valid_until.isoformat() if certificate.valid_until else "—"
    parts = (
        certificate.number,
        _KINDS[certificate.kind],
        str(one),
        f"签发 {certificate.issued_on}",
        f"有效期至 {until}",
        status,
    )
    return "　".join(parts)
