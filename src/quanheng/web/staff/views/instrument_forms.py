"""Registering and correcting an instrument, and what the form answers while it is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.enums import Filing, Setting, Use
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import instrument_for, places_named, places_visible, standings_visible
from quanheng.instruments.services.naming import change_naming, register_naming
from quanheng.instruments.services.registry import details_of
from quanheng.kernels.rules import MODES, reason_text
from quanheng.kernels.text_keys import lookalike_key, name_key
from quanheng.parties.selectors import parties_named, parties_visible
from quanheng.regulations.packaged import kind_name, packaged_kinds
from quanheng.regulations.selectors import rule_set
from quanheng.web.auth import holds, require_permission
from quanheng.web.staff.common import Difference, attempt, form_status, retyped
from quanheng.web.staff.instrument_form_classes import (
    TOWNS,
    InstrumentForm,
    PlateFields,
    parameters_of,
)
from quanheng.web.staff.instrument_words import PLATE_WORDS, value_word
from quanheng.web.words import value_words

_SHOWN = 12
_AS_THEY_ARE = (
    "name", "use", "model", "manufacturer", "accuracy_class", "measuring_range", "serial_no", "spot",
    "in_use_on", "revision",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def instrument_new(request: HttpRequest) -> HttpResponse:
    """Register one instrument: kept as a draft, or submitted at once."""
    user = require_permission(request, "instruments.register")
    initial: dict[str, Any] = {"revision": 0, "town": _own_town(user)}
    initial |= {name: request.GET[name] for name in ("owner", "place", "name") if name in request.GET}
    form = _form(request, user, initial)
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["photo"]
        is_submitted = "submit" in request.POST
        made, refusal = attempt(
            lambda: register_naming(
                actor=user,
                details=form.details(),
                new=form.new_names(),
                submit=is_submitted,
                data=data,
                filename=name,
            )
        )
        if made is not None:
            told = _("已登记并提交备案，等待审核。") if is_submitted else _("已存为草稿，还没有提交备案。")
            messages.success(request, told)
            return redirect("staff:instrument", public_id=made.public_id)
    context = _context(form) | {"refusal": refusal, "answer": answer_about(form.data or initial)}
    return render(request, "staff/instrument_form.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def instrument_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Correct an instrument; what somebody else saved meanwhile is shown beside what was typed."""
    user = require_permission(request, "instruments.register")
    found = instrument_for(user, public_id)
    initial = _initial(found)
    form = _form(request, user, initial, found)
    refusal, differences = None, []
    if form.is_valid():
        name, data = form.cleaned_data["photo"]
        saved, refusal = attempt(
            lambda: change_naming(
                actor=user,
                public_id=public_id,
                revision=form.cleaned_data["revision"],
                details=form.details(details_of(found)),
                new=form.new_names(),
                data=data,
                filename=name,
            )
        )
        if saved is not None:
            went_back = found.filing == Filing.FILED and saved.filing == Filing.SUBMITTED
            told = _("已保存。已备案的内容有改动，需重新审核。") if went_back else _("已保存。")
            messages.success(request, told)
            return redirect("staff:instrument", public_id=public_id)
        if isinstance(refusal, StaleRevision):
            found = instrument_for(user, public_id)
            differences = _differences(_initial(found), form)
            form = InstrumentForm(
                retyped(request, found.revision), user=user, present=found, initial=_initial(found)
            )
    context = _context(form) | {
        "instrument": found,
        "refusal": refusal,
        "differences": differences,
        "answer": answer_about(form.data or initial),
        "goes_back": found.filing == Filing.FILED and not holds(request, "instruments.review"),
    }
    return render(request, "staff/instrument_form.html", context, status=form_status(request, refusal))


@require_safe
def instrument_answer(request: HttpRequest) -> HttpResponse:
    """Say at once what the rules in force make of a name, kind and use, and ask what they depend on."""
    require_permission(request, "instruments.register")
    form = PlateFields(initial=request.GET.dict())
    form.add_parameters(request.GET)
    context = {"answer": answer_about(request.GET), "parameters": form.parameter_lines()}
    return render(request, "staff/_instrument_answer.html", context)


