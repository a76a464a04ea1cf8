"""Voltages against the master's: gains divided out, units that do not matter, channels that are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.simulate import Scenario, simulate
from quanheng.kernels.fleet.voltage import refer, wire
from tests.kernels.fleet.areas import accused, changed, codes, estimated, made, told

DAYS = 14


@pytest.fixture(scope="module")
def exact() -> Area:
    """An area with loads but without noise of the voltages: the drop is linear in the loads, of constant gains."""
    rng = np.random.default_rng(3)
    n, intervals = 12, DAYS * 96
    energy = rng.gamma(0.6, 0.2, (n, intervals)).astype(np.float32)
    phase = (np.arange(n) % 3).astype(np.int8)
    source = 235 + np.cumsum(rng.normal(0, 0.05, (3, intervals)), axis=1)
    away = np.where(phase[:, None] == phase, 0.004, 0.0) * rng.uniform(0.3, 1, (n, n))
    gain = rng.normal(1, 0.005, (n, 1))
    drop = 1 - (away @ energy)
    area, _ = made()
    return replace(
        area,
        meter_ids=tuple(f"m{i:02}" for i in range(n)),
        phase=phase,
        mpe_percent=np.full(n, 2.0),
        master=energy.sum(axis=0),
        master_voltage=(source * rng.normal(1, 0.005, (3, 1))).astype(np.float32),
        energy=energy,
        voltage=(source[phase] * drop * gain).astype(np.float32),
        three_phase_voltage=np.zeros((0, 3, intervals), np.float32),
    )


def true_ratio(area: Area) -> np.ndarray:
    """One over the drop, which the fixture drew after gains of its own."""
    rng = np.random.default_rng(3)
    n, intervals = area.energy.shape
    rng.gamma(0.6, 0.2, (n, intervals))
    rng.normal(0, 0.05, (3, intervals))
    away = np.where(area.phase[:, None] == area.phase, 0.004, 0.0) * rng.uniform(0.3, 1, (n, n))
    return 1 / (1 - away @ area.energy)


def test_constant_gains_of_the_channels_are_divided_out(exact: Area):
    wiring = wire(exact, exact.intervals)
    found = refer(exact, wiring, exact.energy, slice(0, exact.intervals))
    assert wiring.known.all()
    assert wiring.findings == ()
    assert found.ratio == pytest.approx(true_ratio(exact), abs=3e-4)
    assert found.uncertainty.max() < 2e-4


def test_without_known_voltage_the_ratio_is_one(exact: Area):
    voltage = exact.voltage.copy()
    voltage[4] = np.nan
    area = replace(exact, voltage=voltage)
    wiring = wire(area, area.intervals)
    found = refer(area, wiring, area.energy, slice(0, area.intervals))
    assert np.flatnonzero(~wiring.known).tolist() == [4]
    assert np.all(found.ratio[4] == 1)
    assert found.uncertainty[4] == 0
    (finding,) = wiring.findings
    assert (finding.code, finding.data["meters"]) == ("no_voltage", ["m04"])


@pytest.mark.parametrize("spoil", ["nan", "zero", "negative", "huge"])
def test_gaps_and_impossible_voltages_are_bridged(exact: Area, spoil: str):
    value = {"nan": np.nan, "zero": 0.0, "negative": -230.0, "huge": 1e6}[spoil]
    voltage = exact.voltage.copy()
    gone = np.random.default_rng(8).random(voltage.shape[1]) < 0.02
    voltage[4, gone] = value
    area = replace(exact, voltage=voltage)
    found = refer(area, wire(area, area.intervals), area.energy, slice(0, area.intervals))
    assert np.isfinite(found.ratio).all()
    if spoil != "huge":
        assert np.abs(found.ratio[4] - true_ratio(exact)[4])[~gone].max() < 2e-3
    assert np.abs(np.delete(found.ratio, 4, axis=0) - np.delete(true_ratio(exact), 4, axis=0)).max() < 1e-3


@pytest.mark.parametrize("constant", [230.0, 0.0])
def test_a_channel_with_one_number_written_down_is_none(exact: Area, constant: float):
    voltage = exact.voltage.copy()
    voltage[4] = constant
    assert np.flatnonzero(~wire(replace(exact, voltage=voltage), exact.intervals).known).tolist() == [4]


@pytest.mark.parametrize("spoil", [np.nan, 0.0, 230.0])
def test_without_the_master_voltage_there_is_none(exact: Area, spoil: float):
    area = replace(exact, master_voltage=np.full_like(exact.master_voltage, spoil))
    wiring = wire(area, area.intervals)
    assert not wiring.known.any()
    assert [f.code for f in wiring.findings] == ["no_voltage"]


@pytest.mark.parametrize("factor", [1 / 230, 10.0])
def test_the_unit_of_the_voltages_does_not_change_the_estimate(factor: float):
    area, _ = made()
    other = changed(
        area,
        voltage=area.voltage * np.float32(factor),
        three_phase_voltage=area.three_phase_voltage * np.float32(factor),
    )
    plain, found = estimated(), estimate(other)
    assert found.meter_status == plain.meter_status
    assert found.error_percent == pytest.approx(plain.error_percent, abs=0.01)
    assert sorted(filter(None, told(found, "voltage_scale"))) == list(area.meter_ids)
    (one, *_) = (f for f in found.findings if f.code == "voltage_scale")
    assert one.data["factor"] == pytest.approx(factor, rel=0.05)


def test_per_unit_throughout_is_not_told():
    area, _ = made()
    found = estimate(
        changed(
            area,
            voltage=area.voltage / np.float32(230),
            three_phase_voltage=area.three_phase_voltage / np.float32(230),
            master_voltage=area.master_voltage / np.float32(230),
        )
    )
    assert "voltage_scale" not in codes(found)
    assert found.meter_status == estimated().meter_status


def test_three_phase_consumers_are_judged_like_the_others():
    area, truth = simulate(Scenario(seed=4, meters=20, days=28, wrong=2, three_phase_share=1.0))
    assert np.isnan(area.voltage).all()
    found = estimate(area)
    assert "no_voltage" not in codes(found)
    assert accused(found) <= set(truth.wrong)
    error = np.array([truth.error_percent[m] for m in found.meter_ids])
    assert np.mean(np.abs(found.error_percent - error) < 1.96 * found.standard_uncertainty_percent) >= 0.9


def test_one_of_three_voltages_missing_makes_a_consumer_one_without():
    area, _ = made()
    (several,) = np.flatnonzero(area.phase == Phase.ABC)[:1]
    area = changed(area)
    area.three_phase_voltage[0, 1] = np.nan
    assert np.flatnonzero(~wire(area, area.intervals).known).tolist() == [several]
