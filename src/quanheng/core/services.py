"""Writes of the core app: units, people, roles.  Each is logged."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.enums import Role, UnitKind
from quanheng.core.errors import BadUnit, BadUser, LastAdministrator, NameTaken, UnitNotFound, UserNotFound
from quanheng.core.models import County, OrgUnit, RoleAssignment, UnitAlias, User
from quanheng.transparency.services import Personal, enqueue_leaf, erase_openings

# A leaf of the log must hold them all.
MAX_ALIASES, MAX_NAME_CHARACTERS = 50, 100

# Names and aliases stand in two tables, joining a group edits several units; administrators are
# counted over many rows.
_NAMES, _ROLES = "core.unit_names", "core.roles"


def acted_by(actor: User | None) -> dict[str, Personal]:
    """Return the personal part of a leaf that says who acted; empty where the system did."""
    return {} if actor is None else {"by": Personal(value=str(actor), person=actor.person)}


@transaction.atomic
def save_unit(
    *,
    actor: User | None,
    unit_id: int | None,
    revision: int,
    kind: UnitKind,
    name: str,
    code: str = "",
    aliases: Iterable[str] = (),
    is_active: bool = True,
    members: Iterable[int] | None = None,
    groups: Iterable[int] | None = None,
) -> OrgUnit:
    """Create (``unit_id`` None) or change a unit and its aliases.

    ``members`` are the ids of the units that a group stands for, ``groups`` those of the groups that
    a unit belongs to; None leaves them as they are.  Who joins or leaves counts as edited, on both
    sides: a form opened before must not undo it.

    Raises
    ------
    UnitNotFound, NameTaken
        No such unit, member or group; a name or alias that another unit bears.
    BadUnit
        A blank name; a county or a group that would become something else, or the reverse; members
        of what is no group, or a group within a group.
    StaleRevision
        Somebody saved the unit after it was shown to this person.
    """
    lock_for_transaction(_NAMES)
    county = County.objects.get()
    name, wanted = name.strip(), _cleaned(aliases, name.strip())
    if not name:
        raise BadUnit(reason=_("名称不能为空。"))
    if len(wanted) > MAX_ALIASES or any(len(one) > MAX_NAME_CHARACTERS for one in (name, *wanted)):
        raise BadUnit(
            reason=_("名称和别名每个不超过 %(characters)s 字，别名不超过 %(count)s 个。")
            % {"characters": MAX_NAME_CHARACTERS, "count": MAX_ALIASES}
        )
    if unit_id is None:
        unit = OrgUnit(kind=kind, parent_id=county.unit_id, position=OrgUnit.objects.count(), revision=0)
    else:
        unit = _locked_unit(unit_id, revision)
    _refuse_other_kind(unit, kind)
    _refuse_taken([name, *wanted], unit)
    unit.kind, unit.name, unit.code, unit.is_active = kind, name, code.strip(), is_active
    unit.revision += 1
    unit.save()
    unit.aliases.exclude(name__in=wanted).delete()
    for alias in wanted:
        UnitAlias.objects.get_or_create(unit=unit, name=alias)
    if members is not None:
        _set_members(unit, set(members))
    left_or_joined = [] if groups is None else _set_groups(unit, set(groups))
    for saved in (unit, *left_or_joined):
        _log_unit(saved, actor)
    return unit


def _refuse_other_kind(unit: OrgUnit, kind: UnitKind) -> None:
    is_new_county = unit.pk is None and kind == UnitKind.COUNTY
    if is_new_county or (unit.kind == UnitKind.COUNTY) != (kind == UnitKind.COUNTY):
        raise BadUnit(reason=_("县区只有一个，不能新增，也不能改为其他类型。"))
    if (unit.kind == UnitKind.GROUP) != (kind == UnitKind.GROUP):
        raise BadUnit(reason=_("统称和单位不能互相改换，请另外新建。"))


def _set_members(group: OrgUnit, wanted: set[int]) -> None:
    if wanted and group.kind != UnitKind.GROUP:
        raise BadUnit(reason=_("只有统称才有成员。"))
    units = _units_by_id(wanted)
    if any(unit.kind in {UnitKind.COUNTY, UnitKind.GROUP} for unit in units):
        raise BadUnit(reason=_("统称的成员只能是一个个单位，不能是县区或另一个统称。"))
    present = set(group.members.values_list("pk", flat=True))
    group.members.set(units)
    OrgUnit.objects.filter(pk__in=present ^ wanted).update(revision=F("revision") + 1)


def _set_groups(unit: OrgUnit, wanted: set[int]) -> list[OrgUnit]:
    """Let ``unit`` belong to exactly these groups; return those that it left or joined."""
    if wanted and unit.kind in {UnitKind.COUNTY, UnitKind.GROUP}:
        raise BadUnit(reason=_("统称的成员只能是一个个单位，不能是县区或另一个统称。"))
    groups = _units_by_id(wanted)
    if any(group.kind != UnitKind.GROUP for group in groups):
        raise BadUnit(reason=_("只有统称才有成员。"))
    present = set(unit.groups.values_list("pk", flat=True))
    unit.groups.set(groups)
    changed = OrgUnit.objects.filter(pk__in=present ^ wanted)
    changed.update(revision=F("revision") + 1)
    return list(changed)


def _units_by_id(ids: set[int]) -> list[OrgUnit]:
    units = list(OrgUnit.objects.filter(pk__in=ids))
    if missing := ids - {unit.pk for unit in units}:
        raise UnitNotFound(unit_id=min(missing))
    return units


def _log_unit(unit: OrgUnit, actor: User | None) -> None:
    data: dict[str, Any] = {
        "name": unit.name,
        "kind": str(unit.kind),
        "code": unit.code,
        "aliases": sorted(alias.name for alias in unit.aliases.all()),
        "active": unit.is_active,
    }
    if unit.kind == UnitKind.GROUP:
        data["members"] = [member.name for member in unit.members.all()]
    personal = dict(acted_by(actor))
    # The name of a business may be that of a sole trader; whoever may read the openings still reads it.
    if unit.kind == UnitKind.BUSINESS:
        for name in ("name", "aliases"):
            personal[name] = Personal(data.pop(name), f"unit:{unit.pk}")
    enqueue_leaf(kind="unit:saved", subject=f"unit:{unit.pk}", data=data, personal=personal)


@transaction.atomic
def add_alias(*, actor: User | None, unit_id: int, name: str) -> UnitAlias:
    """Let ``name`` mean this unit from now on; the answer to an unknown name in a document."""
    lock_for_transaction(_NAMES)
    unit = OrgUnit.objects.select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise UnitNotFound(unit_id=unit_id)
    name = name.strip()
    if not name:
        raise BadUnit(reason=_("别名不能为空。"))
    _refuse_taken([name], unit)
    alias, created = UnitAlias.objects.get_or_create(unit=unit, name=name)
    if created:
        unit.revision += 1
        unit.save(update_fields=["revision"])
        enqueue_leaf(
            kind="unit:alias_added",
            subject=f"unit:{unit.pk}",
            data={"name": unit.name, "alias": name},
            personal=acted_by(actor),
        )
    return alias


def _cleaned(aliases: Iterable[str], name: str) -> list[str]:
    return sorted({alias.strip() for alias in aliases} - {"", name})


def _locked_unit(unit_id: int, revision: int) -> OrgUnit:
    unit = OrgUnit.objects.select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise UnitNotFound(unit_id=unit_id)
    if unit.revision != revision:
        raise StaleRevision(yours=revision, present=unit.revision)
    return unit


def _refuse_taken(names: list[str], unit: OrgUnit) -> None:
    for holder in OrgUnit.objects.filter(name__in=names).exclude(pk=unit.pk):
        raise NameTaken(name=holder.name, holder=holder.name)
    for alias in UnitAlias.objects.filter(name__in=names).exclude(unit_id=unit.pk).select_related("unit"):
        raise NameTaken(name=alias.name, holder=alias.unit.name)


@transaction.atomic
def create_user(
    *, actor: User | None, username: str, display_name: str, password: str, is_demo: bool = False
) -> User:
    """Create a person who can sign in, without any role yet.

    Raises
    ------
    BadUser
        A blank or taken name, or a password that the rules refuse.
    """
    username, display_name = username.strip(), display_name.strip()
    if not username or not display_name:
        raise BadUser(reason=_("用户名和姓名都不能为空。"))
    user = User(username=username, display_name=display_name, is_demo=is_demo)
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise BadUser(reason="".join(error.messages)) from error
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise BadUser(reason=_("用户名已被使用。")) from error
    _log_user("user:created", user, actor, name=Personal(display_name, user.person))
    return user


@transaction.atomic
def set_roles(
    *,
    actor: User | None,
    public_id: UUID,
    revision: int,
    roles: Iterable[tuple[Role, int]],
    is_active: bool = True,
) -> User:
    """Give a person exactly these roles, each for a unit (by id), and switch the account on or off.

    Raises
    ------
    UserNotFound, UnitNotFound, StaleRevision
        No such person or unit; somebody saved the person meanwhile.
    BadUser
        An erased person.
    LastAdministrator
        The change would leave nobody to administer the installation.
    """
    lock_for_transaction(_ROLES)
    user = _locked_user(public_id, revision)
    _refuse_erased(user)
    wanted = set(roles)
    found = set(OrgUnit.objects.filter(pk__in={unit for _, unit in wanted}).values_list("pk", flat=True))
    if missing := {unit for _, unit in wanted} - found:
        raise UnitNotFound(unit_id=min(missing))
    user.assignments.all().delete()
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, role=role, unit_id=unit) for role, unit in sorted(wanted)
    )
    user.is_active = is_active
    user.revision += 1
    user.save(update_fields=["is_active", "revision"])
    if not is_active:
        _end_sessions(user)
    _refuse_without_administrator()
    _log_user(
        "user:roles_set",
        user,
        actor,
        roles=[f"{role}@{unit}" for role, unit in sorted(wanted)],
        active=is_active,
    )
    return user


@transaction.atomic
def reset_password(
    *,
    actor: User | None,
    public_id: UUID,
    revision: int,
    password: str,
    remove_second_factor: bool = False,
) -> User:
    """Give a person who forgot theirs another password, and take a lost second factor away.

    All sessions of the person end: each carries a digest of the password that it began with.

    Raises
    ------
    UserNotFound, StaleRevision
        No such person; somebody saved the person meanwhile.
    BadUser
        An erased person; oneself, who must know the old password (a session left open in an office
        must not be enough to take the account over); a password that the rules refuse.
    """
    user = _locked_user(public_id, revision)
    _refuse_erased(user)
    if actor is not None and actor.pk == user.pk:
        raise BadUser(reason=_("自己的密码请在“我的账户”中凭原密码修改。"))
    _set_password(user, password)
    user.revision += 1
    user.save(update_fields=["password", "revision"])
    if remove_second_factor:
        Authenticator.objects.filter(user=user).delete()
    _log_user("user:password_reset", user, actor, second_factor_removed=remove_second_factor)
    return user


@transaction.atomic
def erase_person(*, actor: User | None, public_id: UUID, revision: int, reason: str) -> User:
    """Remove a person from the records: name, account and the openings of their commitments.

    The row stays, empty, because facts point at it; the log stays provable, because it holds
    only commitments.

    Raises
    ------
    UserNotFound, StaleRevision
        No such person; somebody saved the person meanwhile.
    BadUser
        An erased person; no reason given; oneself, whose name the leaf of the erasure would keep.
    LastAdministrator
        Nobody would be left to administer the installation.
    """
    lock_for_transaction(_ROLES)
    user = _locked_user(public_id, revision)
    _refuse_erased(user)
    if not reason.strip():
        raise BadUser(reason=_("请写明删除个人信息的理由。"))
    if actor is not None and actor.pk == user.pk:
        raise BadUser(reason=_("自己的个人信息请由另一名系统管理员删除。"))
    _remove_traces(user)
    user.assignments.all().delete()
    user.username, user.display_name = f"erased-{secrets.token_hex(8)}", "已删除人员"
    user.first_name = user.last_name = user.email = ""
    user.is_active, user.last_login = False, None
    user.erased_at = clock.now()
    user.set_unusable_password()
    user.revision += 1
    user.save()
    _refuse_without_administrator()
    opened = erase_openings(person=user.person)
    # The reason often names the person: whoever wrote it answers for it, the log keeps a commitment.
    given = {} if actor is None else {"reason": Personal(reason.strip(), actor.person)}
    _log_user("user:erased", user, actor, openings=opened, **given)
    return user


def _remove_traces(user: User) -> None:
    """Delete what other apps keep of a person's signing in."""
    Authenticator.objects.filter(user=user).delete()
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(username__iexact=user.username).delete()
    _end_sessions(user)


