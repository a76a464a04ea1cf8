"""The projection equals a fresh computation after whatever was done, and after a night's sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Filing, Obligation, Setting, Use, Verdict
from quanheng.instruments.models import Instrument, Place, Standing
from quanheng.instruments.selectors import due_conditions
from quanheng.instruments.services.conditions import (
    add_condition_evidence,
    merge_instruments,
    move_instrument,
    transfer_instrument,
)
from quanheng.instruments.services.filing import file_instruments, return_instruments, submit_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import change_instrument
from quanheng.instruments.services.standing import facts_of, refresh_standing, stale_standings, sweep
from quanheng.kernels.rules import due, light
from quanheng.parties.models import Party
from quanheng.regulations.packaged import light_limits
from quanheng.regulations.selectors import rule_set
from quanheng.transparency.models import PendingLeaf
from tests.instruments.making import (
    PHOTO,
    TODAY,
    act,
    fresh,
    make_party,
    make_place,
    make_scale,
    scale,
    unit,
    verify,
)

pytestmark = pytest.mark.django_db
People = dict[str, User]
STEPS = 60


class Walk:
    """Does at random what people do, on a calendar that goes on."""

    def __init__(self, seed: int, people: People, parties: list[Party], places: list[Place]) -> None:
        self.random = Random(seed)
        self.people, self.parties, self.places = people, parties, places
        self.on = TODAY
        self.numbers = 0
        self.done: dict[str, int] = {}

    def step(self) -> None:
        """Do one thing; a refusal is an answer as well."""
        acts: list[Callable[[], object]] = [
            self.register, self.change, self.submit, self.file, self.give_back, self.condition,
            self.evidence, self.move, self.transfer, self.verify, self.merge, self.place, self.night,
        ]  # fmt: skip
        what = self.random.choice(acts) if self.numbers > 2 else self.register
        leaves_before = PendingLeaf.objects.count()
        try:
            what()
        except BureauError:
            assert PendingLeaf.objects.count() == leaves_before, f"{what.__name__}: refused, yet logged"
        else:
            self.done[what.__name__] = self.done.get(what.__name__, 0) + 1

    def one(self) -> Instrument:
        return fresh(self.random.choice(list(Instrument.objects.all())))

    def officer(self) -> User:
        return self.people["officer"]

    def register(self) -> None:
        self.numbers += 1
        number, name = (
            self.random.choice(["5O1", "501", f"{self.numbers:04}"]),
            self.random.choice(["电子计价秤", "水表", "弹性元件式一般压力表", "某种装置"]),
        )
        make_scale(
            self.people[self.random.choice(["officer", "inspector", "owner"])],
            name=name,
            serial_no=number,
            manufacturer=self.random.choice(["", f"第{self.numbers}厂"]),
            owner=self.random.choice(self.parties),
            use=self.random.choice(list(Use)),
            parameters=self.random.choice([{}, {"dn_mm": 15}, {"dn_mm": 100}]),
            in_use_on=self.random.choice([None, date(2020, 2, 29)]),
            submit=self.random.random() < 0.7,
        )

    def change(self) -> None:
        found = self.one()
        given = {
            name: getattr(found, name)
            for name in ("name", "kind", "serial_no", "manufacturer", "owner", "place", "town", "parameters")
        }
        details = replace(scale(**given), use=self.random.choice(list(Use)))
        actor = self.people[self.random.choice(["officer", "owner", "clerk"])]
        change_instrument(actor=actor, public_id=found.public_id, revision=found.revision, details=details)

    def submit(self) -> None:
        submit_instruments(actor=self.people["owner"], public_ids=[self.one().public_id])

    def file(self) -> None:
        waiting = Instrument.objects.filter(filing=Filing.SUBMITTED).values_list("public_id", flat=True)
        file_instruments(actor=self.officer(), public_ids=list(waiting))

    def give_back(self) -> None:
        return_instruments(actor=self.officer(), public_ids=[self.one().public_id], reason="不清")

    def condition(self) -> None:
        kinds = [
            EventKind.STOPPED,
            EventKind.SEALED,
            EventKind.RESUMED,
            EventKind.RESUMED,
            EventKind.SCRAPPED,
        ]
        data = self.random.choice([b"", PHOTO])
        act(self.officer(), self.one(), self.random.choice(kinds), self.on, data=data)

    def evidence(self) -> None:
        found = self.one()
        add_condition_evidence(
            actor=self.officer(),
            public_id=found.public_id,
            revision=found.revision,
            reason="补",
            data=PHOTO,
            filename="补.jpg",
        )

    def move(self) -> None:
        found = self.one()
        move_instrument(
            actor=self.officer(),
            public_id=found.public_id,
            revision=found.revision,
            place=self.random.choice(self.places),
            spot="",
            happened_on=self.on,
            reason="换",
            data=PHOTO,
            filename="1",
        )

    def transfer(self) -> None:
        found = self.one()
        transfer_instrument(
            actor=self.officer(),
            public_id=found.public_id,
            revision=found.revision,
            owner=self.random.choice(self.parties),
            happened_on=self.on,
            reason="换",
            data=PHOTO,
            filename="1",
        )

    def verify(self) -> None:
        on = self.on - timedelta(days=self.random.randrange(900))
        verdict = self.random.choice([Verdict.PASSED, Verdict.PASSED, Verdict.REJECTED])
        until = on + timedelta(days=200) if verdict is Verdict.PASSED and self.random.random() < 0.3 else None
        verify(self.officer(), self.one(), on, verdict=verdict, valid_until=until)

    def merge(self) -> None:
        merge_instruments(
            actor=self.officer(), keep=self.one().public_id, merge=self.one().public_id, reason="同一台"
        )

    def place(self) -> None:
        place = Place.objects.get(pk=self.random.choice(self.places).pk)
        details = PlaceDetails(
            name=place.name,
            setting=self.random.choice(list(Setting)),
            town=unit(self.random.choice(["亭子镇", "福善镇"])),
        )
        save_place(actor=None, public_id=place.public_id, revision=place.revision, details=details)

    def night(self) -> None:
        self.on += timedelta(days=self.random.randrange(1, 120))
        sweep()


@pytest.mark.parametrize("seed", range(8))
def test_the_standing_is_what_the_rules_say_after_any_sequence_of_acts(
    people: People, shop: Party, market: Place, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    parties = [shop, make_party("福善店", town="福善镇", account=False)]
    walk = Walk(seed, people, parties, [market, make_place("流动车", town=None)])
    monkeypatch.setattr("quanheng.base.clock.today", lambda: walk.on)
    for _ in range(STEPS):
        walk.step()
        ids = Instrument.objects.values_list("pk", flat=True)
        assert stale_standings(ids) == []
    assert Standing.objects.count() == Instrument.objects.count() > 2
    assert len(walk.done) >= 8, walk.done
    for instrument in Instrument.objects.all():
        events = instrument.events.count()
        assert events >= 1
        # Each saved revision has its event; submitting at once makes two of one revision.
        assert events >= instrument.revision


def test_the_check_of_standings_sees_a_wrong_one(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    Standing.objects.filter(pk=instrument.pk).update(due_on=date(2000, 1, 1))
    assert stale_standings([instrument.pk]) == [instrument.pk]
    Standing.objects.all().delete()
    assert stale_standings([instrument.pk]) == [instrument.pk]
    assert refresh_standing([instrument.pk]) == 1
    assert stale_standings([instrument.pk]) == []


def test_a_sweep_rebuilds_the_whole_table_and_then_changes_nothing(people: People, shop: Party) -> None:
    for number in range(5):
        make_scale(owner=shop, serial_no=f"{number}", filed_by=people["officer"])
    before = list(Standing.objects.values())
    Standing.objects.all().delete()
    assert (sweep().instruments, sweep().changed) == (5, 0)
    assert list(Standing.objects.values()) == before


def test_a_rule_that_comes_into_force_overnight_is_seen_by_the_sweep(
    people: People, shop: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Electronic price scales: JJG 1204-2025 from 2027-01-08."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2027, 1, 7))
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    assert instrument.standing.rule_id == "price_scale/1"
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2027, 1, 8))
    assert stale_standings([instrument.pk]) == [instrument.pk]
    assert sweep().changed == 1
    assert fresh(instrument).standing.rule_id == "price_scale/2"


@pytest.mark.usefixtures("on_one_day")
def test_a_draft_is_not_due_and_what_was_returned_is(people: People, shop: Party) -> None:
    draft = make_scale(owner=shop)
    assert (draft.standing.obligation, draft.standing.due_on) == (Obligation.MANDATORY, None)
    submit_instruments(actor=people["owner"], public_ids=[draft.public_id])
    assert fresh(draft).standing.due_on == TODAY  # never verified
    return_instruments(actor=people["officer"], public_ids=[draft.public_id], reason="编号不清")
    assert fresh(draft).standing.due_on == TODAY


@pytest.mark.usefixtures("on_one_day")
def test_what_is_not_mandatory_or_not_known_is_not_due(people: People, shop: Party) -> None:
    for use, answer in ((Use.OTHER, Obligation.VOLUNTARY), (Use.UNKNOWN, Obligation.UNKNOWN)):
        found = make_scale(owner=shop, serial_no=use, use=use, submit=True)
        assert (found.standing.obligation, found.standing.due_on) == (answer, None)


@pytest.mark.usefixtures("on_one_day")
def test_the_class_of_an_instrument_decides_its_period_without_being_asked_twice(
    people: People, shop: Party
) -> None:
    meter = make_scale(owner=shop, name="三相电能表", accuracy_class="0.5S级", filed_by=people["officer"])
    verify(people["officer"], meter, date(2024, 1, 1))
    assert facts_of(meter).parameters == {"accuracy_class": "0.5S"}
    assert fresh(meter).standing.period_months == 72


@pytest.mark.usefixtures("on_one_day")
def test_the_words_about_the_due_date_part_all_instruments(people: People, shop: Party) -> None:
    for number, days in enumerate((400, 340, 10)):
        found = make_scale(owner=shop, serial_no=f"{number}", filed_by=people["officer"])
        verify(people["officer"], found, TODAY - timedelta(days=days))
    make_scale(owner=shop, serial_no="9")
    counts = {
        word: Standing.objects.filter(condition).count() for word, condition in due_conditions(TODAY).items()
    }
    assert counts == {"overdue": 1, "soon": 1, "later": 1, "never": 0, "none": 1}
    parts = [word for word in due_conditions(TODAY) if word != "never"]
    assert sum(counts[word] for word in parts) == Standing.objects.count()


@pytest.mark.usefixtures("on_one_day")
def test_amber_of_the_list_is_amber_of_the_rules(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], instrument, date(2025, 8, 1))
    standing = fresh(instrument).standing
    assert standing.amber_on
    found = due(rule_set(), facts_of(instrument), TODAY)
    lights = {
        on: light(found.due_on, found.period_months, on, limits=light_limits())
        for on in (standing.amber_on - timedelta(days=1), standing.amber_on)
    }
    assert list(lights.values()) == ["green", "amber"]
