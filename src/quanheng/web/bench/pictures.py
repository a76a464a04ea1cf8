"""Pictures as SVG that the server draws: they need no script, print, and grow with the window.

Lengths are per cent of the picture, so that letters keep their size on a phone; curves are paths in a square of
`SIDE`, stretched to the same frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, floor, inf, isfinite, lgamma, log, log10, pi, sqrt

import numpy as np

from quanheng.kernels.uncertainty.distributions import Array
from quanheng.web.bench.numbers import grouped

SIDE = 1000
_CURVE_POINTS = 121
_TICKS = 7
_CLASSES = 40
_REACH = (
    3.0  # interquartile ranges to each side of the median: 4 standard deviations of a normal distribution
)
_BEYOND = 0.3  # of the widest interval is shown beyond its ends
_AIR = 1.08
_MARGIN = 0.06  # of the width is left free on each side of a small picture
_NARROWEST = 1e-290
_RESOLVED = 1e-13  # of the largest number in a picture: less leaves fewer than a thousand different numbers
_SPANS_FROM, _SPANS_APART = 0.9, 0.06


@dataclass(frozen=True)
class Tick:
    """A number at the foot of a picture; ``at`` in per cent."""

    at: str
    label: str


@dataclass(frozen=True)
class Span:
    """An interval under a histogram: its css, from where to where across, and how far down; all in per cent."""

    css: str
    low: str
    high: str
    at: str


@dataclass(frozen=True)
class Plot:
    """A histogram with a curve over it and intervals under it; ``area`` and ``curve`` are path data."""

    area: str
    curve: str
    ticks: tuple[Tick, ...]
    spans: tuple[Span, ...]


def percent(share: float) -> str:
    """Return a length as SVG takes it, whatever the language of the page."""
    return f"{100 * share:.2f}%"


def t_density(x: float, degrees_of_freedom: float) -> float:
    """Return the density of the standard t distribution, of the normal one for infinite degrees of freedom. [1]

    >>> round(t_density(0, float("inf")), 4), round(t_density(0, 1), 4)
    (0.3989, 0.3183)
    """
    if not isfinite(degrees_of_freedom):
        return exp(-x * x / 2) / sqrt(2 * pi)
    half = degrees_of_freedom / 2
    scale = lgamma(half + 0.5) - lgamma(half) - 0.5 * log(degrees_of_freedom * pi)
    return exp(scale - (half + 0.5) * log(1 + x * x / degrees_of_freedom))


def density_plot(
    edges: Array,
    counts: Sequence[int],
    trials: int,
    density: Callable[[float], float] | None,
    intervals: Iterable[tuple[str, float, float]],
) -> Plot | None:
    """Return the picture of Monte Carlo values; None where they lie so close that numbers hardly tell them apart.

    Parameters
    ----------
    edges, counts, trials
        Classes, how many values fell into each, and how many there are altogether.
    density
        Of the curve over it, per unit of the output; None draws none.
    intervals
        (css, low, high) of the intervals to draw under it.
    """
    spans = list(intervals)
    low, high = min(start for _css, start, _end in spans), max(end for _css, _start, end in spans)
    air = _BEYOND * (high - low) or 1.0
    low, high = low - air, high + air
    if not _is_wide(low, high):
        return None
    widths = np.diff(edges)
    heights = np.asarray(counts) / trials / np.where(widths > 0, widths, 1.0)
    points = np.linspace(low, high, _CURVE_POINTS)
    curve = [density(float(x)) for x in points] if density else []
    top = _AIR * max([*heights.tolist(), *curve]) or 1.0

    def across(x: float) -> float:
        return (x - low) / (high - low)

    return Plot(
        area=_steps([across(float(x)) for x in edges], (heights / top).tolist()),
        curve=_line([(across(float(x)), y / top) for x, y in zip(points, curve, strict=True)])
        if curve
        else "",
        ticks=tuple(Tick(percent(across(value)), label) for value, label in ticks(low, high)),
        spans=tuple(
            Span(css, percent(across(start)), percent(across(end)), percent(_SPANS_FROM + row * _SPANS_APART))
            for row, (css, start, end) in enumerate(spans)
        ),
    )


def small_plot(draws: Array) -> Plot:
    """Return the picture of draws of one input, without numbers."""
    draws = draws - np.median(draws)  # a value of many digits has few left for its spread
    quarter, middle, last = np.quantile(draws, [0.25, 0.5, 0.75])
    reach = _REACH * (last - quarter)
    low, high = max(draws.min(), middle - reach), min(draws.max(), middle + reach)
    if not _is_wide(low, high):
        return Plot("", "", (), ())
    counts, edges = np.histogram((draws - low) / (high - low), bins=_CLASSES, range=(-_MARGIN, 1 + _MARGIN))
    top = _AIR * int(counts.max())
    return Plot(_steps(((edges + _MARGIN) / (1 + 2 * _MARGIN)).tolist(), (counts / top).tolist()), "", (), ())


def _is_wide(low: float, high: float) -> bool:
    """Whether classes and ticks between two limits are told apart, and neither overflow nor vanish."""
    return max(_NARROWEST, _RESOLVED * max(abs(low), abs(high))) < high - low < inf


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return round numbers between two limits, with what to write at them: no more digits than tell them apart.

    >>> ticks(0.1, 1.2)
    [(0.2, '0.2'), (0.4, '0.4'), (0.6000000000000001, '0.6'), (0.8, '0.8'), (1.0, '1.0'), (1.2000000000000002, '1.2')]
    """
    rough = (high - low) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next((n * power for n in (1, 2, 2.5, 5, 10) if n * power >= rough * 0.999), 10 * power)
    places = max(0, -floor(log10(step)) + (1 if abs(step / power - 2.5) < 0.1 else 0))  # noqa: PLR2004  a quarter has two
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [(n * step, grouped(f"{n * step + 0.0:.{places}f}")) for n in range(first, last + 1)]


def _steps(edges: Sequence[float], heights: Sequence[float]) -> str:
    """Return the outline of a histogram, both in shares of the frame."""
    if not heights:
        return ""
    parts = [f"M{edges[0] * SIDE:.1f} {SIDE}"]
    for (_start, end), height in zip(pairwise(edges), heights, strict=True):
        parts.append(f"V{(1 - height) * SIDE:.1f}H{end * SIDE:.1f}")
    return "".join(parts) + f"V{SIDE}Z"


def _line(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x * SIDE:.1f} {(1 - y) * SIDE:.1f}" for x, y in points)
