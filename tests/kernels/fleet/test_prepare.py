"""Readings made ready: spikes out, gaps bridged and trusted less, what cannot be used refused."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.prepare import CannotEstimate, prepare
from tests.kernels.fleet.areas import changed, consumers_of, days_of, loads, made


@pytest.fixture
def area() -> Area:
    return changed(made()[0])


def finding(area: Area, code: str):
    (found,) = (f for f in prepare(area).findings if f.code == code)
    return found


def test_complete_readings_stay_as_they_are(area: Area):
    ready = prepare(area)
    assert ready.findings == ()
    assert ready.variance is None
    assert np.array_equal(ready.energy, area.energy)
    assert np.array_equal(ready.master, area.master)
    assert np.all(ready.weight == 1)


def test_a_last_day_that_is_not_whole_is_left_out(area: Area):
    end = area.intervals - 17
    part = changed(area, master=area.master[:end], energy=area.energy[:, :end])
    assert prepare(part).energy.shape == (area.n, area.intervals - 96)


@pytest.mark.parametrize("times", [1, 40])
def test_impossible_readings_are_taken_out_and_told(area: Area, times: int):
    row = int(area.energy.sum(axis=1).argsort()[15])
    at = np.linspace(5, area.intervals - 5, times).astype(int)
    area.energy[row, at] = 1000 * np.maximum(area.energy[row, at], 0.2)
    told = finding(area, "spikes")
    assert (told.meter_id, told.data["count"]) == (area.meter_ids[row], times)
    ready = prepare(area)
    assert (ready.variance[at] > 0).all()
    assert ready.energy[row].max() < 10


def test_a_heavy_load_for_an_hour_is_no_spike(area: Area):
    lived_in = area.energy.sum(axis=1) > 20
    area.energy[lived_in, 500:504] = np.maximum(area.energy[lived_in, 500:504], 1.2)
    area.master[500:504] = area.energy[:, 500:504].sum(axis=0)
    assert prepare(area).findings == ()


def test_another_unit_is_no_spike(area: Area):
    row = int(area.energy.sum(axis=1).argmax())
    area.energy[row] *= 1000
    assert "spikes" not in {f.code for f in prepare(area).findings if f.data["count"] > 100}


def test_a_gap_of_one_interval_takes_the_mean_of_its_neighbours(area: Area):
    area.energy[3, 100] = np.nan
    assert prepare(area).energy[3, 100] == pytest.approx(area.energy[3, [99, 101]].mean())


def test_a_longer_gap_takes_what_is_usual_at_that_time(area: Area):
    area.energy[3, 96:192] = np.nan
    usual = np.nanmean(area.energy[3].reshape(-1, 96), axis=0)
    ready = prepare(area)
    assert ready.energy[3, 97:191] == pytest.approx(usual[1:-1], rel=1e-5)
    assert np.delete(ready.energy, 3, axis=0) == pytest.approx(np.delete(area.energy, 3, axis=0))


def test_bridged_intervals_weigh_less_the_rougher_it_is_around_them(area: Area):
    quiet, lively = 3 * 96 + 12, 3 * 96 + 76
    area.energy[5, quiet - 3 : quiet + 4] = 0.01
    area.energy[5, lively - 3 : lively + 4] = [0.1, 1.2, 0.1, 0.9, 0.2, 1.1, 0.1]
    area.energy[5, [quiet, lively]] = np.nan
    weight = prepare(area).weight
    assert 0 < weight[lively] < weight[quiet] <= 1
    assert np.all(np.delete(weight, [quiet, lively]) == 1)


def test_missing_readings_are_told_from_one_in_a_hundred(area: Area):
    few = changed(area)
    few.energy[2, :20] = np.nan
    assert prepare(few).findings == ()
    area.energy[2, :1000] = np.nan
    told = finding(area, "missing_readings")
    assert told.data == {
        "share": pytest.approx(1000 / area.energy.size, abs=1e-5),
        "worst_meter": area.meter_ids[2],
    }


def test_an_interval_without_the_master_has_no_weight(area: Area):
    area.master[[7, 8]] = np.nan, 1e6
    ready = prepare(area)
    assert np.flatnonzero(ready.weight == 0).tolist() == [7, 8]
    assert np.isfinite(ready.master).all()


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda a: changed(a, master=a.master * np.float32(np.nan)), "missing_master", "总表读数只有 0%"),
        (lambda a: changed(a, master=np.full_like(a.master, 3)), "too_few_data", "始终不变"),
        (lambda a: changed(a, master=np.zeros_like(a.master)), "too_few_data", "始终不变"),
        (lambda a: days_of(a, 3), "too_few_data", "只有 3 天读数，至少需要 7 天"),
        (lambda a: days_of(a, 0), "too_few_data", "只有 0 天"),
        (lambda a: consumers_of(a, []), "too_few_data", "没有用户表"),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_reason(area: Area, spoil, code: str, said: str):
    with pytest.raises(CannotEstimate, match=said) as refused:
        prepare(spoil(area))
    assert refused.value.finding.code == code


def test_the_same_readings_twice_are_told_once(area: Area):
    area.energy[[4, 9]] = area.energy[1]
    assert finding(area, "identical_loads").data["meters"] == [area.meter_ids[i] for i in (1, 4, 9)]


def test_idle_meters_are_not_the_same_readings(area: Area):
    area.energy[[4, 9]] = 0
    assert prepare(area).findings == ()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_meter_without_any_reading_is_bridged_with_nothing(area: Area, value: float):
    area.energy[6] = value
    ready = prepare(area)
    assert np.isfinite(ready.energy).all()
    assert np.isfinite(ready.weight).all()
    assert ready.energy[6] == pytest.approx(np.zeros(area.intervals))


def test_bridging_is_as_good_as_it_says():
    energy = loads(20, 30)
    area = changed(made()[0], energy=energy, master=energy.sum(axis=0), meter_ids=tuple(map(str, range(20))))
    gone = np.random.default_rng(1).random(energy.shape) < 0.02
    spoiled = changed(area, energy=np.where(gone, np.float32(np.nan), energy))
    ready = prepare(spoiled)
    error = (ready.energy - energy).sum(axis=0)
    complete = 0.002 * energy.sum(axis=0).mean()
    said = np.sqrt(complete**2 / ready.weight**2 - complete**2)
    touched = gone.any(axis=0)
    assert np.sqrt(np.mean(error[touched] ** 2)) == pytest.approx(
        np.sqrt(np.mean(said[touched] ** 2)), rel=0.15
    )
