"""Two records of one instrument: offered, merged with a reason, or kept apart; never silently."""

from __future__ import annotations

from datetime import date

import pytest

from quanheng.core.models import User
from quanheng.instruments.duplicates import MOST_ALIKE, near_duplicates, near_duplicates_of
from quanheng.instruments.enums import Condition, EventKind, Filing, Use
from quanheng.instruments.errors import BadEvent, BadMerge, InstrumentKnown, InstrumentNotFound, OutsideScope
from quanheng.instruments.models import DistinctPair, Instrument
from quanheng.instruments.selectors import instrument_by_label
from quanheng.instruments.services.conditions import keep_apart, merge_instruments
from quanheng.parties.models import Party
from tests.instruments.making import TODAY, fresh, leaves, make_party, make_scale, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
People = dict[str, User]


@pytest.fixture
def pair(people: People, shop: Party) -> tuple[Instrument, Instrument]:
    """One scale, entered twice: once with O for 0 and without its model."""
    kept = make_scale(owner=shop, filed_by=people["officer"], serial_no="SN2024017")
    twin = make_scale(owner=shop, serial_no="SN2O24O17", model="", spot="3 号", in_use_on=date(2024, 1, 1))
    return kept, twin


def _merge(actor: User, keep: Instrument, merge: Instrument, reason: str = "同一台，编号抄错") -> Instrument:
    return merge_instruments(actor=actor, keep=keep.public_id, merge=merge.public_id, reason=reason)


def _offered() -> set[frozenset[int]]:
    return {frozenset((found.first.pk, found.second.pk)) for found in near_duplicates()}


# ---- what is offered ---------------------------------------------------------------------------------------------


def test_serials_that_are_easily_misread_are_offered(pair: tuple[Instrument, Instrument]) -> None:
    assert _offered() == {frozenset(item.pk for item in pair)}
    (found,) = near_duplicates_of(pair[1])
    assert found.other(pair[1]) == pair[0]
    assert "lookalike" in found.reasons


def test_the_same_serial_without_a_maker_is_offered(shop: Party) -> None:
    first, second = make_scale(owner=shop), make_scale(owner=shop, manufacturer="")
    assert _offered() == {frozenset((first.pk, second.pk))}
    assert near_duplicates_of(first)[0].reasons == ("serial", "no_maker", "owner", "model")


def test_the_same_serial_of_two_makers_is_offered_where_owner_or_model_agree(shop: Party) -> None:
    first = make_scale(owner=shop)
    other = make_party("另一店", account=False)
    second = make_scale(owner=other, manufacturer="乙厂", model="XK-1")
    assert _offered() == set()
    third = make_scale(owner=other, manufacturer="丙厂")
    assert _offered() == {frozenset((first.pk, third.pk)), frozenset((second.pk, third.pk))}


def test_different_serials_different_kinds_and_blank_serials_are_not_offered(shop: Party) -> None:
    make_scale(owner=shop, serial_no="1001")
    make_scale(owner=shop, serial_no="1002")
    make_scale(owner=shop, serial_no="")
    make_scale(owner=shop, serial_no="")
    make_scale(owner=shop, serial_no="10O1", name="血压计")
    assert _offered() == set()


def test_what_is_merged_scrapped_or_kept_apart_is_offered_no_more(
    people: People, pair: tuple[Instrument, Instrument]
) -> None:
    keep_apart(actor=people["officer"], first=pair[1].public_id, second=pair[0].public_id)
    assert _offered() == set()
    assert near_duplicates_of(pair[0]) == []
    DistinctPair.objects.all().delete()
    _merge(people["officer"], *pair)
    assert _offered() == set()


def test_the_likeliest_come_first_and_no_more_than_asked_for(shop: Party) -> None:
    other = make_party("另一店", account=False)
    make_scale(owner=shop, serial_no="B100", manufacturer="甲厂")
    make_scale(owner=other, serial_no="8100", manufacturer="")
    sure = {make_scale(owner=shop, serial_no="500", manufacturer=maker) for maker in ("甲厂", "")}
    found = near_duplicates()
    assert len(found) == 2
    assert {found[0].first, found[0].second} == sure
    assert len(near_duplicates(limit=1)) == 1


def test_a_number_that_many_share_is_no_number(shop: Party) -> None:
    for maker in range(MOST_ALIKE + 1):
        make_scale(owner=shop, serial_no="1", manufacturer=f"第{maker}厂")
    assert near_duplicates() == []


# ---- merging -----------------------------------------------------------------------------------------------------


