"""The readings of one verification as a form: what is typed ↔ the document that is kept, and what it is judged to be.

The same form as the public page "judge a measurement" (web/judging).  What the registry and the standards of the
work order say is shown and not typed; conditions that every paper states are asked for whatever the procedure asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.kernels.procedures import BadSheet, Procedure, Stage, judge
from quanheng.kernels.procedures.library import Edition
from quanheng.kernels.procedures.readings import BadReadings, documents_of, read_documents
from quanheng.standards.selectors import procedure_fields
from quanheng.verification.judging import (
    completed,
    edition_for,
    registered_fields,
    stage_of,
    surroundings_of,
)
from quanheng.verification.models import Verification
from quanheng.web.judging.answer import Answer, answer_of
from quanheng.web.judging.form import (
    Document,
    Entry,
    Form,
    Told,
    Written,
    form_of,
    lines_of,
    shown_unit,
    suggestions,
    told_of,
    typed_of,
    written,
)

FOUND, LEFT = "found", "left"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_PARTS = frozenset({"instrument", "environment", "standard", "given", "readings", "checks"})
_HEAD = frozenset({"id", "stage", "regulation"})
# Conditions that a paper states (JJF 1002), with the units in which they are asked for.
_COMMON = {"temperature": "℃", "humidity": "%", "pressure": "kPa"}
_NAMED = {"temperature": "环境温度", "humidity": "相对湿度", "pressure": "大气压力"}
_SELDOM = frozenset({"pressure"})


@dataclass(frozen=True)
class Sheet:
    """One document of a verification on its way through the form."""

    verification: Verification
    phase: str
    on: date | None
    edition: Edition
    stage: Stage
    known: Mapping[str, str]
    """What the registry and the standards say, as it would be typed."""
    typed: Mapping[str, str]
    """Everything typed, with what is known."""
    told: Told

    @property
    def procedure(self) -> Procedure:
        """The edition that decides."""
        return self.edition.procedure

    @property
    def shown(self) -> str:
        """What the fields depend on: the form is made anew when this changes."""
        return f"{self.edition.file}:{self.stage.value}"

    @property
    def form(self) -> Form:
        """The form with what was typed; of instrument and standards only what has to be typed."""
        form = form_of(self.procedure, self.stage, self.typed, self.told)
        return replace(
            form,
            instrument=[entry for entry in form.instrument if entry.id not in self.known],
            standard=[entry for entry in form.standard if entry.id not in self.known],
            environment=[*form.environment, *self._common()],
        )

    @property
    def registered(self) -> list[Entry]:
        """What the registry and the standards say, to be read."""
        form = form_of(self.procedure, self.stage, self.typed, Told())
        return [entry for entry in (*form.instrument, *form.standard) if entry.id in self.known]

    def _common(self) -> Iterator[Entry]:
        for name, unit in _common_of(self.procedure).items():
            id_ = f"environment-{name}"
            error = self.told.fields.get(id_, "")
            value = self.typed.get(id_, "")
            if value or name not in _SELDOM:
                yield Entry(id_, _(_NAMED[name]), unit, (), value, _("印在证书上"), "", error)


def sheet_of(
    verification: Verification,
    phase: str,
    *,
    typed: Mapping[str, str] | None = None,
    on: date | None = None,
    with_points: bool = True,
) -> Sheet:
    """Return the form of a document, as it is kept or as it is being typed (with the day that is typed beside it).

    ``with_points`` adds to what is kept the points that are not measured yet: to go on with, not to read.

    Raises
    ------
    quanheng.kernels.procedures.UnknownKind, NoEditionInForce
        There is no procedure to record by.
    ProcedureChanged
        See `verification.judging.edition_for`.
    """
    day = verification.performed_on if typed is None else on
    asked = copy(verification)
    asked.performed_on = day
    edition = edition_for(asked)
    procedure = edition.procedure
    stage = stage_of(verification.kind, procedure)
    told = Told()
    known = _known(verification, procedure, told)
    kept = _left_of(verification) if phase == LEFT else verification.as_found
    mine = _typed_again(verification, edition, kept, known, told, with_points) if typed is None else typed
    return Sheet(verification, phase, day, edition, stage, known, {**mine, **known}, told)


def written_down(sheet: Sheet) -> Written:
    """Return what is typed with the document to keep: nothing in it is known from elsewhere."""
    found = _written(sheet)
    kept = dict(found.document)
    for scope in ("instrument", "standard"):
        own = {
            name: cell for name, cell in kept.get(scope, {}).items() if f"{scope}-{name}" not in sheet.known
        }
        kept[scope] = own
    kept = {key: value for key, value in kept.items() if value}
    has_content = bool(set(kept) & _PARTS)
    return replace(found, document=kept if has_content else {})


def judged(sheet: Sheet) -> Answer:
    """Return what the readings amount to so far; without readings there is no verdict, only what is wrong."""
    found = _written(sheet)
    told = found.told
    told.general = sheet.told.general + told.general
    if not found.has_readings:
        return Answer(told, found.document)
    try:
        whole = completed(sheet.verification, found.document, sheet.procedure).document
        readings = read_documents(whole, sheet.procedure)
        if told:
            return Answer(told, found.document)
        return answer_of(judge(sheet.procedure, readings.sheet, sheet.stage), found, told)
    except BadReadings as error:
        return Answer(told_of(error, sheet.procedure, found), found.document)
    except (BureauError, BadSheet) as error:
        told.general.append(str(error))
        return Answer(told, found.document)


def told_json(sheet: Sheet, answer: Answer) -> str:
    """Return what js/judge.js puts beside fields and rows."""
    bad = {
        name: {line: {"text": text, "bad": True} for line, text in rows.items()}
        for name, rows in answer.told.rows.items()
    }
    points = suggestions(sheet.procedure, sheet.stage, sheet.typed)
    told = {"rows": answer.notes | bad, "fields": answer.told.fields, "points": points}
    return json.dumps(told, ensure_ascii=False)


def differences(sheet: Sheet, document: Document) -> list[str]:
    """Return where a document that came from elsewhere says something else than the registry, as sentences."""
    found = completed(sheet.verification, document, sheet.procedure).differences
    text = _("“%(label)s”填的是 %(typed)s，登记的是 %(registered)s；以铭牌为准，请改正其中一处。")
    return [text % {"label": one.label, "typed": one.typed, "registered": one.registered} for one in found]


def _written(sheet: Sheet) -> Written:
    found = written(sheet.procedure, sheet.stage, sheet.typed)
    extra = {
        name: _with_unit(cell, unit)
        for name, unit in _common_of(sheet.procedure).items()
        if (cell := sheet.typed.get(f"environment-{name}", "").strip())
    }
    if extra:
        found.document["environment"] = found.document.get("environment", {}) | extra
    return found


def _common_of(procedure: Procedure) -> dict[str, str]:
    return {name: unit for name, unit in _COMMON.items() if name not in procedure.environment}


def _known(verification: Verification, procedure: Procedure, told: Told) -> dict[str, str]:
    """Return what registry and standards say, as the form shows it."""
    document: Document = {"instrument": registered_fields(verification, procedure)}
    try:
        fields = procedure_fields(verification.work_order.standards.all())
        document["standard"] = {
            name: text for name, text in fields.items() if name in procedure.standard.fields
        }
        return typed_of(procedure, documents_of(procedure, read_documents(document, procedure))[0])
    except BadReadings as error:
        told.general += [str(problem) for problem in error.problems]
    except BureauError as error:
        told.general.append(error.text)
    return {}


def _left_of(verification: Verification) -> Document:
    """Return what is kept after adjustment; before anything is, the instrument and the air are as they were found."""
    if verification.as_left:
        return dict(verification.as_left)
    return {key: part for key, part in verification.as_found.items() if key in {"instrument", "environment"}}


def _typed_again(
    verification: Verification,
    edition: Edition,
    document: Mapping[str, Any],
    known: Mapping[str, str],
    told: Told,
    with_points: bool,
) -> dict[str, str]:
    """Return what would have been typed for a document that is kept, whoever wrote it."""
    if not document:
        return {}
    procedure = edition.procedure
    try:
        if _is_ours(procedure, document):
            typed = typed_of(procedure, _without_units(procedure, document))
        else:
            typed = _typed_by_others(verification, procedure, document)
    except BadReadings as error:
        told.general += [str(problem) for problem in error.problems]
        return {}
    stage = stage_of(verification.kind, procedure)
    wanted = suggestions(procedure, stage, {**typed, **known}) if with_points else {}
    for name, points in wanted.items():
        if name in typed:
            typed[name] = _with_points(procedure, name.removeprefix("rows-"), typed[name], points)
    return typed


def _typed_by_others(
    verification: Verification, procedure: Procedure, document: Mapping[str, Any]
) -> dict[str, str]:
    """Return what would have been typed for a document in other words, as files have them."""
    whole = completed(verification, document, procedure).document
    typed = typed_of(procedure, documents_of(procedure, read_documents(whole, procedure))[0])
    names = {label: name for name, label in _NAMED.items()}
    for one in surroundings_of(document, procedure):
        if one.name in names:
            typed.setdefault(f"environment-{names[one.name]}", f"{one.value:f}")
    return typed


def _is_ours(procedure: Procedure, document: Mapping[str, Any]) -> bool:
    """Whether a document is of the shape that this form writes: identifiers for names throughout."""
    known: dict[str, set[str]] = {
        "instrument": set(procedure.instrument),
        "environment": set(procedure.environment) | set(_COMMON),
        "standard": set(procedure.standard.fields),
        "checks": set(procedure.checks),
        "given": set(procedure.tests),
        "readings": set(procedure.tests),
    }
    if set(document) - _PARTS - _HEAD:
        return False
    parts = {key: part for key, part in document.items() if key in _PARTS}
    if not all(isinstance(part, dict) and not set(part) - known[key] for key, part in parts.items()):
        return False
    rows = [
        (row, set(procedure.tests[test].readings))
        for test, listed in document.get("readings", {}).items()
        for row in (listed if isinstance(listed, list) else [None])
    ]
    rows += [(cells, set(procedure.tests[test].given)) for test, cells in document.get("given", {}).items()]
    return all(isinstance(row, dict) and not set(row) - names for row, names in rows)


def _without_units(procedure: Procedure, document: Mapping[str, Any]) -> Document:
    """Return the document with plain numbers where the unit stands beside the field."""
    scopes: dict[str, Mapping[str, Any]] = {
        "instrument": procedure.instrument,
        "environment": procedure.environment,
        "standard": procedure.standard.fields,
    }
    plain = dict(document)
    for scope, fields in scopes.items():
        if scope in plain:
            plain[scope] = _plain_cells(plain[scope], fields)
    if "given" in plain:
        plain["given"] = {
            test: _plain_cells(cells, procedure.tests[test].given) for test, cells in plain["given"].items()
        }
    if "readings" in plain:
        plain["readings"] = {
            test: [_plain_cells(row, procedure.tests[test].readings) for row in rows]
            for test, rows in plain["readings"].items()
        }
    return plain


def _plain_cells(cells: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(cell, shown_unit(fields[name].unit) if name in fields else _COMMON.get(name, ""))
        for name, cell in cells.items()
    }


def _plain(cell: Any, unit: str) -> Any:
    if isinstance(cell, str) and unit:
        number = cell.removesuffix(unit).strip()
        return number if _NUMBER.fullmatch(number) else cell
    return cell if isinstance(cell, str | int | float) and not isinstance(cell, bool) else str(cell)


def _with_points(procedure: Procedure, test: str, text: str, points: str) -> str:
    """Return the rows that are kept, and in their order the points of the regulation that are not measured yet.

    The rows stay as they are where nothing is missing, and where there are others: who measured elsewhere chose
    all points.
    """
    columns = list(procedure.tests[test].readings)
    kept = [_padded(line, len(columns)) for line in lines_of(text)]
    merged = []
    is_whole = True
    for line in points.splitlines():
        wanted = _padded(line.split("\t"), len(columns))
        at = next((n for n, row in enumerate(kept) if _is_of(row, wanted)), None)
        is_whole = is_whole and at is not None
        merged.append(wanted if at is None else kept.pop(at))
    return text if kept or is_whole else "\n".join("\t".join(row) for row in merged)


def _padded(cells: list[str], count: int) -> list[str]:
    return [*cells, *[""] * (count - len(cells))]


def _is_of(row: list[str], wanted: list[str]) -> bool:
    return all(_same(cell, given) for cell, given in zip(wanted, row, strict=False) if cell)


def _same(one: str, other: str) -> bool:
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return float(one) == float(other)
    return one == other


def _with_unit(cell: str, unit: str) -> str:
    return f"{cell} {unit}" if _NUMBER.fullmatch(cell) else cell
