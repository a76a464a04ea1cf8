"""Two people at one certificate, or many at one series of numbers, at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction

from quanheng.certificates.models import Certificate, NumberSeries, SigningCertificate
from quanheng.certificates.services import (
    issue_certificate,
    issuing,
    resume_prepared,
    supersede_certificate,
    withdraw_certificate,
)
from quanheng.certificates.services.numbering import take_number
from quanheng.transparency.models import PendingLeaf
from tests.certificates.issued import issue
from tests.certificates.making import NOW, TODAY, World, make_checked, make_world

Race = Callable[..., list[str]]


@pytest.fixture
def world(race: Race, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)
    return make_world()


def _issued() -> int:
    return PendingLeaf.objects.filter(kind="certificate:issued").count()


def test_eight_who_issue_at_once_get_eight_numbers_without_gap(race: Race, world: World) -> None:
    verifications = make_checked(world, *map(str, range(8)))

    outcome = race(*(partial(issue, world, one) for one in verifications))

    assert outcome == ["ok"] * 8
    assert sorted(Certificate.objects.values_list("sequence", flat=True)) == list(range(1, 9))
    assert _issued() == 8
    assert SigningCertificate.objects.count() == 1  # made on first use by one of the eight


def test_numbers_that_are_rolled_back_leave_no_gap(race: Race, world: World) -> None:
    """Half of those who take a number at once fail afterwards."""

    def take(*, fails: bool) -> None:
        with transaction.atomic():
            take_number(world.institute, TODAY)
            transaction.set_rollback(fails)

    race(*(partial(take, fails=at % 2 == 0) for at in range(10)))

    assert NumberSeries.objects.get().last == 5


@pytest.mark.parametrize("_", range(3))
def test_two_who_conclude_one_verification_make_one_certificate(race: Race, world: World, _: int) -> None:
    (verification,) = make_checked(world)
    sign = partial(
        issue_certificate,
        actor=world.people["signatory"],
        public_id=verification.public_id,
        revision=verification.revision,
    )

    assert race(sign, sign) == ["base.stale_revision", "ok"]
    assert (Certificate.objects.count(), NumberSeries.objects.get().last, _issued()) == (1, 1, 1)


def test_two_who_finish_one_certificate_make_one_leaf(
    race: Race, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (verification,) = make_checked(world)
    with monkeypatch.context() as cut:
        cut.setattr(issuing, "finish", lambda certificate, **_named: certificate)
        prepared = issue(world, verification)

    assert (
        race(partial(issuing.finish, prepared), partial(issuing.finish, prepared), resume_prepared)
        == ["ok"] * 3
    )
    assert _issued() == 1


@pytest.mark.parametrize("_", range(3))
def test_one_certificate_is_superseded_or_withdrawn_and_never_both(race: Race, world: World, _: int) -> None:
    (verification,) = make_checked(world)
    given = {
        "actor": world.people["signatory"],
        "number": issue(world, verification).number,
        "reason": "有误",
    }

    outcome = race(
        partial(withdraw_certificate, **given),
        partial(supersede_certificate, **given),
        partial(supersede_certificate, **given),
    )

    assert outcome == ["certificates.not_in_force", "certificates.not_in_force", "ok"]
