"""Evidence: files that show what a unit did for a task; filed, read, withdrawn, never edited."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from quanheng.taskboard import selectors
from quanheng.taskboard.models import Evidence
from quanheng.taskboard.services.evidence import file_evidence, withdraw_evidence
from quanheng.web.api.schemas import Key, Paged, Problem, Slice, Words, page_of, reads, sends_file, writes
from quanheng.web.api.uploads import content_of, name_of
from quanheng.web.auth import require_permission
from quanheng.web.downloads import evidence_response

router = Router(tags=["evidence"])


class EvidenceOut(Schema):
    public_id: UUID
    task_id: UUID
    unit_id: int
    unit: str
    happened_on: date
    file_name: str
    file_size: int
    file_sha256: str
    filed_by: str
    filed_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str
    is_demo: bool

    @staticmethod
    def resolve_task_id(evidence: Evidence) -> UUID:
        return evidence.task.public_id

    @staticmethod
    def resolve_unit(evidence: Evidence) -> str:
        return evidence.unit.name

    @staticmethod
    def resolve_filed_by(evidence: Evidence) -> str:
        return str(evidence.filed_by)


class EvidenceIn(Schema):
    unit_id: Key
    happened_on: date


class ReasonIn(Schema):
    reason: Words


@router.get("/tasks/{uuid:task_id}/evidence", response=reads(Paged[EvidenceOut]), summary="任务的佐证材料")
def list_evidence(request: HttpRequest, task_id: UUID, part: Query[Slice]) -> dict[str, Any]:
    user = require_permission(request, "taskboard.view")
    task = selectors.task_for(user, task_id)
    return page_of(selectors.evidence_visible(user, [task]), part)


@router.post("/tasks/{uuid:task_id}/evidence", response=writes(EvidenceOut, 201), summary="提交佐证材料")
def upload_evidence(
    request: HttpRequest, task_id: UUID, body: Form[EvidenceIn], file: File[UploadedFile]
) -> Status[Evidence]:
    actor = require_permission(request, "taskboard.add_evidence")
    selectors.task_for(actor, task_id)
    filed = file_evidence(
        actor=actor,
        task_id=task_id,
        unit_id=body.unit_id,
        happened_on=body.happened_on,
        data=content_of(file),
        filename=name_of(file),
    )
    return Status(201, filed)


@router.get("/evidence/{uuid:public_id}", response=reads(EvidenceOut), summary="一份佐证材料")
def get_evidence(request: HttpRequest, public_id: UUID) -> Evidence:
    user = require_permission(request, "taskboard.view")
    return selectors.evidence_for(user, public_id)


@router.get(
    "/evidence/{uuid:public_id}/file",
    response=dict.fromkeys((401, 403, 404, 409, 422), Problem),
    openapi_extra=sends_file(),
    summary="下载佐证材料原件",
)
def download_evidence(request: HttpRequest, public_id: UUID) -> FileResponse:
    user = require_permission(request, "taskboard.view")
    return evidence_response(user, public_id)


@router.post("/evidence/{uuid:public_id}/withdraw", response=writes(EvidenceOut), summary="撤回佐证材料")
def withdraw(request: HttpRequest, public_id: UUID, body: ReasonIn) -> Evidence:
    actor = require_permission(request, "taskboard.add_evidence")
    return withdraw_evidence(actor=actor, public_id=public_id, reason=body.reason)
