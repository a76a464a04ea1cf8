"""Paragraphs as the author meant them: page and line breaks repaired."""

from __future__ import annotations

import re

from quanheng.kernels.policy.duties import key_role, opens_duty_line
from quanheng.kernels.policy.numerals import CN_NUMBER
from quanheng.kernels.policy.scan import is_open

_TERMINAL = "。！？!?；;：:）)〕】］]》”"
_BEGINS = re.compile(
    rf"^\s*(?:第{CN_NUMBER}+[章节条]|{CN_NUMBER}{{1,4}}(?:、|[.．](?!\d))|[（(〔]\s*(?:{CN_NUMBER}{{1,4}}|\d{{1,3}})\s*[）)〕]|\d{{1,3}}(?:[.．、﹒）)](?!\d)|．|[.、﹒](?=\d{{4}}(?!\d)|\d{{1,2}}月))"
    r"|[①-⑳]|[〔【\[]|附\s*件|附\s*表|注[:：]|抄送|\||#)"
)
_KEY_LINE = re.compile(r"^\s*([\u4e00-\u9fff（）()、/]{2,14})[:：]")
_DATE_LINE = re.compile(
    r"^\s*(?:\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[〇○零一二三四五六七八九]{4}年.{1,3}月.{1,3}日)\s*$"
)
_PAGE_NUMBER = re.compile(
    r"^\s*(?:[-—–－]+\s*\d{1,4}\s*[-—–－]+|第\s*\d+\s*页(?:\s*[，,/共]*\s*共?\s*\d+\s*页)?|\d{1,3})\s*$"
)
_ADDRESSEE = re.compile(r"^.{2,120}[：:]$")
_TITLE = re.compile(
    r"关于[^。；]*(?:通知|意见|方案|规划|计划|措施|办法|决定|要点|纲要|清单)(?:[（(][^（）()]{1,20}[）)])?"
    r"(?:[\u4e00-\u9fff]{1,8}[〔［\[（(]\d{4}[〕］\]）)]\d{1,5}号)?$"
)
_DASH = re.compile(r"^[\s—–-]+")
_LONG = 30
_MAX_HEADING = 45
_MAX_BROKEN_BRACKET = 6
_MAX_PARAGRAPH = 20_000
_OPENS = re.compile("[（(〔\\[［【《]")


def repair(lines: list[str]) -> list[str]:
    """Join lines that a page or line break has torn; drop page numbers and empty lines."""
    lines = [line.strip() for line in lines if line.strip() and not _PAGE_NUMBER.match(line)]
    out: list[str] = []
    index = 0
    while index < len(lines):
        current, index = lines[index], index + 1
        taken = _lines_to_close(current, lines[index : index + _MAX_BROKEN_BRACKET])
        while index < len(lines) and len(current) < _MAX_PARAGRAPH:
            if not taken and not _is_torn(current, lines[index]):
                break
            current = _glue(current, lines[index])
            taken = max(0, taken - 1)
            index += 1
            if not taken and _OPENS.search(lines[index - 1]):
                taken = _lines_to_close(current, lines[index : index + _MAX_BROKEN_BRACKET])
        out.append(current)
    return out


def begins_anew(line: str) -> bool:
    """Whether a line can only be the beginning of a paragraph."""
    key = _KEY_LINE.match(line)
    is_key = key is not None and key_role(key[1]) is not None
    return bool(_BEGINS.match(line) or _DATE_LINE.match(line)) or is_key


def _lines_to_close(line: str, following: list[str]) -> int:
    """How many following lines close the bracket left open in ``line``; 0 if none do."""
    if not is_open(line):
        return 0
    joined = line
    for count, extra in enumerate(following, start=1):
        if _BEGINS.match(extra) and extra[0] not in "（([":
            return 0
        joined += extra
        if not is_open(joined):
            return count
    return 0


def _is_torn(line: str, following: str) -> bool:
    if following[0] in "，。；、）〕】》”！？,;" or (_is_key_alone(line) and not begins_anew(following)):
        return True
    if line[-1] in _TERMINAL or begins_anew(following) or following[0] in "（(":
        return False
    if _ADDRESSEE.match(following) or _TITLE.search(line):
        return False
    if line[-1] in "，、,":
        return True
    if _BEGINS.match(line) and "。" not in line and len(line) <= _MAX_HEADING:
        return False  # a heading
    return "。" in line or len(line) >= _LONG


def _is_key_alone(line: str) -> bool:
    """责任单位： with its names on the next line."""
    return line[-1] in "：:" and len(line) <= _LONG and opens_duty_line(_DASH.sub("", line))


def _glue(line: str, following: str) -> str:
    needs_space = (
        line[-1].isascii() and line[-1].isalpha() and following[0].isascii() and following[0].isalpha()
    )
    return line + (" " if needs_space else "") + following
