"""The rules: what must be verified and how often, by which text, and who compared it with that text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.instruments.whatif import WHATS, described, effect_of
from quanheng.kernels.rules import rule_body
from quanheng.regulations.errors import ConfirmationFileMissing
from quanheng.regulations.packaged import packaged_kinds
from quanheng.regulations.selectors import as_rule, rule_row
from quanheng.regulations.services import add_rule_file, add_rule_version, confirm_rule
from quanheng.web.auth import holds, require_permission
from quanheng.web.figures import Figure
from quanheng.web.lists import words
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.history import events_about
from quanheng.web.staff.rule_forms import ConfirmForm, VersionForm, WhatIfForm
from quanheng.web.staff.rule_lists import (
    RuleLine,
    next_change,
    origin_word,
    rule_line,
    rule_lines,
    term_words,
)

MOST_SHOWN = 200


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """All rules by kind; the words above the table narrow it down."""
    require_permission(request, "regulations.view")
    every = rule_lines(clock.today())
    acting = [line for line in every if line.stands in {"in_force", "coming"}]
    unconfirmed = [line for line in acting if not line.row.is_confirmed]
    resting = sum(line.instruments for line in unconfirmed)
    states = {line.stands: line.stands_word for line in every}
    context = {
        "lines": [line for line in every if _is_asked(request, line)],
        "acting": len(acting),
        "unconfirmed": len(unconfirmed),
        "resting": resting,
        "resting_url": f"{reverse('staff:instruments')}?unconfirmed=yes",
        "figures": [
            Figure(
                id="rules-unconfirmed",
                label=_("未核对的规则"),
                value=str(len(unconfirmed)),
                unit=_("条"),
                formula=_("现行和将施行、没有核对记录的规则条数"),
                source=_("规则版本和核对记录"),
                command="quanheng rules list --database --unconfirmed",
            ),
            Figure(
                id="rules-resting",
                label=_("依据未核对规则的器具"),
                value=str(resting),
                unit=_("台"),
                formula=_("在册且所依规则未核对的器具台数"),
                source=_("器具登记、规则版本"),
                command="quanheng registry list --unconfirmed --count",
            ),
        ],
        "filters": [
            words(
                request,
                "stands",
                _("效力"),
                [(code, word, sum(line.stands == code for line in every)) for code, word in states.items()],
            ),
            words(
                request,
                "confirmed",
                _("核对"),
                [("no", _("未核对"), len(unconfirmed)), ("yes", _("已核对"), len(acting) - len(unconfirmed))],
            ),
        ],
        "can_change": holds(request, "regulations.change"),
    }
    return render(request, "staff/rules.html", context)


@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One version: what it says, where that is from, what rests on it; an officer confirms it here."""
    user = require_permission(request, "regulations.view")
    row = rule_row(public_id)
    form = ConfirmForm(initial={"revision": row.revision, "clause": row.body["clause"] or ""})
    refusal = None
    if request.method == "POST":
        require_permission(request, "regulations.change")
        form = ConfirmForm(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data
            name, data = given["file"]
            saved, refusal = attempt(
                lambda: confirm_rule(
                    actor=user,
                    public_id=public_id,
                    revision=given["revision"],
                    against=given["against"],
                    clause=given["clause"],
                    data=data,
                    filename=name,
                )
            )
            if saved is not None:
                messages.success(request, _("已记录核对结果，适用此规则的器具不再标“未核对”。"))
                return redirect("staff:rule", public_id=public_id)
    line = rule_line(row, clock.today())
    context = {
        "line": line,
        "origin": origin_word(row),
        "form": form,
        "refusal": refusal,
        "siblings": [other for other in rule_lines(clock.today(), kind=row.kind) if other.row.pk != row.pk],
        "can_confirm": holds(request, "regulations.change")
        and not row.is_confirmed
        and line.stands != "superseded",
        "can_change": holds(request, "regulations.change"),
        "events": events_about(
            [f"rule:{row.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
        "command": f"quanheng rules show {row.rule_id}",
    }
    return render(request, "staff/rule.html", context, status=form_status(request, refusal))


@require_safe
def rule_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the copy of the official text that a confirmation rests on."""
    require_permission(request, "regulations.view")
    row = rule_row(public_id)
    path = stored_path(row.confirmed_sha256)
    if not row.confirmed_sha256 or not path.exists():
        raise ConfirmationFileMissing()
    response = HttpResponse(path.read_bytes(), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.key}-{row.confirmed_sha256[:8]}"'
    return response


@require_http_methods(["GET", "POST"])
def rule_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a new version from this one: first see what it would change, then add it."""
    user = require_permission(request, "regulations.change")
    row = rule_row(public_id)
    before = rule_body(as_rule(row))
    terms = list(zip(term_words(as_rule(row)), before["terms"], strict=True))
    form = VersionForm(
        request.POST or None, initial=before | {"in_force_from": None, "in_force_to": None}, terms=terms
    )
    refusal = None
    if form.is_valid():
        body = form.body(before)
        if "try" in request.POST:
            return _tried(request, body)
        added, refusal = attempt(
            lambda: add_rule_version(
                actor=user, body=body, supersedes=row.public_id if "replace" in request.POST else None
            )
        )
        if added is not None:
            messages.success(request, _("已添加版本 %(rule)s，尚未核对。") % {"rule": added.rule_id})
            return redirect("staff:rule", public_id=added.public_id)
    context = {"row": row, "line": rule_line(row, clock.today()), "form": form, "refusal": refusal}
    return render(request, "staff/rule_new.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def rules_what_if(request: HttpRequest) -> HttpResponse:
    """Ask what new rules would change, instrument by instrument; nothing is saved."""
    require_permission(request, "regulations.change")
    form = WhatIfForm(request.POST or None, request.FILES or None, initial={"on": next_change(clock.today())})
    if form.is_valid():
        return _effect(request, form, form.data_bytes())
    return render(request, "staff/rules_what_if.html", {"form": form}, status=form_status(request, None))


@require_POST
def rules_add_file(request: HttpRequest) -> HttpResponse:
    """Add every version of the rule file that was tried."""
    user = require_permission(request, "regulations.change")
    text = request.POST.get("text", "")
    added, refusal = attempt(lambda: add_rule_file(actor=user, data=text.encode()))
    if refusal is not None:
        form = WhatIfForm(initial={"on": clock.today(), "text": text})
        context = {"form": form, "refusal": refusal}
        return render(request, "staff/rules_what_if.html", context, status=422)
    messages.success(request, _("已添加 %(n)s 个版本，尚未核对。") % {"n": len(added or [])})
    return redirect("staff:rules")


def _tried(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    text = yaml.safe_dump({"format": 1, "rules": [body]}, allow_unicode=True, sort_keys=False)
    form = WhatIfForm(
        {"on": body["in_force_from"], "text": text}, initial={"on": body["in_force_from"], "text": text}
    )
    form.is_valid()
    return _effect(request, form, text.encode())


def _effect(request: HttpRequest, form: WhatIfForm, data: bytes) -> HttpResponse:
    on = form.cleaned_data["on"]
    effect, refusal = attempt(lambda: effect_of(data, on=on, most=MOST_SHOWN))
    context: dict[str, Any] = {"form": form, "refusal": refusal, "tried": data.decode(errors="replace")}
    if effect is not None:
        kinds = packaged_kinds()
        named = {what: _(word) for what, word in WHATS.items()}
        context |= {
            "effect": effect,
            "total": sum(effect.counts.values()),
            "counts": [(named[what], n) for what, n in effect.counts.items()],
            "columns": [named[what] for what in effect.counts],
            "by_kind": [
                (kinds[code].name if code in kinds else code, [found.get(what, 0) for what in effect.counts])
                for code, found in effect.by_kind.items()
            ],
            "rows": [row | {"what_word": named[row["what"]]} for row in described(effect.changes)],
            "command": f"quanheng rules what-if{' FILE' if data.strip() else ''} --on {on.isoformat()} --json",
        }
    status = 200 if refusal is None else 422
    return render(request, "staff/rules_what_if.html", context, status=status)


def _is_asked(request: HttpRequest, line: RuleLine) -> bool:
    stands, confirmed, kind = (request.GET.get(name, "") for name in ("stands", "confirmed", "kind"))
    if kind and line.rule.kind != kind:
        return False
    if stands and line.stands != stands:
        return False
    if confirmed:
        return line.row.is_confirmed == (confirmed == "yes") and line.stands in {"in_force", "coming"}
    return True
