"""Makers that verify their own meters, for their programs: authorisations, factory data sent, what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field, StringConstraints

from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.manufacturers.selectors import authorisation_for, authorisations_visible, range_use, upload_for
from quanheng.manufacturers.services.uploads import SentFile, receive_factory_file
from quanheng.web.api.schemas import Paged, Slice, UnitNameOut, page_of, reads, writes
from quanheng.web.api.uploads import content_of, name_of
from quanheng.web.auth import require_permission

router = Router(tags=["manufacturers"])

_VIEW, _UPLOAD = "manufacturers.view", "manufacturers.upload"
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]


class MarkRangeOut(Schema):
    first: str
    last: str
    used: int
    left: int


class ManufacturerOut(Schema):
    public_id: UUID
    unit: UnitNameOut
    number: str
    state: AuthorisationState
    valid_from: date
    valid_until: date
    types: list[dict[str, Any]]
    ranges: list[MarkRangeOut]
    is_demo: bool

    @staticmethod
    def resolve_ranges(row: Authorisation) -> list[dict[str, Any]]:
        return [
            {
                "first": one.marks.mark(one.marks.first),
                "last": one.marks.mark(one.marks.last),
                "used": one.used,
                "left": one.left,
            }
            for one in range_use(row)
        ]


class FaultOut(Schema):
    row: int = Field(description="文件中的行，第一行是列名")
    column: str
    reason: str


class FactoryUploadOut(Schema):
    public_id: UUID
    is_accepted: bool = Field(description="false：一处有误，整份没有收下")
    lot_id: UUID | None
    lot_number: str
    kind: str
    model: str
    rows: int
    unmarked: int
    fault_count: int
    faults: list[FaultOut] = Field(description="前 500 处")
    file_name: str
    sha256: str
    sent_at: datetime

    @staticmethod
    def resolve_is_accepted(upload: FactoryUpload) -> bool:
        return upload.lot is not None

    @staticmethod
    def resolve_lot_id(upload: FactoryUpload) -> UUID | None:
        return upload.lot.public_id if upload.lot else None


class FactoryUploadIn(Schema):
    lot_number: Number
    model: Name


@router.get("/manufacturers", response=reads(Paged[ManufacturerOut]), summary="授权的制造企业")
def list_manufacturers(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    return page_of(authorisations_visible(require_permission(request, _VIEW)), part)


@router.get(
    "/manufacturers/{uuid:public_id}",
    response=reads(ManufacturerOut),
    summary="一个制造企业的授权和剩余的标记",
)
def get_manufacturer(request: HttpRequest, public_id: UUID) -> Authorisation:
    return authorisation_for(require_permission(request, _VIEW), public_id)


@router.post(
    "/manufacturers/{uuid:public_id}/uploads",
    response=writes(FactoryUploadOut, 201),
    summary="上传一批出厂数据（CSV 或 Excel）；同一份文件重复上传，回答是同一批",
)
def upload_factory_data(
    request: HttpRequest, public_id: UUID, body: Form[FactoryUploadIn], file: File[UploadedFile]
) -> Status[FactoryUpload]:
    actor = require_permission(request, _UPLOAD)
    authorisation_for(actor, public_id)
    sent = SentFile(lot_number=body.lot_number, model=body.model, name=name_of(file), data=content_of(file))
    return Status(201, receive_factory_file(actor=actor, public_id=public_id, file=sent))


@router.get(
    "/factory-data/{uuid:public_id}", response=reads(FactoryUploadOut), summary="一份出厂数据和它的错误"
)
def get_factory_data(request: HttpRequest, public_id: UUID) -> FactoryUpload:
    return upload_for(require_permission(request, _VIEW), public_id)
