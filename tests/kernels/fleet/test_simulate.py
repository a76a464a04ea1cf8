"""Simulated areas: the same seed gives the same bytes, and the truth is that of the readings."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.simulate import Scenario, Truth, simulate

SMALL = Scenario(seed=5, meters=24, days=7, wrong=2, three_phase_share=0.1)


@cache
def made(**values: object) -> tuple[Area, Truth]:
    return simulate(replace(SMALL, **values))


def bytes_of(area: Area) -> bytes:
    arrays = (getattr(area, field.name) for field in fields(area))
    return b"".join(a.tobytes() for a in arrays if isinstance(a, np.ndarray))


def test_the_same_seed_gives_the_same_bytes():
    area, truth = simulate(SMALL)
    assert bytes_of(area) == bytes_of(made()[0])
    assert json.dumps(truth.to_json()) == json.dumps(made()[1].to_json())


def test_another_seed_gives_another_area():
    assert bytes_of(made()[0]) != bytes_of(made(seed=6)[0])


def test_the_area_has_the_shapes_of_its_contract():
    area, _ = made()
    n, t = 24, 7 * 96
    assert area.meter_ids == tuple(sorted(area.meter_ids))
    assert (area.n, area.intervals, area.start) == (n, t, np.datetime64("2026-01-05T00:00"))
    assert area.energy.shape == area.voltage.shape == (n, t)
    assert area.master_voltage.shape == (3, t)
    three = area.phase == Phase.ABC
    assert area.three_phase_voltage.shape == (int(three.sum()), 3, t)
    assert np.isnan(area.voltage[three]).all()
    assert np.isfinite(area.voltage[~three]).all()
    assert {Phase(p) for p in area.phase} == {Phase.A, Phase.B, Phase.C, Phase.ABC}


def test_the_truth_has_the_shape_of_a_truth_file():
    area, truth = made()
    found = json.loads(json.dumps(truth.to_json()))
    shape = {"area", "net", "seed", "days", "loss_ratio", "v_min", "unconverged", "stress", "notes", "wrong"}
    assert shape | {"error_percent", "share"} <= found.keys()
    assert tuple(found["error_percent"]) == tuple(found["share"]) == area.meter_ids
    assert sum(found["share"].values()) == pytest.approx(1)
    assert len(found["wrong"]) == 2
    assert {m for m, e in found["error_percent"].items() if abs(e) > 2} == set(found["wrong"])
    assert all(abs(found["error_percent"][m]) >= 2.5 for m in found["wrong"])


def test_the_balance_of_the_readings_is_the_technical_loss():
    """Without errors of meters the master shows the consumers and the loss, but for the registers' steps."""
    area, truth = made(wrong=0, good_sd_percent=0.0, master_sd_percent=0.0)
    loss = area.master.sum(dtype=float) - area.energy.sum(dtype=float)
    steps = SMALL.master_register_kwh + area.n * SMALL.register_kwh
    assert loss == pytest.approx(truth.loss_ratio * area.master.sum(dtype=float), abs=steps)


def test_the_errors_of_the_truth_are_in_the_readings():
    exact = made(wrong=0, good_sd_percent=0.0, register_kwh=1e-6)[0].energy.sum(axis=1, dtype=float)
    area, truth = made(register_kwh=1e-6)
    used = exact > 1
    error = area.energy.sum(axis=1, dtype=float)[used] / exact[used] - 1
    expected = np.array([truth.error_percent[m] for m in area.meter_ids])[used]
    assert 100 * error == pytest.approx(expected, abs=1e-3)


def test_registers_and_voltages_have_steps():
    area, _ = made()
    for values, step in ((area.energy, 0.01), (area.master, 0.1), (area.voltage, 0.1)):
        counts = values[np.isfinite(values)].astype(float) / step
        assert np.abs(counts - np.round(counts)).max() < 1e-3


@pytest.mark.parametrize("wanted", [0.5, 1.5, 3.0])
def test_the_loss_is_near_the_one_that_is_wanted(wanted: float):
    _, truth = made(loss_percent=wanted, express_share=0.5, unbalance=0.2)
    assert 100 * truth.loss_ratio == pytest.approx(wanted, rel=0.06)


def test_more_loss_is_more_drop():
    assert made(loss_percent=3.0)[1].v_min < made(loss_percent=0.5)[1].v_min < 235


def test_a_loss_that_no_cable_gives_is_refused():
    with pytest.raises(ValueError, match="达不到 14 % 的线损率"):
        made(loss_percent=14.0)


def test_longer_steps_sum_the_energy_and_average_the_voltage():
    quarter, hour = made()[0], made(step_minutes=60)[0]
    assert hour.intervals == 7 * 24
    summed = quarter.energy.reshape(24, -1, 4).sum(axis=2)
    assert np.abs(hour.energy - summed).max() < 0.0101
    single = quarter.phase != Phase.ABC
    mean = quarter.voltage[single].reshape(int(single.sum()), -1, 4).mean(axis=2)
    assert np.abs(hour.voltage[single] - mean).max() < 0.16


def test_the_last_quarter_of_an_hour_can_be_what_is_recorded():
    quarter, last = made()[0], made(step_minutes=60, voltage_reading="last")[0]
    single = quarter.phase != Phase.ABC
    assert np.array_equal(last.voltage[single], quarter.voltage[single][:, 3::4])


def test_the_consumers_of_a_phase_pull_that_phase_down():
    area, _ = made(voltage_noise_sd_percent=0.0, loss_percent=3.0)
    for phase in (Phase.A, Phase.B, Phase.C):
        load = area.energy[area.phase == phase].sum(axis=0)
        drop = area.master_voltage[phase] - area.voltage[area.phase == phase].mean(axis=0)
        assert np.corrcoef(load, drop)[0, 1] > 0.6


def test_the_start_is_the_first_interval():
    area, _ = made(start=date(2025, 12, 1), days=1)
    assert area.start == np.datetime64("2025-12-01T00:00")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"meters": 1}, "表数"),
        ({"days": 0}, "天数"),
        ({"step_minutes": 20}, "采集间隔"),
        ({"loss_percent": 0.0}, "线损率"),
        ({"feeders": 7}, "出线数"),
        ({"express_share": 1.0}, "线长占比"),
        ({"unbalance": 1.5}, "相别随意"),
        ({"voltage_reading": "first"}, "电压取值方式"),
        ({"faults": ("theft",)}, "没有这种故障：theft"),
        ({"wrong": -1}, "超差表数"),
        ({"wrong": 13}, "不能超过一半"),
        ({"seed": -1}, "种子"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(values: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **values)
