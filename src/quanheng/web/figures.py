"""Numbers with all that is needed to doubt them, as components/figure.html and why.html show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from quanheng.instruments.tally import RegistryTally
from quanheng.taskboard.indicators import find
from quanheng.taskboard.records import PlanRecords, TaskRecord
from quanheng.web.words import STATUS_ORDER


@dataclass(frozen=True)
class Figure:
    """One indicator; ``id`` is unique on its page, ``url`` the list behind it."""

    id: str
    label: str
    value: str
    unit: str
    formula: str
    source: str
    command: str
    url: str = ""
    target: str = ""
    note: str = ""


def plain(value: Decimal | None) -> str:
    """Return a number without the zeros that the database adds."""
    return "" if value is None else f"{value.normalize():f}"


def plan_figure(
    records: PlanRecords, name: str, *, lead: str = "", url: str = "", data: str = "", prefix: str = ""
) -> Figure:
    """Return an indicator of the plan, or of the tasks that ``lead`` leads.

    ``data`` is the file that the command is to read.
    """
    item = find(name)
    records = records.led_by(lead) if lead else records
    return Figure(
        id=f"{prefix}{name.replace('.', '-')}",
        label=item.label,
        value=plain(item.value(records)),
        unit=item.unit,
        formula=item.formula,
        source=item.source,
        command=item.command(plan=records.plan_option, lead=lead, data=data),
        url=url,
    )


def registry_figure(
    tally: RegistryTally,
    name: str,
    *,
    town: str = "",
    kind: str = "",
    url: str = "",
    data: str = "",
    prefix: str = "",
    label: str = "",
) -> Figure:
    """Return an indicator of the registry, or of its part ``tally`` of one town or kind.

    ``label`` stands for the indicator's own.
    """
    item = find(name)
    records = PlanRecords.of_registry(tally, date.min)
    return Figure(
        id=f"{prefix}{name.replace('.', '-')}",
        label=label or item.label,
        value=plain(item.value(records)),
        unit=item.unit,
        formula=item.formula,
        source=item.source,
        command=item.command(town=town, kind=kind, data=data),
        url=url,
    )


def measure_figures(
    records: PlanRecords, task: TaskRecord, *, prefix: str, url: str = "", data: str = ""
) -> list[Figure]:
    """Return the indicators that measure one task, with their targets."""
    return [
        Figure(
            id=f"{prefix}-{name.replace('.', '-')}",
            label=item.label,
            value=plain(item.value(records, task)),
            unit=item.unit,
            formula=item.formula,
            source=item.source,
            command=item.command(task, plan=records.plan_option, data=data),
            url=url,
            target=plain(target),
            note=_("目标 %(target)s %(unit)s") % {"target": plain(target), "unit": item.unit}
            if target is not None
            else _("没有目标值"),
        )
        for name, text in task.targets
        for item, target in [(find(name), None if text is None else Decimal(text))]
    ]


def status_figures(records: PlanRecords, *, base: str, data: str = "") -> list[Figure]:
    """Return how many tasks have each status, the worst first; ``base`` is the list that they filter."""
    return [
        plan_figure(
            records, f"plan.tasks_{status}", url=f"{base}status={status}", data=data, prefix="status-"
        )
        for status in STATUS_ORDER
    ]
