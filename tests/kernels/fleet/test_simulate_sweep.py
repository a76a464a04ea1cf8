"""The power flow of the simulator: against closed forms, its own balance, and a published feeder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.fleet.simulate.sweep import Flow, Loads, Network, solve

TURN = np.exp(-2j * np.pi / 3 * np.arange(3))


def source(intervals: int, volts: float = 230.0):
    return volts * np.repeat(TURN[:, None], intervals, axis=1)


def one_segment(z: complex, conductors: int) -> Network:
    block = np.diag(np.full(conductors, z))
    return Network(np.array([-1, 0]), np.array([np.zeros_like(block), block]))


@pytest.mark.parametrize(("conductors", "loop"), [(3, 1), (4, 2)])
def test_one_resistive_load_has_the_voltage_of_the_quadratic(conductors: int, loop: int):
    """V² − V0·V + P·R = 0, where the current flows through phase and neutral, or through the phase alone."""
    watts, ohms = np.array([[100.0, 2000.0, 7000.0]]), 0.4
    flow = solve(
        one_segment(ohms, conductors),
        source(3),
        Loads(np.array([1]), np.array([1]), watts.astype(complex)),
    )
    expected = 115 + np.sqrt(115**2 - watts[0] * ohms * loop)
    assert np.abs(flow.voltage[0]) == pytest.approx(expected, rel=1e-9)
    assert flow.loss == pytest.approx((watts[0] / expected) ** 2 * ohms * loop, rel=1e-8)


def test_balanced_loads_leave_the_neutral_without_current():
    power = np.full((3, 1), 3000 + 900j)
    loads = Loads(np.array([1, 1, 1]), np.arange(3), power)
    with_neutral = solve(one_segment(0.3 + 0.1j, 4), source(1), loads)
    without = solve(one_segment(0.3 + 0.1j, 3), source(1), loads)
    assert with_neutral.voltage == pytest.approx(without.voltage, rel=1e-9)
    assert with_neutral.loss == pytest.approx(without.loss, rel=1e-8)


def test_more_than_the_line_can_carry_is_refused_and_the_interval_named():
    watts = np.array([[1000.0, 1000.0, 40_000.0, 1000.0]], dtype=complex)  # limit: 230² / (4 · 0.4) = 33 kW
    with pytest.raises(ValueError, match="潮流不收敛：第 2 个时段"):
        solve(one_segment(0.4, 3), source(4), Loads(np.array([1]), np.array([0]), watts))


@pytest.mark.parametrize(
    ("parent", "shape", "message"),
    [([-1, 0], (2, 5, 5), "阻抗数组"), ([0, 0], (2, 4, 4), "电源"), ([-1, 2, 0], (3, 4, 4), "编号")],
)
def test_what_is_no_tree_of_three_or_four_conductors_is_refused(parent, shape, message):
    with pytest.raises(ValueError, match=message):
        Network(np.array(parent), np.zeros(shape, complex))


@st.composite
def networks(draw: st.DrawFn):
    buses = draw(st.integers(2, 9))
    conductors = draw(st.sampled_from([3, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parent = np.array([-1, *(int(rng.integers(0, bus)) for bus in range(1, buses))])
    mutual = rng.uniform(0, 0.01, (buses, 1, 1)) * 1j
    own = rng.uniform(0.001, 0.05, (buses, conductors)) + 1j * rng.uniform(0.01, 0.03, (buses, conductors))
    blocks = mutual + own[:, :, None] * np.eye(conductors)
    count = draw(st.integers(1, 12))
    power = rng.uniform(-2000, 4000, (count, 5)) + 1j * rng.uniform(-1000, 2000, (count, 5))
    return Network(parent, blocks), Loads(rng.integers(1, buses, count), rng.integers(0, 3, count), power)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_the_source_gives_the_loads_and_the_losses(case):
    network, loads = case
    flow = solve(network, source(5), loads)
    drawn = loads.power.real.sum(axis=0)
    scale = np.abs(loads.power).sum(axis=0) + flow.loss
    assert np.abs(flow.head_power.real - drawn - flow.loss).max() <= 1e-9 * scale.max()
    assert np.all(flow.loss >= 0)


@settings(max_examples=15, deadline=None)
@given(networks())
def test_an_interval_solved_alone_is_as_in_company(case):
    network, loads = case
    flow = solve(network, source(5), loads)
    alone = solve(network, source(1), Loads(loads.bus, loads.phase, loads.power[:, 3:4]))
    assert alone.voltage[:, 0] == pytest.approx(flow.voltage[:, 3], rel=1e-8)


class EuropeanFeeder:
    """The IEEE European low-voltage test feeder, read from its OpenDSS files; three-wire sequence data."""

    base_volts = 416 / np.sqrt(3)

    def __init__(self, folder: Path) -> None:
        self.reference = json.loads((folder / "reference_losses.json").read_text())
        codes = {m["name"]: m for m in self._rows(folder / "LineCode.txt", "LineCode")}
        parents, blocks, index = [-1, 0, 1], [np.zeros((3, 3)), *self.supply()], {"1": 2}
        for line in self._rows(folder / "Lines.txt", "Line"):
            code = {key: float(codes[line["Linecode"]][key]) for key in ("R1", "X1", "R0", "X0")}
            block = phases(code["R1"] + 1j * code["X1"], code["R0"] + 1j * code["X0"])
            index[line["Bus2"]] = len(parents)
            parents.append(index[line["Bus1"]])
            blocks.append(block * float(line["Length"]) / 1000)
        self.network = Network(np.array(parents), np.array(blocks))
        loads = [row["Bus1"].split(".") for row in self._rows(folder / "Loads.txt", "Load")]
        self.bus = np.array([index[bus] for bus, _ in loads])
        self.phase = np.array([int(phase) - 1 for _, phase in loads])
        shapes = folder / "Daily_1min_100profiles"
        kw = np.array([np.loadtxt(shapes / f"load_profile_{i + 1}.txt") for i in range(len(loads))])
        self.power = 1000 * kw * (1 + 1j * np.tan(np.arccos(0.95)))

    @staticmethod
    def _rows(file: Path, kind: str) -> list[dict[str, str]]:
        found = re.findall(rf"^New {kind}\.(\S+) (.*)$", file.read_text(), re.MULTILINE)
        return [{"name": name} | dict(re.findall(r"(\w+)=(\S+)", rest)) for name, rest in found]

    @staticmethod
    def supply() -> tuple[np.ndarray, np.ndarray]:
        """The source of 3 kA, which feeds no zero sequence, and 800 kVA with 4 % and 0.2 % of resistance a winding."""
        reach = np.exp(1j * np.arctan(4)) * 11e3 / np.sqrt(3) / 3000 * (416 / 11e3) ** 2
        transformer = (0.004 + 0.04j) * 416**2 / 800e3
        return phases(reach, 0), phases(transformer, transformer)

    def solve(self) -> Flow:
        """Solve the day; above 1.05 of 230 V the reference's loads are impedances."""
        head = source(self.power.shape[1], 1.05 * self.base_volts)
        at_load = np.ones_like(self.power)
        for _ in range(3):
            loads = Loads(
                self.bus, self.phase, self.power * np.maximum(1, np.abs(at_load) / (1.05 * 230)) ** 2
            )
            flow = solve(self.network, head, loads, head=1, tolerance=1e-7)
            at_load = flow.voltage
        return flow


def phases(positive: complex, zero: complex) -> np.ndarray:
    """Return the phase matrix of sequence impedances."""
    return np.full((3, 3), (zero - positive) / 3) + np.eye(3) * positive


@pytest.fixture(scope="module")
def feeder(shared: Path) -> EuropeanFeeder:
    return EuropeanFeeder(shared / "grid" / "ieee_european_lv")


def test_the_european_feeder_loses_what_its_reference_says(feeder: EuropeanFeeder):
    flow = feeder.solve()
    energy = feeder.reference["energy_kWh"]
    assert flow.loss.sum() / 60e3 == pytest.approx(energy["losses_total"], rel=0.01)
    through = energy["feeder_head"] + energy["losses_transformer"]
    assert flow.head_power.real.sum() / 60e3 == pytest.approx(through, rel=0.001)
    for minute, row in feeder.reference["check_minutes"].items():
        assert flow.loss[int(minute)] / 1000 == pytest.approx(row["loss_kW"], rel=0.01), minute
