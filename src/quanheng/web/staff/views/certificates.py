"""Certificates for those who issue, own or look after them: the list, one with its checks, its end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.certificates.checking import CheckReport, LogUnreadable, PublishedLog, check_file
from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.errors import CertificateNotFound
from quanheng.certificates.listing import status_counts, with_status
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import (
    Status,
    certificate_for,
    certificates_for,
    content_of,
    leaf_of,
    pdf_of,
    status_of,
    successor_of,
    xml_of,
)
from quanheng.certificates.services import supersede_certificate, withdraw_certificate
from quanheng.certificates.services.ending import MAX_SUPERSEDING_REASON
from quanheng.certificates.services.issuing import finish
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.transparency import selectors as transparency
from quanheng.transparency.signing import load_key
from quanheng.web.auth import holds, require_permission
from quanheng.web.certificates.answers import STATUS_KIND, answer_of, status_words
from quanheng.web.certificates.exports import MOST_IN_ZIP, csv_lines, zipped
from quanheng.web.certificates.files import file_response
from quanheng.web.certificates.results import result_tables
from quanheng.web.lists import link, page_of, query_of, sort_heading, words
from quanheng.web.staff.common import act, attempt, form_status
from quanheng.web.staff.forms import ReasonForm
from quanheng.web.staff.history import events_about

_VIEW, _WITHDRAW, _SIGN = "certificates.view", "certificates.withdraw", "verification.sign"
_SORTS = {"number": "number", "issued": "issued_on", "until": "valid_until", "instrument": "instrument__name"}
_IN_FORCE = {Status.VALID, Status.EXPIRED, Status.REJECTED, Status.CALIBRATION}


class SupersedeForm(ReasonForm):
    """Issuing another certificate in the place of one."""

    reason = forms.CharField(
        label=gettext_lazy("理由（印在新证书上，并记入日志）"),
        max_length=MAX_SUPERSEDING_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """The certificates that this person may see, newest first."""
    user = require_permission(request, _VIEW)
    all_rows, shown = _rows(request, user)
    counts = status_counts(all_rows, clock.today())
    page = page_of(request, shown)
    context = {
        "page": page,
        "lines": [_line(one) for one in page],
        "query": query_of(request),
        "text": request.GET.get("q", ""),
        "kept": [(name, request.GET[name]) for name in ("kind", "status") if request.GET.get(name)],
        "is_narrowed": any(request.GET.get(name) for name in ("q", "kind", "status")),
        "total": sum(counts.values()),
        "stuck": counts[Status.PREPARED],
        "stuck_url": f"{reverse('staff:certificates')}?status={Status.PREPARED}",
        "filters": [
            words(
                request,
                "status",
                _("状态"),
                [(str(s), word, counts[s]) for s, word in status_words().items()],
            ),
            words(
                request,
                "kind",
                _("类型"),
                [(value, str(label), None) for value, label in CertificateKind.choices],
            ),
        ],
        "headings": _headings(request),
        "exports": _exports(request, page.paginator.count),
        "may_keys": holds(request, "certificates.keys"),
        "is_all": scope_of(user, _VIEW).is_all,
    }
    return render(request, "staff/certificates.html", context)


def _rows(request: HttpRequest, user: User) -> tuple[QuerySet[Certificate], QuerySet[Any]]:
    """Return what the search finds, and what is left of it after the words; sorted, each with ``status``."""
    kind, status = request.GET.get("kind", ""), request.GET.get("status", "")
    found = certificates_for(
        user,
        query=request.GET.get("q", "").replace("\0", ""),
        kind=kind if kind in CertificateKind.values else "",
    )
    shown = with_status(found, clock.today())
    if status in set(Status):
        shown = shown.filter(status=status)
    if order := _SORTS.get(request.GET.get("sort", "")):
        shown = shown.order_by(f"-{order}" if request.GET.get("dir") == "down" else order, "pk")
    return found, shown


def _line(one: Any) -> dict[str, Any]:
    """Return one row of `_rows`."""
    status = Status(one.status)
    return {"certificate": one, "word": status_words()[status], "kind": STATUS_KIND[status]}


def _headings(request: HttpRequest) -> list[Any]:
    return [
        sort_heading(request, "number", _("证书编号")),
        sort_heading(request, "instrument", _("器具")),
        sort_heading(request, "issued", _("签发日期")),
        sort_heading(request, "until", _("有效期至")),
    ]


def _exports(request: HttpRequest, count: int) -> list[dict[str, str]]:
    query = link(request)
    made = [{"label": "CSV", "url": f"{reverse('staff:certificates_csv')}{query}"}]
    if 0 < count <= MOST_IN_ZIP:
        made.append({"label": _("全部文件 ZIP"), "url": f"{reverse('staff:certificates_zip')}{query}"})
    return made


@require_safe
def certificates_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the rows of the list as shown, in CSV."""
    user = require_permission(request, _VIEW)
    name = f"{_('证书')}-{clock.today()}.csv"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        csv_lines(_rows(request, user)[1]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition or "attachment"},
    )


