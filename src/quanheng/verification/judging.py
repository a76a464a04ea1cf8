"""The readings of one verification, judged by the regulation in force on their day.  Reads; writes nothing.

What is known elsewhere is not typed again: the part ``instrument`` of a document is filled from the registry, the
part ``standard`` from the standards of the work order.  Where both say something, the registry holds: a number is
corrected there, with its history, and not in passing in a record of readings (`Completed.differences` says where
they differ, and submitting is refused).  A figure of the registry counts only with its unit.  A row of readings may
still name a standard of its own, for a scale is loaded with other weights at every point.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import yaml

from quanheng.base import clock
from quanheng.kernels.procedures import (
    Edition,
    Judgement,
    Procedure,
    Stage,
    judge,
    packaged_procedures,
    packaged_text,
)
from quanheng.kernels.procedures.readings import BadReadings, Place, Problem, read_documents
from quanheng.kernels.procedures.readings.fields import SCOPE_LABELS, Fields, Scope, UnknownHeading
from quanheng.kernels.quantities import BadQuantity, parse_quantity, split_quantity
from quanheng.standards.selectors import procedure_fields
from quanheng.verification.enums import WorkKind
from quanheng.verification.errors import ProcedureChanged
from quanheng.verification.models import Verification

Document = Mapping[str, Any]

_STAGES = {
    WorkKind.INITIAL: Stage.FIRST,
    WorkKind.PERIODIC: Stage.SUBSEQUENT,
    WorkKind.AFTER_REPAIR: Stage.SUBSEQUENT,
}
# Parameters of the registry that carry their unit in their name.
_PARAMETERS = {"q3_m3h": ("Q3", "m³/h")}
_SEVERAL = ("instruments", "各台器具")
# Conditions that a paper states (JJF 1002), whether or not a procedure asks for them.
_COMMON = {"temperature": ("环境温度", "℃"), "humidity": ("相对湿度", "%"), "pressure": ("大气压力", "kPa")}
# No air on earth is outside (WMO Weather and Climate Extremes Archive: -89.2 ℃ to 56.7 ℃; 33.7 kPa at 8848 m).
_POSSIBLE = {"temperature": (-90, 60), "humidity": (0, 100), "pressure": (30, 110)}
_COMMON_WORDS = {
    "temperature": "temperature",
    "温度": "temperature",
    "环境温度": "temperature",
    "humidity": "humidity",
    "湿度": "humidity",
    "相对湿度": "humidity",
    "pressure": "pressure",
    "气压": "pressure",
    "大气压力": "pressure",
}


class Difference(NamedTuple):
    """Where a document says something else than the registry: the label, both texts."""

    label: str
    typed: str
    registered: str


class Surrounding(NamedTuple):
    """A condition during the work, such as 环境温度 22.5 ℃."""

    name: str
    value: Decimal
    unit: str


@dataclass(frozen=True)
class Completed:
    """A document as it is judged, with where it differed from the registry."""

    document: dict[str, Any]
    differences: tuple[Difference, ...]


def edition_for(verification: Verification) -> Edition:
    """Return the edition to judge by: that in force on the day of the work, today where there is none yet.

    What was submitted keeps its edition.

    Raises
    ------
    quanheng.kernels.procedures.UnknownKind, NoEditionInForce
        No file for the kind; none in force on that day.
    ProcedureChanged
        The file by which it was submitted is no longer the same, or gone.
    """
    library = packaged_procedures()
    kind = verification.instrument.kind
    if not verification.edition:
        return library.edition(kind, verification.performed_on or clock.today())
    for edition in library.of(kind):
        if edition.file == verification.edition:
            if files_of(edition) != verification.judgement.get("files"):
                raise ProcedureChanged(edition=verification.edition)
            return edition
    raise ProcedureChanged(edition=verification.edition)


@cache
def _hashes(name: str) -> dict[str, str]:
    text = packaged_text(name)
    own = {name: hashlib.sha256(text).hexdigest()}
    base = yaml.safe_load(text).get("based_on")
    return own if base is None else own | _hashes(base)


def files_of(edition: Edition) -> dict[str, str]:
    """Return the SHA-256 [hex] of the file of an edition and of those that it is based on, by name."""
    return dict(_hashes(edition.file))


def stage_of(kind: str, procedure: Procedure) -> Stage:
    """Return what the work is for; a calibration has no stage of its own and takes the usual one."""
    return _STAGES.get(WorkKind(kind), procedure.usual_stage)


def document_of(verification: Verification) -> Document:
    """Return the document that decides: the readings after adjustment, where there are some."""
    left, found = verification.as_left, verification.as_found
    decides: Document = left if is_measured(left) else found
    return decides


def is_measured(document: Document) -> bool:
    """Whether anything was read or looked at; a form that was opened and left empty says nothing."""
    parts = (Scope.READINGS, Scope.CHECKS)
    return any(_says(document.get(key)) for scope in parts for key in (scope.value, SCOPE_LABELS[scope]))


def _says(part: Any) -> bool:
    if isinstance(part, Mapping):
        return any(map(_says, part.values()))
    if isinstance(part, list):
        return any(map(_says, part))
    return bool(str(part).strip()) if part is not None else False


def judge_document(verification: Verification, document: Document | None = None) -> tuple[Edition, Judgement]:
    """Judge a document of a verification, by default the one that decides; drafts may be incomplete.

    Raises
    ------
    quanheng.kernels.procedures.readings.BadReadings
        With all that is wrong in it, and where.
    quanheng.kernels.procedures.BadSheet
        The regulation has no such stage.
    UnknownKind, NoEditionInForce, ProcedureChanged
        As `edition_for`.
    quanheng.standards.errors.FieldsDisagree
        Two standards of the work order state a figure in units that cannot be compared.
    """
    edition = edition_for(verification)
    given = document_of(verification) if document is None else document
    made = completed(verification, given, edition.procedure)
    return edition, judge_completed(verification, made, edition.procedure)


def judge_completed(verification: Verification, made: Completed, procedure: Procedure) -> Judgement:
    """Judge a document that `completed` returned; raises BadReadings and BadSheet as `judge_document`."""
    readings = read_documents(made.document, procedure)
    return judge(procedure, readings.sheet, stage_of(verification.kind, procedure))


def completed(verification: Verification, document: Document, procedure: Procedure) -> Completed:
    """Return a document with what the registry and the standards of the work order say.

    Raises
    ------
    BadReadings
        It holds several instruments, a part twice, or a condition for the paper that is none.
    FieldsDisagree
        As `judge_document`.
    """
    if not isinstance(document, Mapping) or any(key in document for key in _SEVERAL):
        raise BadReadings((Problem(Place(), "一项检定只记一台器具的读数。"),))
    fields = Fields(procedure)
    made = dict(document)
    differences: list[Difference] = []
    standards = procedure_fields(verification.work_order.standards.all())
    known = {name: text for name, text in standards.items() if name in procedure.standard.fields}
    for scope, registered in (
        (Scope.INSTRUMENT, registered_fields(verification, procedure)),
        (Scope.STANDARD, known),
    ):
        typed = _take(made, scope)
        made[scope.value] = _joined(typed, registered, scope, fields, procedure, differences)
    environment = _take(made, Scope.ENVIRONMENT)
    asked, others = _parted(environment, fields, procedure)
    if problems := _impossible(others):
        raise BadReadings(problems)
    made[Scope.ENVIRONMENT.value] = asked
    for key in ("stage", "检定类别"):
        made.pop(key, None)
    return Completed(made, tuple(differences))


def registered_fields(verification: Verification, procedure: Procedure) -> dict[str, str]:
    """Return what the registry says of the instrument, by the names of the procedure; only what can be read."""
    instrument, fields = verification.instrument, Fields(procedure)
    found: dict[str, str] = {}
    told = {"class": instrument.accuracy_class, **instrument.details}
    for heading, value in told.items():
        try:
            name = fields.find(str(heading), (Scope.INSTRUMENT,)).field.name
        except UnknownHeading:
            continue
        found[name] = str(value).strip()
    for parameter, (name, unit) in _PARAMETERS.items():
        if instrument.parameters.get(parameter) not in {None, ""} and name in procedure.instrument:
            found.setdefault(name, f"{instrument.parameters[parameter]} {unit}")
    stated = {name: text for name, text in found.items() if text and _has_unit(name, text, procedure)}
    try:
        read_documents({Scope.INSTRUMENT.value: stated}, procedure)
    except BadReadings:
        readable = {
            name for name in stated if _value(Scope.INSTRUMENT, name, stated[name], procedure) is not None
        }
        return {name: text for name, text in stated.items() if name in readable}
    return stated


def surroundings_of(document: Document, procedure: Procedure) -> list[Surrounding]:
    """Return the conditions that a document states: what the procedure asks for, and those that papers name.

    A cell that is no quantity is left out; judging the document has said so.
    """
    given: object = next(
        (
            document[key]
            for key in (Scope.ENVIRONMENT.value, SCOPE_LABELS[Scope.ENVIRONMENT])
            if key in document
        ),
        {},
    )
    if not isinstance(given, Mapping):
        return []
    asked, others = _parted(given, Fields(procedure), procedure)
    named = {
        name: (procedure.environment[name].label, procedure.environment[name].unit or "")
        for name in asked
        if name in procedure.environment
    } | {name: _COMMON[name] for name in others}
    found = []
    for name, (label, unit) in named.items():
        try:
            value = parse_quantity((asked | others)[name], unit or "1")
        except BadQuantity:
            continue
        found.append(Surrounding(label, value, unit))
    return found


def recomputing_command(kind: str, on: date, stage: Stage) -> str:
    """Return the command by which anyone judges the same readings again."""
    word = stage.value.replace("_", "-")
    return f"quanheng procedure run {kind} readings.yaml --on {on.isoformat()} --stage {word}"


def _take(document: dict[str, Any], scope: Scope) -> Mapping[str, Any]:
    """Take a part out of a document, under its code or its Chinese name."""
    present = [key for key in (scope.value, SCOPE_LABELS[scope]) if key in document]
    if len(present) > 1:
        raise BadReadings((Problem(Place(), f"“{SCOPE_LABELS[scope]}”写了两处，只能写一处。"),))
    part = document.pop(present[0]) if present else {}
    if not isinstance(part, Mapping):
        where = Place(SCOPE_LABELS[scope], path=(present[0],))
        raise BadReadings((Problem(where, "应为“名称: 值”的形式。"),))
    return part


def _joined(
    typed: Mapping[str, Any],
    registered: Mapping[str, str],
    scope: Scope,
    fields: Fields,
    procedure: Procedure,
    differences: list[Difference],
) -> dict[str, Any]:
    """Return what is registered, and what was typed of the rest; note where both say something else."""
    kept: dict[str, Any] = {}
    for key, cell in typed.items():
        try:
            field = fields.find(str(key), (scope,)).field
        except UnknownHeading:
            kept[key] = cell
            continue
        if field.name not in registered:
            kept[key] = cell
        elif str(cell if cell is not None else "").strip():
            before = _value(scope, field.name, registered[field.name], procedure)
            if _value(scope, field.name, cell, procedure, heading=str(key)) != before:
                differences.append(Difference(field.label, str(cell), registered[field.name]))
    return kept | dict(registered)


def _parted(
    environment: Mapping[str, Any], fields: Fields, procedure: Procedure
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the conditions for the procedure, by its names, and the others that papers state."""
    asked: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, cell in environment.items():
        common = _COMMON_WORDS.get(str(key).strip(), "")
        if fields.knows(str(key), (Scope.ENVIRONMENT,)):
            asked[key] = cell
        elif common in procedure.environment:
            asked[common] = cell
        elif common:
            others[common] = cell
        else:
            asked[key] = cell  # read_documents says that there is no such thing
    return asked, others


