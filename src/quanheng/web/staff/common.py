"""What the staff forms share: refusals told in place, and edits that met somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from quanheng.base.errors import BureauError, Kind

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """One field of a record that was saved meanwhile, beside what this person typed."""

    label: str
    present: str
    yours: str


def in_panel(request: HttpRequest) -> bool:
    """Whether the answer goes into the side panel."""
    return request.headers.get("HX-Target") == "panel"


def retyped(request: HttpRequest, revision: int) -> QueryDict:
    """Return what the person typed, now about the record as it stands: saving again is a new decision."""
    data = request.POST.copy()
    data["revision"] = str(revision)
    return data


def attempt(work: Callable[[], T]) -> tuple[T | None, BureauError | None]:
    """Return what ``work`` made, or the refusal that belongs beside the form; others get their page."""
    try:
        return work(), None
    except BureauError as error:
        if error.kind not in {Kind.CONFLICT, Kind.INVALID}:
            raise
        return None, error


def form_status(request: HttpRequest, refusal: BureauError | None) -> HTTPStatus:
    """Return the status of a page with a form: as asked for, refused by a rule, or filled in wrongly."""
    if request.method != "POST":
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY


def act(request: HttpRequest, work: Callable[[], object], *, done: str, to: str) -> HttpResponse:
    """Do ``work`` and go on to ``to``, where a refusal is told as well."""
    _made, refusal = attempt(work)
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, done)
    return redirect(to)
