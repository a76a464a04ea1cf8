"""The record of one instrument: its state and why, what happened to it, and what may be done next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.certificates.selectors import certificates_for
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.instruments.duplicates import near_duplicates_of
from quanheng.instruments.enums import Condition, EventKind, Filing, Verdict
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import event_file, instrument_for
from quanheng.instruments.services.conditions import (
    add_condition_evidence,
    change_condition,
    move_instrument,
    transfer_instrument,
)
from quanheng.instruments.services.filing import file_instruments, return_instruments, submit_instruments
from quanheng.instruments.services.registry import reaches
from quanheng.instruments.services.verifications import record_verification
from quanheng.regulations.packaged import kind_name
from quanheng.verification.models import Verification
from quanheng.verification.selectors import verifications_for, verifications_of
from quanheng.web.auth import require_permission
from quanheng.web.in_log import in_log
from quanheng.web.lists import whole
from quanheng.web.staff.chains import chain_picture
from quanheng.web.staff.common import act, attempt, form_status, in_panel
from quanheng.web.staff.instrument_act_forms import ActForm, MoveForm, TransferForm, VerifyForm
from quanheng.web.staff.instrument_words import (
    PLATE_WORDS,
    UNITS,
    field_word,
    head_of,
    history,
    why_due,
)
from quanheng.web.staff.verification_words import state_of

GONE = {Condition.SCRAPPED, Condition.MERGED}


@require_safe
def instrument(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The record, or its short form beside the list."""
    user = require_permission(request, "instruments.view")
    found = instrument_for(user, public_id)
    template = "staff/instrument_panel.html" if in_panel(request) else "staff/instrument.html"
    return render(request, template, _context(user, found, is_short=in_panel(request)))


def _context(user: User, found: Instrument, *, is_short: bool) -> dict[str, Any]:
    on = clock.today()
    may = {name: reaches(scope_of(user, f"instruments.{name}"), found) for name in _RIGHTS}
    context: dict[str, Any] = {
        "instrument": found,
        "head": head_of(found, on),
        "kind": kind_name(found.kind),
        "plate": _plate(found),
        "why": why_due(found, on),
        "may": may,
        "is_gone": found.condition in GONE,
        "acts": _acts_offered(found) if may["change_condition"] else [],
        "next": _next_step(found, may),
        "records": list(found.verification_records.all()),
    }
    if is_short:
        return context
    verifications = _verifications(user, found)
    sees_all = scope_of(user, "instruments.view").is_all
    return context | {
        "history": history(found, names_of_all=sees_all, reader_id=user.pk),
        "merged_from": list(found.merged_from.all()),
        "twins": [pair.other(found) for pair in near_duplicates_of(found)] if may["review"] else [],
        "in_log": in_log(found),
        "verifications": [(one, *state_of(one)) for one in verifications],
        "chain": chain_picture(verifications[0]) if verifications else "",
        "certified": _certified(user, found),
    }


def _verifications(user: User, found: Instrument) -> list[Verification]:
    """Return what was concluded about an instrument as far as this person may read it, the newest first."""
    visible = verifications_for(user).order_by().values("pk") if scope_of(user, "verification.view") else []
    return list(verifications_of(found).filter(pk__in=visible))


def _certified(user: User, found: Instrument) -> set[str]:
    """Return the numbers of certificates whose pages this person may open."""
    if not scope_of(user, "certificates.view"):
        return set()
    return set(certificates_for(user).filter(instrument=found).values_list("number", flat=True))


_RIGHTS = ("register", "review", "change_condition")


def _plate(found: Instrument) -> list[tuple[str, str]]:
    """Return what stands on the plate besides the columns: parameters, and what the ledger said."""
    lines = [
        (field_word(name), f"{value} {UNITS.get(name, '')}".strip())
        for name, value in found.parameters.items()
    ]
    return lines + [
        (field_word(name), str(value))
        for name, value in found.details.items()
        if name in PLATE_WORDS and value
    ]


def _next_step(found: Instrument, may: dict[str, bool]) -> str:
    """Return the one thing to do next, which becomes the filled button: submit, file, verify or nothing."""
    if found.condition in GONE:
        return ""
    if found.filing in {Filing.DRAFT, Filing.RETURNED}:
        return "submit" if may["register"] else ""
    if found.filing == Filing.SUBMITTED:
        return "file" if may["review"] else ""
    return "verify" if may["review"] and found.condition == Condition.IN_USE else ""


