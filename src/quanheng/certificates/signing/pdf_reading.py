"""Opening a PDF that a stranger has sent, in the one form that this house writes, at a bounded price.

pyHanko reads whatever the format allows.  A few hundred bytes of a cross-reference stream without fields keep it
counting to a billion, a field that is its own grandchild doubles its way at every level, and one long name or array
costs a minute.  None of that is in a certificate: its cross-references are tables (ISO 32000-2, 7.5.4), its form is flat.
"""

from __future__ import annotations

import io
import re
from typing import Any

from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader

_MOST_REVISIONS = 8  # a certificate has two: the paper and the signature
_MOST_FIELDS = 100
_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
# Without comments, escapes and strings, but for the Base64 that typst writes, no key can hide in it.
_TRAILER = re.compile(rb"trailer\s*<<((?:[^#()%]|\([A-Za-z0-9+/=]*\))*?)>>\s*startxref\s")
_PREVIOUS = re.compile(rb"/Prev\s+([0-9]{1,10})\b")


class OtherForm(ValueError):
    """The file is not built as a certificate is; it was not read."""


class _Bounded(io.BytesIO):
    """Counts the steps of the parser: each costs some microseconds, and a certificate takes a few thousand."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = 20_000 + len(data) // 32

    def read(self, size: int | None = -1, /) -> bytes:
        self._count()
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._count()
        return super().seek(offset, whence)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise OtherForm("too many steps")


def open_pdf(pdf: bytes, limits: DecodeLimits) -> PdfFileReader:
    """Open a PDF; OtherForm where it is built in another way, and whatever pyHanko raises where it is broken."""
    _refuse_streams_of_references(pdf)
    return PdfFileReader(_Bounded(pdf), decode_limits=limits)


def _refuse_streams_of_references(pdf: bytes) -> None:
    """Follow the cross-reference tables from the last; OtherForm where one is a stream or has one beside it."""
    end = _END.search(pdf, max(0, len(pdf) - 1024))
    if end is None:
        raise OtherForm("no startxref at the end")
    at: int | None = int(end[1])
    for _revision in range(_MOST_REVISIONS):
        if at is None:
            return
        trailer = _TRAILER.match(pdf, max(at, pdf.find(b"trailer", at)))
        if not pdf.startswith(b"xref", at) or trailer is None:
            raise OtherForm("no cross-reference table")
        previous = _PREVIOUS.findall(trailer[1])
        if b"XRefStm" in trailer[1] or len(previous) != trailer[1].count(b"/Prev") or len(previous) > 1:
            raise OtherForm("trailer")
        at = int(previous[0]) if previous else None
    raise OtherForm("too many revisions")


def refuse_nested_fields(reader: PdfFileReader) -> None:
    """Demand a flat form (ISO 32000-2, 12.7.4); OtherForm where a field has kids or there are too many."""
    try:
        fields: Any = reader.root["/AcroForm"]["/Fields"]
    except KeyError:
        return
    if len(fields) > _MOST_FIELDS or any("/Kids" in field.get_object() for field in fields):
        raise OtherForm("nested fields")
