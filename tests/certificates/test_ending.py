"""Withdrawing and superseding: linked, never edited, and the registry follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.certificates import selectors
from quanheng.certificates.errors import BadReason, CertificateNotFound, NotInForce, OwnWork
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import Status, status_of
from quanheng.certificates.services import (
    ending,
    resume_prepared,
    supersede_certificate,
    withdraw_certificate,
)
from quanheng.core.enums import Role
from quanheng.core.models import RoleAssignment
from quanheng.instruments.enums import EventKind
from quanheng.instruments.models import Instrument, Standing, VerificationRecord
from quanheng.taskboard.services.people import erase_person_everywhere
from tests.certificates.issued import issue
from tests.certificates.making import TODAY, World, make_checked
from tests.instruments.making import act, fresh, leaves


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issue(world, make_checked(world)[0])


def withdraw(world: World, number: str, reason: str = "标准器超差") -> Certificate:
    return withdraw_certificate(actor=world.people["signatory"], number=number, reason=reason)


def supersede(world: World, number: str, reason: str = "单位名称有误") -> Certificate:
    return supersede_certificate(actor=world.people["signatory"], number=number, reason=reason)


def test_a_withdrawn_certificate_says_so_and_its_verification_counts_no_more(
    world: World, certificate: Certificate
) -> None:
    due_before = Standing.objects.get(pk=certificate.instrument_id).due_on

    withdrawn = withdraw(world, certificate.number)

    assert status_of(withdrawn, TODAY) is Status.WITHDRAWN
    assert VerificationRecord.objects.get().withdrawn_on == TODAY
    standing = Standing.objects.get(pk=certificate.instrument_id)
    assert (standing.verified_on, standing.valid_until) == (None, None)
    assert standing.due_on != due_before
    assert leaves("certificate:withdrawn")[0]["number"] == certificate.number


def test_what_came_back_into_use_unverified_is_due_from_its_return_again(world: World) -> None:
    (work,) = make_checked(world)
    officer, returned = world.people["officer"], TODAY - timedelta(days=3)
    act(officer, work.instrument, EventKind.STOPPED, TODAY - timedelta(days=30))
    act(officer, work.instrument, EventKind.RESUMED, returned)
    issued = issue(world, work)
    assert fresh(work.instrument).condition_on is None

    withdraw(world, issued.number)

    back = fresh(work.instrument)
    assert (back.condition_on, back.standing.due_on) == (returned, returned)


def test_an_instrument_that_never_left_use_has_no_return_to_be_due_from(
    world: World, certificate: Certificate
) -> None:
    withdraw(world, certificate.number)

    assert fresh(certificate.instrument).condition_on is None


def test_an_earlier_verification_counts_again_when_a_later_one_is_withdrawn(
    world: World, certificate: Certificate
) -> None:
    earlier = VerificationRecord.objects.create(
        instrument=certificate.instrument,
        verified_on=TODAY - timedelta(days=100),
        valid_until=TODAY + timedelta(days=265),
        certificate_no="旧证",
        recorded_at=certificate.prepared_at,
    )

    withdraw(world, certificate.number)

    standing = Standing.objects.get(pk=certificate.instrument_id)
    assert standing.verified_on == earlier.verified_on


def test_the_successor_has_a_new_number_the_same_results_and_todays_names(
    world: World, certificate: Certificate
) -> None:
    world.owner.name = "达川演示超市有限公司"
    world.owner.save()
    before = selectors.pdf_of(certificate)

    new = supersede(world, certificate.number)

    old = selectors.certificate(certificate.number)
    assert (status_of(old, TODAY), status_of(new, TODAY)) == (Status.SUPERSEDED, Status.VALID)
    assert selectors.successor_of(old) == new
    assert selectors.pdf_of(old) == before
    said, was = selectors.content_of(new), selectors.content_of(old)
    assert (said.tables, said.valid_until) == (was.tables, was.valid_until)
    assert (said.supersedes, said.customer.name) == (old.number, "达川演示超市有限公司")
    assert "单位名称有误" in said.remarks[0]
    assert leaves("certificate:superseded") == [{"number": old.number, "by": new.number}]


def test_the_registry_counts_the_successor_alone(world: World, certificate: Certificate) -> None:
    new = supersede(world, certificate.number)

    counted = VerificationRecord.objects.filter(withdrawn_on=None)
    assert [record.certificate_no for record in counted] == [new.number]
    assert Standing.objects.get(pk=certificate.instrument_id).due_on == certificate.valid_until


def test_the_class_that_the_limits_rest_on_stays_as_it_was_judged(
    world: World, certificate: Certificate
) -> None:
    Instrument.objects.update(accuracy_class="Ⅱ", measuring_range="100 kg", model="更正的型号")

    said = selectors.content_of(supersede(world, certificate.number)).instrument

    was = selectors.content_of(certificate).instrument
    assert (said.accuracy_class, said.measuring_range) == (was.accuracy_class, was.measuring_range)
    assert said.model == "更正的型号"


def test_a_successor_can_be_superseded_and_the_chain_is_kept(world: World, certificate: Certificate) -> None:
    second = supersede(world, certificate.number)
    third = supersede(world, second.number)

    assert [one.supersedes for one in (third, second)] == [second, certificate]
    assert status_of(third, TODAY) is Status.VALID


def test_who_verified_cannot_sign_what_takes_the_place_of_the_certificate(
    world: World, certificate: Certificate
) -> None:
    verifier = certificate.verification.verifier
    assert verifier is not None
    RoleAssignment.objects.create(user=verifier, role=Role.SIGNATORY, unit=certificate.institute)
    with pytest.raises(OwnWork):
        supersede_certificate(actor=verifier, number=certificate.number, reason="单位名称有误")
    assert supersede(world, certificate.number).supersedes == certificate


def test_what_has_ended_cannot_end_again(world: World, certificate: Certificate) -> None:
    new = supersede(world, certificate.number)
    withdraw(world, new.number)

    for number in (certificate.number, new.number):
        for end in (withdraw, supersede):
            with pytest.raises(NotInForce):
                end(world, number)
    assert Certificate.objects.count() == 2


def test_a_reason_is_needed_and_only_the_signatory_may(world: World, certificate: Certificate) -> None:
    for reason in ("", "  ", "长" * 301):
        with pytest.raises(BadReason):
            withdraw(world, certificate.number, reason)
    for name in ("verifier", "officer", "owner"):
        with pytest.raises(CertificateNotFound):
            withdraw_certificate(actor=world.people[name], number=certificate.number, reason="x")


def test_a_broken_superseding_is_resumed_and_the_old_holds_until_then(
    world: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(ending, "finish", lambda prepared: prepared)
        supersede(world, certificate.number)
    assert status_of(certificate, TODAY) is Status.VALID
    with pytest.raises(NotInForce):
        supersede(world, certificate.number)

    (new,) = resume_prepared()

    assert selectors.successor_of(certificate) == new


def test_an_erased_person_leaves_no_reason_and_the_withdrawal_stays(
    world: World, certificate: Certificate
) -> None:
    withdraw(world, certificate.number, "王某说的理由")
    signatory = world.people["signatory"]

    erase_person_everywhere(
        actor=world.people["admin"], public_id=signatory.public_id, revision=signatory.revision, reason="离职"
    )

    kept = selectors.certificate(certificate.number)
    assert (kept.withdrawal_reason, status_of(kept, TODAY)) == ("已删除", Status.WITHDRAWN)
