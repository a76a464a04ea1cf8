"""Typesetting with typst: a template and its data in, the same PDF bytes out wherever the font suffices.

The vendored font comes first.  Fonts of the machine are asked only for characters that it lacks, and a
character that no font has is a refusal: a document with an empty box in a name must not be sent.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import typst

from quanheng.instruments.documents.coverage import covered_characters
from quanheng.instruments.errors import DocumentError

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
FONT = HERE / "fonts" / "NotoSansSC-Regular.ttf"
# A compiler serves one document at a time; typst itself uses all cores for one.
_LOCK = threading.Lock()
# Compilations for which typst keeps what none of them uses.
_KEPT_FOR = 10
# Characters that no glyph stands for: controls, joiners, variation selectors, blanks.
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def typeset(template: str, data: object, *, on: date, is_tagged: bool = True) -> bytes:
    """Return the PDF of a template in ``templates/`` filled with ``data`` (as JSON can hold it).

    ``on`` is the date of the document, also in the file's metadata: no clock enters the bytes.

    Raises
    ------
    DocumentError
        A character that no font here can print; it says which, and where it stands.
    """
    texts = list(_texts(data))
    missing = {character for text in texts for character in text} - _printable()
    compiler = _compiler()
    if missing:
        _refuse_unprintable(missing, texts)
        compiler = _compiler_with_machine_fonts()
    made_at = datetime.combine(on, time(), UTC)
    with _LOCK:
        pdf = compiler.compile(
            input=str(TEMPLATES / template),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=made_at,
            pdf_tags=is_tagged,
        )
        forget(compiler)
    if not isinstance(pdf, bytes):
        raise TypeError(f"typst returned {type(pdf)} for {template}")
    return pdf


def forget(compiler: typst.Compiler) -> None:
    """Let typst drop what it remembers of a document, a gigabyte after a few long ones.

    It keeps a result until ten compilations did not use it; there is no other way to say so from here.
    """
    for _compilation in range(_KEPT_FOR + 1):
        compiler.compile(input=b"", format="pdf")


def _texts(data: object) -> Iterator[str]:
    """Yield every text in the data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _refuse_unprintable(missing: Iterable[str], texts: list[str]) -> None:
    by_machine = machine_characters()
    for character in sorted(missing):
        if ord(character) not in by_machine:
            text = next(text for text in texts if character in text)
            raise DocumentError(character=character, code=f"U+{ord(character):04X}", text=text[:60])


@cache
def _printable() -> frozenset[str]:
    """Return the characters that the vendored font has, and those that need no glyph."""
    unseen = {chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in _UNSEEN}
    unseen |= {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
    return frozenset(unseen | {chr(code) for code in covered_characters(FONT.read_bytes())})


@cache
def machine_characters() -> frozenset[int]:
    """Return what the fonts of this machine have; a file that cannot be read has nothing."""
    found: set[int] = set()
    for font in fonts(machine=True).fonts():
        if font.path:
            try:
                found |= covered_characters(Path(font.path).read_bytes(), font.index)
            except (OSError, ValueError):
                continue
    return frozenset(found)


def fonts(*, machine: bool) -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=machine, include_embedded_fonts=False, font_paths=[str(FONT.parent)]
    )


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(root=str(TEMPLATES), font_paths=fonts(machine=False), ignore_system_fonts=True)


@cache
def _compiler_with_machine_fonts() -> typst.Compiler:
    return typst.Compiler(root=str(TEMPLATES), font_paths=fonts(machine=True))


def chinese_date(on: date) -> str:
    """Return a date as text has it: 2026年11月23日."""
    return f"{on.year}年{on.month}月{on.day}日"
