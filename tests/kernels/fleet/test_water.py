"""Water districts: who measures wrong, what leaks, what bursts, and what cannot be said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from quanheng.kernels.fleet.results import (
    CONFORMING,
    JUDGED,
    OUT_OF_TOLERANCE,
    UNDETERMINED,
    UNUSABLE,
    WITHHELD,
    AreaEstimate,
)
from quanheng.kernels.fleet.water import (
    District,
    DistrictScenario,
    DistrictTruth,
    estimate_district,
    simulate_district,
)

BASE = DistrictScenario(homes=36, shops=3, days=42, wrong=2)
SEEDS = range(1, 6)
START = np.datetime64(BASE.start, "m")


@cache
def made(**values: object) -> tuple[District, DistrictTruth, AreaEstimate]:
    district, truth = simulate_district(replace(BASE, **values))
    return district, truth, estimate_district(district)


def several(**values: object) -> list[tuple[District, DistrictTruth, AreaEstimate]]:
    return [made(seed=seed, **values) for seed in SEEDS]


def finding(answer: AreaEstimate, code: str) -> dict[str, object]:
    (found,) = [f for f in answer.findings if f.code == code]
    return dict(found.data)


def codes(answer: AreaEstimate) -> list[str]:
    return [f.code for f in answer.findings]


def covers(answer: AreaEstimate, leaked: float, days: int) -> bool:
    data = finding(answer, "leakage")
    return bool(data["low_m3_per_day"] <= leaked / days <= data["high_m3_per_day"])


@pytest.mark.parametrize(
    "values",
    [{}, {"has_pressure": False}, {"has_pressure": False, "has_valve": True}, {"burst_day": 20.4}],
    ids=["plain", "no pressure", "unseen valve", "burst"],
)
def test_judged_meters_are_covered_and_good_ones_not_accused(values):
    judged = covered = good = accused = bad = found = 0
    for district, truth, answer in several(**values):
        status = np.array(answer.meter_status)
        off = np.abs(answer.error_percent - truth.error_percent)
        is_bad = np.abs(truth.error_percent) > district.mpe_percent
        told = status != UNDETERMINED
        judged += told.sum()
        covered += (told & (off <= 1.96 * answer.standard_uncertainty_percent)).sum()
        good, accused = good + (~is_bad).sum(), accused + (~is_bad & (status == OUT_OF_TOLERANCE)).sum()
        bad, found = bad + is_bad.sum(), found + (is_bad & (status == OUT_OF_TOLERANCE)).sum()
        assert not (is_bad & (status == CONFORMING)).any()
    assert covered >= 0.9 * judged
    assert accused <= 0.005 * good
    assert found >= 0.7 * bad


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"n1": 2.0, "has_valve": True},
        {"leakage_percent": 2.0},
        {"has_pressure": False, "has_valve": True},
    ],
)
def test_the_interval_of_the_leakage_holds_it(values):
    held = [covers(answer, truth.leakage_m3, BASE.days) for _, truth, answer in several(**values)]
    assert sum(held) >= len(held) - 1


def test_the_exponent_of_the_leakage_is_found_where_pressure_moves():
    for n1 in (0.5, 1.5, 2.0):
        data = finding(made(seed=3, n1=n1, has_valve=True)[2], "leakage")
        assert data["n1"] == pytest.approx(n1, abs=0.15)
    assert "n1" not in finding(made(seed=3, has_pressure=False)[2], "leakage")


@pytest.mark.parametrize("has_pressure", [True, False])
def test_a_burst_is_dated_and_sized(has_pressure):
    for _, _, answer in several(burst_day=20.4, has_pressure=has_pressure):
        data = finding(answer, "burst")
        assert abs(np.datetime64(data["time"]) - START - np.timedelta64(20 * 24 + 10, "h")) < np.timedelta64(
            1, "D"
        )
        assert data["m3_per_day"] == pytest.approx(6.0, rel=0.1)


def test_a_repair_is_a_second_step():
    answer = made(burst_day=12.0, repaired_day=25.5)[2]
    sizes = [float(f.data["m3_per_day"]) for f in answer.findings if f.code == "burst"]
    assert sizes == [pytest.approx(6, rel=0.1), pytest.approx(-6, rel=0.1)]
    assert "减少" in next(f.text for f in answer.findings if float(f.data.get("m3_per_day", 0)) < 0)


def test_without_a_burst_none_is_told():
    assert all("burst" not in codes(answer) for _, _, answer in several())


def test_what_no_meter_registers_is_told_as_leakage():
    _, truth, answer = made(starting_flow=20.0)
    assert truth.unregistered_m3 > 0.03 * truth.leakage_m3
    assert covers(answer, truth.leakage_m3 + truth.unregistered_m3, BASE.days)
    assert "始动流量" in next(f.text for f in answer.findings if f.code == "leakage")


def test_worn_meters_are_not_judged_as_surely_as_new_ones():
    def conforming(answer: AreaEstimate) -> int:
        return answer.meter_status.count(CONFORMING)

    new = sum(conforming(answer) for _, _, answer in several(starting_flow=5.0))
    worn = sum(conforming(answer) for _, _, answer in several(starting_flow=20.0))
    assert worn < 0.6 * new


def test_a_common_error_is_stated_and_widens_every_uncertainty():
    answer = made()[2]
    data = finding(answer, "confounded_low_flow")
    common = data["common_standard_uncertainty_percent"]
    assert common > 0.3
    assert (answer.standard_uncertainty_percent >= common).all()
    assert "分不开" in next(f.text for f in answer.findings if f.code == "confounded_low_flow")


def test_a_better_district_meter_leaves_less_in_common():
    fine, coarse = (made(inflow_mpe_percent=mpe)[2] for mpe in (0.5, 2.0))
    key = "common_standard_uncertainty_percent"
    assert finding(fine, "confounded_low_flow")[key] < finding(coarse, "confounded_low_flow")[key]


@pytest.mark.parametrize(("common", "word"), [(-5.0, "多"), (5.0, "少")])
def test_more_than_both_errors_explain_withholds_all_verdicts(common, word):
    answer = made(common_percent=common)[2]
    assert answer.status == WITHHELD
    assert set(answer.meter_status) == {UNDETERMINED}
    assert np.isnan(answer.error_percent).all()
    assert word in next(f.text for f in answer.findings if f.code == "district_differs")


def test_without_pressure_it_is_said_and_with_it_not():
    assert "no_pressure" in codes(made(has_pressure=False)[2])
    assert "no_pressure" not in codes(made()[2])


def test_pressure_that_is_mostly_missing_counts_as_none():
    district = made()[0]
    sparse = district.pressure.copy()
    sparse[: sparse.size // 2] = np.nan
    assert "no_pressure" in codes(estimate_district(replace(district, pressure=sparse)))
    some = district.pressure.copy()
    some[::10] = np.nan
    assert "no_pressure" not in codes(estimate_district(replace(district, pressure=some)))


def test_a_meter_that_stops_is_named_and_not_judged():
    district = made()[0]
    volume = district.volume.copy()
    volume[4, 30 * 24 :] = 0
    answer = estimate_district(replace(district, volume=volume))
    (told,) = [f for f in answer.findings if f.code == "no_consumption"]
    assert (told.meter_id, told.data["day"]) == (
        district.meter_ids[4],
        str(START.astype("datetime64[D]") + 30),
    )
    assert answer.meter_status[4] == UNDETERMINED
    assert "停走" in answer.reason[4]


def test_gaps_and_spikes_are_bridged_and_told_in_cubic_metres():
    district, _, whole = made()
    volume = district.volume.copy()
    volume[np.random.default_rng(1).random(volume.shape) < 0.02] = np.nan
    volume[0, 100] = 900.0
    answer = estimate_district(replace(district, volume=volume))
    assert answer.status == JUDGED
    assert {"spikes", "missing_readings"} <= set(codes(answer))
    said = "".join([*(f.text for f in answer.findings), *answer.reason])
    assert not any(word in said for word in ("kWh", "电", "台区"))
    assert np.isfinite(answer.error_percent).all()
    assert answer.energy_share[1:] == pytest.approx(whole.energy_share[1:], rel=0.05, abs=1e-3)


def test_too_few_days_are_unusable():
    answer = estimate_district(simulate_district(replace(BASE, days=5))[0])
    assert (answer.status, codes(answer)) == (UNUSABLE, ["too_few_data"])
    assert set(answer.meter_status) == {UNDETERMINED}


def test_the_order_of_the_meters_does_not_matter():
    district, _, answer = made()
    turned = replace(district, meter_ids=district.meter_ids[::-1], volume=district.volume[::-1].copy())
    assert estimate_district(turned).error_percent[::-1] == pytest.approx(answer.error_percent, abs=0.02)
