"""What the public pages show of the registry of instruments, from the tally of the open file alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from quanheng.instruments.services.opendata import FILE_NAME
from quanheng.instruments.tally import NO_KIND, RegistryTally
from quanheng.regulations.selectors import rule_set
from quanheng.web.figures import Figure, registry_figure

MAIN_FIGURES = (
    "registry.instruments",
    "registry.mandatory",
    "registry.filing_percent",
    "registry.on_time_percent",
    "registry.overdue",
    "registry.identity_percent",
)
ROW_FIGURES = ("registry.instruments", "registry.due", "registry.overdue", "registry.on_time_percent")
MOST_BARS = 12


@dataclass(frozen=True)
class PartLine:
    """A town or a kind with its figures."""

    label: str
    figures: tuple[Figure, ...]


def main_figures(tally: RegistryTally) -> list[Figure]:
    """Return the figures of the whole county."""
    return [_figure(tally, name) for name in MAIN_FIGURES]


def town_lines(tally: RegistryTally) -> list[PartLine]:
    """Return a line for each town, where most is overdue first."""
    return [
        PartLine(town, _row(part, f"town-{at}-", town=town))
        for at, (town, part) in enumerate(_worst_first(tally.by_town()))
    ]


def kind_lines(tally: RegistryTally) -> list[PartLine]:
    """Return a line for each kind, of which most is overdue first."""
    names = {kind.code: kind.name for kind in rule_set().kinds} | {NO_KIND: _("待核实")}
    return [
        PartLine(names.get(kind, kind), _row(part, f"kind-{at}-", kind=kind))
        for at, (kind, part) in enumerate(_worst_first(tally.by_kind()))
    ]


def overdue_chart(tally: RegistryTally) -> dict[str, Any] | None:
    """Return the picture of what is overdue by town, the worst first; None where nothing is."""
    parts = [(town, part) for town, part in _worst_first(tally.by_town()) if part.total.overdue][:MOST_BARS]
    if not parts:
        return None
    counts = [part.total.overdue for _town, part in parts]
    return {
        "id": "overdue",
        "title": _("%(town)s逾期最多，有 %(n)s 台") % {"town": parts[0][0], "n": counts[0]},
        "columns": [_("乡镇街道"), _("逾期（台）"), _("命令")],
        "figures": [
            _figure(part, "registry.overdue", town=town, prefix=f"chart-{at}-", label=town)
            for at, (town, part) in enumerate(parts)
        ],
        "spec": {
            "kind": "bar",
            "horizontal": True,
            "unit": _("台"),
            "categories": [town for town, _part in parts],
            "series": [{"name": _("逾期"), "values": counts, "tone": "late"}],
        },
    }


def _worst_first(parts: dict[str, RegistryTally]) -> list[tuple[str, RegistryTally]]:
    return sorted(parts.items(), key=lambda part: (-part[1].total.overdue, -part[1].total.known, part[0]))


def _row(part: RegistryTally, prefix: str, *, town: str = "", kind: str = "") -> tuple[Figure, ...]:
    return tuple(_figure(part, name, town=town, kind=kind, prefix=prefix) for name in ROW_FIGURES)


def _figure(part: RegistryTally, name: str, **more: str) -> Figure:
    return registry_figure(part, name, data=FILE_NAME, url=reverse("portal:open_instruments"), **more)
