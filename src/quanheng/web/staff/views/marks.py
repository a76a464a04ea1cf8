"""Seals and marks by number: what was received, what was used, what does not add up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.verification.enums import MarkKind
from quanheng.verification.marks import MarkFinding, mark_findings
from quanheng.verification.models import MarkRange, MarkUse, Verification
from quanheng.verification.selectors import verification_for
from quanheng.verification.services.marks import put_marks, receive_marks, spoil_mark
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.mark_forms import ReceiveForm, SpoilForm
from quanheng.web.staff.planning import ROLES
from quanheng.web.staff.verification_words import views_line

_MARKS = "verification.marks"


@require_http_methods(["GET", "POST"])
def marks(request: HttpRequest) -> HttpResponse:
    """What does not add up, then ranges and uses; forms to receive numbers and to report a spoilt one."""
    user = require_permission(request, _MARKS)
    units = list(_institutes(user))
    is_spoil = request.POST.get("act") == "spoil"
    data = request.POST if request.method == "POST" else None
    people = _people(units)
    today = {"issued_on": clock.today(), "used_on": clock.today()}
    receive = ReceiveForm(None if is_spoil else data, institutes=units, people=people, initial=today)
    spoil = SpoilForm(data if is_spoil else None, institutes=units, initial=today, auto_id="spoil_%s")
    form = spoil if is_spoil else receive
    refusal: BureauError | None = None
    if form.is_valid():
        made, refusal = attempt(lambda: _spoil(user, spoil) if is_spoil else _receive(user, receive))
        if made is not None:
            messages.success(request, _("已登记。"))
            return redirect("staff:marks")
    context = _context(request, units) | {
        "receive": receive,
        "spoil": spoil,
        "form": form,
        "refusal": refusal.text if refusal else "",
        "views": [views_line(request, "marks")],
    }
    return render(request, "staff/marks.html", context, status=form_status(request, refusal))


def _context(request: HttpRequest, units: list[OrgUnit]) -> dict[str, Any]:
    findings = [(unit, finding, _told(finding)) for unit in units for finding in mark_findings(unit)]
    uses = MarkUse.objects.filter(institute__in=units).select_related("verification__instrument", "institute")
    if (kind := request.GET.get("kind", "")) in MarkKind.values:
        uses = uses.filter(kind=kind)
    if text := request.GET.get("text", "").strip().upper()[:40]:
        uses = uses.filter(number__startswith=text)
    return {
        "findings": findings,
        "ranges": MarkRange.objects.filter(institute__in=units).select_related("issued_to", "institute"),
        "page": page_of(request, uses.order_by("-used_on", "-pk")),
        "query": query_of(request),
        "text": text,
        "filters": [
            words(request, "kind", _("种类"), [(one.value, str(one.label), None) for one in MarkKind])
        ],
        "many": len(units) > 1,
    }


def _told(one: MarkFinding) -> str:
    """Return a finding as a sentence with what to do."""
    finding = one.finding
    span = finding.first if finding.first == finding.last else f"{finding.first}—{finding.last}"
    given = {"kind": one.kind.label, "span": span, "n": finding.count}
    match finding.code:
        case "missing":
            text = ngettext(
                "%(kind)s %(span)s 没有下落，后面的号已经用了。找到器具补登，或按损坏登记。",
                "%(kind)s %(span)s 共 %(n)s 个没有下落，后面的号已经用了。找到器具补登，或按损坏登记。",
                finding.count,
            )
        case "double":
            text = _("%(kind)s %(span)s 用了 %(n)s 次。请核对两台器具上的实物。")
        case "outside":
            text = _("%(kind)s %(span)s 不在领用的号段内。请核对编号，或补登领用。")
        case _:
            text = _("%(kind)s %(span)s 领用了两次，共 %(n)s 个号重叠。请核对领用登记。")
    return text % given


def _institutes(user: User) -> QuerySet[OrgUnit]:
    scope = scope_of(user, _MARKS)
    rows = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True)
    return rows if scope.is_all else rows.filter(pk__in=scope.unit_ids)


def _people(units: list[OrgUnit]) -> list[User]:
    rows = User.objects.filter(
        is_active=True, assignments__unit__in=units, assignments__role__in=ROLES.values()
    )
    return list(rows.distinct().order_by("display_name", "pk"))


def _receive(user: User, form: ReceiveForm) -> MarkRange:
    given = form.cleaned_data
    return receive_marks(actor=user, **given | {"kind": MarkKind(given["kind"])})


def _spoil(user: User, form: SpoilForm) -> MarkUse:
    given = form.cleaned_data
    return spoil_mark(actor=user, **given | {"kind": MarkKind(given["kind"])})


@require_POST
def marks_put(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record which numbers were put on the instrument of a verification."""
    user = require_permission(request, _MARKS)
    found = verification_for(user, public_id)
    kind = request.POST.get("kind", "")
    _made, refusal = attempt(
        lambda: put_marks(
            actor=user,
            public_id=public_id,
            revision=whole(request.POST.get("revision")) or 0,
            kind=MarkKind(kind) if kind in MarkKind.values else MarkKind.SEAL,
            numbers=request.POST.get("numbers", "").replace("，", " ").replace("、", " ").split(),
            used_on=clock.today(),
        )
    )
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, _("编号已登记。"))
        for text in _doubtful(found, kind):
            messages.warning(request, text)
    answer = redirect("staff:verification", public_id=public_id)
    answer["Location"] += "#marks"
    return answer


def _doubtful(found: Verification, kind: str) -> list[str]:
    """Return what does not add up about the numbers of a verification: to be looked at while the instrument is there."""
    own = set(found.marks.filter(kind=kind).values_list("number", flat=True))
    return [
        _told(one)
        for one in mark_findings(found.work_order.institute)
        if one.kind == kind
        and one.finding.code in {"double", "outside"}
        and any(one.finding.first <= number <= one.finding.last for number in own)
    ]
