from __future__ import annotations

import json
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client

from quanheng.base.errors import StaleRevision
from quanheng.core.enums import Role, UnitKind
from quanheng.core.errors import BadUnit, BadUser, LastAdministrator, NameTaken, UnitNotFound, UserNotFound
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.core.permissions import PERMISSIONS, permissions_of, scope_of
from quanheng.core.services import add_alias, create_user, erase_person, save_unit, set_roles
from quanheng.kernels.canonical import opens
from quanheng.transparency.models import Opening, PendingLeaf

pytestmark = pytest.mark.django_db


def _save(name: str, *, unit_id: int | None = None, revision: int = 1, **changes: object) -> OrgUnit:
    fields = {"kind": UnitKind.DEPARTMENT, "aliases": []} | changes
    return save_unit(actor=None, unit_id=unit_id, revision=revision, name=name, **fields)  # type: ignore[arg-type]


def test_a_unit_is_created_and_changed_and_each_is_logged(dachuan: object) -> None:
    unit = _save("区民政局", aliases=["民政局"])
    _save("区民政局", unit_id=unit.pk, revision=unit.revision, aliases=[])

    leaves = [
        json.loads(bytes(leaf.entry))["data"]["aliases"]
        for leaf in PendingLeaf.objects.filter(kind="unit:saved")
    ]
    assert leaves == [["民政局"], []]


def test_two_people_edit_one_unit_and_the_second_is_told(dachuan: object) -> None:
    unit = OrgUnit.objects.get(name="区财政局")
    _save("区财政局", unit_id=unit.pk, revision=1, code="first")
    with pytest.raises(StaleRevision):
        _save("区财政局", unit_id=unit.pk, revision=1, code="second")

    unit.refresh_from_db()
    assert unit.code == "first"


@pytest.mark.parametrize("name", ["区市场监管局", "区市场监督管理局"])
def test_a_name_or_alias_of_another_unit_is_refused(dachuan: object, name: str) -> None:
    with pytest.raises(NameTaken, match="区市场监管局"):
        _save(name)
    with pytest.raises(NameTaken):
        add_alias(actor=None, unit_id=OrgUnit.objects.get(name="区财政局").pk, name=name)


def test_blank_names_unknown_units_and_a_second_county_are_refused(dachuan: object) -> None:
    with pytest.raises(BadUnit):
        _save("  ")
    with pytest.raises(BadUnit):
        _save("另一县", kind=UnitKind.COUNTY)
    with pytest.raises(BadUnit, match="别名"):
        _save("区民政局", aliases=[f"别名{number}" for number in range(51)])
    with pytest.raises(BadUnit, match="100"):
        _save("长" * 101)
    with pytest.raises(UnitNotFound):
        _save("甲", unit_id=10**6)
    with pytest.raises(UnitNotFound):
        add_alias(actor=None, unit_id=10**6, name="甲")


@pytest.mark.parametrize(
    ("username", "password"),
    [("", "long-enough-1234"), ("新 人", "long-enough-1234"), ("new", "short"), ("new", "1234567890")],
)
def test_a_bad_name_or_password_is_refused(dachuan: object, username: str, password: str) -> None:
    with pytest.raises(BadUser):
        create_user(actor=None, username=username, display_name="新人", password=password)


def test_a_username_is_given_once(people: dict[str, User]) -> None:
    with pytest.raises(BadUser, match="已被使用"):
        create_user(actor=None, username="officer", display_name="新人", password="long-enough-1234")


def test_a_username_is_given_once_in_any_case(people: dict[str, User]) -> None:
    with pytest.raises(BadUser, match="已被使用"):
        create_user(actor=None, username="Officer", display_name="新人", password="long-enough-1234")


def test_roles_are_set_exactly_and_a_stale_form_is_refused(people: dict[str, User]) -> None:
    clerk, town = people["clerk"], OrgUnit.objects.get(name="石桥镇")
    set_roles(
        actor=people["admin"], public_id=clerk.public_id, revision=1, roles=[(Role.TOWN_CLERK, town.pk)]
    )

    assert scope_of(clerk, "taskboard.view").unit_ids == {town.pk}
    with pytest.raises(StaleRevision):
        set_roles(actor=people["admin"], public_id=clerk.public_id, revision=1, roles=[])
    with pytest.raises(UserNotFound):
        set_roles(actor=people["admin"], public_id=uuid4(), revision=1, roles=[])
    with pytest.raises(UnitNotFound):
        set_roles(actor=None, public_id=clerk.public_id, revision=2, roles=[(Role.TOWN_CLERK, 10**6)])


def test_the_last_administrator_cannot_be_removed(people: dict[str, User]) -> None:
    admin = people["admin"]
    with pytest.raises(LastAdministrator):
        set_roles(actor=admin, public_id=admin.public_id, revision=1, roles=[])
    with pytest.raises(LastAdministrator):
        erase_person(actor=None, public_id=admin.public_id, revision=1, reason="离职")
    assert scope_of(admin, "core.change_users").is_all


