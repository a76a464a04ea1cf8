"""One's own account: who I am here, my password, my second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quanheng.web.auth import holds, require_signed_in


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The account of who asks, roles or none."""
    user = require_signed_in(request)
    context = {
        "assignments": user.assignments.select_related("unit"),
        "has_second_factor": Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists(),
        "sees_due": holds(request, "instruments.view_due"),
    }
    return render(request, "staff/account.html", context)
