from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Use, Verdict
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.conditions import merge_instruments
from quanheng.instruments.services.feeds import open_owner_feed, renew_feed
from quanheng.parties.models import Party
from quanheng.transparency.sequencer import sequence
from tests.instruments.imports.conftest import imported, ledger, row
from tests.instruments.making import TODAY, act, fresh, make_party, make_place, make_scale, verify
from tests.web.staff.conftest import text_of


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    return make_party(credit_code="91350100M000100Y43", contact_name="赵某某", contact_phone="13800000000")


@pytest.fixture
def scale(people: dict[str, User], shop: Party) -> Instrument:
    return make_scale(filed_by=people["officer"], owner=shop, place=make_place(), spot="12 号摊位")


def scan(client: Client, instrument: Instrument) -> str:
    answer = client.get(f"/q/{instrument.label_code}")
    assert answer.status_code == 200
    return text_of(answer)


def test_the_page_says_first_that_it_is_verified_and_until_when(
    client: Client, people: dict[str, User], scale: Instrument
) -> None:
    on = clock.today() - timedelta(days=30)
    verify(
        people["officer"], scale, on, certificate_no="DC-001", valid_until=clock.today() + timedelta(days=9)
    )
    until = clock.today() + timedelta(days=9)
    text = scan(client, scale)

    assert f"合格有效 有效期至 {until.year}年{until.month}月{until.day}日" in text
    for shown in (
        "DC-001",
        "达川区计量检定所（演示）",
        scale.serial_no,
        "亭子镇集贸市场",
        "12 号摊位",
        "JJG 539",
    ):
        assert shown in text
    assert text.index("合格有效 有效期至") < text.index("DC-001") < text.index("JJG 539")


def test_expired_rejected_stopped_unverified_and_voluntary_are_each_told_in_words(
    client: Client, people: dict[str, User], shop: Party, scale: Instrument
) -> None:
    officer = people["officer"]
    assert "尚无检定记录" in scan(client, scale)
    verify(officer, scale, clock.today() - timedelta(days=500))
    assert "已过有效期" in scan(client, scale)
    verify(officer, scale, clock.today() - timedelta(days=3), verdict=Verdict.REJECTED)
    assert "检定不合格" in scan(client, scale)
    act(officer, scale, EventKind.STOPPED, clock.today(), data=b"\xff\xd8 photo")
    assert "停用" in scan(client, scale)
    assert "不属于强制检定" in scan(
        client, make_scale(filed_by=officer, owner=shop, serial_no="2", use=Use.OTHER)
    )


def test_who_owns_it_is_not_told(client: Client, scale: Instrument, shop: Party) -> None:
    html = client.get(f"/q/{scale.label_code}").content.decode()
    for private in (shop.name, shop.credit_code, shop.contact_name, shop.contact_phone):
        assert private
        assert private not in html


def test_an_unconfirmed_rule_and_demonstration_data_are_marked(client: Client, scale: Instrument) -> None:
    assert "未核对" in scan(client, scale)
    main = client.get(f"/q/{scale.label_code}").content.decode().split("<main", 1)[1]
    assert "演示数据" not in main
    Instrument.objects.filter(pk=scale.pk).update(is_demo=True)
    assert "演示数据" in client.get(f"/q/{scale.label_code}").content.decode().split("<main", 1)[1]


def test_the_page_says_how_to_complain_and_how_to_check_it(client: Client, scale: Instrument) -> None:
    answer = client.get(f"/q/{scale.label_code}")
    html = answer.content.decode()

    assert 'href="tel:12315"' in html
    assert "投诉入口即将开通" in html
    assert f"/log/?subject=instrument%3A{scale.public_id}" in html
    assert f"quanheng rules mandatory price_scale trade --on {clock.today()}" in html
    assert answer["X-Robots-Tag"] == "noindex"


def test_what_came_by_a_ledger_leads_to_the_leaf_of_that_ledger(
    client: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    batch = imported(ledger(row()))
    found = Instrument.objects.get()
    html = client.get(f"/q/{found.label_code}").content.decode()
    assert f"/log/?subject=importbatch%3A{batch.public_id}" in html
    assert "每次登记和变动都写入" not in html
    assert "instrument%3A" not in html
    sequence()
    assert f"importbatch:{batch.public_id}" in text_of(
        client.get(f"/log/?subject=importbatch:{batch.public_id}")
    )


def test_the_code_may_be_typed_in_small_letters(client: Client, scale: Instrument) -> None:
    assert client.get(f"/q/{scale.label_code.lower()}").status_code == 200


def test_the_label_of_a_merged_record_leads_to_the_kept_one(
    client: Client, people: dict[str, User], shop: Party, scale: Instrument
) -> None:
    second = make_scale(filed_by=people["officer"], owner=shop, serial_no="2O24O317", manufacturer="")
    merge_instruments(actor=people["officer"], keep=scale.public_id, merge=second.public_id, reason="同一台")
    text = scan(client, second)

    assert scale.label_code in text
    assert "已并入" in text
    assert "已并入" not in scan(client, scale)
    assert fresh(second).label_code not in text


def test_a_code_of_nothing_and_of_a_draft_get_a_friendly_404(client: Client, shop: Party) -> None:
    for code in ("ABCDEFGHJK", make_scale(owner=shop).label_code, "x" * 300, "%00"):
        answer = client.get(f"/q/{code}")
        assert answer.status_code == 404
        assert "没有找到这枚标签" in text_of(answer)
        assert answer["X-Robots-Tag"] == "noindex"


def test_a_calendar_is_sent_to_whoever_has_its_address(
    client: Client, people: dict[str, User], scale: Instrument, shop: Party
) -> None:
    feed = open_owner_feed(actor=people["owner"], public_id=shop.public_id)
    answer = client.get(f"/feeds/{feed.token}.ics")

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["X-Robots-Tag"] == "noindex"
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == 1
    again = client.get(f"/feeds/{feed.token}.ics", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_address_that_is_none_is_answered_alike(
    client: Client, people: dict[str, User], shop: Party
) -> None:
    feed = open_owner_feed(actor=people["owner"], public_id=shop.public_id)
    former = feed.token
    renew_feed(actor=people["owner"], feed_id=feed.pk)
    answers = [client.get(f"/feeds/{token}.ics") for token in (former, "x" * 43, "short", "\x00")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({text_of(answer) for answer in answers}) == 1
