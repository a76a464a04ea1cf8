"""What the pages about people and standards of a laboratory share: forms on a page of their own, lights, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.models import OrgUnit
from quanheng.web.staff.common import attempt, form_status, retyped
from quanheng.web.staff.forms import file_bytes

NOTICE_DAYS = 90
T = TypeVar("T")


@dataclass(frozen=True)
class FormPage:
    """A form on its own page: what it is about, what sending it does, where one goes without sending it."""

    title: str
    submit: str
    back: str
    crumbs: tuple[tuple[str, str], ...]
    sentence: str = ""
    text: str = ""
    is_dangerous: bool = False
    offered: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Id of a <datalist> → value and label of what it offers."""


def form_page(
    request: HttpRequest,
    page: FormPage,
    form: forms.Form,
    work: Callable[[], T],
    told: Callable[[T], tuple[str, str]],
) -> HttpResponse:
    """Show a form, or do ``work`` with what was sent; ``told`` says of the result what was done and where to go."""
    refusal = None
    if form.is_valid():
        made, refusal = attempt(work)
        if made is not None:
            words, url = told(made)
            messages.success(request, words)
            return redirect(url)
        if isinstance(refusal, StaleRevision):
            form.data = retyped(request, refusal.details["present"])
    context = {"form": form, "page": page, "refusal": refusal}
    return render(request, "staff/laboratory_form.html", context, status=form_status(request, refusal))


def light(until: date | None, on: date) -> tuple[str, str]:
    """Return the word for a last valid day and the kind of its sign (components/status.html)."""
    if until is None:
        return _("没有"), "bad"
    if until < on:
        return _("已过期"), "late"
    if until <= on + timedelta(days=NOTICE_DAYS):
        return _("临期"), "unsure"
    return _("有效"), "good"


def file_response(digest: str, name: str) -> FileResponse:
    """Return a kept file as a download, never shown: what somebody sent must not run as a page of ours."""
    path = stored_path(digest)
    if not digest or not path.is_file():
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )


def kept(file: UploadedFile | None) -> tuple[str, bytes] | None:
    """Return name and bytes of a sent file, where one was sent."""
    return None if file is None else (file.name or "", file_bytes(file))


class DayInput(forms.DateInput):
    """A day, as the browser asks for one."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class UnitForm(forms.Form):
    """A record of one of the institutes for which this person acts; asked only where there are several."""

    unit = forms.IntegerField(widget=forms.HiddenInput)

    def offer_units(self, units: list[OrgUnit], label: str) -> None:
        """Offer these institutes."""
        asked = self.fields["unit"]
        asked.label = label
        if len(units) == 1:
            asked.initial = units[0].pk
        else:
            asked.widget = forms.Select(
                choices=[("", _("请选择")), *((unit.pk, unit.name) for unit in units)]
            )
