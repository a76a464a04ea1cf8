from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from urllib.parse import quote

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.documents import labels as documents_labels
from quanheng.instruments.models import CalendarFeed, Instrument, Place
from quanheng.instruments.services.feeds import open_owner_feed
from quanheng.parties.models import Party
from quanheng.web.staff.views import documents as views
from tests.instruments.making import make_party, make_place, make_scale, unit, verify
from tests.web.staff.conftest import TODAY, As, text_of

SHEET = {"sheet": "70x37", "skip": "0"}


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    return make_party()


@pytest.fixture
def market(people: dict[str, User]) -> Place:
    return make_place()


@pytest.fixture
def scales(people: dict[str, User], shop: Party, market: Place) -> list[Instrument]:
    """Five of the shop in the market; the last one is a draft."""
    filed = [
        make_scale(
            filed_by=people["officer"], owner=shop, place=market, serial_no=f"A{n}", spot=f"{n} 号摊位"
        )
        for n in (10, 9, 2, 1)
    ]
    return [*filed, make_scale(owner=shop, place=market, serial_no="A0")]


@pytest.fixture
def elsewhere(people: dict[str, User]) -> Instrument:
    """Of another shop in another town."""
    owner = make_party("石桥粮油店", town="石桥镇", account=False)
    return make_scale(filed_by=people["officer"], owner=owner, serial_no="B1")


def pdf_text(answer: object) -> str:
    pages = pdfplumber.open(io.BytesIO(answer.content)).pages  # type: ignore[attr-defined]
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


def sheet(client: Client, **given: object) -> object:
    return client.post(reverse("staff:labels"), SHEET | given)


def test_the_page_says_how_many_labels_there_will_be(
    as_: As, scales: list[Instrument], market: Place
) -> None:
    answer = as_("officer").get(reverse("staff:labels"), {"place": market.pk})
    assert "将打印 4 张标签" in text_of(answer)
    assert market.name in text_of(answer)


def test_labels_come_in_the_order_in_which_people_walk(as_: As, scales: list[Instrument]) -> None:
    answer = sheet(as_("officer"))
    assert answer["Content-Type"] == "application/pdf"
    assert quote("标签") in answer["Content-Disposition"]
    text = pdf_text(answer)
    first_column = [scale.label_code for scale in sorted(scales[:4], key=lambda s: int(s.spot.split()[0]))]
    # The text is read line by line: three labels stand side by side, the fourth below.
    assert [text.index(code) for code in first_column] == sorted(text.index(code) for code in first_column)


def test_picked_instruments_and_no_others_are_printed(as_: As, scales: list[Instrument]) -> None:
    picked = [str(scales[0].public_id), str(scales[2].public_id), "not-an-id"]
    shown = as_("officer").post(reverse("staff:labels"), {"instrument": picked})
    assert "将打印 2 张标签" in text_of(shown)
    assert shown.content.decode().count('name="instrument"') == 2
    text = pdf_text(sheet(as_("officer"), instrument=picked))
    assert [scale.label_code in text for scale in scales] == [True, False, True, False, False]


def test_all_of_a_list_may_be_meant_in_place_of_what_is_ticked(
    as_: As, scales: list[Instrument], elsewhere: Instrument, shop: Party
) -> None:
    given = {"all": "1", "query": f"owner={shop.pk}&sort=name", "instrument": str(elsewhere.public_id)}
    for answer in (
        as_("officer").get(reverse("staff:labels"), given),
        as_("officer").post(reverse("staff:labels"), given),
    ):
        assert "将打印 4 张标签" in text_of(answer)
        assert f'name="owner" value="{shop.pk}"' in answer.content.decode()
    nothing = as_("officer").get(reverse("staff:labels"), given | {"query": ""})
    assert "将打印 5 张标签" in text_of(nothing)


def test_a_draft_gets_no_label_for_its_page_does_not_exist(as_: As, scales: list[Instrument]) -> None:
    answer = sheet(as_("officer"), instrument=[str(scales[4].public_id)])
    assert answer.status_code == 422
    assert "没有可打印的标签" in text_of(answer)


