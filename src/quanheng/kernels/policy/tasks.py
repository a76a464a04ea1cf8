"""From the outline to tasks: which numbered parts carry assignments, and what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from quanheng.kernels.policy.brackets import ActiveRule, ParsedBracket, parse_bracket, parse_names
from quanheng.kernels.policy.duties import opens_duty_line, starts_with_key
from quanheng.kernels.policy.model import Assignment, Finding, Item
from quanheng.kernels.policy.outline import RANKS, Node, labels_of
from quanheng.kernels.policy.rules import LeadRule, find_rule
from quanheng.kernels.policy.scan import Bracket, brackets

TITLE_LENGTH = 40
_SENTENCE_END = re.compile("。(?=.)")
#: 由A局牵头，B局配合。 by itself; 由A局牵头制定方案 is prose.
_BY_WHOM = re.compile("由[^由。；;：:“”]+(?:牵头|负责|配合|参与|协助)(?:落实|实施)?。")
_DOES_WHAT = re.compile("(?:牵头|负责|配合|参与|协助)(?!牵头|负责|配合|参与|协助|会同|落实|实施|[，,。])")
#: 主办单位 and 承办单位 alone are the foot of a web page.
_HOST, _HELPED = re.compile("主办|承办"), re.compile("协办|配合")
_KEY_SIGN = re.compile(r"[【〔\[]\s*[\u4e00-\u9fff]{4,8}\s*[】〕\]]")
_KEY_RUN = re.compile(
    rf"(?:^|(?<=[。；;）)〕】\s—]))(?:([\u4e00-\u9fff（）()、/]{{2,14}})[:：]|{_KEY_SIGN.pattern}[:：]?)"
)


@dataclass
class _Reading:
    """What a node's own text holds: assignments, and its text without them."""

    assignments: list[Assignment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    last_assigned: int = -1
    unclear: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    is_last_alone: bool = False


class TaskReader:
    """Walks the outline in document order, because a rule stated once holds from there on."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.active = ActiveRule()
        self.read: dict[int, _Reading] = {}
        self.kinds_with_duty: set[str] = set()
        self.kinds_closed: Counter[str] = Counter()
        self.findings: list[Finding] = []

    def tasks(self) -> list[Item]:
        note = self._note_rule()
        if note is not None:
            self.active = note
        for node in [self.root, *self.root.walk()]:
            self.read[id(node)] = self._read(node)
        self.kinds_with_duty = {
            part.kind
            for node in [self.root, *self.root.walk()]
            for part in node.children[:-1]
            if self.read[id(part)].assignments
        }
        for node in self.root.walk():
            *firsts, last = [bool(self.read[id(part)].assignments) for part in (node, *node.children)]
            self.kinds_closed[node.kind] += any(firsts[:1] or [last]) or (
                len(firsts) > 1 and last and not any(firsts)
            )
        chosen = self._choose(self.root)
        labels = labels_of(chosen)
        items = [self._item(node, label) for node, label in zip(chosen, labels, strict=True)]
        self._report(chosen, labels)
        return items

    def _note_rule(self) -> ActiveRule | None:
        """A rule in a note (注：…) holds for the whole document, wherever the note stands.

        So does one about a mark: a mark in a list of departments means nothing else,
        and the first task with marks may come before the words that explain them.
        """
        found = [find_rule(p) for node in [self.root, *self.root.walk()] for p in node.pieces]
        stated = [s for s in found if s is not None]
        whole = [s for s in stated if s.is_note] + [s for s in stated if s.rule is LeadRule.MARKED]
        return ActiveRule(whole[0].rule, whole[0].mark) if whole else None

    def _read(self, node: Node) -> _Reading:
        reading = _Reading()
        last = max((i for i, piece in enumerate(node.pieces) if "。" in piece), default=-1)
        for index, piece in enumerate(node.pieces):
            kept, position, found_any = "", 0, False
            closing = _closing_sentence(piece, is_alone_allowed=index > 0) if index == last else len(piece)
            for start, end, parsed, closed in self._duties(piece, closing):
                self._learn(piece[position:start])
                kept += piece[position:start]
                position = end
                if parsed.stated is not None:
                    self._apply(parsed)
                if parsed.assignment is not None:
                    reading.assignments.append(parsed.assignment)
                    found_any = True
                    if parsed.is_lead_unclear:
                        reading.unclear.append(parsed.assignment.raw)
                    if not closed:
                        reading.unclosed.append(parsed.assignment.raw)
            self._learn(piece[position:])
            kept += piece[position:]
            reading.texts.append(kept.strip())
            if found_any:
                reading.last_assigned = len(reading.texts) - 1
                reading.is_last_alone = not kept.strip()
        return reading

    def _duties(self, piece: str, closing: int) -> Iterator[tuple[int, int, ParsedBracket, bool]]:
        """Assignments of a piece in order: brackets and open runs, then the sentence from ``closing`` on."""
        yield from self._bracketed(piece[:closing])
        sentence = piece[closing:].strip()
        parsed = parse_bracket(sentence, sentence, self.active) if sentence else None
        if parsed is not None and parsed.assignment is not None:
            yield closing, len(piece), parsed, True

    def _bracketed(self, piece: str) -> Iterator[tuple[int, int, ParsedBracket, bool]]:
        """Assignments of a piece in order: brackets, then open runs such as 责任单位：…"""
        position = barren = 0
        for bracket in [*brackets(piece), None]:
            start = bracket.start if bracket else len(piece)
            if start < position:
                continue
            is_key = bracket is not None and _is_key_sign(bracket.raw(piece))
            run = self._open_run(piece, max(position, barren), bracket.end if bracket and is_key else start)
            if run is not None and run[2] is not None:
                yield run[0], run[1], run[2], True
                position = run[1]
            elif run is not None:
                barren = run[1]  # read once only, so that no text makes it slow
            if bracket is None:
                return
            if start < position:
                continue
            parsed = self._bracket(piece, bracket)
            if parsed is not None:
                yield bracket.start, bracket.end, parsed, bracket.closed
                position = bracket.end
            else:
                position = bracket.end if bracket.closed else bracket.start + 1

    def _bracket(self, piece: str, bracket: Bracket) -> ParsedBracket | None:
        inner = bracket.inner(piece)
        if not bracket.closed and not starts_with_key(inner):
            return None
        before = piece[: bracket.start].rstrip()
        ends = not before or before[-1] in "。；;！）)〕】"
        return parse_bracket(bracket.raw(piece), inner, self.active, ends_sentence=ends)

    def _open_run(self, piece: str, start: int, end: int) -> tuple[int, int, ParsedBracket | None] | None:
        """The first run between ``start`` and ``end``, up to its full stop; None within where it names nobody."""
        for found in _KEY_RUN.finditer(piece[start:end]):
            if not opens_duty_line(found[0]) or (_HOST.search(found[0]) and not _HELPED.search(piece)):
                continue
            first, behind = start + found.start(), start + found.end()
            stop = _SENTENCE_END.search(piece, behind)
            until = stop.start() + 1 if stop else len(piece)
            raw = piece[first:until]
            parsed = parse_bracket(raw.strip(), raw, self.active)
            return first, until, parsed if parsed is not None and parsed.assignment is not None else None
        return None

    def _learn(self, text: str) -> None:
        stated = find_rule(text)
        if stated is not None:
            self.active = ActiveRule(stated.rule, stated.mark)

    def _apply(self, parsed: ParsedBracket) -> None:
        stated = parsed.stated
        if stated is not None and (stated.holds_onward or parsed.assignment is None):
            self.active = ActiveRule(stated.rule, stated.mark)

    def _choose(self, node: Node) -> list[Node]:
        """The parts that are tasks: those with brackets, unless the bracket closes a list for its parent."""
        below = [task for child in node.children for task in self._choose(child)]
        if node.parent is None:
            return below
        if self._closes_list(node, below):
            last = self.read[id(node.children[-1])]
            own = self.read[id(node)]
            own.assignments, last.assignments = last.assignments, []
            own.unclear, last.unclear = last.unclear, []
            own.unclosed, last.unclosed = last.unclosed, []
            return [node]
        return [node, *below] if self.read[id(node)].assignments else below

    def _closes_list(self, node: Node, below: list[Node]) -> bool:
        """Only the last of several parts has a bracket: it stands for the whole list.

        Inside the last part's own paragraph that holds only where nowhere in the
        document a part of this kind, other than a last one, has its own bracket,
        and where it is this document's way: another part of the parent's kind has
        a bracket, its own or one that closes its list.
        """
        if len(below) != 1 or len(node.children) == 1 or below[0] is not node.children[-1]:
            return False
        if self.read[id(node)].assignments:
            return False
        if self.read[id(below[0])].is_last_alone:
            return True
        return below[0].kind not in self.kinds_with_duty and self.kinds_closed[node.kind] > 1

    def _item(self, node: Node, label: str) -> Item:
        read = self.read[id(node)]
        given = read.assignments
        lead = tuple(dict.fromkeys(n for a in given for n in a.lead))
        responsible = tuple(dict.fromkeys(n for a in given for n in a.responsible if n not in lead))
        local = tuple(dict.fromkeys(n for a in given for n in a.local_governments))
        rule = next((a.lead_rule for a in given if a.lead), LeadRule.NONE_STATED.value)
        heading = self._title(node.parent) if node.parent and node.parent.parent else ""
        return Item(
            label=label,
            title=self._title(node),
            text=self._text(node),
            lead=lead,
            responsible=responsible,
            lead_rule=rule,
            local_governments=local,
            open_ended=any(a.open_ended for a in given),
            assignments=tuple(given),
            heading=heading,
        )

    def _title(self, node: Node) -> str:
        """First sentence, without the brackets that assign, cut at 40 characters."""
        first = next((t for t in self.read[id(node)].texts if t), "")
        return first.split("。", maxsplit=1)[0].strip(" \u3000：:；;")[:TITLE_LENGTH]

    def _text(self, node: Node) -> str:
        """Own text and that of parts without assignments, ending with the part that holds the last bracket."""
        read = self.read[id(node)]
        own = (
            read.texts[: read.last_assigned + 1]
            if read.last_assigned >= 0 and not node.children
            else read.texts
        )
        parts = ["\n".join(t for t in own if t)]
        parts += [
            child.written + "\n".join(t for t in self.read[id(child)].texts if t)
            for child in node.walk()
            if not self.read[id(child)].assignments
        ]
        return "\n".join(p for p in parts if p)

    def _report(self, tasks: list[Node], labels: list[str]) -> None:
        for node, label in zip(tasks, labels, strict=True):
            read = self.read[id(node)]
            for raw in read.unclear:
                self._find("lead_unclear", label, "按文中规则无法判断牵头单位，未填。", {"bracket": raw})
            for raw in read.unclosed:
                self._find("bracket_not_closed", label, "责任单位的括号没有结尾。", {"bracket": raw})
        for label in dict.fromkeys(x for x in labels if labels.count(x) > 1):
            titles = [self._title(n) for n, x in zip(tasks, labels, strict=True) if x == label]
            self._find("duplicate_label", label, f"编号{label}出现{len(titles)}次。", {"titles": titles})
        chosen = {id(n) for n in tasks}
        bare = {id(p) for node in [self.root, *self.root.walk()] for p in _bare_parts(node.children, chosen)}
        for node in self.root.walk():
            if id(node) in bare:
                self._find(
                    "no_bracket",
                    node.number,
                    "同级任务都有责任单位，这一条没有。",
                    {"title": self._title(node)},
                )
        self._report_gaps()

    def _report_gaps(self) -> None:
        """A number that skips one, also where the count runs on across parents."""
        last: dict[str, Node] = {}
        for node in self.root.walk():
            before = last.get(node.kind)
            last[node.kind] = node
            if before is None or node.rank > RANKS["number"] or node.value <= before.value + 1:
                continue
            self._find(
                "number_gap",
                node.number,
                f"编号从{before.number}跳到{node.number}。",
                {"before": before.number, "after": node.number},
            )

    def _find(self, code: str, where: str, text: str, data: dict[str, object]) -> None:
        self.findings.append(Finding(code, where, text, data))


def _closing_sentence(piece: str, *, is_alone_allowed: bool) -> int:
    """Where the last sentence begins if all it says is by whom, else the piece's end; a task needs other words."""
    text = piece.rstrip()
    start = text.rfind("。", 0, len(text) - 1) + 1
    sentence = text[start:].strip()
    if not (start or is_alone_allowed) or not _BY_WHOM.fullmatch(sentence) or _DOES_WHAT.search(sentence):
        return len(piece)
    read, is_plausible = parse_names(sentence)
    names_somebody = read.lead or read.responsible or read.local_governments
    return start if is_plausible and names_somebody else len(piece)


def _bare_parts(siblings: list[Node], chosen: set[int]) -> list[Node]:
    """Parts without task beside tasks, or between parts with tasks below; at the ends stand aims and safeguards."""
    carries = [any(id(n) in chosen for n in [part, *part.walk()]) for part in siblings]
    if not any(carries):
        return []
    first, last = carries.index(True), len(carries) - carries[::-1].index(True)
    if any(id(part) in chosen for part in siblings):
        first, last = 0, len(carries)
    return [part for part, does in zip(siblings[first:last], carries[first:last], strict=True) if not does]


def _is_key_sign(bracket: str) -> bool:
    """【责任单位】 stands in front of the names, not around them."""
    return bool(_KEY_SIGN.fullmatch(bracket)) and opens_duty_line(bracket)
