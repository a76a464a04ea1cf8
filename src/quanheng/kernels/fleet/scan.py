"""Changes within one consumer: a clock that is off by one interval, an error that is another from a day on.

Each day gives each consumer a score: its readings times the residual, divided by the noise.  A change shows as a run
of days whose scores do not cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import Gram, bands, whiten_twice
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.whitening import Whitening

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

LAGS = (-2, -1, 1, 2)
_LIKELY = (
    25.0  # twice the gain in log likelihood that a change must bring, after the best of all days was chosen
)
_STEP_LIKELY = 50.0  # the same for a step: days differ in more than the step
_HOPEFUL = 6  # consumers whose clock is looked at exactly
_LAST_DAYS = 5  # days that a state must last


@dataclass(frozen=True, slots=True)
class Change:
    """What was found for one consumer over the days first … last − 1 (``gain``: twice the log likelihood)."""

    meter: int
    lag: int  # intervals by which its clock is ahead (> 0) or behind; 0 for a step of the error
    first: int
    last: int
    gain: float


def residual_of(rows: Balance, posterior: Posterior) -> Singles:
    """Return what the posterior mean leaves of the balance, (T,) [kWh]."""
    weights = np.concatenate([posterior.seen, posterior.nuisance]).astype(np.float32)
    left: Singles = rows.target - weights @ rows.rows[1:]
    return left


def scan(
    rows: Balance, statistics: Gram, posterior: Posterior, white: Whitening, per_day: int
) -> list[Change]:
    """Return at most one change for each consumer, the clearest first."""
    residual = residual_of(rows, posterior)
    mixed = white.rows(residual[None])[0]
    pull = white.back(whiten_twice(mixed, posterior.noise, white.weight, per_day).astype(np.float32))
    consumers = rows.rows[1 : rows.n + 1]
    here, *later = _by_day(consumers, np.stack([np.roll(pull, lag) for lag in (0, *LAGS)]), per_day)
    own = statistics.products.diagonal(axis1=1, axis2=2)[:, 1 : rows.n + 1]
    changes = _steps(here, (own / posterior.noise[:, None]).sum(axis=0), consumers, per_day)
    for lag, moved in zip(LAGS, later, strict=True):
        changes += _lagged(consumers, moved - here, posterior, white, lag, per_day)
    best: dict[int, Change] = {}
    for change in sorted(changes, key=lambda c: -c.gain):
        best.setdefault(change.meter, change)
    return list(best.values())


def _by_day(consumers: Singles, pulls: Singles, per_day: int) -> list[Floats]:
    """Return for each of the ``pulls`` (k, T) the scores of the days, (n, days)."""
    by_day = consumers.reshape(len(consumers), -1, per_day).transpose(1, 0, 2)
    scores = by_day @ pulls.reshape(len(pulls), -1, per_day).transpose(1, 2, 0)  # (days, n, k)
    return [scores[:, :, k].T.astype(np.float64) for k in range(len(pulls))]


def _steps(scores: Floats, information: Floats, consumers: Singles, per_day: int) -> list[Change]:
    """Return the consumers whose scores say that the error is lower before a day and higher after, or the reverse."""
    n, days = scores.shape
    if days < 2 * _LAST_DAYS:
        return []
    by_day = consumers.reshape(n, days, per_day)
    power = np.einsum("idk,idk->id", by_day, by_day)
    power /= np.maximum(power.sum(axis=1, keepdims=True), 1e-12)
    passed = np.cumsum(scores, axis=1)[:, :-1]
    left = np.cumsum(power, axis=1)[:, :-1]
    excess = passed - left * scores.sum(axis=1, keepdims=True)
    gain = excess**2 / np.maximum(information[:, None] * left * (1 - left), 1e-9)
    gain = gain[:, _LAST_DAYS - 1 : days - _LAST_DAYS]
    at = gain.argmax(axis=1)
    top = gain[np.arange(n), at]
    return [
        Change(int(i), 0, int(at[i]) + _LAST_DAYS, days, float(top[i]))
        for i in np.flatnonzero(top > _STEP_LIKELY)
    ]


def _lagged(
    consumers: Singles, scores: Floats, posterior: Posterior, white: Whitening, lag: int, per_day: int
) -> list[Change]:
    """Return the consumers that fit better when their readings are moved by ``lag``, all the time or for a run of days.

    To move readings by the lag adds their difference with coefficient 1: the gain is 2·score − information.
    """
    total = scores.sum(axis=1)
    running = np.cumsum(scores, axis=1)
    hopeful = np.maximum(running.max(axis=1), total - running.min(axis=1))
    changes = []
    for i in np.argsort(-hopeful)[:_HOPEFUL]:
        if 2 * hopeful[i] < _LIKELY:
            break
        difference = np.roll(consumers[i], -lag) - consumers[i]
        information = _information(white.rows(difference[None])[0], posterior.noise, white.weight, per_day)
        gain = 2 * scores[i] - information
        first, last, best = _best_run(gain)
        if best > _LIKELY and last - first >= _LAST_DAYS:
            changes.append(Change(int(i), lag, first, last, best))
    return changes


def _information(row: Singles, noise: Floats, weight: Singles, per_day: int) -> Floats:
    """Return for each day the information that ``row`` (T,) carries on its coefficient."""
    by_day = (row * weight).reshape(-1, per_day)
    out = np.zeros(len(by_day))
    for band, variance in zip(bands(per_day), noise, strict=True):
        out += ((by_day @ band.T) ** 2).sum(axis=1) / variance
    return out


def _best_run(gain: Floats) -> tuple[int, int, float]:
    """Return the run of days, first and last + 1, with the largest sum, and that sum."""
    running = np.concatenate([[0.0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(running)
    last = int((running - lowest).argmax())
    first = int(running[: last + 1].argmin())
    return first, last, float(running[last] - running[first])
