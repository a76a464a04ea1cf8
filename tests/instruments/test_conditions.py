"""Stop, seal, resume, scrap, move, transfer, verify: what each needs, and what it does to the due date."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Filing, Verdict
from quanheng.instruments.errors import (
    BadEvent,
    EventFileMissing,
    InstrumentNotFound,
    OutsideScope,
    WrongCondition,
)
from quanheng.instruments.models import Instrument, Place, VerificationRecord
from quanheng.instruments.selectors import event_file
from quanheng.instruments.services.conditions import (
    add_condition_evidence,
    change_condition,
    move_instrument,
    transfer_instrument,
)
from quanheng.parties.models import Party
from tests.instruments.making import (
    PHOTO,
    TODAY,
    act,
    fresh,
    leaves,
    logged,
    make_party,
    make_place,
    make_scale,
    unit,
    verify,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
People = dict[str, User]
LONG_AGO = date(2024, 3, 1)
OVERDUE = date(2025, 2, 28)  # twelve months of JJG 539, the day before


@pytest.fixture
def overdue(people: People, shop: Party) -> Instrument:
    """A filed scale whose verification ended a year ago."""
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], instrument, LONG_AGO)
    instrument = fresh(instrument)
    assert instrument.standing.due_on == OVERDUE
    return instrument


def _shift(actor: User, instrument: Instrument, **given: object) -> Instrument:
    """Move (``place``) or transfer (``owner``) with a photograph."""
    present = fresh(instrument)
    service = move_instrument if "place" in given else transfer_instrument
    service(  # type: ignore[operator]
        actor=actor,
        public_id=present.public_id,
        revision=present.revision,
        **{"happened_on": TODAY, "reason": "换摊位", "data": PHOTO, "filename": "现场.jpg"} | given,
    )
    return fresh(instrument)


# ---- stopped and back --------------------------------------------------------------------------------------------


def test_a_stopped_instrument_without_a_file_stays_due(people: People, overdue: Instrument) -> None:
    stopped = act(people["owner"], overdue, EventKind.STOPPED)
    assert stopped.condition == Condition.STOPPED
    assert stopped.standing.due_on == OVERDUE


def test_a_stopped_instrument_with_a_file_is_due_no_more(people: People, overdue: Instrument) -> None:
    stopped = act(people["owner"], overdue, EventKind.STOPPED, data=PHOTO)
    assert stopped.standing.due_on is None
    assert stopped.condition_evidence == hashlib.sha256(PHOTO).hexdigest()
    assert stored_path(stopped.condition_evidence).read_bytes() == PHOTO


def test_a_file_that_comes_later_ends_it(people: People, overdue: Instrument) -> None:
    stopped = act(people["owner"], overdue, EventKind.STOPPED)
    add_condition_evidence(
        actor=people["owner"],
        public_id=stopped.public_id,
        revision=stopped.revision,
        reason="补交照片",
        data=PHOTO,
        filename="补.jpg",
    )
    shown = fresh(overdue)
    assert shown.standing.due_on is None
    with pytest.raises(WrongCondition):
        add_condition_evidence(
            actor=people["owner"],
            public_id=shown.public_id,
            revision=shown.revision,
            reason="再补",
            data=PHOTO,
            filename="补.jpg",
        )


def test_a_file_is_asked_of_what_is_stopped_only_and_must_not_be_empty(
    people: People, overdue: Instrument
) -> None:
    given = {"actor": people["owner"], "public_id": overdue.public_id, "reason": "补", "filename": "1"}
    with pytest.raises(WrongCondition, match="在用"):
        add_condition_evidence(revision=overdue.revision, data=PHOTO, **given)
    stopped = act(people["owner"], overdue, EventKind.STOPPED)
    with pytest.raises(BadEvent, match="空"):
        add_condition_evidence(revision=stopped.revision, data=b"", **given)


def test_what_comes_back_into_use_is_due_at_once(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], instrument, TODAY - timedelta(days=30))
    act(people["owner"], instrument, EventKind.STOPPED, TODAY - timedelta(days=20), data=PHOTO)
    back = act(people["owner"], instrument, EventKind.RESUMED, TODAY - timedelta(days=5))
    assert back.standing.due_on == TODAY - timedelta(days=5)
    verify(people["officer"], instrument, TODAY)
    assert fresh(instrument).standing.due_on == date(2027, 5, 19)


def test_what_was_verified_while_it_was_out_of_use_keeps_its_period(
    people: People, overdue: Instrument
) -> None:
    act(people["owner"], overdue, EventKind.STOPPED, TODAY - timedelta(days=40), data=PHOTO)
    verify(people["officer"], overdue, TODAY - timedelta(days=10))
    back = act(people["owner"], overdue, EventKind.RESUMED)
    assert back.standing.due_on == date(2027, 5, 9)


def test_out_of_use_begins_with_the_stop_even_where_it_was_sealed_later(
    people: People, overdue: Instrument
) -> None:
    act(people["owner"], overdue, EventKind.STOPPED, TODAY - timedelta(days=40))
    verify(people["officer"], overdue, TODAY - timedelta(days=20))
    act(people["officer"], overdue, EventKind.SEALED, TODAY - timedelta(days=10), data=PHOTO)
    back = act(people["owner"], overdue, EventKind.RESUMED)
    assert back.standing.due_on == date(2027, 4, 29)


def test_a_verification_before_an_earlier_stop_does_not_count_for_this_one(
    people: People, overdue: Instrument
) -> None:
    act(people["owner"], overdue, EventKind.STOPPED, TODAY - timedelta(days=90))
    verify(people["officer"], overdue, TODAY - timedelta(days=80))
    act(people["owner"], overdue, EventKind.RESUMED, TODAY - timedelta(days=70))
    act(people["owner"], overdue, EventKind.STOPPED, TODAY - timedelta(days=60), data=PHOTO)
    assert act(people["owner"], overdue, EventKind.RESUMED).standing.due_on == TODAY


def test_a_rejected_instrument_is_due_since_that_day(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], instrument, TODAY - timedelta(days=3), verdict=Verdict.REJECTED)
    assert fresh(instrument).standing.due_on == TODAY - timedelta(days=3)


@pytest.mark.parametrize("kind", [EventKind.SEALED, EventKind.SCRAPPED])
def test_sealing_and_scrapping_need_a_file_and_end_the_due_date(
    people: People, overdue: Instrument, kind: EventKind
) -> None:
    with pytest.raises(BadEvent, match="照片或文件"):
        act(people["officer"], overdue, kind)
    assert fresh(overdue).condition == Condition.IN_USE
    gone = act(people["officer"], overdue, kind, data=PHOTO)
    assert gone.condition == str(kind)
    assert gone.standing.due_on is None


def test_what_is_scrapped_stays_scrapped(people: People, overdue: Instrument) -> None:
    act(people["officer"], overdue, EventKind.SCRAPPED, data=PHOTO)
    for kind in (EventKind.STOPPED, EventKind.SEALED, EventKind.RESUMED, EventKind.SCRAPPED):
        with pytest.raises(WrongCondition, match="报废"):
            act(people["officer"], overdue, kind, data=PHOTO)
    with pytest.raises(WrongCondition):
        _shift(people["officer"], overdue, place=make_place(), spot="")
    with pytest.raises(WrongCondition):
        _shift(people["officer"], overdue, owner=make_party("新店", account=False))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, EventKind.RESUMED),
        (EventKind.STOPPED, EventKind.STOPPED),
        (EventKind.SEALED, EventKind.STOPPED),
        (EventKind.SEALED, EventKind.SEALED),
    ],
)
def test_an_act_that_the_condition_does_not_allow_is_refused(
    people: People, overdue: Instrument, first: EventKind | None, second: EventKind
) -> None:
    if first:
        act(people["officer"], overdue, first, data=PHOTO)
    with pytest.raises(WrongCondition):
        act(people["officer"], overdue, second, data=PHOTO)


def test_an_act_needs_a_reason_a_day_that_was_and_a_file_that_fits(
    people: People, overdue: Instrument, settings: object
) -> None:
    settings.MAX_UPLOAD_BYTES = 2**20  # type: ignore[attr-defined]

    def stop(**given: object) -> None:
        change_condition(
            **{  # type: ignore[arg-type]
                "actor": people["owner"],
                "public_id": overdue.public_id,
                "revision": overdue.revision,
                "act": EventKind.STOPPED,
                "happened_on": TODAY,
                "reason": "歇业",
            }
            | given
        )

    with pytest.raises(BadEvent, match="理由"):
        stop(reason="  ")
    with pytest.raises(BadEvent, match="晚于今天"):
        stop(happened_on=TODAY + timedelta(days=1))
    with pytest.raises(BadEvent, match="1 MiB"):
        stop(data=b"x" * (2**20 + 1))
    with pytest.raises(StaleRevision):
        stop(revision=overdue.revision - 1)
    stop()
    with pytest.raises(BadEvent, match="上一次状态变化"):
        act(people["owner"], overdue, EventKind.RESUMED, TODAY - timedelta(days=1))


def test_only_owner_inspector_and_officer_change_the_condition(people: People, overdue: Instrument) -> None:
    for stranger in ("clerk", "auditor", "admin", "verifier"):
        with pytest.raises(OutsideScope):
            act(people[stranger], overdue, EventKind.STOPPED)
    other = make_scale(owner=make_party("福善店", town="福善镇", account=False), serial_no="2")
    with pytest.raises(OutsideScope):
        act(people["owner"], other, EventKind.STOPPED)
    assert act(people["inspector"], other, EventKind.STOPPED).condition == Condition.STOPPED


# ---- moved and handed over ---------------------------------------------------------------------------------------


def test_a_move_takes_the_town_of_the_new_place_and_keeps_the_old_in_the_history(
    people: People, overdue: Instrument
) -> None:
    there = make_place("福善镇集贸市场", town="福善镇")
    moved = _shift(people["inspector"], overdue, place=there, spot=" 7 号 ")
    assert (moved.place, moved.spot, moved.town) == (there, "7 号", unit("福善镇"))
    event = moved.events.get(kind=EventKind.MOVED)
    assert event.changes["place"] == ["", "福善镇集贸市场"]
    assert event.changes["town"] == ["亭子镇", "福善镇"]
    assert moved.standing.town == unit("福善镇")
    assert moved.filing == Filing.FILED


def test_a_transfer_changes_the_owner_and_keeps_the_history(people: People, overdue: Instrument) -> None:
    heir = make_party("福善店", town="福善镇", account=False)
    before = overdue.events.count()
    moved = _shift(people["owner"], overdue, owner=heir)
    assert moved.owner == heir
    assert moved.events.count() == before + 1
    assert moved.standing.due_on == OVERDUE
    with pytest.raises(OutsideScope):  # it is theirs no more
        act(people["owner"], overdue, EventKind.STOPPED)
    with pytest.raises(BadEvent, match="相同"):
        _shift(people["officer"], overdue, owner=heir)


def test_moving_and_handing_over_need_a_file(people: People, overdue: Instrument, market: Place) -> None:
    with pytest.raises(BadEvent, match="照片或文件"):
        _shift(people["officer"], overdue, place=market, spot="", data=b"")
    with pytest.raises(BadEvent, match="照片或文件"):
        _shift(people["officer"], overdue, owner=make_party("新店", account=False), data=b"")
    assert fresh(overdue).place is None


# ---- verifications -----------------------------------------------------------------------------------------------


def test_the_latest_verification_decides_however_late_an_older_one_is_entered(
    people: People, overdue: Instrument
) -> None:
    verify(people["officer"], overdue, TODAY, certificate_no="新")
    verify(people["officer"], overdue, date(2025, 1, 1), certificate_no="旧")
    assert fresh(overdue).standing.verified_on == TODAY
    assert fresh(overdue).standing.due_on == date(2027, 5, 19)


def test_the_earlier_of_printed_validity_and_rule_is_due(people: People, overdue: Instrument) -> None:
    verify(people["officer"], overdue, TODAY, valid_until=date(2026, 11, 19))
    assert fresh(overdue).standing.due_on == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"on": TODAY + timedelta(days=1)}, "晚于今天"),
        ({"valid_until": TODAY - timedelta(days=1)}, "不能早于检定日期"),
        ({"valid_until": TODAY, "verdict": Verdict.REJECTED}, "没有有效期"),
        ({"certificate_no": "  "}, "证书编号"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused(
    people: People, overdue: Instrument, given: dict[str, object], told: str
) -> None:
    with pytest.raises(BadEvent, match=told):
        verify(people["officer"], overdue, given.pop("on", TODAY), **given)  # type: ignore[arg-type]
    assert VerificationRecord.objects.count() == 1


def test_the_same_certificate_is_recorded_once(people: People, overdue: Instrument) -> None:
    with pytest.raises(BadEvent, match="已登记过"):
        verify(people["officer"], overdue, LONG_AGO)
    assert len(leaves("instrument:verified")) == 1


def test_only_an_officer_records_a_verification(people: People, overdue: Instrument) -> None:
    for stranger in ("owner", "clerk", "inspector", "verifier", "auditor"):
        with pytest.raises(OutsideScope):
            verify(people[stranger], overdue, TODAY)


def test_an_owner_who_changes_an_instrument_while_it_is_verified_loses_nothing(
    people: People, overdue: Instrument
) -> None:
    seen = overdue.revision
    act(people["owner"], overdue, EventKind.STOPPED)
    with pytest.raises(StaleRevision):
        verify(people["officer"], overdue, TODAY, revision=seen)
    assert VerificationRecord.objects.count() == 1
    verify(people["officer"], overdue, TODAY)
    assert fresh(overdue).condition == Condition.STOPPED
    assert VerificationRecord.objects.count() == 2


# ---- files and log -----------------------------------------------------------------------------------------------


def test_the_file_of_an_event_comes_back_unchanged_or_not_at_all(people: People, overdue: Instrument) -> None:
    act(people["owner"], overdue, EventKind.STOPPED, data=PHOTO)
    event = overdue.events.get(kind=EventKind.STOPPED)
    assert event_file(people["clerk"], overdue.public_id, event.pk) == (event, PHOTO)
    with pytest.raises(InstrumentNotFound):
        event_file(people["liaison"], overdue.public_id, event.pk)
    with pytest.raises(EventFileMissing):
        event_file(people["clerk"], overdue.public_id, overdue.events.last().pk)
    stored_path(event.file_sha256).write_bytes(b"something else")
    with pytest.raises(EventFileMissing):
        event_file(people["clerk"], overdue.public_id, event.pk)
    stored_path(event.file_sha256).unlink()
    with pytest.raises(EventFileMissing):
        event_file(people["clerk"], overdue.public_id, event.pk)


def test_every_act_leaves_one_leaf_with_the_hash_of_its_file_and_no_name(
    people: People, overdue: Instrument, market: Place
) -> None:
    act(people["owner"], overdue, EventKind.STOPPED, data=PHOTO)
    act(people["owner"], overdue, EventKind.RESUMED)
    act(people["officer"], overdue, EventKind.SEALED, data=b"sealed")
    _shift(people["officer"], overdue, place=market, spot="")
    _shift(people["officer"], overdue, owner=make_party("新店", account=False))
    act(people["officer"], overdue, EventKind.SCRAPPED, data=b"scrapped")
    for kind, data in {
        "stopped": PHOTO,
        "sealed": b"sealed",
        "moved": PHOTO,
        "transferred": PHOTO,
        "scrapped": b"scrapped",
    }.items():
        (leaf,) = leaves(f"instrument:{kind}")
        assert leaf["sha256"] == hashlib.sha256(data).hexdigest()
        assert set(leaf["by"]) == {"commitment"}
    assert "sha256" not in leaves("instrument:resumed")[0]
    text = logged()
    for hidden in (people["owner"].display_name, people["officer"].display_name, "摊位歇业", "现场.jpg"):
        assert hidden not in text
