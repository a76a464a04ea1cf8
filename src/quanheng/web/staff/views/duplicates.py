"""Records that may be one instrument twice, side by side; a person decides each pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.base import clock
from quanheng.instruments.duplicates import LIMIT, MOST_ALIKE, NearDuplicate, near_duplicates
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.conditions import keep_apart, merge_instruments
from quanheng.regulations.packaged import kind_name
from quanheng.web.auth import require_permission
from quanheng.web.staff.common import act
from quanheng.web.staff.instrument_act_forms import MergeForm, PairForm
from quanheng.web.staff.instrument_words import field_word, head_of

_SHOWN = 20
_FIELDS = (
    "name", "kind", "model", "serial_no", "manufacturer", "accuracy_class", "measuring_range", "use",
    "owner", "place", "spot", "town",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One field of both records."""

    label: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether the two say something different; what one of them leaves out differs too."""
        return self.first != self.second


@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """Offer the likeliest pairs, the fields that differ marked."""
    require_permission(request, "instruments.review")
    found = near_duplicates()
    context = {
        "pairs": [_shown(pair) for pair in found[:_SHOWN]],
        "total": len(found),
        "limit": LIMIT,
        "most_alike": MOST_ALIKE,
    }
    return render(request, "staff/duplicates.html", context)


def _shown(pair: NearDuplicate) -> dict[str, Any]:
    words = {
        "serial": _("编号相同"),
        "lookalike": _("编号容易看混"),
        "maker": _("制造单位相同"),
        "no_maker": _("有一条没写制造单位"),
        "owner": _("使用单位相同"),
        "model": _("型号相同"),
        "place": _("场所相同"),
    }
    on = clock.today()
    return {
        "first": pair.first,
        "second": pair.second,
        "reasons": [words[reason] for reason in pair.reasons],
        "lines": [
            Line(field_word(name), _value(pair.first, name), _value(pair.second, name)) for name in _FIELDS
        ],
        "heads": (head_of(pair.first, on), head_of(pair.second, on)),
    }


def _value(instrument: Instrument, name: str) -> str:
    if name == "kind":
        return kind_name(instrument.kind)
    return instrument.get_use_display() if name == "use" else str(getattr(instrument, name) or "")


@require_POST
def duplicates_merge(request: HttpRequest) -> HttpResponse:
    """Merge two records, with the reason; then show the one that is kept."""
    user = require_permission(request, "instruments.review")
    form = MergeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请选定保留的一条，并写明理由。"))
        return redirect("staff:duplicates")
    chosen, reason = form.chosen(), form.cleaned_data["reason"]
    return act(
        request,
        lambda: merge_instruments(actor=user, reason=reason, **chosen),
        done=_("已合并。原记录和标签都指向保留的一条。"),
        to=reverse("staff:duplicates"),
    )


@require_POST
def duplicates_apart(request: HttpRequest) -> HttpResponse:
    """Remember that two records are two instruments."""
    user = require_permission(request, "instruments.review")
    form = PairForm(request.POST)
    if not form.is_valid():
        return redirect("staff:duplicates")
    data = form.cleaned_data
    return act(
        request,
        lambda: keep_apart(actor=user, **data),
        done=_("已记下：不是同一台，不再提示。"),
        to=reverse("staff:duplicates"),
    )
