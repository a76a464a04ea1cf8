"""Readings as files: workbooks for the instruments of a work order, and taken in again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from quanheng.kernels.procedures import Procedure
from quanheng.kernels.procedures.readings import BadReadings, documents_of, read_documents, read_readings
from quanheng.kernels.procedures.sheet import Column
from quanheng.verification.judging import registered_fields
from quanheng.verification.models import Verification
from quanheng.web.judging.form import Document
from quanheng.web.staff.readings_form import Sheet, differences

MOST_BYTES = 4 * 1024 * 1024
"""Of a file: the workbook of two hundred instruments has 1 MiB."""


class BadFile(ValueError):
    """A file of readings that is not taken in; the reason is for the reader."""


@dataclass(frozen=True)
class Taken:
    """What a file says of one instrument of a work order: its document, or why it is not taken in."""

    name: str
    verification: Verification | None
    document: Document
    reason: str = ""


def known_of(sheets: Sequence[Sheet]) -> Mapping[str, Column]:
    """Return what is registered of all these instruments alike, as a workbook takes it."""
    documents = [{"instrument": registered_fields(one.verification, one.procedure)} for one in sheets]
    found: list[Mapping[str, Column]] = []
    for document in documents:
        try:
            found.append(read_documents(document, sheets[0].procedure).sheet.instrument)
        except BadReadings:
            return {}
    first, *others = found
    return {
        name: column
        for name, column in first.items()
        if all(name in other and np.array_equal(other[name], column) for other in others)
    }


def names_of(verifications: Sequence[Verification]) -> list[str]:
    """Return how each instrument is called in a workbook: by its serial number where that is its own."""
    serials = [one.instrument.serial_no for one in verifications]
    return [
        serial if serial and serials.count(serial) == 1 else one.instrument.label_code
        for serial, one in zip(serials, verifications, strict=True)
    ]


def one_document(sheet: Sheet, file: UploadedFile | None) -> Document:
    """Return the readings of a file of one instrument.  BadFile with all that is wrong."""
    found = _read(file, sheet.procedure)
    if len(found) > 1:
        raise BadFile(_("文件里有 %(n)s 台器具。请在任务单页面读入，或只留这一台。") % {"n": len(found)})
    return _own(sheet, found[0])


def documents_for(sheets: Sequence[Sheet], file: UploadedFile | None) -> list[Taken]:
    """Return what a file says of the instruments of a work order, each by its name.  BadFile as a whole."""
    called = {
        name: sheet for sheet, name in zip(sheets, names_of([s.verification for s in sheets]), strict=True)
    }
    called |= {sheet.verification.instrument.label_code: sheet for sheet in sheets}
    taken = []
    for document in _read(file, sheets[0].procedure):
        name = str(document.get("id", ""))
        sheet = called.get(name) or (sheets[0] if len(sheets) == 1 and not name else None)
        if sheet is None:
            reason = _("任务单里没有编号为“%(name)s”的器具。") % {"name": name}
            taken.append(Taken(name, None, {}, reason))
            continue
        try:
            taken.append(Taken(name, sheet.verification, _own(sheet, document)))
        except BadFile as error:
            taken.append(Taken(name, sheet.verification, {}, str(error)))
    return taken


def _read(file: UploadedFile | None, procedure: Procedure) -> list[Document]:
    if file is None:
        raise BadFile(_("请选择填好的文件。"))
    if (file.size or 0) > MOST_BYTES:
        raise BadFile(_("文件超过 %(n)s MiB。") % {"n": MOST_BYTES // 2**20})
    try:
        readings = read_readings(file.read(), file.name or "", procedure)
    except BadReadings as error:
        raise BadFile("\n".join(str(problem) for problem in error.problems)) from error
    return documents_of(procedure, readings)


def _own(sheet: Sheet, document: Document) -> Document:
    """Return a document without what is known from elsewhere.  BadFile where it says something else than that."""
    if said := differences(sheet, document):
        raise BadFile("".join(said))
    kept: dict[str, Any] = {key: part for key, part in document.items() if key not in {"id", "stage"}}
    for scope in ("instrument", "standard"):
        if scope in kept:
            kept[scope] = {n: c for n, c in kept[scope].items() if f"{scope}-{n}" not in sheet.known}
    return {"regulation": sheet.procedure.regulation.document} | {k: part for k, part in kept.items() if part}
