"""The published ways to estimate meter errors from readings, each in the form that serves it best.

All fit  master − Σ reading = Σ (θ_i − 1) · reading_i + loss,  θ_i = 1/(1 + eps_i),  without voltages, after
light load is dropped.  Intervals are normal.  The standard uncertainty comes with the method: for ridge and the
recursions the posterior under the prior (for forgetting without the sandwich, which would be narrower).

A missing reading costs its interval; where too few intervals are left, it is replaced by its meter's mean of
that time of day.  Hyper-parameters not chosen from the area's own readings stand in ``TUNED``, chosen by least
RMSE with ``fleet_accuracy.py --tune`` on simulated areas that no figure is taken from.  Values within 3 % are
equal there; of those, the prior is one that shrinks less and the window one that holds more.

    ridge          Hoerl, Kennard, Technometrics 12 (1970) 55; for meters CN112180316B, J. Sensors 2021/2000879;
                   strength by cross-validation on the area's own readings
    ridge+loss     the same with one loss term, quadratic in the area's energy
    ridge+loss, tuned   the same with the strength of ``TUNED``
    lasso          Tibshirani, J. R. Stat. Soc. B 58 (1996) 267; refit of the chosen meters: Belloni,
                   Chernozhukov, Bernoulli 19 (2013) 521
    rls            the idea of Kong et al., Energies 12 (2019) 805: recursive least squares, one forgetting
                   factor for the loss and one for the meters.  Theirs are dynamic, these are constant, and
                   the update with a full covariance is our own
    rls-window     the idea of Li et al., PeerJ Computer Science 9 (2023) e1581: limited memory, here an update
                   by the interval that enters and a downdate by the one that leaves
    kalman         the textbook filter, with a random walk of errors and loss

Errors are kept within −50 % and +100 %: without that, meters of almost no energy decide every mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Lasso, LassoCV, RidgeCV
from sklearn.model_selection import KFold

from quanheng.kernels.fleet.area import Area

Floats = NDArray[np.float64]

FREE = 1e4  # scales a column so that the common penalty does not reach it
LOSS_PRIOR = 0.1  # standard deviation of a loss coefficient, of the mean energy
RIDGE_PRIORS = np.geomspace(0.002, 0.1, 25)  # standard deviations of θ tried by cross-validation
FOLDS = 5
LEAST_NOISE = 1e-6  # variance [kWh²], below any register's
ENOUGH = 5  # intervals per parameter, below which missing readings are replaced


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a method cannot choose from the readings of the area."""

    light_load: float = 0.2  # share of the intervals dropped, those of least energy
    prior: float = 0.005  # standard deviation of θ: of the tuned ridge, and at the start of a recursion
    forget_meters: float = 0.9999
    forget_loss: float = 0.999
    window_days: int = 35
    walk_meters: float = 0.0002  # of θ per √day
    walk_loss: float = 0.01  # of the loss coefficients, as a share of the mean energy, per √day


TUNED = Tuning()


@dataclass(frozen=True, slots=True, eq=False)
class PeerAnswer:
    """Errors of the meters of an area; arrays are (n,), NaN where the method has nothing to say."""

    error_percent: Floats
    standard_uncertainty_percent: Floats
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """The kept intervals of an area [kWh]."""

    reading: Floats  # (T, n)
    missing: Floats  # (T,) master minus all readings
    loss: Floats  # (T, 2) the quadratic loss term and a constant
    per_day: int

    @property
    def design(self) -> Floats:
        """Return (T, n + 2): readings, then the loss terms."""
        return np.hstack([self.reading, self.loss])

    @property
    def noise(self) -> float:
        """Return the residual variance of unrestricted least squares [kWh²]."""
        left = _free_of(self.design, self.missing[:, None])[:, 0]
        free = max(left.size - self.design.shape[1], 1)
        variance: float = (left**2).sum() / free
        return max(LEAST_NOISE, variance)


def balance_of(area: Area, light_load: float) -> Balance:
    """Return the balance without missing readings and without the share ``light_load`` of light intervals."""
    reading, master = area.energy.T.astype(float), area.master.astype(float)
    per_day = 24 * 60 // area.step_minutes
    whole = np.isfinite(reading).all(axis=1) & np.isfinite(master)
    if whole.sum() < ENOUGH * area.n:
        reading = _by_time_of_day(reading, per_day)
        whole = np.isfinite(master)
    reading, master = reading[whole], master[whole]
    heavy = reading.sum(axis=1) >= np.quantile(reading.sum(axis=1), light_load)
    reading, master = reading[heavy], master[heavy]
    total = reading.sum(axis=1)
    mean = float(np.abs(total).mean())
    loss = np.column_stack([total**2 / mean, np.full(total.size, mean)])
    return Balance(reading, master - total, loss, per_day)


