"""What `fleet_ideas.py` puts in place of parts of the estimator; each is an idea that was tried and left.

Shapes and names are those of the kernel: n consumers, k of them with voltage, T intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet import assemble, gram, mixture, voltage
from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.suspects import Explained
from quanheng.kernels.fleet.voltage import Wiring

Floats = NDArray[np.floating]
Singles = NDArray[np.float32]

REGISTER = 0.01  # [kWh] step of the consumers' registers in all cases
SWEEPS, DAMPING = 20, 0.7  # of expectation propagation
WIDEST = 4.0  # a factor's variance, at least this part of the slab's: keeps precisions positive

_original_gram = assemble.gram
_original_calibrated = voltage._calibrated


def bands_of(number: int, *, shaped: bool) -> Callable[[int], tuple[Singles, ...]]:
    """Return another `gram.bands`: six or one, rows scaled by the register's noise or white."""

    def bands(per_day: int) -> tuple[Singles, ...]:
        k = np.arange(per_day)
        transform = np.sqrt(2 / per_day) * np.cos(np.pi * np.outer(k, k + 0.5) / per_day)
        transform[0] /= np.sqrt(2)
        if shaped:
            transform /= np.sqrt(1 + (2 - 2 * np.cos(np.pi * k / per_day)) / gram._FLOOR)[:, None]
        edges = gram._EDGES if number > 1 else (0.0, 1.0)
        inner = {1} if number > 1 else set()
        cuts = sorted({round(edge * per_day) for edge in edges} | inner)
        return tuple(transform[low:high].astype(np.float32) for low, high in pairwise(cuts))

    return bands


def few_loads(
    energy: Singles, deviation: Singles, share: Floats, own_share: Floats
) -> tuple[Singles, Floats]:
    """Stand in for `voltage._calibrated`: regress on the phase totals and the consumer's own load only."""
    k, intervals = deviation.shape
    if k != len(energy):
        raise ValueError("needs the voltage of every consumer")
    deviation = voltage._filled(deviation, own_share)
    totals = np.concatenate([np.ones((1, intervals), np.float32), share.T.astype(np.float32) @ energy])
    fit, at_rest, spread, doubt = np.empty_like(deviation), np.empty(k), np.empty(k), np.empty(k)
    for i in range(k):
        loads = np.concatenate([totals, energy[i : i + 1]]).astype(np.float64)
        square = loads @ loads.T
        square[range(5), range(5)] += 1e-9 * square.trace()
        inverse = np.linalg.inv(square)
        effects = inverse @ (loads @ deviation[i])
        fit[i] = effects @ loads
        at_rest[i] = effects[0]
        spread[i] = ((deviation[i] - fit[i]) ** 2).sum() / max(intervals - 5, 1)
        doubt[i] = spread[i] * inverse[0, 0]
    for p in range(3):
        on = np.flatnonzero(own_share[:, p] == 1)
        if on.size >= voltage._COMPANY:
            common = (deviation[on] - fit[on]).mean(axis=0)
            deviation[on] -= voltage._shrink(common, spread[on]) * common
    return ((1 + at_rest)[:, None] / (1 + deviation)).astype(np.float32), np.sqrt(doubt)


def loads_only(
    energy: Singles, deviation: Singles, share: Floats, own_share: Floats
) -> tuple[Singles, Floats]:
    """Stand in for `voltage._calibrated`: what the regression on the loads predicts, not what was measured."""
    ratio, uncertainty = _original_calibrated(energy, deviation.copy(), share, own_share)
    loads = np.concatenate([np.ones((1, energy.shape[1])), share.T @ energy, energy]).astype(np.float64)
    square = loads @ loads.T
    square[range(1, len(square)), range(1, len(square))] += voltage._RIDGE
    effects = np.linalg.solve(square, loads @ (1 / ratio.astype(np.float64)).T)
    drop = effects[1:].T @ loads[1:]
    return (1 / (1 + drop)).astype(np.float32), uncertainty


def on_the_masters_readings(prior: float | None) -> Callable[[Balance, Singles, Wiring], Balance]:
    """Return a change of the rows: the master's error multiplies its own readings, noise and all."""

    def change(rows: Balance, _energy: Singles, _wiring: Wiring) -> Balance:
        stacked, sizes = rows.rows.copy(), rows.prior_sd.copy()
        stacked[rows.n + 1] += stacked[0]  # the consumers' sum, and what the master differs from it
        if prior is not None:
            sizes[0] = prior
        return replace(rows, rows=stacked, prior_sd=sizes)

    return change


def slack_in_columns(rows: Balance, energy: Singles, wiring: Wiring) -> Balance:
    """Give each consumer with voltage a row of its own for what its voltage leaves of the loss."""
    known = np.flatnonzero(wiring.known)
    drops = rows.rows[1 + known] - energy[known]
    at = len(rows.prior_sd)  # no case of this table has steps of errors, whose rows come last
    stacked = np.concatenate([rows.rows, drops])
    sizes = np.concatenate([rows.prior_sd, np.full(len(known), 0.12)])
    return Balance(stacked, rows.n, sizes, (*rows.learned, slice(at, at + len(known))))


def one_kind(width: float | None) -> list[tuple[Any, str, Any]]:
    """Return the patches for good meters only; ``width`` [tolerances] is fixed, None learns it."""

    def precisions(self: Any) -> tuple[Floats, Floats]:
        good = 1 / (self.spread**2 + self.beside())
        return good, good

    patches: list[tuple[Any, str, Any]] = [
        (mixture.Mixture, "precisions", precisions),
        (mixture, "_BAD_WEIGHT", 1e9),
    ]
    if width is not None:
        patches += [(mixture, "_GOOD", width), (mixture, "_GOOD_WEIGHT", 1e9)]
    return patches


