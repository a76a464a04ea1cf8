"""Organisational units and the other names by which documents call them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from quanheng.core.enums import UnitKind
from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit
from quanheng.core.services import add_alias, save_unit
from quanheng.web.api.schemas import (
    Key,
    KeyInPath,
    Name,
    Paged,
    Revision,
    Slice,
    UnitNameOut,
    page_of,
    reads,
    writes,
)
from quanheng.web.auth import require_permission

router = Router(tags=["units"])


class UnitOut(Schema):
    id: int
    kind: UnitKind
    kind_label: str
    name: str
    code: str
    aliases: list[str]
    members: list[UnitNameOut] = Field(description="统称所指的各单位")
    groups: list[UnitNameOut] = Field(description="所属的统称")
    is_active: bool
    revision: int

    @staticmethod
    def resolve_kind_label(unit: OrgUnit) -> str:
        return unit.get_kind_display()

    @staticmethod
    def resolve_aliases(unit: OrgUnit) -> list[str]:
        return [alias.name for alias in unit.aliases.all()]

    @staticmethod
    def resolve_members(unit: OrgUnit) -> list[OrgUnit]:
        return list(unit.members.all())

    @staticmethod
    def resolve_groups(unit: OrgUnit) -> list[OrgUnit]:
        return list(unit.groups.all())


class UnitIn(Schema):
    kind: UnitKind
    name: Name
    code: str = Field("", max_length=12, pattern=r"^[0-9A-Za-z]*$")
    aliases: list[Name] = Field([], max_length=50)
    is_active: bool = True
    members: list[Key] | None = Field(None, max_length=1000, description="统称的成员；null 为不变")
    groups: list[Key] | None = Field(None, max_length=100, description="加入的统称；null 为不变")


class UnitChangeIn(UnitIn):
    revision: Revision


class AliasIn(Schema):
    name: Name


class UnitFilter(Slice):
    kind: UnitKind | None = None


@router.get("/units", response=reads(Paged[UnitOut]), summary="单位名录")
def list_units(request: HttpRequest, wanted: Query[UnitFilter]) -> dict[str, Any]:
    require_permission(request, "core.view_units")
    units = OrgUnit.objects.prefetch_related("aliases", "members", "groups")
    return page_of(units.filter(kind=wanted.kind) if wanted.kind else units, wanted)


@router.get("/units/{unit_id}", response=reads(UnitOut), summary="一个单位")
def get_unit(request: HttpRequest, unit_id: KeyInPath) -> OrgUnit:
    require_permission(request, "core.view_units")
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise UnitNotFound(unit_id=unit_id)
    return unit


@router.post("/units", response=writes(UnitOut, 201), summary="新增单位")
def create_unit(request: HttpRequest, body: UnitIn) -> Status[OrgUnit]:
    actor = require_permission(request, "core.change_units")
    return Status(201, save_unit(actor=actor, unit_id=None, revision=0, **body.dict()))


@router.put("/units/{unit_id}", response=writes(UnitOut), summary="修改单位")
def change_unit(request: HttpRequest, unit_id: KeyInPath, body: UnitChangeIn) -> OrgUnit:
    actor = require_permission(request, "core.change_units")
    return save_unit(actor=actor, unit_id=unit_id, **body.dict())


@router.post("/units/{unit_id}/aliases", response=writes(UnitOut, 201), summary="为单位增加别名")
def create_alias(request: HttpRequest, unit_id: KeyInPath, body: AliasIn) -> Status[OrgUnit]:
    actor = require_permission(request, "core.change_units")
    return Status(201, add_alias(actor=actor, unit_id=unit_id, name=body.name).unit)
