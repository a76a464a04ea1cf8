"""A picture of an estimate as SVG: each meter on an axis of errors, with its 95 % interval and the band of the MPE."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import floor, isfinite, log10
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.results import (
    CONFORMING,
    OUT_OF_TOLERANCE,
    UNDETERMINED,
    AreaEstimate,
)
from quanheng.kernels.fleet.words import HALF_WIDTH, METER_STATUS, PRELIMINARY, error_text, headline

_ORDER = (OUT_OF_TOLERANCE, UNDETERMINED, CONFORMING)
_COLOURS = {OUT_OF_TOLERANCE: "#b3261e", UNDETERMINED: "#59636e", CONFORMING: "#1d4379"}
_TEXT, _MUTED, _LINE, _BAND = "#1c2127", "#56606b", "#dadfe5", "#e4ecf6"
_WIDTH, _LEFT, _RIGHT, _MARGIN = 900, 196, 716, 16  # [px]; the axis runs from left to right
_TOP, _ROW, _THIN, _FONT = 104, 22, 6, 13
_COMPACT = 80  # more meters than this have thin rows without names, but for those that someone must see
_PLACES = 24  # of a name, a Chinese character takes two
_WIDEST = 200.0  # [%] of the axis; what lies beyond is an arrow
_TICKS = 9
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), " ")


@dataclass(frozen=True)
class _Meter:
    name: str
    status: str
    error: float  # [%]
    half: float  # of the 95 % interval [%]
    text: str
    mpe: float  # [%]
    y: float  # of the middle of its row [px]
    height: int

    @property
    def is_drawn(self) -> bool:
        return isfinite(self.error) and isfinite(self.half)


@dataclass(frozen=True)
class _Axis:
    low: float  # [%]
    high: float

    def place(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return round(_LEFT + (_RIGHT - _LEFT) * (inside - self.low) / (self.high - self.low), 1)


def picture(estimate: AreaEstimate, mpe_percent: float | NDArray[np.floating] | None = None) -> str:
    """Return the picture as the text of an SVG element, for a page or a file.

    Meters that someone must look at stand first, then what cannot be judged, then the others; within each by error.
    A status is told by its shape and its word, not by colour alone; what lies beyond the axis has an arrow.

    ``mpe_percent`` is drawn as the MPE of all meters or of each, shape (n,), ± [%]; that of the estimate without it.  A
    meter of which it is NaN has no band.
    """
    meters = _meters(estimate, estimate.mpe_percent if mpe_percent is None else mpe_percent)
    bottom = _TOP + sum(meter.height for meter in meters)
    height = bottom + (40 if meters else 30)
    axis = _axis(meters)
    body = (
        *_head(estimate),
        *(_scale(axis, meters, bottom) if meters else ()),
        *(_drawn(meter, axis) for meter in meters),
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
            f' role="img" aria-labelledby="fleet-title fleet-desc" font-size="{_FONT}"'
            ' font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif" lang="zh-CN">',
            f'<title id="fleet-title">{_clean(headline(estimate))}</title>',
            f'<desc id="fleet-desc">{_clean(_description(meters))}</desc>',
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            *body,
            "</svg>\n",
        )
    )


def _meters(estimate: AreaEstimate, mpe_percent: float | NDArray[np.floating]) -> list[_Meter]:
    """Return the rows from top to bottom; none where no meter has an estimate."""
    n = len(estimate.meter_ids) if np.isfinite(estimate.error_percent).any() else 0
    limits = np.broadcast_to(np.asarray(mpe_percent, dtype=np.float64), estimate.error_percent.shape)
    halves = HALF_WIDTH * estimate.standard_uncertainty_percent

    def place(at: int) -> tuple[int, bool, float, str]:
        error = float(estimate.error_percent[at])
        known = isfinite(error)
        return (
            _ORDER.index(estimate.meter_status[at]),
            not known,
            error if known else 0.0,
            estimate.meter_ids[at],
        )

    found, y = [], float(_TOP)
    for at in sorted(range(n), key=place):
        status, error = estimate.meter_status[at], float(estimate.error_percent[at])
        is_thin = n > _COMPACT and status != OUT_OF_TOLERANCE
        height = _THIN if is_thin else _ROW
        text = error_text(error, float(estimate.standard_uncertainty_percent[at]))
        found.append(
            _Meter(
                estimate.meter_ids[at],
                status,
                error,
                float(halves[at]),
                text,
                float(limits[at]),
                y + height / 2,
                height,
            )
        )
        y += height
    return found


def _axis(meters: list[_Meter]) -> _Axis:
    """Return an axis with the band and every judged interval on it; wide intervals of the others do not stretch it."""
    widest = max((meter.mpe for meter in meters if isfinite(meter.mpe)), default=1.0) or 1.0
    judged = [meter for meter in meters if meter.status != UNDETERMINED and meter.is_drawn]
    low = min([-1.5 * widest, *(meter.error - meter.half for meter in judged)])
    high = max([1.5 * widest, *(meter.error + meter.half for meter in judged)])
    pad = 0.04 * (high - low)
    return _Axis(max(low - pad, -_WIDEST), min(high + pad, _WIDEST))


def _head(estimate: AreaEstimate) -> Iterator[str]:
    yield _words(_MARGIN, 26, headline(estimate), ' font-size="16" font-weight="bold"')
    yield _words(_MARGIN, 47, PRELIMINARY, f' fill="{_MUTED}"')
    x = _MARGIN
    for status in _ORDER:
        label = f"{METER_STATUS[status]} {estimate.meter_status.count(status)} 台"
        yield _mark(status, x + 6, 67)
        yield _words(x + 18, 72, label)
        x += 42 + _FONT * len(label)
    if np.isfinite(estimate.error_percent).any():
        yield f'<rect x="{x}" y="61" width="18" height="12" fill="{_BAND}" stroke="#8a94a0"/>'
        yield _words(x + 24, 72, "最大允许误差；横线为 95 % 区间")


def _scale(axis: _Axis, meters: list[_Meter], bottom: int) -> Iterator[str]:
    for mpe, group in groupby(meters, key=lambda meter: meter.mpe):
        rows = list(group)
        if not isfinite(mpe):
            continue
        y, last = rows[0].y - rows[0].height / 2, rows[-1].y + rows[-1].height / 2
        x1, x2 = axis.place(-mpe), axis.place(mpe)
        yield f'<rect x="{x1}" y="{y:g}" width="{x2 - x1:g}" height="{last - y:g}" fill="{_BAND}"/>'
        yield f'<path d="M{x1} {y:g}V{last:g}M{x2} {y:g}V{last:g}" stroke="#8a94a0" stroke-dasharray="4 3" fill="none"/>'
    for value in _ticks(axis):
        x, colour = axis.place(value), _LINE if value else _TEXT
        yield f'<path d="M{x} {_TOP - 4}V{bottom}" stroke="{colour}"/>'
        for y in (_TOP - 9, bottom + 16):
            yield _words(x, y, f"{value:+g}" if value else "0", f' text-anchor="middle" fill="{_MUTED}"')
    yield _words(_RIGHT + 16, _TOP - 9, "误差（%）", f' fill="{_MUTED}"')


def _ticks(axis: _Axis) -> list[float]:
    least = (axis.high - axis.low) / _TICKS
    power = 10.0 ** floor(log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    first, last = -floor(-axis.low / step), floor(axis.high / step)
    return [round(at * step, 6) for at in range(first, last + 1)]


def _drawn(meter: _Meter, axis: _Axis) -> str:
    """Return one row: name, interval, mark and figure; of a thin row only the interval and the mark."""
    colour = _COLOURS[meter.status]
    parts = [f"<title>{_clean(f'{meter.name}　{METER_STATUS[meter.status]}　{meter.text}')}</title>"]
    if meter.is_drawn:
        parts.append(_interval(meter, axis, colour))
        if axis.low <= meter.error <= axis.high:
            parts.append(
                _mark(meter.status, axis.place(meter.error), meter.y, 1.0 if meter.height == _ROW else 0.6)
            )
    if meter.height == _ROW:
        weight = ' font-weight="bold"' if meter.status == OUT_OF_TOLERANCE else ""
        parts.append(
            _words(
                _LEFT - 12, meter.y + 5, _clipped(meter.name), f' text-anchor="end" fill="{_TEXT}"{weight}'
            )
        )
        parts.append(_words(_RIGHT + 16, meter.y + 5, meter.text, f' fill="{colour}"{weight}'))
    return f"<g>{''.join(parts)}</g>"


def _interval(meter: _Meter, axis: _Axis, colour: str) -> str:
    low, high = meter.error - meter.half, meter.error + meter.half
    x1, x2, y = axis.place(low), axis.place(high), meter.y
    dashes = ' stroke-dasharray="3 3"' if meter.status == UNDETERMINED else ""
    size = 4 if meter.height == _ROW else 2
    ends = []
    for beyond, x, back in ((low < axis.low, x1, size), (high > axis.high, x2, -size)):
        tip = f"M{x + back:g} {y - size:g}L{x} {y:g}L{x + back:g} {y + size:g}"
        ends.append(tip if beyond else f"M{x} {y - size:g}V{y + size:g}")
    width = 2 if meter.status == OUT_OF_TOLERANCE else 1
    return (
        f'<path d="M{x1} {y:g}H{x2}" stroke="{colour}" stroke-width="{width}"{dashes}/>'
        f'<path d="{"".join(ends)}" stroke="{colour}" fill="none"/>'
    )


def _mark(status: str, x: float, y: float, size: float = 1.0) -> str:
    """Return a diamond, a cross or a circle."""
    colour, r = _COLOURS[status], round(5 * size, 1)
    if status == OUT_OF_TOLERANCE:
        d = f"M{x:g} {y - r - 1:g}L{x + r + 1:g} {y:g}L{x:g} {y + r + 1:g}L{x - r - 1:g} {y:g}Z"
        return f'<path d="{d}" fill="{colour}"/>'
    if status == UNDETERMINED:
        d = f"M{x - r:g} {y - r:g}L{x + r:g} {y + r:g}M{x - r:g} {y + r:g}L{x + r:g} {y - r:g}"
        return f'<path d="{d}" stroke="{colour}" stroke-width="1.5" fill="none"/>'
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r - 0.5:g}" fill="#fff" stroke="{colour}" stroke-width="1.5"/>'


def _description(meters: list[_Meter]) -> str:
    found = [f"{meter.name} {meter.text}" for meter in meters if meter.status == OUT_OF_TOLERANCE]
    return (f"疑似超差：{'；'.join(found)}。" if found else "没有疑似超差的电能表。") + PRELIMINARY


def _clipped(name: str) -> str:
    """Return a name that fits its column; of a long one the end, which tells meters apart."""
    places = 0
    for at in range(len(name) - 1, -1, -1):
        places += 2 if unicodedata.east_asian_width(name[at]) in "WFA" else 1
        if places > _PLACES:
            return "…" + name[at + 1 :]
    return name


def _words(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{style}>{_clean(text)}</text>'


def _clean(text: str) -> str:
    return escape(text.translate(_UNWRITABLE))