def _end_sessions(user: User) -> None:
    own = [key.pk for key in Session.objects.all() if key.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=own).delete()


def _refuse_erased(user: User) -> None:
    if user.erased_at is not None:
        raise BadUser(reason=_("此人的个人信息已删除，账户不能再用。"))


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadUser(reason="".join(error.messages)) from error
    user.set_password(password)


def _locked_user(public_id: UUID, revision: int) -> User:
    user = User.objects.select_for_update().filter(public_id=public_id).first()
    if user is None:
        raise UserNotFound(public_id=str(public_id))
    if user.revision != revision:
        raise StaleRevision(yours=revision, present=user.revision)
    return user


def _refuse_without_administrator() -> None:
    """Refuse a change after which nobody administers.  The caller holds the lock ``_ROLES``."""
    administrators = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    # Nobody to protect before the first administrator exists.
    if not administrators.exists() and RoleAssignment.objects.exists():
        raise LastAdministrator()


def _log_user(kind: str, user: User, actor: User | None, **data: Any) -> None:
    personal = acted_by(actor) | {key: value for key, value in data.items() if isinstance(value, Personal)}
    plain = {key: value for key, value in data.items() if not isinstance(value, Personal)}
    enqueue_leaf(kind=kind, subject=user.person, data=plain, personal=personal)
