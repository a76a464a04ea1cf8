"""The reference cases: found what must be found, named what is the matter, nobody accused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from quanheng.fleet.store import read_area
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.results import JUDGED, UNDETERMINED, WITHHELD, AreaEstimate
from tests.kernels.fleet.areas import accused, codes, told

JUDGED_CASES = ("S1-plain", "S2-plain", "S3-no-voltage", "S6-rooftop-pv")


@dataclass(frozen=True)
class Case:
    truth: dict
    found: AreaEstimate
    mpe: float

    @property
    def must(self) -> set[str]:
        """Wrong by twice the tolerance or more, with enough energy to show it."""
        least = 0.3 / len(self.found.meter_ids)
        return {
            name
            for name in self.truth["wrong"]
            if abs(self.truth["error_percent"][name]) >= 2 * self.mpe and self.truth["share"][name] >= least
        }


@cache
def load(folder: Path) -> Case:
    area = read_area(folder).area
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Case(truth, estimate(area), float(np.median(area.mpe_percent)))


@pytest.fixture
def case(shared: Path):
    return lambda name: load(shared / "fleet" / name)


@pytest.mark.parametrize("name", JUDGED_CASES)
def test_wrong_meters_are_found_and_nobody_else_is_accused(case, name: str):
    one = case(name)
    named = accused(one.found)
    assert one.found.status == JUDGED
    assert named <= set(one.truth["wrong"])
    missed = one.must - named
    assert not missed if name != "S3-no-voltage" else len(missed) <= 1  # without voltages less is seen


def test_intervals_cover_the_truth(case):
    inside: list[bool] = []
    for name in JUDGED_CASES:
        one = case(name)
        for at, meter in enumerate(one.found.meter_ids):
            if one.found.meter_status[at] != UNDETERMINED:
                away = one.found.error_percent[at] - one.truth["error_percent"][meter]
                inside.append(abs(away) <= 1.96 * one.found.standard_uncertainty_percent[at])
    assert len(inside) > 350
    assert 0.92 <= np.mean(inside) <= 0.985


@pytest.mark.parametrize(
    ("name", "named"),
    [("S4-theft", {"unmetered_load"}), ("S7-missing-meter", {"unmetered_load", "missing_meter"})],
)
def test_energy_that_nobody_measures_withholds_the_verdicts(case, name: str, named: set[str]):
    found = case(name).found
    assert found.status == WITHHELD
    assert named <= codes(found)
    assert ("missing_meter" in codes(found)) == ("missing_meter" in named)
    assert set(found.meter_status) == {UNDETERMINED}


def test_what_is_the_matter_with_the_messy_area_is_named(case):
    one = case("S5-messy")
    found = one.found
    assert told(found, "wrong_phase") == ["S5-M062"]
    assert set(told(found, "clock_shift")) == {"S5-M046"}
    (exchanged,) = (f for f in found.findings if f.code == "meter_exchanged")
    assert (exchanged.meter_id, exchanged.data["day_number"]) == ("S5-M046", 21)
    assert "missing_readings" in codes(found)
    assert accused(found) <= set(one.truth["wrong"])


def test_roofs_that_feed_back_are_told(case):
    assert "reverse_energy" in codes(case("S6-rooftop-pv").found)
