"""A bracket as an assignment of departments, or None where it is something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from quanheng.kernels.policy.departments import Kind, generic_form, is_place, kind_of
from quanheng.kernels.policy.duties import Group, Lexeme, Role, Token, announces_bodies, lex
from quanheng.kernels.policy.model import Assignment
from quanheng.kernels.policy.rules import LeadRule, StatedRule, find_rule

_LOOSE = re.compile(r"(?<=[、，,；;：:。（(])\s+|\s+(?=[、，,；;。）)])")  # blanks beside a sign
_SIGNS = str.maketrans("∶﹕︰﹐﹔", "：：：，；")
_STRONG = re.compile("牵头|职责")
#: What a verb must say for a name that does not look like a body; 方案推进 and 政策实施 say no duty.
_ASSIGNING = re.compile("牵头|主办|负责|配合|参与|参加|协办|协助|承办|指导|支持|监督|督导|职责")
#: A sentence behind the duties that speaks of other tasks or of the list itself.
_REMARK = re.compile(
    r"(?<=[。；;，,])\s*(?:以下(?!简称)|下同|不再|排名不分|排序不分|[^。；;，,、]{0,12}均[需须涉])[^。]*"
)
_OFFICE = re.compile(r"..(?:部|委|局|厅|署|办|政府|办公室|办事处|委员会)(?:（[^（）]+）)?$")
_SECTOR = re.compile("[\u4e00-\u9fff]{2,8}")
#: 如市教育局, 原市教育局: an example or an aside, but not the places 如东, 含山, 原阳 and 即墨.
_EXAMPLE = re.compile("如(?![东皋])|例如|比如|包括|不?含(?!山)|即(?!墨)|原(?![阳平州])|除|指|系")
_NOT_LEADING = (Kind.LOCAL, Kind.GENERIC)


@dataclass(frozen=True)
class ActiveRule:
    """The lead rule in force where a bracket stands."""

    rule: LeadRule = LeadRule.NONE_STATED
    mark: str | None = None


@dataclass
class _Reading:
    groups: list[Group] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    open_ended: bool = False
    keyed: bool = False
    is_sure: bool = False
    verbs: int = 0
    is_strong: bool = False
    parts: set[int] = field(default_factory=set)
    first_comma_after: int | None = None

    @property
    def names(self) -> list[Lexeme]:
        return [name for group in self.groups for name in group.names]


@dataclass(frozen=True)
class ParsedBracket:
    """``assignment`` is None for a bracket that only states a rule."""

    assignment: Assignment | None
    stated: StatedRule | None
    is_lead_unclear: bool = False


def parse_bracket(
    raw: str, inner: str, active: ActiveRule, *, ends_sentence: bool = False
) -> ParsedBracket | None:
    """Read a bracket under the rule in force; None where it assigns nothing and states no rule.

    ``ends_sentence`` says that the bracket follows a full stop, the only place
    where a bare list of names, without key or verb, is taken as an assignment.
    """
    inner = _tidy(inner)
    stated = find_rule(inner)
    if stated is not None:
        inner = inner[: stated.start] + "。" + inner[stated.end :]
        inner = re.sub(r"[（(]\s*。?\s*[）)]", "", inner)
        active = ActiveRule(stated.rule, stated.mark)
    reading = _read(_REMARK.sub("", inner), active.mark)
    if not _is_assignment(reading, ends_sentence=ends_sentence, has_rule=stated is not None):
        return ParsedBracket(None, stated) if stated else None
    assignment, unclear = _decide(raw, reading, active)
    return ParsedBracket(assignment, stated, unclear)


def parse_names(text: str, active: ActiveRule | None = None) -> tuple[Assignment, bool]:
    """Read a table cell as a list of departments; also say whether every name looks like one."""
    reading = _read(_tidy(text))
    assignment, _ = _decide(text, reading, active or ActiveRule())
    names = reading.names
    plausible = all(name.kind is not Kind.UNCLEAR for name in names)
    return assignment, plausible and bool(names or reading.open_ended)


def _tidy(text: str) -> str:
    """Without blanks beside signs and without the full stop at the end; one sign for each kind of colon."""
    return _LOOSE.sub("", text.translate(_SIGNS)).rstrip(" .．")


def _read(inner: str, mark: str | None = None) -> _Reading:
    reading = _Reading()
    key_role, key_word = Role.NEUTRAL, ""
    pending = Group()
    part = 0

    def close(said: Role = Role.NEUTRAL, word: str = "") -> None:
        nonlocal pending
        if pending.names:
            pending.role = key_role if said is Role.NEUTRAL else said
            pending.word = key_word if said is Role.NEUTRAL else word
            pending.part = part
            reading.groups.append(pending)
        pending = Group()

    for lexeme in lex(inner):
        match lexeme.token:
            case Token.KEY if lexeme.role is Role.SKIP:
                close()
                key, _, value = lexeme.text.partition("：")
                value = value.strip("，,；;。 ")
                reading.fields[key] = "；".join(filter(None, (reading.fields.get(key), value)))
            case Token.KEY:
                close()
                key_role, key_word, reading.keyed = lexeme.role, lexeme.text, True
                reading.is_sure |= announces_bodies(lexeme.text)
            case Token.NAME:
                pending.names.append(_unmarked(lexeme, mark))
                reading.parts.add(part)
            case Token.OPEN:
                reading.open_ended = True
                reading.parts.add(part)
            case Token.VERB if reading.verbs and _says_no_duty(pending, lexeme.text):
                pending = Group()
            case Token.VERB:
                reading.verbs += 1
                reading.is_strong |= bool(_STRONG.search(lexeme.text))
                close(lexeme.role, lexeme.text)
            case Token.TOGETHER if lexeme.text == "prefix":
                close()
            case Token.TOGETHER:
                reading.verbs += 1
                close(Role.LEAD, lexeme.text or "会同")
            case Token.SEMICOLON | Token.STOP:
                close()
                part += lexeme.token is Token.SEMICOLON
            case Token.COMMA if reading.first_comma_after is None:
                reading.first_comma_after = len(reading.names) + len(pending.names)
    close()
    return reading


def _says_no_duty(group: Group, verb: str) -> bool:
    """A clause behind the duties such as 政策逐步完善: no body in it, and no verb that assigns."""
    return not _ASSIGNING.search(verb) and all(name.kind is Kind.UNCLEAR for name in group.names)


def _unmarked(name: Lexeme, mark: str | None) -> Lexeme:
    if mark is None or mark not in name.text:
        return name
    bare = name.text.replace(mark, "")
    return Lexeme(Token.NAME, bare, Role.LEAD, kind_of(bare), by_mark=True)


def _is_assignment(reading: _Reading, *, ends_sentence: bool, has_rule: bool) -> bool:
    names = reading.names
    if not names and not reading.open_ended:
        return False
    if reading.keyed:
        return reading.is_sure or any(name.kind is not Kind.UNCLEAR for name in names)
    unclear = sum(name.kind is Kind.UNCLEAR for name in names)
    if unclear and not _is_trusted(reading, unclear, ends_sentence=ends_sentence, has_rule=has_rule):
        return False
    if reading.verbs or has_rule:
        return True
    is_everyone = reading.open_ended and any(name.kind is Kind.LOCAL for name in names)  # 各县区，有关部门
    is_offices = is_everyone or any(_OFFICE.search(name.text) for name in names)
    return ends_sentence and is_offices and not _EXAMPLE.match(names[0].text)


def _is_trusted(reading: _Reading, unclear: int, *, ends_sentence: bool, has_rule: bool) -> bool:
    """Whether names that do not look like bodies may stand in an assignment without key."""
    if unclear * 2 <= len(reading.names):
        return reading.is_strong or has_rule or (ends_sentence and bool(reading.verbs))
    is_sectors = reading.open_ended and all(_SECTOR.fullmatch(name.text) for name in reading.names)
    return ends_sentence and reading.is_strong and is_sectors  # 公安、教育等部门按职责分工负责


def _decide(raw: str, reading: _Reading, active: ActiveRule) -> tuple[Assignment, bool]:
    lead, rule, unclear = _leads(reading, active)
    lead_texts = _unique(n.text for n in lead if n.kind not in _NOT_LEADING or _is_named_place(n, rule))
    if not lead_texts:
        rule = LeadRule.NONE_STATED
    leading = {generic_form(n) for n in lead_texts}  # one body may stand twice, as lead in its short form
    others = (n for n in reading.names if n.kind is not Kind.LOCAL and generic_form(n.text) not in leading)
    responsible = _unique(n.text for n in others)
    local = _unique(n.text for n in reading.names if n.kind is Kind.LOCAL and n.text not in lead_texts)
    assignment = Assignment(
        raw, lead_texts, responsible, local, reading.open_ended, rule.value, reading.fields
    )
    return assignment, unclear


def _is_named_place(name: Lexeme, rule: LeadRule) -> bool:
    """Whether one province or city is said to lead in so many words; governments as a class never lead."""
    return rule is LeadRule.EXPLICIT_LEAD and name.kind is Kind.LOCAL and is_place(name.text)


def _leads(reading: _Reading, active: ActiveRule) -> tuple[list[Lexeme], LeadRule, bool]:
    """Names that lead, the reason, and whether a stated rule could not be applied."""
    explicit = [(n, g) for g in reading.groups for n in g.names if g.role is Role.LEAD or n.role is Role.LEAD]
    if explicit:
        return [n for n, _ in explicit], _why(*explicit[0]), False
    neutral = [g for g in reading.groups if g.role is Role.NEUTRAL]
    if not neutral or active.rule in (LeadRule.NONE_STATED, LeadRule.MARKED):
        return [], LeadRule.NONE_STATED, False
    led = _by_position(reading, neutral, active.rule)
    return led or [], active.rule, led is None


def _by_position(reading: _Reading, neutral: list[Group], rule: LeadRule) -> list[Lexeme] | None:
    """Names the stated rule makes lead; None where its sign is missing and several names stand there."""
    names = [n for g in neutral for n in g.names]
    if rule is LeadRule.FIRST_LISTED:
        return names[:1]
    if rule is LeadRule.BEFORE_SEMICOLON:
        has_sign = len(reading.parts) > 1
        before = [n for g in neutral if g.part == min(reading.parts) for n in g.names]
    else:
        has_sign = reading.first_comma_after is not None
        before = names[: reading.first_comma_after]
    return before if has_sign or not names[1:] else None


def _why(name: Lexeme, group: Group) -> LeadRule:
    if name.by_mark:
        return LeadRule.MARKED
    if group.word == "会同":
        return LeadRule.EXPLICIT_TOGETHER
    is_main = "主办" in group.word and "牵头" not in group.word and name.role is not Role.LEAD
    return LeadRule.EXPLICIT_MAIN if is_main else LeadRule.EXPLICIT_LEAD


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
