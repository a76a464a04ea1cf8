"""Power flow of a radial low-voltage network by backward/forward sweep, all intervals at once.

Method: D. Shirmohammadi et al., A compensation-based power flow method for weakly meshed distribution and
transmission networks, IEEE Trans. Power Systems 3 (1988) 753; with the neutral as a fourth conductor as in
R. M. Ciric et al., Power flow in four-wire distribution networks, IEEE Trans. Power Systems 18 (2003) 1283.
Loads draw constant active and reactive power between their phase and the neutral at the same bus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.simulate.errors import NotSimulable

Complexes = NDArray[np.complex128]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PHASES = 3
TOLERANCE = 1e-10  # of the voltage at any load, relative to the source
MOST_SWEEPS = 100
_BLOCK_BYTES = 1 << 22  # of the currents of all segments: what stays in the cache
_LEAST_BLOCK = 64


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A tree of N buses with k conductors: three phases, and a neutral where k is 4.

    Bus 0 is the source, where the neutral is earthed.  A branch with three conductors has its neutral
    eliminated (Kron), so that loads stand between phase and earth.
    """

    parent: Ints  # (N,) parent[i] < i; parent[0] = -1
    impedance: Complexes  # (N, k, k) of the segment from parent[i] to i [Ω]; that of bus 0 is not used

    def __post_init__(self) -> None:
        """Refuse what is not a tree in order with 3 or 4 conductors: NotSimulable."""
        n = self.parent.shape[0]
        if self.impedance.shape not in {(n, 3, 3), (n, 4, 4)}:
            raise NotSimulable(f"阻抗数组应为 ({n}, 3, 3) 或 ({n}, 4, 4)，不是 {self.impedance.shape}")
        if n == 0 or self.parent[0] != -1 or np.any(self.parent[1:] < 0):
            raise NotSimulable("母线 0 应为电源，其余母线都要有上级")
        if np.any(self.parent >= np.arange(n)):
            raise NotSimulable("上级母线的编号要小于本母线")


@dataclass(frozen=True, slots=True, eq=False)
class Loads:
    """L single-phase loads over T intervals."""

    bus: Ints  # (L,)
    phase: Ints  # (L,) 0, 1 or 2
    power: Complexes  # (L, T) active + j·reactive [VA]; negative where power is fed in


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The solved network, seen from its loads and from one bus, the head."""

    voltage: Complexes  # (L, T) phase to neutral at each load [V]
    head_voltage: Complexes  # (3, T) phase to neutral at the head [V]
    head_power: Complexes  # (T,) through the head into what lies behind it [VA]
    loss: Floats  # (T,) I²R of the segments behind the head [W]


def solve(
    network: Network, source: Complexes, loads: Loads, head: int = 0, tolerance: float = TOLERANCE
) -> Flow:
    """Return the flow for the source voltages (3, T) [V].

    Raises
    ------
    NotSimulable
        Where the voltages of some interval do not converge: more is drawn than the network can carry.
    """
    n, k = network.impedance.shape[:2]
    intervals = loads.power.shape[1]
    size = max(_LEAST_BLOCK, _BLOCK_BYTES // (n * k * 16))
    behind = _behind(network.parent, head)
    parts = [
        _solve_block(
            network,
            source[:, at : at + size],
            Loads(loads.bus, loads.phase, loads.power[:, at : at + size]),
            (head, behind),
            (at, tolerance),
        )
        for at in range(0, intervals, size)
    ]
    return Flow(
        np.concatenate([p.voltage for p in parts], axis=1),
        np.concatenate([p.head_voltage for p in parts], axis=1),
        np.concatenate([p.head_power for p in parts]),
        np.concatenate([p.loss for p in parts]),
    )


def _behind(parent: Ints, head: int) -> NDArray[np.bool_]:
    """Return which segments (N,) lie behind the head."""
    behind = np.zeros(parent.shape[0], dtype=np.bool_)
    for bus in range(head + 1, parent.shape[0]):
        behind[bus] = parent[bus] == head or behind[parent[bus]]
    return behind


def _solve_block(
    network: Network,
    source: Complexes,
    loads: Loads,
    head: tuple[int, NDArray[np.bool_]],
    context: tuple[int, float],
) -> Flow:
    first, tolerance = context
    n, k = network.impedance.shape[:2]
    voltage = np.zeros((n, k, source.shape[1]), dtype=np.complex128)
    voltage[:, :PHASES] = source
    current = np.empty_like(voltage)
    at_load = _at_loads(voltage, loads)
    for _ in range(MOST_SWEEPS):
        with np.errstate(all="ignore"):
            _backward(network.parent, loads, at_load, current)
            loss = _forward(network, current, voltage, head[1])
            before, at_load = at_load, _at_loads(voltage, loads)
            change = np.abs(at_load - before).max(axis=0, initial=0.0) / np.abs(source).max(axis=0)
        if np.all(change < tolerance):
            at_head = voltage[head[0]]
            power = (at_head * current[head[0]].conj()).sum(axis=0)
            return Flow(at_load, at_head[:PHASES] - at_head[PHASES:].sum(axis=0), power, loss)
    worst = first + int(np.argmax(~(change < tolerance)))
    raise NotSimulable(f"潮流不收敛：第 {worst} 个时段的负荷超出线路所能输送的功率")


def _at_loads(voltage: Complexes, loads: Loads) -> Complexes:
    """Return the voltage across each load (L, T) [V]."""
    across: Complexes = voltage[loads.bus, loads.phase]
    if voltage.shape[1] > PHASES:
        across -= voltage[loads.bus, PHASES]
    return across


def _backward(parent: Ints, loads: Loads, at_load: Complexes, current: Complexes) -> None:
    """Sum the load currents from the ends to the source into ``current`` (N, k, T) [A]."""
    current[...] = 0
    drawn = (loads.power / at_load).conj()
    for bus, phase, amperes in zip(loads.bus.tolist(), loads.phase.tolist(), drawn, strict=True):
        current[bus, phase] += amperes
        if current.shape[1] > PHASES:
            current[bus, PHASES] -= amperes
    for bus in range(parent.shape[0] - 1, 0, -1):
        current[parent[bus]] += current[bus]


def _forward(network: Network, current: Complexes, voltage: Complexes, behind: NDArray[np.bool_]) -> Floats:
    """Carry the voltages from the source to the ends; return the loss behind the head (T,) [W]."""
    loss = np.zeros(current.shape[2])
    for bus, parent in enumerate(network.parent.tolist()[1:], start=1):
        drop = network.impedance[bus] @ current[bus]
        np.subtract(voltage[parent], drop, out=voltage[bus])
        if behind[bus]:
            loss += (drop * current[bus].conj()).real.sum(axis=0)
    return loss
