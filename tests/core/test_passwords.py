"""A forgotten password, a lost second factor: what the administrator can do about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from quanheng.base.errors import StaleRevision
from quanheng.core.errors import BadUser, UserNotFound
from quanheng.core.models import User
from quanheng.core.services import erase_person, reset_password
from quanheng.transparency.models import Opening, PendingLeaf

pytestmark = pytest.mark.django_db

NEW = "换过的-only-8264"


@pytest.fixture
def reset(people: dict[str, User]) -> Callable[..., User]:
    def call(username: str = "clerk", **changes: object) -> User:
        user = User.objects.get(username=username)
        fields = {"public_id": user.public_id, "revision": user.revision, "password": NEW} | changes
        return reset_password(actor=people["admin"], **fields)  # type: ignore[arg-type]

    return call


def test_the_new_password_counts_and_the_sessions_of_the_old_one_end(
    people: dict[str, User], reset: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(people["clerk"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse("staff:today")).status_code == 200
    reset()

    assert client.get(reverse("staff:today")).status_code == 302
    assert User.objects.get(username="clerk").check_password(NEW)


def test_the_leaf_says_who_was_reset_by_whom_and_holds_no_secret(reset: Callable[..., User]) -> None:
    user = reset(remove_second_factor=True)

    leaf = PendingLeaf.objects.get(kind="user:password_reset", subject=user.person)
    data = json.loads(bytes(leaf.entry))["data"]
    assert set(data) == {"by", "second_factor_removed"}
    assert data["second_factor_removed"] is True
    kept = {opening.value for opening in Opening.objects.all()}
    assert NEW not in bytes(leaf.entry).decode()
    assert NEW not in kept


def test_a_lost_second_factor_goes_only_where_that_was_asked(reset: Callable[..., User]) -> None:
    user = User.objects.get(username="clerk")
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=user, type=kind, data={})
    other = Authenticator.objects.create(
        user=User.objects.get(username="officer"), type=Authenticator.Type.TOTP, data={}
    )

    reset()
    assert Authenticator.objects.filter(user=user).count() == 2
    reset(remove_second_factor=True)
    assert list(Authenticator.objects.all()) == [other]


@pytest.mark.parametrize("password", ["short", "1234567890", "password123"])
def test_a_password_that_the_rules_refuse_changes_nothing(reset: Callable[..., User], password: str) -> None:
    before = User.objects.get(username="clerk").password
    with pytest.raises(BadUser):
        reset(password=password)

    assert User.objects.get(username="clerk").password == before


def test_who_is_gone_stale_or_erased_is_refused(people: dict[str, User], reset: Callable[..., User]) -> None:
    with pytest.raises(UserNotFound):
        reset(public_id=uuid4())
    with pytest.raises(StaleRevision):
        reset(revision=7)
    clerk = people["clerk"]
    erased = erase_person(actor=people["admin"], public_id=clerk.public_id, revision=1, reason="本人要求")
    with pytest.raises(BadUser, match="已删除"):
        reset(erased.username)
    assert not User.objects.get(pk=erased.pk).has_usable_password()


def test_an_administrator_changes_their_own_password_only_by_knowing_it(reset: Callable[..., User]) -> None:
    with pytest.raises(BadUser, match="原密码"):
        reset("admin")
