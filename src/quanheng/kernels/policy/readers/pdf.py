"""PDF with a text layer: lines joined to paragraphs by where they begin and end; ruled tables."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from quanheng.kernels.policy.model import Document, Paragraph, Table
from quanheng.kernels.policy.paragraphs import begins_anew
from quanheng.kernels.policy.refusals import DocumentRefused

MAX_PAGES = 300
MAX_EXPANDED = 200 * 1024 * 1024
_STREAM = re.compile(rb"stream\r?\n")
_LAYERS = 3
_MIN_CHARACTERS = 20
_MAX_FRAME_CELLS = 2  # a frame around text, not a table
_PAGE_NUMBER = re.compile(r"^[\s—–\-－·]*(?:第?\s*\d{1,4}\s*页?(?:\s*/\s*\d{1,4})?)[\s—–\-－·]*$")


def read_pdf(data: bytes) -> Document:
    """Read text and tables page by page; refuse locked files, scans and streams that expand too far."""
    _check_streams(data)
    try:
        with _without_warnings(), pdfplumber.open(io.BytesIO(data)) as pdf:
            blocks = _blocks(pdf) if len(pdf.pages) <= MAX_PAGES else None
    except PdfminerException as error:
        cause = error.args[0] if error.args else None
        locked = isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError)
        raise DocumentRefused("policy.encrypted" if locked else "policy.damaged") from None
    except Exception:  # pdfminer raises anything from KeyError to struct.error on damaged files
        raise DocumentRefused("policy.damaged") from None
    if blocks is None:
        raise DocumentRefused("policy.too_large", limit=f"{MAX_PAGES} 页")
    characters = sum(len(b.text) if isinstance(b, Paragraph) else len(str(b.rows)) for b in blocks)
    if characters < _MIN_CHARACTERS:
        raise DocumentRefused("policy.no_text_layer")
    return Document(tuple(blocks), "application/pdf")


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Warnings once per page and font, about descriptors no reader of a plan can do anything about."""
    logger = logging.getLogger("pdfminer")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _check_streams(data: bytes) -> None:
    """Inflate every deflated stream under one limit, before the PDF library does so without any."""
    budget = MAX_EXPANDED
    for found in _STREAM.finditer(data):
        layer = data[found.end() :]
        for _ in range(_LAYERS):
            if layer[:1] != b"\x78":
                break
            try:
                layer = zlib.decompressobj().decompress(layer, budget + 1)
            except zlib.error:
                break
            budget -= len(layer)
            if budget < 0:
                raise DocumentRefused("policy.zip_bomb")


def _blocks(pdf: Any) -> list[Paragraph | Table]:
    blocks: list[Paragraph | Table] = []
    joins_on = False
    for page in pdf.pages:
        tables = page.find_tables()
        tables = [t for t in tables if len(t.rows) > 1 or len(t.rows[0].cells) > _MAX_FRAME_CELLS]
        lines = page.extract_text_lines(return_chars=True)
        lines = [ln for ln in lines if not _PAGE_NUMBER.match(ln["text"]) and not _inside(ln, tables)]
        left = min((ln["x0"] for ln in lines), default=0.0)
        right = max((ln["x1"] for ln in lines), default=0.0)
        placed: list[tuple[float, Any]] = [(ln["top"], ln) for ln in lines] + [(t.bbox[1], t) for t in tables]
        for _, element in sorted(placed, key=lambda pair: pair[0]):
            if not isinstance(element, dict):
                blocks.append(_table(element))
                joins_on = False
                continue
            size = element["chars"][0]["size"]
            text = element["text"].strip()
            indented = element["x0"] > left + 1.2 * size
            last = blocks[-1] if blocks else None
            if joins_on and not indented and isinstance(last, Paragraph) and not begins_anew(text):
                blocks[-1] = Paragraph(last.text + text)
            else:
                blocks.append(Paragraph(text))
            joins_on = bool(element["x1"] > right - 1.6 * size and right - left > 20 * size)
        page.close()
    return blocks


def _inside(line: dict[str, Any], tables: list[Any]) -> bool:
    middle = (line["top"] + line["bottom"]) / 2
    return any(
        t.bbox[1] <= middle <= t.bbox[3] and line["x0"] < t.bbox[2] and line["x1"] > t.bbox[0] for t in tables
    )


def _table(table: Any) -> Table:
    """pdfplumber gives None for the part of a merged cell that goes on below or beside."""
    rows = [tuple(c if c is None else c.replace("\n", "") for c in row) for row in table.extract()]
    return Table(tuple(rows))
