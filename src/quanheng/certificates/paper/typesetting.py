"""Setting a certificate: the same content and XML give the same bytes wherever the vendored font suffices."""

from __future__ import annotations

import json
import threading
import unicodedata
from datetime import UTC, datetime, time
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst

from quanheng.certificates.paper.characters import code_point, foreign_characters
from quanheng.certificates.paper.errors import UnprintableCharacter
from quanheng.certificates.paper.wording import attachment_name, words
from quanheng.instruments.documents.typesetting import fonts, forget
from quanheng.kernels.certificate.content import Content

TEMPLATE = Path(__file__).parent / "certificate.typ"
# A compiler serves one document at a time; typst itself uses all cores for one.
_LOCK = threading.Lock()


def typeset(content: Content, dcc_xml: bytes) -> bytes:
    """Return the certificate as PDF/A-3b (ISO 19005-3), with ``dcc_xml`` attached as ``<number>.xml``.

    The day in the file's metadata is that of issue; no clock enters the bytes.

    Raises
    ------
    UnprintableCharacter, HiddenCharacter
        A character that cannot be printed; they name it and its field.
    UnicodeDecodeError
        ``dcc_xml`` is not UTF-8.
    """
    data = words(content) | {
        "qr": _qr_svg(content.url),
        "xml": dcc_xml.decode(),
        "xml_name": attachment_name(content.number),
    }
    foreign = foreign_characters(content)
    try:
        return _compile(data, datetime.combine(content.issued_on, time(), UTC), with_machine=bool(foreign))
    except typst.TypstError as error:
        if not foreign:
            raise
        # Fonts have the characters, but none has them together, as an accent and its letter.
        character = min(foreign, key=lambda each: not unicodedata.combining(each))
        raise UnprintableCharacter(
            field=foreign[character], character=character, code=code_point(character)
        ) from error


def _compile(data: dict[str, Any], made_at: datetime, *, with_machine: bool) -> bytes:
    compiler = _compiler(with_machine=with_machine)
    with _LOCK:
        try:
            pdf = compiler.compile(
                input=str(TEMPLATE),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards="a-3b",
                timestamp=made_at,
            )
        finally:
            forget(compiler)
    if not isinstance(pdf, bytes):
        raise TypeError(f"typst returned {type(pdf)}")
    return pdf


def _qr_svg(url: str) -> str:
    """Return a QR code (ISO/IEC 18004, level M or better) with its quiet zone of four modules, as SVG."""
    stream = BytesIO()
    segno.make_qr(url, error="m").save(
        stream, kind="svg", border=4, light="white", xmldecl=False, omitsize=True
    )
    return stream.getvalue().decode()


@cache
def _compiler(*, with_machine: bool) -> typst.Compiler:
    return typst.Compiler(
        root=str(TEMPLATE.parent),
        font_paths=fonts(machine=with_machine),
        ignore_system_fonts=not with_machine,
    )
