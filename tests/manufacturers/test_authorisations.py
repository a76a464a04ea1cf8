"""Makers are authorised for types and ranges of marks; nobody gets a range of another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.enums import UnitKind
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import save_unit
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.errors import (
    AlreadyAuthorised,
    AlreadySuspended,
    AuthorisationNotFound,
    BadAuthorisation,
    MarkRangeTaken,
    MarkRangeUsed,
    NotInForce,
    NotSuspended,
)
from quanheng.manufacturers.marks import Marks, marks_in
from quanheng.manufacturers.points import points_of
from quanheng.manufacturers.selectors import authorisation_for, authorisations_visible, range_use
from quanheng.manufacturers.services.authorisations import (
    authorise,
    change_authorisation,
    lift,
    suspend,
    withdraw,
)
from quanheng.manufacturers.types import types_in
from quanheng.transparency.models import PendingLeaf
from tests.manufacturers.making import MAKER, authorised, good_file, send, terms

OTHER = "别处电能表厂"


@pytest.fixture
def other(people: dict[str, User]) -> OrgUnit:
    return save_unit(
        actor=people["officer"], unit_id=None, revision=0, kind=UnitKind.MANUFACTURER, name=OTHER
    )


def test_an_officer_authorises_a_maker_and_the_maker_may_not(people: dict[str, User]) -> None:
    with pytest.raises(NotPermitted):
        authorised(people["maker"])
    made = authorised(people["officer"])
    assert made.state == AuthorisationState.ACTIVE
    assert PendingLeaf.objects.filter(kind="manufacturer:authorised").count() == 1
    assert authorisation_for(people["maker"], made.public_id) == made
    with pytest.raises(AlreadyAuthorised):
        authorised(people["officer"], number="2 号", marks="川B000001～川B000009")


def test_a_range_that_overlaps_another_makers_is_refused(people: dict[str, User], other: OrgUnit) -> None:
    authorised(people["officer"])
    for asked in ("川A200000～川A200001", "川A000000～川A000001", "川A000500～川A000600"):
        with pytest.raises(MarkRangeTaken, match=MAKER):
            authorised(people["officer"], OTHER, number="2 号", marks=asked)
    assert not OrgUnit.objects.get(name=OTHER).maker_authorisations.exists()
    # The same figures in more digits, or after another prefix, are other marks.
    authorised(people["officer"], OTHER, number="2 号", marks="川A0000001～川A0000009\n川B000001～川B000009")
    assert list(authorisations_visible(people["maker"]).values_list("unit__name", flat=True)) == [MAKER]


def test_ranges_of_a_withdrawn_authorisation_stay_taken(people: dict[str, User], other: OrgUnit) -> None:
    made = authorised(people["officer"])
    withdraw(actor=people["officer"], public_id=made.public_id, revision=1, reason="停产")
    with pytest.raises(MarkRangeTaken):
        authorised(people["officer"], OTHER, number="2 号")
    with pytest.raises(NotInForce):
        suspend(actor=people["officer"], public_id=made.public_id, reason="再查")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("川A000009～川A000001", "止号小于起号"),
        ("川A01～川B09", "前缀相同"),
        ("川A01～川A009", "位数相同"),
        ("川A～川B", "数字结尾"),
        ("川A01", "不是号段"),
        (f"川A{'1' * 13}～川A{'2' * 13}", "数字不超过"),
    ],
)
def test_what_is_no_range_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadAuthorisation, match=reason):
        marks_in(text)


def test_a_mark_lies_in_its_range_and_nowhere_else() -> None:
    [marks] = marks_in("川A12B003 至 川A12B010")
    assert marks == Marks("川A12B", 3, 10, 3)
    assert [
        one for one in ("川A12B003", "川A12B010", "川A12B011", "川A12B3", "川A12B00三", "") if one in marks
    ] == [
        "川A12B003",
        "川A12B010",
    ]


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ("单相电能表，A，9，Ib=5，Imax=60", "准确度等级"),
        ("单相电能表，A，2，Ib=5", "算不出"),
        ("单相电能表，A，2，Ib=5，Imax=60，Q3=1", "没有“Q3”"),
        ("钟表，A，2", "没有“钟表”"),
        ("单相电能表，A", "应写"),
        ("单相电能表，A，2，Ib", "额定值"),
        ("单相电能表，A，2，Ib=5，Imax=60\n单相电能表，a，1，Ib=5，Imax=60", "两次"),
        ("", "请写明"),
    ],
)
def test_a_scope_without_limits_is_refused_with_the_reason(
    people: dict[str, User], types: str, reason: str
) -> None:
    with pytest.raises(BadAuthorisation, match=reason):
        authorise(
            actor=people["officer"],
            unit_id=OrgUnit.objects.get(name=MAKER).pk,
            terms=terms(types=types_in(types)),
        )


def test_points_and_limits_are_those_of_the_regulation() -> None:
    meter = points_of("household_electricity_meter", clock.today(), "1", {"Ib": 5.0, "Imax": 60.0})
    assert (len(meter.points), {point.limit for point in meter.points}) == (6, {1.0})
    water = points_of("water_meter", clock.today(), "2", {"Q3": 2.5, "R": 100.0})
    assert [point.limit for point in water.points] == [5.0, 2.0, 2.0]


def test_who_saves_second_is_told_and_nothing_is_overwritten(people: dict[str, User]) -> None:
    made = authorised(people["officer"])
    longer = terms(valid_until=clock.today() + timedelta(days=999))
    change_authorisation(actor=people["officer"], public_id=made.public_id, revision=1, terms=longer)
    with pytest.raises(StaleRevision):
        change_authorisation(actor=people["officer"], public_id=made.public_id, revision=1, terms=terms())
    made.refresh_from_db()
    assert made.valid_until == longer.valid_until


def test_a_range_whose_marks_are_on_meters_cannot_be_given_up(people: dict[str, User]) -> None:
    made = authorised(people["officer"])
    send(people["maker"], made, good_file(60))
    assert [(one.used, one.left) for one in range_use(made)] == [(60, 199_940)]
    with pytest.raises(MarkRangeUsed, match="川A000060"):
        change_authorisation(
            actor=people["officer"],
            public_id=made.public_id,
            revision=1,
            terms=terms(marks="川A000001～川A000059"),
        )
    with pytest.raises(MarkRangeUsed, match="川A000020"):  # both ends are kept, the hole between them is used
        change_authorisation(
            actor=people["officer"],
            public_id=made.public_id,
            revision=1,
            terms=terms(marks="川A000001～川A000019\n川A000031～川A200000"),
        )
    narrower = terms(marks="川A000001～川A000060")
    change_authorisation(actor=people["officer"], public_id=made.public_id, revision=1, terms=narrower)
    split = terms(marks="川A000001～川A000030\n川A000031～川A000060")
    change_authorisation(actor=people["officer"], public_id=made.public_id, revision=2, terms=split)
    assert [(one.used, one.left) for one in range_use(made)] == [(30, 0), (30, 0)]


def test_a_suspension_has_a_reason_and_so_has_its_end(people: dict[str, User]) -> None:
    made = authorised(people["officer"])
    with pytest.raises(BadAuthorisation):
        suspend(actor=people["officer"], public_id=made.public_id, reason=" ")
    with pytest.raises(NotSuspended):
        lift(actor=people["officer"], public_id=made.public_id, reason="已整改")
    suspend(actor=people["officer"], public_id=made.public_id, reason="监督检查不合格")
    with pytest.raises(AlreadySuspended):
        suspend(actor=people["officer"], public_id=made.public_id, reason="再次")
    with pytest.raises(NotPermitted):
        lift(actor=people["maker"], public_id=made.public_id, reason="已整改")
    assert lift(actor=people["officer"], public_id=made.public_id, reason="已整改").state == "active"
    kept = made.suspensions.get()
    assert (kept.reason, kept.lifting_reason) == ("监督检查不合格", "已整改")


def test_another_makers_authorisation_is_not_there(people: dict[str, User], other: OrgUnit) -> None:
    theirs = authorised(people["officer"], OTHER)
    with pytest.raises(AuthorisationNotFound):
        authorisation_for(people["maker"], theirs.public_id)
