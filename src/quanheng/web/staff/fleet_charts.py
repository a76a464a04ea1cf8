"""Pictures of the fleet for js/charts.js: meters on an axis of errors, runs over time, energy by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import AreaResult, MeterResult
from quanheng.fleet.readings_at_hand import MeterDays
from quanheng.kernels.fleet.days import DayBalance
from quanheng.kernels.fleet.words import HALF_WIDTH, error_text, probability_text
from quanheng.web.staff.fleet_words import window_words

Limits = Mapping[str, float]

_WIDEST = 200.0  # [%] of the axis
_MARKS = {
    MeterStatus.OUT_OF_TOLERANCE: ("bad", "diamond"),
    MeterStatus.UNDETERMINED: ("off", "cross"),
    MeterStatus.CONFORMING: ("ink", "circle"),
}


def errors_spec(
    meters: Sequence[MeterResult], limits: Limits, urls: Sequence[str], name: str
) -> dict[str, Any]:
    """Return every meter with its 95 % interval, in the order given, against the band of its limit."""
    bands = [limits.get(meter.meter_id) for meter in meters]
    low, high = _range(meters, bands)
    return {
        "kind": "points",
        "categories": [meter.meter_id for meter in meters],
        "unit": _("误差（%）"),
        "whole": False,
        "series": _series(meters),
        "band": _band(bands),
        "range": [low, high],
        "notes": [_note(meter) for meter in meters],
        "links": list(urls),
        "zoom": True,
        "save": name,
    }


def runs_spec(meters: Sequence[MeterResult], limit: float | None, name: str) -> dict[str, Any]:
    """Return one meter over the runs, the oldest first."""
    low, high = _range(meters, [limit])
    return {
        "kind": "points",
        "categories": _labels(meters),
        "unit": _("误差（%）"),
        "whole": False,
        "series": _series(meters),
        "band": _band([limit] * len(meters)),
        "range": [low, high],
        "notes": [_note(meter) for meter in meters],
        "save": name,
    }


def probability_spec(meters: Sequence[MeterResult], name: str) -> dict[str, Any]:
    """Return the probability of one meter over the runs [%], with the line from which it is suspected."""
    values = [meter.probability_out_of_tolerance for meter in meters]
    return {
        "kind": "line",
        "categories": _labels(meters),
        "unit": "%",
        "range": [0, 105],
        "series": [
            {"name": _("超差的概率"), "values": [None if p is None else round(100 * p, 2) for p in values]}
        ],
        "limits": [{"label": "95 %", "value": 95}],
        "save": name,
    }


def loss_chart(results: Sequence[AreaResult]) -> dict[str, Any] | None:
    """Return the loss of an area over the runs, the oldest first; None before there are two to compare."""
    told = [one for one in results if one.loss_percent is not None]
    if len(told) < 2:  # noqa: PLR2004  a line has two ends
        return None
    values = [round(float(one.loss_percent or 0), 3) for one in told]
    labels = [_run_label(one) for one in told]
    title = _("损失率由 %(a)s %% 变为 %(b)s %%") % {"a": f"{values[0]:.2f}", "b": f"{values[-1]:.2f}"}
    return {
        "id": "loss",
        "title": title,
        "spec": {
            "kind": "line",
            "categories": labels,
            "unit": "%",
            "whole": False,
            "series": [{"name": _("损失率"), "values": values}],
            "save": _("损失率"),
        },
        "columns": [_("读数"), _("损失率（%）")],
        "rows": [[label, f"{value:.2f}"] for label, value in zip(labels, values, strict=True)],
    }


def days_charts(found: DayBalance) -> list[dict[str, Any]]:
    """Return the energy by day, and where the difference went, with their tables."""
    labels = [str(day) for day in found.days]
    energies = [(_("总表"), found.master, "ink"), (_("各户合计"), found.consumers, "late")]
    parts = [
        (_("损失电量"), found.loss, "ink"),
        (_("线损（推算）"), found.lines, "late"),
        (_("表计误差（估计）"), found.errors, "bad"),
        (_("剩余"), found.residual, "off"),
    ]
    supplied, lost = float(found.master.sum()), float(found.loss.sum())
    percent = f"{100 * lost / supplied:.2f}" if supplied else "–"
    first = _("供电 %(a)s kWh，各户合计 %(b)s kWh") % {
        "a": f"{supplied:,.0f}",
        "b": f"{supplied - lost:,.0f}",
    }
    second = _("损失 %(a)s kWh，占 %(p)s %%；解释不了的剩余 %(b)s kWh") % {
        "a": f"{lost:,.1f}",
        "p": percent,
        "b": f"{float(found.residual.sum()):,.1f}",
    }
    return [_days_chart("energy", first, labels, energies), _days_chart("balance", second, labels, parts)]


def meter_days_chart(found: MeterDays) -> dict[str, Any]:
    """Return what one meter registered by day, with its table; a day without a row stays empty."""
    values = [None if np.isnan(value) else round(float(value), 3) for value in found.energy]
    title = _("%(n)s 天共 %(kwh)s kWh") % {
        "n": len(found.days),
        "kwh": f"{float(np.nansum(found.energy)):,.1f}",
    }
    spec = {
        "kind": "bar",
        "categories": [str(day) for day in found.days],
        "unit": "kWh",
        "whole": False,
        "series": [{"name": _("电量"), "values": values}],
        "zoom": True,
        "save": _("每天电量"),
    }
    return {
        "id": "meter-days",
        "title": title,
        "spec": spec,
        "columns": [_("日期"), "kWh", _("缺的时段")],
        "rows": [
            [str(day), "–" if value is None else f"{value:,.3f}", int(gaps)]
            for day, value, gaps in zip(found.days, values, found.gaps, strict=True)
        ],
    }


def _days_chart(
    name: str, title: str, labels: Sequence[str], parts: Sequence[tuple[str, Any, str]]
) -> dict[str, Any]:
    return {
        "id": f"days-{name}",
        "title": title,
        "spec": {
            "kind": "line",
            "categories": list(labels),
            "unit": "kWh",
            "whole": False,
            "series": [
                {"name": word, "tone": tone, "values": [round(float(v), 3) for v in values]}
                for word, values, tone in parts
            ],
            "zoom": True,
            "save": title.split("，", maxsplit=1)[0],
        },
        "columns": [_("日期"), *(word for word, _values, _tone in parts)],
        "rows": [
            [label, *(f"{float(values[at]):,.2f}" for _word, values, _tone in parts)]
            for at, label in enumerate(labels)
        ],
    }


def _series(meters: Sequence[MeterResult]) -> list[dict[str, Any]]:
    """Return one series for each status that occurs, empty where a meter has another."""
    made = []
    for status, (tone, symbol) in _MARKS.items():
        own = [meter if meter.status == status and _is_drawn(meter) else None for meter in meters]
        if not any(own):
            continue
        halves = [
            HALF_WIDTH * float(meter.standard_uncertainty_percent or 0) if meter else 0.0 for meter in own
        ]
        errors = [float(meter.error_percent or 0) if meter else None for meter in own]
        made.append(
            {
                "name": str(status.label),
                "tone": tone,
                "symbol": symbol,
                "values": [None if e is None else round(e, 4) for e in errors],
                "low": [None if e is None else round(e - h, 4) for e, h in zip(errors, halves, strict=True)],
                "high": [None if e is None else round(e + h, 4) for e, h in zip(errors, halves, strict=True)],
            }
        )
    return made


def _band(limits: Sequence[float | None]) -> dict[str, Any] | None:
    """Return the band of the limits; none where one of them is not known."""
    known = [one for one in limits if one is not None]
    if len(known) < len(limits):
        return None
    return {"name": _("最大允许误差"), "low": [-one for one in known], "high": known}


def _range(meters: Sequence[MeterResult], limits: Sequence[float | None]) -> tuple[float, float]:
    """Return an axis with the band and every judged interval on it; wide intervals of the others do not stretch it."""
    widest = max((one for one in limits if one is not None), default=1.0)
    low, high = -1.5 * widest, 1.5 * widest
    for meter in meters:
        if _is_drawn(meter) and meter.status != MeterStatus.UNDETERMINED:
            error, half = (
                float(meter.error_percent or 0),
                HALF_WIDTH * float(meter.standard_uncertainty_percent or 0),
            )
            low, high = min(low, error - half), max(high, error + half)
    pad = 0.04 * (high - low)
    return round(max(low - pad, -_WIDEST), 2), round(min(high + pad, _WIDEST), 2)


def _is_drawn(meter: MeterResult) -> bool:
    return meter.error_percent is not None and meter.standard_uncertainty_percent is not None


def _note(meter: MeterResult) -> str:
    """Return what is said of a meter when it is pointed at."""
    lines = [meter.meter_id, str(meter.get_status_display())]
    if meter.error_percent is not None and meter.standard_uncertainty_percent is not None:
        lines.append(error_text(meter.error_percent, meter.standard_uncertainty_percent))
    if meter.probability_out_of_tolerance is not None:
        lines.append(_("超差的概率 %(p)s") % {"p": probability_text(meter.probability_out_of_tolerance)})
    return "\n".join(lines)


def _labels(meters: Sequence[MeterResult]) -> list[str]:
    return [_run_label(meter.area_result) for meter in meters]


def _run_label(result: AreaResult) -> str:
    until: date | None = result.run.until
    return until.isoformat() if until else f"{window_words(result.run)} {result.run.taken_at:%Y-%m-%d}"
