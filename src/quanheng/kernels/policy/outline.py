"""The outline of a document: numbers of every level, also several levels inside one run-on line.

    chapter = "第" cn "章|节|部分"       rank 0
    article = "第" cn "条"               rank 1
    dun     = cn "、"                    rank 1     一、
    paren   = "（" cn "）"               rank 2     （一）
    dotted  = digits ("." digits)+       rank 3     1.2
    number  = digits ("." | "．" | "﹒" | "、")  rank 4     1.
    bracket = "（" digits "）"           rank 5     （1）
    half    = digits "）"                rank 6     1）
    circled = "①" … "⑳"                  rank 7

At the start of a paragraph a number counts as it stands.  Inside a paragraph it
counts only where a sentence or a bracket has just ended, or straight behind a
heading, and only if it goes on the count of its level.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from quanheng.kernels.policy.numerals import CIRCLED, CN_NUMBER, cn_to_int
from quanheng.kernels.policy.scan import brackets

_MARK = re.compile(
    rf"第(?P<chapter>{CN_NUMBER}{{1,4}})(?:章|节|部分)[\s\u3000]*"
    rf"|第(?P<article>{CN_NUMBER}{{1,5}})条(?:[\s\u3000:：]+|(?=【|“|[\u4e00-\u9fff])(?![第规中款、和的所至及或之]))"
    rf"|(?P<dun>{CN_NUMBER}{{1,4}})(?:、|[．.](?!\d))"
    rf"|[（(〔]\s*(?P<paren>{CN_NUMBER}{{1,4}})\s*[）)〕](?:、(?!\s*[（(第]))?"
    r"|(?P<dotted>\d{1,2}(?:\.\d{1,2})+)[\s\u3000、.．]*(?=[\u4e00-\u9fff“《])(?![倍亿万千百个元米吨公平级月])"
    r"|(?P<number>\d{1,3})\s*(?:[.、﹒](?!\d)|．|[.、﹒](?=\d{4}(?!\d)|\d{1,2}月))"
    r"|[（(]\s*(?P<bracket>\d{1,3})\s*[）)]"
    r"|(?P<half>\d{1,3})[）)]"
    rf"|(?P<circled>[{CIRCLED}])"
)
RANKS = {
    "chapter": 0,
    "article": 1,
    "dun": 1,
    "paren": 2,
    "dotted": 3,
    "number": 4,
    "bracket": 5,
    "half": 6,
    "circled": 7,
}
_ENDS = "。；;！？!?）)〕】］]"
_REFERS_ON = re.compile(
    r"^\s*(?:项(?!目)|条(?!件|例|块)|款(?!式|项)|[和与至到或、]\s*[第（(]|[（(][一二三四五六七八九十\d]"
    r"|[，,。；;：:）)]|中的|所列|所述|规定的)"
)
_COUNTS_ON = re.compile(
    r"^\s*(?:类(?!型)|点(?!面|位|亮)|种(?!植|业|子|养|粮|树|质)|个(?!体|人|性)|章|段|期|级|方面)"
)
_REFERS_BACK = re.compile(
    r"(?:第|上述|前述|前款|见|按照|按|根据|依据|依照|本意见|附件|表|图|的|在|至|和|与|、|[（(]"
    rf"|[（(]\s*(?:{CN_NUMBER}{{1,4}}|\d{{1,3}})\s*[）)])\s*$"
)
_BEHIND_DUTY = re.compile(
    "(?:负责|牵头|配合|落实|参与|参加|单位|部门|[局委部厅办府署])[^（(〔【）)〕】]{0,20}[）)〕】]$"
)
_MAX_HEADING = 45
_LOOK_AROUND = 60
_MAX_GAP = 5


@dataclass
class Node:
    """One numbered part; ``pieces`` are its own texts, one per paragraph, without its parts' texts."""

    kind: str
    rank: int
    value: int
    number: str
    parent: Node | None
    written: str = ""
    pieces: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def path(self) -> list[Node]:
        return [*(self.parent.path if self.parent and self.parent.parent else []), self]

    def walk(self) -> Iterator[Node]:
        for child in self.children:
            yield child
            yield from child.walk()


@dataclass(frozen=True)
class _Mark:
    kind: str
    value: int
    number: str
    written: str
    start: int
    end: int


def _read_mark(found: re.Match[str]) -> _Mark | None:
    kind = str(found.lastgroup)
    text = found[kind]
    if kind in ("chapter", "article", "dun", "paren"):
        value = cn_to_int(text)
        number = {"dun": text, "paren": f"（{text}）", "article": f"第{text}条"}.get(kind, found[0].strip())
    elif kind == "circled":
        value, number = CIRCLED.index(text) + 1, text
    elif kind == "dotted":
        value, number = int(text.split(".")[-1]), text
    else:
        value = int(text)
        number = {"number": str(value), "bracket": f"（{value}）", "half": f"{value}）"}[kind]
    return None if not value else _Mark(kind, value, number, found[0].strip(), found.start(), found.end())


