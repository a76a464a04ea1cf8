"""Seals and marks: received, put on, spoilt, reconciled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.verification.enums import MarkKind
from quanheng.verification.errors import BadMark, BadReason, OutsideScope, WrongState
from quanheng.verification.models import MarkRange, MarkUse, Verification
from quanheng.verification.selectors import mark_findings
from quanheng.verification.services.marks import put_marks, receive_marks, spoil_mark
from tests.instruments.making import TODAY, leaves, logged
from tests.verification.making import a_scale, bad, concluded, draft, fresh, good, opened, submitted
from tests.workforce.making import laboratory, other_laboratory

People = dict[str, User]


def _receive(people: People, first: str = "川S000001", last: str = "川S100000", **given: Any) -> MarkRange:
    return receive_marks(
        actor=people["verifier"],
        **{
            "institute": laboratory().pk,
            "kind": MarkKind.SEAL,
            "first": first,
            "last": last,
            "issued_to": people["verifier"].pk,
            "issued_on": TODAY,
        }
        | given,
    )


def _put(people: People, verification: Verification, *numbers: str, **given: Any) -> list[MarkUse]:
    present = fresh(verification)
    return put_marks(
        actor=people["verifier"],
        public_id=present.public_id,
        revision=present.revision,
        **{"kind": MarkKind.SEAL, "numbers": numbers, "used_on": TODAY} | given,
    )


def _spoil(people: People, number: str, **given: Any) -> MarkUse:
    return spoil_mark(
        actor=people["verifier"],
        institute=laboratory().pk,
        **{"kind": MarkKind.SEAL, "number": number, "reason": "压坏", "used_on": TODAY} | given,
    )


def _found() -> list[tuple[str, str, str]]:
    findings = [one.finding for one in mark_findings(laboratory())]
    return sorted((one.code, one.first, one.last) for one in findings)


def test_a_range_is_read_from_its_two_ends(people: People) -> None:
    received = _receive(people)

    assert (received.prefix, received.first, received.last, received.digits) == ("川S", 1, 100_000, 6)
    assert str(received) == "川S000001–川S100000"
    assert leaves("marks:received")[0]["range"] == str(received)
    assert people["verifier"].display_name not in logged()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("S2", "S1"),
        ("A1", "B2"),
        ("甲", "乙"),
        ("S01", "S100"),
        ("S1", "S1000001"),
        ("", "S1"),
        ("S1;", "S2"),
    ],
)
def test_what_is_no_range_is_refused(people: People, first: str, last: str) -> None:
    with pytest.raises(BadMark):
        _receive(people, first, last)
    assert not MarkRange.objects.exists()


@pytest.mark.parametrize(
    "given",
    [{"issued_on": TODAY + timedelta(days=1)}, {"issued_to": 0}, {"kind": MarkKind.MARK, "issued_to": -1}],
)
def test_a_range_goes_to_a_person_of_the_institute_and_not_tomorrow(
    people: People, given: dict[str, Any]
) -> None:
    with pytest.raises(BadMark):
        _receive(people, **given)


def test_marks_are_the_institutes_own(people: People) -> None:
    with pytest.raises(OutsideScope):
        _receive(people, institute=other_laboratory().pk)
    with pytest.raises(OutsideScope):
        spoil_mark(
            actor=people["officer"],
            institute=laboratory().pk,
            kind=MarkKind.SEAL,
            number="S1",
            reason="x",
            used_on=TODAY,
        )
    with pytest.raises(BadMark):
        _receive(people, issued_to=people["officer"].pk)


def test_everything_accounted_for_is_no_finding(people: People, one: Instrument) -> None:
    _receive(people)
    _put(people, submitted(people, one), "川S000001", "川Ｓ000003")
    _spoil(people, "川s000002")

    assert _found() == []
    assert [leaf["numbers"] for leaf in leaves("marks:used")] == [["川S000001", "川S000003"]]
    assert "压坏" not in logged()


def test_missing_double_and_foreign_numbers_are_findings(
    people: People, shop: Party, one: Instrument
) -> None:
    _receive(people)
    _put(people, submitted(people, one), "川S000001", "川S000005", "沪S000009")
    second = a_scale(people, shop, serial_no="2")
    _put(people, submitted(people, second), "川S000005")

    assert _found() == [
        ("double", "川S000005", "川S000005"),
        ("missing", "川S000002", "川S000004"),
        ("outside", "沪S000009", "沪S000009"),
    ]


def test_seals_and_marks_are_counted_apart(people: People, one: Instrument) -> None:
    _receive(people, "1", "9")
    _receive(people, "1", "9", kind=MarkKind.MARK)
    verification = submitted(people, one)
    _put(people, verification, "1")
    _put(people, verification, "1", kind=MarkKind.MARK)

    assert _found() == []


def test_another_institutes_numbers_are_not_counted_here(people: People, one: Instrument) -> None:
    _receive(people)
    _put(people, submitted(people, one), "川S000001")

    assert mark_findings(other_laboratory()) == []


def test_ranges_received_twice_are_a_finding(people: People) -> None:
    _receive(people, "S10", "S20")
    _receive(people, "S15", "S30")

    assert _found() == [("overlap", "S15", "S20")]


def test_findings_take_few_queries_whatever_the_range(
    people: People, one: Instrument, django_assert_max_num_queries: Any
) -> None:
    _receive(people)
    verification = submitted(people, one)
    MarkUse.objects.bulk_create(
        MarkUse(
            institute=laboratory(),
            kind=MarkKind.SEAL,
            number=f"川S{number:06d}",
            verification=verification,
            used_on=TODAY,
            recorded_at=verification.submitted_at,
        )
        for number in range(2, 2000)
    )
    unit = laboratory()
    with django_assert_max_num_queries(4):
        (found,) = mark_findings(unit)
    assert found.finding.first == "川S000001"


def test_a_mark_of_conformity_is_put_on_what_passed_only(
    people: People, shop: Party, one: Instrument
) -> None:
    rejected = concluded(people, one, bad())
    with pytest.raises(BadMark, match="判定合格"):
        _put(people, rejected, "1", kind=MarkKind.MARK)
    assert _put(people, rejected, "1")  # a seal may be put on what is taken out of use
    second = a_scale(people, shop, serial_no="2")
    assert _put(people, submitted(people, second), "2", kind=MarkKind.MARK)


def test_no_seal_before_anything_was_measured(people: People, one: Instrument) -> None:
    with pytest.raises(WrongState):
        _put(people, draft(people, opened(people, one), good()), "1")


@pytest.mark.parametrize("numbers", [(), ("1", "1"), ("1", "１"), ("一" * 41,), ("a b;c",), ("",)])
def test_what_is_no_number_or_twice_is_refused(
    people: People, one: Instrument, numbers: tuple[str, ...]
) -> None:
    verification = submitted(people, one)
    with pytest.raises(BadMark):
        _put(people, verification, *numbers)
    assert not MarkUse.objects.exists()


def test_spoiling_needs_a_reason_and_a_past_day(people: People) -> None:
    with pytest.raises(BadReason):
        _spoil(people, "1", reason="")
    with pytest.raises(BadMark):
        _spoil(people, "1", used_on=TODAY + timedelta(days=1))


def test_a_number_is_put_on_one_instrument_once_however_often_it_is_sent(
    people: People, one: Instrument
) -> None:
    verification = submitted(people, one)
    _put(people, verification, "1")
    with pytest.raises(BadMark, match="已经登记"):
        _put(people, verification, "2", "1")
    assert _put(people, verification, "1", kind=MarkKind.MARK)
    assert MarkUse.objects.count() == 2