# ---- filing ------------------------------------------------------------------------------------------------------


@require_POST
def instrument_submit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Submit a draft or a returned one."""
    user = require_permission(request, "instruments.register")
    return _filed(request, user, public_id, submit_instruments, done=_("已提交备案，等待审核。"))


@require_POST
def instrument_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """File (备案) what was submitted, as the officer saw it."""
    user = require_permission(request, "instruments.review")
    return _filed(request, user, public_id, file_instruments, done=_("已备案。"))


@require_POST
def instrument_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Return what was submitted, with the reason."""
    user = require_permission(request, "instruments.review")
    reason = request.POST.get("reason", "")
    return _filed(
        request, user, public_id, return_instruments, done=_("已退回，理由已告知提交的人。"), reason=reason
    )


def _filed(
    request: HttpRequest,
    user: User,
    public_id: UUID,
    service: Callable[..., object],
    *,
    done: str,
    **given: str,
) -> HttpResponse:
    """Do one step of the filing to the revision that the page showed."""
    found = instrument_for(user, public_id)
    seen = whole(request.POST.get("revision"))
    revisions = {public_id: found.revision if seen is None else seen}
    to = reverse("staff:instrument", args=[public_id])
    return act(
        request,
        lambda: service(actor=user, public_ids=[public_id], revisions=revisions, **given),
        done=done,
        to=to,
    )


# ---- what happens to it ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One of the acts of the record: its name in the address, its words, what it asks."""

    code: str
    title: str | Promise
    what: str | Promise
    done: str | Promise
    kind: EventKind | None = None
    needs_file: bool = False
    asks_day: bool = True
    is_dangerous: bool = False


_UNSHOWN = gettext_lazy("没有照片或文件时，停用后仍按在用计算逾期；可以以后补交。")
ACTS = {
    item.code: item
    for item in (
        Act(
            "stop",
            gettext_lazy("停用"),
            _UNSHOWN,
            gettext_lazy("已停用。"),
            EventKind.STOPPED,
        ),
        Act(
            "evidence",
            gettext_lazy("补交停用材料"),
            gettext_lazy("交来照片或文件之日起，不再计算到期日。"),
            gettext_lazy("材料已收下，不再计算到期日。"),
            needs_file=True,
            asks_day=False,
        ),
        Act(
            "seal",
            gettext_lazy("封存"),
            gettext_lazy("封存期间不得使用，不计算到期日；需附封存照片或文件。"),
            gettext_lazy("已封存。"),
            EventKind.SEALED,
            needs_file=True,
        ),
        Act(
            "resume",
            gettext_lazy("恢复使用"),
            gettext_lazy("停用期间没有检定过的，自恢复之日起应检，检定合格前不得使用。"),
            gettext_lazy("已恢复使用。"),
            EventKind.RESUMED,
        ),
        Act(
            "scrap",
            gettext_lazy("报废"),
            gettext_lazy("报废后不能恢复，记录和历史保留；需附报废照片或文件。"),
            gettext_lazy("已报废。"),
            EventKind.SCRAPPED,
            needs_file=True,
            is_dangerous=True,
        ),
        Act(
            "move",
            gettext_lazy("迁移"),
            gettext_lazy("改记安装使用地点，历史中保留原地点；需附照片或文件。"),
            gettext_lazy("已改记地点。"),
            needs_file=True,
        ),
        Act(
            "transfer",
            gettext_lazy("转让"),
            gettext_lazy("改记使用单位，原单位此后不能再办理；检定和历史随器具走。需附照片或文件。"),
            gettext_lazy("已改记使用单位。"),
            needs_file=True,
            is_dangerous=True,
        ),
    )
}
_POSSIBLE = {
    Condition.IN_USE: ("stop", "seal", "scrap", "move", "transfer"),
    Condition.STOPPED: ("evidence", "resume", "seal", "scrap", "move", "transfer"),
    Condition.SEALED: ("resume", "scrap", "move", "transfer"),
}


