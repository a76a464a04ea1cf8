"""People who sign in, their roles, and their erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from quanheng.core.enums import Role
from quanheng.core.errors import UserNotFound
from quanheng.core.models import RoleAssignment, User
from quanheng.core.services import create_user, reset_password, set_roles
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.web.api.schemas import Key, Paged, Revision, Slice, Words, page_of, reads, writes
from quanheng.web.auth import require_permission

router = Router(tags=["users"])

Short = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00]*$")]


class RoleOut(Schema):
    role: Role
    role_label: str
    unit_id: int
    unit: str

    @staticmethod
    def resolve_role_label(assignment: RoleAssignment) -> str:
        return assignment.get_role_display()

    @staticmethod
    def resolve_unit(assignment: RoleAssignment) -> str:
        return assignment.unit.name


class UserOut(Schema):
    public_id: UUID
    username: str
    display_name: str
    is_active: bool
    is_demo: bool
    erased_at: datetime | None
    roles: list[RoleOut]
    revision: int

    @staticmethod
    def resolve_roles(user: User) -> list[RoleAssignment]:
        return list(user.assignments.all())


class UserIn(Schema):
    username: Short
    display_name: Short
    password: str = Field(min_length=1, max_length=128)


class RoleIn(Schema):
    role: Role
    unit_id: Key


class RolesIn(Schema):
    revision: Revision
    roles: list[RoleIn] = Field(max_length=50)
    is_active: bool = True


class EraseIn(Schema):
    revision: Revision
    reason: Words


class PasswordIn(Schema):
    revision: Revision
    password: str = Field(min_length=1, max_length=128)
    remove_second_factor: bool = Field(False, description="验证器丢失时，同时取消两步验证")


@router.get("/users", response=reads(Paged[UserOut]), summary="用户")
def list_users(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    require_permission(request, "core.view_users")
    return page_of(_with_roles().order_by("pk"), part)


@router.get("/users/{uuid:public_id}", response=reads(UserOut), summary="一个用户")
def get_user(request: HttpRequest, public_id: UUID) -> User:
    require_permission(request, "core.view_users")
    user = _with_roles().filter(public_id=public_id).first()
    if user is None:
        raise UserNotFound(public_id=str(public_id))
    return user


@router.post("/users", response=writes(UserOut, 201), summary="新建用户，尚无岗位")
def post_user(request: HttpRequest, body: UserIn) -> Status[User]:
    actor = require_permission(request, "core.change_users")
    return Status(201, create_user(actor=actor, **body.dict()))


@router.put("/users/{uuid:public_id}/roles", response=writes(UserOut), summary="设定用户的岗位，启用或停用")
def put_roles(request: HttpRequest, public_id: UUID, body: RolesIn) -> User:
    actor = require_permission(request, "core.change_users")
    roles = [(item.role, item.unit_id) for item in body.roles]
    return set_roles(
        actor=actor, public_id=public_id, revision=body.revision, roles=roles, is_active=body.is_active
    )


@router.post("/users/{uuid:public_id}/erase", response=writes(UserOut), summary="删除个人信息")
def erase_user(request: HttpRequest, public_id: UUID, body: EraseIn) -> User:
    actor = require_permission(request, "core.change_users")
    return erase_person_everywhere(
        actor=actor, public_id=public_id, revision=body.revision, reason=body.reason
    )


@router.post("/users/{uuid:public_id}/password", response=writes(UserOut), summary="重设忘记的密码")
def post_password(request: HttpRequest, public_id: UUID, body: PasswordIn) -> User:
    actor = require_permission(request, "core.change_users")
    return reset_password(actor=actor, public_id=public_id, **body.dict())


def _with_roles() -> QuerySet[User]:
    return User.objects.prefetch_related("assignments__unit")
