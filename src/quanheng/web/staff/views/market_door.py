"""Registering a whole market at the door: what all share once, then a grid, one line for each."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import standings_visible
from quanheng.instruments.services.door import MOST_ROWS, DoorResult, DoorRow, register_at_door
from quanheng.instruments.services.filing import submit_instruments
from quanheng.instruments.services.registry import reaches
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.regulations.packaged import packaged_kinds
from quanheng.web.auth import require_permission
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.instrument_form_classes import DoorForm
from quanheng.web.staff.views.instrument_forms import answer_about

_SESSION = "door_registered"


@require_http_methods(["GET", "POST"])
def market_door(request: HttpRequest) -> HttpResponse:
    """Register the good lines; the others come back with the reason beside each."""
    user = require_permission(request, "instruments.register_others")
    form = DoorForm(request.POST or None, initial={"place": request.GET.get("place", "")})
    refusal, result = None, None
    text = request.POST.get("rows", "")
    if form.is_valid():
        rows = parsed(form.cleaned_data["rows"])
        result, refusal = attempt(
            lambda: register_at_door(
                actor=user, place=form.cleaned_data["place"], common=form.common(), rows=rows
            )
        )
        if result is not None:
            _remember(request, result)
            if not result.refused:
                messages.success(request, _("已登记 %(n)s 台。") % {"n": len(result.saved)})
                return redirect("staff:market_door_result")
            text = "\n".join(_as_line(row) for row, _error in result.refused)
    refused = (
        [{"line": at, "text": error.text} for at, (_row, error) in enumerate(result.refused)]
        if result
        else []
    )
    context = {
        "form": form,
        "refusal": refusal,
        "result": result,
        "refused": refused,
        "refused_rows": result.refused if result else [],
        "rows_text": text,
        "most_rows": MOST_ROWS,
        "answer": answer_about(form.data or form.initial),
        "kind_names": sorted({kind.name for kind in packaged_kinds()}),
    }
    status = 422 if refused else form_status(request, refusal)
    return render(request, "staff/market_door.html", context, status=status)


def parsed(text: str) -> list[DoorRow]:
    """Return the lines of a pasted sheet: spot, owner, telephone, serial number; blank lines are left out."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.split("\t")]
        if any(cells):
            spot, owner, phone, serial_no = (cells + [""] * 4)[:4]
            rows.append(DoorRow(number, spot[:100], owner, phone, serial_no))
    return rows


def _as_line(row: DoorRow) -> str:
    return "\t".join((row.spot, row.owner, row.phone, row.serial_no))


def _remember(request: HttpRequest, result: DoorResult) -> None:
    """Keep what was registered for the page of the result; a second round of mended lines adds to it."""
    kept = request.session.get(_SESSION, []) if request.POST.get("again") else []
    request.session[_SESSION] = [*kept, *(str(item.public_id) for item in result.saved)]


@require_POST
def door_check(request: HttpRequest) -> HttpResponse:
    """Say which of the numbers in the grid are known; the answer is by the index of the line."""
    user = require_permission(request, "instruments.register_others")
    try:
        asked = json.loads(request.body)
        serials = [str(one) for one in asked["serials"]][:MOST_ROWS]
        maker = name_key(str(asked.get("manufacturer", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"known": {}}, status=400)
    return JsonResponse({"known": _known(user, [serial_key(one) for one in serials], maker)})


def _known(user: User, keys: list[str], maker: str) -> dict[str, str]:
    twins = Instrument.objects.filter(serial_key__in=set(keys) - {""}, maker_key=maker, merged_into=None)
    scope = scope_of(user, "instruments.view")
    told = {
        twin.serial_key: _("已登记：%(owner)s") % {"owner": twin.owner or _("使用单位不详")}
        if reaches(scope, twin)
        else _("已登记")
        for twin in twins.select_related("owner")
    }
    return {str(at): told[key] for at, key in enumerate(keys) if key in told}


@require_safe
def market_door_result(request: HttpRequest) -> HttpResponse:
    """What the last round registered, with the two next steps: submit all, print the labels."""
    user = require_permission(request, "instruments.register_others")
    return render(request, "staff/market_door_result.html", _result(request, user))


@require_POST
def market_door_submit(request: HttpRequest) -> HttpResponse:
    """Submit all drafts of the last round."""
    user = require_permission(request, "instruments.register_others")
    drafts = [item.public_id for item in _result(request, user)["drafts"]]
    _made, refusal = (
        attempt(lambda: submit_instruments(actor=user, public_ids=drafts)) if drafts else (None, None)
    )
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, _("已提交备案 %(n)s 台。") % {"n": len(drafts)})
    return redirect("staff:market_door_result")


def _result(request: HttpRequest, user: User) -> dict[str, Any]:
    ids = [UUID(text) for text in request.session.get(_SESSION, [])]
    rows = standings_visible(user).filter(instrument__public_id__in=ids).order_by("pk")
    made = [row.instrument for row in rows.select_related("instrument__owner", "instrument__place")]
    return {
        "made": made,
        "drafts": [item for item in made if item.filing in {Filing.DRAFT, Filing.RETURNED}],
        "printable": [item for item in made if item.filing != Filing.DRAFT],
        "place": made[0].place if made else None,
    }
