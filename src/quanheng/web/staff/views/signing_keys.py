"""Keys that sign certificates: which are good until when, registering one, revoking one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError, Kind
from quanheng.certificates.errors import SigningKeyNotFound
from quanheng.certificates.listing import signed_since
from quanheng.certificates.models import SigningCertificate
from quanheng.certificates.offered_keys import offered_key, offered_keys
from quanheng.certificates.selectors import signing_certificates_for
from quanheng.certificates.services import register_key, revoke_key
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.web.auth import holds, require_permission
from quanheng.web.staff.common import form_status
from quanheng.web.staff.forms import ReasonForm
from quanheng.web.staff.history import events_about

_KEYS = "certificates.keys"
_SOON_DAYS = 60  # enough to have a new X.509 certificate made out and registered


class RegisterForm(forms.Form):
    """An offered key for an institute."""

    institute = forms.TypedChoiceField(label=gettext_lazy("机构"), coerce=int)
    key = forms.ChoiceField(label=gettext_lazy("密钥"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("institute", [(str(one.pk), one.name) for one in _institutes(user)])
        self._offer("key", [(one.name, one.name) for one in offered_keys()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


class RevokeForm(ReasonForm):
    """Revoking a key.  ``confirmed`` is sent from the second page, which says how many certificates it touches."""

    distrusted_from = forms.DateTimeField(
        label=gettext_lazy("从什么时候起不再可信"),
        help_text=gettext_lazy("密钥可能被盗用的最早时刻；此前入日志的证书仍然有效。"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)


@require_safe
def signing_keys(request: HttpRequest) -> HttpResponse:
    """The keys that this person looks after, each with a light."""
    user = require_permission(request, _KEYS)
    now = clock.now()
    lines = [_line(key, now) for key in signing_certificates_for(user)]
    able = {line["key"].institute_id for line in lines if line["is_able"]}
    context = {
        "lines": lines,
        "able": sum(line["is_able"] for line in lines),
        "without": [one for one in _institutes(user) if one.pk not in able],
    }
    return render(request, "staff/signing_keys.html", context)


def _line(key: SigningCertificate, now: datetime) -> dict[str, Any]:
    is_able = key.revoked_at is None and key.not_before <= now < key.not_after
    if key.revoked_at is not None:
        word, kind = _("已吊销"), "bad"
    elif now >= key.not_after:
        word, kind = _("已过期"), "late"
    elif now < key.not_before:
        word, kind = _("未到期"), "off"
    elif key.not_after - now < timedelta(days=_SOON_DAYS):
        word, kind = _("将到期"), "unsure"
    else:
        word, kind = _("可用"), "good"
    return {
        "key": key,
        "word": word,
        "kind": kind,
        "is_able": is_able,
        "where": key.key_uri.partition(":")[0],
    }


@require_http_methods(["GET", "POST"])
def signing_key_new(request: HttpRequest) -> HttpResponse:
    """Register a key that the administrator of the server offers."""
    user = require_permission(request, _KEYS)
    form = RegisterForm(request.POST or None, user=user)
    refusal = None
    if form.is_valid():
        offered = offered_key(form.cleaned_data["key"])
        institute = OrgUnit.objects.get(pk=form.cleaned_data["institute"])
        if offered is None:
            raise SigningKeyNotFound
        made, refusal = _attempt(
            lambda: register_key(actor=user, institute=institute, key_uri=offered.address)
        )
        if made is not None:
            messages.success(request, _("密钥已登记，并记入日志。"))
            return redirect("staff:signing_key", public_id=made.public_id)
    context = {"form": form, "refusal": refusal, "offered": offered_keys()}
    return render(request, "staff/signing_key_new.html", context, status=form_status(request, refusal))


@require_safe
def signing_key(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One key: whose, from when until when, where it is kept, what became of it."""
    user = require_permission(request, _KEYS)
    found = _key(user, public_id)
    line = _line(found, clock.now())
    context = line | {
        "signed": found.certificates.count(),
        "untrusted": signed_since(found, found.distrusted_from) if found.distrusted_from else 0,
        "events": events_about(
            [f"signing_key:{found.fingerprint}"], with_names=holds(request, "transparency.view_openings")
        ),
    }
    return render(request, "staff/signing_key.html", context)


@require_http_methods(["GET", "POST"])
def signing_key_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask from when and why, say how many certificates that touches, revoke."""
    user = require_permission(request, _KEYS)
    found = _key(user, public_id)
    form = RevokeForm(request.POST or None)
    refusal, touched = None, None
    if form.is_valid():
        given = form.cleaned_data
        touched = signed_since(found, given["distrusted_from"])
        if given["confirmed"]:
            made, refusal = _attempt(
                lambda: revoke_key(
                    actor=user,
                    public_id=public_id,
                    distrusted_from=given["distrusted_from"],
                    reason=given["reason"],
                )
            )
            if made is not None:
                messages.success(request, _("密钥已吊销，并记入日志。"))
                return redirect("staff:signing_key", public_id=public_id)
    context = {"key": found, "form": form, "refusal": refusal, "touched": None if refusal else touched}
    status = HTTPStatus.OK if touched is not None and not refusal else form_status(request, refusal)
    return render(request, "staff/signing_key_revoke.html", context, status=status)


def _attempt(work: Callable[[], SigningCertificate]) -> tuple[SigningCertificate | None, BureauError | None]:
    """Return what was made, or the refusal to be told beside the form: a token that does not answer is one, too."""
    try:
        return work(), None
    except BureauError as error:
        if error.kind is Kind.NOT_FOUND:
            raise
        return None, error


def _institutes(user: User) -> list[OrgUnit]:
    scope = scope_of(user, _KEYS)
    rows = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True).order_by("name")
    return [one for one in rows if scope.covers(one.pk)]


def _key(user: User, public_id: UUID) -> SigningCertificate:
    found = signing_certificates_for(user).filter(public_id=public_id).first()
    if found is None:
        raise SigningKeyNotFound
    return found
