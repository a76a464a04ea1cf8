"""The score of the remote estimates, for everyone, with the data to compute it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.followups.models import FollowUp
from quanheng.followups.selectors import outcomes
from quanheng.kernels.scoring import Bin, GroupScore, Share
from quanheng.kernels.scoring import score as score_of
from quanheng.kernels.scoring.picture import reliability_picture
from quanheng.kernels.scoring.table import table_text
from quanheng.web.portal.views import public_page


@require_safe
def score(request: HttpRequest) -> HttpResponse:
    """Say how good the probabilities and intervals were."""
    found = score_of(outcomes())
    context: dict[str, Any] = {
        "score": found,
        "picture": reliability_picture(found.everything.curve),
        "bins": [_bin(one) for one in found.everything.curve],
        "groups": [
            (label, one, _share(one.coverage))
            for label, one in (
                (_("全部"), found.everything),
                (_("疑似超差"), found.suspects),
                (_("随机对照"), found.controls),
            )
            if isinstance(one, GroupScore)
        ],
        "has_demo": FollowUp.objects.filter(is_demo=True, test__isnull=False).exists(),
    }
    return public_page(request, "portal/score.html", context)


@require_safe
def open_score(_request: HttpRequest) -> HttpResponse:
    """Send what was said and found of each tested meter; no number of a meter is in it."""
    answer = HttpResponse(table_text(outcomes()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="score.csv"'
    return answer


def _bin(one: Bin) -> dict[str, Any]:
    return {
        "label": f"{100 * one.low:.0f}–{100 * one.high:.0f} %",
        "mean": f"{100 * one.mean_probability:.1f}",
        "count": one.observed.count,
        "hits": one.observed.hits,
        "share": _share(one.observed),
    }


def _share(one: Share) -> str:
    if one.share is None:
        return "–"
    return f"{100 * one.share:.0f}{_('（')}{100 * one.low:.0f}–{100 * one.high:.0f}{_('）')}"
