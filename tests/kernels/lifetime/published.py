"""Interval-censored data of the literature, as rows."""

from __future__ import annotations

from math import inf

from quanheng.kernels.lifetime import Seen, seen_once

# Finkelstein and Wolfe, Biometrics 41 (1985) 933: radiotherapy alone, months.
_BREAST = (
    "45- 6-10 0-7 46- 46- 7-16 17- 7-14 37-44 0-8 4-11 15- 11-15 22- 46- 46- 25-37 46- 26-40 46- 27-34 36-44 46- "
    "36-48 37- 40- 17-25 46- 11-18 38- 5-12 37- 0-5 18- 24- 36- 5-11 19-35 17-25 24- 32- 33- 19-26 37- 34- 36-"
)
# Nelson, Applied Life Data Analysis (1982), p. 415: cracks found at each inspection, months; 73 of 167 survived.
_PARTS = ((6.12, 5), (19.92, 16), (29.64, 12), (35.40, 18), (39.72, 18), (45.24, 2), (52.32, 6), (63.48, 17))
# Nelson (1982), p. 407, and Meeker and Escobar (1998), example 1.6: turbine wheels, 100 hours: cracked, not cracked.
_WHEELS = (
    *((4, 0, 39), (10, 4, 49), (14, 2, 31), (18, 7, 66), (22, 5, 25), (26, 9, 30), (30, 9, 33), (34, 6, 7)),
    *((38, 22, 12), (42, 21, 19), (46, 21, 15)),
)


def breast() -> list[Seen]:
    """46 women; 21 with an interval."""
    parts = (text.partition("-") for text in _BREAST.split())
    return [Seen(float(low), float(high) if high else inf) for low, _dash, high in parts]


def parts() -> list[Seen]:
    """167 parts of turbines."""
    starts = (0.0, *(age for age, _count in _PARTS))
    rows = [Seen(low, age, count=count) for low, (age, count) in zip(starts, _PARTS, strict=False)]
    return [*rows, Seen(63.48, count=73)]


def wheels() -> list[Seen]:
    """432 wheels, each looked at once."""
    return [row for age, bad, good in _WHEELS for row in seen_once(age, good, bad)]
