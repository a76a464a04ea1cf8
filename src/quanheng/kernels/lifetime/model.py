"""A life model of a lot: the most likely distribution, and the grid from which every interval is read."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.special import bdtr

from quanheng.kernels.lifetime.data import OLDEST, FloatArray, Lifetimes
from quanheng.kernels.lifetime.errors import BadLifetime
from quanheng.kernels.lifetime.families import WEIBULL, Family, ShapePrior
from quanheng.kernels.lifetime.fit import Fit, fit
from quanheng.kernels.lifetime.posterior import Posterior, posterior, quantile

_MOST_YEARS = 100
_MOST_METERS = 10_000_000
_NOTHING = 1e-9  # a weight below this does not matter
_LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True)
class LifeModel:
    """``fit`` is None where no meter failed, or all had failed at their first look: then there are only bounds."""

    data: Lifetimes
    family: Family
    prior: ShapePrior
    fit: Fit | None
    posterior: Posterior


@dataclass(frozen=True, slots=True)
class Curve:
    """Fraction that has failed at ``ages`` [year]: the most likely one (None: only bounds) and its interval."""

    ages: FloatArray
    fraction: FloatArray | None
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class ReplacementYear:
    """``year`` 1 is the first from now.  ``expected`` meters fail in it (None: only bounds); so many, at least and most."""

    year: int
    expected: float | None
    low: int
    high: int


def life_model(data: Lifetimes, family: Family = WEIBULL, prior: ShapePrior | None = None) -> LifeModel:
    """Return the model of a lot.

    Raises
    ------
    BadLifetime
        The prior's middle or spread is not positive.
    """
    prior = prior or ShapePrior()
    if not (0 < prior.middle < np.inf and 0 < prior.spread < np.inf):
        raise BadLifetime("形状参数的先验：中值和散布都应大于零。")
    best = None
    if data.failed and (data.failed < data.meters or data.left.any()):
        best = fit(data, family, prior)
    return LifeModel(data, family, prior, best, posterior(data, family, prior))


def curve(model: LifeModel, ages: FloatArray, *, confidence: float = 0.95, clean_at: float = 0.0) -> Curve:
    """Return the fraction nonconforming at ages [year] with pointwise intervals.

    ``clean_at`` [year]: at that age all nonconforming meters were replaced; the fraction is that of the rest.
    """
    check_confidence(confidence)
    tail = (1 - confidence) / 2
    base = model.posterior.log_survival(clean_at)
    low, high = np.zeros(len(ages)), np.ones(len(ages))
    for at, age in enumerate(ages):
        if age <= clean_at:
            high[at] = 0.0
            continue
        failed = -np.expm1(model.posterior.log_survival(float(age)) - base)
        if model.posterior.better is not None:
            low[at] = quantile(failed, model.posterior.better, tail)
        if model.posterior.worse is not None:
            high[at] = quantile(failed, model.posterior.worse, 1 - tail)
    return Curve(ages, fraction_of_fit(model, ages, clean_at), low, high)


def fraction_of_fit(model: LifeModel, ages: FloatArray, clean_at: float) -> FloatArray | None:
    """Return the most likely fraction nonconforming at ages [year], None where there are only bounds."""
    if model.fit is None:
        return None
    base = float(model.fit.fraction(clean_at))
    if base >= 1:
        return np.ones(len(ages))
    return np.asarray(np.clip((model.fit.fraction(ages) - base) / (1 - base), 0.0, 1.0), dtype=np.float64)


def age_of_fraction(found: Fit, fraction: float, clean_at: float) -> float:
    """Return the age [year] at which the fraction of a fit is reached."""
    log_survival = np.log1p(-fraction)
    if clean_at > 0:
        z = np.array((log(clean_at) - found.mu) / found.sigma)
        log_survival += float(found.family.log_survival(z))
    return exp(min(found.mu + found.sigma * float(found.family.z_of(np.array(log_survival))), 700.0))


def replacement_curve(
    data: Lifetimes | LifeModel, meters: int, now_age: float, years: int, *, confidence: float = 0.95
) -> tuple[ReplacementYear, ...]:
    """Return how many of ``meters`` that conform at ``now_age`` [year] fail in each of the next ``years``.

    The interval holds both what is not known of the distribution and the chance of each meter; meters that were put
    in as replacements are of another lot and not counted.

    Raises
    ------
    BadLifetime
        The count, the age or the years are beyond reason.
    """
    model = data if isinstance(data, LifeModel) else life_model(data)
    check_confidence(confidence)
    check_age(now_age)
    if not (0 < meters <= _MOST_METERS and 1 <= years <= _MOST_YEARS):
        raise BadLifetime(f"只数应在 1～{_MOST_METERS:,} 之间，年数应在 1～{_MOST_YEARS} 之间。")
    tail = (1 - confidence) / 2
    nodes = model.posterior
    base, before = nodes.log_survival(now_age), nodes.log_survival(now_age)
    found = []
    for year in range(1, years + 1):
        after = nodes.log_survival(now_age + year)
        chance = np.exp(before - base) * -np.expm1(after - before)
        expected = None
        if model.fit is not None:
            start, end, now = (float(model.fit.fraction(now_age + at)) for at in (year - 1, year, 0))
            expected = meters * (end - start) / (1 - now) if now < 1 else 0.0
        low = 0 if nodes.better is None else _count(chance, nodes.better, meters, tail)
        high = meters if nodes.worse is None else _count(chance, nodes.worse, meters, 1 - tail)
        found.append(ReplacementYear(year, expected, low, high))
        before = after
    return tuple(found)


def _count(chance: FloatArray, weights: FloatArray, meters: int, level: float) -> int:
    """Return the smallest count whose probability not to be exceeded is at least ``level``."""
    kept = weights > _NOTHING
    chance, weights = np.clip(chance[kept], 0.0, 1.0), weights[kept]
    low, high = -1, meters
    while high - low > 1:
        middle = (low + high) // 2
        if float(weights @ bdtr(middle, meters, chance)) >= level:
            high = middle
        else:
            low = middle
    return high


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is not between 0.5 and 1."""
    if not _LEAST_CONFIDENCE <= confidence < 1:
        raise BadLifetime(f"置信水平应不小于 0.5、小于 1，这里是 {confidence:g}。")


def check_age(age: float) -> None:
    """Refuse an age [year] that no meter has."""
    if not 0 <= age <= OLDEST:
        raise BadLifetime(f"现在的年龄应在 0～{OLDEST:g} 年之间，这里是 {age:g}。")
