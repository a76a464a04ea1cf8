"""The exchange with the national system: its import sheet out, its ledger back, each difference decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.instruments.ecqs import import_sheet, layout
from quanheng.instruments.enums import Condition, Use
from quanheng.instruments.errors import ComparisonNotFound
from quanheng.instruments.models import Comparison, Difference
from quanheng.instruments.services.comparisons import (
    compare_ledger,
    filed_instruments,
    resolve_differences,
)
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.forms import file_bytes

_IMPORT = "instruments.import"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHATS = {
    "only_here": gettext_lazy("只在本局"),
    "only_there": gettext_lazy("只在对方"),
    "field": gettext_lazy("内容不同"),
}
RESOLUTIONS = {
    "take_theirs": gettext_lazy("采用对方的值"),
    "keep_ours": gettext_lazy("保留本局的值"),
    "registered": gettext_lazy("登记到本局"),
}


class LedgerForm(forms.Form):
    """The ledger as downloaded from the national system."""

    file = forms.FileField(
        label=gettext_lazy("从 e-CQS 导出的台账"),
        help_text=gettext_lazy(".xlsx、.xls 或 .csv。"),
        allow_empty_file=True,
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        file = self.cleaned_data["file"]
        return file.name, file_bytes(file)


@require_http_methods(["GET", "POST"])
def comparisons(request: HttpRequest) -> HttpResponse:
    """Send the import sheet, receive the other ledger, list the comparisons made."""
    user = require_permission(request, _IMPORT)
    form = LedgerForm(request.POST, request.FILES) if request.method == "POST" else LedgerForm()
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["file"]
        made, refusal = attempt(lambda: compare_ledger(actor=user, data=data, filename=name))
        if made is not None:
            return redirect("staff:comparison", public_id=made.public_id)
    rows = (
        Comparison.objects.select_related("made_by")
        .annotate(
            total=Count("differences"), waiting=Count("differences", filter=Q(differences__resolution=""))
        )
        .order_by("-made_at", "-pk")
    )  # grouping drops the order of the model
    context = {
        "form": form,
        "refusal": refusal,
        "page": page_of(request, rows),
        "query": query_of(request),
        "filed": filed_instruments().count(),
        "filed_url": f"{reverse('staff:instruments')}?filing=filed",
        "layout": layout(),
    }
    return render(request, "staff/comparisons.html", context, status=form_status(request, refusal))


@require_safe
def ecqs_sheet(request: HttpRequest) -> HttpResponse:
    """Send every filed instrument as the import sheet of the national system."""
    require_permission(request, _IMPORT)
    response = HttpResponse(import_sheet(filed_instruments().iterator(chunk_size=2000)), content_type=_XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="e-CQS-{clock.today():%Y%m%d}.xlsx"'
    return response


@require_safe
def comparison(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the differences of one comparison; those that wait are decided in bulk."""
    require_permission(request, _IMPORT)
    made = _comparison(public_id)
    every = made.differences.all()
    counts = {what: every.filter(what=what).count() for what in WHATS}
    waiting = every.filter(resolution="").count()
    page = page_of(request, _asked(request, made))
    headings = {column.field: column.heading for column in layout().columns}
    for difference in page:
        _put_into_words(difference, headings)
    context = {
        "made": made,
        "counts": [(word, counts[what], what) for what, word in WHATS.items()],
        "waiting": waiting,
        "filters": [
            words(
                request, "what", _("差异"), [(what, str(word), counts[what]) for what, word in WHATS.items()]
            ),
            words(
                request,
                "state",
                _("处理"),
                [("open", _("待处理"), waiting), ("done", _("已处理"), every.count() - waiting)],
            ),
        ],
        "page": page,
        "query": query_of(request),
        "rejected": made.rejected,
        "resolutions": RESOLUTIONS.items(),
    }
    return render(request, "staff/comparison.html", context)


@require_POST
def comparison_resolve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Decide the chosen differences, or all that the filters show."""
    user = require_permission(request, _IMPORT)
    made = _comparison(public_id)
    if request.POST.get("all"):
        ids = list(_asked(request, made).filter(resolution="").values_list("pk", flat=True))
    else:
        ids = [key for text in request.POST.getlist("difference") if (key := whole(text)) is not None]
    resolution = request.POST.get("resolution", "")
    done, refusal = attempt(
        lambda: resolve_differences(
            actor=user, public_id=public_id, difference_ids=ids, resolution=resolution
        )
    )
    if done is None:
        messages.error(request, refusal.text if refusal else "")
    else:
        if done.done:
            messages.success(request, _("已处理 %(n)s 处差异。") % {"n": done.done})
        if done.refused:
            reasons = sorted({reason for _pk, reason in done.refused})
            text = _("%(n)s 处没有办成：%(reasons)s")
            messages.warning(request, text % {"n": len(done.refused), "reasons": " ".join(reasons[:5])})
    target = redirect("staff:comparison", public_id=public_id)
    query = request.GET.urlencode()
    return redirect(f"{target.url}?{query}") if query else target


def _comparison(public_id: UUID) -> Comparison:
    made = Comparison.objects.filter(public_id=public_id).select_related("made_by").first()
    if made is None:
        raise ComparisonNotFound(public_id=str(public_id))
    return made


def _asked(request: HttpRequest, made: Comparison) -> QuerySet[Difference]:
    rows = made.differences.select_related("instrument", "instrument__owner", "resolved_by")
    if (what := request.GET.get("what", "")) in WHATS:
        rows = rows.filter(what=what)
    state = request.GET.get("state", "")
    if state in {"open", "done"}:
        return rows.filter(resolution="") if state == "open" else rows.exclude(resolution="")
    return rows


def _put_into_words(difference: Any, headings: dict[str, str]) -> None:
    """Add what the table shows: words for stored codes."""
    difference.what_word = WHATS[difference.what]
    difference.field_word = headings.get(difference.field, difference.field)
    difference.ours_word = _word(difference.field, difference.ours)
    difference.theirs_word = _word(difference.field, difference.theirs)
    difference.resolution_word = RESOLUTIONS.get(difference.resolution, "")


def _word(field: str, value: str) -> str:
    vocabulary = {"use": Use, "condition": Condition}.get(field)
    return str(vocabulary(value).label) if vocabulary and value in vocabulary.values else value
