"""Two pictures as SVG: the reliability curve, and one estimate beside its test on an axis of errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10
from xml.sax.saxutils import escape

from quanheng.kernels.scoring.reliability import Bin

_TEXT, _MUTED, _LINE, _BAND, _INK, _BAD = "#1c2127", "#56606b", "#dadfe5", "#e4ecf6", "#1d4379", "#b3261e"
_FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif'.replace('"', "'")
_SIZE, _LEFT, _TOP, _SIDE = 420, 56, 20, 330  # [px]
_WIDE, _ROW, _AXIS_LEFT, _AXIS_RIGHT = 380, 34, 104, 366  # [px] readable where it is shrunk to a phone
_TICKS = 6
_PERCENT = (0, 25, 50, 75, 100)

Row = tuple[str, float, float, bool]  # label, error, half of its interval [%], whether it is the test


def reliability_picture(curve: Sequence[Bin]) -> str:
    """Return how often meters were out of tolerance over what was said, with exact 95 % intervals.

    The dashed line is where it comes out exactly as said; the number beside a point is its count of meters.
    """
    body = [*_frame(), *(_point(one) for one in curve)]
    said = "；".join(
        f"说 {100 * one.mean_probability:.0f} % 的 {one.observed.count} 台中 {one.observed.hits} 台超差"
        for one in curve
    )
    return _svg(_SIZE, _SIZE - 10, "可靠性曲线", said or "还没有核实的电能表", body)


def comparison_picture(rows: Sequence[Row], mpe_percent: float) -> str:
    """Return errors with their 95 % intervals below each other, over the band of the MPE ± [%]."""
    reach = [1.5 * mpe_percent, *(abs(error) + half for _label, error, half, _tested in rows)]
    most = 1.08 * max(reach)
    height = 64 + _ROW * len(rows)
    body = [*_axis(most, mpe_percent, height)]
    for at, (label, error, half, tested) in enumerate(rows):
        body.append(_interval(label, error, half, 44 + _ROW * at, most, is_test=tested))
    said = "；".join(f"{label} {error:+.2f} ± {half:.2f} %" for label, error, half, _tested in rows)
    return _svg(_WIDE, height, "估计与检定", said, body)


def _frame() -> Iterator[str]:
    right, bottom = _LEFT + _SIDE, _TOP + _SIDE
    yield f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="#fff" stroke="{_LINE}"/>'
    yield f'<path d="M{_LEFT} {bottom}L{right} {_TOP}" stroke="{_MUTED}" stroke-dasharray="5 4"/>'
    for value in _PERCENT:
        x, y = _across(value / 100), _up(value / 100)
        yield f'<path d="M{x:g} {bottom}v5M{_LEFT} {y:g}h-5" stroke="{_MUTED}"/>'
        yield _words(x, bottom + 19, f"{value}", "middle", _MUTED)
        yield _words(_LEFT - 9, y + 4, f"{value}", "end", _MUTED)
    yield _words(_LEFT + _SIDE / 2, bottom + 38, "说的超差概率（%）", "middle", _TEXT)
    yield _words(_LEFT + 6, _TOP + 16, "检定超差的比例（%）", "start", _TEXT)


def _point(one: Bin) -> str:
    seen = one.observed
    x, y = _across(one.mean_probability), _up(seen.share or 0.0)
    low, high = _up(seen.low), _up(seen.high)
    right = x < _LEFT + 0.8 * _SIDE
    return (
        f'<g><path d="M{x:g} {low:g}V{high:g}M{x - 5:g} {low:g}h10M{x - 5:g} {high:g}h10" stroke="{_INK}" fill="none"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{_INK}"/>'
        + _words(x + (9 if right else -9), y - 7, f"{seen.count} 台", "start" if right else "end", _TEXT)
        + "</g>"
    )


def _axis(most: float, mpe: float, height: int) -> Iterator[str]:
    left, right, bottom = _place(-mpe, most), _place(mpe, most), height - 26
    yield f'<rect x="{left:g}" y="24" width="{right - left:g}" height="{bottom - 24}" fill="{_BAND}"/>'
    yield f'<path d="M{left:g} 24V{bottom}M{right:g} 24V{bottom}" stroke="#8a94a0" stroke-dasharray="4 3"/>'
    least = 2 * most / _TICKS
    power = 10.0 ** floor(log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    for at in range(-int(most / step), int(most / step) + 1):
        value = at * step
        x = _place(value, most)
        yield f'<path d="M{x:g} 24V{bottom}" stroke="{_LINE if at else _TEXT}"/>'
        yield _words(x, height - 9, f"{value:+g}" if at else "0", "middle", _MUTED)
    yield _words(
        _AXIS_RIGHT, 15, f"误差（%）；底色为最大允许误差 ±{mpe:g} %，横线为 95 % 区间", "end", _MUTED
    )


def _interval(label: str, error: float, half: float, y: float, most: float, *, is_test: bool) -> str:
    left, right, middle = (_place(value, most) for value in (error - half, error + half, error))
    colour = _BAD if is_test else _INK
    mark = (
        f'<path d="M{middle:g} {y - 7:g}l7 7l-7 7l-7 -7z" fill="{colour}"/>'
        if is_test
        else f'<circle cx="{middle:g}" cy="{y:g}" r="5.5" fill="#fff" stroke="{colour}" stroke-width="2"/>'
    )
    return (
        f'<g><path d="M{left:g} {y:g}H{right:g}M{left:g} {y - 6:g}v12M{right:g} {y - 6:g}v12"'
        f' stroke="{colour}" stroke-width="2" fill="none"/>{mark}'
        + _words(_AXIS_LEFT - 14, y + 5, label, "end", _TEXT)
        + "</g>"
    )


def _across(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _up(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)


def _place(value: float, most: float) -> float:
    return round(_AXIS_LEFT + (_AXIS_RIGHT - _AXIS_LEFT) * (value + most) / (2 * most), 1)


def _words(x: float, y: float, text: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(width: int, height: int, title: str, said: str, body: Sequence[str]) -> str:
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' role="img" font-size="13" font-family="{_FONT}" lang="zh-CN">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(said)}</desc>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *body,
            "</svg>\n",
        )
    )
