"""The picture of a test: errors against the band of their limits, for components/chart.html."""

from __future__ import annotations

from math import isfinite
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanheng.kernels.procedures import Point, figure
from quanheng.web.judging.form import shown_unit
from quanheng.web.judging.numbers import is_known, number, signed, uncertainty, where


def chart(id_: str, group: list[Point]) -> dict[str, Any] | None:
    """Return the picture of errors against their limits; None where there are no two limits to draw."""
    drawn = [point for point in group if isfinite(point.error)]
    if not drawn or any(not isfinite(point.lower) or not isfinite(point.upper) for point in drawn):
        return None
    names = _categories(drawn)
    series = [
        _series(_("合格"), "good", drawn, [point.passed is True for point in drawn]),
        _series(_("不合格"), "bad", drawn, [point.passed is False for point in drawn]),
        _series(_("未判定"), "unsure", drawn, [point.passed is None for point in drawn]),
    ]
    return {
        "id": id_,
        "title": _finding(drawn),
        "columns": [_("参考值"), _("误差"), _("下限"), _("上限"), "U"],
        "rows": [_row(name, point) for name, point in zip(names, drawn, strict=True)],
        "spec": {
            "kind": "points",
            "unit": shown_unit(drawn[0].unit),
            "whole": False,
            "categories": names,
            "band": {
                "name": _("限值"),
                "low": [point.lower for point in drawn],
                "high": [point.upper for point in drawn],
            },
            "series": [one for one in series if any(value is not None for value in one["values"])],
        },
    }


def _row(name: str, point: Point) -> list[str]:
    limits = [figure(point.lower), figure(point.upper)]
    return [name.replace("\n", " "), signed(point.error, point), *limits, uncertainty(point)]


def _categories(points: list[Point]) -> list[str]:
    """Return what stands under the points: their references, with the row where two have the same."""
    references = [number(point.reference) for point in points]
    if len(set(references)) == len(points) and all(references):
        return references
    return [
        f"{reference}\n{where(point)}".strip() for reference, point in zip(references, points, strict=True)
    ]


def _series(name: str, tone: str, points: list[Point], chosen: list[bool]) -> dict[str, Any]:
    u = [point.expanded_uncertainty if is_known(point) else 0.0 for point in points]
    has_bars = any(width and shown for width, shown in zip(u, chosen, strict=True))
    values = [point.error if shown else None for point, shown in zip(points, chosen, strict=True)]
    made: dict[str, Any] = {"name": name, "tone": tone, "values": values}
    if has_bars:
        made["low"] = [
            None if value is None else value - width for value, width in zip(values, u, strict=True)
        ]
        made["high"] = [
            None if value is None else value + width for value, width in zip(values, u, strict=True)
        ]
    return made


def _finding(points: list[Point]) -> str:
    wrong = [point for point in points if point.passed is False]
    if not wrong:
        decided = sum(point.passed is True for point in points)
        return ngettext("%(n)s 点在限值之内", "%(n)s 点都在限值之内", decided) % {"n": decided}
    worst = max(wrong, key=lambda point: abs(point.judged) / max(abs(point.lower), abs(point.upper), 1e-300))
    words = ngettext(
        "%(n)s 点超出限值：%(where)s，%(error)s %(unit)s",
        "%(n)s 点超出限值，最大的是%(where)s，%(error)s %(unit)s",
        len(wrong),
    )
    return words % {
        "n": len(wrong),
        "where": where(worst),
        "error": signed(worst.error, worst),
        "unit": shown_unit(worst.unit),
    }
