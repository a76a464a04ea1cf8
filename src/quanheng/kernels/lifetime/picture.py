"""A picture of a life model as SVG: the fraction nonconforming by age, its band, the data, what is permitted, years left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, isfinite, log10
from xml.sax.saxutils import escape

import numpy as np

from quanheng.kernels.lifetime.model import Curve, LifeModel, curve
from quanheng.kernels.lifetime.turnbull import Steps, turnbull
from quanheng.kernels.lifetime.years import YearsLeft

_TEXT, _MUTED, _LINE, _BAND, _CURVE, _LIMIT = "#1c2127", "#56606b", "#dadfe5", "#d5e1f1", "#1d4379", "#b3261e"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 508, 76, 872, 140, 448  # [px]
_FONT, _POINTS, _TICKS = 13, 81, 8
_MOST_AGES = 40.0  # beyond the last look and now
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), " ")


@dataclass(frozen=True)
class _Axes:
    oldest: float  # [year]
    most: float  # [1]

    def x(self, age: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * min(max(age / self.oldest, 0.0), 1.0), 1)

    def y(self, fraction: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * min(max(fraction / self.most, 0.0), 1.0), 1)


def picture(model: LifeModel, left: YearsLeft, *, title: str = "") -> str:
    """Return the picture as the text of an SVG element, for a page or a file.

    The steps are Turnbull's curve; a hatched box is where it cannot say when the meters failed.  With a lot whose
    nonconforming meters were replaced at some age (``clean_at``) the curve is that of all meters nevertheless.
    """
    steps = turnbull(model.data)
    axes = _axes(model, left, steps)
    ages = np.linspace(0.0, axes.oldest, _POINTS)
    drawn = curve(model, ages, confidence=left.confidence)
    head = title or "这批表还可以留几年"
    body = (
        *_head(model, left, head),
        *_scale(axes),
        f'<g clip-path="url(#life-clip)">{"".join(_band(drawn, axes))}</g>',
        *_data(model, steps, axes),
        *_answer(left, axes),
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}"'
            f' height="{_HEIGHT}" role="img" aria-labelledby="life-title life-desc" font-size="{_FONT}"'
            ' font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif" lang="zh-CN">',
            f'<title id="life-title">{_clean(head)}</title>',
            f'<desc id="life-desc">{_clean(left.sentence)}</desc>',
            f'<defs><clipPath id="life-clip"><rect x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}"'
            f' height="{_BOTTOM - _TOP}"/></clipPath><pattern id="life-hatch" width="6" height="6"'
            ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<path d="M0 0V6" stroke="{_TEXT}" stroke-opacity="0.28"/></pattern></defs>',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *body,
            "</svg>\n",
        )
    )


def _axes(model: LifeModel, left: YearsLeft, steps: Steps) -> _Axes:
    shown = left.now_age + min(max(left.years or 0.0, left.at_least, 1.0), _MOST_AGES)
    oldest = 1.15 * max(shown, model.data.oldest)
    seen = float(steps.fraction(np.array([model.data.oldest]))[0][0])
    return _Axes(oldest, min(1.0, 1.15 * max(3 * left.max_fraction, 1.3 * seen)))


def _head(model: LifeModel, left: YearsLeft, title: str) -> Iterator[str]:
    data = model.data
    yield _words(16, 28, title, ' font-size="16" font-weight="bold"')
    yield _words(16, 50, left.sentence)
    fitted = f"{model.family.name}分布"
    if model.fit is not None:
        fitted += f"，形状参数 {model.fit.shape:.2f}，特征寿命 {model.fit.scale:.1f} 年"
    yield _words(16, 71, f"检查 {data.meters:,} 只，不合格 {data.failed:,} 只；{fitted}", f' fill="{_MUTED}"')
    x = 16
    for label, mark in (
        ("拟合的不合格率", f'<path d="M0 0H26" stroke="{_CURVE}" stroke-width="2.5"/>'),
        (f"{100 * left.confidence:g}% 区间", f'<rect y="-7" width="26" height="13" fill="{_BAND}"/>'),
        ("检查结果（特恩布尔曲线）", f'<path d="M0 0H26" stroke="{_TEXT}" stroke-width="1.2"/>'),
        (
            "失效时间不能分辨",
            '<rect y="-7" width="26" height="13" fill="url(#life-hatch)" stroke="#1c2127" stroke-width="1.1"/>',
        ),
        (
            "允许的不合格率",
            f'<path d="M0 0H26" stroke="{_LIMIT}" stroke-width="1.5" stroke-dasharray="6 4"/>',
        ),
    ):
        yield f'<g transform="translate({x} 96)">{mark}</g>'
        yield _words(x + 32, 101, label)
        x += 58 + _FONT * len(label)


def _scale(axes: _Axes) -> Iterator[str]:
    for value in _ticks(axes.most * 100):
        y = axes.y(value / 100)
        yield f'<path d="M{_LEFT} {y}H{_RIGHT}" stroke="{_LINE}"/>'
        yield _words(_LEFT - 8, y + 4, f"{value:g}", f' text-anchor="end" fill="{_MUTED}"')
    for value in _ticks(axes.oldest):
        x = axes.x(value)
        yield f'<path d="M{x} {_BOTTOM}v5" stroke="{_MUTED}"/>'
        yield _words(x, _BOTTOM + 20, f"{value:g}", f' text-anchor="middle" fill="{_MUTED}"')
    yield f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}" stroke="{_TEXT}" fill="none"/>'
    yield _words(16, _TOP - 10, "不合格率（%）", f' fill="{_MUTED}"')
    yield _words(_RIGHT, _BOTTOM + 38, "使用年限（年）", f' text-anchor="end" fill="{_MUTED}"')


def _band(drawn: Curve, axes: _Axes) -> Iterator[str]:
    upper = [f"{axes.x(age)} {_free(axes, value)}" for age, value in zip(drawn.ages, drawn.high, strict=True)]
    lower = [f"{axes.x(age)} {_free(axes, value)}" for age, value in zip(drawn.ages, drawn.low, strict=True)]
    yield f'<path d="M{"L".join((*upper, *lower[::-1]))}Z" fill="{_BAND}"/>'
    if drawn.fraction is not None:
        line = [
            f"{axes.x(age)} {_free(axes, value)}"
            for age, value in zip(drawn.ages, drawn.fraction, strict=True)
        ]
        yield f'<path d="M{"L".join(line)}" stroke="{_CURVE}" stroke-width="2.5" fill="none"/>'


def _free(axes: _Axes, fraction: float) -> float:
    """Return the place [px] of a fraction that may lie above the picture; the clip takes it off."""
    return round(_BOTTOM - (_BOTTOM - _TOP) * min(fraction / axes.most, 3.0), 1)


def _data(model: LifeModel, steps: Steps, axes: _Axes) -> Iterator[str]:
    x, total, path = axes.x(steps.from_age), 0.0, f"M{axes.x(steps.from_age)} {axes.y(0.0)}"
    for low, high, mass in zip(steps.left, steps.right, steps.mass, strict=True):
        path += f"H{axes.x(float(low))}"
        if not isfinite(high):
            x = axes.x(float(low))
            break
        top, bottom = axes.y(total + float(mass)), axes.y(total)
        x = axes.x(float(high))
        width = x - axes.x(float(low))
        yield (
            f'<rect x="{axes.x(float(low))}" y="{top}" width="{width:g}" height="{bottom - top:g}"'
            f' fill="url(#life-hatch)" stroke="{_TEXT}" stroke-width="1.1"/>'
        )
        path += f"M{x} {top}"
        total += float(mass)
    else:
        path += f"H{axes.x(model.data.oldest)}"
    yield f'<path d="{path}" stroke="{_TEXT}" stroke-width="1.4" fill="none"/>'


def _answer(left: YearsLeft, axes: _Axes) -> Iterator[str]:
    y, now = axes.y(left.max_fraction), axes.x(left.now_age)
    yield f'<path d="M{_LEFT} {y}H{_RIGHT}" stroke="{_LIMIT}" stroke-width="1.5" stroke-dasharray="6 4"/>'
    yield _words(
        _LEFT + 6, y - 6, f"允许 {100 * left.max_fraction:g}%", f' fill="{_LIMIT}" font-weight="bold"'
    )
    yield f'<path d="M{now} {_TOP}V{_BOTTOM}" stroke="{_TEXT}" stroke-dasharray="2 3"/>'
    yield _words(now + 5, _TOP + 14, f"现在 {left.now_age:g} 年")
    for years, label, row in ((left.at_least, "至少", 0), (left.years, "估计", 1)):
        if years is None or years <= 0 or left.now_age + years > axes.oldest:
            continue
        x, place = axes.x(left.now_age + years), _BOTTOM - 14 - 24 * row
        weight = ' font-weight="bold"' if not row else ""
        yield f'<path d="M{x} {y}V{_BOTTOM}" stroke="{_CURVE}" stroke-dasharray="{"" if not row else "4 3"}"/>'
        yield f'<path d="M{now} {place}H{x}M{x - 6:g} {place - 4}L{x} {place}L{x - 6:g} {place + 4}" stroke="{_CURVE}" fill="none"/>'
        anchor, at = ("end", x - 10) if x - now > 100 else ("start", x + 6)  # noqa: PLR2004
        yield _words(
            at, place - 5, f"{label} {years:.1f} 年", f' text-anchor="{anchor}" fill="{_CURVE}"{weight}'
        )


def _ticks(most: float) -> list[float]:
    least = most / _TICKS
    power = 10.0 ** floor(log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    return [round(at * step, 6) for at in range(floor(most / step) + 1)]


def _words(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{style}>{_clean(text)}</text>'


def _clean(text: str) -> str:
    return escape(text.translate(_UNWRITABLE))
