"""A PDF that would keep a reader busy for ever is refused by its form, before or while it is read."""

from __future__ import annotations

import pytest

from quanheng.certificates.signing.pdf_signature import UnreadablePdf, embedded_files, verify_pdf_signature
from quanheng.certificates.signing.report import Flaw

CATALOG = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>"
PAGES = b"<</Type/Pages/Kids[]/Count 0>>"
FIELD = b"<</T(a)>>"


def file_of(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF with these objects and a cross-reference table."""
    out, table = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, body in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return out + b"xref\n0 %d\n" % size + table + end


def stream_of_references(rest: bytes) -> bytes:
    """A PDF whose cross-references are in a stream: a billion of them, without a byte for any."""
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\n"
    body = b"<</Type/XRef/Size 999999999/W[0 0 0]/Root 1 0 R/Length 0%s>>stream\n\nendstream" % rest
    return head + b"2 0 obj\n" + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def doubling(levels: int) -> bytes:
    """Fields of which each has the next one for a kid twice."""
    kids = [b"<</T(a)/Kids[%d 0 R %d 0 R]>>" % (at, at) for at in range(4, 4 + levels)]
    return file_of(CATALOG, PAGES, *kids, b"<</T(z)/FT/Sig>>")


def test_a_plain_file_is_read_and_has_no_signature() -> None:
    plain = file_of(CATALOG, PAGES, FIELD)

    assert verify_pdf_signature(plain).flaw is Flaw.ABSENT
    assert embedded_files(plain) == {}


@pytest.mark.parametrize(
    "pdf",
    [
        stream_of_references(b""),
        stream_of_references(b"/Index[0 999999999]"),
        file_of(CATALOG, PAGES, FIELD, trailer=b"/XRefStm 9"),
        file_of(CATALOG, PAGES, FIELD, trailer=b"/XRefSt#6d 9"),
        file_of(CATALOG, PAGES, FIELD, trailer=b"/A(>>startxref )/XRefStm 9"),
        file_of(CATALOG, PAGES, FIELD, trailer=b"/Prev 1 0 R"),
        file_of(CATALOG, PAGES, FIELD) + b"0",
        doubling(60),
        file_of(CATALOG, PAGES, b"<</T(a)/Kids[3 0 R]>>"),
        file_of(CATALOG, PAGES, b"<</" + b"A" * 2**20 + b" 1>>"),
        file_of(CATALOG, PAGES, b"[" + b"0 " * 2**19 + b"]"),
        file_of(CATALOG, PAGES, b"[" * 10_000),
    ],
    ids=range(12),
)
def test_what_no_certificate_has_is_refused(pdf: bytes) -> None:
    assert verify_pdf_signature(pdf).flaw is Flaw.UNREADABLE


def test_a_table_that_leads_to_itself_ends() -> None:
    pdf = file_of(CATALOG, PAGES, FIELD)
    at = pdf.rindex(b"xref\n0 ")

    with pytest.raises(UnreadablePdf):
        embedded_files(file_of(CATALOG, PAGES, FIELD, trailer=b"/Prev %d" % at))
