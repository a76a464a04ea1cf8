"""Plain text and Markdown, in the encodings Chinese offices use."""

from __future__ import annotations

import codecs
import re

from quanheng.kernels.policy.columns import is_heading_row
from quanheng.kernels.policy.model import Document, Paragraph, Table
from quanheng.kernels.policy.paragraphs import begins_anew
from quanheng.kernels.policy.refusals import DocumentRefused

MAX_TEXT_BYTES = 4 * 1024 * 1024
_BOX_VERTICAL = re.compile("[│┃｜]")
_RULE_LINE = re.compile(r"^[\s|:+\-─━┼├┤┌┐└┘┬┴═╪]+$")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffe\uffff]")
_MIN_BARS = 2
_MIN_WRAPPED_LINES = 8
_MAX_WRAP_COLUMNS = 130
_GAP = re.compile(r"\t|[ \u3000]{2,}")


def decode(data: bytes) -> str:
    """Decode UTF-8, UTF-8 or UTF-16 with a mark, or GB18030; refuse what is no text."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding))
            except UnicodeDecodeError:
                raise DocumentRefused("policy.encoding") from None
    if b"\x00" in data:
        raise DocumentRefused("policy.not_text")
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _checked(text, strict=encoding == "gb18030")
    raise DocumentRefused("policy.encoding")


def _checked(text: str, *, strict: bool = False) -> str:
    """Refuse control characters; bytes of another encoding decode as GB18030 into rare characters."""
    sample = text[:20000]
    control = len(_NO_TEXT.findall(sample))
    if control > len(sample) / 100:
        raise DocumentRefused("policy.encoding" if strict else "policy.not_text")
    if strict and sum(_is_common(c) for c in sample) < 0.9 * len(sample):
        raise DocumentRefused("policy.encoding")
    return text


def _is_common(char: str) -> bool:
    return (
        char.isascii()
        or char in "—…“”‘’·①②③④⑤⑥⑦⑧⑨⑩"
        or "\u3000" <= char <= "\u303f"
        or ("\uff00" <= char <= "\uffef" or ("\u4e00" <= char <= "\u9fff" and _in_gb2312(char)))
    )


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def read_text(data: bytes) -> Document:
    """Read paragraphs, Markdown or box tables and tables aligned with blanks or tabs."""
    if len(data) > MAX_TEXT_BYTES:
        raise DocumentRefused("policy.too_large", limit="4 MB")
    lines = re.split(r"\r\n|[\n\r\f\v\u2028\u2029\u0085]", decode(data))
    if not any(line.strip() for line in lines):
        raise DocumentRefused("policy.empty")
    blocks: list[Paragraph | Table] = []
    plain: list[str] = []
    index = 0
    while index < len(lines):
        table, after = _pipe_table(lines, index)
        if table is None:
            table, after = _aligned_table(lines, index)
        if table is None:
            plain.append(lines[index])
            index += 1
            continue
        blocks += [Paragraph(p) for p in _unwrap(plain)]
        plain = []
        blocks.append(table)
        index = after
    blocks += [Paragraph(p) for p in _unwrap(plain)]
    return Document(tuple(blocks))


def _pipe_table(lines: list[str], start: int) -> tuple[Table | None, int]:
    index, rows = start, []
    while index < len(lines):
        line = _BOX_VERTICAL.sub("|", lines[index]).strip()
        if _RULE_LINE.match(line) and line:
            index += 1
            continue
        if line.count("|") < _MIN_BARS:
            break
        rows.append(_pipe_cells(line))
        index += 1
    width = max((len(r) for r in rows), default=0)
    if not rows[1:] and not (rows and is_heading_row(rows[0])):
        return None, start
    return Table(tuple(tuple(r + [""] * (width - len(r))) for r in rows)), index


def _pipe_cells(line: str) -> list[str]:
    line = line.removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    cells = re.split(r"(?<!\\)\|", line)
    return [re.sub(r"<br\s*/?>", "", c).replace("\\|", "|").replace("**", "").strip() for c in cells]


def _segments(line: str) -> list[tuple[int, str]]:
    """(display column, text) of the parts between tabs or wide gaps."""
    out, position, last = [], 0, 0
    for gap in [*_GAP.finditer(line), None]:
        end = gap.start() if gap else len(line)
        if line[last:end].strip():
            out.append((position, line[last:end].strip()))
        last = gap.end() if gap else end
        position = _width(line[:last])
    return out


def _width(text: str) -> int:
    """Display columns: GBK has one byte for narrow and two for wide characters."""
    return len(text.encode("gbk", "replace"))


def _aligned_table(lines: list[str], start: int) -> tuple[Table | None, int]:
    """A heading row of known words, then rows told by where their cells begin."""
    if not is_heading_row([text for _, text in _segments(lines[start])]):
        return None, start
    tabbed = "\t" in lines[start].strip()
    columns = [column for column, _ in _segments(lines[start])]
    width = lines[start].count("\t") + 1 if tabbed else len(columns)
    rows: list[list[str]] = []
    index = start
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            if not any(_is_table_line(later, tabbed) for later in lines[index + 1 : index + 3]):
                break
            index += 1
            continue
        if tabbed and "\t" not in line:
            break
        if (
            not tabbed
            and len(_segments(line)) == 1
            and _segments(line)[0][0] < columns[1]
            and not line[0].isspace()
        ):
            break
        cells = _tab_cells(line, width) if tabbed else _placed(_segments(line), columns)
        if rows and not cells[0] and not tabbed:
            rows[-1] = [a + b for a, b in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
        index += 1
    return Table(tuple(tuple(r) for r in rows)), index


def _is_table_line(line: str, tabbed: bool) -> bool:
    if tabbed:
        return line.count("\t") >= _MIN_BARS
    return len(_segments(line)) > _MIN_BARS


def _tab_cells(line: str, width: int) -> list[str]:
    cells = [c.strip() for c in line.split("\t")][:width]
    return cells + [""] * (width - len(cells))


def _placed(segments: list[tuple[int, str]], columns: list[int]) -> list[str]:
    """A row with as many parts as headings goes by order, since plain gaps line nothing up; others by place."""
    if len(segments) == len(columns):
        return [text for _, text in segments]
    cells = [""] * len(columns)
    for position, text in segments:
        nearest = min(range(len(columns)), key=lambda i: abs(columns[i] - position))
        cells[nearest] += text
    return cells


def _unwrap(lines: list[str]) -> list[str]:
    """Join lines wrapped at a fixed width; other texts keep one paragraph per line."""
    lines = [re.sub(r"^#{1,6}\s+|\*\*", "", line).rstrip() for line in lines]
    widths = [_width(line) for line in lines if line.strip()]
    if len(widths) < _MIN_WRAPPED_LINES:
        return [line for line in lines if line.strip()]
    full = max(widths)
    at_margin = sum(w >= full - 4 for w in widths)
    if full > _MAX_WRAP_COLUMNS or at_margin * 3 < len(widths):
        return [line for line in lines if line.strip()]
    out: list[str] = []
    open_line = False
    for line in lines:
        indented = line[:1] in (" ", "\u3000", "\t")
        if out and open_line and line.strip() and not indented and not begins_anew(line):
            out[-1] += line.strip()
        elif line.strip():
            out.append(line.strip())
        open_line = bool(line.strip()) and _width(line) >= full - 4
    return out