def _impossible(others: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what cannot stand on a paper of the conditions that the procedure does not ask for."""
    problems = []
    for name, cell in others.items():
        label, unit = _COMMON[name]
        low, high = _POSSIBLE[name]
        try:
            value = parse_quantity(cell, unit)
        except BadQuantity as error:
            reason = str(error)
        else:
            if low <= value <= high:
                continue
            reason = f"超出范围：{value:f} {unit}，应不小于 {low}、不大于 {high} {unit}。"
        problems.append(Problem(Place(label, path=(Scope.ENVIRONMENT.value, name)), reason))
    return tuple(problems)


def _has_unit(name: str, text: str, procedure: Procedure) -> bool:
    """Whether a text of the registry has the unit that it needs: of a number without one nobody knows what it means."""
    quantity = procedure.instrument[name]
    if quantity.choices is None and quantity.unit is not None and quantity.unit != "1":
        try:
            split_quantity(text)
        except BadQuantity:
            return False
    return True


def _value(scope: Scope, name: str, cell: Any, procedure: Procedure, *, heading: str = "") -> float | None:
    """Return a cell as the reader of documents reads it: a number, or the place of a choice; None where it cannot."""
    try:
        sheet = read_documents({scope.value: {heading or name: cell}}, procedure).sheet
    except BadReadings:
        return None
    column = (sheet.instrument if scope is Scope.INSTRUMENT else sheet.standard).get(name)
    return None if column is None else float(column[0])
