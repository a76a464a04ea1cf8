"""Where the headings of a sheet are, and what each row below them is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quanheng.kernels.ledger.book import Merge
from quanheng.kernels.ledger.dictionary import entries, is_for_the_writer, is_heading, meaning_of
from quanheng.kernels.ledger.text import clean, number_text
from quanheng.kernels.ledger.workbook import column_letters

SCANNED_ROWS = 200
_LOOK_FURTHER = 3
_ENOUGH_HITS = 3
_LONGEST_SUBHEADING = 20
_LONGEST_MARK = 6
_GROUPS = """计量器具 器具 仪器 设备 仪器设备 基本信息 基本情况 器具信息 检定情况 检定信息 检定 技术参数 主要参数 参数 技术指标
主要技术指标 主要技术参数 强检计量器具 使用信息 使用情况 器具基本信息 计量器具信息 仪器设备信息 设备信息 检定校准情况
检定校准 周期检定情况 强制检定工作计量器具 强制检定计量器具 溯源信息 证书信息 检定校准信息 计量器具基本信息 器具基本情况
计量器具基本情况"""
_NEUTRAL = frozenset(_GROUPS.split())
_SUMS = r"(?:合计|小计|总计|共计|累计|本页小计|本页合计|本页共|总台数|合计台数|grandtotal|subtotal|total)"
_SIGNED = (
    r"(?:填表人|填报人|填表|制表人?|制单人?|填报单位|填表单位|审核人?|审批人?|审核意见|批准人?|复核人?|校核人?|负责人|单位负责人|"
    r"分管领导|主管领导|部门负责人|编制人?|经办人|联系人|联系电话|联系方式|电话|填表日期|填报日期|填报时间|制表日期|制表时间|填表时间|"
    r"打印日期|打印时间|打印人|盖章|签字|签名|日期|备注|注|说明|填表说明|填报说明|preparedby|reviewedby|approvedby|notes?)"
)
_LABEL = re.compile(rf"{_SIGNED}(?:\([^)]*\))?:", re.IGNORECASE)
_BARE_LABEL = re.compile(_SIGNED, re.IGNORECASE)
_FOOTER = re.compile(
    rf"{_LABEL.pattern}|{_SUMS}(?:$|[:(,\d共台件])|{_SIGNED.replace('|注|', '|')}$"
    r"|(?:使用)?单位\(?(?:盖章|公章)|\(盖章|\(公章|共\d+(?:台|件|页|条|行|只|个)|以下空白|以上共|此页无正文|注[1一]|说明[1一]"
    r"|.*(?:小计|合计|总计)[:]?$",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:第?\d+页)?[,/]?共?\d+页|第\d+页|page\d+(?:of\d+)?|续表|\(续表?\)|-\d+-", re.IGNORECASE
)
_EXAMPLE = re.compile(r"(?:填写)?(?:示例|样例|范例|举例|例如|例)(?:行|数据)?\d*:?")
_NUMBERED = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]|[(（][一二三四五六七八九十]{1,3}[)）]")
_PUNCTUATION = str.maketrans("：（），。", ":(),.")

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Header:
    """The heading row or rows (from 0), column → heading as written and as a name, the words above.

    ``levels`` are the heading rows by themselves, without blanks.
    """

    top: int
    bottom: int
    headings: dict[int, str]
    names: dict[int, str]
    levels: tuple[dict[int, str], ...]
    titles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Return the number of columns up to the last heading."""
        return max(self.headings, default=-1) + 1


@dataclass(slots=True)
class TableRow:
    """A row below the headings: ``kind`` is data, group, repeat, footer, title, heading or blank."""

    index: int
    kind: str
    cells: Row
    filled: list[int] = field(default_factory=list)
    merged: tuple[int, ...] = ()


def find_header(rows: Sequence[Row], merges: Iterable[Merge]) -> Header | None:
    """Return the headings of a sheet from its first rows: found by their words, wherever they stand."""
    best: tuple[int, int] | None = None
    for index, row in enumerate(rows):
        hits, filled = _hits(row)
        is_header = (hits >= _ENOUGH_HITS and hits * 5 >= filled * 2) or 2 <= hits == filled  # noqa: PLR2004
        if is_header and (best is None or hits > best[0]):
            best = (hits, index)
        if best is not None and index >= best[1] + _LOOK_FURTHER:
            break
    if best is None:
        return None
    near = [m for m in merges if best[1] - 2 <= m[0] <= best[1] + 1]
    return _header(rows, near, best[1])


