"""Random controls: a list closed, signed by the log, drawn from; the two files by which anybody draws again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.core.models import User
from quanheng.followups.selectors import control_draw_for
from quanheng.followups.services.controls import close_controls, draw_controls
from quanheng.transparency.sequencer import sequence
from quanheng.web.auth import require_permission
from quanheng.web.staff.common import attempt
from quanheng.web.staff.followup_forms import ControlsForm
from quanheng.web.staff.laboratory import file_response

_VIEW, _ORDER = "followups.view", "followups.order"


@require_POST
def followup_controls(request: HttpRequest) -> HttpResponse:
    """Close a list, let the log sign it, draw from it."""
    user = require_permission(request, _ORDER)
    form = ControlsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写抽取几台，1 到 200。"))
        return redirect("staff:followups")
    closed, refusal = attempt(lambda: close_controls(actor=user, count=form.cleaned_data["count"]))
    if closed is None:
        messages.error(request, refusal.text if refusal else "")
        return redirect("staff:followups")
    return _draw(request, user, closed.public_id)


@require_POST
def followup_controls_draw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Draw from a list that was closed before."""
    return _draw(request, require_permission(request, _ORDER), public_id)


@require_safe
def followup_controls_list(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the closed list."""
    found = control_draw_for(require_permission(request, _VIEW), public_id)
    return file_response(found.list_sha256, "list.txt")


@require_safe
def followup_controls_checkpoint(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the signed checkpoint that the seed comes from.  Http404 before the draw."""
    found = control_draw_for(require_permission(request, _VIEW), public_id)
    if not found.checkpoint:
        raise Http404
    return HttpResponse(
        found.checkpoint,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="checkpoint.txt"'},
    )


def _draw(request: HttpRequest, user: User, public_id: UUID) -> HttpResponse:
    sequence()  # outside of any transaction; the seed is that of the checkpoint which signs the list
    made, refusal = attempt(lambda: draw_controls(actor=user, public_id=public_id))
    if made is None:
        messages.error(request, refusal.text if refusal else "")
        return redirect("staff:followups")
    messages.success(request, _("抽取了 %(n)s 台随机对照，请安排现场检定。") % {"n": len(made)})
    query = "&".join(f"meter={one.result_id}" for one in made)
    return redirect(f"{reverse('staff:followup_new')}?{query}" if made else "staff:followups")
