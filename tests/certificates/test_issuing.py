"""Issuing: one number, one certificate, one leaf, whatever happens between."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.certificates import selectors
from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.errors import BadContent, IssueClockWentBack, OwnCheckFailed
from quanheng.certificates.models import Certificate, NumberSeries
from quanheng.certificates.selectors import Status, status_of
from quanheng.certificates.services import issue_certificate, resume_prepared
from quanheng.certificates.services.issuing import STEPS, finish
from quanheng.core.models import OrgUnit
from quanheng.instruments.models import Standing, VerificationRecord
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import VerificationState, WorkKind
from quanheng.verification.errors import OutsideScope, WrongState
from quanheng.verification.models import Verification
from tests.certificates.issued import issue
from tests.certificates.making import (
    NOW,
    READINGS,
    TODAY,
    World,
    calibration_readings,
    make_checked,
    rejected_readings,
)
from tests.instruments.making import leaves


class Cut(Exception):
    """The process ends here."""


def issue_until(world: World, verification: Verification, step: str) -> None:
    """Issue, and be cut off as a step ends."""

    def cut(name: str) -> None:
        if name == step:
            raise Cut(step)

    with pytest.raises(Cut):
        issue_certificate(
            actor=world.people["signatory"],
            public_id=verification.public_id,
            revision=verification.revision,
            after_step=cut,
        )


def test_what_was_checked_is_issued_with_both_files_and_one_leaf(world: World) -> None:
    (verification,) = make_checked(world)

    certificate = issue(world, verification)

    assert certificate.state == CertificateState.ISSUED
    assert certificate.kind == CertificateKind.VERIFICATION
    assert certificate.issued_on == TODAY
    assert certificate.valid_until == date(2027, 5, 19)
    assert selectors.pdf_of(certificate).startswith(b"%PDF-")
    assert certificate.number.encode() in selectors.xml_of(certificate)
    (leaf,) = leaves("certificate:issued")
    assert leaf["pdf_sha256"] == certificate.pdf_sha256
    assert leaf["xml_sha256"] == certificate.xml_sha256
    assert leaf["content_sha256"] == certificate.content_sha256


def test_no_name_of_a_person_is_in_the_log(world: World) -> None:
    issue(world, make_checked(world)[0])

    told = b"".join(bytes(leaf.entry) for leaf in PendingLeaf.objects.filter(kind__startswith="certificate:"))

    assert not [user.display_name for user in world.people.values() if user.display_name.encode() in told]


def test_the_registry_learns_of_the_certificate(world: World) -> None:
    certificate = issue(world, make_checked(world)[0])

    (record,) = VerificationRecord.objects.filter(instrument=certificate.instrument)
    assert (record.certificate_no, record.valid_until) == (certificate.number, certificate.valid_until)
    assert Standing.objects.get(pk=certificate.instrument_id).due_on == certificate.valid_until


def test_what_failed_gets_a_rejection_notice_without_validity(world: World) -> None:
    certificate = issue(world, make_checked(world, readings=rejected_readings())[0])

    assert (certificate.kind, certificate.valid_until) == (CertificateKind.REJECTION, None)
    assert status_of(certificate, TODAY) is Status.REJECTED
    assert selectors.content_of(certificate).reasons
    assert VerificationRecord.objects.get().verdict == "rejected"


def test_a_calibration_gets_values_and_no_verdict_and_leaves_the_registry_alone(world: World) -> None:
    (verification,) = make_checked(world, kind=WorkKind.CALIBRATION, readings=calibration_readings())

    certificate = issue(world, verification)

    content = selectors.content_of(certificate)
    assert (certificate.kind, content.conclusion, content.checks) == (CertificateKind.CALIBRATION, "", ())
    assert not VerificationRecord.objects.exists()


def test_as_found_and_as_left_both_stand_on_the_certificate(world: World) -> None:
    (verification,) = make_checked(world, readings=rejected_readings(), as_left=READINGS)

    content = selectors.content_of(issue(world, verification))

    assert {table.phase for table in content.tables} == {"调整前", "调整后"}
    assert content.kind == "verification"


def test_numbers_run_without_gaps_and_say_institute_and_year(world: World) -> None:
    numbers = [issue(world, one).number for one in make_checked(world, "1", "2", "3")]

    head = f"511703-J{world.institute.pk}-2026-"
    assert numbers == [f"{head}{count:06}" for count in (1, 2, 3)]


def test_an_institute_with_a_code_of_its_own_has_it_in_its_numbers(world: World) -> None:
    world.institute.code = "JL01"
    world.institute.save()

    assert issue(world, make_checked(world)[0]).number == "511703-JL01-2026-000001"


@pytest.mark.parametrize("code", ["511703", "J7"])
def test_a_code_that_another_may_have_is_no_part_of_a_number(world: World, code: str) -> None:
    world.institute.code = code
    world.institute.save()
    OrgUnit.objects.create(kind="institute", name="另一机构", code="511703", parent=world.institute.parent)

    number = issue(world, make_checked(world)[0]).number

    assert number == f"511703-J{world.institute.pk}-2026-000001"


def test_two_people_of_one_name_verify_and_check(world: World) -> None:
    world.people["checker"].display_name = world.people["verifier"].display_name
    world.people["checker"].save()

    people = selectors.content_of(issue(world, make_checked(world)[0])).people

    assert people.verifier == people.checker


def test_a_new_year_begins_with_1_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    verifications = make_checked(world, "1", "2", "3")
    _extend(world)
    found = []
    for verification, on in zip(verifications, (TODAY, date(2026, 12, 31), date(2027, 1, 1)), strict=True):
        monkeypatch.setattr("quanheng.base.clock.today", lambda on=on: on)
        certificate = issue(world, verification)
        found.append((certificate.year, certificate.sequence))

    assert found == [(2026, 1), (2026, 2), (2027, 1)]


def test_a_clock_set_back_gives_no_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_checked(world, "1", "2")
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY + timedelta(days=1))
    number = issue(world, first).number
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)

    with pytest.raises(IssueClockWentBack, match=number):
        issue(world, second)

    assert NumberSeries.objects.get().last == 1
    assert Verification.objects.get(pk=second.pk).state == VerificationState.CHECKED


def test_what_is_rolled_back_took_no_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_checked(world, "1", "2")
    with monkeypatch.context() as broken:
        broken.setattr("quanheng.certificates.services.issuing.prepare", _fail)
        with pytest.raises(Cut):
            issue(world, first)

    assert not Certificate.objects.exists()
    assert Verification.objects.get(pk=first.pk).state == VerificationState.CHECKED
    assert [issue(world, one).sequence for one in (second, first)] == [1, 2]


@pytest.mark.parametrize("step", STEPS)
def test_cut_off_after_any_step_it_is_finished_to_one_certificate_and_one_leaf(
    world: World, step: str
) -> None:
    (verification,) = make_checked(world)
    issue_until(world, verification, step)

    resumed = resume_prepared()

    certificate = Certificate.objects.get()
    assert resumed == ([] if step == "issued" else [certificate])
    assert (certificate.state, certificate.sequence) == (CertificateState.ISSUED, 1)
    assert len(leaves("certificate:issued")) == 1
    assert VerificationRecord.objects.count() == 1
    assert resume_prepared() == []


def test_what_two_finish_at_once_is_one_certificate(world: World) -> None:
    (verification,) = make_checked(world)
    issue_until(world, verification, "prepared")
    prepared = Certificate.objects.get()

    first, second = finish(prepared), finish(prepared)

    assert first.pdf_sha256 == second.pdf_sha256
    assert len(leaves("certificate:issued")) == 1


def test_a_file_that_does_not_verify_is_not_issued_and_keeps_its_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_checked(world, "1", "2")
    with monkeypatch.context() as broken:
        broken.setattr("quanheng.certificates.making.sign_pdf", lambda pdf, *_given, **_named: pdf)
        with pytest.raises(OwnCheckFailed, match="没有签名"):
            issue(world, first)
    assert Certificate.objects.get().state == CertificateState.PREPARED
    assert leaves("certificate:issued") == []

    assert issue(world, second).sequence == 2
    assert [one.sequence for one in resume_prepared()] == [1]


def test_nothing_in_the_making_is_shown_to_the_public(world: World) -> None:
    (verification,) = make_checked(world)
    issue_until(world, verification, "made")
    certificate = Certificate.objects.get()

    assert status_of(certificate, TODAY) is Status.PREPARED
    assert selectors.latest_of_instrument(certificate.instrument_id) is None


def test_only_the_institutes_signatory_issues_and_only_what_was_checked(world: World) -> None:
    (verification,) = make_checked(world)
    with pytest.raises(OutsideScope):
        issue_certificate(
            actor=world.people["checker"], public_id=verification.public_id, revision=verification.revision
        )
    with pytest.raises(StaleRevision):
        issue_certificate(actor=world.people["signatory"], public_id=verification.public_id, revision=1)
    issue(world, verification)
    verification.refresh_from_db()
    with pytest.raises(WrongState):
        issue(world, verification)
    assert Certificate.objects.count() == 1


def test_an_instrument_of_nobody_gets_no_certificate_and_takes_no_number(world: World) -> None:
    (verification,) = make_checked(world)
    verification.instrument.owner = None
    verification.instrument.save()

    with pytest.raises(BadContent, match="使用单位"):
        issue(world, verification)

    assert not NumberSeries.objects.exists()


def test_the_leaf_has_the_hour_of_issuing(world: World) -> None:
    issue(world, make_checked(world)[0])

    (leaf,) = PendingLeaf.objects.filter(kind="certificate:issued")
    assert json.loads(bytes(leaf.entry))["at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


def _fail(*_given: object, **_named: object) -> None:
    raise Cut


def _extend(world: World) -> None:
    """Let people, authorisation and standards hold next year, too."""
    end = {"valid_until": date(2027, 12, 31)}
    world.institute.authorisations.update(**end)
    for person in world.institute.metrologists.all():
        person.qualifications.update(**end)
    world.institute.metrologists.update(registered_until=date(2027, 12, 31))
    world.standard.certificates.update(**end)