def test_erasing_a_person_removes_the_openings_and_leaves_the_log_as_it_is(people: dict[str, User]) -> None:
    user = create_user(
        actor=people["admin"], username="gone", display_name="某人", password="long-enough-1234"
    )
    leaf = PendingLeaf.objects.get(kind="user:created", subject=user.person)
    digest = json.loads(bytes(leaf.entry))["data"]["name"]["commitment"]
    opening = Opening.objects.get(commitment=digest)
    assert opens(digest, bytes(opening.salt), "某人")

    erase_person(actor=people["admin"], public_id=user.public_id, revision=1, reason="本人要求")

    assert not Opening.objects.filter(person=user.person).exists()
    assert bytes(PendingLeaf.objects.get(pk=leaf.pk).entry) == bytes(leaf.entry)
    user.refresh_from_db()
    assert "某人" not in (user.username, user.display_name)
    assert not user.is_active
    with pytest.raises(BadUser):
        erase_person(actor=None, public_id=people["clerk"].public_id, revision=1, reason=" ")


def test_an_erasure_keeps_no_plain_reason_and_no_trace_of_signing_in(people: dict[str, User]) -> None:
    clerk, officer = people["clerk"], people["officer"]
    for user in (clerk, officer):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
        AccessAttempt.objects.create(username=user.username, failures_since_start=1)
        for model in (AccessFailureLog, AccessLog):
            model.objects.create(username=user.username)

    erased = erase_person(actor=people["admin"], public_id=clerk.public_id, revision=1, reason="某某要求")

    leaf = PendingLeaf.objects.get(kind="user:erased")
    reason = json.loads(bytes(leaf.entry))["data"]["reason"]
    assert "某某" not in bytes(leaf.entry).decode()
    assert Opening.objects.get(commitment=reason["commitment"]).value == "某某要求"
    assert erased.last_login is None
    assert [item.user for item in Authenticator.objects.all()] == [officer]
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        assert [row.username for row in model.objects.all()] == ["officer"]
    signed_in = [session.get_decoded()[SESSION_KEY] for session in Session.objects.all()]
    assert signed_in == [str(officer.pk)]


def test_nobody_erases_themselves_and_an_erased_account_stays_so(people: dict[str, User]) -> None:
    admin, clerk = people["admin"], people["clerk"]
    before = Opening.objects.count()
    with pytest.raises(BadUser, match="另一名"):
        erase_person(actor=admin, public_id=admin.public_id, revision=1, reason="离职")
    assert Opening.objects.count() == before
    assert User.objects.filter(username="admin", is_active=True).exists()

    erased = erase_person(actor=admin, public_id=clerk.public_id, revision=1, reason="离职")
    town = OrgUnit.objects.get(name="亭子镇")
    with pytest.raises(BadUser, match="已删除"):
        set_roles(
            actor=admin,
            public_id=clerk.public_id,
            revision=erased.revision,
            roles=[(Role.TOWN_CLERK, town.pk)],
        )
    with pytest.raises(BadUser, match="已删除"):
        erase_person(actor=admin, public_id=clerk.public_id, revision=erased.revision, reason="再删")
    assert not User.objects.get(pk=clerk.pk).is_active
    assert not clerk.assignments.exists()


def test_a_person_switched_off_holds_nothing(people: dict[str, User]) -> None:
    officer = people["officer"]
    officer.is_active = False

    assert not any(scope_of(officer, permission) for permission in PERMISSIONS)


def test_a_department_holds_what_lies_below_it_and_nothing_beside(people: dict[str, User]) -> None:
    water = OrgUnit.objects.get(name="区水务局")
    station = OrgUnit.objects.create(kind=UnitKind.DEPARTMENT, parent=water, name="水务一所")
    other = OrgUnit.objects.get(name="区财政局")

    scope = scope_of(people["liaison"], "taskboard.view")
    assert scope.covers(station.pk)
    assert not scope.covers(other.pk)


def test_the_auditor_reads_and_never_writes() -> None:
    writing = {name for name in PERMISSIONS if not name.split(".")[1].startswith("view")}

    assert {name for name in writing if Role.AUDITOR in PERMISSIONS[name]} == set()
    assert Role.AUDITOR in PERMISSIONS["core.view_users"]


def test_an_account_switched_off_and_on_again_must_sign_in_again(
    people: dict[str, User], client: Client
) -> None:
    clerk = people["clerk"]
    client.force_login(clerk, "allauth.account.auth_backends.AuthenticationBackend")
    roles = [(Role.TOWN_CLERK, OrgUnit.objects.get(name="亭子镇").pk)]
    for revision, is_active in ((1, False), (2, True)):
        set_roles(actor=None, public_id=clerk.public_id, revision=revision, roles=roles, is_active=is_active)

    assert client.get("/staff/").status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_the_permissions_of_a_person_are_those_with_a_scope(dachuan: object, role: Role) -> None:
    user = User.objects.create_user("someone", display_name="某人")
    RoleAssignment.objects.create(user=user, role=role, unit=OrgUnit.objects.all()[0])
    assert permissions_of(user) == {name for name in PERMISSIONS if scope_of(user, name)}
    user.is_active = False
    assert not permissions_of(user)
