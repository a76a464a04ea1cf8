"""What was rejected stays open until it is resolved, and must not be used."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Use, Verdict
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.verifications import record_certificate, withdraw_record
from quanheng.verification.models import Verification
from quanheng.verification.selectors import found_values, kept_until, may_be_used, open_rejections, use_gaps
from tests.instruments.making import PHOTO, TODAY, act, verify
from tests.verification.making import bad, concluded, good, submitted
from tests.workforce.making import laboratory, other_laboratory

People = dict[str, User]


def _rejected(people: People, one: Instrument) -> Verification:
    """Rejected and told to the registry, as issuing the notice does."""
    done = concluded(people, one, bad())
    _tell(people, done)
    return done


def _tell(people: People, done: Verification) -> None:
    assert done.performed_on is not None
    record_certificate(
        actor=people["signatory"],
        instrument_id=done.instrument_id,
        verified_on=done.performed_on,
        valid_until=done.valid_until,
        certificate_no=f"字第 {done.pk} 号",
        institution="所",
        verdict=Verdict.PASSED if done.conclusion == "passed" else Verdict.REJECTED,
    )


def test_a_rejection_is_open_while_the_instrument_is_in_use(people: People, one: Instrument) -> None:
    done = _rejected(people, one)

    assert list(open_rejections()) == [done]
    assert list(open_rejections([laboratory().pk])) == [done]
    assert list(open_rejections([other_laboratory().pk])) == []
    one.refresh_from_db()
    assert not may_be_used(one, TODAY)
    assert [gap.code for gap in use_gaps(one, TODAY)] == ["rejected"]


@pytest.mark.parametrize("kind", [EventKind.STOPPED, EventKind.SEALED, EventKind.SCRAPPED])
def test_stopping_sealing_or_scrapping_resolves_it(people: People, one: Instrument, kind: EventKind) -> None:
    _rejected(people, one)
    act(people["officer"], one, kind, data=PHOTO)

    assert list(open_rejections()) == []
    one.refresh_from_db()
    assert "not_in_use" in {gap.code for gap in use_gaps(one, TODAY)}


def test_coming_back_into_use_without_a_verification_opens_it_again(people: People, one: Instrument) -> None:
    done = _rejected(people, one)
    act(people["officer"], one, EventKind.STOPPED, data=PHOTO)
    act(people["officer"], one, EventKind.RESUMED)

    assert list(open_rejections()) == [done]


def test_a_later_passing_verification_resolves_it_even_on_the_same_day(
    people: People, one: Instrument
) -> None:
    _rejected(people, one)
    _tell(people, concluded(people, one))

    assert list(open_rejections()) == []
    one.refresh_from_db()
    assert may_be_used(one, TODAY)


def test_a_second_rejection_leaves_one_open(people: People, one: Instrument) -> None:
    _rejected(people, one)
    second = concluded(people, one, bad())

    assert list(open_rejections()) == [second]


def test_a_calibration_resolves_nothing(people: People, one: Instrument) -> None:
    done = _rejected(people, one)
    concluded(people, one, {"readings": {"weighing": good()["readings"]["weighing"]}}, kind="calibration")

    assert list(open_rejections()) == [done]


def test_passing_at_another_institute_later_resolves_it(
    people: People, one: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rejected(people, one)
    tomorrow = TODAY + timedelta(days=1)
    monkeypatch.setattr("quanheng.base.clock.today", lambda: tomorrow)
    verify(people["officer"], one, tomorrow)

    assert list(open_rejections()) == []


def test_an_instrument_is_used_to_the_last_valid_day(people: People, one: Instrument) -> None:
    done = concluded(people, one)
    _tell(people, done)
    one.refresh_from_db()
    assert done.valid_until is not None

    assert may_be_used(one, done.valid_until)
    (gap,) = use_gaps(one, done.valid_until + timedelta(days=1))
    assert gap.code == "overdue"


def test_what_was_never_verified_is_not_used_where_verification_is_mandatory(
    people: People, one: Instrument
) -> None:
    assert [gap.code for gap in use_gaps(one, TODAY)] == ["never_verified"]
    one.use = Use.OTHER
    assert may_be_used(one, TODAY)


def test_records_are_kept_for_the_months_of_the_rule(people: People, one: Instrument) -> None:
    assert kept_until(submitted(people, one)) is None
    Verification.objects.all().delete()
    assert kept_until(concluded(people, one)) == TODAY.replace(year=TODAY.year + 3)


def test_values_as_found_are_those_before_adjustment(people: People, one: Instrument) -> None:
    concluded(people, one, bad(), good())
    values = found_values(one)

    assert {document for _on, document, _point in values} == {"JJG 539-2016"}
    assert max(point["error"] for _on, _document, point in values) == 100.0


def test_a_withdrawn_notice_is_no_open_rejection_and_one_in_its_place_is(
    people: People, one: Instrument
) -> None:
    done = _rejected(people, one)
    withdraw_record(
        actor=people["signatory"],
        instrument_id=one.pk,
        certificate_no=f"字第 {done.pk} 号",
        on=TODAY,
        reason="误用他表读数",
    )
    assert list(open_rejections()) == []

    again = {"instrument_id": one.pk, "verified_on": TODAY, "valid_until": None, "verdict": Verdict.REJECTED}
    record_certificate(actor=people["signatory"], certificate_no="字第 9 号", institution="所", **again)
    assert list(open_rejections()) == [done]
