"""What `quanheng fleet show` prints: the answer first, then suspects, what cannot be judged, and the rest as a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from quanheng.cli.columns import columns
from quanheng.kernels.fleet.picture import picture
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED, AreaEstimate
from quanheng.kernels.fleet.words import (
    METER_STATUS,
    PRELIMINARY,
    error_text,
    headline,
    loss_text,
    probability_text,
    share_text,
)

_HEADINGS = ("电能表", "状态", "误差（95 % 区间）", "超差的概率", "占用电量", "原因")
_LEFT = (0, 1, 5)
_STYLE = """
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2127; line-height: 1.6;
  font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #dadfe5; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
.num { text-align: right; white-space: nowrap; } .box { overflow-x: auto; } .muted { color: #56606b; }
"""


def show_text(estimate: AreaEstimate, *, is_all: bool) -> Iterator[str]:
    """Yield the lines for a terminal; ``is_all`` lists the conforming meters too."""
    yield from map(printable, _answer(estimate))
    shown = _shown(estimate, is_all=is_all)
    if shown:
        yield ""
        yield from map(printable, columns([_HEADINGS, *(_cells(estimate, at) for at in shown)], _LEFT))
    left = len(estimate.meter_ids) - len(shown)
    if left:
        yield f"另有 {left} 台未见超差，加 --all 全部列出。"
    yield ""
    yield PRELIMINARY


def show_html(estimate: AreaEstimate, mpe_percent: float | None) -> str:
    """Return a page of its own, without scripts: answer, findings, picture, all meters.  MPE as for `picture`."""
    answer, *details = (escape(line) for line in _answer(estimate))
    head = "".join(
        f'<th scope="col"{_class(at)}>{escape(heading)}</th>' for at, heading in enumerate(_HEADINGS)
    )
    rows = "\n".join(_html_row(_cells(estimate, at)) for at in _shown(estimate, is_all=True))
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(headline(estimate))}</title><style>{_STYLE}</style></head><body>
<h1>{answer}</h1>
<p class="muted">{PRELIMINARY}</p>
{"".join(f"<p>{line}</p>" for line in details)}
<div class="box">{picture(estimate, mpe_percent)}</div>
<div class="box"><table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table></div></body></html>
"""


def _answer(estimate: AreaEstimate) -> Iterator[str]:
    yield f"{headline(estimate)}。"
    yield f"损失电量：{loss_text(estimate)}。"
    for found in estimate.findings:
        yield f"发现：{found.sentence}［{found.code}］"


def _shown(estimate: AreaEstimate, *, is_all: bool) -> list[int]:
    """Return the meters that are listed: the most probable suspect first."""
    order = (OUT_OF_TOLERANCE, UNDETERMINED, CONFORMING)
    wanted = order if is_all else order[:2]
    probability = np.nan_to_num(estimate.probability_out_of_tolerance)
    rows = [at for at, status in enumerate(estimate.meter_status) if status in wanted]
    return sorted(
        rows,
        key=lambda at: (order.index(estimate.meter_status[at]), -probability[at], estimate.meter_ids[at]),
    )


def _cells(estimate: AreaEstimate, at: int) -> tuple[str, ...]:
    return (
        estimate.meter_ids[at],
        METER_STATUS[estimate.meter_status[at]],
        error_text(float(estimate.error_percent[at]), float(estimate.standard_uncertainty_percent[at])),
        probability_text(float(estimate.probability_out_of_tolerance[at])),
        share_text(float(estimate.energy_share[at])),
        estimate.reason[at],
    )


def _html_row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td{_class(at)}>{escape(cell)}</td>' for at, cell in enumerate(cells))}</tr>"


def _class(at: int) -> str:
    return "" if at in _LEFT else ' class="num"'


def printable(line: str) -> str:
    """Return a line without characters that would steer the terminal."""
    return "".join(character if character.isprintable() or character == "　" else "?" for character in line)
