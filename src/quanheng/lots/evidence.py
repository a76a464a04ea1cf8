"""What stands beside the verdict of a sample, as information: the plan's risks, life model, estimates from afar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils.translation import gettext as _

from quanheng.kernels.sampling.characteristic import acceptance_of_lots, acceptance_probability
from quanheng.kernels.sampling.plans import Plan
from quanheng.lots.enums import ItemResult
from quanheng.lots.extension_rules import life_limit
from quanheng.lots.models import SampleItem

_DAYS_A_YEAR = 365.2425
_POINTS = 40
_LEAST = 0.005
_CONSUMER = 0.10  # the usual consumer's risk, at which a plan is described (ISO 2859-2)


@dataclass(frozen=True, slots=True)
class Risk:
    """The operating characteristic of a plan for a lot: shares nonconforming [1] and probabilities to be accepted.

    ``worst`` is the share that is still accepted with the probability ``consumer_risk``.
    """

    fractions: tuple[float, ...]
    accepted: tuple[float, ...]
    worst: float
    consumer_risk: float = _CONSUMER


def risk_of(plan: Plan, lot_size: int) -> Risk:
    """Return how probable acceptance is, from a lot without a nonconforming meter to one that is hardly accepted."""
    worst = _first_at_most(plan, lot_size, _CONSUMER)
    last = max(_first_at_most(plan, lot_size, _LEAST), 1)
    bad = np.unique(np.linspace(0, last, min(last, _POINTS) + 1).round().astype(np.int64))
    accepted = acceptance_of_lots(plan, bad, lot_size)
    return Risk(tuple((bad / lot_size).tolist()), tuple(accepted.tolist()), worst / lot_size)


def _first_at_most(plan: Plan, lot_size: int, probability: float) -> int:
    """Return the least number of nonconforming meters with which the lot is accepted no more often than that."""
    low, high = 0, lot_size  # more nonconforming meters never make acceptance more probable
    while low < high:
        middle = (low + high) // 2
        if acceptance_of_lots(plan, [middle], lot_size)[0] > probability:
            low = middle + 1
        else:
            high = middle
    return low


def life_of(items: Iterable[SampleItem], first_verified: date, on: date) -> str:
    """Say how many more years a lot may stay by what was found of its samples, or why that cannot be estimated.

    Ages count from the verification of each meter, ``first_verified`` for those without a day; they are rounded to
    the hundredth of a year.  Empty where nothing was found.
    """
    from quanheng.kernels.lifetime import (
        BadLifetime,
        Seen,
        lifetimes,
        years_left,
    )  # scipy takes a while to load

    seen: Counter[tuple[float, bool]] = Counter()
    for item in items:
        if item.result in {ItemResult.CONFORMING, ItemResult.NONCONFORMING} and item.tested_on is not None:
            begun = item.meter.verified_on or first_verified
            age = round(max((item.tested_on - begun).days, 1) / _DAYS_A_YEAR, 2)
            seen[age, item.result == ItemResult.NONCONFORMING] += 1
    if not seen:
        return ""
    rows = [
        Seen(last_good=0.0, first_bad=age, count=count) if is_bad else Seen(last_good=age, count=count)
        for (age, is_bad), count in sorted(seen.items())
    ]
    now = max((on - first_verified).days / _DAYS_A_YEAR, *(age for age, _bad in seen))
    most, _source = life_limit()
    try:
        return years_left(lifetimes(rows), most, now).sentence
    except BadLifetime as error:
        return _("由这些结果估计不出：%(reason)s") % {"reason": error}


def accepted_at(plan: Plan, fraction: float, lot_size: int) -> float:
    """Return with which probability a lot with this share of nonconforming meters is accepted."""
    return acceptance_probability(plan, fraction, lot_size)


def shares(values: Sequence[float]) -> list[float]:
    """Return shares as percentages."""
    return [round(value * 100, 2) for value in values]
