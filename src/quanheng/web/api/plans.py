"""Plans, their tasks with computed status, versions, and drafts waiting for adoption."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from quanheng.kernels.policy import diff_plans, plan_from_dict
from quanheng.taskboard import selectors
from quanheng.taskboard.errors import PlanNotFound
from quanheng.taskboard.models import Plan, PlanVersion
from quanheng.taskboard.services.plans import adopt_version, discard_draft, receive_document
from quanheng.web.api.policy import CompiledOut
from quanheng.web.api.schemas import Paged, Slice, page_of, reads, writes
from quanheng.web.api.uploads import content_of, name_of
from quanheng.web.auth import require_permission, require_whole

router = Router(tags=["plans"])


class PlanOut(Schema):
    public_id: UUID
    title: str
    doc_number: str
    issued_on: date | None
    version: int | None = Field(description="现行版本的序号")
    version_id: UUID | None
    is_demo: bool

    @staticmethod
    def resolve_version(plan: Plan) -> int | None:
        return plan.current.number if plan.current else None

    @staticmethod
    def resolve_version_id(plan: Plan) -> UUID | None:
        return plan.current.public_id if plan.current else None


class VersionOut(Schema):
    public_id: UUID
    plan_id: UUID | None = Field(description="采用前没有所属规划")
    number: int | None
    title: str | None
    source_name: str
    source_sha256: str
    tasks: int
    findings: int
    received_at: datetime
    received_by: str | None
    adopted_at: datetime | None
    adopted_by: str | None

    @staticmethod
    def resolve_plan_id(version: PlanVersion) -> UUID | None:
        return version.plan.public_id if version.plan else None

    @staticmethod
    def resolve_title(version: PlanVersion) -> str | None:
        title: str | None = version.compiled["title"]
        return title

    @staticmethod
    def resolve_tasks(version: PlanVersion) -> int:
        return len(version.compiled["items"])

    @staticmethod
    def resolve_findings(version: PlanVersion) -> int:
        return len(version.compiled["findings"])

    @staticmethod
    def resolve_received_by(version: PlanVersion) -> str | None:
        return str(version.received_by) if version.received_by else None

    @staticmethod
    def resolve_adopted_by(version: PlanVersion) -> str | None:
        return str(version.adopted_by) if version.adopted_by else None


class VersionDetailOut(VersionOut):
    compiled: CompiledOut


class ChangeOut(Schema):
    code: str
    label: str
    text: str
    data: dict[str, Any]


@router.get("/plans", response=reads(Paged[PlanOut]), summary="已采用的规划")
def list_plans(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    require_permission(request, "taskboard.view")
    return page_of(Plan.objects.filter(current__isnull=False).select_related("current"), part)


@router.get("/plans/current", response=reads(PlanOut), summary="看板首先显示的规划")
def get_current_plan(request: HttpRequest) -> Plan:
    require_permission(request, "taskboard.view")
    plan = selectors.current_plan()
    if plan is None:
        raise PlanNotFound()
    return plan


@router.get("/plans/{uuid:public_id}", response=reads(PlanOut), summary="一份规划")
def get_plan(request: HttpRequest, public_id: UUID) -> Plan:
    require_permission(request, "taskboard.view")
    return selectors.plan_by_id(public_id)


@router.get("/plans/{uuid:public_id}/versions", response=reads(Paged[VersionOut]), summary="规划的各个版本")
def list_versions(request: HttpRequest, public_id: UUID, part: Query[Slice]) -> dict[str, Any]:
    require_permission(request, "taskboard.view")
    plan = selectors.plan_by_id(public_id)
    return page_of(_with_people(plan.versions.all()), part)


@router.get("/versions/{uuid:public_id}", response=reads(VersionDetailOut), summary="一个版本的编译结果")
def get_version(request: HttpRequest, public_id: UUID) -> PlanVersion:
    return _readable_version(request, public_id)


@router.get(
    "/versions/{uuid:public_id}/changes", response=reads(list[ChangeOut]), summary="与另一版本相比的变化"
)
def list_changes(request: HttpRequest, public_id: UUID, since: UUID) -> list[Any]:
    after = _readable_version(request, public_id)
    before = _readable_version(request, since)
    return list(diff_plans(plan_from_dict(before.compiled), plan_from_dict(after.compiled)))


@router.get("/drafts", response=reads(Paged[VersionOut]), summary="待采用的文件")
def list_drafts(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    require_whole(request, "taskboard.view")
    return page_of(_with_people(selectors.drafts()), part)


@router.post("/drafts", response=writes(VersionOut, 201), summary="上传规划文件，编译为草稿")
def upload_draft(request: HttpRequest, file: File[UploadedFile]) -> Status[PlanVersion]:
    actor = require_permission(request, "taskboard.adopt_plan")
    return Status(201, receive_document(actor=actor, data=content_of(file), filename=name_of(file)))


@router.post("/drafts/{uuid:public_id}/adopt", response=writes(PlanOut), summary="采用草稿为现行版本")
def adopt_draft(request: HttpRequest, public_id: UUID, against: str | None = None) -> Plan:
    actor = require_permission(request, "taskboard.adopt_plan")
    return adopt_version(actor=actor, public_id=public_id, against=against)


@router.delete("/drafts/{uuid:public_id}", response=writes(None, 204), summary="删除草稿")
def delete_draft(request: HttpRequest, public_id: UUID) -> Status[None]:
    actor = require_permission(request, "taskboard.adopt_plan")
    discard_draft(actor=actor, public_id=public_id)
    return Status(204, None)


def _readable_version(request: HttpRequest, public_id: UUID) -> PlanVersion:
    """Return a version that this person may read: an adopted one, or any for who sees the whole county."""
    require_permission(request, "taskboard.view")
    version = selectors.version_by_id(public_id)
    if version.adopted_at is None:
        require_whole(request, "taskboard.view")
    return version


def _with_people(versions: QuerySet[PlanVersion]) -> QuerySet[PlanVersion]:
    return versions.select_related("plan", "received_by", "adopted_by")
