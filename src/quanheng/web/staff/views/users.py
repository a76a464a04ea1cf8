"""People: accounts, the roles they hold for units, and erasing a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import StaleRevision
from quanheng.core.enums import Role, UnitKind
from quanheng.core.errors import UserNotFound
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.core.services import create_user, reset_password, set_roles
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import Opening
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import Heading, page_of, query_of, sort_heading, words
from quanheng.web.staff.common import Difference, attempt, form_status, retyped
from quanheng.web.staff.forms import EraseForm, NewUserForm, PasswordForm, RoleFormSet, UserForm, unit_choices
from quanheng.web.staff.history import events_about
from quanheng.web.words import yes_or_no

SORTS = {"name": "display_name", "username": "username", "login": "last_login"}


@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """All people with their roles."""
    require_permission(request, "core.view_users")
    named = RoleAssignment.objects.select_related("unit")
    every = User.objects.prefetch_related(Prefetch("assignments", named)).order_by("pk")
    rows = _filtered(request, every)
    if column := SORTS.get(request.GET.get("sort", "")):
        rows = rows.order_by(f"-{column}" if request.GET.get("dir") == "down" else column)
    without = every.filter(is_active=True, assignments=None).count()
    roles = [(role.value, str(role.label), None) for role in Role]
    context = {
        "page": page_of(request, rows),
        "query": query_of(request),
        "active": every.filter(is_active=True).count(),
        "without": without,
        "filters": [
            words(request, "role", _("岗位"), [*roles, ("none", _("没有岗位"), without)]),
            words(request, "state", _("状态"), [("on", _("在用"), None), ("off", _("停用"), None)]),
        ],
        "headings": [
            sort_heading(request, "name", _("姓名")),
            sort_heading(request, "username", _("用户名")),
            Heading(_("岗位")),
            sort_heading(request, "login", _("上次登录")),
            Heading(_("状态")),
        ],
        "can_change": holds(request, "core.change_users"),
    }
    return render(request, "staff/users.html", context)


def _filtered(request: HttpRequest, rows: QuerySet[User]) -> QuerySet[User]:
    role, state = request.GET.get("role"), request.GET.get("state")
    if role == "none":
        rows = rows.filter(is_active=True, assignments=None)
    elif role:
        rows = rows.filter(assignments__role=role).distinct()
    return rows.filter(is_active=state == "on") if state in {"on", "off"} else rows


@require_http_methods(["GET", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """Make an account; the roles come on its own page."""
    actor = require_permission(request, "core.change_users")
    form = NewUserForm(request.POST or None)
    refusal = None
    if form.is_valid():
        user, refusal = attempt(lambda: create_user(actor=actor, **form.cleaned_data))
        if user is not None:
            messages.success(request, _("账户已建立。请设定岗位，否则登录后看不到任何内容。"))
            return redirect("staff:user_edit", public_id=user.public_id)
    context = {"form": form, "refusal": refusal}
    return render(request, "staff/user_new.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def user_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A person, the roles, and whether the account is on."""
    actor = require_permission(request, "core.view_users")
    user = _user(public_id)
    form = UserForm(initial={"revision": user.revision, "is_active": user.is_active})
    roles = _role_forms(user)
    refusal, differences = None, []
    if request.method == "POST":
        require_permission(request, "core.change_users")
        form, roles = UserForm(request.POST), RoleFormSet(request.POST, form_kwargs=_offered())
        if form.is_valid() and roles.is_valid():
            fields = form.cleaned_data | {"roles": _chosen(roles)}
            saved, refusal = attempt(lambda: set_roles(actor=actor, public_id=public_id, **fields))
            if saved is not None:
                messages.success(request, _("用户已保存。"))
                return redirect("staff:user_edit", public_id=public_id)
            if isinstance(refusal, StaleRevision):
                user = _user(public_id)
                differences = _differences(user, roles, is_active=form.cleaned_data["is_active"])
                form = UserForm(retyped(request, user.revision))
    context = {
        "person": user,
        "assignments": user.assignments.select_related("unit"),
        "form": form,
        "roles": roles,
        "refusal": refusal,
        "differences": differences,
        "can_change": holds(request, "core.change_users") and user.erased_at is None,
        "is_me": user.pk == actor.pk,
        "events": events_about([user.person], with_names=holds(request, "transparency.view_openings")),
    }
    return render(request, "staff/user_edit.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def user_erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what erasing does and to how much, ask why, do it."""
    actor = require_permission(request, "core.change_users")
    user = _user(public_id)
    form = EraseForm(request.POST or None, initial={"revision": user.revision})
    refusal = None
    if form.is_valid():
        erased, refusal = attempt(
            lambda: erase_person_everywhere(actor=actor, public_id=public_id, **form.cleaned_data)
        )
        if erased is not None:
            messages.success(request, _("个人信息已删除，日志中的记录仍可核验。"))
            return redirect("staff:user_edit", public_id=public_id)
        if isinstance(refusal, StaleRevision):
            user = _user(public_id)
            form = EraseForm(retyped(request, user.revision))
    context = {
        "person": user,
        "form": form,
        "refusal": refusal,
        "openings": Opening.objects.filter(person=user.person).count(),
        "role_count": user.assignments.count(),
    }
    return render(request, "staff/user_erase.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def user_password(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what a new password does, take it, and end the person's sessions."""
    actor = require_permission(request, "core.change_users")
    user = _user(public_id)
    form = PasswordForm(request.POST or None, initial={"revision": user.revision})
    refusal = None
    if form.is_valid():
        reset, refusal = attempt(
            lambda: reset_password(actor=actor, public_id=public_id, **form.cleaned_data)
        )
        if reset is not None:
            messages.success(request, _("密码已重设，此人需要用新密码重新登录。"))
            return redirect("staff:user_edit", public_id=public_id)
        if isinstance(refusal, StaleRevision):
            form = PasswordForm(retyped(request, _user(public_id).revision))
    context = {
        "person": user,
        "form": form,
        "refusal": refusal,
        "has_second_factor": Authenticator.objects.filter(user=user).exists(),
    }
    return render(request, "staff/user_password.html", context, status=form_status(request, refusal))


def _user(public_id: UUID) -> User:
    user = User.objects.filter(public_id=public_id).first()
    if user is None:
        raise UserNotFound(public_id=str(public_id))
    return user


def _offered() -> dict[str, Any]:
    units = OrgUnit.objects.filter(is_active=True).exclude(kind=UnitKind.GROUP)
    return {"units": unit_choices(units)}


def _role_forms(user: User) -> Any:
    initial = [{"role": item.role, "unit": item.unit_id} for item in user.assignments.all()]
    return RoleFormSet(initial=initial, form_kwargs=_offered())


def _chosen(roles: Any) -> list[tuple[Role, int]]:
    return [
        (Role(form.cleaned_data["role"]), form.cleaned_data["unit"])
        for form in roles
        if form.cleaned_data.get("role")
    ]


def _differences(user: User, roles: Any, *, is_active: bool) -> list[Difference]:
    names = dict(OrgUnit.objects.values_list("pk", "name"))
    present = {(Role(item.role), item.unit_id) for item in user.assignments.all()}
    yours = set(_chosen(roles))

    def said(pairs: set[tuple[Role, int]]) -> str:
        return "；".join(f"{role.label}：{names.get(unit, '')}" for role, unit in sorted(pairs)) or _(
            "没有岗位"
        )

    differences = [Difference(_("岗位"), said(present), said(yours))] if present != yours else []
    if user.is_active != is_active:
        differences.append(Difference(_("可以登录"), yes_or_no(user.is_active), yes_or_no(is_active)))
    return differences