class _Builder:
    def __init__(self) -> None:
        self.root = Node("root", -1, 0, "", None)
        self.current = self.root
        self.last_of_kind: dict[str, int] = {}

    def add_paragraph(self, text: str) -> None:
        last = 0
        for mark in self._marks(text):
            self._add_text(text[last : mark.start], new_piece=last == 0)
            self._open(mark)
            last = mark.end
        self._add_text(text[last:], new_piece=last == 0)

    def _add_text(self, text: str, *, new_piece: bool = False) -> None:
        text = text.strip()
        if text:
            if new_piece or not self.current.pieces:
                self.current.pieces.append(text)
            else:
                self.current.pieces[-1] += text

    def _open(self, mark: _Mark) -> None:
        rank = RANKS[mark.kind]
        parent = self.current
        while parent.rank >= rank and parent.parent is not None:
            parent = parent.parent
        node = Node(mark.kind, rank, mark.value, mark.number, parent, mark.written)
        parent.children.append(node)
        self.current = node
        self.last_of_kind[mark.kind] = mark.value

    def _marks(self, text: str) -> Iterator[_Mark]:
        covered = [b for b in brackets(text) if b.closed]
        starts = [b.start for b in covered]
        first = len(text) - len(text.lstrip())
        behind_last, position = 0, 0
        while found := _MARK.search(text, position):
            position = found.start() + 1
            mark = _read_mark(found)
            around = bisect_left(starts, found.start()) - 1
            if mark is None or (around >= 0 and found.start() < covered[around].end):
                continue
            rest = text[mark.end : mark.end + _LOOK_AROUND]
            if mark.start == first:
                accepted = bool(text[mark.end :].strip()) and not _REFERS_ON.match(rest)
            else:
                before = text[max(behind_last, mark.start - _LOOK_AROUND) : mark.start].strip()
                accepted = self._counts_inside(mark, before, rest)
            if accepted:
                yield mark
                behind_last = position = mark.end

    def _counts_inside(self, mark: _Mark, before: str, rest: str) -> bool:
        if mark.kind == "dotted" or not before or not rest.strip() or _REFERS_BACK.search(before):
            return False
        reach = _MAX_GAP if _BEHIND_DUTY.search(before) else 1
        if _REFERS_ON.match(rest) or _COUNTS_ON.match(rest) or not self._goes_on(mark, reach):
            return False
        if before[-1] in _ENDS or (mark.kind == "circled" and before[-1] in "：:，,、"):
            return True
        if before[-1] in "：:":
            return mark.value == 1
        is_heading = self.current.rank >= 0 and not self.current.pieces and len(before) <= _MAX_HEADING
        plain = not re.search("[。；;：:]", before) and not before[-1].isdigit()
        return is_heading and plain and RANKS[mark.kind] > self.current.rank and mark.kind != "half"

    def _goes_on(self, mark: _Mark, reach: int) -> bool:
        """The number goes on its level's count, here or in the whole document, or opens a new level.

        ``reach`` is how far it may go on: behind an assignment a number left out is still one.
        """
        rank = RANKS[mark.kind]
        at: Node | None = self.current
        while at is not None and at.rank > rank:
            at = at.parent
        here = at.value if at is not None and at.kind == mark.kind else 0
        return any(0 < mark.value - last <= reach for last in (here, self.last_of_kind.get(mark.kind, 0)))


def build_outline(paragraphs: list[str]) -> Node:
    """Return the root of the outline; text before the first number is the root's own."""
    builder = _Builder()
    for paragraph in paragraphs:
        builder.add_paragraph(paragraph)
    return builder.root


def labels_of(tasks: list[Node]) -> list[str]:
    """Return each task's number, with as many levels above it as its kind needs to be told apart.

    Where the count of a kind starts anew under another parent, every task of that
    kind carries its parent's number.  A number merely written twice does not: that
    is one label for two tasks, and is reported.
    """
    depth = {kind: _depth([t for t in tasks if t.kind == kind]) for kind in {t.kind for t in tasks}}
    return [_suffix(t, depth[t.kind]) for t in tasks]


def _depth(tasks: list[Node]) -> int:
    starts_anew = any(
        b.parent is not a.parent and (b.value < a.value or a.value == b.value == 1)
        for a, b in pairwise(tasks)
    )
    if not starts_anew:
        return 1

    def collisions(depth: int) -> int:
        parents: dict[str, set[int]] = {}
        for task in tasks:
            parents.setdefault(_suffix(task, depth), set()).add(id(task.parent))
        return sum(len(p) - 1 for p in parents.values())

    return min(range(1, max(len(t.path) for t in tasks) + 1), key=lambda k: (collisions(k), k))


def _suffix(node: Node, count: int) -> str:
    return "".join(n.number for n in node.path[-count:])
