"""Tokens of a responsibility bracket: keys, verbs, names and the separators between them.

bracket    = clause, {(";" | "。" | ","), clause}
clause     = [key, ":"], [list], [verb]
list       = name, {("、" | "," | "和" | "及" | "会同"), name}, ["等", [open group]]
name       = body | collective | open group, ["（牵头）"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from quanheng.kernels.policy.departments import COLLECTIVE, Kind, kind_of, squeeze
from quanheng.kernels.policy.scan import CLOSERS, OPENERS


class Role(Enum):
    LEAD = "lead"
    HELPER = "helper"  # a key or verb says: supports, takes part, guides
    NEUTRAL = "neutral"  # responsible, no rank stated
    SKIP = "skip"  # not departments: deadline, scope, persons


class Token(Enum):
    KEY = "key"
    NAME = "name"
    OPEN = "open"  # 等, 有关部门
    VERB = "verb"
    TOGETHER = "together"  # 会同
    COMMA = "comma"
    SEMICOLON = "semicolon"
    STOP = "stop"  # 。


@dataclass
class Lexeme:
    token: Token
    text: str = ""
    role: Role = Role.NEUTRAL
    kind: Kind = Kind.UNCLEAR
    by_mark: bool = False


_KEY = re.compile(
    r"\s*(?:((?:其中)?[\u4e00-\u9fff、/／和及（）()]{2,18})[:：]"
    r"|((?:牵头|主办|责任|配合|协办|参与)[\u4e00-\u9fff]{0,2}(?:单位|部门))[为是]"
    r"|[【〔\[]\s*([\u4e00-\u9fff]{2,6}(?:单位|部门|时限))\s*[】〕\]]\s*[:：]?)"
)
_LEAD_WORD = re.compile("牵头|主办")
_BODY_WORD = re.compile("单位|部门|机关|主体|处室|科室|机构")
_HELP_WORD = re.compile("配合|协办|协同|协作|协助|参与|参加|指导|支持|会办|督办|监督|督导|联系")
_DUTY_WORD = re.compile("责任|负责|实施|承办|落实|分工|完成|执行|成员")
_SKIP_WORD = re.compile(
    "领导|责任人|负责人|联系人|联系电话|时限|时间|期限|范围|进度|目标|节点|备注|注$|说明|要求|来源|级别|^(?:计量|金额|数量)?单位$"
)

#: A deadline or its Chinese equivalents (持续推进), as a clause or a cell of its own.
TIME = re.compile(
    r"(?:(?:年内|全年|贯穿全年)?(?:并|且)?(?:持续|长期|常年|常态化?)(?:坚持|推进|推动|开展|实施|进行|深化|加强|落实|任务|工作)*"
    r"|(?:年内|全年|贯穿全年|本年度)(?:推进|实施|完成|落实|取得.{0,6})?|每年.{0,8}|每月.{0,6}|每季度.{0,6}"
    r"|(?:立即|即日起|适时|尽快|逐步|按计划|分年度|分阶段|分步|按时限|按期|按时|按规定时限)(?:推进|启动|开展|实施|完成|落实)*|已(?:启动|完成|实施)"
    r"|[“\"]?十[一二三四五]五[”\"]?(?:规划)?(?:期间|时期|末).{0,8}"
    r"|(?:于|在|到|自|至)?\d{4}年.{0,14}|\d{1,2}月.{0,10}|\d{4}[-./]\d{1,2}.{0,6}"
    r"|第?[一二三四]季度.{0,6}|[上下]半年.{0,6}|.{0,8}(?:底前|前完成|年底|月底|季度))"
)

_BY_DUTY = (
    r"(?:按照?|依照?|依据|根据|结合)(?:各自|其|法定)?(?:工作|部门|本级|本部门)?(?:职责|职能|分工|职权|任务)"
    r"(?:任务|职责|分工|权限|范围|要求|和任务|和分工|、分工)*+"
)
_MODIFIER = (
    rf"{_BY_DUTY}|分别|共同|具体|联合|统筹|密切|协同|各自|主要|抓好|做好|积极|分工|依职责|依职能|全面|直接|总"
    "|给予|予以|认真|抓紧|切实|分头|要|应当?"
)
_CORE = (
    "为(?:主要|第[一二三])?(?:牵头|主办|责任|配合|协办|参与|成员|实施|落实)(?:单位|部门)|牵头|主办|负责|配合|参与|参加|指导|贯彻|落实|实施|承办|协办|协助|支持|监督|推进|组织|协调|执行|督促|督导"
    "|各负其责|完成|协作|承担|督办|主责|负总责|抓总|主管|协管|为主"
)
# Possessive: a run of verbs and manners is read in one way, so that no text makes it slow.
_VERB_TAIL = re.compile(rf"^(?P<name>.*?)(?P<verb>(?:{_MODIFIER}|(?:{_CORE})(?:工作)?)++)$", re.DOTALL)
_LINE_KEY = re.compile(
    "(?:主要|第一|共同|[省市县区]级|[省市县区]直)?(?:牵头|主办|责任|负责|配合|协办|承办|协同|协助|参与|参加|实施|落实|督导|督办|指导|支持|完成|成员|主责)"
    "(?:牵头|责任|负责|配合|参与|实施|落实|[、/／和及（）()])*(?:单位|部门|主体|机关|处室|科室)[）)]?|牵头|主办|承办|协办|配合"
)
_VERB_RUN = re.compile(rf"(?:{_MODIFIER}|(?:{_CORE})(?:工作)?)++$")
_IS_VERB = re.compile(rf"{_CORE}|{_BY_DUTY}")
_MAX_ELEMENT = 80
_VERB_OBJECT = re.compile(
    r"^(?P<name>.{2,20}?)(?P<verb>牵头负责|牵头|负责|承担|配合|参与|指导)[\u4e00-\u9fff]{2,20}$"
)
_INNER_VERB = re.compile("^(?!.*会同).*(?:牵头|负责)")
_INNER_TIME = re.compile(
    r"(?<=[\u4e00-\u9fff]{2})[于在]?(?:20\d{2}年)(?:\d{1,2}月)?(?:\d{1,2}日)?(?:年?底|[上下]半年)?之?前?"
)
_NEXT_NAME = re.compile(r"[^；;。，,、\s/／：:]+")
_ENUMERATED = re.compile(r"^(?:\d+|[一二三四五六七八九十]+)?(?:个|家)?")
_ET_CETERA = re.compile(r"(?<![高中初平对均同])等(?!级|次)")
_LEAD_IN = re.compile(
    r"^(?:(?:以上|上述|本项|该项)[^由]{0,8}由|并由|由|具体由|其中由|其中|以及|并|及|和|与)(?=.)"
)


def key_role(key: str) -> Role | None:
    """Return what a bracket key announces, or None where the word is not a key known here."""
    if _SKIP_WORD.search(key):
        return Role.SKIP
    lead, helps = bool(_LEAD_WORD.search(key)), bool(_HELP_WORD.search(key))
    duty = bool(_DUTY_WORD.search(key))
    if lead:
        return Role.NEUTRAL if helps or re.search("牵头(?:部门|单位)?(?:、|和|及|/|／)", key) else Role.LEAD
    if helps and not duty:
        return Role.HELPER
    return Role.NEUTRAL if duty or helps or _BODY_WORD.search(key) else None


def verb_role(verb: str) -> Role:
    if _LEAD_WORD.search(verb):
        return Role.LEAD
    return (
        Role.NEUTRAL
        if re.search("负责|责任|落实|实施|承办|按|依|推进|执行|各负其责|组织|完成", verb)
        else Role.HELPER
    )


def lex(text: str) -> Iterator[Lexeme]:
    """Yield the tokens of a bracket's inner text."""
    position, skipping = 0, False
    while position < len(text):
        char = text[position]
        if char in "；;":
            yield Lexeme(Token.SEMICOLON)
        elif char == "。":
            yield Lexeme(Token.STOP)
        elif char in "，,":
            yield Lexeme(Token.COMMA)
        if char in "；;。，,、/／ \u3000\n\t":
            position += 1
            continue
        key = _KEY.match(text, position)
        if key is not None:
            word = _word(key)
            role = key_role(word) or Role.SKIP
            skipping = role is Role.SKIP
            position = key.end()
            value = _skipped_value(text, position) if skipping else ""
            yield Lexeme(Token.KEY, squeeze(word) + (f"：{value}" if skipping else ""), role)
            position += len(value) if skipping else 0
            continue
        element = _element(text, position)
        if TIME.fullmatch(squeeze(element)):
            yield Lexeme(Token.KEY, f"时限：{squeeze(element)}", Role.SKIP)
            position += len(element)
            continue
        yield from _element_tokens(element)
        position += len(element)


