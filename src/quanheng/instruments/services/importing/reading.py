"""The stored file of a batch, read again whenever it is needed: nothing of it is kept twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from quanheng.base.files import stored_path
from quanheng.instruments.errors import EventFileMissing, UnreadableFile
from quanheng.instruments.models import HeadingAnswer, ImportBatch
from quanheng.kernels.findings import Finding
from quanheng.kernels.ledger import OpenLedger, Record, Rejected, SheetMapping, UnreadableLedger, open_ledger
from quanheng.kernels.ledger.dictionary import parse_heading

# Columns that our own workbook of rejected rows puts before the others; mended, it is imported as it is.
OWN_HEADINGS = ("原表行号", "有误的列", "未导入的原因")


def open_with_memory(
    data: bytes, *, filename: str, answers: Mapping[str, str | None], sheet: str | None, date_order: str
) -> tuple[OpenLedger, dict[str, str | None]]:
    """Open a ledger; return it with the answers that were used: those given, and the remembered ones.

    A remembered answer speaks only where the reader would ask.  Raises UnreadableFile.
    """
    opened = open_file(data, filename=filename, answers=answers, sheet=sheet, date_order=date_order)
    remembered = _remembered(opened.mapping)
    if not remembered:
        return opened, dict(answers)
    both = remembered | dict(answers)
    try:
        return open_file(data, filename=filename, answers=both, sheet=sheet, date_order=date_order), both
    except UnreadableFile:  # two columns were answered alike in earlier files: this one is asked about
        return opened, dict(answers)


def open_file(
    data: bytes, *, filename: str, answers: Mapping[str, str | None], sheet: str | None, date_order: str
) -> OpenLedger:
    """Open a ledger.  UnreadableFile where the reader refuses it."""
    try:
        return open_ledger(data, filename=filename, answers=answers, sheet=sheet, date_order=date_order)
    except UnreadableLedger as error:
        raise UnreadableFile(reason=error.text, reader_code=error.code) from error


def open_batch(batch: ImportBatch) -> OpenLedger:
    """Open the file of a batch as it was mapped.

    Raises
    ------
    EventFileMissing, UnreadableFile
        The stored file is gone or is not what was received; the reader refuses it.
    """
    return open_file(
        batch_bytes(batch),
        filename=batch.file_name,
        answers=batch.answers,
        sheet=batch.sheet or None,
        date_order=batch.options.get("date_order", "mdy"),
    )


def batch_bytes(batch: ImportBatch) -> bytes:
    """Return the file of a batch as it was received.  EventFileMissing where it is gone or another."""
    path = stored_path(batch.file_sha256)
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != batch.file_sha256:
        raise EventFileMissing()
    return data


def rows_of(opened: OpenLedger, findings: list[Finding] | None = None) -> Iterator[Record | Rejected]:
    """Yield the rows in order, each once: what is wrong in several cells of a row is said together.

    Findings about the rows go into ``findings``.
    """
    waiting: Rejected | None = None
    for item in opened.items():
        if isinstance(item, Finding):
            if findings is not None:
                findings.append(item)
            continue
        if waiting is not None and item.row == waiting.row and isinstance(item, Rejected):
            waiting = Rejected(item.row, waiting.column, waiting.code, f"{waiting.text}{item.text}")
            continue
        if waiting is not None:
            yield waiting
        waiting = item if isinstance(item, Rejected) else None
        if isinstance(item, Record):
            yield item
    if waiting is not None:
        yield waiting


def described(mapping: SheetMapping) -> list[dict[str, Any]]:
    """Return the columns as the options of a batch keep them for the page.

    ``former`` is what was answered about a heading in an earlier file: None for none of the fields,
    empty where nobody was asked.
    """
    former = _former(mapping)
    return [
        {
            "heading": column.heading,
            "letters": column.letters,
            "field": column.field,
            "kind": column.kind,
            "confidence": column.confidence,
            "is_asked": column.is_asked,
            "former": former.get(column.heading, ""),
            "suggestions": list(column.suggestions),
            "samples": [str(sample)[:60] for sample in column.samples[:3]],
        }
        for column in mapping.columns
    ]


def words_of(heading: str) -> str:
    """Return the form of a heading under which an answer is remembered."""
    return parse_heading(heading).words[:100]


def _remembered(mapping: SheetMapping) -> dict[str, str | None]:
    """Return the answers that speak for themselves: of headings that mean one thing, once it is known.

    单位 or 规格 mean now this, now that: such a heading is asked about in each file, with the former
    answer offered first (`described`).
    """
    former = _former(mapping)
    means_one_thing = {c.heading for c in mapping.columns if c.kind != "ask"} | set(OWN_HEADINGS)
    return {heading: name for heading, name in former.items() if heading in means_one_thing}


def _former(mapping: SheetMapping) -> dict[str, str | None]:
    """Return what was answered before about the headings that the reader asks about."""
    asked = {c.heading: words_of(c.heading) for c in mapping.columns if c.is_asked and c.heading != c.letters}
    known = dict(HeadingAnswer.objects.filter(heading__in=asked.values()).values_list("heading", "field"))
    found: dict[str, str | None] = {heading: None for heading in asked if heading in OWN_HEADINGS}
    return found | {heading: known[words] or None for heading, words in asked.items() if words in known}
