"""Two people at one instrument, or at one number, at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quanheng.base import clock
from quanheng.core.county import load_county, read_county
from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Filing
from quanheng.instruments.models import Instrument, InstrumentEvent, VerificationRecord
from quanheng.instruments.services.conditions import change_condition, merge_instruments
from quanheng.instruments.services.filing import file_instruments, submit_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import change_instrument, register_instrument
from quanheng.instruments.services.standing import stale_standings, sweep
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, open_account_unit, save_party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.making import fresh, make_party, make_place, make_scale, scale, verify
from tests.people import make_people

Race = Callable[..., list[str]]
ROUNDS = range(5)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


@pytest.fixture
def store(cast: dict[str, User]) -> Party:
    return make_party()


def _nothing_is_stale() -> bool:
    return stale_standings(Instrument.objects.values_list("pk", flat=True)) == []


@pytest.mark.parametrize("_", ROUNDS)
def test_two_officers_file_one_instrument_and_it_is_filed_once(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    instrument = make_scale(owner=store, submit=True)
    file = partial(file_instruments, actor=cast["officer"], public_ids=[instrument.public_id])

    assert race(file, file) == ["instruments.wrong_filing", "ok"]
    assert InstrumentEvent.objects.filter(kind=EventKind.FILED).count() == 1
    assert PendingLeaf.objects.filter(kind="instrument:filed").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_an_owner_changes_while_the_officer_files_and_nobody_files_what_was_not_read(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    instrument = make_scale(owner=store, submit=True)
    seen = {instrument.public_id: instrument.revision}
    file = partial(file_instruments, actor=cast["officer"], public_ids=[instrument.public_id], revisions=seen)
    change = partial(
        change_instrument,
        actor=cast["owner"],
        public_id=instrument.public_id,
        revision=instrument.revision,
        details=scale(owner=store, model="ACS-15"),
    )

    assert race(file, change) == ["base.stale_revision", "ok"]
    present = fresh(instrument)
    assert (present.model, present.filing) in {("ACS-15", Filing.SUBMITTED), ("ACS-30", Filing.FILED)}
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_one_maker_and_serial_is_registered_once(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    register = partial(register_instrument, actor=cast["officer"])

    outcome = race(
        partial(register, details=scale(owner=store)),
        partial(register, details=scale(owner=store, serial_no="2024-0317")),
    )
    assert outcome == ["instruments.known", "ok"]
    assert Instrument.objects.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_a_number_is_taken_by_a_change_or_by_a_registration_never_by_both(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    first = make_scale(owner=store, serial_no="1")
    change = partial(
        change_instrument,
        actor=cast["officer"],
        public_id=first.public_id,
        revision=first.revision,
        details=scale(owner=store),
    )
    register = partial(register_instrument, actor=cast["officer"], details=scale(owner=store))

    assert race(change, register) == ["instruments.known", "ok"]


@pytest.mark.parametrize("_", ROUNDS)
def test_two_who_merge_crosswise_neither_wait_for_each_other_nor_lose_both(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    one, two = make_scale(owner=store), make_scale(owner=store, manufacturer="")
    merge = partial(merge_instruments, actor=cast["officer"], reason="同一台")

    outcome = race(
        partial(merge, keep=one.public_id, merge=two.public_id),
        partial(merge, keep=two.public_id, merge=one.public_id),
    )
    assert outcome == ["instruments.bad_merge", "ok"]
    assert Instrument.objects.filter(condition=Condition.MERGED).count() == 1
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_a_merge_and_a_filing_of_both_end(race: Race, cast: dict[str, User], store: Party, _: int) -> None:
    pair = [make_scale(owner=store, manufacturer=maker, submit=True) for maker in ("甲厂", "")]
    ids = [item.public_id for item in pair]
    merge = partial(merge_instruments, actor=cast["officer"], keep=max(ids), merge=min(ids), reason="同一台")
    file = partial(file_instruments, actor=cast["officer"], public_ids=ids)

    assert race(merge, file) in (["ok", "ok"], ["instruments.wrong_filing", "ok"])
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_an_owner_stops_an_instrument_while_it_is_verified(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    instrument = make_scale(owner=store, filed_by=cast["officer"])
    stop = partial(
        change_condition,
        actor=cast["owner"],
        public_id=instrument.public_id,
        revision=instrument.revision,
        act=EventKind.STOPPED,
        happened_on=clock.today(),
        reason="歇业",
    )
    check = partial(verify, cast["officer"], instrument, clock.today(), revision=instrument.revision)

    assert race(stop, check) == ["base.stale_revision", "ok"]
    present = fresh(instrument)
    assert (present.condition == Condition.STOPPED) != VerificationRecord.objects.exists()
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_the_sweep_of_the_night_does_not_undo_what_somebody_saves(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    instrument = make_scale(owner=store, submit=True)
    Instrument.objects.filter(pk=instrument.pk).update(use="other")  # the sweep finds something to change
    change = partial(
        change_instrument,
        actor=cast["officer"],
        public_id=instrument.public_id,
        revision=instrument.revision,
        details=scale(owner=store, model="ACS-15"),
    )

    assert race(change, sweep, sweep) == ["ok", "ok", "ok"]
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_a_place_moves_to_another_town_while_its_instruments_are_filed(
    race: Race, cast: dict[str, User], store: Party, _: int
) -> None:
    market = make_place()
    ids = [make_scale(owner=store, place=market, serial_no=f"{n}").public_id for n in range(6)]
    other = make_place("别处", town="福善镇").town
    details = PlaceDetails(name=market.name, setting=market.setting, town=other)
    move = partial(
        save_place, actor=None, public_id=market.public_id, revision=market.revision, details=details
    )
    submit = partial(submit_instruments, actor=cast["officer"], public_ids=ids[::-1])

    assert race(move, submit) == ["ok", "ok"]
    assert set(Instrument.objects.values_list("filing", "town__name")) == {("submitted", "福善镇")}
    assert _nothing_is_stale()


@pytest.mark.parametrize("_", ROUNDS)
def test_one_shop_is_entered_once_and_gets_one_unit(race: Race, cast: dict[str, User], _: int) -> None:
    save = partial(save_party, actor=None, public_id=None, revision=0, details=PartyDetails("甲店"))
    assert race(save, save) == ["ok", "parties.name_taken"]

    open_unit = partial(open_account_unit, actor=None, public_id=Party.objects.get().public_id)
    assert race(open_unit, open_unit) == ["ok", "ok"]
    assert Party.objects.get().unit is not None
