"""The page "judge a measurement": readings of one instrument against the regulation in force.  Nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.kernels.procedures import NoEditionInForce, UnknownKind, packaged_procedures
from quanheng.kernels.procedures.library import Edition
from quanheng.kernels.procedures.template import template
from quanheng.regulations.packaged import packaged_kinds
from quanheng.web.judging.answer import Answer, answer_to
from quanheng.web.judging.asked import Asked, asked_by, text_of
from quanheng.web.judging.form import Form, form_of, suggestions, written
from quanheng.web.judging.words import STAGE_WORDS, days, kind_label, none_in_force, unknown_kind
from quanheng.web.portal.views import public_page
from quanheng.web.public_url import public_url

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class KindLine:
    """A kind of instrument and the edition for it."""

    kind: str
    name: str
    edition: Edition
    days: str
    url: str


@require_http_methods(["GET", "POST"])
def judge(request: HttpRequest) -> HttpResponse:
    """Choose a kind; fill in readings, by hand, from a file or by a link; get the verdict.  htmx gets the answer."""
    data = (request.POST if request.method == "POST" else request.GET).dict()
    if not data.get("kind"):
        return _kinds(request)
    try:
        asked = asked_by(data, request.FILES if request.method == "POST" else None)
    except UnknownKind as error:
        return _kinds(request, unknown_kind(error), HTTPStatus.NOT_FOUND)
    except NoEditionInForce as error:
        return _none_in_force(request, error)
    answer = answer_to(asked)
    context = _context(asked, answer, public_url(request))
    if _is_live(request):
        return _live(request, asked, context)
    response = public_page(request, "portal/judge.html", context)
    if answer.told:
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    if "m" in request.GET:
        response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
def judge_readings(request: HttpRequest) -> HttpResponse:
    """Send what is in the form as a readings file, on which the printed command works."""
    try:
        asked = asked_by(request.POST.dict(), request.FILES)
    except (UnknownKind, NoEditionInForce) as error:
        raise Http404(str(error)) from error
    if asked.told:
        return judge(request)  # says what is wrong
    document = written(asked.procedure, asked.stage, asked.typed).document
    body = f"# {asked.command}\n{text_of(document)}"
    return _download(body.encode(), "application/yaml; charset=utf-8", "readings.yaml")


@require_safe
def judge_template(request: HttpRequest) -> HttpResponse:
    """Send the workbook to fill in."""
    try:
        asked = asked_by(request.GET.dict())
    except (UnknownKind, NoEditionInForce) as error:
        raise Http404(str(error)) from error
    if asked.told:
        raise Http404(" ".join(asked.told.fields.values()))
    return _download(template(asked.procedure, stage=asked.stage), _XLSX, f"{asked.kind}-{asked.stage}.xlsx")


def _download(body: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _is_live(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _live(request: HttpRequest, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    """Answer while somebody types: the answer alone, or the form as well where another edition has another one."""
    if request.POST.get("shown") == asked.shown:
        return render(request, "portal/_judge_answer.html", context | {"is_live": True})
    response = render(request, "portal/_judge_work.html", context | {"is_live": True})
    response["HX-Retarget"] = "#workbench"
    return response


def _context(asked: Asked, answer: Answer, base: str) -> dict[str, Any]:
    form = form_of(asked.procedure, asked.stage, asked.typed, answer.told)
    return {
        "asked": asked,
        "form": form,
        "answer": answer,
        "kind_label": kind_label(asked.edition),
        "days": days(asked.edition),
        "kinds": kind_lines(asked.on),
        "stages": [(stage.value, STAGE_WORDS[stage]) for stage in asked.procedure.stages],
        "stage_word": STAGE_WORDS[asked.stage],
        "told": json.dumps(_told(asked, answer), ensure_ascii=False),
        "next_edition": _next(asked),
        "errors": list(_errors(answer, form)),
        "base": base,
    }


def _told(asked: Asked, answer: Answer) -> dict[str, Any]:
    """Return what the script puts beside fields and rows, see static/js/judge.js."""
    bad = {
        name: {line: {"text": text, "bad": True} for line, text in rows.items()}
        for name, rows in answer.told.rows.items()
    }
    return {
        "rows": answer.notes | bad,
        "fields": answer.told.fields,
        "points": suggestions(asked.procedure, asked.stage, asked.typed),
    }


def _errors(answer: Answer, form: Form) -> Iterator[tuple[str, str]]:
    """Yield everything that is wrong for the summary: the field to go to, and the sentence."""
    labels = {
        entry.id: entry.label for part in (form.instrument, form.environment, form.standard) for entry in part
    }
    labels |= {entry.id: f"{grid.title} {entry.label}" for grid in form.grids for entry in grid.given}
    labels |= {look.id: look.text for look in form.looks} | {"on": _("日期"), "stage": _("检定类别")}
    for text in answer.told.general:
        yield "", text
    for name, text in answer.told.fields.items():
        yield name, _("%(label)s：%(text)s") % {"label": labels.get(name, name), "text": text}
    for grid in form.grids:
        for line, text in grid.errors:
            yield (
                f"{grid.id}-test",
                _("%(test)s第 %(n)s 行：%(text)s") % {"test": grid.title, "n": line, "text": text},
            )


def _next(asked: Asked) -> Edition | None:
    """Return the edition that follows the one in force, where it is known already."""
    later = [one for one in packaged_procedures().of(asked.kind) if one.from_ and one.from_ > asked.on]
    return later[0] if later else None


def kind_lines(on: date) -> list[KindLine]:
    """Return the kinds that can be judged on a day, in the order of the catalogue."""
    held = {edition.served.kind: edition for edition in packaged_procedures().editions if edition.holds(on)}
    order = {kind.code: at for at, kind in enumerate(packaged_kinds())}
    return [
        KindLine(kind, kind_label(held[kind]), held[kind], days(held[kind]), _address(kind, on))
        for kind in sorted(held, key=lambda kind: order.get(kind, len(order)))
    ]


def _address(kind: str, on: date) -> str:
    return f"{reverse('portal:judge')}?{urlencode({'kind': kind, 'on': on.isoformat()})}"


def _kinds(request: HttpRequest, refusal: str = "", status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    on = clock.today()
    context = {
        "lines": kind_lines(on),
        "refusal": refusal,
        "command": f"quanheng procedure list --on {on}",
    }
    if _is_live(request):
        return render(request, "portal/_judge_refused.html", context)
    response = public_page(request, "portal/judge_kinds.html", context)
    response.status_code = status
    return response


def _none_in_force(request: HttpRequest, error: NoEditionInForce) -> HttpResponse:
    """Say which editions there are; while somebody types, the form stays as it is."""
    context = {
        "refusal": none_in_force(error),
        "editions": [
            (edition, days(edition), _address(edition.served.kind, edition.from_ or clock.today()))
            for edition in error.editions
        ],
    }
    if _is_live(request):
        return render(request, "portal/_judge_refused.html", context)
    response = public_page(request, "portal/judge_none.html", context)
    response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return response