def answer_about(given: QueryDict | Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer of the rules in force today; None before a name is given."""
    name, kind = str(given.get("name", "")).strip(), str(given.get("kind", ""))
    if not name and not kind:
        return None
    kinds = packaged_kinds()
    code = kind if kind in kinds else kinds.kind_of(name)
    use = str(given.get("use") or Use.TRADE)
    rules, on = rule_set(), clock.today()
    parameters = {
        one: given.get(f"parameter_{one}")
        for one in parameters_of(name, kind)
        if given.get(f"parameter_{one}")
    }
    answer = rules.obligation(code, None if use == Use.UNKNOWN else use, on, _numbers(parameters))
    rule = answer.rule
    term, _missing = rule.term_for(_numbers(parameters)) if rule and answer.is_mandatory else (None, ())
    return {
        "kind": kind_name(code) if code else "",
        "word": {True: _("强制检定"), False: _("非强制检定"), None: _("待核实")}[answer.is_mandatory],
        "css": {True: "going", False: "off", None: "unsure"}[answer.is_mandatory],
        "text": reason_text(answer.code, answer.data, _),
        "mode": _(MODES[term.mode]) if term else "",
        "months": term.months if term else None,
        "document": rule.document if rule and answer.is_mandatory else "",
        "is_confirmed": answer.is_confirmed,
    }


def _numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as the rules compare them; what is no number is not known."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            number = value if name == "gas" else float(value)
        except ValueError:
            continue
        if name == "gas" or isfinite(number):  # no number compares with nan
            found[name] = number
    return found


@require_safe
def instrument_twins(request: HttpRequest) -> HttpResponse:
    """Say whether the serial number that is being typed is known, to who may see the other record."""
    user = require_permission(request, "instruments.register")
    key = lookalike_key(request.GET.get("serial_no", ""))
    maker = name_key(request.GET.get("manufacturer", ""))
    rows = standings_visible(user).filter(instrument__lookalike_key=key, instrument__merged_into=None)
    alike = [row.instrument for row in rows.select_related("instrument__owner")[:_SHOWN]] if key else []
    own = request.GET.get("self", "")
    near = [
        one
        for one in alike
        if str(one.public_id) != own and (not maker or not one.maker_key or one.maker_key == maker)
    ]
    return render(request, "staff/_instrument_twins.html", {"twins": near[:5]})


@require_safe
def instrument_names(request: HttpRequest) -> HttpResponse:
    """Offer parties or places whose names contain what is being typed, as far as the person may know them."""
    user = require_permission(request, "instruments.register")
    names: list[str] = []
    if text := request.GET.get("owner", "").strip():
        parties = parties_visible(user).filter(pk__in=parties_named(text).values("pk"))
        names = list(parties.values_list("name", flat=True)[:_SHOWN])
    elif text := request.GET.get("place", "").strip():
        named = places_named(text)
        if not scope_of(user, "instruments.register_others"):
            # Where an owner may come newly is known to everybody: the markets.
            mine = places_visible(user).order_by().values("pk")
            named = named.filter(Q(setting=Setting.MARKET) | Q(pk__in=mine))
        names = list(named.values_list("name", flat=True)[:_SHOWN])
    return render(request, "staff/_names_offered.html", {"names": names})


def _form(
    request: HttpRequest, user: User, initial: dict[str, Any], present: Instrument | None = None
) -> InstrumentForm:
    if request.method == "POST":
        return InstrumentForm(request.POST, request.FILES, user=user, present=present, initial=initial)
    return InstrumentForm(user=user, present=present, initial=initial)


def _own_town(user: User) -> int | None:
    """Return the town of a clerk, or of an owner's one party."""
    party = parties_visible(user).first() if not scope_of(user, "instruments.register_others") else None
    if party is not None:
        return party.town_id
    units = user.assignments.filter(unit__kind__in=TOWNS).values_list("unit_id", flat=True)
    return units[0] if len(units) == 1 else None


def _context(form: InstrumentForm) -> dict[str, Any]:
    names = sorted({kind.name for kind in packaged_kinds()})
    return {"form": form, "kind_names": names, "may_add": form.may_add}


def _initial(instrument: Instrument) -> dict[str, Any]:
    is_by_name = packaged_kinds().kind_of(instrument.name) == instrument.kind
    initial: dict[str, Any] = {name: getattr(instrument, name) for name in _AS_THEY_ARE}
    initial |= {f"parameter_{name}": value for name, value in instrument.parameters.items()}
    initial |= {f"plate_{name}": instrument.details.get(name, "") for name in PLATE_WORDS}
    return initial | {
        "kind": "" if is_by_name else instrument.kind,
        "owner": instrument.owner.name if instrument.owner else "",
        "place": instrument.place.name if instrument.place else "",
        "town": instrument.town_id,
        "institute": instrument.institute_id,
    }


def _differences(present: Mapping[str, Any], form: InstrumentForm) -> list[Difference]:
    typed = form.cleaned_data
    lines = []
    for name, before in present.items():
        if name == "revision" or name not in typed:
            continue
        shown = [_said(form, name, value) for value in (before, typed[name])]
        if shown[0] != shown[1]:
            lines.append(Difference(str(form.fields[name].label), *shown))
    return lines


def _said(form: InstrumentForm, name: str, value: Any) -> str:
    field = form.fields[name]
    if name in {"town", "institute"}:
        return str(dict(field.choices).get(value, "")) or value_words(None)  # type: ignore[attr-defined]
    text = "" if value is None else str(value)
    return value_words(value_word(name, text)) if text else value_words(None)
