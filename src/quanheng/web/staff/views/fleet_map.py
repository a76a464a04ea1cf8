"""The county's fleet on a map: towns by the state of their areas, what is expected to be billed wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.fleet.county import Count, TownCount, by_town, together
from quanheng.fleet.selectors import areas_visible
from quanheng.instruments.town_middles import town_middles
from quanheng.kernels.spread import spread
from quanheng.web.auth import require_permission
from quanheng.web.staff import fleet_words as said

_SIZE = (680.0, 440.0)  # [px] of the picture
_MARGIN, _APART, _R = 58.0, 84.0, 15.0
_NARROWEST, _FOOT = 300.0, 20.0  # [px] of the picture; below the towns, for the scale bar
_BAR = 90.0  # [px] wanted length of the scale bar


@require_safe
def fleet_map(request: HttpRequest) -> HttpResponse:
    """Every town with its areas: which of them need someone."""
    user = require_permission(request, "fleet.view")
    towns = by_town(areas_visible(user))
    county = together(town.count for town in towns)
    symbols, scale = _symbols(towns)
    left, width = _frame(symbols)
    placed = {symbol["key"] for symbol in symbols}
    context = {
        "tally": county,
        "figures": _figures(county),
        "left": f"{left:.0f}",
        "width": f"{width:.0f}",
        "height": f"{_SIZE[1] + _FOOT:.0f}",
        "symbols": symbols,
        "bar": _scale_bar(scale, left) if scale else None,
        "legend": [(state, word, said.STATE_KIND[state]) for state, word in said.state_words().items()],
        "loose": [_line(town) for town in towns if _key(town) not in placed],
        "lines": [_line(town) for town in towns],
        "views": [said.views_line("fleet_map")],
        "preliminary": said.preliminary(),
        "commands": said.START,
    }
    return render(request, "staff/fleet_map.html", context)


def _figures(county: Count) -> list[dict[str, Any]]:
    listed = reverse("staff:fleet")
    share = county.undetermined_percent
    unfair = county.unfair
    return [
        {
            "id": "fleet-judged",
            "label": _("已判断的电能表"),
            "value": county.meters - county.undetermined,
            "unit": _("台"),
            "note": _("共 %(n)s 台，%(areas)s 个台区") % {"n": county.meters, "areas": county.areas},
            "url": listed,
            "command": said.COUNTY,
        },
        {
            "id": "fleet-suspects",
            "label": _("疑似超差"),
            "value": county.suspects,
            "unit": _("台"),
            "note": _("在 %(n)s 个台区") % {"n": county.states.get("suspects", 0)},
            "url": f"{listed}?state=suspects",
            "command": said.COUNTY,
        },
        {
            "id": "fleet-undetermined",
            "label": _("不能判断"),
            "value": county.undetermined,
            "unit": _("台"),
            "note": "" if share is None else _("占 %(p)s %%") % {"p": f"{share:.1f}"},
            "url": f"{listed}?sort=undetermined&dir=down",
            "command": said.COUNTY,
        },
        {
            "id": "fleet-unfair",
            "label": _("预计错计电量"),
            "value": f"{unfair.kwh:,.0f}",
            "unit": "kWh",
            "note": said.unfair_note(unfair),
            "url": f"{listed}?sort=unfair&dir=down",
            "formula": said.unfair_formula(),
            "command": said.COUNTY,
        },
    ]


def _key(town: TownCount) -> int | None:
    return town.town.pk if town.town else None


def _state(count: Count) -> str:
    """Return the worst state of the areas of a town."""
    return next(state for state in said.state_words() if count.states.get(state))


def _line(town: TownCount) -> dict[str, Any]:
    """Return a town as a row of the table."""
    count, state = town.count, _state(town.count)
    mark = f"town={town.town.pk}" if town.town else "town=none"
    listed = f"{reverse('staff:fleet')}?{mark}"
    return {
        "key": _key(town),
        "name": town.town.name if town.town else _("没有写明乡镇街道"),
        "state": state,
        "word": said.state_words()[state],
        "kind": said.STATE_KIND[state],
        "count": count,
        "loss": said.percent(count.loss_percent),
        "share": said.percent(count.undetermined_percent, 1),
        "unfair": f"{count.unfair.kwh:,.0f}",
        "url": listed,
        "suspects_url": f"{listed}&state=suspects",
        "unfair_url": f"{listed}&sort=unfair&dir=down",
        "n": count.states[state],
        "title": _title(town),
    }


def _title(town: TownCount) -> str:
    name = town.town.name if town.town else _("没有写明乡镇街道")
    count = town.count
    parts = [
        f"{word} {count.states[state]}"
        for state, word in said.state_words().items()
        if count.states.get(state)
    ]
    return _("%(name)s：%(n)s 个台区（%(states)s），疑似超差 %(suspects)s 台") % {
        "name": name,
        "n": count.areas,
        "states": _("，").join(parts),
        "suspects": count.suspects,
    }


def _symbols(towns: Sequence[TownCount]) -> tuple[list[dict[str, Any]], float | None]:
    """Return the towns that have a position, with their shapes, and the scale [px/km]."""
    middles = town_middles()
    located = [town for town in towns if town.town is not None and town.town.pk in middles]
    points = [middles[town.town.pk] for town in located if town.town is not None]
    places, scale = spread(points, _SIZE, margin=_MARGIN, apart=_APART)
    symbols = []
    for town, (x, y) in zip(located, places, strict=True):
        symbols.append(
            _line(town)
            | {"x": x, "y": y, "number_y": y + 5, "name_y": y + 33, **_shape(_state(town.count), x, y)}
        )
    return symbols, scale


def _frame(symbols: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Return the left edge and width [px] that hold the towns: a tall county fits a phone."""
    if not symbols:
        return 0.0, _SIZE[0]
    low = min(symbol["x"] for symbol in symbols) - _MARGIN
    high = max(symbol["x"] for symbol in symbols) + _MARGIN
    width = max(_NARROWEST, high - low)
    return (low + high - width) / 2, width


def _shape(state: str, x: float, y: float) -> dict[str, Any]:
    """Return the outline of a state: diamond, square, triangle; a circle has none."""
    r = _R
    outlines = {
        "suspects": f"M{x} {y - r - 5}L{x + r + 5} {y}L{x} {y + r + 5}L{x - r - 5} {y}Z",
        "withheld": f"M{x - r} {y - r}H{x + r}V{y + r}H{x - r}Z",
        "unusable": f"M{x} {y - r - 7}L{x + r + 5} {y + r - 2}H{x - r - 5}Z",
    }
    return {"path": outlines.get(state, ""), "r": r}


def _scale_bar(scale: float, left: float) -> dict[str, Any]:
    km = next((step for step in (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1) if step * scale <= _BAR), 0.01)
    x, y = round(left) + 14, _SIZE[1] + _FOOT - 14
    return {"x1": x, "x2": x + km * scale, "y": y, "text_y": y - 8, "text": f"{km:g}"}
