"""What a household paid too much because its meter was wrong, with the interval that is honest about it.

registered = true·(1 + ε), so of the registered energy ε/(1 + ε) was billed beyond the true one.  From which day the
meter was wrong is usually not known: a share of the period counts, and the outer interval holds every other day.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


class BadCompensation(ValueError):
    """Figures of which nothing can be computed; the text is Chinese."""


@dataclass(frozen=True, slots=True)
class Onset:
    """Which share of the registered energy was measured by the wrong meter [1]: what counts, and the ends of it."""

    counted: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Compensation:
    """Energy billed too much [kWh] (< 0: too little) and money, each with the ends of its interval.

    ``measured_low`` and ``measured_high`` hold the uncertainty of the error alone, ``low`` and ``high`` also that nobody
    knows when it began.
    """

    energy_kwh: float
    measured_low_kwh: float
    measured_high_kwh: float
    low_kwh: float
    high_kwh: float
    amount: float
    low_amount: float
    high_amount: float


def compensation(
    *,
    registered_kwh: float,
    error_percent: float,
    expanded_uncertainty_percent: float,
    price_per_kwh: float,
    onset: Onset,
) -> Compensation:
    """Return what was billed too much over a period.

    Parameters
    ----------
    registered_kwh
        What the meter showed over the period. [kWh]
    error_percent, expanded_uncertainty_percent
        Error of the meter and U (k = 2) of it. [%]
    price_per_kwh
        [money/kWh]
    onset
        Which share of the period the meter was wrong.

    Raises
    ------
    BadCompensation
        A figure that is none or negative, an error whose interval reaches -100 %, shares beyond 0 … 1 or out of order.
    """
    given = (registered_kwh, error_percent, expanded_uncertainty_percent, price_per_kwh)
    if not all(map(isfinite, given)):
        raise BadCompensation("电量、误差、不确定度和电价都应是数。")
    if min(registered_kwh, expanded_uncertainty_percent, price_per_kwh) < 0:
        raise BadCompensation("电量、不确定度和电价不能是负的。")
    if error_percent - expanded_uncertainty_percent <= -100:  # noqa: PLR2004  [%]: a meter that stands still
        raise BadCompensation("误差达到 -100 %：电能表不走，不能由读数推算电量。")
    if not 0 <= onset.least <= onset.counted <= onset.most <= 1:
        raise BadCompensation("误差持续的时间占比应在 0 到 1 之间。")
    middle, low, high = (
        registered_kwh * _excess(error_percent + step * expanded_uncertainty_percent) for step in (0, -1, 1)
    )
    ends = [end * share for end in (low, high) for share in (onset.least, onset.most)]
    return Compensation(
        middle * onset.counted,
        low * onset.counted,
        high * onset.counted,
        min(ends),
        max(ends),
        middle * onset.counted * price_per_kwh,
        min(ends) * price_per_kwh,
        max(ends) * price_per_kwh,
    )


def _excess(error_percent: float) -> float:
    return error_percent / (100 + error_percent)
