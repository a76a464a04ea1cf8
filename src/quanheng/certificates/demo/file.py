"""institute.yaml of a demonstration.  Days count from the day on which it is loaded."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quanheng.instruments.enums import Use
from quanheng.standards.enums import Level
from quanheng.verification.enums import MarkKind, WorkKind, WorkPlace
from quanheng.workforce.enums import Grade


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _Period(_Strict):
    """``from`` and ``until`` in the file [day]."""

    begins: int = Field(alias="from")
    until: int


class DemoAuthorisation(_Period):
    """The authorisation of the institute."""

    number: str
    city: str
    address: str
    phone: str


class DemoMetrologist(_Period):
    """An account that works at the institute, and a course that it attended."""

    user: str
    grade: Grade
    number: str
    course: str
    hours: Decimal


class DemoMethod(_Strict):
    """By what a standard was calibrated."""

    number: str
    edition: str
    title: str


class DemoCertificate(_Strict):
    """A certificate of a standard; ``points``: nominal, error, U (k = 2) [unit of the standard]."""

    number: str
    day: int
    link: str
    points: list[tuple[Decimal, Decimal, Decimal]]


class DemoChecks(_Strict):
    """Intermediate checks, the last one some days ago."""

    series: str
    unit: str
    every_days: int
    values: list[Decimal]


class DemoComparison(_Strict):
    """A comparison; values and U (k = 2) in the unit of the standard."""

    name: str
    day: int
    value: Decimal
    uncertainty: Decimal
    reference: Decimal
    reference_uncertainty: Decimal


class DemoExamination(_Strict):
    """The examination certificate of a public standard."""

    number: str
    until: int


class DemoStandard(_Strict):
    """A standard or a lot of a reference material; ``own``: calibrated by the institute itself."""

    serial: str
    level: Level
    name: str
    model: str
    manufacturer: str
    range: str
    accuracy: str
    serves: list[str]
    fields: dict[str, str]
    examination: DemoExamination | None = None
    interval_months: int
    unit: str
    method: DemoMethod
    own: bool = False
    certificates: list[DemoCertificate]
    checks: DemoChecks | None = None
    comparison: DemoComparison | None = None


class DemoSort(_Strict):
    """What instruments of one sort have in common."""

    name: str
    model: str
    manufacturer: str
    accuracy_class: str
    measuring_range: str
    use: Use
    details: dict[str, str]


class DemoInstruments(_Strict):
    """Instruments of one owner at one place."""

    sort: DemoSort
    owner: str
    place: str
    serials: list[str]


class Answer(StrEnum):
    """What became of an application that no work follows."""

    NONE = "none"
    RETURN = "return"
    CANCEL = "cancel"


class DemoApplication(_Strict):
    """An application; ``instruments`` by serial number, none: some that this person may ask for."""

    by: str
    instruments: list[str] = []
    kind: WorkKind
    place: WorkPlace
    note: str = ""
    answer: Answer = Answer.NONE
    reason: str = ""


class Until(StrEnum):
    """How far work is done when the demonstration is loaded."""

    INTAKE = "intake"
    PLANNED = "planned"
    SUBMITTED = "submitted"
    CHECKED = "checked"
    ISSUED = "issued"


class DemoWork(_Strict):
    """A work order in the form of a work order file, and what becomes of it."""

    reference: str
    until: Until
    applied_by: str = ""
    kind: WorkKind
    place: WorkPlace
    standards: list[str]
    environment: dict[str, str] = {}
    instruments: list[dict[str, Any]]
    seals: dict[str, str] = {}
    supersede: dict[str, str] = {}
    withdraw: dict[str, str] = {}


class DemoSeals(_Strict):
    """The numbers that the institute received."""

    kind: MarkKind
    first: str
    last: str
    day: int


class InstituteFile(_Strict):
    """The whole file; ``sorts`` and ``readings`` hold what the rest of it repeats."""

    format: int = Field(ge=1, le=1)
    institute: str
    authorisation: DemoAuthorisation
    items: dict[str, str]
    people: list[DemoMetrologist]
    laboratory: str
    standards: list[DemoStandard]
    sorts: dict[str, Any] = {}
    instruments: list[DemoInstruments]
    readings: dict[str, Any] = {}
    applications: list[DemoApplication]
    work: list[DemoWork]
    seals: DemoSeals


def read_institute(path: Path) -> InstituteFile:
    """Read institute.yaml.  ValueError if it is missing or wrong, naming what."""
    try:
        return InstituteFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ValueError(str(error)) from error
