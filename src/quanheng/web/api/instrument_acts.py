"""What is done with instruments: registered, corrected, filed, stopped, verified.

On the router of `quanheng.web.api.instruments`: two routers cannot share an address.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import EventKind, Verdict
from quanheng.instruments.selectors import instrument_for, place_by_id
from quanheng.instruments.services.conditions import change_condition
from quanheng.instruments.services.filing import file_instruments, return_instruments, submit_instruments
from quanheng.instruments.services.registry import InstrumentDetails, change_instrument, register_instrument
from quanheng.instruments.services.verifications import record_verification
from quanheng.parties.selectors import party_for
from quanheng.web.api.instruments import (
    InstrumentChangeIn,
    InstrumentIn,
    InstrumentOut,
    Line,
    instrument_out,
    router,
)
from quanheng.web.api.schemas import Name, Revision, Words, writes
from quanheng.web.api.uploads import content_of, name_of
from quanheng.web.auth import require_permission


class RegisterIn(InstrumentIn):
    submit: bool = Field(False, description="登记后立即提交备案")


class ReturnIn(Schema):
    reason: Words


class ConditionIn(Schema):
    revision: Revision
    act: Literal["stopped", "sealed", "resumed", "scrapped"]
    happened_on: date
    reason: Words


class VerificationIn(Schema):
    revision: Revision
    verified_on: date
    valid_until: date | None = Field(None, description="有效期至，含当日；不合格时不给")
    certificate_no: Name
    institution: Line = ""
    verdict: Verdict


@router.post("/instruments", response=writes(InstrumentOut, 201), summary="登记器具")
def post_instrument(request: HttpRequest, body: RegisterIn) -> Status[dict[str, Any]]:
    actor = require_permission(request, "instruments.register")
    made = register_instrument(actor=actor, details=_details(actor, body), submit=body.submit)
    return Status(201, instrument_out(actor, made.public_id))


@router.put("/instruments/{uuid:public_id}", response=writes(InstrumentOut), summary="更正器具")
def put_instrument(request: HttpRequest, public_id: UUID, body: InstrumentChangeIn) -> dict[str, Any]:
    actor = _may(request, "instruments.register", public_id)
    change_instrument(actor=actor, public_id=public_id, revision=body.revision, details=_details(actor, body))
    return instrument_out(actor, public_id)


@router.post("/instruments/{uuid:public_id}/submit", response=writes(InstrumentOut), summary="提交备案")
def submit_instrument(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    actor = _may(request, "instruments.register", public_id)
    submit_instruments(actor=actor, public_ids=[public_id])
    return instrument_out(actor, public_id)


@router.post("/instruments/{uuid:public_id}/file", response=writes(InstrumentOut), summary="备案")
def file_instrument(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    actor = _may(request, "instruments.review", public_id)
    file_instruments(actor=actor, public_ids=[public_id])
    return instrument_out(actor, public_id)


@router.post("/instruments/{uuid:public_id}/return", response=writes(InstrumentOut), summary="退回")
def return_instrument(request: HttpRequest, public_id: UUID, body: ReturnIn) -> dict[str, Any]:
    actor = _may(request, "instruments.review", public_id)
    return_instruments(actor=actor, public_ids=[public_id], reason=body.reason)
    return instrument_out(actor, public_id)


@router.post(
    "/instruments/{uuid:public_id}/condition",
    response=writes(InstrumentOut),
    summary="停用、封存、恢复使用或报废，附照片或文件",
)
def post_condition(
    request: HttpRequest, public_id: UUID, body: Form[ConditionIn], file: File[UploadedFile | None] = None
) -> dict[str, Any]:
    actor = _may(request, "instruments.change_condition", public_id)
    change_condition(
        actor=actor,
        public_id=public_id,
        revision=body.revision,
        act=EventKind(body.act),
        happened_on=body.happened_on,
        reason=body.reason,
        data=content_of(file) if file else b"",
        filename=name_of(file) if file else "",
    )
    return instrument_out(actor, public_id)


@router.post(
    "/instruments/{uuid:public_id}/verifications",
    response=writes(InstrumentOut, 201),
    summary="登记检定结果",
)
def post_verification(request: HttpRequest, public_id: UUID, body: VerificationIn) -> Status[dict[str, Any]]:
    actor = _may(request, "instruments.review", public_id)
    record_verification(actor=actor, public_id=public_id, **body.dict())
    return Status(201, instrument_out(actor, public_id))


def _may(request: HttpRequest, permission: str, public_id: UUID) -> User:
    """Return who acts.  An instrument that they may not read is not there for them."""
    actor = require_permission(request, permission)
    instrument_for(actor, public_id)
    return actor


def _details(actor: User, body: InstrumentIn) -> InstrumentDetails:
    given = {name: getattr(body, name) for name in InstrumentDetails.__dataclass_fields__}
    given["owner"] = party_for(actor, body.owner) if body.owner else None
    given["place"] = place_by_id(body.place) if body.place else None
    for name in ("town", "institute"):
        given[name] = _unit(given[name]) if given[name] is not None else None
    return InstrumentDetails(**given)


def _unit(key: int) -> OrgUnit:
    found = OrgUnit.objects.filter(pk=key).first()
    if found is None:
        raise UnitNotFound(unit_id=key)
    return found