def ridge(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """Ridge towards θ = 1 with a constant; the strength by cross-validation."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    return _ridge(balance, balance.reading, RIDGE_PRIORS, start)


def ridge_with_loss(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """The same with the quadratic loss term, which is not penalised."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    return _ridge(balance, _with_free_loss(balance), RIDGE_PRIORS, start)


def ridge_with_loss_tuned(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """The same with a given strength instead of cross-validation."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    return _ridge(balance, _with_free_loss(balance), np.array([tuning.prior]), start)


def lasso(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """Lasso on θ − 1, least squares of the chosen meters; a meter not chosen has error 0.

    Its interval is the one that it would have if it were added to the chosen ones.  The penalty is the
    largest whose cross-validated error is within a standard error of the least (the least itself keeps
    nearly all meters, and those of little energy go astray).  Loss terms are free.
    """
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    x = _free_of(balance.loss, balance.reading)
    y = _free_of(balance.loss, balance.missing[:, None])[:, 0]
    path = LassoCV(alphas=60, cv=KFold(FOLDS), fit_intercept=False, max_iter=20_000).fit(x, y)
    chosen = Lasso(alpha=_one_standard_error(path), fit_intercept=False, max_iter=20_000).fit(x, y).coef_ != 0
    active = x[:, chosen]
    inverse = np.linalg.pinv(active.T @ active)
    theta, variance = np.zeros(area.n), np.zeros(area.n)
    theta[chosen] = inverse @ (active.T @ y)
    left = y - active @ theta[chosen]
    noise = left @ left / max(len(y) - chosen.sum() - balance.loss.shape[1], 1)
    variance[chosen] = noise * np.diag(inverse)
    alone = (_free_of(active, x[:, ~chosen]) ** 2).sum(axis=0)
    variance[~chosen] = np.divide(noise, alone, out=np.full(alone.shape, np.nan), where=alone > 0)
    return _answer(np.where(np.isnan(variance), np.nan, theta), variance, start)


def forgetting(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """Recursive least squares that forgets the meters and the loss at rates of their own."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    noise = balance.noise
    rates = np.full(area.n + 2, tuning.forget_meters)
    rates[area.n :] = tuning.forget_loss
    estimate, covariance, scale = forgetting_loop(
        balance.design, balance.missing, rates, _prior(area.n, tuning) / noise
    )
    return _answer(estimate[: area.n], scale * np.diag(covariance)[: area.n], start)


def limited_memory(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """Recursive least squares over a window: each new interval enters, the oldest one leaves."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    kept = 1 - tuning.light_load
    window = min(int(tuning.window_days * balance.per_day * kept), len(balance.missing))
    prior = _prior(area.n, tuning) / balance.noise
    estimate, covariance = window_loop(balance.design, balance.missing, window, prior)
    z, y = balance.design[-window:], balance.missing[-window:]
    left = y - z @ estimate
    noise = left @ left / max(window - float((covariance * (z.T @ z)).sum()), 1.0)
    return _answer(estimate[: area.n], noise * np.diag(covariance)[: area.n], start)


def kalman(area: Area, tuning: Tuning = TUNED) -> PeerAnswer:
    """Kalman filter with random-walk parameters."""
    start = time.perf_counter()
    balance = balance_of(area, tuning.light_load)
    noise = balance.noise
    walk = np.r_[np.full(area.n, tuning.walk_meters**2), np.full(2, tuning.walk_loss**2)]
    step = walk / (balance.per_day * (1 - tuning.light_load))
    state, covariance, scale = kalman_loop(
        balance.design, balance.missing, step / noise, _prior(area.n, tuning) / noise
    )
    return _answer(state[: area.n], scale * np.diag(covariance)[: area.n], start)


METHODS: dict[str, Callable[..., PeerAnswer]] = {
    "ridge": ridge,
    "ridge+loss": ridge_with_loss,
    "ridge+loss, tuned": ridge_with_loss_tuned,
    "lasso": lasso,
    "rls": forgetting,
    "rls-window": limited_memory,
    "kalman": kalman,
}


def forgetting_loop(z: Floats, y: Floats, rates: Floats, prior: Floats) -> tuple[Floats, Floats, float]:
    """Run z (T, p), y (T,) with forgetting factors (p,) from variances (p,) of the start, relative to the noise.

    Returns the estimate (p,), its covariance (p, p) relative to the noise, and the noise variance.
    """
    estimate, covariance = np.zeros(z.shape[1]), np.diag(prior)
    spread = 1 / np.sqrt(np.outer(rates, rates))
    squares = weight = 0.0
    for row, target in zip(z, y, strict=True):
        covariance *= spread
        gain = covariance @ row
        scale = 1 + row @ gain
        surprise = target - row @ estimate
        estimate += gain * (surprise / scale)
        covariance -= np.outer(gain, gain / scale)
        squares = rates[0] * squares + surprise * surprise / scale
        weight = rates[0] * weight + 1
    return estimate, covariance, squares / weight


def window_loop(z: Floats, y: Floats, window: int, prior: Floats) -> tuple[Floats, Floats]:
    """Run z (T, p), y (T,) with a rank-1 update for each row and a rank-1 downdate for the row that leaves.

    Returns the estimate (p,) and its covariance (p, p) relative to the noise.
    """
    estimate, covariance = np.zeros(z.shape[1]), np.diag(prior)
    for last, (row, target) in enumerate(zip(z, y, strict=True)):
        _enter(estimate, covariance, row, target, 1.0)
        if last >= window:
            _enter(estimate, covariance, z[last - window], y[last - window], -1.0)
    return estimate, covariance


def kalman_loop(z: Floats, y: Floats, step: Floats, prior: Floats) -> tuple[Floats, Floats, float]:
    """Filter z (T, p), y (T,); ``step`` and ``prior`` (p,) are variances relative to the noise.

    Returns the state (p,), its covariance (p, p) relative to the noise, and the noise variance.
    """
    state, covariance = np.zeros(z.shape[1]), np.diag(prior)
    diagonal = np.einsum("ii->i", covariance)
    squares = 0.0
    for row, target in zip(z, y, strict=True):
        diagonal += step
        gain = covariance @ row
        scale = 1 + row @ gain
        surprise = target - row @ state
        state += gain * (surprise / scale)
        covariance -= np.outer(gain, gain / scale)
        squares += surprise * surprise / scale
    return state, covariance, squares / len(y)


def _enter(estimate: Floats, covariance: Floats, row: Floats, target: float, sign: float) -> None:
    """Let one row enter (sign 1) or leave (sign −1), in place."""
    gain = covariance @ row
    scale = sign + row @ gain
    estimate += gain * ((target - row @ estimate) / scale)
    covariance -= np.outer(gain, gain / scale)


def _with_free_loss(balance: Balance) -> Floats:
    return np.column_stack([balance.reading, balance.loss[:, 0] * FREE])


def _ridge(balance: Balance, z: Floats, priors: Floats, start: float) -> PeerAnswer:
    """Fit z (T, p), whose first columns are the meters, and give the posterior under the best of the ridge priors."""
    n = balance.reading.shape[1]
    model = RidgeCV(alphas=balance.noise / priors**2).fit(z, balance.missing)
    centred = z - z.mean(axis=0)
    gram = centred.T @ centred
    inverse = np.linalg.inv(gram + model.alpha_ * np.eye(z.shape[1]))
    left = balance.missing - model.predict(z)
    free = len(left) - 1 - float((inverse * gram).sum())
    variance = left @ left / max(free, 1.0) * np.diag(inverse)
    return _answer(model.coef_[:n], variance[:n], start)


def _one_standard_error(path: LassoCV) -> float:
    errors = path.mse_path_.mean(axis=1)
    best = errors.argmin()
    bar = errors[best] + path.mse_path_[best].std(ddof=1) / np.sqrt(FOLDS)
    return float(path.alphas_[errors <= bar].max())


def _answer(deviation: Floats, variance: Floats, start: float) -> PeerAnswer:
    """Turn θ − 1 and its variance into the error and its standard uncertainty [%], within −50 % and +100 %."""
    theta = np.clip(1 + deviation, 0.5, 2.0)
    return PeerAnswer(
        (1 / theta - 1) * 100, np.sqrt(np.maximum(variance, 0)) / theta**2 * 100, time.perf_counter() - start
    )


def _prior(n: int, tuning: Tuning) -> Floats:
    return np.concatenate([np.full(n, tuning.prior**2), np.full(2, LOSS_PRIOR**2)])


def _free_of(basis: Floats, columns: Floats) -> Floats:
    """Return columns (T, m) without their projection on the basis (T, k)."""
    if not basis.shape[1]:
        return columns
    fit, *_ = np.linalg.lstsq(basis, columns, rcond=None)
    return np.asarray(columns - basis @ fit)


def _by_time_of_day(reading: Floats, per_day: int) -> Floats:
    """Replace missing readings (T, n) by the meter's mean of that time of day; without any, by 0."""
    out = reading.copy()
    for first in range(per_day):
        same = out[first::per_day]
        known = np.isfinite(same)
        mean = np.where(known, same, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        out[first::per_day] = np.where(known, same, mean)
    return out