@require_safe
def certificates_zip(request: HttpRequest) -> FileResponse:
    """Send PDF and XML of the certificates as listed; those in the making have none yet."""
    user = require_permission(request, _VIEW)
    rows = _rows(request, user)[1].filter(state=CertificateState.ISSUED)
    name = f"{_('证书')}-{clock.today()}.zip"
    return FileResponse(zipped(rows), as_attachment=True, filename=name, content_type="application/zip")


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One certificate: what it is worth, what it says, whence it comes; checked now where that is asked."""
    user = require_permission(request, _VIEW)
    found = _certificate(user, number)
    status, content = status_of(found, clock.today()), content_of(found)
    may_end = scope_of(user, _WITHDRAW).covers(found.institute_id) and status in _IN_FORCE
    context = {
        "certificate": found,
        "content": content,
        "answer": answer_of(found, clock.today()),
        "tables": result_tables(content),
        "versions": _versions(found),
        "leaf": leaf_of(found),
        "may_end": may_end,
        "may_resume": status is Status.PREPARED and scope_of(user, _SIGN).covers(found.institute_id),
        "report": _report(found) if "check" in request.GET and status is not Status.PREPARED else None,
        "events": events_about(
            [f"certificate:{found.number}", f"verification:{found.verification.public_id}"],
            with_names=holds(request, "transparency.view_openings"),
        ),
    }
    return render(request, "staff/certificate.html", context)


def _certificate(user: User, number: str) -> Certificate:
    # PostgreSQL refuses to look for NUL.
    return certificate_for(user, number.replace("\0", ""))


def _versions(found: Certificate) -> list[Certificate]:
    """Return the certificate with those before and after it, oldest first."""
    before, after = [], []
    one = found.supersedes
    while one is not None:
        before.append(one)
        one = one.supersedes
    following = successor_of(found)
    while following is not None:
        after.append(following)
        following = successor_of(following)
    return [*reversed(before), found, *after]


def _report(found: Certificate) -> CheckReport:
    """Check the file in the store as anybody would check it, against the log as it is published, by its own key."""
    own = load_key()
    try:
        read = transparency.reader(transparency.log_folder())
        log: PublishedLog | None = PublishedLog(read, key=own.verifier if own else None)
    except LogUnreadable:
        log = None  # nothing is published yet, and the report says that no log was asked
    return check_file(pdf_of(found), log=log, at=clock.today())


@require_safe
def certificate_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Show the signed PDF in the browser, from where it is printed."""
    found = _with_files(request, number)
    return file_response(pdf_of(found), f"{found.number}.pdf", inline=True)


@require_safe
def certificate_xml(request: HttpRequest, number: str) -> HttpResponse:
    """Send the signed XML."""
    found = _with_files(request, number)
    return file_response(xml_of(found), f"{found.number}.xml")


def _with_files(request: HttpRequest, number: str) -> Certificate:
    found = _certificate(require_permission(request, _VIEW), number)
    if found.state != CertificateState.ISSUED:
        raise CertificateNotFound(number=number)
    return found


@require_http_methods(["GET", "POST"])
def certificate_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Say what withdrawing does, ask why, do it."""
    user, found = _to_end(request, number)
    if request.method == "GET" and status_of(found, clock.today()) not in _IN_FORCE:
        return redirect("staff:certificate", number=found.number)
    form = ReasonForm(request.POST or None)
    refusal = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made, refusal = attempt(lambda: withdraw_certificate(actor=user, number=found.number, reason=reason))
        if made is not None:
            messages.success(request, _("证书 %(number)s 已撤回，并记入日志。") % {"number": found.number})
            return redirect("staff:certificate", number=found.number)
    context = {"certificate": found, "form": form, "refusal": refusal}
    return render(request, "staff/certificate_withdraw.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def certificate_supersede(request: HttpRequest, number: str) -> HttpResponse:
    """Say what is issued in its place, ask why, issue it."""
    user, found = _to_end(request, number)
    if request.method == "GET" and status_of(found, clock.today()) not in _IN_FORCE:
        return redirect("staff:certificate", number=found.number)
    form = SupersedeForm(request.POST or None)
    refusal = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made, refusal = attempt(lambda: supersede_certificate(actor=user, number=found.number, reason=reason))
        if made is not None:
            said = {"number": made.number, "old": found.number}
            messages.success(request, _("已签发 %(number)s，取代 %(old)s。") % said)
            return redirect("staff:certificate", number=made.number)
    context = {"certificate": found, "form": form, "refusal": refusal}
    return render(request, "staff/certificate_supersede.html", context, status=form_status(request, refusal))


def _to_end(request: HttpRequest, number: str) -> tuple[User, Certificate]:
    user = require_permission(request, _WITHDRAW)
    found = _certificate(user, number)
    require_permission(request, _WITHDRAW, unit_id=found.institute_id)
    return user, found


@require_POST
def certificate_resume(request: HttpRequest, number: str) -> HttpResponse:
    """Finish a certificate that a crash or a refusal left in the making."""
    user = require_permission(request, _SIGN)
    found = _certificate(user, number)
    require_permission(request, _SIGN, unit_id=found.institute_id)
    done = _("证书 %(number)s 已签发。") % {"number": found.number}
    return act(
        request, lambda: finish(found), done=done, to=reverse("staff:certificate", args=[found.number])
    )
