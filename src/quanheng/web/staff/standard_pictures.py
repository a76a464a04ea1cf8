"""Pictures of one standard: validity of its certificates, drift, control charts; for components/chart.html."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanheng.kernels.traceability import predict
from quanheng.standards.history import LEAST_CHECKS, CheckSeries, DriftSeries
from quanheng.standards.models import StandardCertificate
from quanheng.web.figures import plain

_NEARLY = 0.999
# Of the picture of validity: its rows [px]; where time begins and ends, and how far two words keep apart [%].
_ROW, _TOP = 38, 34
_FIRST, _LAST, _APART = 4, 96, 9
_MOST_YEARS = 8


@dataclass(frozen=True)
class Bar:
    """One certificate in the picture of validity: ``x``, ``width`` [% of the picture], ``y`` of its number [px]."""

    x: float
    width: float
    y: int
    label: str
    title: str
    is_valid: bool


@dataclass(frozen=True)
class Tick:
    """The first day of a year, or today [% of the picture]."""

    x: float
    label: str


@dataclass(frozen=True)
class Validity:
    """Certificates as bars over years, as wide as the page; what lies between two bars was not covered."""

    title: str
    bars: tuple[Bar, ...]
    years: tuple[Tick, ...]
    today: Tick
    height: int


def validity(certificates: Sequence[StandardCertificate], today: date) -> Validity | None:
    """Return the picture of certificates that were not withdrawn; None where there is none."""
    rows = sorted(certificates, key=lambda row: row.calibrated_on)
    if not rows:
        return None
    first = min(rows[0].calibrated_on, today)
    last = max(today, *(row.valid_until for row in rows))

    def place(day: date) -> float:
        return round(_FIRST + (_LAST - _FIRST) * (day - first).days / max((last - first).days, 1), 2)

    bars = tuple(
        Bar(
            x=place(row.calibrated_on),
            width=round(max(place(row.valid_until) - place(row.calibrated_on), 0.3), 2),
            y=_TOP + _ROW * at,
            label=row.number,
            title=f"{row.number}：{row.calibrated_on} — {row.valid_until}",
            is_valid=row.calibrated_on <= today <= row.valid_until,
        )
        for at, row in enumerate(rows)
    )
    years = range(first.year + 1, last.year + 1)
    step = 1 + len(years) // _MOST_YEARS
    here = Tick(place(today), _("今天"))
    ticks = (Tick(place(date(year, 1, 1)), str(year)) for year in years if year % step == 0)
    apart = tuple(tick for tick in ticks if abs(tick.x - here.x) > _APART)
    return Validity(_covered(rows, today), bars, apart, here, _TOP + _ROW * len(rows))


def _covered(rows: Sequence[StandardCertificate], today: date) -> str:
    """Return the finding: until when, and how many days between certificates were not covered."""
    missing, until = 0, rows[0].valid_until
    for row in rows[1:]:
        missing += max(0, (row.calibrated_on - until).days - 1)
        until = max(until, row.valid_until)
    told = _("证书有效期至 %(until)s") if until >= today else _("证书已于 %(until)s 过期")
    words = told % {"until": until}
    if not missing:
        return words
    between = ngettext("以前有 %(n)s 天没有有效证书", "以前有 %(n)s 天没有有效证书", missing)
    return _("%(first)s；%(second)s") % {"first": words, "second": between % {"n": missing}}


def drift_chart(id_: str, series: DriftSeries) -> dict[str, Any]:
    """Return the errors of one point over the certificates with U, the limits, and the prediction."""
    days = [point.on.isoformat() for point in series.points]
    errors = [float(point.error) for point in series.points]
    sizes = [float(point.expanded_uncertainty) for point in series.points]
    drawn = [_interval(_("误差和 U"), "ink", errors, sizes)]
    rows = [
        [day, plain(point.error), plain(point.expanded_uncertainty), point.certificate.number]
        for day, point in zip(days, series.points, strict=True)
    ]
    if series.drift is not None:
        until = series.points[-1].certificate.valid_until
        mean, u = predict(series.drift, until.toordinal())
        days.append(until.isoformat())
        for name in ("values", "low", "high"):
            drawn[0][name].append(None)
        blank = [None] * len(errors)
        at_end = {"values": [mean], "low": [mean - 2 * u], "high": [mean + 2 * u]}
        drawn.append(
            {
                "name": _("推算"),
                "tone": "unsure",
                **{name: [*blank, *value] for name, value in at_end.items()},
            }
        )
        rows.append([until.isoformat(), f"{mean:.3g}", f"{2 * u:.2g}", _("推算")])
    spec: dict[str, Any] = {"kind": "line", "unit": series.unit, "whole": False, "categories": days}
    if series.limit is not None:
        limit = float(series.limit)
        spec["band"] = {
            "name": _("最大允许误差"),
            "low": [-limit] * len(days),
            "high": [limit] * len(days),
        }
    return {
        "id": id_,
        "title": _drift_finding(series),
        "columns": [_("日期"), _("误差（%(unit)s）") % {"unit": series.unit}, "U", _("证书")],
        "rows": rows,
        "spec": spec | {"series": drawn},
    }


def _interval(name: str, tone: str, values: list[float], sizes: list[float]) -> dict[str, Any]:
    pairs = list(zip(values, sizes, strict=True))
    return {
        "name": name,
        "tone": tone,
        "values": list(values),
        "low": [value - size for value, size in pairs],
        "high": [value + size for value, size in pairs],
    }


def _drift_finding(series: DriftSeries) -> str:
    given: dict[str, Any] = {"nominal": plain(series.nominal), "unit": series.unit}
    if series.drift is None:
        return _("%(nominal)s %(unit)s：只校准过一次，看不出漂移") % given
    low, high = series.drift.rate_interval
    given |= {"rate": f"{series.drift.rate:+.2g}", "low": f"{low:.2g}", "high": f"{high:.2g}"}
    text = (
        _("%(nominal)s %(unit)s：看不出漂移，每年 %(rate)s %(unit)s（95 % 在 %(low)s 与 %(high)s 之间）")
        if low <= 0 <= high
        else _("%(nominal)s %(unit)s：每年漂移 %(rate)s %(unit)s（95 % 在 %(low)s 与 %(high)s 之间）")
    )
    words = text.replace("95 %", "95 %%") % given
    if series.within is None:
        return words
    given = {"until": series.points[-1].certificate.valid_until, "percent": _percent(series.within)}
    rest = _("到 %(until)s 仍在最大允许误差之内的概率为 %(percent)s") % given
    return _("%(first)s；%(second)s") % {"first": words, "second": rest}


def _percent(probability: float) -> str:
    """Return a probability that is never rounded to certainty."""
    if probability > _NEARLY:
        return "> 99.9 %"
    return f"{100 * probability:.1f} %" if probability > 1 - _NEARLY else "< 0.1 %"


def check_chart(id_: str, series: CheckSeries) -> dict[str, Any]:
    """Return one series of intermediate checks, with the limits of its control chart.

    Drawn are differences from the centre (before there is one, from the first value): an axis from zero
    would show nothing of them.
    """
    days = [check.checked_on.isoformat() for check in series.checks]
    chart = series.chart
    center = chart.center if chart else float(series.checks[0].value)
    values = [float(check.value) - center for check in series.checks]
    wrong = {int(str(finding.data["point"])) - 1 for finding in chart.findings} if chart else set()
    drawn: list[dict[str, Any]] = [
        {
            "name": _("与中心线之差") if chart else _("与首次核查值之差"),
            "tone": "ink",
            "values": [None if at in wrong else value for at, value in enumerate(values)],
        },
        {
            "name": _("异常"),
            "tone": "bad",
            "values": [value if at in wrong else None for at, value in enumerate(values)],
        },
    ]
    spec: dict[str, Any] = {"kind": "points", "unit": series.unit, "whole": False, "categories": days}
    if chart is not None:
        low, high = (limit - center for limit in chart.limits)
        spec["band"] = {"name": _("控制限"), "low": [low] * len(days), "high": [high] * len(days)}
    spec["series"] = [one for one in drawn if any(value is not None for value in one["values"])]
    return {
        "id": id_,
        "title": _check_finding(series, len(wrong)),
        "columns": [_("日期"), _("核查值（%(unit)s）") % {"unit": series.unit}, _("备注")],
        "rows": [
            [day, plain(check.value), check.note] for day, check in zip(days, series.checks, strict=True)
        ],
        "spec": spec,
        "findings": [finding.text for finding in chart.findings] if chart else [],
    }


def _check_finding(series: CheckSeries, wrong: int) -> str:
    given: dict[str, Any] = {"name": series.name, "n": len(series.checks), "wrong": wrong}
    if series.reason:
        return _("%(name)s：不能画控制图，%(reason)s") % {**given, "reason": series.reason.rstrip("。")}
    if series.chart is None:
        given["least"] = LEAST_CHECKS
        return _("%(name)s：已核查 %(n)s 次，满 %(least)s 次后计算控制限") % given
    if not wrong:
        given["center"] = f"{series.chart.center:.10g} {series.unit}"
        return _("%(name)s：%(n)s 次核查都在控制之内，中心线 %(center)s") % given
    return _("%(name)s：%(n)s 次核查中有 %(wrong)s 次异常，请查明原因") % given