def _acts_offered(found: Instrument) -> list[Act]:
    codes = _POSSIBLE.get(Condition(found.condition), ())
    return [ACTS[code] for code in codes if code != "evidence" or not found.condition_evidence]


@require_http_methods(["GET", "POST"])
def instrument_act(request: HttpRequest, public_id: UUID, code: str) -> HttpResponse:
    """Say what an act does, ask day, reason and file, do it."""
    user = require_permission(request, "instruments.change_condition")
    chosen = ACTS.get(code)
    if chosen is None:
        raise Http404(code)
    found = instrument_for(user, public_id)
    form = _act_form(request, chosen, found)
    refusal = None
    if form.is_valid():
        _made, refusal = attempt(lambda: _do(user, found, chosen, form))
        if refusal is None:
            messages.success(request, str(chosen.done))
            is_theirs = reaches(scope_of(user, "instruments.view"), instrument_again(found))
            return redirect("staff:instrument", public_id=public_id) if is_theirs else redirect("staff:today")
    context = {
        "instrument": found,
        "act": chosen,
        "form": form,
        "refusal": refusal,
        "head": head_of(found, clock.today()),
        "looks_up": {"move": "place", "transfer": "owner"}.get(code, ""),
    }
    return render(request, "staff/instrument_act.html", context, status=form_status(request, refusal))


def instrument_again(found: Instrument) -> Instrument:
    """Return the record as it stands after an act."""
    return Instrument.objects.select_related("owner").get(pk=found.pk)


def _act_form(request: HttpRequest, chosen: Act, found: Instrument) -> ActForm:
    options: dict[str, Any] = {
        "needs_file": chosen.needs_file,
        "asks_day": chosen.asks_day,
        "initial": {"revision": found.revision, "happened_on": clock.today(), "spot": found.spot},
    }
    if request.method == "POST":
        options |= {"data": request.POST, "files": request.FILES}
    kind = {"move": MoveForm, "transfer": TransferForm}.get(chosen.code, ActForm)
    return kind(**options)


def _do(user: User, found: Instrument, chosen: Act, form: ActForm) -> Instrument:
    data = form.cleaned_data
    name, content = data["file"]
    given: dict[str, Any] = {
        "actor": user,
        "public_id": found.public_id,
        "revision": data["revision"],
        "reason": data["reason"],
        "data": content,
        "filename": name,
    }
    if not chosen.asks_day:
        return add_condition_evidence(**given)
    given["happened_on"] = data["happened_on"]
    if chosen.code == "move":
        return move_instrument(place=data["place"], spot=data["spot"], **given)
    if chosen.code == "transfer":
        return transfer_instrument(owner=data["owner"], **given)
    if chosen.kind is None:
        raise ValueError(f"no service for {chosen.code}")
    return change_condition(act=chosen.kind, **given)


@require_http_methods(["GET", "POST"])
def instrument_verify(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record what a certificate or rejection notice says."""
    user = require_permission(request, "instruments.review")
    found = instrument_for(user, public_id)
    initial = {
        "revision": found.revision,
        "verdict": Verdict.PASSED,
        "verified_on": clock.today(),
        "institution": str(found.institute or ""),
    }
    form = VerifyForm(request.POST or None, initial=initial)
    refusal = None
    if form.is_valid():
        data = {**form.cleaned_data, "verdict": Verdict(form.cleaned_data["verdict"])}
        made, refusal = attempt(lambda: record_verification(actor=user, public_id=public_id, **data))
        if made is not None:
            messages.success(request, _("检定结果已登记。"))
            return redirect("staff:instrument", public_id=public_id)
    context = {
        "instrument": found,
        "form": form,
        "refusal": refusal,
        "head": head_of(found, clock.today()),
        "institutes": OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True),
    }
    return render(request, "staff/instrument_verify.html", context, status=form_status(request, refusal))


@require_safe
def instrument_event_file(request: HttpRequest, public_id: UUID, event_id: int) -> HttpResponseBase:
    """Send the file of an event as it was received; always as a download, never shown by the browser."""
    user = require_permission(request, "instruments.view")
    event, data = event_file(user, public_id, event_id)
    return FileResponse(
        BytesIO(data), as_attachment=True, filename=event.file_name, content_type="application/octet-stream"
    )