def _skipped_value(text: str, start: int) -> str:
    """The text of a key that names no departments, up to the next key."""
    for found in re.finditer(r"[；;。，,]", text[start:]):
        key = _KEY.match(text, start + found.end())
        if key is not None and key_role(_word(key)) not in (None, Role.SKIP):
            return text[start : start + found.start()]
        if key is not None and found[0] in "；;。":
            return text[start : start + found.start()]
    return text[start:]


def _element(text: str, start: int) -> str:
    """The next element of a list: a collective name swallows the separators inside it."""
    collective = COLLECTIVE.match(text, start)
    depth, index = 0, collective.end() if collective else start
    while index < len(text):
        char = text[index]
        if char in OPENERS:
            if depth == 0 and _known_key(text, index):
                break
            depth += 1
        elif char in CLOSERS:
            depth = max(0, depth - 1)
        elif depth == 0 and (char in "；;。，,、" or _parts_names(text, start, index)):
            break
        index += 1
    return text[start : max(index, start + 1)]


def _parts_names(text: str, start: int, index: int) -> bool:
    """A blank or a stroke separates only in front of a key or between two whole names."""
    if not (text[index].isspace() or text[index] in "/／"):
        return False
    if _known_key(text, index):
        return True
    following = _NEXT_NAME.match(text, index + 1)
    return (
        following is not None
        and kind_of(squeeze(text[start:index])) is Kind.BODY
        and kind_of(_VERB_RUN.sub("", following[0]) or following[0]) is Kind.BODY
    )