def test_a_merge_moves_verifications_and_what_was_lacking_and_the_label_leads_on(
    people: People, pair: tuple[Instrument, Instrument]
) -> None:
    kept, twin = pair
    verify(people["officer"], twin, date(2026, 1, 5), certificate_no="甲1")
    merged_into = _merge(people["officer"], kept, twin)
    kept, twin = fresh(kept), fresh(twin)
    assert merged_into == kept
    assert (kept.spot, kept.in_use_on, kept.model) == ("3 号", date(2024, 1, 1), "ACS-30")
    assert [record.certificate_no for record in kept.verification_records.all()] == ["甲1"]
    assert kept.standing.due_on == date(2027, 1, 4)
    assert (twin.condition, twin.merged_into, twin.standing.due_on) == (Condition.MERGED, kept, None)
    Instrument.objects.filter(pk=twin.pk).update(filing=Filing.SUBMITTED)
    assert instrument_by_label(twin.label_code) == kept


def test_the_history_of_both_says_what_the_merge_did(
    people: People, pair: tuple[Instrument, Instrument]
) -> None:
    kept, twin = pair
    _merge(people["officer"], kept, twin)
    here = kept.events.get(kind=EventKind.MERGED)
    assert here.changes["from"] == ["", twin.label_code]
    assert here.changes["spot"] == ["", "3 号"]
    assert here.reason == "同一台，编号抄错"
    there = twin.events.get(kind=EventKind.MERGED)
    assert there.changes == {"into": ["", kept.label_code], "condition": ["在用", "已并入"]}
    assert len(leaves("instrument:merged")) == 2


def test_the_same_certificate_is_not_doubled_by_a_merge(
    people: People, pair: tuple[Instrument, Instrument]
) -> None:
    for item in pair:
        verify(people["officer"], item, TODAY, certificate_no="同一份")
    _merge(people["officer"], *pair)
    assert pair[0].verification_records.count() == 1


def test_what_was_filed_and_known_is_never_lost_to_a_poorer_record(people: People, shop: Party) -> None:
    poor = make_scale(owner=None, serial_no="", manufacturer="", use=Use.UNKNOWN)
    rich = make_scale(owner=shop, filed_by=people["officer"])
    _merge(people["officer"], poor, rich)
    kept = fresh(poor)
    assert (kept.serial_no, kept.manufacturer) == ("20240317", "演示衡器厂")
    assert (kept.use, kept.owner, kept.filing) == (Use.TRADE, shop, Filing.FILED)
    assert kept.standing.due_on is not None


def test_a_completed_record_that_would_be_a_third_ones_twin_is_refused(people: People, shop: Party) -> None:
    make_scale(owner=shop, serial_no="77")
    numbered = make_scale(owner=shop, serial_no="77", manufacturer="")
    made = make_scale(owner=shop, serial_no="")
    with pytest.raises(InstrumentKnown):
        _merge(people["officer"], numbered, made)
    assert fresh(made).condition == Condition.IN_USE


def test_records_of_different_serials_the_same_record_and_merged_ones_are_refused(
    people: People, pair: tuple[Instrument, Instrument], shop: Party
) -> None:
    officer = people["officer"]
    other = make_scale(owner=shop, serial_no="12345")
    with pytest.raises(BadMerge, match="编号不同"):
        _merge(officer, pair[0], other)
    with pytest.raises(BadMerge, match="同一条"):
        _merge(officer, other, other)
    with pytest.raises(BadEvent, match="理由"):
        _merge(officer, *pair, reason=" ")
    assert fresh(pair[1]).condition == Condition.IN_USE
    _merge(officer, *pair)
    with pytest.raises(BadMerge, match="已并入"):
        _merge(officer, pair[1], pair[0])


def test_only_an_officer_merges_or_keeps_apart(people: People, pair: tuple[Instrument, Instrument]) -> None:
    for stranger in ("owner", "clerk", "inspector", "auditor"):
        with pytest.raises(OutsideScope):
            _merge(people[stranger], *pair)
        with pytest.raises(OutsideScope):
            keep_apart(actor=people[stranger], first=pair[0].public_id, second=pair[1].public_id)
    with pytest.raises(InstrumentNotFound):
        merge_instruments(actor=people["officer"], keep=pair[0].public_id, merge=shop_id(), reason="甲")


def shop_id() -> object:
    """An id of no instrument."""
    return Party.objects.get(name="达川演示超市").public_id


def test_keeping_apart_is_remembered_once_with_a_leaf(
    people: People, pair: tuple[Instrument, Instrument]
) -> None:
    for first, second in (pair, pair[::-1]):
        keep_apart(actor=people["officer"], first=first.public_id, second=second.public_id)
    assert DistinctPair.objects.count() == len(leaves("instrument:kept_apart")) == 1
    with pytest.raises(BadMerge):
        keep_apart(actor=people["officer"], first=pair[0].public_id, second=pair[0].public_id)
