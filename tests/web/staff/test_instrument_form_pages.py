"""Registering and correcting on one page, the market door, duplicates: as people of each role meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Filing, Setting
from quanheng.instruments.models import DistinctPair, Instrument, Place
from quanheng.instruments.services.door import MOST_ROWS
from quanheng.instruments.services.filing import return_instruments
from quanheng.parties.models import Party
from tests.instruments.making import PHOTO, fresh, make_party, make_place, make_scale, unit
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.django_db
People = dict[str, User]


@pytest.fixture
def shop(people: People) -> Party:
    return make_party()


@pytest.fixture
def market(people: People) -> Place:
    return make_place()


def _url(name: str, instrument: Instrument, *more: Any) -> str:
    return reverse(f"staff:{name}", args=[instrument.public_id, *more])


def _page(client: Client, instrument: Instrument) -> str:
    return text_of(client.get(_url("instrument", instrument)))


def _form(**given: Any) -> dict[str, Any]:
    return {
        "revision": 0,
        "name": "电子计价秤",
        "use": "trade",
        "model": "ACS-30",
        "serial_no": "20240318",
        "manufacturer": "演示衡器厂",
        "accuracy_class": "Ⅲ",
        "owner": "达川演示超市",
        "town": unit("亭子镇").pk,
    } | given


# ---- one form ----------------------------------------------------------------------------------------------------


def test_an_owner_registers_on_one_page_with_the_party_already_chosen(as_: As, shop: Party) -> None:
    owner = as_("owner")
    url = reverse("staff:instrument_new")
    html = owner.get(url).content.decode()
    assert 'value="达川演示超市"' in html
    assert "owner_is_new" not in html
    photo = SimpleUploadedFile("铭牌.jpg", PHOTO)
    done = owner.post(url, _form(submit="1", photo=photo), follow=True)
    assert "已登记并提交备案" in text_of(done)
    made = Instrument.objects.get()
    assert (made.owner, made.filing, made.kind) == (shop, Filing.SUBMITTED, "price_scale")
    assert made.events.get(kind=EventKind.REGISTERED).file_name == "铭牌.jpg"


def test_a_draft_may_wait(as_: As, shop: Party) -> None:
    as_("owner").post(reverse("staff:instrument_new"), _form())
    assert Instrument.objects.get().filing == Filing.DRAFT


def test_errors_stand_above_and_beside_and_nothing_typed_is_lost(as_: As, shop: Party) -> None:
    answer = as_("owner").post(reverse("staff:instrument_new"), _form(name="", in_use_on="许久"))
    assert answer.status_code == 422
    assert "有 2 处需要改正" in text_of(answer)
    assert 'value="20240318"' in answer.content.decode()
    known = make_scale(owner=shop, serial_no="20240318")
    twice = as_("owner").post(reverse("staff:instrument_new"), _form())
    assert twice.status_code == 409
    assert "同一制造单位、同一出厂编号" in text_of(twice)
    assert list(Instrument.objects.all()) == [known]


def test_an_owner_cannot_register_for_another(as_: As, shop: Party) -> None:
    make_party("福善店", town="福善镇", account=False)
    answer = as_("owner").post(reverse("staff:instrument_new"), _form(owner="福善店"))
    assert answer.status_code == 422
    assert "名录中没有这个名称" in text_of(answer)
    assert not Instrument.objects.exists()


def test_a_clerk_enters_a_new_party_and_place_of_the_own_town_only(as_: As, people: People) -> None:
    clerk = as_("clerk")
    new = {"owner": "新来的摊主", "owner_is_new": "on", "place": "新市场", "place_is_new": "on"}
    asked = clerk.post(reverse("staff:instrument_new"), _form(owner="新来的摊主"))
    assert "请核对，或勾选登记为新的" in text_of(asked)
    clerk.post(reverse("staff:instrument_new"), _form(**new))
    made = Instrument.objects.get()
    assert (made.owner.name, made.owner.town, made.place.name) == ("新来的摊主", unit("亭子镇"), "新市场")
    elsewhere = _form(serial_no="9", **new) | {"owner": "又一个", "town": unit("福善镇").pk}
    assert clerk.post(reverse("staff:instrument_new"), elsewhere).status_code == 403
    assert Party.objects.count() == Place.objects.count() == 1  # nothing half-written


def test_two_of_one_name_are_told_apart_by_the_town(as_: As, people: People, shop: Party) -> None:
    make_party(town="福善镇", account=False)
    officer = as_("officer")
    unsure = officer.post(reverse("staff:instrument_new"), _form(town=""))
    assert "有 2 个同名" in text_of(unsure)
    officer.post(reverse("staff:instrument_new"), _form())
    assert Instrument.objects.get().owner == shop


def test_the_form_answers_at_once_what_the_rules_say(as_: As, people: People) -> None:
    url = reverse("staff:instrument_answer")
    owner = as_("owner")
    trade = text_of(owner.get(url, {"name": "电子计价秤", "use": "trade"}))
    assert "强制检定 电子计价秤：" in trade
    assert "规程 JJG 539-2016。周期检定，12 个月。" in trade
    assert "未核对" in trade
    assert "非强制检定" in text_of(owner.get(url, {"name": "电子计价秤", "use": "other"}))
    assert "待核实" in text_of(owner.get(url, {"name": "某种装置", "use": "trade"}))
    meter = owner.get(url, {"name": "水表", "use": "trade", "parameter_dn_mm": "15"}).content.decode()
    assert 'name="parameter_dn_mm"' in meter
    assert 'value="15"' in meter
    assert "72 个月" in meter
    assert "填写名称和用途后" in text_of(owner.get(url, {"use": "trade", "parameter_dn_mm": "x"}))
    for nonsense in ("nan", "-inf", "1e400"):
        asked = {"name": "水表", "use": "trade", "parameter_dn_mm": nonsense}
        assert owner.get(url, asked).status_code == 200


def test_the_form_tells_of_a_known_number_to_who_may_see_it(as_: As, people: People, shop: Party) -> None:
    known = make_scale(owner=shop, serial_no="SN2024017")
    url = reverse("staff:instrument_twins")
    asked = {"serial_no": "sn2o24o17", "manufacturer": "演示衡器厂"}
    assert _url("instrument", known) in as_("owner").get(url, asked).content.decode()
    assert as_("owner").get(url, asked | {"self": str(known.public_id)}).content.decode().strip() == ""
    assert as_("owner").get(url, {"serial_no": ""}).content.decode().strip() == ""
    other = make_scale(owner=make_party("福善店", town="福善镇", account=False), serial_no="X99")
    assert as_("owner").get(url, {"serial_no": "X99"}).content.decode().strip() == ""
    assert _url("instrument", other) in as_("officer").get(url, {"serial_no": "X99"}).content.decode()


def test_names_are_offered_within_the_reach_of_the_person(as_: As, shop: Party, market: Place) -> None:
    make_party("福善店", town="福善镇", account=False)
    url = reverse("staff:instrument_names")
    assert "达川演示超市" in as_("officer").get(url, {"owner": "演示"}).content.decode()
    assert "福善店" in as_("officer").get(url, {"owner": "fs"}).content.decode()
    assert "福善店" not in as_("clerk").get(url, {"owner": "福善"}).content.decode()
    assert "亭子镇集贸市场" in as_("owner").get(url, {"place": "集贸"}).content.decode()


def test_an_owner_is_offered_markets_and_the_places_of_their_own_instruments(as_: As, shop: Party) -> None:
    own = make_place("演示一号仓库")
    make_place("演示二号仓库")
    Place.objects.update(setting=Setting.OTHER)
    make_place("演示市场")
    make_scale(owner=shop, place=own)
    url = reverse("staff:instrument_names")
    offered = {name: as_(name).get(url, {"place": "演示"}).content.decode() for name in ("owner", "clerk")}
    assert all(name in offered["owner"] for name in ("演示一号仓库", "演示市场"))
    assert "演示二号仓库" not in offered["owner"]
    assert "演示二号仓库" in offered["clerk"]


def test_a_correction_keeps_what_the_form_does_not_ask(as_: As, people: People, shop: Party) -> None:
    found = make_scale(owner=shop, details={"max": "30 kg", "ecqs_no": "E1"}, parameters={"colour": "red"})
    url = _url("instrument_edit", found)
    html = as_("owner").get(url).content.decode()
    assert 'value="30 kg"' in html
    form = _form(revision=found.revision, serial_no=found.serial_no, plate_max="15 kg")
    assert as_("owner").post(url, form).status_code == 302
    changed = fresh(found)
    assert changed.details == {"max": "15 kg", "ecqs_no": "E1"}
    assert changed.parameters == {"colour": "red"}
    assert changed.owner == shop


def test_a_stale_correction_shows_both_and_overwrites_nothing(as_: As, people: People, shop: Party) -> None:
    found = make_scale(owner=shop)
    url = _url("instrument_edit", found)
    form = _form(revision=found.revision, serial_no=found.serial_no)
    assert as_("officer").post(url, form | {"model": "ACS-15"}).status_code == 302
    answer = as_("owner").post(url, form | {"model": "ACS-6"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "已被他人修改" in page
    assert "型号规格ACS-15ACS-6" in page
    assert fresh(found).model == "ACS-15"
    again = form | {"model": "ACS-6", "revision": fresh(found).revision}
    assert f'name="revision" value="{again["revision"]}"' in answer.content.decode()
    assert as_("owner").post(url, again).status_code == 302
    assert fresh(found).model == "ACS-6"


def test_an_owner_is_told_that_a_filed_instrument_goes_back(as_: As, people: People, shop: Party) -> None:
    url = _url("instrument_edit", make_scale(owner=shop, filed_by=people["officer"]))
    assert "重新审核" in text_of(as_("owner").get(url))
    assert "重新审核" not in text_of(as_("officer").get(url))


# ---- the market door ---------------------------------------------------------------------------------------------


def test_an_owner_answers_a_return_for_a_bad_photo(as_: As, people: People, shop: Party) -> None:
    owner, photo = as_("owner"), SimpleUploadedFile("重拍.jpg", PHOTO + b" again")
    owner.post(reverse("staff:instrument_new"), _form(submit="1", photo=SimpleUploadedFile("糊.jpg", PHOTO)))
    made = Instrument.objects.get()
    return_instruments(actor=people["officer"], public_ids=[made.public_id], reason="铭牌照片看不清")
    edit = _url("instrument_edit", made)
    assert 'type="file"' in owner.get(edit).content.decode()

    same = _form(revision=fresh(made).revision, photo=SimpleUploadedFile("糊.jpg", PHOTO))
    owner.post(edit, same)
    assert not made.events.filter(kind=EventKind.CHANGED).exists()
    page = text_of(owner.post(edit, _form(revision=fresh(made).revision, photo=photo), follow=True))
    assert "已保存。" in page
    assert "铭牌照片：重拍.jpg" in page
    event = made.events.get(kind=EventKind.CHANGED)
    assert (event.file_name, list(event.changes)) == ("重拍.jpg", ["photo"])
    sent = owner.get(_url("instrument_event_file", made, event.pk))
    assert b"".join(sent.streaming_content) == PHOTO + b" again"
    owner.post(_url("instrument_submit", made), {"revision": fresh(made).revision})
    assert fresh(made).filing == Filing.SUBMITTED


def _door(rows: list[str], **given: Any) -> dict[str, Any]:
    return {
        "place": "亭子镇集贸市场",
        "name": "电子计价秤",
        "use": "trade",
        "manufacturer": "演示衡器厂",
        "model": "ACS-30",
        "rows": "\n".join(rows),
    } | given


def test_a_market_is_registered_line_by_line_and_submitted_at_once(as_: As, market: Place) -> None:
    clerk = as_("clerk")
    rows = ["1号\t张三\t13900000000\tA001", "2号\t李四\t\tA002", "", "3号\t张三\t\tA003"]
    done = clerk.post(reverse("staff:market_door"), _door(rows), follow=True)
    assert "登记了 3 台，其中 3 台还没有提交备案" in text_of(done)
    made = Instrument.objects.order_by("pk")
    assert [item.spot for item in made] == ["1号", "2号", "3号"]
    assert Party.objects.count() == 2  # 张三 once, with the town of the market
    assert Party.objects.get(name="张三").contact_phone == "13900000000"
    after = clerk.post(reverse("staff:market_door_submit"), follow=True)
    assert "登记的 3 台都已提交备案" in text_of(after)
    html = after.content.decode()
    assert reverse("staff:labels") in html
    assert html.count('name="instrument"') == 3
    assert "最近没有上门登记" in text_of(as_("officer").get(reverse("staff:market_door_result")))


def test_good_lines_are_saved_and_bad_ones_come_back_with_their_reason(
    as_: As, shop: Party, market: Place
) -> None:
    make_scale(owner=shop, serial_no="A001")
    rows = ["1号\t张三\t\tA001", "2号\t李四\t\tA002", "3号\t\t\tA003", "4号\t王五\t\t", "5号\t赵六\t\tA-002"]
    officer = as_("officer")
    answer = officer.post(reverse("staff:market_door"), _door(rows))
    assert answer.status_code == 422
    page = text_of(answer)
    assert "已登记 1 台，还有 4 行没有登记" in page
    for told in ("同一制造单位、同一出厂编号", "请填写使用单位", "请填写出厂编号"):
        assert told in page
    html = answer.content.decode()
    assert "2号\t李四" not in html
    assert "4号\t王五" in html
    assert sorted(party.name for party in Party.objects.all()) == [
        "李四",
        "达川演示超市",
    ]  # no half-written line
    mended = officer.post(reverse("staff:market_door"), _door(["4号\t王五\t\tA004"], again="1"), follow=True)
    assert "登记了 2 台" in text_of(mended)


def test_the_shared_head_is_checked_and_the_number_of_lines(as_: As, market: Place) -> None:
    officer, url = as_("officer"), reverse("staff:market_door")
    assert "名录中没有这个名称" in text_of(officer.post(url, _door(["1\t甲\t\tA1"], place="没有的市场")))
    assert officer.post(url, _door(["1\t甲\t\tA1"], manufacturer="")).status_code == 422
    many = [f"{n}\t甲\t\tA{n}" for n in range(MOST_ROWS + 1)]
    assert f"一次登记 1 到 {MOST_ROWS} 台" in text_of(officer.post(url, _door(many)))
    assert not Instrument.objects.exists()


def test_a_clerk_registers_no_market_of_another_town_and_an_owner_none(as_: As, people: People) -> None:
    make_place("福善镇市场", town="福善镇")
    url = reverse("staff:market_door")
    assert as_("clerk").post(url, _door(["1\t甲\t\tA1"], place="福善镇市场")).status_code == 403
    assert as_("owner").get(url).status_code == 403
    assert not Instrument.objects.exists()
    assert not Party.objects.exists()


def test_the_grid_is_told_which_numbers_are_known(as_: As, people: People, shop: Party) -> None:
    make_scale(owner=make_party("福善店", town="福善镇", account=False), serial_no="A001")

    def check(person: str, body: object) -> Any:
        return as_(person).post(reverse("staff:door_check"), json.dumps(body), "application/json")

    asked = {"serials": ["", "a-001", "A002"], "manufacturer": "演示 衡器厂"}
    assert check("officer", asked).json() == {"known": {"1": "已登记：福善店"}}
    assert check("clerk", asked).json() == {"known": {"1": "已登记"}}
    assert check("officer", asked | {"manufacturer": "别家"}).json() == {"known": {}}
    for bad in ([], {"serials": None}, "x"):
        assert check("officer", bad).status_code == 400


# ---- duplicates --------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(people: People, shop: Party) -> tuple[Instrument, Instrument]:
    return (
        make_scale(owner=shop, serial_no="SN2024017"),
        make_scale(owner=shop, serial_no="SN2O24O17", model="ACS-15"),
    )


def test_pairs_stand_side_by_side_with_what_differs_marked(
    as_: As, pair: tuple[Instrument, Instrument]
) -> None:
    answer = as_("officer").get(reverse("staff:duplicates"))
    assert "有 1 对记录可能是同一台器具" in text_of(answer)
    html = answer.content.decode()
    assert '<span class="differs">ACS-15</span>' in html
    assert '<span class="differs">演示衡器厂</span>' not in html
    assert "编号容易看混" in html
    assert "可能是同一台器具" in _page(as_("officer"), pair[0])
    assert "可能是同一台器具" not in _page(as_("owner"), pair[0])


def test_a_pair_is_merged_with_a_reason_or_kept_apart(as_: As, pair: tuple[Instrument, Instrument]) -> None:
    officer = as_("officer")
    both = {"first": pair[0].public_id, "second": pair[1].public_id}
    merge = reverse("staff:duplicates_merge")
    unsaid = officer.post(merge, both | {"keep": pair[1].public_id, "reason": " "}, follow=True)
    assert "写明理由" in text_of(unsaid)
    done = officer.post(merge, both | {"keep": pair[1].public_id, "reason": "抄错"}, follow=True)
    assert "已合并" in text_of(done)
    assert fresh(pair[0]).merged_into == pair[1]
    page = _page(officer, pair[0])
    assert "已并入" in page
    assert _url("instrument", pair[1]) in officer.get(_url("instrument", pair[0])).content.decode()


def test_keeping_apart_takes_the_pair_off_the_page(as_: As, pair: tuple[Instrument, Instrument]) -> None:
    officer = as_("officer")
    both = {"first": pair[0].public_id, "second": pair[1].public_id}
    done = officer.post(reverse("staff:duplicates_apart"), both, follow=True)
    assert "没有要核对的疑似重复" in text_of(done)
    assert DistinctPair.objects.count() == 1
    assert as_("inspector").get(reverse("staff:duplicates")).status_code == 403
