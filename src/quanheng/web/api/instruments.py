"""The registry of instruments for programs: the same list, filters and columns as the page."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.instruments.columns import due_word, kind_name
from quanheng.instruments.enums import Condition, Filing, Obligation, Setting, Use, Verdict
from quanheng.instruments.listing import ordered
from quanheng.instruments.models import ImportBatch, Place, Standing, VerificationRecord
from quanheng.instruments.selectors import ListQuery, instrument_for, listed, with_rows
from quanheng.parties.models import Party
from quanheng.web.api.schemas import Key, Paged, Revision, Slice, UnitNameOut, page_of, reads
from quanheng.web.auth import require_permission

router = Router(tags=["instruments"])

# Text that may be empty; PostgreSQL cannot store NUL.
Line = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
LongLine = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class NamedOut(Schema):
    public_id: UUID
    name: str


class InstrumentOut(Schema):
    """An instrument, and what the rules in force say of it today."""

    public_id: UUID
    label_code: str
    name: str
    kind: str
    kind_name: str
    model: str
    serial_no: str
    manufacturer: str
    accuracy_class: str
    measuring_range: str
    details: dict[str, Any]
    parameters: dict[str, Any]
    use: Use
    owner: NamedOut | None
    place: NamedOut | None
    town: UnitNameOut | None
    spot: str
    institute: UnitNameOut | None
    filing: Filing
    condition: Condition
    condition_on: date | None
    in_use_on: date | None
    registered_on: date
    obligation: Obligation
    rule: str = Field(description="适用的规则版本；空为没有")
    is_rule_confirmed: bool
    period_months: int | None
    verified_on: date | None
    valid_until: date | None
    due_on: date | None
    state: Literal["overdue", "soon", "later", "never", "none"] = Field(
        description="今天与到期日的关系；never 为尚无检定记录，不得使用"
    )
    is_demo: bool
    revision: int


class VerificationOut(Schema):
    verified_on: date
    valid_until: date | None
    certificate_no: str
    institution: str
    verdict: Verdict


class InstrumentFilter(Schema):
    text: Line = Field("", description="编号首尾、名称、使用单位、场所、乡镇、拼音首字母或标签码")
    kind: Line = ""
    use: Use | None = None
    town: Key | None = None
    place: UUID | None = None
    owner: UUID | None = Field(None, description="使用单位，含其分支")
    setting: Setting | None = None
    filing: Filing | None = None
    condition: Condition | None = Field(None, description="不给则不含报废和已并入的")
    obligation: Obligation | None = None
    due: Literal["overdue", "soon", "later", "never", "none"] | None = None
    due_from: date | None = None
    due_to: date | None = None
    identity: Literal["full", "missing"] | None = None
    rule: Line = ""
    batch: UUID | None = None
    unconfirmed: bool = Field(False, description="只要规则未核对的")


class InstrumentSlice(InstrumentFilter, Slice):
    """Which instruments are asked for, and which part of them."""


@router.get("/instruments", response=reads(Paged[InstrumentOut]), summary="计量器具，先到期的在前")
def list_instruments(request: HttpRequest, wanted: Query[InstrumentSlice]) -> dict[str, Any]:
    user = require_permission(request, "instruments.view")
    on = clock.today()
    part = page_of(with_rows(ordered(_narrowed(user, wanted, on))), wanted)
    return part | {"items": [_out(standing, on) for standing in part["items"]]}


@router.get("/instruments/{uuid:public_id}", response=reads(InstrumentOut), summary="一台计量器具")
def get_instrument(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    user = require_permission(request, "instruments.view")
    return instrument_out(user, public_id)


@router.get(
    "/instruments/{uuid:public_id}/verifications",
    response=reads(Paged[VerificationOut]),
    summary="一台器具的检定记录，新的在前",
)
def list_verifications(request: HttpRequest, public_id: UUID, part: Query[Slice]) -> dict[str, Any]:
    user = require_permission(request, "instruments.view")
    instrument = instrument_for(user, public_id)
    return page_of(VerificationRecord.objects.filter(instrument=instrument), part)


def instrument_out(user: User, public_id: UUID) -> dict[str, Any]:
    """Return one instrument that this person may read, as `InstrumentOut`."""
    instrument = instrument_for(user, public_id)
    return _out(with_rows(Standing.objects.filter(pk=instrument.pk)).get(), clock.today())


def _narrowed(user: User, wanted: InstrumentFilter, on: date) -> QuerySet[Standing]:
    given = wanted.dict(include=set(ListQuery.__dataclass_fields__), exclude_none=True)
    for name, model in (("place", Place), ("owner", Party), ("batch", ImportBatch)):
        if name in given:
            found = model._default_manager.filter(public_id=given[name]).values_list("pk", flat=True)
            given[name] = found.first()
            if given[name] is None:
                return Standing.objects.none()
    query = ListQuery(**given | {"unconfirmed": "yes" if wanted.unconfirmed else ""})
    return listed(user, query, on)


def _out(standing: Standing, on: date) -> dict[str, Any]:
    instrument = standing.instrument
    own = (
        "public_id",
        "label_code",
        "name",
        "kind",
        "model",
        "serial_no",
        "manufacturer",
        "accuracy_class",
        "measuring_range",
        "details",
        "parameters",
        "use",
        "owner",
        "place",
        "town",
        "spot",
        "institute",
        "filing",
        "condition",
        "condition_on",
        "in_use_on",
        "registered_on",
        "is_demo",
        "revision",
    )
    derived = ("obligation", "period_months", "verified_on", "valid_until", "due_on")
    return (
        {name: getattr(instrument, name) for name in own}
        | {name: getattr(standing, name) for name in derived}
        | {
            "kind_name": kind_name(instrument.kind),
            "rule": standing.rule_id,
            "is_rule_confirmed": standing.is_confirmed,
            "state": due_word(standing.due_on, standing.amber_on, standing.verified_on, on),
        }
    )


class InstrumentIn(Schema):
    """What is stated about an instrument.  Left out means not known; a change replaces everything."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*\S[^\x00]*$")]
    kind: Line = Field("", description="种类代码；空则由名称认定")
    model: Line = ""
    serial_no: Line = ""
    manufacturer: LongLine = ""
    accuracy_class: Line = ""
    measuring_range: Line = ""
    details: dict[Line, LongLine] = Field(default_factory=dict, max_length=50)
    parameters: dict[Line, Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | Line] = Field(
        default_factory=dict, max_length=20, description="周期所取决的参数，如 dn_mm"
    )
    use: Use = Use.UNKNOWN
    owner: UUID | None = None
    place: UUID | None = None
    town: Key | None = Field(None, description="有场所时按场所")
    spot: Line = ""
    institute: Key | None = None
    in_use_on: date | None = None


class InstrumentChangeIn(InstrumentIn):
    revision: Revision
