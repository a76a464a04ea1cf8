"""Pictures of what the county day kept, as components/chart.html draws them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from quanheng.taskboard.indicators import find
from quanheng.taskboard.models import IndicatorValue, Plan
from quanheng.web.figures import plain

_DAYS = 60


def history(plan: Plan, name: str) -> dict[str, Any] | None:
    """Return the line of one indicator over the last kept days; None before there are two to compare."""
    values = list(IndicatorValue.objects.filter(plan=plan, name=name).order_by("-on")[:_DAYS])[::-1]
    if len(values) < 2:  # noqa: PLR2004  a line has two ends
        return None
    item, first, last = find(name), values[0], values[-1]
    title = _("%(label)s：%(from)s 到 %(to)s，由 %(a)s 变为 %(b)s %(unit)s") % {
        "label": item.label,
        "from": first.on.isoformat(),
        "to": last.on.isoformat(),
        "a": plain(first.value),
        "b": plain(last.value),
        "unit": item.unit,
    }
    return {
        "id": f"chart-{name.replace('.', '-')}",
        "title": title,
        "spec": {
            "kind": "line",
            "categories": [value.on.isoformat() for value in values],
            "unit": item.unit,
            "series": [{"name": item.label, "values": [float(value.value) for value in values]}],
        },
        "columns": [_("日期"), f"{item.label}（{item.unit}）"],
        "rows": [[value.on.isoformat(), plain(value.value)] for value in values],
    }
