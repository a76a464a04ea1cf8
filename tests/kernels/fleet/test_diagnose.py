"""Faults of an area: each is named, with its meter and day, and no good meter pays for it."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.diagnose import Corrections, daily_variation
from quanheng.kernels.fleet.results import JUDGED, OUT_OF_TOLERANCE, UNDETERMINED, WITHHELD
from quanheng.kernels.fleet.scan import Change
from tests.kernels.fleet.areas import accused, codes, estimated, made, told

SEEDS = range(1, 5)
BIG = {"meters": 40, "days": 42}
FAULTY = {
    "unmetered_load",
    "missing_meter",
    "wrong_phase",
    "clock_shift",
    "meter_exchanged",
    "step_change",
    "wrong_topology",
    "spikes",
    "identical_loads",
    "collinear_meters",
    "missing_readings",
    "no_voltage",
    "voltage_scale",
    "reverse_energy",
}


def good_ones_left_alone(*faults: str, **values: object) -> bool:
    _, truth = made(*faults, **values)
    at_fault = {str(note.get("meter")) for note in truth.notes}
    return accused(estimated(*faults, **values)) <= set(truth.wrong) | at_fault


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("meters", [5, 10, 20, 40])
def test_a_healthy_area_has_no_fault_whatever_its_size(seed: int, meters: int):
    found = estimated(seed=seed, meters=meters)
    assert found.status == JUDGED
    assert not codes(found) & FAULTY
    assert good_ones_left_alone(seed=seed, meters=meters)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("meters", [30, 60])
def test_an_unmetered_load_withholds_every_verdict(seed: int, meters: int):
    values = {"seed": seed, "meters": meters, "days": 42}
    found = estimated("unmetered_load", **values)
    (note,) = made("unmetered_load", **values)[1].notes
    finding = next(f for f in found.findings if f.code == "unmetered_load")
    assert found.status == WITHHELD
    assert set(found.meter_status) == {UNDETERMINED}
    assert np.isnan(found.error_percent).all()
    assert 0.4 * note["kwh"] < finding.data["kwh"] < 1.6 * note["kwh"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", ["missing_meter", "listed_elsewhere"])
def test_a_consumer_without_a_listed_meter_is_named(seed: int, fault: str):
    found = estimated(fault, seed=seed)
    (note,) = made(fault, seed=seed)[1].notes
    finding = next(f for f in found.findings if f.code == "missing_meter")
    assert found.status == WITHHELD
    assert finding.data["kwh"] == pytest.approx(note["kwh"], rel=0.3)
    assert not accused(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wrong_phase_is_named(seed: int):
    found = estimated("wrong_phase", seed=seed)
    (note,) = made("wrong_phase", seed=seed)[1].notes
    assert told(found, "wrong_phase") == [note["meter"]]
    assert found.status == JUDGED
    assert good_ones_left_alone("wrong_phase", seed=seed)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_clock_that_is_late_is_named_with_how_much(seed: int):
    found = estimated("clock_shift", seed=seed, **BIG)
    (note,) = made("clock_shift", seed=seed, **BIG)[1].notes
    (finding,) = (f for f in found.findings if f.code == "clock_shift")
    assert finding.meter_id == note["meter"]
    assert finding.data["intervals"] == note["intervals"]
    assert "wrong_phase" not in codes(found)
    assert good_ones_left_alone("clock_shift", seed=seed, **BIG)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", ["meter_exchanged", "step_change"])
def test_an_exchanged_meter_that_uses_enough_is_named_with_its_day_and_both_errors(seed: int, fault: str):
    values = {"seed": seed, "meters": 30, "days": 42}
    found = estimated(fault, **values)
    truth = made(fault, **values)[1]
    (note,) = truth.notes
    if truth.share[note["meter"]] * 30 < 1:
        assert accused(found) <= set(truth.wrong)
        return
    (finding,) = (f for f in found.findings if f.code == "meter_exchanged")
    assert finding.meter_id == note["meter"]
    assert abs(finding.data["day_number"] - note["day"]) <= 2
    assert finding.data["error_after_percent"] == pytest.approx(100 * note["error_after"], abs=1.5)
    assert finding.data["error_before_percent"] == pytest.approx(truth.error_percent[note["meter"]], abs=1.5)
    at = found.meter_ids.index(note["meter"])
    assert found.meter_status[at] == UNDETERMINED
    assert found.status == JUDGED
    assert good_ones_left_alone(fault, **values)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_consumer_of_another_area_is_named_and_not_judged(seed: int):
    found = estimated("wrong_topology", seed=seed)
    (note,) = made("wrong_topology", seed=seed)[1].notes
    assert told(found, "wrong_topology") == [note["meter"]]
    assert found.meter_status[found.meter_ids.index(note["meter"])] == UNDETERMINED
    assert found.status == JUDGED
    assert good_ones_left_alone("wrong_topology", seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_roofs_that_feed_back_are_told_and_do_no_harm(seed: int):
    found = estimated("reverse_flow", seed=seed)
    (note,) = made("reverse_flow", seed=seed)[1].notes
    finding = next(f for f in found.findings if f.code == "reverse_energy")
    assert set(note["meters"]) >= set(finding.data["meters"])
    assert found.status == JUDGED
    assert good_ones_left_alone("reverse_flow", seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_area_without_voltages_is_judged_with_wider_intervals(seed: int):
    found, plain = estimated("no_voltage", seed=seed, **BIG), estimated(seed=seed, **BIG)
    assert "no_voltage" in codes(found)
    assert found.status == JUDGED
    assert np.median(found.standard_uncertainty_percent) > np.median(plain.standard_uncertainty_percent)
    assert good_ones_left_alone("no_voltage", seed=seed, **BIG)


@pytest.mark.parametrize("seed", SEEDS)
def test_missing_readings_are_told(seed: int):
    found = estimated("missing_readings", seed=seed)
    finding = next(f for f in found.findings if f.code == "missing_readings")
    assert finding.data["share"] == pytest.approx(0.05, rel=0.2)


@pytest.mark.parametrize("fault", ["clock_shift", "wrong_phase", "wrong_topology", "reverse_flow"])
def test_what_is_corrected_hides_no_wrong_meter(fault: str):
    plain, found = estimated(**BIG), estimated(fault, **BIG)
    assert plain.meter_status.count(OUT_OF_TOLERANCE) == 2
    assert accused(found) == accused(plain)


def test_corrections_move_readings_back_and_take_out_strangers():
    energy = np.arange(24, dtype=np.float32).reshape(2, 12)
    done = Corrections(shifts=(Change(0, 1, 1, 3, 99.0),), elsewhere=(1,))
    moved = done.apply(energy, 4)
    assert moved[0].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 0]
    assert not moved[1].any()
    assert energy[1].any()
    assert done.touched == {0, 1}
    assert Corrections().apply(energy, 4) is energy


def test_what_is_the_same_every_day_does_not_vary():
    day = np.random.default_rng(1).gamma(1.0, 1.0, 96)
    assert daily_variation(np.tile(day, 10), 96) == pytest.approx(0, abs=1e-6)
    assert daily_variation(np.random.default_rng(2).gamma(1.0, 1.0, 960), 96) > 0.8
