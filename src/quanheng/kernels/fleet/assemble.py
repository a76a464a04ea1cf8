"""From prepared readings to rows and statistics, month by month.

Each calendar month is referred to the master with its own voltage calibration, so that months are independent and
their statistics add.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.balance import Balance, Split, balance
from quanheng.kernels.fleet.gram import Gram, gram
from quanheng.kernels.fleet.prepare import Prepared
from quanheng.kernels.fleet.voltage import Referral, Wiring, refer
from quanheng.kernels.fleet.whitening import Whitening, whitening

Floats = NDArray[np.floating]
Singles = NDArray[np.float32]

_LEAST = 1e-9  # [kWh]
_DEEPEST = 0.3  # voltage drop that is believed
_SHORT = 10  # days; a shorter month is taken together with its neighbour


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What is summed over time besides the Gram; two spans add."""

    used: Floats  # (n,) energy of each consumer, both directions counted, [kWh]
    net: Floats  # (n,) the same with its sign [kWh]
    referred: Floats  # (n,) energy referred to the master's voltage, with its sign [kWh]
    doubt: Floats  # (n,) squares of energy times the standard uncertainty of the voltage ratio at zero load [kWh²]
    master: float  # [kWh]
    intervals: int

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over both spans."""
        return Sums(
            self.used + other.used,
            self.net + other.net,
            self.referred + other.referred,
            self.doubt + other.doubt,
            self.master + other.master,
            self.intervals + other.intervals,
        )

    @property
    def uncertainty(self) -> Floats:
        """Return (n,) the standard uncertainty of the voltage ratio at zero load."""
        whole: Floats = np.sqrt(self.doubt) / np.maximum(self.used, _LEAST)
        return whole

    @property
    def drop(self) -> Floats:
        """Return (n,) the energy-weighted mean of the voltage ratio − 1."""
        mean: Floats = np.clip(
            (self.referred - self.net) / np.maximum(self.used, _LEAST), -_DEEPEST, _DEEPEST
        )
        return mean

    @property
    def mean_load(self) -> float:
        """Return the mean energy of the area in one interval [kWh]."""
        return max(float(np.abs(self.referred).sum()) / max(self.intervals, 1), _LEAST)


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """All that the inference needs, and the rows for whoever looks at the residual."""

    balance: Balance  # over all months
    gram: Gram
    sums: Sums
    whitening: Whitening


def months(start: np.datetime64, days: int) -> list[tuple[int, int]]:
    """Return the calendar months as ranges of days, first and last + 1; one of under ten days joins its neighbour."""
    calendar = (start.astype("datetime64[D]") + np.arange(days)).astype("datetime64[M]")
    cuts = [0, *(np.flatnonzero(np.diff(calendar.astype(int))) + 1).tolist(), days]
    spans = list(pairwise(cuts))
    joined: list[tuple[int, int]] = []
    for span in spans:
        short = span[1] - span[0] < _SHORT
        if joined and (short or joined[-1][1] - joined[-1][0] < _SHORT):
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return joined


def assemble(
    area: Area,
    prepared: Prepared,
    wiring: Wiring,
    energy: Singles,
    splits: Sequence[Split] = (),
    referrals: dict[int, Referral] | None = None,
) -> Assembled:
    """Return rows and statistics of ``energy`` (n, T), the prepared readings after corrections.

    ``referrals`` keeps those of the same energies, by the first day, from one call to the next.
    """
    parts: list[Balance] = []
    grams: list[Gram] = []
    sums: list[Sums] = []
    per_day = prepared.per_day
    whole_white = whitening(prepared)
    for first, last in months(area.start, energy.shape[1] // per_day):
        span = slice(first * per_day, last * per_day)
        inside, master = energy[:, span], prepared.master[span]
        kept = {} if referrals is None else referrals
        referral = kept.get(first) or kept.setdefault(first, refer(area, wiring, inside, span))
        later = [Split(split.meter, min(max(split.day - first, 0), last - first)) for split in splits]
        part = balance(inside, master, referral, wiring, area.master_mpe_percent, later, per_day)
        parts.append(part)
        white = whole_white.over(first, last, per_day)
        grams.append(gram(white.rows(part.rows), white.weight, per_day))
        sums.append(_sums(inside, master, part, referral, prepared.there[span]))
    rows = parts[0].rows if len(parts) == 1 else np.concatenate([part.rows for part in parts], axis=1)
    whole = Balance(rows, area.n, parts[0].prior_sd, parts[0].learned)
    return Assembled(whole, reduce(operator.add, grams), reduce(operator.add, sums), whole_white)


def _sums(
    energy: Singles, master: Singles, part: Balance, referral: Referral, there: NDArray[np.bool_]
) -> Sums:
    """Return the sums over the intervals in which the master is ``there`` (T,)."""
    referred = part.rows[1 : part.n + 1]
    if not there.all():
        energy, referred, master = energy[:, there], referred[:, there], master[there]
    used = np.abs(energy).sum(axis=1, dtype=np.float64)
    return Sums(
        used,
        energy.sum(axis=1, dtype=np.float64),
        referred.sum(axis=1, dtype=np.float64),
        (used * referral.uncertainty) ** 2,
        float(master.sum(dtype=np.float64)),
        master.size,
    )
