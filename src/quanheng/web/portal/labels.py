"""What a scanned label leads to, and the calendars behind a secret address."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.certificates.selectors import latest_of_instrument
from quanheng.instruments.enums import Use
from quanheng.instruments.errors import FeedNotFound, InstrumentNotFound
from quanheng.instruments.feeds import feed_by_token, feed_calendar
from quanheng.instruments.models import Instrument
from quanheng.instruments.public import Answer, PublicStatus, public_status
from quanheng.instruments.selectors import instrument_by_label
from quanheng.web.in_log import in_log
from quanheng.web.portal.views import public_page
from quanheng.web.public_url import public_url

T = TypeVar("T", HttpResponse, HttpResponseBase)
# css of components/status.html for each answer
ANSWER_KIND = {
    Answer.VALID: "good",
    Answer.VALID_ONCE: "good",
    Answer.EXPIRED: "late",
    Answer.REJECTED: "bad",
    Answer.NEVER: "late",
    Answer.UNKNOWN: "unsure",
    Answer.STOPPED: "off",
    Answer.SCRAPPED: "off",
    Answer.VOLUNTARY: "off",
}


@require_safe
def label(request: HttpRequest, code: str) -> HttpResponse:
    """Say in one word whether the instrument of a label is verified, then until when and by which rule."""
    try:
        # PostgreSQL refuses to look for some characters that an address can hold.
        instrument = instrument_by_label(code if code.isalnum() else "")
    except InstrumentNotFound:
        answer = public_page(request, "portal/label_unknown.html", {"code": code[:20]})
        answer.status_code = HTTPStatus.NOT_FOUND
        return unlisted(answer)
    status = public_status(instrument)
    context = {
        "instrument": instrument,
        "status": status,
        "word": answer_words()[status.answer],
        "kind": ANSWER_KIND[status.answer],
        "until": _until(status),
        "is_merged": instrument.label_code != code.upper(),
        "certificate": latest_of_instrument(instrument.pk),
        "in_log": in_log(instrument),
        "command": _command(instrument),
        "on": clock.today(),
    }
    return unlisted(public_page(request, "portal/label.html", context))


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the calendar of a secret address; whatever is not one gets the same 404."""
    try:
        found = feed_by_token(token)
    except FeedNotFound as error:
        raise Http404 from error
    body = feed_calendar(found, base_url=public_url(request))
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Disposition"] = 'inline; filename="due.ics"'
    etag = quote_etag(hashlib.sha256(body).hexdigest())
    answer["ETag"] = etag
    return unlisted(get_conditional_response(request, etag=etag, response=answer) or answer)


def answer_words() -> dict[Answer, str]:
    """Return the word for each answer."""
    return {
        Answer.VALID: _("合格有效"),
        Answer.VALID_ONCE: _("合格"),
        Answer.EXPIRED: _("已过有效期"),
        Answer.REJECTED: _("检定不合格"),
        Answer.NEVER: _("尚无检定记录"),
        Answer.UNKNOWN: _("有效期待核实"),
        Answer.STOPPED: _("停用"),
        Answer.SCRAPPED: _("已报废"),
        Answer.VOLUNTARY: _("不属于强制检定"),
    }


def _until(status: PublicStatus) -> str:
    """Return until when, or that it must not be used, for behind the word; empty where there is nothing to say."""
    if status.answer is Answer.REJECTED:
        return _("不得使用")
    if status.until is None or status.answer not in {Answer.VALID, Answer.EXPIRED}:
        return ""
    day = {"year": status.until.year, "month": status.until.month, "day": status.until.day}
    if status.answer is Answer.VALID:
        return _("有效期至 %(year)s年%(month)s月%(day)s日") % day
    return _("有效期到 %(year)s年%(month)s月%(day)s日为止") % day


def _command(instrument: Instrument) -> str:
    """Return the command that answers again whether verification is mandatory; empty where it is unclear."""
    if not instrument.kind or instrument.use == Use.UNKNOWN:
        return ""
    return f"quanheng rules mandatory {instrument.kind} {instrument.use} --on {clock.today()}"


def unlisted(answer: T) -> T:
    """Keep a page out of search engines: it is for who holds the label or the address."""
    answer["X-Robots-Tag"] = "noindex"
    return answer
