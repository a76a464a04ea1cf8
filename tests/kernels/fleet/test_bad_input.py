"""Whatever is wrong with the readings is a finding; it never stops the run, never warns, never accuses a good meter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.results import JUDGED, UNDETERMINED, UNUSABLE, WITHHELD, AreaEstimate
from tests.kernels.fleet.areas import accused, changed, codes, consumers_of, days_of, estimated, made, told

pytestmark = pytest.mark.filterwarnings("error")

VALUES = {"days": 21}
NAN = np.float32(np.nan)


@pytest.fixture
def area() -> Area:
    """A copy that may be spoiled; meter 4 has three phases."""
    return changed(made(**VALUES)[0])


def answered(area: Area) -> AreaEstimate:
    """The answer, of which the form is right and no good meter is accused."""
    found = estimate(area)
    assert found.meter_ids == area.meter_ids
    assert len(found.meter_status) == len(found.reason) == area.n
    for each in (
        found.error_percent,
        found.standard_uncertainty_percent,
        found.probability_out_of_tolerance,
        found.energy_share,
    ):
        assert each.shape == (area.n,)
    judged = np.array([status != UNDETERMINED for status in found.meter_status], bool)
    assert np.isfinite(found.error_percent[judged]).all()
    assert all(reason for reason, sure in zip(found.reason, judged, strict=True) if not sure)
    assert accused(found) <= set(made(**VALUES)[1].wrong)
    return found


def energies(area: Area, change: Callable[[np.ndarray], object], *, in_master: bool = False) -> Area:
    """The area with changed energies; ``in_master``: the master sees the change too."""
    before = area.energy.sum(axis=0)
    change(area.energy)
    if in_master:
        area.master[:] += area.energy.sum(axis=0) - before
    return area


def put(row: object, value: object) -> Callable[[np.ndarray], object]:
    return lambda energy: energy.__setitem__(row, value)


class TestMaster:
    """A master that is missing or says nothing."""

    @pytest.mark.parametrize(
        ("value", "code"), [(np.nan, "missing_master"), (5.0, "too_few_data"), (0.0, "too_few_data")]
    )
    def test_without_a_telling_master_nothing_is_judged(self, area: Area, value: float, code: str):
        found = answered(changed(area, master=np.full_like(area.master, value)))
        assert (found.status, codes(found)) == (UNUSABLE, {code})
        assert set(found.meter_status) == {UNDETERMINED}

    def test_a_master_with_gaps_is_used_where_it_is_there(self, area: Area):
        area.master[:1000] = np.nan
        area.master[1500] = np.inf
        found = answered(area)
        assert found.status == JUDGED
        assert found.loss_percent == pytest.approx(estimated(**VALUES).loss_percent, abs=0.3)

    def test_a_spike_of_the_master_changes_nothing(self, area: Area):
        area.master[100] *= 1000
        assert answered(area).meter_status == estimated(**VALUES).meter_status

    @pytest.mark.parametrize("factor", [-1.0, 1000.0, 0.01, 0.1, 0.5, 0.9, 1.1, 2.0, 10.0])
    def test_a_master_of_another_sign_unit_or_transformer_ratio_withholds(self, area: Area, factor: float):
        found = answered(changed(area, master=area.master * np.float32(factor)))
        assert found.status == WITHHELD
        assert codes(found) & {"unmetered_load", "wrong_topology"}
        assert not codes(found) & {"clock_shift", "meter_exchanged"}

    def test_how_far_the_master_is_off_is_told(self, area: Area):
        found = answered(changed(area, master=area.master * np.float32(0.9)))
        (finding,) = (f for f in found.findings if f.code == "wrong_topology")
        assert finding.data["master_percent"] == pytest.approx(-10, abs=1)
        assert finding.meter_id is None

    @pytest.mark.parametrize("factor", [0.98, 1.02])
    def test_a_master_that_is_off_by_less_accuses_nobody(self, area: Area, factor: float):
        assert answered(changed(area, master=area.master * np.float32(factor))).status == JUDGED

    def test_the_master_of_another_area_withholds(self, area: Area):
        other, _ = made(seed=9, **VALUES)
        found = answered(changed(area, master=other.master, master_voltage=other.master_voltage))
        assert found.status == WITHHELD


class TestFew:
    """Few meters, few days, more parameters than data."""

    def test_no_meter(self, area: Area):
        assert answered(consumers_of(area, [])).status == UNUSABLE

    def test_one_meter_behind_the_master_of_many(self, area: Area):
        assert answered(consumers_of(area, [3])).status == WITHHELD

    def test_one_meter_that_the_master_confirms(self, area: Area):
        row = int(area.energy.sum(axis=1).argmax())
        alone = consumers_of(area, [row], master=area.energy[row] * np.float32(1.004))
        assert answered(alone).status == JUDGED

    def test_three_days(self, area: Area):
        found = answered(days_of(area, 3))
        assert (found.status, codes(found)) == (UNUSABLE, {"too_few_data"})

    def test_seven_days_say_less(self, area: Area):
        found = answered(days_of(area, 7))
        assert found.meter_status.count(UNDETERMINED) > estimated(**VALUES).meter_status.count(UNDETERMINED)

    @pytest.mark.parametrize("faults", [(), ("no_voltage",)])
    def test_more_meters_than_the_data_can_carry(self, faults: tuple[str, ...]):
        area, truth = made(*faults, meters=200, days=7, step_minutes=60)
        found = estimate(area)
        assert found.status == JUDGED
        assert accused(found) <= set(truth.wrong)
        assert found.meter_status.count(UNDETERMINED) > 150


class TestLoads:
    """Loads that are zero, constant, the same, negative, missing."""

    def test_all_zero(self, area: Area):
        assert answered(energies(area, put(slice(None), 0))).status == WITHHELD

    def test_all_constant(self, area: Area):
        assert answered(energies(area, put(slice(None), 0.1))).status == WITHHELD

    def test_all_the_same(self, area: Area):
        found = answered(energies(area, put(slice(None), area.energy[0].copy())))
        assert found.status == WITHHELD
        assert "identical_loads" in codes(found)
        assert not any(told(found, "wrong_topology"))

    def test_all_missing(self, area: Area):
        found = answered(energies(area, put(slice(None), NAN)))
        assert found.status == WITHHELD
        assert "missing_readings" in codes(found)

    @pytest.mark.parametrize("value", [0.0, 0.1])
    def test_one_zero_or_constant(self, area: Area, value: float):
        found = answered(energies(area, put(5, value), in_master=True))
        assert found.status == JUDGED
        assert found.meter_status[5] == UNDETERMINED or value

    def test_one_without_any_reading(self, area: Area):
        found = answered(energies(area, put(5, NAN)))
        finding = next(f for f in found.findings if f.code == "missing_readings")
        assert finding.data["worst_meter"] == area.meter_ids[5]
        assert found.meter_status[5] == UNDETERMINED

    def test_one_with_the_wrong_sign(self, area: Area):
        area.energy[5] *= -1
        found = answered(area)
        assert {"reverse_energy"} <= codes(found)
        assert found.meter_status[5] == UNDETERMINED

    def test_all_with_the_wrong_sign(self, area: Area):
        assert answered(changed(area, energy=-area.energy)).status == WITHHELD

    def test_all_in_watt_hours(self, area: Area):
        assert answered(changed(area, energy=area.energy * np.float32(1000))).status == WITHHELD

    def test_loads_that_have_nothing_to_do_with_the_master(self, area: Area):
        noise = np.random.default_rng(2).exponential(0.1, area.energy.shape).astype(np.float32)
        assert answered(changed(area, energy=noise)).status == WITHHELD

    @pytest.mark.parametrize("value", [1000.0, np.inf])
    def test_spikes(self, area: Area, value: float):
        row = int(area.energy.sum(axis=1).argsort()[20])
        area.energy[row, ::50] = value
        found = answered(area)
        assert found.status == JUDGED
        assert found.meter_status == estimated(**VALUES).meter_status


class TestVoltages:
    """Voltages in other units, missing, impossible."""

    @pytest.mark.parametrize("factor", [1 / 230, 10.0])
    def test_in_another_unit(self, area: Area, factor: float):
        area.voltage[:] *= np.float32(factor)
        area.three_phase_voltage[:] *= np.float32(factor)
        found = answered(area)
        assert "voltage_scale" in codes(found)
        assert found.meter_status == estimated(**VALUES).meter_status

    @pytest.mark.parametrize("value", [0.0, np.nan, 230.0, -1.0, np.inf])
    def test_that_are_none(self, area: Area, value: float):
        area.voltage[:] = value
        area.three_phase_voltage[:] = value
        found = answered(area)
        assert "no_voltage" in codes(found)
        assert found.status == JUDGED

    @pytest.mark.parametrize("value", [0.0, np.nan, -1.0, np.inf])
    def test_that_are_none_now_and_then(self, area: Area, value: float):
        area.voltage[5, ::3] = value
        area.voltage[7, 300:500] = value
        area.master_voltage[1, ::9] = value
        found = answered(area)
        assert found.status == JUDGED
        assert (
            found.meter_status.count(UNDETERMINED) <= estimated(**VALUES).meter_status.count(UNDETERMINED) + 4
        )

    def test_that_are_noise(self, area: Area):
        area.voltage[:] = np.random.default_rng(1).normal(230, 5, area.voltage.shape)
        answered(area)

    @pytest.mark.parametrize("with_voltage", [True, False])
    def test_with_phases_unknown(self, area: Area, with_voltage: bool):
        area.phase[area.phase != Phase.ABC] = Phase.UNKNOWN
        if not with_voltage:
            area.voltage[:] = np.nan
        found = answered(area)
        assert found.status == JUDGED
        assert "phase_unknown" in codes(found)


def test_everything_at_once(area: Area):
    rng = np.random.default_rng(2)
    area.energy[rng.random(area.energy.shape) < 0.1] = np.nan
    area.energy[5] = area.energy[6]
    area.energy[7] = 0
    area.energy[8] = 0.1
    area.energy[9] = np.nan
    area.energy[10] *= -1
    area.energy[11, 50] = 1000
    area.voltage[3] /= 230
    area.voltage[12] = np.nan
    area.master[rng.random(area.intervals) < 0.2] = np.nan
    area.master[3] = 1e6
    found = answered(area)
    assert found.status == WITHHELD
    assert {"spikes", "missing_readings", "identical_loads", "reverse_energy"} <= codes(found)


@pytest.mark.parametrize("step_minutes", [15, 30, 60])
def test_every_step_is_taken(step_minutes: int):
    area, truth = made(step_minutes=step_minutes, **VALUES)
    found = estimate(area)
    assert found.status == JUDGED
    assert accused(found) <= set(truth.wrong)


def test_the_same_area_gives_the_same_bytes(area: Area):
    one, other = estimate(area), estimate(changed(area))
    assert one.error_percent.tobytes() == other.error_percent.tobytes()
    assert one.findings == other.findings
