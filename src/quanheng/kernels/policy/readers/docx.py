"""Word documents (.docx): paragraphs with their automatic numbers, tables with merged cells."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from quanheng.kernels.policy.model import Document, Paragraph, Table
from quanheng.kernels.policy.readers.archive import Archive
from quanheng.kernels.policy.readers.numbering import Numbering, W
from quanheng.kernels.policy.refusals import DocumentRefused

_MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNREAD = {f"{W}del", f"{W}moveFrom", f"{W}txbxContent", f"{W}pPr", f"{W}rPr", _FALLBACK}
_MAX_SPAN = 63  # Word's own limit of columns


def read_docx(data: bytes) -> Document:
    """Read the main part; refuse macros, other containers and files that expand too far."""
    archive = Archive(data)
    if any(name.lower().endswith("vbaproject.bin") for name in archive.names):
        raise DocumentRefused("policy.macro")
    if "word/document.xml" not in archive.names:
        raise DocumentRefused("policy.unsupported_type", detail="压缩包或其他办公文件")
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise DocumentRefused("policy.macro")
    body = archive.xml("word/document.xml").find(f"{W}body")
    if body is None:
        raise DocumentRefused("policy.damaged")
    parts = {
        n: archive.xml(n) if n in archive.names else None for n in ("word/numbering.xml", "word/styles.xml")
    }
    numbering = Numbering.build(parts["word/numbering.xml"], parts["word/styles.xml"])
    blocks: list[Paragraph | Table] = []
    for element in _blocks(body):
        if element.tag == f"{W}tbl":
            blocks.append(_table(element))
        else:
            text = numbering.prefix(element) + _text(element)
            blocks += [Paragraph(line.strip()) for line in text.split("\n") if line.strip()]
    if not blocks:
        raise DocumentRefused("policy.empty")
    return Document(tuple(blocks), _MEDIA)


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables in order, also inside content controls and accepted insertions."""
    for child in parent:
        if child.tag in (f"{W}p", f"{W}tbl"):
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml", f"{W}smartTag"):
            yield from _blocks(child)


def _text(element: etree._Element) -> str:
    out = []
    for child in element:
        if child.tag in _UNREAD:
            continue
        if child.tag == f"{W}t":
            out.append(child.text or "")
        elif child.tag == f"{W}tab":
            out.append(" ")
        elif child.tag in (f"{W}br", f"{W}cr"):
            out.append("" if child.get(f"{W}type") == "page" else "\n")
        elif child.tag == f"{W}noBreakHyphen":
            out.append("-")
        elif isinstance(child.tag, str):
            out.append(_text(child))
    return "".join(out)


def _table(table: etree._Element) -> Table:
    """Rows of one width; a vertically merged cell is None below its first row."""
    rows = [_row(row) for row in table.iter(f"{W}tr") if _owner(row) is table]
    width = max((len(row) for row in rows), default=0)
    return Table(tuple(tuple(row + [""] * (width - len(row))) for row in rows))


def _owner(row: etree._Element) -> etree._Element | None:
    parent = row.getparent()
    while parent is not None and parent.tag != f"{W}tbl":
        parent = parent.getparent()
    return parent


def _row(row: etree._Element) -> list[str | None]:
    cells: list[str | None] = [""] * _span(row.find(f"{W}trPr/{W}gridBefore"), default=0)
    for cell in row.iter(f"{W}tc"):
        if cell.getparent() is not row and _owner(cell) is not _owner(row):
            continue
        properties = cell.find(f"{W}tcPr")
        merge = properties.find(f"{W}vMerge") if properties is not None else None
        span = properties.find(f"{W}gridSpan") if properties is not None else None
        text = "".join(_text(p) for p in cell.iter(f"{W}p")).replace("\n", "").strip()
        goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
        cells.append(None if goes_on and not text else text)
        cells += [""] * (_span(span, default=1) - 1)
    return cells


def _span(element: etree._Element | None, *, default: int) -> int:
    value = element.get(f"{W}val", "") if element is not None else ""
    return min(int(value), _MAX_SPAN) if value.isdigit() else default
