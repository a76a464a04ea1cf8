"""Radial networks of our own: feeders from a transformer, poles, service drops, at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quanheng.kernels.fleet.simulate.sweep import Complexes, Ints, Network

BUSBAR = 1  # low-voltage side of the transformer, where the master meter is; bus 0 is the source behind it

_X_PER_KM = 0.08
# Resistance at 20 °C of aluminium conductors of 240 … 25 mm² (IEC 60228 class 2), largest first [Ω/km]
_R_PER_KM = (0.125, 0.164, 0.206, 0.253, 0.320, 0.443, 0.641, 0.868, 1.20)
_DROP_R_PER_KM = (0.868, 1.20, 1.91)
_METERS_PER_FEEDER = 50
_METERS_PER_POLE = 2.6
_BRANCHES = 0.25  # of the poles hang on an earlier pole than the last
_KVA_PER_METER = 2.5
_SIZES_KVA = (50, 100, 160, 200, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2500)
_SHORT_CIRCUIT = 0.012 + 0.038j  # of the transformer, per unit
_LINE_VOLTS = 400.0


@dataclass(frozen=True, slots=True, eq=False)
class Cabling:
    """A network, and where its consumers and poles are."""

    network: Network
    consumer_bus: Ints  # (n,)
    pole_bus: Ints  # (p,)

    def scaled(self, factor: float) -> Cabling:
        """Return the cabling with each feeder cable ``factor`` times as long.

        Service drops get shorter with them, never longer; the transformer stays.
        """
        impedance = self.network.impedance.copy()
        impedance[self.pole_bus] *= factor
        impedance[self.consumer_bus] *= min(factor, 1.0)
        return Cabling(Network(self.network.parent, impedance), self.consumer_bus, self.pole_bus)


def radial(rng: np.random.Generator, consumers: int, feeders: int | None, express_share: float) -> Cabling:
    """Return a random network for n consumers: 1–6 feeders, each a trunk with branches."""
    wanted = feeders or int(np.clip(np.ceil(consumers / _METERS_PER_FEEDER) + rng.integers(0, 2), 1, 6))
    count = min(wanted, consumers)
    sizes = 1 + rng.multinomial(consumers - count, rng.dirichlet(np.full(count, 6.0)))
    parents, blocks = [-1, 0], [np.zeros((4, 4), np.complex128), _transformer(consumers)]
    drops: list[int] = []
    poles: list[int] = []
    for size in sizes.tolist():
        first = len(parents)
        number = max(1, round(size / _METERS_PER_POLE))
        spacing = consumers / (count * size)
        _feeder(rng, (number, spacing), express_share, parents, blocks)
        own = list(range(first, len(parents)))
        poles += own
        drops += own + rng.choice(own, size - number).tolist() if size > number else own[:size]
    service = [_segment(rng.uniform(8, 35), rng.choice(_DROP_R_PER_KM), 1.0) for _ in drops]
    start = len(parents)
    network = Network(np.array(parents + drops, dtype=np.int64), np.array(blocks + service))
    return Cabling(network, start + rng.permutation(consumers), np.array(poles, dtype=np.int64))


def _feeder(
    rng: np.random.Generator,
    size: tuple[int, float],
    express_share: float,
    parents: list[int],
    blocks: list[Complexes],
) -> None:
    """Append a feeder to ``parents`` and ``blocks``; its conductors get thinner along the way.

    ``size`` is the number of poles and the factor on their distance: the fewer consumers a feeder has, the
    farther it may reach.
    """
    poles, spacing = size
    first = len(parents)
    lengths = spacing * rng.uniform(20, 60, poles)
    lengths[0] += lengths.sum() * express_share / (1 - express_share)
    thick = int(rng.integers(1, 4))
    neutral = rng.choice((1.0, 1.0, 1.0, 1.5))
    for pole in range(poles):
        branches = pole > 1 and rng.random() < _BRANCHES
        parents.append(
            BUSBAR if pole == 0 else int(rng.integers(first, first + pole)) if branches else len(parents) - 1
        )
        thinner = min(len(_R_PER_KM) - 1, thick + (2 * pole) // poles + branches)
        blocks.append(_segment(lengths[pole], _R_PER_KM[thinner], neutral))


def _segment(metres: float, r_per_km: float, neutral: float) -> Complexes:
    """Return the impedance (4, 4) [Ω] of a cable whose neutral has ``neutral`` times the phase resistance."""
    resistance = r_per_km * np.array([1.0, 1.0, 1.0, neutral])
    block: Complexes = np.diag((resistance + 1j * _X_PER_KM) * metres / 1000)
    return block


def _transformer(consumers: int) -> Complexes:
    """Return the impedance (4, 4) [Ω] of the next transformer size; its star point is earthed."""
    needed = consumers * _KVA_PER_METER
    kva = next((size for size in _SIZES_KVA if size >= needed), needed)
    ohms = _SHORT_CIRCUIT * _LINE_VOLTS**2 / (kva * 1000)
    block: Complexes = np.diag([ohms, ohms, ohms, 0j])
    return block
