"""Sentences that say once how a list of departments shows its lead.

rule      = subject, [filler], [copula], [filler], lead word, [":" or ","], ["下同"]
subject   = "分号前" | "逗号前" | first place | mark
first     = ("排" | "列" | "位") … ("第一" | "首") ["位" | "名" | "个"] | "第一个" (unit)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class LeadRule(Enum):
    """Why a department leads; ``NONE_STATED`` means nobody was said to lead."""

    EXPLICIT_LEAD = "explicit_牵头"
    EXPLICIT_MAIN = "explicit_主办"
    EXPLICIT_TOGETHER = "explicit_会同"
    FIRST_LISTED = "first_listed_is_lead"
    BEFORE_SEMICOLON = "before_semicolon_is_lead"
    BEFORE_COMMA = "before_comma_is_lead"
    MARKED = "marked_is_lead"
    NONE_STATED = "none_stated"


_SEMICOLON = r"(?:[“\"‘]?[；;][”\"’]?|分号)(?:之|以)?前"
_COMMA = r"(?:[“\"‘]?[，,][”\"’]?|逗号)(?:之|以)?前"
_FIRST = (
    r"(?:(?:排名|排序|排列|排|列|位列|位居|居|名列|署名|放)(?:在|于|为)?(?:第一|首|最前|前列第一)(?:位|名|个|家)?"
    r"|第一(?:个|家|位|顺位)(?=单位|部门|责任|的|为|牵头)|首(?:个|位|家)(?=单位|部门|责任|的|为|牵头)|第一责任单位|首列"
    r"|(?:排名|排序|排列|排|列)在?(?:最?前面|最?前(?:者|位)|前列))"
)
_LEAD_FIRST = r"(?P<reversed>(?:牵头|主办)(?:责任)?(?:单位|部门)均?(?:排名|排|列|居|位)(?:在|于)?(?:第一|首|最前)[位个名面列]?)"
_MARK = r"(?:带|加|标|标注|标有|注有)(?:有|注)?[“\"]?(?P<mark>[*＊★☆▲△#●◆])[”\"]?(?:号|标记|符号)?"
_RULE = re.compile(
    rf"(?:{_LEAD_FIRST}|(?:(?P<semicolon>{_SEMICOLON})|(?P<comma>{_COMMA})|(?P<first>{_FIRST})|{_MARK})"
    r"[^，,；;。（）()]{0,12}?(?:牵头|主办)(?:负责|责任)?(?:部门|单位|机关)*)(?:[（(](?:单位|部门|下同)[）)])?"
    r"(?:[，,；;、](?:分号|逗号|[“\"][；;，,][”\"])(?:之|以)?后[^，,；;。（）()]{0,12}(?:单位|部门))?"
    r"(?:[，,；;、](?:其他|其它|其余|排名靠后)[^，,；;。（）()]{0,14}(?:单位|部门))?"
    r"(?P<onward>[，,；;、。]?\s*(?:[（(])?(?:以)?下同(?:[）)])?)?"
)
_LEAD_IN = re.compile(
    r"[，,；;。\s]*(?:其中[，,]?|(?:以下|上述|以上|本)[^，,；;。：:（）]{0,20}?(?:均|都)?由?)?$"
)
_MAX_LEAD_IN = 40
_MAX_NOTE = 80
_NOTE = re.compile(r"(?:^|[。\s（(])(?:(?:注|说明|备注)[:：]|以上|上述)[^。]*$")


@dataclass(frozen=True)
class StatedRule:
    rule: LeadRule
    holds_onward: bool
    is_note: bool
    mark: str | None
    start: int
    end: int


def find_rule(text: str) -> StatedRule | None:
    """Return the first rule sentence in ``text`` with its span."""
    if "牵头" not in text and "主办" not in text:
        return None
    found = _RULE.search(text)
    if found is None:
        return None
    if found["semicolon"]:
        rule = LeadRule.BEFORE_SEMICOLON
    elif found["comma"]:
        rule = LeadRule.BEFORE_COMMA
    elif found["first"] or found["reversed"]:
        rule = LeadRule.FIRST_LISTED
    else:
        rule = LeadRule.MARKED
    is_note = bool(_NOTE.search(text[max(0, found.start() - _MAX_NOTE) : found.start()]))
    before = text[max(0, found.start() - _MAX_LEAD_IN) : found.start()]
    lead_in = _LEAD_IN.search(before)
    start = found.start() - (len(lead_in[0]) if lead_in else 0)
    return StatedRule(rule, bool(found["onward"]), is_note, found["mark"], start, found.end())
