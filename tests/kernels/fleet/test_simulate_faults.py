"""Every fault of a simulated area stands in its truth, and in its readings."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.simulate import FAULTS, Scenario, Truth, simulate

BASE = Scenario(seed=8, meters=24, days=6, wrong=1, three_phase_share=0.1)


@cache
def made(*faults: str, **values: object) -> tuple[Area, Truth]:
    return simulate(replace(BASE, faults=faults, **values))


def only_note(truth: Truth) -> dict[str, object]:
    (note,) = truth.notes
    return dict(note)


def row(area: Area, meter: object) -> int:
    return area.meter_ids.index(str(meter))


def others(area: Area, meter: object) -> np.ndarray:
    return np.arange(area.n) != row(area, meter)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_a_note_of_a_kind_that_is_known(fault: str):
    _, truth = made(fault)
    kind = "wrong_topology" if fault == "listed_elsewhere" else fault
    assert only_note(truth)["kind"] == kind
    assert truth.to_json()["stress"] == [kind]


def test_without_faults_there_is_no_note():
    assert made()[1].notes == ()


def test_a_fault_changes_neither_the_network_nor_the_other_meters():
    plain, faulty = made()[0], made("clock_shift")[0]
    same = others(faulty, only_note(made("clock_shift")[1])["meter"])
    assert np.array_equal(plain.energy[same], faulty.energy[same])
    assert np.array_equal(plain.master, faulty.master)


def test_an_unmetered_load_is_in_the_master_alone():
    exact = {"good_sd_percent": 0.0, "wrong": 0, "master_sd_percent": 0.0, "loss_percent": None}
    plain, (area, truth) = made(**exact)[0], made("unmetered_load", **exact)
    kwh = only_note(truth)["kwh"]
    more = area.master.sum(dtype=float) - plain.master.sum(dtype=float)
    assert np.array_equal(area.energy, plain.energy)
    assert kwh < more < 1.1 * kwh


@pytest.mark.parametrize("fault", ["missing_meter", "listed_elsewhere"])
def test_a_meter_that_is_not_listed_is_in_the_master_alone(fault: str):
    plain, (area, truth) = made()[0], made(fault)
    note = only_note(truth)
    assert set(plain.meter_ids) - set(area.meter_ids) == {note["meter"]}
    assert note["meter"] not in truth.error_percent
    assert note["meter"] not in truth.share
    assert np.array_equal(area.master, plain.master)
    assert plain.energy[row(plain, note["meter"])].sum() == pytest.approx(note["kwh"], rel=0.15)


def test_a_wrong_phase_is_the_list_s_not_the_voltage_s():
    plain, (area, truth) = made()[0], made("wrong_phase")
    note = only_note(truth)
    at = row(area, note["meter"])
    assert Phase(plain.phase[at]).name == note["true"] != Phase(area.phase[at]).name
    assert np.array_equal(area.voltage[at], plain.voltage[at])


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_late_clock_labels_what_was_before(seed: int):
    plain, (area, truth) = made(seed=seed)[0], made("clock_shift", seed=seed)
    note = only_note(truth)
    at, late = row(area, note["meter"]), int(str(note["intervals"]))
    kept = np.isfinite(area.energy[at])
    assert kept.sum() == area.intervals - 1
    assert np.array_equal(area.energy[at][kept], np.roll(plain.energy[at], late)[kept])
    moved = np.roll(plain.voltage[at], late) if note["voltage_too"] else plain.voltage[at]
    assert np.array_equal(area.voltage[at][kept], moved[kept])


@pytest.mark.parametrize("fault", ["meter_exchanged", "step_change"])
def test_an_error_that_changes_does_so_on_its_day(fault: str):
    fine = {"register_kwh": 1e-6, "good_sd_percent": 0.0}
    plain, (area, truth) = made(**fine)[0], made(fault, **fine)
    note = only_note(truth)
    at, first = row(area, note["meter"]), int(str(note["day"])) * 96
    assert 0 < first < area.intervals
    before, after = plain.energy[at].astype(float)[:first], plain.energy[at].astype(float)[first:]
    own = area.energy[at].astype(float)
    wrong = truth.error_percent[str(note["meter"])] / 100
    assert own[:first].sum() / before.sum() - 1 == pytest.approx(wrong, abs=1e-4)
    assert own[first:].sum() / after.sum() - 1 == pytest.approx(note["error_after"], abs=1e-4)
    assert note["meter"] not in truth.wrong


def test_a_new_meter_has_a_new_voltage_channel_and_a_worn_one_has_not():
    plain, (changed, truth) = made()[0], made("meter_exchanged")
    note = only_note(truth)
    at, first = row(changed, note["meter"]), int(str(note["day"])) * 96
    assert np.array_equal(changed.voltage[at][:first], plain.voltage[at][:first])
    ratio = changed.voltage[at][first:] / plain.voltage[at][first:]
    assert np.abs(ratio - ratio.mean()).max() < 1e-3 < abs(ratio.mean() - 1) * 10
    assert np.array_equal(made("step_change")[0].voltage, plain.voltage, equal_nan=True)


def test_readings_are_missing_in_their_share_with_their_voltages_but_for_the_master():
    area, truth = made("missing_readings")
    missing = np.isnan(area.energy)
    assert missing.mean() == pytest.approx(only_note(truth)["share"], rel=0.2)
    single = area.phase != Phase.ABC
    assert np.array_equal(np.isnan(area.voltage[single]), missing[single])
    assert np.array_equal(np.isnan(area.three_phase_voltage[:, 1]), missing[~single])
    assert np.isfinite(area.master).all()


def test_a_consumer_of_another_area_is_listed_but_not_in_the_master():
    exact = {"good_sd_percent": 0.0, "wrong": 0, "master_sd_percent": 0.0}
    plain, (area, truth) = made(**exact)[0], made("wrong_topology", **exact)
    foreign = only_note(truth)["meter"]
    ours = area.energy[others(area, foreign)].sum(dtype=float)
    master = area.master.sum(dtype=float)
    assert area.n == BASE.meters + 1
    assert truth.share[str(foreign)] == 0
    assert np.array_equal(area.master, plain.master)
    assert area.energy[row(area, foreign)].sum() > 1
    assert master - ours == pytest.approx(truth.loss_ratio * master, abs=0.5)


def test_roofs_feed_back():
    area, truth = made("reverse_flow")
    roofs = [row(area, meter) for meter in only_note(truth)["meters"]]  # type: ignore[attr-defined]
    assert len(roofs) == round(BASE.solar_share * BASE.meters)
    assert all(area.energy[roof].min() < 0 for roof in roofs)
    assert np.delete(area.energy, roofs, axis=0).min() >= 0


def test_without_voltages_there_is_none():
    area, _ = made("no_voltage")
    for volts in (area.master_voltage, area.voltage, area.three_phase_voltage):
        assert np.isnan(volts).all()
    assert np.isfinite(area.energy).all()


def test_faults_named_twice_befall_two_meters():
    _, truth = made("wrong_phase", "wrong_phase", "clock_shift")
    assert [note["kind"] for note in truth.notes] == ["wrong_phase", "wrong_phase", "clock_shift"]
    assert len({note["meter"] for note in truth.notes}) == 3


def test_more_faults_than_consumers_with_consumption_are_refused():
    empty = np.zeros((1, 96))
    with pytest.raises(ValueError, match="放不下 2 个故障"):
        made("wrong_phase", "clock_shift", three_phase_share=1.0, profiles=None)
    with pytest.raises(ValueError, match="没有线损率可言"):
        simulate(replace(BASE, profiles=empty))