def test_an_owner_prints_labels_of_their_own_instruments_only(
    as_: As, scales: list[Instrument], elsewhere: Instrument
) -> None:
    text = pdf_text(sheet(as_("owner")))
    assert elsewhere.label_code not in text
    assert all(scale.label_code in text for scale in scales[:4])
    other = as_("owner").get(reverse("staff:labels"), {"owner": elsewhere.owner_id})
    assert "没有可打印的标签" in text_of(other)
    assert "石桥粮油店" not in other.content.decode()
    assert elsewhere.label_code in pdf_text(sheet(as_("officer")))


def test_a_long_list_is_printed_in_parts_or_by_place(
    as_: As, scales: list[Instrument], market: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (views, documents_labels):
        monkeypatch.setattr(module, "MOST_LABELS", 3)
    page = text_of(as_("officer").get(reverse("staff:labels")))
    assert "分 2 份，一次生成一份" in page
    assert f"{market.name} 4 台" in page
    parts = [pdf_text(sheet(as_("officer"), part=str(part))) for part in (1, 2)]
    found = [[scale.label_code in part for scale in scales[:4]] for part in parts]
    assert [sum(one) for one in found] == [3, 1]
    assert all(sum(pair) == 1 for pair in zip(*found, strict=True))
    assert sheet(as_("officer"), part="3").status_code == 422


def test_paper_that_does_not_exist_is_told_beside_the_field(as_: As, scales: list[Instrument]) -> None:
    for given in ({"sheet": "A0"}, {"skip": "-1"}, {"skip": "24"}, {"skip": "x"}):
        answer = sheet(as_("officer"), **given)
        assert answer.status_code == 422
        assert b"field-error" in answer.content


def test_a_character_that_cannot_be_printed_is_told_on_the_page(
    as_: As, people: dict[str, User], shop: Party
) -> None:
    make_scale(filed_by=people["officer"], owner=shop, spot="摊\U0010fffd")
    answer = sheet(as_("officer"))
    assert answer.status_code == 409
    assert "U+10FFFD" in text_of(answer)


def test_the_public_address_of_labels_is_a_setting(
    as_: As, scales: list[Instrument], settings: object
) -> None:
    assert "http://testserver" in text_of(as_("officer").get(reverse("staff:labels")))
    settings.PUBLIC_URL = "https://metrology.example"  # type: ignore[attr-defined]
    assert "https://metrology.example" in text_of(as_("officer").get(reverse("staff:labels")))


def test_notices_are_offered_for_each_owner_and_for_each_place(
    as_: As, scales: list[Instrument], elsewhere: Instrument, market: Place
) -> None:
    by_owner = text_of(as_("officer").get(reverse("staff:notices")))
    assert "可发通知书 2 份" in by_owner
    assert "达川演示超市" in by_owner
    by_place = text_of(as_("officer").get(reverse("staff:notices"), {"by": "place"}))
    assert market.name in by_place
    assert "quanheng notices --place" in by_place


def test_how_far_notices_look_ahead_is_chosen(as_: As, people: dict[str, User], shop: Party) -> None:
    verify(people["officer"], make_scale(filed_by=people["officer"], owner=shop), date(2025, 7, 1))
    assert "可发通知书 1 份" in text_of(as_("officer").get(reverse("staff:notices")))
    assert "可发通知书 0 份" in text_of(as_("officer").get(reverse("staff:notices"), {"days": "7"}))
    for until, count in ((TODAY, 0), (date(2026, 6, 30), 1)):
        page = as_("officer").get(reverse("staff:notices"), {"until": until.isoformat()})
        assert f"可发通知书 {count} 份" in text_of(page)


def test_notices_are_sent_as_pdf_as_word_and_as_an_archive(
    as_: As, scales: list[Instrument], elsewhere: Instrument, shop: Party
) -> None:
    officer = as_("officer")
    pdf = officer.get(reverse("staff:notices_pdf"))
    assert "石桥粮油店：" in pdf_text(pdf)
    assert "达川演示超市：" in pdf_text(pdf)
    archive = zipfile.ZipFile(io.BytesIO(officer.get(reverse("staff:notices_word")).content))
    assert len(archive.namelist()) == 2
    single = officer.get(reverse("staff:notices_word"), {"owner": shop.pk})
    assert single["Content-Type"].endswith("wordprocessingml.document")
    assert quote("达川演示超市") in single["Content-Disposition"]


def test_an_owner_sees_the_notice_to_themselves_only(
    as_: As, scales: list[Instrument], elsewhere: Instrument
) -> None:
    page = as_("owner").get(reverse("staff:notices"))
    assert "可发通知书 1 份" in text_of(page)
    assert "石桥粮油店" not in text_of(page) + pdf_text(as_("owner").get(reverse("staff:notices_pdf")))


def test_where_nobody_is_to_be_told_the_files_lead_back_to_the_list(as_: As, people: dict[str, User]) -> None:
    for name in ("notices_pdf", "notices_word"):
        answer = as_("officer").get(reverse(f"staff:{name}"), {"days": "7"})
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('staff:notices')}?days=7")
    assert "没有需要通知的" in text_of(as_("officer").get(reverse("staff:notices")))


