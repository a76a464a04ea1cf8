"""A picture of a chain as SVG: the instrument at the bottom, what it rests on above; black on white."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from quanheng.kernels.findings import Finding
from quanheng.kernels.traceability.graph import Chain, Node

_WIDTH, _GAP, _RISE, _MARGIN = 236, 24, 44, 16
_FONT, _LINE, _PAD = 13, 20, 10
_COLUMNS = 32  # places in a box, a Chinese character takes two
_PIECE = re.compile(r"[!-~]+|.", re.DOTALL)
_CLOSING = "。，、；：）"  # never begins a line; a line may be one longer for it
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), " ")


@dataclass(frozen=True)
class _Box:
    lines: tuple[str, ...]
    level: int
    is_doubtful: bool
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> int:
        return 2 * _PAD + _LINE * len(self.lines)


def picture(chain: Chain) -> str:
    """Return the picture as the text of an SVG element, for a page or a file.

    What is doubtful has a dashed frame and the number of its finding, so that it shows without colour; the
    findings stand below, and in ``desc`` for who does not see the picture.
    """
    boxes, width, height = _placed(_boxes(chain))
    notes = [
        line
        for at, each in enumerate(chain.findings, 1)
        for line in _wrapped(f"({at}) {each.text}", int((width - 2 * _MARGIN) * 2 / _FONT))
    ]
    full = height + _LINE * len(notes) + _MARGIN
    title = _clean(
        f"{chain.verification.instrument}的溯源链：{'完整' if chain.is_complete else f'有 {len(chain.findings)} 处问题'}"
    )
    body = [
        *(_line(chain, boxes, at) for at in range(len(chain.edges))),
        *(_frame(box) for box in boxes),
        *(_words(_MARGIN, height + _LINE * (at + 1), line) for at, line in enumerate(notes)),
    ]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {full}" width="{width}" height="{full}"'
            f' role="img" aria-labelledby="chain-title chain-desc" font-size="{_FONT}"'
            ' font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif" lang="zh-CN">',
            f'<title id="chain-title">{title}</title>',
            f'<desc id="chain-desc">{_clean(_description(chain))}</desc>',
            f'<rect width="{width}" height="{full}" fill="#fff"/>',
            *body,
            "</svg>\n",
        )
    )


def _boxes(chain: Chain) -> list[_Box]:
    """Return the box of the instrument, then those of the nodes in their order."""
    what = chain.verification
    own = [
        at for at, each in enumerate(chain.findings, 1) if each.code in {"no_standard", "unknown_standard"}
    ]
    numbers = [f"证书编号 {what.number}"] if what.number else []
    first = [what.instrument, *numbers, f"检定日期 {what.on}"]
    found = [_Box(_lines(first, own), 0, bool(own))]
    for node in chain.nodes:
        marks = [at for at, each in enumerate(chain.findings, 1) if _is_of(each, node)]
        found.append(_Box(_lines(_texts(node), marks), node.level, bool(marks)))
    return found


def _is_of(finding: Finding, node: Node) -> bool:
    if finding.code == "cycle":
        codes = finding.data["standards"]
        return isinstance(codes, list) and node.standard.code in codes
    number = finding.data.get("certificate", node.certificate.number if node.certificate else None)
    return (
        finding.code != "unknown_standard"
        and finding.data.get("standard") == node.standard.code
        and (node.certificate is None or number == node.certificate.number)
    )


def _texts(node: Node) -> list[str]:
    if node.certificate is None:
        return [node.standard.name, "国家基准" if node.standard.is_national else "没有证书"]
    known = node.certificate
    found = [node.standard.name, f"证书 {known.number}", known.issued_by]
    found.append(f"{known.calibrated_on} 校准" + (f"，至 {known.valid_until}" if known.valid_until else ""))
    if known.expanded_uncertainty is not None:
        found.append(f"U = {known.expanded_uncertainty:g} {known.unit}".strip())
    return [*found, "国家基准"] if node.standard.is_national else found


def _lines(texts: Sequence[str], marks: Sequence[int]) -> tuple[str, ...]:
    numbers = "".join(f" ({at})" for at in marks)
    first, *others = texts
    return tuple(line for text in (first + numbers, *others) for line in _wrapped(text, _COLUMNS))


def _placed(boxes: list[_Box]) -> tuple[list[_Box], int, int]:
    """Return the boxes with their places, the width and the height of them all."""
    top = max(box.level for box in boxes)
    rows = [[box for box in boxes if box.level == level] for level in range(top, -1, -1)]
    width = 2 * _MARGIN + max(len(row) * (_WIDTH + _GAP) - _GAP for row in rows)
    places: dict[int, tuple[float, float]] = {}
    y = _MARGIN
    for row in rows:
        x = (width - len(row) * (_WIDTH + _GAP) + _GAP) / 2
        deepest = max((box.height for box in row), default=0)
        for box in row:
            places[id(box)] = (x, y + deepest - box.height)
            x += _WIDTH + _GAP
        y += deepest + _RISE
    return [_Box(b.lines, b.level, b.is_doubtful, *places[id(b)]) for b in boxes], width, y - _RISE + _MARGIN


def _line(chain: Chain, boxes: Sequence[_Box], at: int) -> str:
    edge = chain.edges[at]
    lower, upper = boxes[edge.lower + 1], boxes[edge.upper + 1]
    dashes = ' stroke-dasharray="5 4"' if edge.findings else ""
    x1, x2 = lower.x + _WIDTH / 2, upper.x + _WIDTH / 2
    # A standard that is used beside or below itself is drawn to its side.
    y2 = upper.y + upper.height if upper.level > lower.level else upper.y
    return f'<path d="M{x1:g} {lower.y:g}L{x2:g} {y2:g}" stroke="#000" fill="none"{dashes}/>'


def _frame(box: _Box) -> str:
    dashes = ' stroke-width="2" stroke-dasharray="6 4"' if box.is_doubtful else ""
    frame = f'<rect x="{box.x:g}" y="{box.y:g}" width="{_WIDTH}" height="{box.height}" fill="#fff" stroke="#000"{dashes}/>'
    words = (
        _words(
            box.x + _PAD, box.y + _PAD + _LINE * at + _FONT, line, ' font-weight="bold"' if at == 0 else ""
        )
        for at, line in enumerate(box.lines)
    )
    return "\n".join((frame, *words))


def _words(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{style}>{_clean(text)}</text>'


def _description(chain: Chain) -> str:
    names = ["检定", *(node.standard.name for node in chain.nodes)]
    steps = [f"{names[edge.lower + 1]}用 {names[edge.upper + 1]}" for edge in chain.edges]
    return "；".join(steps) + "。" + "".join(each.text for each in chain.findings)


def _wrapped(text: str, most: int) -> list[str]:
    """Return lines of at most so many places; a number or a date is not parted unless it is longer than a line."""
    found, line = [], ""
    for whole in _PIECE.findall(text):
        pieces = [whole] if _places(whole) <= most else list(whole)
        for piece in pieces:
            if line and piece not in _CLOSING and _places(line + piece) > most:
                found.append(line)
                line = ""
            line += piece
    return [*found, line]


def _places(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _clean(text: str) -> str:
    return escape(text.translate(_UNWRITABLE))
