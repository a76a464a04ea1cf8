"""The balance of an area: what the master saw, less what the consumers saw, referred to the master's voltage.

    master_t = Σ_i (1 + a_i)·reading_it·ratio_it + nuisance_t + noise_t,    1 + a_i = θ_i = 1 / (1 + ε_i)

Rows, in this order: the target Σ removed from the master; one row a consumer with its referred energy; the nuisance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.voltage import Referral, Wiring

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

_FIXED = 0.01  # fixed loss, as a share of the mean load: standard deviation of the prior
_POWER_FACTOR = 0.3  # common factor on what the voltages say of the loss
_LOSS = 0.06  # relative loss at the mean load of a phase: standard deviation of the coefficients
_OWN_LOSS = 0.01  # the same for what one consumer differs, before it is learned
_STEP = 0.06  # by how much an error changes where it does
_SERVICE = 5.0  # its own line, thinner than the feeder


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Rows of the balance, (1 + n + q, T) [kWh], and the prior of the q nuisance rows."""

    rows: Singles
    n: int
    prior_sd: Floats  # (q,) of the coefficients
    learned: tuple[
        slice, ...
    ]  # groups of nuisance rows with one common standard deviation, learned from the data

    @property
    def target(self) -> Singles:
        """Return the master less the referred consumers, (T,) [kWh]."""
        target: Singles = self.rows[0]
        return target


@dataclass(frozen=True, slots=True)
class Split:
    """A consumer whose error is another from a day on."""

    meter: int
    day: int


def balance(
    energy: Singles,
    master: Singles,
    referral: Referral,
    wiring: Wiring,
    master_mpe_percent: float,
    splits: Sequence[Split] = (),
    per_day: int = 96,
) -> Balance:
    """Return the rows of ``energy`` (n, T) and ``master`` (T,) [kWh]; without voltages, rows that stand for the loss.

    The nuisance: the master's own error (uniform within its MPE), the fixed loss, a common factor on what the
    voltages say of the loss, for consumers without voltage, loss that depends on the loads, and at the end one row
    for each of ``splits``.
    """
    referred = energy * referral.ratio
    total = referred.sum(axis=0)
    mean = max(float(np.abs(total).mean()), 1e-9)
    rows = [total, np.ones_like(total)]
    prior = [master_mpe_percent / 100 / np.sqrt(3), _FIXED * mean]
    learned: list[slice] = []
    if wiring.known.any():
        rows.append(total - energy.sum(axis=0))
        prior.append(_POWER_FACTOR)
    if not wiring.known.all():
        common, own = _loss_rows(energy, ~wiring.known, wiring.membership)
        load = max(float(np.abs(wiring.membership.T @ energy).mean()), 1e-9)
        rows += list(common)
        prior += [_LOSS / load] * len(common)
        for group, times in zip(own, (1, _SERVICE), strict=True):
            learned.append(slice(len(rows), len(rows) + len(group)))
            rows += list(group)
            prior += [_OWN_LOSS * times / load] * len(group)
    for split in splits:
        later = referred[split.meter].copy()
        later[: split.day * per_day] = 0
        rows.append(later)
        prior.append(_STEP)
    stacked = np.concatenate([(master - total)[None], referred, np.stack(rows)]).astype(
        np.float32, copy=False
    )
    return Balance(stacked, len(energy), np.array(prior), tuple(learned))


def _loss_rows(
    energy: Singles, without: NDArray[np.bool_], membership: Floats
) -> tuple[Singles, list[Singles]]:
    """Return rows for the loss of consumers without voltage: six common ones, and two groups with one row each.

    Loss is quadratic in the loads: of the same phase, of the other two through the neutral, and of the consumer
    itself in its service line.
    """
    share = membership.T.astype(np.float32)
    phases = share @ energy
    lone = energy[without]
    lone_phases = share[:, without] @ lone
    others = np.roll(phases, 1, axis=0) + np.roll(phases, 2, axis=0)
    common = np.concatenate([lone_phases * phases, lone_phases * others])
    same = lone * (membership[without].astype(np.float32) @ phases)
    return common, [same, lone * lone]
