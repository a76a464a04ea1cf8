"""Signing as the authorised signatory: the checked ones, one by one or many, each with its certificate."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.certificates.services.issuing import issue_certificate
from quanheng.verification.enums import VerificationState
from quanheng.verification.selectors import verification_for, verifications_for
from quanheng.web.auth import require_permission
from quanheng.web.lists import whole
from quanheng.web.staff.common import attempt
from quanheng.web.staff.verification_words import views_line

_SIGN = "verification.sign"
_MOST = 500


@require_safe
def signing(request: HttpRequest) -> HttpResponse:
    """All checked ones of this signatory's institute, of one work order where one is asked for."""
    user = require_permission(request, _SIGN)
    rows = verifications_for(user, VerificationState.CHECKED).order_by("work_order", "pk")
    asked = request.GET.get("order", "")
    try:
        rows = rows.filter(work_order__public_id=UUID(asked)) if asked else rows
    except ValueError:
        asked = ""
    made = list(rows[:_MOST])
    context = {
        "lines": [(one, one.judgement.get("decides", {})) for one in made],
        "passed": sum(one.judgement.get("verdict") == "passed" for one in made),
        "rejected": sum(one.judgement.get("verdict") == "rejected" for one in made),
        "asked": asked,
        "views": [views_line(request, "signing")],
    }
    return render(request, "staff/signing.html", context)


@require_POST
def verification_sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Conclude one and issue its certificate; js/signing.js asks for JSON and goes through many."""
    user = require_permission(request, _SIGN)
    verification_for(user, public_id)
    seen = whole(request.POST.get("revision")) or 0
    made, refusal = attempt(lambda: issue_certificate(actor=user, public_id=public_id, revision=seen))
    if request.headers.get("Accept") == "application/json":
        if made is None:
            text = refusal.text if refusal else ""
            return JsonResponse({"reason": text}, status=HTTPStatus.CONFLICT)
        return JsonResponse({"number": made.number, "url": reverse("staff:certificate", args=[made.number])})
    if made is None:
        messages.error(request, refusal.text if refusal else "")
        return redirect("staff:verification", public_id=public_id)
    messages.success(request, _("已批准，证书编号 %(number)s。") % {"number": made.number})
    return redirect("staff:verification", public_id=public_id)
