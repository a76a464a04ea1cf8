"""What a certificate is worth, in the words of a page: the word, its colour, the sentence behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import Status, status_of, successor_of

# css of components/status.html for each status
STATUS_KIND = {
    Status.PREPARED: "going",
    Status.VALID: "good",
    Status.EXPIRED: "late",
    Status.REJECTED: "bad",
    Status.CALIBRATION: "off",
    Status.SUPERSEDED: "off",
    Status.WITHDRAWN: "bad",
}


@dataclass(frozen=True)
class Answer:
    """The answer of a page: ``text`` goes behind ``word``; ``successor`` stands in the place of a superseded one."""

    status: Status
    word: str
    kind: str
    text: str
    successor: Certificate | None = None


def status_words() -> dict[Status, str]:
    """Return the word for each status, as lists and filters have it."""
    return {
        Status.VALID: _("合格"),
        Status.EXPIRED: _("已过有效期"),
        Status.REJECTED: _("不合格"),
        Status.CALIBRATION: _("校准"),
        Status.SUPERSEDED: _("已被取代"),
        Status.WITHDRAWN: _("已撤回"),
        Status.PREPARED: _("出证中"),
    }


def answer_of(certificate: Certificate, on: date) -> Answer:
    """Return what a certificate is worth on a day, told to anyone."""
    status = status_of(certificate, on)
    return answer_for(certificate, status, successor_of(certificate) if status is Status.SUPERSEDED else None)


def answer_for(certificate: Certificate, status: Status, successor: Certificate | None) -> Answer:
    """Return the same for a certificate whose status is known."""
    return Answer(status, status_words()[status], STATUS_KIND[status], _text(certificate, status), successor)


def _text(certificate: Certificate, status: Status) -> str:
    words = {
        Status.VALID: _("有效期至 %(until)s。"),
        Status.EXPIRED: _("有效期到 %(until)s 为止，须重新检定。"),
        Status.REJECTED: _("检定结果通知书：检定不合格，不得使用。"),
        Status.CALIBRATION: _("校准证书只给出量值和不确定度，不作合格与否的结论。"),
        Status.SUPERSEDED: _("这份证书不再使用。"),
        Status.WITHDRAWN: _("%(withdrawn)s 撤回，不再使用。理由：%(reason)s"),
        Status.PREPARED: _("已编号，文件还没有做成，不能使用。"),
    }
    withdrawn = certificate.withdrawn_at
    return words[status] % {
        "until": _day(certificate.valid_until),
        "withdrawn": _day(localtime(withdrawn).date()) if withdrawn else "",
        "reason": certificate.withdrawal_reason,
    }


def _day(on: date | None) -> str:
    return date_format(on, "DATE_FORMAT") if on else ""
