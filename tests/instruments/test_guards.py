"""What must not end a duty, leak a name or be stored: guards found by attack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import Condition, EventKind, Filing, Setting, Use, Verdict
from quanheng.instruments.errors import BadEvent, BadInstrument, BadMerge, BadPlace
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.conditions import change_condition, merge_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import (
    InstrumentDetails,
    change_instrument,
    details_of,
    register_instrument,
)
from quanheng.instruments.services.verifications import record_verification
from quanheng.parties.errors import BadParty
from quanheng.parties.services import PartyDetails, save_party
from quanheng.transparency.models import PendingLeaf
from tests.web.world import World, build_world


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return build_world(people)


def fresh(instrument: Instrument) -> Instrument:
    return Instrument.objects.get(pk=instrument.pk)


def act(world: World, instrument: Instrument, kind: EventKind, on: date) -> None:
    change_condition(
        actor=world.people["officer"],
        public_id=instrument.public_id,
        revision=fresh(instrument).revision,
        act=kind,
        happened_on=on,
        reason="演示",
        data=b"\xff\xd8 photo",
        filename="照片.jpg",
    )


def verify(world: World, instrument: Instrument, on: date) -> None:
    record_verification(
        actor=world.people["officer"],
        public_id=instrument.public_id,
        revision=fresh(instrument).revision,
        verified_on=on,
        valid_until=None,
        certificate_no=f"演示 {on}",
        institution="",
        verdict=Verdict.PASSED,
    )


def test_an_owner_cannot_correct_a_filed_instrument_out_of_its_duty(world: World) -> None:
    owner, filed = world.people["owner"], world.instrument
    for changed in ({"use": Use.OTHER}, {"kind": "pressure_gauge"}, {"place": None}):
        with pytest.raises(BadInstrument):
            change_instrument(
                actor=owner,
                public_id=filed.public_id,
                revision=filed.revision,
                details=replace(details_of(filed), **changed),
            )
    assert fresh(filed).filing == Filing.FILED
    assert filed.standing.due_on is not None
    # What does not decide the duty they may correct; the bureau then looks at it.
    change_instrument(
        actor=owner,
        public_id=filed.public_id,
        revision=filed.revision,
        details=replace(details_of(filed), serial_no="SN2024109"),
    )
    assert fresh(filed).filing == Filing.SUBMITTED


def test_the_record_in_use_is_the_one_that_a_merge_keeps(world: World) -> None:
    officer = world.people["officer"]
    twin = register_instrument(
        actor=officer,
        details=InstrumentDetails(name="电子计价秤", owner=world.party, place=world.place),
        submit=True,
    )
    act(world, twin, EventKind.SCRAPPED, clock.today())
    with pytest.raises(BadMerge):
        merge_instruments(
            actor=officer, keep=twin.public_id, merge=world.instrument.public_id, reason="同一台"
        )
    merge_instruments(actor=officer, keep=world.instrument.public_id, merge=twin.public_id, reason="同一台")
    assert fresh(world.instrument).condition == Condition.IN_USE


@pytest.mark.parametrize("entered", ["verified first", "resumed first"])
def test_the_due_date_does_not_depend_on_the_order_of_entry(world: World, entered: str) -> None:
    today = clock.today()
    sealed, verified, resumed = (today - timedelta(days=days) for days in (90, 60, 30))
    act(world, world.instrument, EventKind.SEALED, sealed)
    if entered == "verified first":
        verify(world, world.instrument, verified)
        act(world, world.instrument, EventKind.RESUMED, resumed)
    else:
        act(world, world.instrument, EventKind.RESUMED, resumed)
        verify(world, world.instrument, verified)
    due_on = fresh(world.instrument).standing.due_on
    assert due_on is not None
    assert due_on > today


def test_a_verification_before_it_left_use_does_not_settle_its_return(world: World) -> None:
    today = clock.today()
    act(world, world.instrument, EventKind.SEALED, today - timedelta(days=60))
    act(world, world.instrument, EventKind.RESUMED, today - timedelta(days=30))
    verify(world, world.instrument, today - timedelta(days=90))
    assert fresh(world.instrument).standing.due_on == today - timedelta(days=30)


def test_days_before_any_registry_are_refused(world: World) -> None:
    with pytest.raises(BadEvent):
        verify(world, world.instrument, date(1, 1, 1))
    with pytest.raises(BadEvent):
        act(world, world.instrument, EventKind.STOPPED, date(1900, 1, 1))
    with pytest.raises(BadInstrument):
        register_instrument(
            actor=world.people["officer"],
            details=InstrumentDetails(name="水表", in_use_on=date(1, 1, 1)),
        )


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "a\u2028b", "\ud800"])
def test_control_characters_are_refused_in_names(world: World, name: str) -> None:
    officer = world.people["officer"]
    with pytest.raises(BadInstrument):
        register_instrument(actor=officer, details=InstrumentDetails(name=name))
    with pytest.raises(BadParty):
        save_party(actor=officer, public_id=None, revision=0, details=PartyDetails(name=name))
    with pytest.raises(BadPlace):
        save_place(actor=officer, public_id=None, revision=0, details=PlaceDetails(name=name))


def test_only_the_names_of_public_places_stand_in_the_log(world: World) -> None:
    officer, town = world.people["officer"], OrgUnit.objects.get(name="亭子镇")
    for setting, name in ((Setting.SHOP, "张某某肉铺"), (Setting.MARKET, "新农贸市场")):
        save_place(
            actor=officer,
            public_id=None,
            revision=0,
            details=PlaceDetails(name=name, setting=setting, town=town),
        )
    entries = b"".join(bytes(leaf.entry) for leaf in PendingLeaf.objects.filter(kind="place:saved"))
    assert "新农贸市场".encode() in entries
    assert "张某某".encode() not in entries
