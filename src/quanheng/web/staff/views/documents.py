"""Printing: QR labels for instruments, and notices of what is due for their owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from uuid import UUID

from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.instruments.documents.labels import DEFAULT_SHEET, MOST_LABELS, SHEET_WORDS, SHEETS, label_sheet
from quanheng.instruments.documents.notices import (
    TITLE,
    Addressee,
    Notice,
    notice_word,
    notices_for,
    notices_pdf,
    notices_zip,
)
from quanheng.instruments.due import due_rows
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Instrument, Place, Standing
from quanheng.instruments.selectors import ListQuery, narrowed, standings_visible, with_rows
from quanheng.parties.models import Party
from quanheng.web.auth import require_permission
from quanheng.web.lists import Filter, Option, link
from quanheng.web.public_url import public_url
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.documents import by_spot, day, file_response, list_query

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# More labels than this take some seconds: the page says so before the button.
_SLOW = 1000
# Measured on a desktop of two cores, see benchmarks/documents.py.
_LABELS_PER_SECOND = 200
_SHOWN = 50


class LabelForm(forms.Form):
    """On which paper, from which label of the first sheet on, and which part of a long list."""

    sheet = forms.ChoiceField(label=gettext_lazy("标签纸"), initial=DEFAULT_SHEET)
    skip = forms.IntegerField(
        label=gettext_lazy("首页已用掉"),
        min_value=0,
        max_value=max(sheet.per_page for sheet in SHEETS.values()) - 1,
        initial=0,
        help_text=gettext_lazy("用剩的标签纸，从左上角数起已经揭下几张。"),
    )

    def __init__(self, *args: object, parts: int, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # what forms.Form takes
        self.fields["sheet"].choices = [(name, str(SHEET_WORDS[name])) for name in SHEETS]  # type: ignore[attr-defined]
        if parts > 1:
            words = {"parts": parts, "most": MOST_LABELS}
            self.fields["part"] = forms.IntegerField(
                label=_("第几份"),
                min_value=1,
                max_value=parts,
                initial=1,
                help_text=_("共 %(parts)s 份，每份最多 %(most)s 张。") % words,
            )


@dataclass(frozen=True)
class _Chosen:
    """The instruments that labels are asked for: picked one by one, or by what narrows a list."""

    rows: QuerySet[Standing]
    picked: list[str]
    query: ListQuery

    @property
    def count(self) -> int:
        return self.rows.count()


@require_http_methods(["GET", "POST"])
def labels(request: HttpRequest) -> HttpResponse:
    """Say how many labels there will be and ask for the paper; then send the PDF."""
    user = require_permission(request, "instruments.register")
    chosen = _chosen(request, user)
    count = chosen.count
    parts = max(1, ceil(count / MOST_LABELS))
    is_sent = request.method == "POST" and "sheet" in request.POST
    form = LabelForm(request.POST if is_sent else None, parts=parts)
    refusal = None
    if form.is_valid() and count:
        answers = form.cleaned_data
        part = answers.get("part") or 1
        pdf, refusal = attempt(
            lambda: label_sheet(
                _in_walking_order(chosen.rows, part),
                base_url=public_url(request),
                sheet=SHEETS[answers["sheet"]],
                skip=answers["skip"],
            )
        )
        if pdf is not None:
            return file_response(pdf, _labels_name(chosen, part, parts), PDF)
    context = {
        "form": form,
        "refusal": refusal,
        "count": count,
        "parts": parts,
        "seconds": ceil(min(count, MOST_LABELS) / _LABELS_PER_SECOND) if count > _SLOW else 0,
        "picked": chosen.picked,
        "kept": [(name, value) for name, value in vars(chosen.query).items() if value],
        "what": _what(chosen.query) if count else "",
        "places": _places(chosen.rows) if parts > 1 else [],
        "base": public_url(request),
    }
    status = form_status(request, refusal) if is_sent else 200
    return render(request, "staff/labels.html", context, status=status)


def _chosen(request: HttpRequest, user: User) -> _Chosen:
    given = request.POST if request.method == "POST" else request.GET
    rows = standings_visible(user, "instruments.register").exclude(filing=Filing.DRAFT)
    # The list sends what was ticked, or with "all" the query behind it instead.
    everything = QueryDict(given.get("query", "")) if given.get("all") else None
    picked = (
        [] if everything is not None else [text for text in given.getlist("instrument") if _is_uuid(text)]
    )
    query = list_query(given if everything is None else everything)
    if picked:
        return _Chosen(rows.filter(instrument__public_id__in=picked), picked, ListQuery())
    return _Chosen(narrowed(rows, query, clock.today()), [], query)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _in_walking_order(rows: QuerySet[Standing], part: int) -> list[Instrument]:
    """Return one part of the instruments; parts are cut by place, within one stalls follow each other."""
    first = (part - 1) * MOST_LABELS
    ordered = rows.order_by("place", "pk").select_related("instrument", "instrument__place")
    return sorted((row.instrument for row in ordered[first : first + MOST_LABELS]), key=by_spot)


def _labels_name(chosen: _Chosen, part: int, parts: int) -> str:
    what = _what(chosen.query)
    number = f"{part}-{parts}" if parts > 1 else ""
    return "-".join(filter(None, (_("标签"), what, number, clock.today().isoformat()))) + ".pdf"


def _what(query: ListQuery) -> str:
    """Return the name of the one place or owner that a query is about; empty where it is about more."""
    place = Place.objects.filter(pk=query.place).first() if query.place else None
    owner = Party.objects.filter(pk=query.owner).first() if query.owner else None
    return str(place or owner or "")


def _places(rows: QuerySet[Standing]) -> list[dict[str, object]]:
    """Return the places with the most instruments: the other way to make a long list short."""
    counted = rows.filter(place__isnull=False).order_by().values("place", "place__name")
    return list(counted.annotate(count=Count("pk")).order_by("-count")[:_SHOWN])


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """List who would be told what by a notice, and offer the notices as PDF and Word."""
    user = require_permission(request, "instruments.view_due")
    found, refusal = attempt(lambda: _notices(request, user))
    made = found or []
    context = {
        "refusal": refusal,
        "notices": made[:_SHOWN],
        "total": len(made),
        "lines": sum(len(notice.lines) for notice in made),
        "until": _until(request),
        "title": TITLE,
        "what": _what(list_query(request.GET)) if made else "",
        "filters": _filters(request),
        "pdf_query": link(request),
    }
    return render(request, "staff/notices.html", context, status=409 if refusal else 200)


@require_safe
def notices_as_pdf(request: HttpRequest) -> HttpResponse:
    """Send all notices of the list as one PDF."""
    user = require_permission(request, "instruments.view_due")
    made = _notices(request, user)
    if not made:
        return _nothing(request)
    pdf = notices_pdf(made, on=clock.today())
    return file_response(pdf, f"{TITLE}-{clock.today()}.pdf", PDF)


@require_safe
def notices_as_word(request: HttpRequest) -> HttpResponse:
    """Send one notice as .docx, several as .zip of them."""
    user = require_permission(request, "instruments.view_due")
    made = _notices(request, user)
    if not made:
        return _nothing(request)
    if len(made) == 1:
        return file_response(notice_word(made[0]), f"{TITLE}-{made[0].addressee}-{clock.today()}.docx", DOCX)
    return file_response(notices_zip(made), f"{TITLE}-{clock.today()}.zip", "application/zip")


def _nothing(request: HttpRequest) -> HttpResponse:
    """Go back to the list, which says that there is nobody to tell."""
    return redirect(f"{reverse('staff:notices')}{link(request)}")


def _notices(request: HttpRequest, user: User) -> list[Notice]:
    on, until = clock.today(), _until(request)
    by = Addressee.PLACE if request.GET.get("by") == Addressee.PLACE else Addressee.OWNER
    rows = due_rows(user, list_query(request.GET), on).filter(due_on__lte=until)
    return notices_for(with_rows(rows), by=by, on=on, until=until)


def _until(request: HttpRequest) -> date:
    """Return the last due day that is told of: as asked for, else the longest reminder ahead."""
    asked = day(request.GET.get("until"))
    if asked is not None:
        return asked
    days = request.GET.get("days", "")
    chosen = int(days) if days in {str(n) for n in _days()} else _days()[0]
    return clock.today() + timedelta(days=chosen)


def _days() -> tuple[int, ...]:
    return due_choices().reminder_days


def _filters(request: HttpRequest) -> list[Filter]:
    """Return to whom and how far ahead, the first word being what holds where nothing is asked."""
    by = "place" if request.GET.get("by") == Addressee.PLACE else None
    whom = [
        Option(_("使用单位"), link(request, by=None), active=by is None),
        Option(_("场所"), link(request, by="place"), active=by == "place"),
    ]
    until = _until(request)
    ahead = [
        Option(
            _("%(days)s 天内") % {"days": days},
            link(request, until=None, days=days),
            active=until == clock.today() + timedelta(days=days),
        )
        for days in _days()
    ]
    return [Filter(_("发给"), whom), Filter(_("到期范围"), ahead)]
