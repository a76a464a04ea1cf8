"""Which phase a consumer is on: wrong records are found, right ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Phase
from quanheng.kernels.fleet.phases import check_phases, membership
from quanheng.kernels.fleet.voltage import wire
from tests.kernels.fleet.areas import changed, made


def test_a_consumer_of_three_phases_or_none_known_counts_a_third_on_each():
    shares = membership(np.array([0, 1, 2, 3, -1], np.int8))
    assert shares[:3] == pytest.approx(np.eye(3))
    assert shares[3:] == pytest.approx(np.full((2, 3), 1 / 3))


@pytest.mark.parametrize("text", ["A", " b ", "ABC", "", None, "X", "AB"])
def test_a_phase_is_read_or_unknown(text: str | None):
    known = {"A": Phase.A, " b ": Phase.B, "ABC": Phase.ABC}
    assert Phase.of(text) == known.get(text or "", Phase.UNKNOWN)


@pytest.mark.parametrize("seed", range(1, 7))
def test_right_phases_are_never_changed(seed: int):
    area, _ = made(seed=seed, days=14)
    phase, findings = check_phases(area, area.master_voltage, np.ones(area.n, bool))
    assert findings == []
    assert np.array_equal(phase, area.phase)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_wrong_phase_is_found_and_the_true_one_used(seed: int):
    area, truth = made("wrong_phase", seed=seed, days=14)
    (note,) = truth.notes
    (finding,) = wire(area, area.intervals).findings
    assert (finding.code, finding.meter_id) == ("wrong_phase", note["meter"])
    assert finding.data["found"] == note["true"]


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_clock_that_is_off_is_no_wrong_phase(seed: int):
    area, _ = made("clock_shift", seed=seed, days=14)
    phase, findings = check_phases(area, area.master_voltage, np.ones(area.n, bool))
    assert findings == []
    assert np.array_equal(phase, area.phase)


def test_phases_that_are_not_recorded_are_seen_in_the_voltages():
    area, _ = made()
    blank = changed(area, phase=np.where(area.phase == Phase.ABC, area.phase, Phase.UNKNOWN).astype(np.int8))
    wiring = wire(blank, blank.intervals)
    assert np.array_equal(wiring.phase, area.phase)
    assert {f.code for f in wiring.findings} == {"phase_unknown"}


def test_without_record_and_voltage_a_phase_stays_unknown():
    area, _ = made("no_voltage")
    blank = changed(area, phase=np.full(area.n, Phase.UNKNOWN, np.int8))
    wiring = wire(blank, blank.intervals)
    assert (wiring.phase == Phase.UNKNOWN).all()
    finding = next(f for f in wiring.findings if f.code == "phase_unknown")
    assert finding.data["meters"] == list(area.meter_ids)


def test_voltages_that_follow_nobody_change_no_record():
    area, _ = made()
    noise = np.random.default_rng(1).normal(230, 2, area.voltage.shape).astype(np.float32)
    phase, findings = check_phases(changed(area, voltage=noise), area.master_voltage, np.ones(area.n, bool))
    assert findings == []
    assert np.array_equal(phase, area.phase)
