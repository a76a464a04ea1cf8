"""The policy compiler over HTTP: a document in, its tasks and findings out, nothing kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from quanheng.taskboard.compiling import compile_for_county
from quanheng.web.api.schemas import reads
from quanheng.web.api.uploads import content_of, name_of
from quanheng.web.auth import require_permission

router = Router(tags=["policy"])


class CompiledOut(Schema):
    """A compiled plan: the JSON of ``quanheng plan compile --json``, field by field."""

    title: str | None
    doc_number: str | None
    issued_on: str | None
    goals: list[dict[str, Any]]
    items: list[dict[str, Any]]
    annex: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    departments: list[dict[str, Any]]
    source: dict[str, Any]


@router.post("/policy/compile", response=reads(CompiledOut), summary="编译规划文件，不保存")
def compile_policy(request: HttpRequest, file: File[UploadedFile]) -> dict[str, Any]:
    require_permission(request, "taskboard.view")
    return compile_for_county(content_of(file), filename=name_of(file)).to_dict()
