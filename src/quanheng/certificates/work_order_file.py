"""Work orders as YAML files, for batches: docs/reference/work-order-file.md.  Needs no models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from quanheng.kernels.marked_yaml import BadYaml, Marked, load_marked
from quanheng.verification.enums import WorkKind, WorkPlace

MAX_INSTRUMENTS = 2000
_REASONS = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，请核对拼写。",
    "string_too_short": "不能为空。",
    "string_too_long": "太长。",
    "string_type": "应为文字；数字请加引号。",
    "list_type": "应为列表。",
    "dict_type": "应为“名称: 值”的形式。",
    "model_type": "应为“名称: 值”的形式。",
    "date_type": "应为日期，如 2026-11-20。",
    "date_from_datetime_parsing": "应为日期，如 2026-11-20。",
    "too_short": "不能为空。",
    "too_long": "太多。",
}
_KINDS = {
    "首次检定": WorkKind.INITIAL,
    "周期检定": WorkKind.PERIODIC,
    "修理后检定": WorkKind.AFTER_REPAIR,
    "校准": WorkKind.CALIBRATION,
}
_PLACES = {"送检": WorkPlace.LAB, "现场检定": WorkPlace.ON_SITE}


def _as_text(value: object) -> object:
    """Take a number for what a person wrote: serial numbers and labels are often digits only."""
    return str(value) if type(value) is int else value


def _kind(value: object) -> object:
    found = _KINDS.get(str(value)) or (WorkKind(value) if value in WorkKind.values else None)
    if found is None:
        raise PydanticCustomError("kind", "应为首次检定、周期检定、修理后检定或校准。")
    return found


def _place(value: object) -> object:
    found = _PLACES.get(str(value)) or (WorkPlace(value) if value in WorkPlace.values else None)
    if found is None:
        raise PydanticCustomError("place", "应为送检或现场检定。")
    return found


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Entry(_Strict):
    """One instrument: how it is found in the registry, and its readings."""

    label: Text | None = None
    serial: Text | None = None
    id: Text | None = None
    found: dict[str, Any]
    left: dict[str, Any] = {}

    @model_validator(mode="after")
    def _named_once(self) -> Entry:
        if sum(name is not None for name in (self.label, self.serial, self.id)) != 1:
            raise PydanticCustomError("named", "标签码 label、出厂编号 serial、编号 id 只写一个。")
        return self


class WorkOrderFile(_Strict):
    """The whole file."""

    reference: Text
    institute: Text
    kind: Annotated[WorkKind, BeforeValidator(_kind)]
    place: Annotated[WorkPlace, BeforeValidator(_place)]
    performed_on: date
    verifier: Text
    checker: Text
    signatory: Text
    standards: Annotated[list[Text], Field(min_length=1)]
    environment: dict[str, Any] = {}
    instruments: Annotated[list[Entry], Field(min_length=1, max_length=MAX_INSTRUMENTS)]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which line of the file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.text}"


class BadFile(ValueError):
    """The file cannot be used; ``faults`` are all that is wrong in it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file and its lines."""

    order: WorkOrderFile
    marked: Marked

    def line_of(self, position: int) -> int:
        """Return the line of an instrument."""
        return self.marked.line(("instruments", position))


def read_work_order(text: bytes) -> ReadFile:
    """Return what a work order file says.

    Raises
    ------
    BadFile
        With every fault that can be seen without the registry.
    """
    try:
        marked = load_marked(text)
    except BadYaml as error:
        raise BadFile([Fault(error.line, error.reason)]) from error
    try:
        return ReadFile(WorkOrderFile.model_validate(marked.data), marked)
    except ValidationError as error:
        raise BadFile([_fault(marked, one) for one in error.errors()]) from error


def _fault(marked: Marked, error: Any) -> Fault:
    path = tuple(part for part in error["loc"] if isinstance(part, str | int))
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    reason = _REASONS.get(error["type"], error["msg"])
    return Fault(marked.line(path), f"{where}：{reason}" if where else reason)