def by_expectation_propagation(
    information: Floats, score: Floats, good: Floats, wrong: Floats, share: float, _start: Any = ()
) -> Explained:
    """Stand in for `suspects.explain`: each meter's own factor exact, the rest Gaussian (Minka, UAI 2001)."""
    precision, shift = good.copy(), np.zeros(len(good))
    odds = np.log(share / (1 - share))
    for _ in range(SWEEPS):
        covariance = np.linalg.inv(information + np.diag(precision))
        mean = covariance @ (score + shift)
        variance = covariance.diagonal()
        data_variance = 1 / np.maximum(1 / variance - precision, 1e-9 / variance)
        data_mean = data_variance * (mean / variance - shift)
        likely, good_mean, good_variance = _seen(data_mean, data_variance, 1 / good)
        other, bad_mean, bad_variance = _seen(data_mean, data_variance, 1 / wrong)
        bad = 1 / (1 + np.exp(-np.clip(odds + other - likely, -700, 700)))
        middle = (1 - bad) * good_mean + bad * bad_mean
        second = (1 - bad) * (good_variance + good_mean**2) + bad * (bad_variance + bad_mean**2)
        whole = second - middle**2
        wanted = np.maximum(1 / whole - 1 / data_variance, wrong / WIDEST**2)
        precision = precision + DAMPING * (wanted - precision)
        shift = shift + DAMPING * (middle / whole - data_mean / data_variance - shift)
    members = tuple(np.flatnonzero(bad > 1 / 2).tolist())
    kinds = (bad, good_mean, good_variance, bad_mean, bad_variance)
    return Explained(members, mean, covariance, *kinds, data_mean, data_variance)


def _seen(mean: Floats, variance: Floats, spread: Floats) -> tuple[Floats, Floats, Floats]:
    """Return log evidence, mean and variance of a N(0, spread) seen as N(mean, variance)."""
    whole = variance + spread
    gain = spread / whole
    return -0.5 * (np.log(whole) + mean**2 / whole), gain * mean, gain * variance


class WithoutRounding:
    """Stands in for `assemble.gram`: the products less what the rounding of the registers puts into them."""

    consumers = 0  # in the rows that come next

    def __call__(self, rows: Singles, weight: Singles, per_day: int) -> Gram:
        """Return the statistics; a meter's rounding is in its own row, in the sum, and against its sign in the target."""
        found = _original_gram(rows, weight, per_day)
        products = found.products.copy()
        own = np.arange(1, self.consumers + 1)
        total = self.consumers + 1
        for band, power in enumerate(self._power(per_day) * found.counts):
            products[band, own, own] -= power
            for row, sign in ((0, -1), (total, 1)):
                products[band, own, row] -= sign * power
                products[band, row, own] -= sign * power
            products[band, total, total] -= self.consumers * power
            products[band, total, 0] += self.consumers * power
            products[band, 0, total] += self.consumers * power
        return Gram(products, found.counts)

    def _power(self, per_day: int) -> Floats:
        """Return the mean power of the difference of two roundings in a coefficient of each band [kWh²]."""
        powers = []
        for band in gram.bands(per_day):
            k_th = np.diff(np.concatenate([np.zeros((len(band), 1)), band, np.zeros((len(band), 1))], axis=1))
            powers.append((k_th**2).sum(axis=1).mean() * REGISTER**2 / 12)
        return np.array(powers)


without_rounding = WithoutRounding()


def without_own_loss(*gone: int) -> Callable[[Balance, Singles, Wiring], Balance]:
    """Return a change of the rows: groups of own losses dropped, 0 with the feeder, 1 in the service line."""

    def change(rows: Balance, _energy: Singles, _wiring: Wiring) -> Balance:
        dropped = np.zeros(len(rows.prior_sd), dtype=bool)
        for group in gone:
            dropped[rows.learned[group]] = True
        kept = np.concatenate([np.ones(rows.n + 1, dtype=bool), ~dropped])
        before = np.concatenate([[0], np.cumsum(~dropped)])
        learned = tuple(
            slice(int(before[g.start]), int(before[g.stop]))
            for number, g in enumerate(rows.learned)
            if number not in gone
        )
        return Balance(rows.rows[kept], rows.n, rows.prior_sd[~dropped], learned)

    return change


def phases_by_regression(*, changes: bool) -> Callable[[Singles, Singles], tuple[Floats, float]]:
    """Return another `phases._likeness`: coefficients on the master's three voltages, and four standard errors."""

    def likeness(consumers: Singles, master: Singles) -> tuple[Floats, float]:
        v, reference = np.nan_to_num(consumers).astype(np.float64), np.nan_to_num(master).astype(np.float64)
        if changes:
            v, reference = np.diff(v, axis=1), np.diff(reference, axis=1)
        v = v / max(float(np.abs(v).mean()), 1e-9) if changes else v / v.mean(axis=1, keepdims=True) - 1
        reference = reference - reference.mean(axis=1, keepdims=True)
        v = v - v.mean(axis=1, keepdims=True)
        inverse = np.linalg.inv(reference @ reference.T)
        effects = v @ reference.T @ inverse
        left = ((v - effects @ reference) ** 2).mean()
        return effects, 4 * float(np.sqrt(2 * left * inverse.diagonal().max()))

    return likeness
