"""The demonstration county's supply areas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quanheng.fleet import demo
from quanheng.fleet.models import FleetRun, SupplyArea


def test_simulated_areas_are_estimated_and_taken_in_once(
    dachuan: object, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_AREAS", {"演示台区一": replace(demo._COMMON, area_id="D001", meters=20)})
    assert demo.load_demo_fleet() == 1
    assert demo.load_demo_fleet() == 0
    area, run = SupplyArea.objects.get(), FleetRun.objects.get()
    assert (str(area), area.is_demo, area.latest is not None) == ("演示台区一", True, True)
    assert area.town is not None
    assert Path(run.folder, "D001", "curves.parquet").is_file()
