"""The reviewed rows of the pages about the fleet of meters: read by the bureau and its auditor, nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanheng.fleet.models import SupplyArea
from tests.web.route_row import READERS, Row
from tests.web.world import World


def _area(_world: World) -> Mapping[str, Any]:
    return {"public_id": SupplyArea.objects.get(area_id="A1").public_id}


def _meter(world: World) -> Mapping[str, Any]:
    return {**_area(world), "meter_id": "A1-m02"}


FLEET: dict[str, Row] = {
    "GET staff:fleet": Row(READERS),
    "GET staff:fleet_xlsx": Row(READERS),
    "GET staff:fleet_csv": Row(READERS),
    "GET staff:fleet_map": Row(READERS),
    "GET staff:fleet_days": Row(READERS, args=_area),
    "GET staff:fleet_days_xlsx": Row(READERS, args=_area),
    "GET staff:fleet_days_csv": Row(READERS, args=_area),
    "GET staff:fleet_picture": Row(READERS, args=_area),
    "GET staff:fleet_meter": Row(READERS, args=_meter),
    "GET staff:fleet_history_xlsx": Row(READERS, args=_meter),
    "GET staff:fleet_history_csv": Row(READERS, args=_meter),
    "GET staff:fleet_area": Row(READERS, args=_area),
    "GET staff:fleet_meters_xlsx": Row(READERS, args=_area),
    "GET staff:fleet_meters_csv": Row(READERS, args=_area),
}
