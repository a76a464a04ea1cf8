"""Bytes of a document → paragraphs and tables, or a refusal that says what to do."""

from __future__ import annotations

from collections.abc import Callable

from quanheng.kernels.policy.model import Document, Paragraph, Table
from quanheng.kernels.policy.readers.docx import read_docx
from quanheng.kernels.policy.readers.glyphs import with_plain_characters
from quanheng.kernels.policy.readers.text import read_text
from quanheng.kernels.policy.refusals import DocumentRefused

MAX_BYTES = 20 * 1024 * 1024
MAX_CHARACTERS = 400_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"{\\rtf": "RTF",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
    b"\x7fELF": "程序",
    b"OFD": "OFD",
}


def read_document(data: bytes) -> Document:
    """Read ``data``; its content decides the type, never a file name.

    Raises
    ------
    DocumentRefused
        Empty, too large, password-protected, with macros, binary, damaged, or a
        scan without text.
    """
    if not data.strip():
        raise DocumentRefused("policy.empty")
    if len(data) > MAX_BYTES:
        raise DocumentRefused("policy.too_large", limit="20 MB")
    document = _reader(data)(data)
    if sum(_length(block) for block in document.blocks) > MAX_CHARACTERS:
        raise DocumentRefused("policy.too_large", limit="40 万字")
    return with_plain_characters(document)


def _reader(data: bytes) -> Callable[[bytes], Document]:
    if data.startswith(_OLE):
        raise _ole_refusal(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_docx
    if b"%PDF-" in data[:1024]:
        from quanheng.kernels.policy.readers.pdf import read_pdf  # a large library that only this case needs

        return read_pdf
    for magic, detail in _FOREIGN.items():
        if data.startswith(magic):
            raise DocumentRefused("policy.unsupported_type", detail=detail)
    return read_text


def _length(block: Paragraph | Table) -> int:
    if isinstance(block, Paragraph):
        return len(block.text)
    return sum(len(cell or "") for row in block.rows for cell in row)


def _ole_refusal(data: bytes) -> DocumentRefused:
    """Old .doc or .wps, or the container of a password-protected .docx."""
    if "EncryptedPackage".encode("utf-16-le") in data or "EncryptionInfo".encode("utf-16-le") in data:
        return DocumentRefused("policy.encrypted")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        return DocumentRefused("policy.macro")
    return DocumentRefused("policy.unsupported_type", detail="旧版 .doc 或 .wps")