def _hits(row: Row) -> tuple[int, int]:
    """Return how many cells are headings, each counted once, and how many hold anything."""
    texts = [v for v in row if not _is_blank(v)]
    return len({clean(v) for v in texts if isinstance(v, str) and is_heading(v)}), len(texts)


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(rows: Sequence[Row], row: int, column: int) -> str:
    if not 0 <= row < len(rows) or column >= len(rows[row]):
        return ""
    value = rows[row][column]
    return clean(value) if isinstance(value, str) else ("" if value is None else str(value))


def _header(rows: Sequence[Row], merges: list[Merge], found: int) -> Header:
    width = max(len(rows[i]) for i in range(max(0, found - 1), min(len(rows), found + 2)))
    top, bottom = found, found
    if _is_subheading(rows, merges, found, width):
        bottom = found + 1
    elif _is_group_heading(rows, merges, found, width):
        top = found - 1
    levels = tuple(
        {c: _unspaced(t) for c in range(width) if (t := _text(rows, r, c))} for r in range(top, bottom + 1)
    )
    if top == bottom:
        headings = {c: str(rows[top][c]).strip() for c in levels[0]}
    else:
        headings = _joined(rows, merges, top, width)
    titles = tuple(t for r in range(top) for c in range(len(rows[r])) if (t := _text(rows, r, c)))
    return Header(top, bottom, headings, _unique(headings), levels, titles)


def _is_subheading(rows: Sequence[Row], merges: list[Merge], found: int, width: int) -> bool:
    """Whether the row below holds only words beneath headings that span columns."""
    below = [(c, rows[found + 1][c]) for c in range(len(rows[found + 1]))] if found + 1 < len(rows) else []
    below = [(c, v) for c, v in below if not _is_blank(v)]
    spanned = {c for r1, c1, r2, c2 in merges if r1 == found == r2 and c2 > c1 for c in range(c1, c2 + 1)}
    blanks = {c for c in range(width) if not _text(rows, found, c)}
    blanks -= {c for r1, c1, r2, c2 in merges if r1 <= found < r2 for c in range(c1, c2 + 1)}
    before_blanks = {c for c in range(width) if c + 1 in blanks and _text(rows, found, c)}
    allowed = spanned or (blanks | before_blanks)
    if not below or not blanks or not all(c in allowed for c, _ in below):
        return False
    if not all(isinstance(v, str) and len(v) <= _LONGEST_SUBHEADING for _, v in below):
        return False
    return sum(is_heading(str(v)) or is_heading(_group(rows, found, c) + str(v)) for c, v in below) >= max(
        1, len(below) // 2
    )


def _is_group_heading(rows: Sequence[Row], merges: list[Merge], found: int, width: int) -> bool:
    """Whether the row above gives headings to columns that have none, or names groups of them."""
    if found == 0:
        return False
    above = {c for c in range(width) if _text(rows, found - 1, c)}
    if len(above) < 2:  # noqa: PLR2004  one text is a title
        return False
    lonely = {c for c in above if not _text(rows, found, c)}
    if any(is_heading(_text(rows, found - 1, c)) for c in lonely):
        return True
    spans = [m for m in merges if m[0] == found - 1 == m[2] and m[3] > m[1]]
    return not lonely and any(_words(_text(rows, m[0], m[1])) in _NEUTRAL for m in spans)


def _group(rows: Sequence[Row], row: int, column: int) -> str:
    while column > 0 and not _text(rows, row, column):
        column -= 1
    return _text(rows, row, column)


def _joined(rows: Sequence[Row], merges: list[Merge], top: int, width: int) -> dict[int, str]:
    """Return the headings of two rows: a group and what stands beneath it."""
    downwards = {c for r1, c1, r2, c2 in merges if r1 <= top < r2 for c in range(c1, c2 + 1)}
    headings = {}
    for column in range(width):
        over, under = _text(rows, top, column), _text(rows, top + 1, column)
        if not under or column in downwards:
            heading = over or under
        else:
            group = over or _group(rows, top, column)
            heading = _one_heading(group, under)
        if heading:
            headings[column] = heading
    return headings


def _one_heading(group: str, under: str) -> str:
    joined = f"{group}/{under}"
    alone, both = meaning_of(under), meaning_of(joined)
    if both.kind not in ("ask", "unknown") or _words(group) not in _NEUTRAL:
        return joined if group and group != under else under
    return joined if alone.kind == "unknown" else under


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _unique(headings: dict[int, str]) -> dict[int, str]:
    """Return a name for each heading; the second of two equal ones gets its column's letters."""
    seen: set[str] = set()
    unique = {}
    for column, heading in headings.items():
        unique[column] = heading if heading not in seen else f"{heading}（{column_letters(column)}列）"
        seen.add(heading)
    return unique