def test_an_owner_opens_copies_renews_and_closes_the_calendar(
    as_: As, shop: Party, people: dict[str, User]
) -> None:
    owner = as_("owner")
    assert reverse("staff:feeds") in owner.get(reverse("staff:account")).content.decode()
    assert "开通日历" in text_of(owner.get(reverse("staff:feeds")))
    assert owner.post(reverse("staff:feed_open"), {"owner": shop.public_id}).status_code == 302
    feed = CalendarFeed.objects.get()
    page = owner.get(reverse("staff:feeds")).content.decode()
    assert f"http://testserver/feeds/{feed.token}.ics" in page
    assert f'data-copy="feed-{feed.pk}"' in page
    assert page.count("data-confirm=") == 2
    owner.post(reverse("staff:feed_renew", args=[feed.pk]))
    assert feed.token not in owner.get(reverse("staff:feeds")).content.decode()
    owner.post(reverse("staff:feed_close", args=[feed.pk]))
    assert not CalendarFeed.objects.exists()


def test_the_secret_of_an_owner_is_shown_to_nobody_who_does_not_need_it(
    as_: As, shop: Party, people: dict[str, User]
) -> None:
    token = open_owner_feed(actor=people["officer"], public_id=shop.public_id).token
    for username in ("admin", "auditor", "inspector", "clerk", "verifier"):
        assert token not in as_(username).get(reverse("staff:feeds")).content.decode()
    for username in ("officer", "owner"):
        assert token in as_(username).get(reverse("staff:feeds")).content.decode()


def test_the_page_of_one_owner_shows_or_offers_that_calendar_only(
    as_: As, shop: Party, people: dict[str, User]
) -> None:
    other = make_party("石桥粮油店", account=False)
    token = open_owner_feed(actor=people["officer"], public_id=shop.public_id).token
    page = as_("officer").get(reverse("staff:feeds"), {"owner": other.public_id}).content.decode()
    assert token not in page
    assert str(other.public_id) in page
    assert token in as_("officer").get(reverse("staff:feeds"), {"owner": shop.public_id}).content.decode()
    assert as_("officer").get(reverse("staff:feeds"), {"owner": "x"}).status_code == 404


def test_an_institute_opens_its_own_calendar(as_: As, people: dict[str, User]) -> None:
    institute = unit("达川区计量检定所（演示）")
    assert institute.name in text_of(as_("verifier").get(reverse("staff:feeds")))
    assert as_("verifier").post(reverse("staff:feed_open"), {"unit": institute.pk}).status_code == 302
    assert CalendarFeed.objects.get().unit == institute
    for given, status in (({"unit": 10**9}, 404), ({"owner": "x"}, 404), ({}, 404)):
        assert as_("officer").post(reverse("staff:feed_open"), given).status_code == status


def test_overdue_counts_belong_to_the_day_of_asking(as_: As, people: dict[str, User], shop: Party) -> None:
    verify(people["officer"], make_scale(filed_by=people["officer"], owner=shop), TODAY - timedelta(days=400))
    page = as_("officer").get(reverse("staff:notices"))
    assert "已过期" in text_of(page)