def _known_key(text: str, start: int) -> bool:
    key = _KEY.match(text, start)
    return key is not None and key_role(_word(key)) is not None


def _word(key: re.Match[str]) -> str:
    return key[1] or key[2] or key[3]


def starts_with_key(text: str) -> bool:
    """Whether ``text`` opens with a key known here and its colon or its own bracket: 责任单位：, 【责任单位】."""
    return _known_key(text, 0)


def opens_duty_line(text: str) -> bool:
    """Whether ``text`` opens with a key that announces bodies also outside brackets; 组织实施：… is a heading."""
    key = _KEY.match(text)
    return key is not None and announces_bodies(_word(key))


def announces_bodies(key: str) -> bool:
    """责任单位 does, whatever follows; 支持政策 and 组织实施 only seem to."""
    return bool(_LINE_KEY.fullmatch(squeeze(key)))


def _element_tokens(element: str) -> Iterator[Lexeme]:
    text = squeeze(element)
    text = text if COLLECTIVE.match(text) else _LEAD_IN.sub("", text)
    text = _INNER_TIME.sub("", text)
    if len(text) > _MAX_ELEMENT:
        yield Lexeme(Token.NAME, text)
        return
    if text.startswith("会同"):
        yield Lexeme(Token.TOGETHER, "prefix")
        text = text[2:]
    verb = _VERB_TAIL.match(text)
    if verb is None or not _IS_VERB.search(verb["verb"]) or _INNER_VERB.search(verb["name"]):
        verb = _verb_with_object(text) or verb
    name, tail = (verb["name"], verb["verb"]) if verb else (text, "")
    together = re.search("(?:要|应当?)?(?P<lead>牵头)?(?:负责)?会同", name)
    if together and together.start() > 0:
        yield from _name_tokens(name[: together.start()])
        yield Lexeme(Token.TOGETHER, together["lead"] or "")
        name = name[together.end() :]
    yield from _name_tokens(name)
    if tail:
        yield Lexeme(Token.VERB, tail, verb_role(tail))


def _verb_with_object(text: str) -> re.Match[str] | None:
    """区财政局负责资金保障: a body, a verb and what it is to do."""
    found = _VERB_OBJECT.match(text)
    return found if found is not None and kind_of(found["name"]) is not Kind.UNCLEAR else None


def _name_tokens(name: str) -> Iterator[Lexeme]:
    if not name:
        return
    cetera = None if COLLECTIVE.fullmatch(name) else _ET_CETERA.search(name)
    if cetera:
        yield from _name_tokens(name[: cetera.start()])
        yield Lexeme(Token.OPEN)
        rest = _ENUMERATED.sub("", name[cetera.end() :])
        yield from _name_tokens(rest)
        return
    split = _conjunction(name)
    if split is not None:
        left, right = split
        yield from _name_tokens(left)
        yield from _name_tokens(right)
        return
    marked = re.search(r"[（(](?P<role>牵头|主办|配合|参与|负责)(?:单位|部门)?[）)]$", name)
    role = verb_role(marked["role"]) if marked else Role.NEUTRAL
    bare = name[: marked.start()] if marked else name
    kind = kind_of(bare)
    yield Lexeme(Token.OPEN if kind is Kind.GENERIC else Token.NAME, bare, role, kind)


@lru_cache(maxsize=4096)
def _conjunction(name: str) -> tuple[str, str] | None:
    """Split A和B only where both sides are names; 文化和旅游部 stays whole."""
    if COLLECTIVE.fullmatch(name):
        return None
    for found in re.finditer("以及|及|和|与|会?商(?!务)|(?<=地区|部门|各地)(?=各)", name):
        left, right = name[: found.start()], name[found.end() :]
        if left and right and _is_name(left) and (_is_name(right) or _conjunction(right) is not None):
            return left, right
    return None


def _is_name(text: str) -> bool:
    return kind_of(_ET_CETERA.split(text)[0] or text) is not Kind.UNCLEAR


@dataclass
class Group:
    """Names that share one role; ``word`` is the key or verb that gave it, ``part`` counts semicolons."""

    role: Role = Role.NEUTRAL
    names: list[Lexeme] = field(default_factory=list)
    part: int = 0
    word: str = ""
