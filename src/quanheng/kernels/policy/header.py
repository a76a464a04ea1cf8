"""Title, document number and date of issue: only what the document itself says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from quanheng.kernels.policy.departments import squeeze
from quanheng.kernels.policy.numerals import cn_to_int, cn_year

_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,14}\s*[〔［\[（(【]\s*(?:19|20)\d{2}\s*[〕］\]）)】]\s*第?\s*\d{1,5}\s*号"
)
_OWN_NUMBER = re.compile(
    r"(?:(?![通知意见方案])[\u4e00-\u9fff]){1,8}[〔［\[（(【]\s*(?:19|20)\d{2}\s*[〕］\]）)】]\s*第?\s*\d{1,5}\s*号"
)
_NUMBER_LINE = re.compile(rf"^(?:(?:发文字号|文号|发文号)[:：])?\s*({_NUMBER.pattern})(?:\s.*)?$")
_TITLE_END = re.compile(
    r"(?:通知|意见|方案|规划|计划|措施|办法|决定|细则|清单|要点|行动|批复|报告|公告|纲要|安排|规定|工程|任务分解|责任分解|分工|分解表|任务表|台账|令|函)"
    r"(?:[（(][^（）()]{1,20}[）)])*$"
)
_MARK_START = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|\d{1,2}[.．、]|第[一二三四五六七八九十]+[章条])"
)
_NOISE = re.compile(
    r"^(?:.*文件|.{0,6}电话.{0,30}|.*邮编.*|.*主办.*|.*刊号.*|目\s*录|附\s*件.*|[（(].*[）)]|.*发布日期.*|.*来源[:：].*|#+|-+)$"
)
_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_DATE_CN = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_AFTER_DATE = r"\s*(?:[（(][^（）()]{1,30}[）)])?\s*$"
_BEFORE_DATE = re.compile(
    r"(?:^|[。）)\s\u3000]|(?:政府|委员会|办公厅|办公室|国务院|局|厅|部|委|院|组|会|省|市|县|区))\s*$"
)
_MAX_HEADER = 40
_MAX_SIGNATURE = 60
_MAX_TITLE = 120


def find_title(paragraphs: list[str]) -> str | None:
    """Join the lines of the title; None where the text starts without one."""
    header = _header(paragraphs)
    lines = [line for line in header if not _NUMBER_LINE.match(line) and not _NOISE.match(squeeze(line))]
    for index, line in enumerate(lines):
        if "关于" not in line and not _TITLE_END.search(squeeze(line)):
            continue
        first = index
        if (
            line.startswith("关于")
            and index
            and re.search(r"(?:政府|委员会|办公厅|办公室|局|厅|部|委|院)$", lines[index - 1])
        ):
            first = index - 1
        for last in range(index, min(index + 4, len(lines))):
            if _TITLE_END.search(squeeze(lines[last])):
                return squeeze("".join(lines[first : last + 1]).lstrip("# "))
        return None
    return None


def find_number(paragraphs: list[str]) -> str | None:
    """The document's own number: a line of its own above the text, never a cited one."""
    for line in _header(paragraphs):
        found = _NUMBER_LINE.match(line) or re.match(rf"^[（(]({_NUMBER.pattern})[）)]$", line)
        if found:
            return squeeze(found[1])
    return None


def find_date(body: list[str]) -> str | None:
    """The date under the signature (ISO), read from the end of the text; 印发 dates are not it."""
    for line in body:
        stated = re.match(r"^成文日期[:：]\s*(.+)$", line)
        if stated:
            return _iso(stated[1])
    for line in reversed(body):
        found = re.search(rf"({_DATE.pattern}|{_DATE_CN.pattern}){_AFTER_DATE}", line)
        if found and _BEFORE_DATE.search(line[: found.start()]):
            is_signature = len(line) <= _MAX_SIGNATURE or line[: found.start()].rstrip()[-1:] not in "。）)"
            if is_signature:
                return _iso(found[1])
    return None


def _header(paragraphs: list[str]) -> list[str]:
    """Lines above the addressee, the first number or the first sentence."""
    out: list[str] = []
    for line in _parted(paragraphs[:_MAX_HEADER]):
        if (
            _MARK_START.match(line)
            or re.search("[：:]$", line)
            or (line.endswith("。") and "关于" not in line[:30])
        ):
            break
        if len(line) > _MAX_TITLE:
            return out or _run_on_header(line)
        out.append(line)
    return out


def _parted(paragraphs: list[str]) -> Iterator[str]:
    """A title and the number written straight behind it are two lines."""
    for line in paragraphs:
        number = re.search(rf"{_OWN_NUMBER.pattern}\s*$", line)
        if number is not None and _TITLE_END.search(squeeze(line[: number.start()])):
            yield line[: number.start()].strip()
            yield number[0].strip()
        else:
            yield line


def _run_on_header(line: str) -> list[str]:
    """Title and number in front of the addressee where all line breaks are lost: parted by blanks only."""
    before = re.split("[：:。]", line, maxsplit=1)[0]
    return before.split()[:-1]


def _iso(text: str) -> str | None:
    found = _DATE.search(text)
    if found:
        parts = [int(found[1]), int(found[2]), int(found[3])]
    else:
        chinese = _DATE_CN.search(text)
        if chinese is None:
            return None
        parts = [cn_year(chinese[1]) or 0, cn_to_int(chinese[2]) or 0, cn_to_int(chinese[3]) or 0]
    try:
        return date(*parts).isoformat()
    except ValueError:
        return None
