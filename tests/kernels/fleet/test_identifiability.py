"""What the data cannot say: idle meters, and meters that rise and fall together."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.identifiability import alone, collinear_findings, collinear_groups, no_consumption
from quanheng.kernels.fleet.results import CONFORMING, JUDGED, OUT_OF_TOLERANCE, UNDETERMINED
from tests.kernels.fleet.areas import accused, changed, codes, made


def information(loads: np.ndarray) -> np.ndarray:
    return loads.T @ loads / 0.02**2


@pytest.fixture
def gammas() -> np.ndarray:
    return np.random.default_rng(1).gamma(0.6, 1.0, (500, 6))


def test_independent_loads_are_no_group(gammas: np.ndarray):
    assert collinear_groups(information(gammas), 0.06, np.ones(6, bool)) == []


def test_loads_that_go_together_are_a_group(gammas: np.ndarray):
    gammas[:, 4] = 2 * gammas[:, 1]
    gammas[:, 5] = gammas[:, 1] + gammas[:, 3]
    assert collinear_groups(information(gammas[:, :5]), 0.06, np.ones(5, bool)) == [[1, 4]]


def test_only_doubtful_meters_are_put_into_groups(gammas: np.ndarray):
    gammas[:, 4] = gammas[:, 1]
    assert collinear_groups(information(gammas), 0.06, np.arange(6) != 4) == []


def test_without_information_the_uncertainty_is_what_was_believed_before():
    deviation, correlation = alone(np.zeros((3, 3)), 0.06)
    assert deviation == pytest.approx(np.full(3, 0.06))
    assert correlation == pytest.approx(np.eye(3))


def test_a_group_is_named_once_with_its_meters():
    (finding,) = collinear_findings([[0, 2]], ("m1", "m2", "m3"))
    assert (finding.code, finding.data) == ("collinear_meters", {"meters": ["m1", "m3"]})


def test_no_consumption_is_a_thousandth_of_the_mean():
    assert no_consumption(np.array([0.5, 0.4999, 0.0001])).tolist() == [False, False, True]


def two_alike(factor: float, wrong: float = 0.0) -> tuple[Area, list[str]]:
    """The area in which the two meters with the median load are proportional; the master follows the first's."""
    area = changed(made(wrong=0)[0])
    first, second = area.energy.sum(axis=1).argsort()[14:16]
    before = area.energy[second].copy()
    area.energy[second] = np.float32(factor) * area.energy[first]
    area.voltage[second] = area.voltage[first]
    area.phase[second] = area.phase[first]
    area.master[:] += area.energy[second] - before
    area.energy[second] *= np.float32(1 + wrong)
    return area, sorted([area.meter_ids[first], area.meter_ids[second]])


@pytest.mark.parametrize("wrong", [0.0, 0.08])
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_two_proportional_loads_are_named_and_neither_is_judged(factor: float, wrong: float):
    area, names = two_alike(factor, wrong)
    found = estimate(area)
    assert found.status == JUDGED
    (finding,) = (f for f in found.findings if f.code == "collinear_meters")
    assert sorted(finding.data["meters"]) == names
    for name in names:
        at = found.meter_ids.index(name)
        assert found.meter_status[at] == UNDETERMINED
        assert "同步变化" in found.reason[at]
    assert not accused(found)


def test_the_same_readings_twice_are_told_as_that():
    area, names = two_alike(1.0)
    (finding,) = (f for f in estimate(area).findings if f.code == "identical_loads")
    assert sorted(finding.data["meters"]) == names


@pytest.mark.parametrize("kwh", [0.0, 1e-6])
def test_an_idle_meter_never_conforms(kwh: float):
    area = changed(made(wrong=0)[0])
    row = int(area.energy.sum(axis=1).argmin())
    area.energy[row] = kwh
    found = estimate(area)
    assert found.meter_status[row] == UNDETERMINED
    assert found.reason[row] == "几乎没有用电。"
    assert area.meter_ids[row] in next(f for f in found.findings if f.code == "no_consumption").data["meters"]


def test_meters_that_use_something_are_not_called_idle():
    found = estimate(made()[0])
    assert {CONFORMING, OUT_OF_TOLERANCE} <= set(found.meter_status)
    assert "collinear_meters" not in codes(found)
