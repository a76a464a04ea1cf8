"""Readings as they arrive: tokens, listeners, what waits, what was not taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.fleet.errors import RejectsNotFound
from quanheng.fleet.intake.places import intake_of
from quanheng.fleet.intake.selectors import token_for, tokens_visible
from quanheng.fleet.intake.services import make_token, revoke_token
from quanheng.fleet.intake.status import Status, moment, reject_file, status_of
from quanheng.fleet.models import MAX_NAME, UtilityToken
from quanheng.parties.models import Party
from quanheng.web.auth import holds, require_permission, require_whole
from quanheng.web.lists import page_of, query_of
from quanheng.web.public_url import public_url
from quanheng.web.staff.common import attempt, form_status

_VIEW, _TOKENS = "fleet.view", "fleet.tokens"
_SILENT_SECONDS = 60  # of a listener, which says something every five


class TokenForm(forms.Form):
    """Whom a token is for: a party, or a name."""

    utility = forms.CharField(
        label=gettext_lazy("使用单位"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("已登记的使用单位的全称；没有登记的，写在下面。"),
    )
    name = forms.CharField(
        label=gettext_lazy("名称"),
        required=False,
        max_length=MAX_NAME,
        help_text=gettext_lazy("例如：某某供电公司用电信息采集系统。"),
    )

    def clean(self) -> dict[str, Any]:
        """Find the party; one of both must be given."""
        given: dict[str, Any] = super().clean() or {}
        given["party"] = None
        if named := given.get("utility", "").strip():
            found = list(Party.objects.filter(name=named)[:2])
            if len(found) != 1:
                self.add_error("utility", _("没有这个使用单位，或有几个同名的；请改写在“名称”里。"))
            else:
                given["party"] = found[0].public_id
        elif not given.get("name", "").strip():
            self.add_error("name", _("请写使用单位或名称。"))
        return given


@require_safe
def intake(request: HttpRequest) -> HttpResponse:
    """What has come, from whom, what waits, what was not taken."""
    user = require_whole(request, _VIEW)
    status = status_of(intake_of(Path(settings.HOME)))
    page = page_of(request, _areas(status))
    context = {
        "status": status,
        "listeners": [_listener(one) for one in status.listeners],
        "tokens": list(tokens_visible(user)),
        "may_make": holds(request, _TOKENS),
        "page": page,
        "query": query_of(request),
        "address": f"{public_url(request)}/api/readings",
        "command": "quanheng fleet spool status",
    }
    return render(request, "staff/fleet_intake.html", context)


@require_safe
def rejects(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a list of what was not taken."""
    require_whole(request, _VIEW)
    path = reject_file(intake_of(Path(settings.HOME)), name)
    if path is None:
        raise RejectsNotFound(name=name[:100])
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=path.name, content_type="application/octet-stream"
    )


@require_http_methods(["GET", "POST"])
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    user = require_permission(request, _TOKENS)
    form = TokenForm(request.POST or None)
    refusal = None
    if form.is_valid():
        given = form.cleaned_data
        made, refusal = attempt(
            lambda: make_token(
                actor=user, utility=given["party"], name="" if given["party"] else given["name"]
            )
        )
        if made is not None:
            return _shown(request, *made)
    context = {"form": form, "refusal": refusal}
    return render(request, "staff/fleet_token_new.html", context, status=form_status(request, refusal))


def _shown(request: HttpRequest, token: UtilityToken, secret: str) -> HttpResponse:
    address = f"{public_url(request)}{reverse('api:api-root')}readings"
    command = (
        f"curl -H 'Authorization: Bearer {secret}' -H 'Content-Type: text/csv' "
        f"--data-binary @readings.csv {address}"
    )
    context = {"token": token, "secret": secret, "command": command}
    answer = render(request, "staff/fleet_token_made.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def token_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then refuse what comes with it."""
    user = require_permission(request, _TOKENS)
    found = token_for(user, public_id)
    if request.method == "POST":
        revoke_token(actor=user, public_id=public_id)
        messages.success(request, _("令牌已停用：%(who)s。") % {"who": found})
        return redirect("staff:fleet_intake")
    return render(request, "staff/fleet_token_revoke.html", {"token": found})


def _areas(status: Status) -> list[dict[str, Any]]:
    """Return the areas, those that have been silent longest first."""
    rows = [
        {
            "area": area,
            "until": said.get("until", "").replace("T", " ")[:16],
            "at": moment(said.get("at", "")),
        }
        for area, said in status.areas.items()
    ]
    return sorted(rows, key=lambda row: (str(row["until"]), str(row["area"])))


def _listener(said: dict[str, Any]) -> dict[str, Any]:
    heard = moment(str(said["said_at"]))
    is_silent = heard is None or (timezone.now() - heard).total_seconds() > _SILENT_SECONDS
    if said["is_connected"] and not is_silent:
        word, kind = _("正在接收"), "good"
    elif is_silent:
        word, kind = _("没有运行"), "off"
    else:
        word, kind = _("没有连接"), "late"
    return said | {"word": word, "kind": kind, "last": moment(str(said["last_at"]))}
