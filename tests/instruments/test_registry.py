"""Registering, changing, filing: who may, what is refused, what the history and the log keep."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import Condition, EventKind, Filing, Use
from quanheng.instruments.errors import (
    BadEvent,
    BadInstrument,
    BadPlace,
    InstrumentKnown,
    InstrumentNotFound,
    OutsideScope,
    PlaceNameTaken,
    PlaceNotFound,
    WrongFiling,
)
from quanheng.instruments.models import Instrument, InstrumentEvent, Place, Standing
from quanheng.instruments.selectors import (
    ListQuery,
    event_file,
    instrument_by_label,
    instrument_for,
    listed,
    standings_visible,
)
from quanheng.instruments.services.filing import file_instruments, return_instruments, submit_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import (
    InstrumentDetails,
    change_instrument,
    details_of,
    register_instrument,
)
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.making import (
    PHOTO,
    TODAY,
    fresh,
    leaves,
    logged,
    make_party,
    make_place,
    make_scale,
    scale,
    unit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
People = dict[str, User]


def _change(actor: User | None, instrument: Instrument, **given: object) -> Instrument:
    present = fresh(instrument)
    details = replace(_details(present), **given)  # type: ignore[arg-type]
    change_instrument(actor=actor, public_id=present.public_id, revision=present.revision, details=details)
    return fresh(instrument)


def _details(instrument: Instrument) -> InstrumentDetails:
    names = InstrumentDetails.__dataclass_fields__
    return InstrumentDetails(**{name: getattr(instrument, name) for name in names})


# ---- registering -------------------------------------------------------------------------------------------------


def test_a_registered_instrument_has_its_keys_its_kind_its_town_and_a_standing(
    shop: Party, market: Place
) -> None:
    instrument = make_scale(owner=shop, place=market, serial_no="No. ab-12 3")
    assert (instrument.serial_key, instrument.serial_tail) == ("AB123", "321BA")
    assert instrument.kind == "price_scale"
    assert instrument.town == unit("亭子镇")
    assert instrument.filing == Filing.DRAFT
    assert instrument.standing.obligation == "mandatory"
    assert instrument.standing.has_full_identity
    assert len(instrument.label_code) == 10


def test_an_unknown_name_leaves_the_kind_to_be_clarified_and_an_unknown_kind_is_refused(
    people: People,
) -> None:
    assert make_scale(name="某种装置").standing.obligation == "unknown"
    with pytest.raises(BadInstrument, match="种类"):
        make_scale(kind="perpetuum_mobile", serial_no="2")


def test_the_town_is_that_of_the_place_and_else_of_the_owner(shop: Party) -> None:
    elsewhere = make_place("福善镇市场", town="福善镇")
    assert make_scale(owner=shop, place=elsewhere).town == unit("福善镇")
    nowhere = make_place("流动车", town=None)
    assert make_scale(owner=shop, place=nowhere, serial_no="2").town == unit("亭子镇")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "  "}, "名称不能为空"),
        ({"serial_no": "1" * 101}, "超过 100 字"),
        ({"in_use_on": TODAY + timedelta(days=1)}, "不能晚于今天"),
        ({"parameters": {"dn_mm": "大"}}, "不是数字"),
        ({"parameters": {"dn_mm": "NaN"}}, "不是数字"),
        ({"parameters": {"dn_mm": "-15"}}, "不是数字"),
        ({"parameters": {"dn_mm": "1e10000000"}}, "不是数字"),
    ],
)
def test_what_is_no_statement_about_an_instrument_is_refused(
    people: People, given: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInstrument, match=told):
        make_scale(**given)
    assert not Instrument.objects.exists()


def test_a_parameter_is_kept_as_the_rules_compare_it(people: People) -> None:
    meter = make_scale(name="水表", parameters={"dn_mm": " 20 "}, in_use_on=TODAY, submit=False)
    assert meter.parameters == {"dn_mm": 20}
    assert meter.kind == "water_meter"


@pytest.mark.parametrize("written", ["2024-0317", "２０２４０３１７", "no. 20240317"])
def test_the_same_maker_and_serial_is_one_instrument_however_written(shop: Party, written: str) -> None:
    make_scale(owner=shop)
    with pytest.raises(InstrumentKnown, match="达川演示超市"):
        make_scale(serial_no=written, manufacturer="演示 衡器（厂）")
    assert make_scale(serial_no=written, manufacturer="另一家厂").pk
    assert make_scale(serial_no=written, manufacturer="").pk


def test_whose_the_twin_is_stays_untold_to_who_may_not_see_it(people: People, shop: Party) -> None:
    stranger = make_party("福善镇老店", town="福善镇", account=False)
    make_scale(owner=stranger)
    with pytest.raises(InstrumentKnown) as refused:
        make_scale(people["owner"], owner=shop)
    assert "福善镇老店" not in str(refused.value)
    with pytest.raises(InstrumentKnown, match="福善镇老店"):
        make_scale(people["inspector"], owner=shop)


def test_submitting_needs_an_owner_and_a_place(people: People, shop: Party) -> None:
    with pytest.raises(BadInstrument, match="使用单位"):
        make_scale(submit=True)
    homeless = make_party("外地车队", town=None, account=False)
    with pytest.raises(BadInstrument, match="地点"):
        make_scale(submit=True, owner=homeless)
    assert make_scale(submit=True, owner=shop).filing == Filing.SUBMITTED


# ---- who may -----------------------------------------------------------------------------------------------------


def test_an_owner_registers_for_the_own_party_only(people: People, shop: Party) -> None:
    other = make_party("另一超市", town="福善镇", account=False)
    assert make_scale(people["owner"], owner=shop).owner == shop
    for strange in ({"owner": other}, {"owner": None}):
        with pytest.raises(OutsideScope):
            make_scale(people["owner"], serial_no="2", **strange)


def test_a_clerk_registers_for_the_own_town_only(people: People, shop: Party, market: Place) -> None:
    other = make_party("另一超市", town="福善镇", account=False)
    assert make_scale(people["clerk"], owner=other, place=market).town == unit("亭子镇")
    with pytest.raises(OutsideScope):
        make_scale(people["clerk"], owner=other, serial_no="2")


def test_an_inspector_registers_anywhere_and_the_auditor_nothing(people: People, shop: Party) -> None:
    assert make_scale(people["inspector"], owner=make_party("福善店", town="福善镇", account=False)).pk
    for nobody in ("auditor", "admin", "verifier", "liaison"):
        with pytest.raises(OutsideScope):
            make_scale(people[nobody], owner=shop, serial_no="2")


def test_everybody_reads_what_is_theirs(people: People, shop: Party, market: Place) -> None:
    own = make_scale(owner=shop)
    in_town = make_scale(place=market, serial_no="2")
    elsewhere = make_scale(town=unit("福善镇"), serial_no="3")
    every = {own, in_town, elsewhere}
    seen = {
        name: {row.instrument for row in standings_visible(user).select_related("instrument")}
        for name, user in people.items()
    }
    assert seen["owner"] == {own}
    assert seen["clerk"] == {own, in_town}
    assert seen["liaison"] == set()
    for reader in ("officer", "inspector", "auditor", "admin", "verifier"):
        assert seen[reader] == every
    with pytest.raises(InstrumentNotFound):
        instrument_for(people["owner"], in_town.public_id)
    assert instrument_for(people["clerk"], in_town.public_id) == in_town


# ---- changing ----------------------------------------------------------------------------------------------------


def test_a_correction_keeps_what_was_before(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop)
    _change(people["officer"], instrument, model="ACS-15", parameters={"dn_mm": 15})
    event = instrument.events.get(kind=EventKind.CHANGED)
    assert event.changes == {"model": ["ACS-30", "ACS-15"], "parameters.dn_mm": ["", "15"]}
    assert event.by == people["officer"]
    again = _change(people["officer"], instrument, parameters={})
    assert again.events.first().changes == {"parameters.dn_mm": ["15", ""]}


def test_a_correction_that_changes_nothing_leaves_no_trace(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop)
    before = PendingLeaf.objects.count()
    assert _change(people["officer"], instrument).revision == instrument.revision
    assert PendingLeaf.objects.count() == before


@pytest.mark.parametrize("person", ["owner", "clerk", "inspector"])
def test_a_correction_of_a_filed_instrument_goes_back_to_review(
    people: People, shop: Party, person: str
) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    assert _change(people[person], instrument, model="ACS-15").filing == Filing.SUBMITTED


def test_an_officers_correction_stays_filed(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, filed_by=people["officer"])
    assert _change(people["officer"], instrument, model="ACS-15").filing == Filing.FILED


def test_nobody_changes_an_instrument_out_of_their_reach(people: People, shop: Party) -> None:
    other = make_party("福善店", town="福善镇", account=False)
    theirs = make_scale(owner=other)
    for stranger in ("owner", "clerk", "auditor"):
        with pytest.raises(OutsideScope):
            _change(people[stranger], theirs, model="X")
    own = make_scale(owner=shop, serial_no="2")
    with pytest.raises(OutsideScope):  # given away: then nobody would know whose it is
        _change(people["owner"], own, owner=other, town=unit("福善镇"))
    assert fresh(own).owner == shop


def test_who_saves_second_is_told_and_nothing_of_the_first_is_lost(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop)
    _change(people["owner"], instrument, model="ACS-15")
    with pytest.raises(StaleRevision):
        change_instrument(
            actor=people["officer"],
            public_id=instrument.public_id,
            revision=instrument.revision,
            details=scale(owner=shop, model="ACS-6"),
        )
    assert fresh(instrument).model == "ACS-15"


def test_a_change_to_the_serial_of_another_is_refused(people: People, shop: Party) -> None:
    make_scale(owner=shop)
    second = make_scale(owner=shop, serial_no="2")
    with pytest.raises(InstrumentKnown):
        _change(people["officer"], second, serial_no="20240317")
    assert fresh(second).serial_no == "2"


def test_what_is_scrapped_is_not_corrected(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop)
    Instrument.objects.filter(pk=instrument.pk).update(condition=Condition.SCRAPPED)
    with pytest.raises(WrongFiling, match="报废"):
        _change(people["officer"], instrument, model="X")


def test_a_record_that_is_not_there_is_told(people: People) -> None:
    with pytest.raises(InstrumentNotFound):
        change_instrument(actor=people["officer"], public_id=uuid4(), revision=1, details=scale())


def test_another_photo_of_a_filed_instrument_goes_back_to_review_and_into_the_log(
    people: dict[str, User], shop: Party
) -> None:
    found = make_scale(people["officer"], owner=shop, filed_by=people["officer"])
    photo = {"data": PHOTO, "filename": "铭牌.jpg"}
    change_instrument(
        actor=people["owner"],
        public_id=found.public_id,
        revision=found.revision,
        details=details_of(found),
        **photo,
    )
    assert fresh(found).filing == Filing.SUBMITTED
    [leaf] = leaves("instrument:changed")
    assert (leaf["changed"], leaf["sha256"]) == (["photo"], hashlib.sha256(PHOTO).hexdigest())
    with pytest.raises(InstrumentNotFound):
        file_instruments(actor=people["officer"], public_ids=[uuid4()])


# ---- filing ------------------------------------------------------------------------------------------------------


def test_a_draft_is_submitted_returned_with_a_reason_submitted_again_and_filed(
    people: People, shop: Party
) -> None:
    owner, officer = people["owner"], people["officer"]
    instrument = make_scale(owner, owner=shop)
    ids = [instrument.public_id]
    assert submit_instruments(actor=owner, public_ids=ids)[0].filing == Filing.SUBMITTED
    return_instruments(actor=officer, public_ids=ids, reason="编号不清")
    assert fresh(instrument).filing == Filing.RETURNED
    assert fresh(instrument).events.first().reason == "编号不清"
    submit_instruments(actor=owner, public_ids=ids)
    file_instruments(actor=officer, public_ids=ids)
    assert fresh(instrument).filing == fresh(instrument).standing.filing == Filing.FILED
    kinds = [event.kind for event in reversed(instrument.events.all())]
    assert kinds == ["registered", "submitted", "returned", "submitted", "filed"]


def test_only_an_officer_files_or_returns(people: People, shop: Party) -> None:
    ids = [make_scale(owner=shop, submit=True).public_id]
    for person in ("owner", "clerk", "inspector", "auditor"):
        with pytest.raises(OutsideScope):
            file_instruments(actor=people[person], public_ids=ids)
        with pytest.raises(OutsideScope):
            return_instruments(actor=people[person], public_ids=ids, reason="试试")
    with pytest.raises(BadEvent):
        return_instruments(actor=people["officer"], public_ids=ids, reason=" ")


def test_what_is_not_submitted_is_not_filed_and_what_is_filed_not_submitted(
    people: People, shop: Party
) -> None:
    draft = make_scale(owner=shop)
    filed = make_scale(owner=shop, serial_no="2", filed_by=people["officer"])
    with pytest.raises(WrongFiling, match="草稿"):
        file_instruments(actor=people["officer"], public_ids=[draft.public_id])
    with pytest.raises(WrongFiling, match="已备案"):
        submit_instruments(actor=people["owner"], public_ids=[filed.public_id])


def test_many_are_filed_all_or_none(people: People, shop: Party) -> None:
    good = make_scale(owner=shop, submit=True)
    draft = make_scale(owner=shop, serial_no="2")
    with pytest.raises(WrongFiling):
        file_instruments(actor=people["officer"], public_ids=[good.public_id, draft.public_id])
    assert fresh(good).filing == Filing.SUBMITTED
    assert leaves("instrument:filed") == []


def test_what_the_owner_changed_after_the_officer_read_it_is_not_filed(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop, submit=True)
    read = {instrument.public_id: instrument.revision}
    _change(people["owner"], instrument, model="ACS-15")
    for service in (file_instruments, submit_instruments):
        with pytest.raises(StaleRevision):
            service(actor=people["officer"], public_ids=[instrument.public_id], revisions=read)
    with pytest.raises(StaleRevision):
        return_instruments(
            actor=people["officer"], public_ids=[instrument.public_id], revisions=read, reason="旧"
        )
    present = fresh(instrument)
    assert (present.filing, present.model) == (Filing.SUBMITTED, "ACS-15")
    now = {instrument.public_id: present.revision}
    file_instruments(actor=people["officer"], public_ids=[instrument.public_id], revisions=now)
    assert fresh(instrument).filing == Filing.FILED


# ---- places ------------------------------------------------------------------------------------------------------


def test_instruments_follow_their_place_to_another_town(people: People, shop: Party, market: Place) -> None:
    instrument = make_scale(owner=shop, place=market)
    details = PlaceDetails(name=market.name, setting=market.setting, town=unit("福善镇"))
    save_place(actor=people["officer"], public_id=market.public_id, revision=market.revision, details=details)
    assert fresh(instrument).town == unit("福善镇")
    assert fresh(instrument).standing.town == unit("福善镇")
    nowhere = replace(details, town=None)
    save_place(actor=None, public_id=market.public_id, revision=market.revision + 1, details=nowhere)
    assert fresh(instrument).town == unit("福善镇")  # that it stands somewhere stays known


def test_a_place_is_refused_without_name_with_half_a_coordinate_or_twice(
    people: People, market: Place
) -> None:
    def save(**given: object) -> Place:
        details = PlaceDetails(**{"name": "新市场", "town": unit("亭子镇")} | given)  # type: ignore[arg-type]
        return save_place(actor=None, public_id=None, revision=0, details=details)

    for bad in ({"name": " "}, {"longitude": 107}, {"longitude": 181, "latitude": 3}, {"name": "长" * 201}):
        with pytest.raises(BadPlace):
            save(**bad)
    with pytest.raises(PlaceNameTaken):
        save(name="亭子镇 集贸市场")
    assert save(name="亭子镇集贸市场", town=unit("福善镇")).pk
    with pytest.raises(PlaceNotFound):
        save_place(actor=None, public_id=uuid4(), revision=1, details=PlaceDetails(name="甲"))
    with pytest.raises(StaleRevision):
        save_place(actor=None, public_id=market.public_id, revision=9, details=PlaceDetails(name="甲"))


# ---- history and log ---------------------------------------------------------------------------------------------


def test_every_act_of_the_registry_leaves_one_leaf_that_names_nobody(people: People, shop: Party) -> None:
    owner, officer = people["owner"], people["officer"]
    instrument = make_scale(owner, owner=shop)
    ids = [instrument.public_id]
    _change(owner, instrument, model="ACS-15")
    submit_instruments(actor=owner, public_ids=ids)
    return_instruments(actor=officer, public_ids=ids, reason="赵户的秤编号不清")
    submit_instruments(actor=owner, public_ids=ids)
    file_instruments(actor=officer, public_ids=ids)
    counts = {
        name: len(leaves(f"instrument:{name}"))
        for name in ("registered", "changed", "submitted", "returned", "filed")
    }
    assert counts == {"registered": 1, "changed": 1, "submitted": 2, "returned": 1, "filed": 1}
    assert leaves("instrument:changed")[0]["changed"] == ["model"]
    text = logged()
    for person in (owner, officer):
        assert person.display_name not in text
    assert "赵户的秤" not in text
    assert "commitment" in leaves("instrument:returned")[0]["reason"]


def test_what_was_refused_leaves_neither_record_nor_leaf_nor_standing(people: People, shop: Party) -> None:
    make_scale(owner=shop)
    before = PendingLeaf.objects.count()
    with pytest.raises(InstrumentKnown):
        make_scale(owner=shop)
    assert PendingLeaf.objects.count() == before
    assert Instrument.objects.count() == InstrumentEvent.objects.count() == Standing.objects.count() == 1


def test_a_label_opens_what_is_no_draft(people: People, shop: Party) -> None:
    instrument = make_scale(owner=shop)
    with pytest.raises(InstrumentNotFound):
        instrument_by_label(instrument.label_code)
    submit_instruments(actor=people["owner"], public_ids=[instrument.public_id])
    assert instrument_by_label(instrument.label_code.lower()) == instrument
    with pytest.raises(InstrumentNotFound):
        instrument_by_label("NOTTHERE00")


def test_the_kept_file_of_nobody_is_not_handed_out(people: People, shop: Party) -> None:
    from quanheng.instruments.errors import EventFileMissing

    instrument = make_scale(owner=shop)
    with pytest.raises(EventFileMissing):
        event_file(people["officer"], instrument.public_id, instrument.events.get().pk)


def test_the_list_is_narrowed_by_each_word(people: People, shop: Party, market: Place) -> None:
    filed = make_scale(owner=shop, place=market, filed_by=people["officer"])
    draft = make_scale(owner=shop, serial_no="77001", use=Use.OTHER)

    def found(**query: object) -> set[Instrument]:
        rows = listed(people["officer"], ListQuery(**query), TODAY)  # type: ignore[arg-type]
        return {row.instrument for row in rows.select_related("instrument")}

    assert found() == {filed, draft}
    assert found(filing="filed") == found(place=market.pk) == found(obligation="mandatory") == {filed}
    assert found(text="77001") == found(text="7001") == {draft}
    assert found(text="dcyscs") == found(text="达川演示") == {filed, draft}
    assert found(text="亭子镇集贸") == {filed}
    assert found(due="never") == {filed}
    assert found(text="没有的") == set()


def test_an_instrument_of_no_town_and_no_owner_is_seen_by_who_sees_all(people: People) -> None:
    instrument = register_instrument(actor=people["officer"], details=scale())
    assert OrgUnit.objects.exists()
    assert instrument_for(people["auditor"], instrument.public_id) == instrument
    with pytest.raises(InstrumentNotFound):
        instrument_for(people["clerk"], instrument.public_id)
