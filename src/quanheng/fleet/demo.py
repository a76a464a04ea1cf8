"""The demonstration county's supply areas: simulated readings, estimated and taken in as real ones would be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from django.conf import settings

from quanheng.base.files import shown
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit
from quanheng.fleet.area_names import AreaName
from quanheng.fleet.models import FleetRun
from quanheng.fleet.runs import run
from quanheng.fleet.services import take_estimates
from quanheng.fleet.store import write_area
from quanheng.kernels.fleet.simulate import Scenario, simulate

RESULTS = "OUT.parquet"
_SINCE, _UNTIL = date(2026, 9, 7), date(2026, 9, 27)
_COMMON = Scenario(meters=32, days=(_UNTIL - _SINCE).days + 1, start=_SINCE, wrong=1)
_AREAS = {
    "演示台区一": replace(_COMMON, area_id="D001", seed=1),
    "演示台区二": replace(_COMMON, area_id="D002", seed=2),
    "演示台区三": replace(_COMMON, area_id="D003", seed=3, meters=40),
    "演示台区四": replace(_COMMON, area_id="D004", seed=4, faults=("unmetered_load",)),
    "演示台区五": replace(_COMMON, area_id="D005", seed=5, faults=("no_voltage",)),
}


def load_demo_fleet() -> int:
    """Simulate, estimate and take in the areas, once; return how many were taken in."""
    if FleetRun.objects.exists():
        return 0
    folder = Path(settings.HOME) / "fleet"
    for scenario in _AREAS.values():
        area, _truth = simulate(scenario)
        write_area(folder / scenario.area_id, area)
    run(folder, folder / RESULTS, since=_SINCE, until=_UNTIL)
    take_estimates(
        actor=None,
        results_path=folder / RESULTS,
        folder=shown(folder),
        names=_names(),
        is_demo=True,
    )
    return len(_AREAS)


def _names() -> dict[str, AreaName]:
    towns = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT)).order_by("position", "pk")
    places = [town.pk for town in towns[: len(_AREAS)]]
    return {
        scenario.area_id: AreaName(name, places[at % len(places)] if places else None)
        for at, (name, scenario) in enumerate(_AREAS.items())
    }
