"""The county day: what its steps found, and the button that asks for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from quanheng.taskboard.enums import DayState
from quanheng.taskboard.errors import DayNotFound
from quanheng.taskboard.jobs import ask_for_day
from quanheng.taskboard.models import DayRun
from quanheng.web.api.schemas import Paged, Slice, page_of, reads, writes
from quanheng.web.auth import require_permission

router = Router(tags=["day"])


class LineOut(Schema):
    text: str
    command: str
    is_ok: bool


class StepOut(Schema):
    name: str
    lines: list[LineOut]


class DayOut(Schema):
    public_id: UUID
    state: DayState
    state_label: str
    started_at: datetime
    finished_at: datetime | None
    steps_total: int
    steps: list[StepOut]

    @staticmethod
    def resolve_state_label(day: DayRun) -> str:
        return day.get_state_display()


@router.get("/days", response=reads(Paged[DayOut]), summary="县区日记录")
def list_days(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    require_permission(request, "taskboard.view_day")
    return page_of(DayRun.objects.all(), part)


@router.get("/days/{uuid:public_id}", response=reads(DayOut), summary="一次县区日")
def get_day(request: HttpRequest, public_id: UUID) -> DayRun:
    require_permission(request, "taskboard.view_day")
    day = DayRun.objects.filter(public_id=public_id).first()
    if day is None:
        raise DayNotFound(public_id=str(public_id))
    return day


@router.post("/days", response=writes(DayOut, 202), summary="安排一次县区日")
def post_day(request: HttpRequest) -> Status[DayRun]:
    actor = require_permission(request, "taskboard.run_day")
    return Status(202, ask_for_day(actor=actor))
