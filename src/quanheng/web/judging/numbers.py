"""Decisions of a judgement as a person reads them: which reading, numbers without noise, the word."""

from __future__ import annotations

from math import inf, isnan

from django.utils.translation import gettext as _

from quanheng.kernels.procedures import Point, figure, legible, limits_text
from quanheng.web.judging.form import shown_unit

_DIGITS = 3  # of an uncertainty that a person reads


def where(point: Point) -> str:
    """Return which reading it is about."""
    return (_("第 %(n)s 行起的一组") if point.by_group else _("第 %(n)s 行")) % {"n": point.row}


def word(point: Point) -> tuple[str, str]:
    """Return the word of a decision, and the kind of components/status.html."""
    if point.passed is None:
        return _("未判定"), "unsure"
    return (_("合格"), "good") if point.passed else (_("不合格"), "bad")


def is_known(point: Point) -> bool:
    """Whether there is an uncertainty to speak of."""
    return not isnan(point.standard_uncertainty) and point.standard_uncertainty > 0


def signed(value: float, point: Point) -> str:
    """Return a judged value; one that may err to either side with its sign."""
    if isnan(value):
        return ""
    text = figure(legible(value, point))
    return f"+{text}" if value > 0 > point.lower > -inf else text.replace("-", "−")


def number(value: float) -> str:
    """Return a number; empty where there is none."""
    return "" if isnan(value) else figure(value)


def uncertainty(point: Point) -> str:
    """Return the expanded uncertainty to three digits; empty where it is not known."""
    return figure(float(f"{point.expanded_uncertainty:.{_DIGITS}g}")) if is_known(point) else ""


def percent(probability: float) -> str:
    """Return a probability as a person reads it: never 100 % or nought for what is not certain."""
    if isnan(probability):
        return ""
    percent = round(100 * probability, 1)
    if percent in {0.0, 100.0}:
        return "> 99.9 %" if percent else "< 0.1 %"
    return f"{percent:.1f} %"


def limits(point: Point, unit: str = "") -> str:
    """Return the limits; empty where there are none."""
    return "" if isnan(point.lower) or isnan(point.upper) else limits_text(point.lower, point.upper, unit)


def failure(point: Point) -> str:
    """Return the sentence on a decision that failed."""
    unit = shown_unit(point.unit)
    judged = f"{signed(point.judged, point)} {unit}".strip()
    if point.judged != point.error:
        judged = _("%(error)s，修约后 %(judged)s") % {"error": signed(point.error, point), "judged": judged}
    return _("%(title)s%(where)s：%(label)s %(judged)s，超出限值 %(limits)s。") % {
        "title": point.title,
        "where": where(point),
        "label": point.label,
        "judged": judged,
        "limits": limits(point, unit),
    }
