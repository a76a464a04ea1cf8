"""Certificates for programs: listed, fetched, ended; their worth by number for anybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from quanheng.base import clock
from quanheng.certificates import selectors
from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.errors import CertificateNotFound
from quanheng.certificates.listing import with_status
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import certificate_for, certificates_for, content_of, pdf_of, xml_of
from quanheng.certificates.services import supersede_certificate, withdraw_certificate
from quanheng.certificates.services.issuing import finish
from quanheng.core.models import User
from quanheng.web.api.schemas import (
    Paged,
    Problem,
    Slice,
    UnitNameOut,
    Words,
    page_of,
    reads,
    sends_file,
    writes,
)
from quanheng.web.auth import require_permission
from quanheng.web.certificates.answers import Answer, answer_for, answer_of
from quanheng.web.certificates.files import file_response

router = Router(tags=["certificates"])

_VIEW, _WITHDRAW, _SIGN = "certificates.view", "certificates.withdraw", "verification.sign"
Number = Path[Annotated[str, StringConstraints(pattern=r"^[0-9A-Z-]{1,60}$")]]
Text = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
Worth = Literal["prepared", "valid", "expired", "rejected", "calibration", "superseded", "withdrawn"]


class CertificateStatusOut(Schema):
    """What a certificate is worth today; nobody is named."""

    number: str
    kind: CertificateKind
    status: Worth
    text: str
    issued_on: date
    valid_until: date | None
    superseded_by: str = Field(description="取代它的证书编号；空为没有")
    pdf_sha256: str
    xml_sha256: str


class CertificateOut(CertificateStatusOut):
    """A certificate with the particulars that are in the registry."""

    institute: UnitNameOut
    instrument_id: str
    instrument: str
    serial_no: str
    state: CertificateState
    issued_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal_reason: str
    supersedes: str
    is_demo: bool


class CertificateFullOut(CertificateOut):
    content: dict[str, Any] = Field(description="证书所载的全部内容，签发后不变")


class CertificateFilter(Slice):
    text: Text = Field("", description="证书编号、出厂编号、器具或使用单位")
    kind: CertificateKind | None = None
    status: Worth | None = None


class ReasonIn(Schema):
    reason: Words


def signs(answer: Any, status: int = 200) -> dict[int, Any]:
    """Return the documented answers of an operation that signs: 503 where the token does not answer."""
    return writes(answer, status) | {503: Problem}


@router.get("/certificates", response=reads(Paged[CertificateOut]), summary="证书，新的在前")
def list_certificates(request: HttpRequest, wanted: Query[CertificateFilter]) -> dict[str, Any]:
    user = require_permission(request, _VIEW)
    rows = with_status(certificates_for(user, query=wanted.text, kind=wanted.kind or ""), clock.today())
    rows = rows.select_related("supersedes", "superseded_by")
    part = page_of(rows.filter(status=wanted.status) if wanted.status else rows, wanted)
    return part | {"items": [_out(one, _listed(one)) for one in part["items"]]}


@router.get("/certificates/{number}", response=reads(CertificateFullOut), summary="一份证书")
def get_certificate(request: HttpRequest, number: Number) -> dict[str, Any]:
    return _full(certificate_for(require_permission(request, _VIEW), number))


@router.get(
    "/certificates/{number}/status",
    response=reads(CertificateStatusOut),
    auth=None,
    summary="一份证书今天的效力，不必登录",
)
def get_certificate_status(request: HttpRequest, number: Number) -> dict[str, Any]:  # noqa: ARG001  for anybody
    found = selectors.certificate(number)
    return _status(found, answer_of(found, clock.today()))


@router.get(
    "/certificates/{number}/pdf",
    response=dict.fromkeys((401, 403, 404, 422, 503), Problem),
    openapi_extra=sends_file("application/pdf"),
    summary="下载证书 PDF",
)
def download_certificate_pdf(request: HttpRequest, number: Number) -> HttpResponse:
    found = _with_files(require_permission(request, _VIEW), number)
    return file_response(pdf_of(found), f"{found.number}.pdf")


@router.get(
    "/certificates/{number}/xml",
    response=dict.fromkeys((401, 403, 404, 422, 503), Problem),
    openapi_extra=sends_file("application/xml"),
    summary="下载证书 XML",
)
def download_certificate_xml(request: HttpRequest, number: Number) -> HttpResponse:
    found = _with_files(require_permission(request, _VIEW), number)
    return file_response(xml_of(found), f"{found.number}.xml")


@router.post("/certificates/{number}/withdraw", response=writes(CertificateFullOut), summary="撤回证书")
def withdraw_issued(request: HttpRequest, number: Number, body: ReasonIn) -> dict[str, Any]:
    actor = _may(request, _WITHDRAW, number)
    return _full(withdraw_certificate(actor=actor, number=number, reason=body.reason))


@router.post("/certificates/{number}/supersede", response=signs(CertificateFullOut, 201), summary="换发证书")
def supersede_issued(request: HttpRequest, number: Number, body: ReasonIn) -> Status[dict[str, Any]]:
    actor = _may(request, _WITHDRAW, number)
    return Status(201, _full(supersede_certificate(actor=actor, number=number, reason=body.reason)))


@router.post(
    "/certificates/{number}/resume", response=signs(CertificateFullOut), summary="继续签发已编号的证书"
)
def resume_certificate(request: HttpRequest, number: Number) -> dict[str, Any]:
    actor = _may(request, _SIGN, number)
    return _full(finish(certificate_for(actor, number)))


def certificate_out(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as `CertificateFullOut`."""
    return _full(certificate)


def _may(request: HttpRequest, permission: str, number: str) -> User:
    """Return who acts, for the institute of the certificate; one that they may not read is not there for them."""
    actor = require_permission(request, permission)
    return require_permission(request, permission, unit_id=certificate_for(actor, number).institute_id)


def _with_files(user: User, number: str) -> Certificate:
    found = certificate_for(user, number)
    if found.state != CertificateState.ISSUED:
        raise CertificateNotFound(number=number)
    return found


def _listed(one: Any) -> Answer:
    """Return the answer for a row of `with_status`, without asking the database again."""
    status = selectors.Status(one.status)
    return answer_for(one, status, one.superseded_by if status is selectors.Status.SUPERSEDED else None)


def _status(one: Certificate, answer: Answer) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "status": str(answer.status),
        "text": f"{answer.word} {answer.text}",
        "issued_on": one.issued_on,
        "valid_until": one.valid_until,
        "superseded_by": answer.successor.number if answer.successor else "",
        "pdf_sha256": one.pdf_sha256,
        "xml_sha256": one.xml_sha256,
    }


def _out(one: Certificate, answer: Answer) -> dict[str, Any]:
    own = ("institute", "state", "issued_at", "withdrawn_at", "withdrawal_reason", "is_demo")
    return (
        _status(one, answer)
        | {name: getattr(one, name) for name in own}
        | {
            "instrument_id": str(one.instrument.public_id),
            "instrument": one.instrument.name,
            "serial_no": one.instrument.serial_no,
            "supersedes": one.supersedes.number if one.supersedes else "",
        }
    )


def _full(one: Certificate) -> dict[str, Any]:
    return _out(one, answer_of(one, clock.today())) | {"content": content_of(one).model_dump(mode="json")}