def table_rows(rows: Iterable[Row], header: Header, merges: Iterable[Merge]) -> Iterator[TableRow]:
    """Yield the rows below the headings.  A vertically merged cell counts in each row it spans."""
    merging = _Merging(merges, header.bottom)
    words = entries()
    for index, plain in enumerate(rows):
        if index <= header.bottom:
            continue
        row, merged = merging.fill(index, plain)
        filled = [c for c, v in enumerate(row) if v not in ("", None)]
        if len(filled) <= 4:  # noqa: PLR2004  few enough to look for cells of blanks only
            filled = [c for c in filled if not _is_blank(row[c])]
        yield TableRow(index, _kind(row, filled, header, words), row, filled, merged)


class _Merging:
    def __init__(self, merges: Iterable[Merge], bottom: int) -> None:
        self._starts: defaultdict[int, list[Merge]] = defaultdict(list)
        for merge in merges:
            if merge[0] > bottom and merge[2] > merge[0]:
                self._starts[merge[0]].append(merge)
        self._active: list[tuple[int, int, object]] = []

    def fill(self, index: int, row: Row) -> tuple[Row, tuple[int, ...]]:
        if not self._active and index not in self._starts:
            return row, ()
        self._active = [a for a in self._active if a[0] >= index]
        if self._active:
            filled = list(row)
            for _, column, value in self._active:
                filled.extend([""] * (column + 1 - len(filled)))
                if filled[column] in ("", None):
                    filled[column] = value
            row = filled
        merged = tuple(column for _, column, _ in self._active)
        for _, column, last, _ in self._starts.pop(index, ()):
            self._active.append((last, column, row[column] if column < len(row) else ""))
        return row, merged


def _kind(row: Row, filled: list[int], header: Header, words: Container[str]) -> str:
    if not filled:
        return "blank"
    first = row[filled[0]]
    if _is_numbering(row, filled):
        return "title"
    word = _unspaced(clean(first)) if isinstance(first, str) else ""
    if isinstance(first, str):
        if _is_repeat(row, filled, word, header):
            return "repeat"
        if (kind := _aside(row, filled, header)) != "data":
            return kind
    elif len(filled) == 1 and len(header.headings) >= _ENOUGH_HITS:
        return "group"
    is_word = word in words
    hits = sum(
        1
        for c in filled
        if isinstance(v := row[c], str) and (v in words or (is_word and _unspaced(v) in words))
    )
    return "heading" if hits >= _ENOUGH_HITS and hits * 5 >= len(filled) * 3 else "data"


def _is_repeat(row: Row, filled: list[int], first: str, header: Header) -> bool:
    for level in header.levels:
        if first == level.get(filled[0]):
            same = sum(1 for c in filled if _unspaced(clean(str(row[c]))) == level.get(c))
            if same * 5 >= len(filled) * 3 and (same > 1 or len(level) == 1):
                return True
    return False


def _is_numbering(row: Row, filled: list[int]) -> bool:
    """Whether a row numbers the columns beneath their headings: 1 2 3, (1) (2) (3), A B C."""
    if len(filled) < _ENOUGH_HITS or _mark(row[filled[0]]) not in ("1", "A"):
        return False
    marks = [_mark(row[c]) for c in filled]
    numbers = [str(n) for n in range(1, len(marks) + 1)]
    return marks == numbers or marks == [column_letters(n) for n in range(len(marks))]


def _mark(value: object) -> str:
    text = number_text(value) if isinstance(value, int | float) else str(value)
    return _compact(clean(text)).strip("()") if len(text) <= _LONGEST_MARK else ""


def _aside(row: Row, filled: list[int], header: Header) -> str:
    """Return footer, title or group for a row that starts with such words, else data."""
    text = clean(str(row[filled[0]]))
    if text in header.titles and len(filled) <= 2:  # noqa: PLR2004
        return "title"
    compact = _compact(text)
    is_few = len(filled) * 2 <= max(len(header.headings), 2)
    if is_few and _PAGE.fullmatch(compact):
        return "title"
    if _FOOTER.match(compact):
        texts = [_compact(v) for c in filled if isinstance(v := row[c], str)]
        labels = sum(1 for t in texts if _LABEL.match(t) or _BARE_LABEL.fullmatch(t))
        if is_few or labels > 1:
            return "footer"
    if len(filled) > 1 and is_for_the_writer(text) and all(is_for_the_writer(str(row[c])) for c in filled):
        return "title"
    if _EXAMPLE.fullmatch(compact) or (len(filled) <= 2 and is_few and _NUMBERED.match(text)):  # noqa: PLR2004
        return "group"
    return "group" if len(filled) == 1 and len(header.headings) >= _ENOUGH_HITS else "data"


def _compact(text: str) -> str:
    return _unspaced(text).translate(_PUNCTUATION)


def _unspaced(text: str) -> str:
    return "".join(text.split())
