"""Verification for the software of institutes and owners: applications, and the steps of each verification."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from quanheng.certificates.services import issue_certificate
from quanheng.core.models import User
from quanheng.instruments.selectors import place_by_id
from quanheng.parties.selectors import party_for
from quanheng.verification.enums import (
    ApplicationState,
    Conclusion,
    VerificationState,
    WorkKind,
    WorkPlace,
)
from quanheng.verification.models import Application, Verification
from quanheng.verification.selectors import (
    application_for,
    applications_for,
    items_for,
    verification_for,
    verifications_for,
)
from quanheng.verification.services import applications as asking
from quanheng.verification.services import work
from quanheng.web.api.certificates import CertificateFullOut, ReasonIn, certificate_out, signs
from quanheng.web.api.schemas import Key, Paged, Revision, Slice, UnitNameOut, page_of, reads, writes
from quanheng.web.auth import require_permission

router = Router(tags=["verification"])

_VIEW, _APPLY, _ACCEPT = "verification.view", "verification.apply", "verification.accept"
_VERIFY, _CHECK, _SIGN = "verification.verify", "verification.check", "verification.sign"
Note = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]


class ApplicationOut(Schema):
    """An application, and the instruments that it is about."""

    public_id: UUID
    institute: UnitNameOut
    applicant: str
    kind: WorkKind
    work_place: WorkPlace
    place: str
    wished_on: date | None
    note: str
    state: ApplicationState
    submitted_at: datetime
    answer_by: date | None
    finish_by: date | None
    decision_reason: str
    instruments: list[UUID]
    revision: int


class ApplicationIn(Schema):
    institute: Key
    applicant: UUID = Field(description="使用单位")
    kind: WorkKind = WorkKind.PERIODIC
    work_place: WorkPlace
    place: UUID | None = None
    wished_on: date | None = None
    note: Note = ""
    instruments: list[UUID] = Field(min_length=1, max_length=500)


class RevisionIn(Schema):
    revision: Revision


class EndIn(RevisionIn, ReasonIn):
    """An act that asks why."""


class CancelIn(RevisionIn):
    reason: Note = ""


class VerificationStepOut(Schema):
    """The verification of one instrument; ``as_found`` and ``as_left`` as docs/reference/readings.md has them."""

    public_id: UUID
    instrument_id: UUID
    instrument: str
    serial_no: str
    institute: UnitNameOut
    kind: WorkKind
    state: VerificationState
    planned_on: date
    performed_on: date | None
    edition: str
    as_found: dict[str, Any]
    as_left: dict[str, Any]
    conclusion: Conclusion | None
    valid_until: date | None
    return_reason: str
    revision: int


class VerificationFilter(Slice):
    state: VerificationState | None = None


class ReadingsIn(RevisionIn):
    performed_on: date | None = None
    as_found: dict[str, Any] = Field(description="读数文件，格式见 docs/reference/readings.md")
    as_left: dict[str, Any] = Field(default_factory=dict, description="调整后的读数；没有调整为空")


@router.get("/applications", response=reads(Paged[ApplicationOut]), summary="检定申请，新的在前")
def list_applications(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    user = require_permission(request, _VIEW)
    found = page_of(applications_for(user), part)
    return found | {"items": [_asked(user, one) for one in found["items"]]}


@router.post("/applications", response=writes(ApplicationOut, 201), summary="申请检定")
def post_application(request: HttpRequest, body: ApplicationIn) -> Status[dict[str, Any]]:
    actor = require_permission(request, _APPLY)
    place = place_by_id(body.place) if body.place else None
    given = body.dict(exclude={"applicant", "place"})
    made = asking.submit_application(
        actor=actor,
        applicant=party_for(actor, body.applicant).pk,
        place=place.pk if place else None,
        **given,
    )
    return Status(201, _asked(actor, made))


@router.get("/applications/{uuid:public_id}", response=reads(ApplicationOut), summary="一份检定申请")
def get_application(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    user = require_permission(request, _VIEW)
    return _asked(user, application_for(user, public_id))


@router.post("/applications/{uuid:public_id}/accept", response=writes(ApplicationOut), summary="受理申请")
def accept_application(request: HttpRequest, public_id: UUID, body: RevisionIn) -> dict[str, Any]:
    actor = _for_application(request, _ACCEPT, public_id)
    return _asked(actor, asking.accept_application(actor=actor, public_id=public_id, revision=body.revision))


@router.post("/applications/{uuid:public_id}/return", response=writes(ApplicationOut), summary="退回申请")
def return_application(request: HttpRequest, public_id: UUID, body: EndIn) -> dict[str, Any]:
    actor = _for_application(request, _ACCEPT, public_id)
    return _asked(actor, asking.return_application(actor=actor, public_id=public_id, **body.dict()))


@router.post("/applications/{uuid:public_id}/cancel", response=writes(ApplicationOut), summary="撤回申请")
def cancel_application(request: HttpRequest, public_id: UUID, body: CancelIn) -> dict[str, Any]:
    actor = _for_application(request, _APPLY, public_id)
    return _asked(actor, asking.cancel_application(actor=actor, public_id=public_id, **body.dict()))


@router.get("/verifications", response=reads(Paged[VerificationStepOut]), summary="检定，新的在前")
def list_verification_steps(request: HttpRequest, wanted: Query[VerificationFilter]) -> dict[str, Any]:
    user = require_permission(request, _VIEW)
    found = page_of(verifications_for(user, wanted.state), wanted)
    return found | {"items": [_step(one) for one in found["items"]]}


@router.get("/verifications/{uuid:public_id}", response=reads(VerificationStepOut), summary="一台器具的检定")
def get_verification_step(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    return _step(verification_for(require_permission(request, _VIEW), public_id))


@router.put(
    "/verifications/{uuid:public_id}/readings",
    response=writes(VerificationStepOut),
    summary="保存读数，可以不完整",
)
def put_readings(request: HttpRequest, public_id: UUID, body: ReadingsIn) -> dict[str, Any]:
    actor = _for_verification(request, _VERIFY, public_id)
    work.save_draft(actor=actor, public_id=public_id, **body.dict())
    return _step(verification_for(actor, public_id))


@router.post(
    "/verifications/{uuid:public_id}/submit",
    response=writes(VerificationStepOut),
    summary="提交读数，由规程文件判定",
)
def submit_readings(request: HttpRequest, public_id: UUID, body: RevisionIn) -> dict[str, Any]:
    actor = _for_verification(request, _VERIFY, public_id)
    work.submit_readings(actor=actor, public_id=public_id, revision=body.revision)
    return _step(verification_for(actor, public_id))


@router.post("/verifications/{uuid:public_id}/check", response=writes(VerificationStepOut), summary="核验")
def check_verification(request: HttpRequest, public_id: UUID, body: RevisionIn) -> dict[str, Any]:
    actor = _for_verification(request, _CHECK, public_id)
    work.check_verification(actor=actor, public_id=public_id, revision=body.revision)
    return _step(verification_for(actor, public_id))


@router.post(
    "/verifications/{uuid:public_id}/sign",
    response=signs(CertificateFullOut, 201),
    summary="批准结论并签发证书",
)
def sign_verification(request: HttpRequest, public_id: UUID, body: RevisionIn) -> Status[dict[str, Any]]:
    actor = _for_verification(request, _SIGN, public_id)
    issued = issue_certificate(actor=actor, public_id=public_id, revision=body.revision)
    return Status(201, certificate_out(issued))


def _for_application(request: HttpRequest, permission: str, public_id: UUID) -> User:
    """Return who acts.  An application that they may not read is not there for them."""
    actor = require_permission(request, permission)
    application_for(actor, public_id)
    return actor


def _for_verification(request: HttpRequest, permission: str, public_id: UUID) -> User:
    """Return who acts.  A verification that they may not read is not there for them."""
    actor = require_permission(request, permission)
    verification_for(actor, public_id)
    return actor


def _asked(user: User, one: Application) -> dict[str, Any]:
    own = (
        "public_id",
        "institute",
        "kind",
        "work_place",
        "wished_on",
        "note",
        "state",
        "submitted_at",
        "answer_by",
        "finish_by",
        "decision_reason",
        "revision",
    )
    return {name: getattr(one, name) for name in own} | {
        "applicant": one.applicant.name,
        "place": one.place.name if one.place else "",
        "instruments": [item.instrument.public_id for item in items_for(user, one)],
    }


def _step(one: Verification) -> dict[str, Any]:
    own = (
        "public_id",
        "kind",
        "state",
        "performed_on",
        "edition",
        "as_found",
        "as_left",
        "valid_until",
        "return_reason",
        "revision",
    )
    return {name: getattr(one, name) for name in own} | {
        "conclusion": one.conclusion or None,
        "instrument_id": one.instrument.public_id,
        "instrument": one.instrument.name,
        "serial_no": one.instrument.serial_no,
        "institute": one.work_order.institute,
        "planned_on": one.work_order.planned_on,
    }
