"""Users of instruments: what is refused, what is logged, who reads them."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.core.models import OrgUnit, User
from quanheng.parties.enums import PartyKind
from quanheng.parties.errors import (
    BadCreditCode,
    BadParty,
    CreditCodeTaken,
    PartyNameTaken,
    PartyNotFound,
)
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_named, parties_visible, party_for
from quanheng.parties.services import PartyDetails, open_account_unit, save_party
from quanheng.transparency.models import Opening
from tests.instruments.making import leaves, logged

pytestmark = pytest.mark.django_db
CODE = "91110000600037341L"
People = dict[str, User]


@pytest.fixture
def town(dachuan: object) -> OrgUnit:
    return OrgUnit.objects.get(name="亭子镇")


def _save(details: PartyDetails, party: Party | None = None) -> Party:
    return save_party(
        actor=None,
        public_id=party.public_id if party else None,
        revision=party.revision if party else 0,
        details=details,
    )


def test_a_party_is_found_by_its_name_its_initials_and_its_code(town: OrgUnit) -> None:
    party = _save(PartyDetails(" 亭子 (镇) 卫生院 ", credit_code="91 110000-600037341l", town=town))
    assert (party.name, party.credit_code) == ("亭子 (镇) 卫生院", CODE)
    for text in ("亭子镇卫生院", "卫生院", "tzzw", CODE.lower()):
        assert list(parties_named(text)) == [party]
    for text in ("zzw", "医院", "（）", ""):
        assert list(parties_named(text)) == []


@pytest.mark.parametrize(
    ("code", "told"), [("9111", "18 位"), ("91110000600037341N", "校验位"), ("9111OOOO6OOO37341L", "字符 O")]
)
def test_a_code_that_the_standard_refuses_is_refused(town: OrgUnit, code: str, told: str) -> None:
    with pytest.raises(BadCreditCode, match=told):
        _save(PartyDetails("甲店", credit_code=code))
    assert not Party.objects.exists()


def test_a_code_is_borne_by_one_party_and_a_name_by_one_of_a_town(town: OrgUnit) -> None:
    first = _save(PartyDetails("甲店", credit_code=CODE, town=town))
    with pytest.raises(CreditCodeTaken, match="甲店"):
        _save(PartyDetails("乙店", credit_code=CODE))
    with pytest.raises(PartyNameTaken):
        _save(PartyDetails("甲 店", town=town))
    assert _save(PartyDetails("甲店")).pk
    with pytest.raises(PartyNameTaken):  # without a town, too
        _save(PartyDetails("甲店"))
    assert _save(PartyDetails("甲店", credit_code=CODE, town=town, address="新址"), first).address == "新址"


@pytest.mark.parametrize("given", [{"name": " （） "}, {"name": "长" * 201}, {"contact_phone": "1" * 51}])
def test_a_blank_or_endless_statement_is_refused(town: OrgUnit, given: dict[str, str]) -> None:
    with pytest.raises(BadParty):
        _save(PartyDetails(**{"name": "甲店"} | given))  # type: ignore[arg-type]


def test_a_branch_has_one_head_and_no_branches(town: OrgUnit) -> None:
    head, other = _save(PartyDetails("总店")), _save(PartyDetails("另一家"))
    branch = _save(PartyDetails("一分店", parent_id=head.pk))
    for wrong, party in (
        (PartyDetails("二分店", parent_id=branch.pk), None),
        (PartyDetails("总店", parent_id=head.pk), head),
        (PartyDetails("总店", parent_id=other.pk), head),  # its branch would be a branch of a branch
    ):
        with pytest.raises(BadParty):
            _save(wrong, party)
    with pytest.raises(PartyNotFound):
        _save(PartyDetails("三分店", parent_id=10**6))
    assert list(head.branches.all()) == [branch]


def test_who_saves_second_is_told_and_a_party_that_is_not_there_too(town: OrgUnit) -> None:
    party = _save(PartyDetails("甲店"))
    _save(PartyDetails("甲店", address="一号"), party)
    with pytest.raises(StaleRevision):
        _save(PartyDetails("甲店", address="二号"), Party(public_id=party.public_id, revision=1))
    assert Party.objects.get().address == "一号"
    with pytest.raises(PartyNotFound):
        _save(PartyDetails("乙店"), Party(public_id=uuid4(), revision=1))


def test_the_log_keeps_contacts_and_sole_traders_as_commitments(people: People, town: OrgUnit) -> None:
    details = PartyDetails(
        "张三水果摊", kind=PartyKind.INDIVIDUAL, town=town, contact_name="张三", contact_phone="13900000000"
    )
    party = save_party(actor=people["officer"], public_id=None, revision=0, details=details)
    save_party(
        actor=None, public_id=party.public_id, revision=1, details=replace(details, kind=PartyKind.BUSINESS)
    )
    trader, business = leaves("party:saved")
    assert all("commitment" in trader[name] for name in ("name", "contact_name", "contact_phone", "by"))
    assert business["name"] == "张三水果摊"
    assert "13900000000" not in logged()
    assert people["officer"].display_name not in logged()
    assert Opening.objects.filter(person=party.person).count() == 5


def test_an_owner_gets_a_unit_to_act_for_once(people: People, town: OrgUnit) -> None:
    own, other = _save(PartyDetails("达川演示超市", town=town)), _save(PartyDetails("新店", town=town))
    for _ in range(2):
        assert open_account_unit(actor=None, public_id=own.public_id).unit.name == "达川演示超市"
        assert open_account_unit(actor=None, public_id=other.public_id).unit.kind == "business"
    assert OrgUnit.objects.filter(name="新店").count() == 1
    with pytest.raises(PartyNotFound):
        open_account_unit(actor=None, public_id=uuid4())


def test_the_unit_of_a_sole_trader_tells_the_log_no_name(people: People, town: OrgUnit) -> None:
    trader = _save(PartyDetails("李四修秤铺", kind=PartyKind.INDIVIDUAL, town=town))
    open_account_unit(actor=people["officer"], public_id=trader.public_id)
    assert "commitment" in leaves("unit:saved")[-1]["name"]
    assert "李四修秤铺" not in logged()


def test_everybody_reads_the_parties_that_are_theirs(people: People, town: OrgUnit) -> None:
    own = open_account_unit(actor=None, public_id=_save(PartyDetails("达川演示超市")).public_id)
    in_town, elsewhere = _save(PartyDetails("镇上的店", town=town)), _save(PartyDetails("别处的店"))
    seen = {name: set(parties_visible(user)) for name, user in people.items()}
    assert seen["owner"] == {own}
    assert seen["clerk"] == {in_town}
    assert seen["liaison"] == set()
    for reader in ("officer", "inspector", "auditor", "verifier"):
        assert seen[reader] == {own, in_town, elsewhere}
    assert party_for(people["clerk"], in_town.public_id) == in_town
    with pytest.raises(PartyNotFound):
        party_for(people["owner"], elsewhere.public_id)
