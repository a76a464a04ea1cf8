"""Recalls: a certificate shows that a standard drifted; which past verdicts are in doubt, and whom to tell."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.traceability import Course
from quanheng.standards.models import StandardCertificate
from quanheng.verification.models import Recall, Verification
from quanheng.verification.recalling import notices_of
from quanheng.verification.rules import rule_on
from quanheng.verification.selectors import recall_for, recalls_for
from quanheng.verification.services.recalls import make_recall
from quanheng.web.auth import require_permission
from quanheng.web.judging.numbers import percent
from quanheng.web.lists import page_of, query_of
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.mark_forms import RecallForm
from quanheng.web.staff.verification_words import views_line

_RECALL = "verification.recall"
_BINS = 10


@require_safe
def recalls(request: HttpRequest) -> HttpResponse:
    """The recalls made so far."""
    user = require_permission(request, _RECALL)
    rows = recalls_for(user)
    context = {
        "page": page_of(request, rows),
        "query": query_of(request),
        "total": rows.count(),
        "views": [views_line(request, "recalls")],
    }
    return render(request, "staff/recalls.html", context)


@require_http_methods(["GET", "POST"])
def recall_new(request: HttpRequest) -> HttpResponse:
    """Choose the certificate that shows the drift; the answer is computed and kept."""
    user = require_permission(request, _RECALL)
    certificates = _certificates(user)
    initial = {
        "certificate": request.GET.get("certificate", ""),
        "threshold": rule_on("recall_threshold", clock.today()).value,
        "course": Course.RANDOM.value,
    }
    form = RecallForm(request.POST or None, certificates=certificates, initial=initial)
    refusal: BureauError | None = None
    if form.is_valid():
        given = form.cleaned_data
        made, refusal = attempt(
            lambda: make_recall(actor=user, **given | {"course": Course(given["course"])})
        )
        if made is not None:
            return redirect("staff:recall", public_id=made.public_id)
    context = {
        "form": form,
        "refusal": refusal.text if refusal else "",
        "has_any": certificates.exists(),
    }
    return render(request, "staff/recall_new.html", context, status=form_status(request, refusal))


def _certificates(user: User) -> QuerySet[StandardCertificate]:
    """Return the certificates of this person's standards that have points, the newest first."""
    scope = scope_of(user, _RECALL)
    rows = StandardCertificate.objects.filter(withdrawn_at=None).exclude(points=[])
    rows = rows if scope.is_all else rows.filter(standard__unit__in=scope.unit_ids)
    return rows.select_related("standard").order_by("-calibrated_on", "-pk")


@require_safe
def recall(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The verdicts in doubt, the most doubtful first; how many, for whom, and how it was computed."""
    user = require_permission(request, _RECALL)
    found = recall_for(user, public_id)
    ranked = found.result["ranked"]
    named = _named([row["verification"] for row in [*ranked, *found.result["not_computed"]]])
    doubtful = [row for row in ranked if Decimal(str(row["probability"])) >= found.threshold]
    page = page_of(request, ranked)
    context = {
        "recall": found,
        "page": page,
        "query": query_of(request),
        "lines": [(named.get(row["verification"]), row, percent(row["probability"])) for row in page],
        "total": len(ranked),
        "doubtful": len(doubtful),
        "not_computed": [(named.get(row["verification"]), row) for row in found.result["not_computed"]],
        "interval": found.result["flips_interval"],
        "expected": found.result["expected_flips"],
        "threshold": f"{100 * found.threshold:.1f} %",
        "chart": _chart(found),
        "notices": len(notices_of(found)),
    }
    return render(request, "staff/recall.html", context)


@require_safe
def recall_notices(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A letter for each owner, to print."""
    user = require_permission(request, _RECALL)
    found = recall_for(user, public_id)
    context = {"recall": found, "notices": notices_of(found)}
    return render(request, "staff/recall_notices.html", context)


@require_safe
def recall_input(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the file on which the printed command works."""
    user = require_permission(request, _RECALL)
    found = recall_for(user, public_id)
    answer = JsonResponse(
        found.result["input"],
        status=HTTPStatus.OK,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    answer["Content-Disposition"] = 'attachment; filename="input.json"'
    return answer


def _named(ids: list[str]) -> dict[str, Verification]:
    rows = Verification.objects.filter(public_id__in=ids).select_related(
        "instrument__owner", "instrument__place"
    )
    return {str(row.public_id): row for row in rows}


def _chart(found: Recall) -> dict[str, Any] | None:
    """Return how many verdicts have which probability, for components/chart.html."""
    ranked = found.result["ranked"]
    if not ranked:
        return None
    counts = [0] * _BINS
    for row in ranked:
        counts[min(_BINS - 1, int(row["probability"] * _BINS))] += 1
    names = [f"{at * 100 // _BINS}–{(at + 1) * 100 // _BINS} %" for at in range(_BINS)]
    high = sum(Decimal(str(row["probability"])) >= found.threshold for row in ranked)
    title = ngettext(
        "%(n)s 台的结论可能改变的概率达到通知的界限",
        "%(n)s 台的结论可能改变的概率达到通知的界限",
        high,
    )
    return {
        "id": "recall-chart",
        "title": title % {"n": high},
        "columns": [_("概率"), _("台数")],
        "rows": [[name, str(count)] for name, count in zip(names, counts, strict=True)],
        "spec": {
            "kind": "bar",
            "unit": _("台"),
            "categories": names,
            "series": [{"name": _("台数"), "values": counts, "tone": "ink"}],
        },
    }
