"""The operating characteristic of a plan as SVG: P(accept) over the nonconforming fraction, with marked points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log10
from xml.sax.saxutils import escape

import numpy as np

from quanheng.kernels.sampling.characteristic import acceptance_curve, nearest
from quanheng.kernels.sampling.plans import BadSampling, Plan

PRODUCER, CONSUMER, OTHER = "producer", "consumer", "other"
_WORDS = {PRODUCER: "生产方", CONSUMER: "使用方", OTHER: ""}
_COLOURS = {PRODUCER: "#1d4379", CONSUMER: "#b3261e", OTHER: "#59636e"}
_TEXT, _MUTED, _LINE, _CURVE = "#1c2127", "#56606b", "#dadfe5", "#1d4379"
_WIDTH, _HEIGHT = 720, 460  # [px]
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 690, 84, 380
_POINTS, _TICKS, _SMALL = 400, 8, 0.002
_CLOSE = 18  # [px] between two lines of text


@dataclass(frozen=True, slots=True)
class Mark:
    """A point to show: the fraction [1], whose point it is, and a label of its own where that is not enough."""

    fraction: float
    whose: str = OTHER
    label: str = ""


def oc_picture(plan: Plan, lot_size: int | None = None, marks: Sequence[Mark] = ()) -> str:
    """Return the picture as the text of an SVG element with a title and a description in Chinese.

    Marks show P(accept) at their fraction, exact.  The axis ends where hardly any lot is accepted any more.

    Raises
    ------
    BadSampling
        A mark outside 0 … 1, a lot smaller than the plan.
    """
    if plan.counts_nonconformities:
        raise BadSampling("数不合格数的方案没有按不合格品率的特性曲线。")
    if any(not 0 <= mark.fraction <= 1 for mark in marks):
        raise BadSampling("图上要标的不合格品率应在 0 到 1 之间。")
    last = _last(plan, lot_size, marks)
    shown = _shown(plan, lot_size, marks)
    title, description = _title(plan, lot_size), _described(shown)
    body = (*_head(plan, lot_size), *_scale(last), _curve(plan, lot_size, last), *_drawn(shown, last))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}"'
            f' height="{_HEIGHT}" role="img" aria-labelledby="oc-title oc-desc" font-size="13"'
            ' font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif" lang="zh-CN">',
            f'<title id="oc-title">{escape(title)}</title>',
            f'<desc id="oc-desc">{escape(description)}</desc>',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *body,
            "</svg>\n",
        )
    )


def plan_words(plan: Plan) -> str:
    """Return a plan as Chinese words."""
    if plan.is_single:
        stage = plan.stages[0]
        return f"检 {stage.n} 个，不合格 ≤ {stage.accept} 个接收，≥ {stage.reject} 个拒收"
    if all(stage.n == 1 for stage in plan.stages):
        last = plan.stages[-1]
        return f"逐个检，最多 {plan.total} 个；检满时不合格 ≤ {last.accept} 个接收"
    parts = [
        f"第 {at} 次检 {stage.n} 个，累计不合格 "
        + (f"≤ {stage.accept} 接收、" if stage.accept >= 0 else "")
        + f"≥ {stage.reject} 拒收"
        for at, stage in enumerate(plan.stages, 1)
    ]
    return "；".join(parts)


def _last(plan: Plan, lot_size: int | None, marks: Sequence[Mark]) -> float:
    grid = np.concatenate([np.linspace(0, 0.1, 201), np.linspace(0.1, 1, 181)[1:]])
    low = grid[acceptance_curve(plan, grid, lot_size) < _SMALL]
    end = max([float(low[0]) if low.size else 1.0, *(mark.fraction * 1.15 for mark in marks)])
    return min(1.0, end)


def _shown(plan: Plan, lot_size: int | None, marks: Sequence[Mark]) -> list[tuple[Mark, float]]:
    if not marks:
        return []
    values = acceptance_curve(plan, [mark.fraction for mark in marks], lot_size)
    return sorted(zip(marks, map(float, values), strict=True), key=lambda one: one[0].fraction)


def _title(plan: Plan, lot_size: int | None) -> str:
    return "抽样特性曲线：" + ("" if lot_size is None else f"批量 {lot_size}，") + plan_words(plan)


def _described(shown: list[tuple[Mark, float]]) -> str:
    if not shown:
        return "横轴是不合格品率，纵轴是接收概率。"
    return "；".join(_told(mark, p) for mark, p in shown) + "。"


def _told(mark: Mark, p: float) -> str:
    whose = f"{_WORDS[mark.whose]}：" if _WORDS[mark.whose] else ""
    return (
        mark.label + " " if mark.label else ""
    ) + f"{whose}不合格品率 {_percent(mark.fraction)} 时接收 {_percent(p)}"


def _percent(value: float) -> str:
    return f"{100 * value:.4g} %"


def _head(plan: Plan, lot_size: int | None) -> Iterator[str]:
    yield _words(16, 30, "抽样特性曲线", f' font-size="17" font-weight="bold" fill="{_TEXT}"')
    basis = "（过程，二项分布）" if lot_size is None else f"（批量 {lot_size}，超几何分布）"
    text = plan_words(plan)
    yield _words(16, 54, text + basis, f' fill="{_MUTED}"' + (' font-size="11"' if len(text) > 36 else ""))  # noqa: PLR2004


def _scale(last: float) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        y = _down(tenth / 10)
        yield f'<path d="M{_LEFT} {y:g}H{_RIGHT}" stroke="{_LINE}"/>'
        yield _words(_LEFT - 8, y + 4, f"{10 * tenth} %", f' text-anchor="end" fill="{_MUTED}"')
    for value in _ticks(last):
        x = _across(value, last)
        yield f'<path d="M{x:g} {_TOP}V{_BOTTOM}" stroke="{_LINE}"/>'
        yield _words(x, _BOTTOM + 18, f"{100 * value:g} %", f' text-anchor="middle" fill="{_MUTED}"')
    yield _words(_LEFT, _TOP - 12, "接收概率", f' fill="{_MUTED}"')
    yield _words(_RIGHT, _BOTTOM + 38, "不合格品率", f' text-anchor="end" fill="{_MUTED}"')


def _ticks(last: float) -> list[float]:
    least = last / _TICKS
    power = 10.0 ** int(np.floor(log10(least)))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    return [round(at * step, 9) for at in range(ceil(last / step + 1e-9)) if at * step <= last]


def _curve(plan: Plan, lot_size: int | None, last: float) -> str:
    fractions = np.linspace(0, last, _POINTS)
    if lot_size is not None:  # of a lot only whole numbers exist
        fractions = np.unique(nearest(fractions, lot_size)) / lot_size
    values = acceptance_curve(plan, fractions, lot_size)
    points = " ".join(
        f"{_across(float(x), last):.1f},{_down(float(y)):.1f}" for x, y in zip(fractions, values, strict=True)
    )
    return f'<polyline points="{points}" fill="none" stroke="{_CURVE}" stroke-width="2"/>'


def _drawn(shown: list[tuple[Mark, float]], last: float) -> Iterator[str]:
    text_y = float(_TOP)
    for mark, p in shown:
        x, y, colour = _across(mark.fraction, last), _down(p), _COLOURS[mark.whose]
        yield f'<path d="M{x:g} {_BOTTOM}V{y:g}H{_LEFT}" stroke="{colour}" stroke-dasharray="4 3" fill="none"/>'
        yield _shape(mark.whose, x, y, colour)
        text_y = max(text_y + _CLOSE, min(y + 4, _BOTTOM - _CLOSE))
        style = f' fill="{colour}" paint-order="stroke" stroke="#fff" stroke-width="3"'
        if x > (_LEFT + _RIGHT) / 2:  # no room beside it: above, where the curve has gone down
            yield _words(_RIGHT, text_y - 28, _told(mark, p), ' text-anchor="end"' + style)
        else:
            yield _words(x + 12, text_y, _told(mark, p), style)


def _shape(whose: str, x: float, y: float, colour: str) -> str:
    """Return a square for the producer, a diamond for the consumer, else a circle: told by shape and by word."""
    if whose == PRODUCER:
        return f'<rect x="{x - 5:g}" y="{y - 5:g}" width="10" height="10" fill="{colour}"/>'
    if whose == CONSUMER:
        return (
            f'<path d="M{x:g} {y - 7:g}L{x + 7:g} {y:g}L{x:g} {y + 7:g}L{x - 7:g} {y:g}Z" fill="{colour}"/>'
        )
    return f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="#fff" stroke="{colour}" stroke-width="2"/>'


def _across(fraction: float, last: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * min(fraction / last, 1.0), 1)


def _down(p: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * p, 1)


def _words(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{style}>{escape(text)}</text>'
