"""The list of instruments, places and owners as people use them."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from quanheng.base import clock
from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import User
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import ImportBatch, Instrument, InstrumentEvent, Place, SavedFilter
from quanheng.instruments.services.registry import change_instrument, details_of
from quanheng.parties.models import Party
from quanheng.web.staff.views import instruments as views
from tests.instruments.due_making import due_scale
from tests.instruments.making import fresh, make_party, make_place, make_scale, unit
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIST = "/staff/instruments/"
SEEN = re.compile(r'name="seen" value="([^"]*)"')


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    return make_party(credit_code="92511703MADEM0001F")


@pytest.fixture
def market(people: dict[str, User], shop: Party) -> Place:
    """A market with two overdue scales; a third scale elsewhere, valid."""
    place = make_place()
    due_scale(people["officer"], TODAY - DAY, owner=shop, place=place, times=2)
    due_scale(people["officer"], TODAY + 200 * DAY, owner=shop)
    return place


@pytest.fixture
def submitted(people: dict[str, User], shop: Party) -> list[Instrument]:
    return [make_scale(serial_no=f"S{n}", owner=shop, submit=True) for n in range(3)]


def links_of(page: object) -> set[str]:
    return set(map(unescape, re.findall(r'href="([^"]+)"', page.content.decode())))  # type: ignore[attr-defined]


def test_the_list_answers_in_one_sentence_and_each_number_leads_to_its_list(as_: As, market: Place) -> None:
    page = as_("officer").get(LIST)
    assert "共 3 台，逾期 2 台，其中 2 台在集贸市场。" in text_of(page)
    assert {f"{LIST}?due=overdue", f"{LIST}?setting=market&due=overdue"} <= links_of(page)
    source = page.content.decode()
    assert "quanheng registry list --count<" in source
    assert "quanheng registry list --setting market --due overdue --count<" in source


def test_the_sentence_and_the_lines_follow_the_filters(as_: As, market: Place) -> None:
    officer = as_("officer")
    late = text_of(officer.get(f"{LIST}?due=overdue"))
    assert "共 2 台。" in late
    assert "有效期内 " not in late.partition("本页")[0].rpartition("使用状态")[2]
    assert "共 1 台，没有逾期。" in text_of(officer.get(f"{LIST}?due=later"))
    assert "没有符合这些条件的器具" in text_of(officer.get(f"{LIST}?use=medical"))
    assert "没有符合这些条件的器具" in text_of(officer.get(f"{LIST}?setting=none"))
    assert "共 3 台" in text_of(officer.get(f"{LIST}?town=x&page=-1&sort=none&cols=none"))


def test_each_person_is_told_of_their_own_and_gets_no_command_of_the_county(
    as_: As, market: Place, people: dict[str, User]
) -> None:
    far = make_party("石桥粮油店", town="石桥镇", account=False)
    make_scale(people["officer"], serial_no="FAR1", owner=far)
    assert "共 4 台" in text_of(as_("auditor").get(LIST))
    for name in ("clerk", "owner"):
        page = as_(name).get(LIST)
        assert "共 3 台" in text_of(page)
        assert "quanheng registry list" not in page.content.decode()


def test_columns_are_chosen_and_sorted_by(as_: As, market: Place) -> None:
    page = as_("officer").get(f"{LIST}?cols=serial&cols=rule&sort=serial&dir=down").content.decode()
    head = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page, re.DOTALL)
    shown = [re.sub(r"<[^>]+>|\s", "", cell) for cell in head]
    assert [word for word in shown if word] == ["器具", "出厂编号", "规则"]
    serials = re.findall(r'data-label="出厂编号">(\w+)<', page)
    assert serials == sorted(serials, reverse=True)
    assert 'aria-sort="descending"' in page


def test_a_list_beyond_the_cap_says_so_and_offers_no_sorting(
    as_: As, market: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quanheng.instruments.listing.CAP", 2)
    page = as_("officer").get(f"{LIST}?sort=serial")
    assert "共 超过 2 台" in text_of(page)
    assert "aria-sort" not in page.content.decode()
    assert "/staff/instruments/export/?sort=serial" in links_of(page)


def test_before_a_long_file_its_rows_and_time_are_told(as_: As, market: Place) -> None:
    page = text_of(as_("officer").get(f"{reverse('staff:instruments_export')}?due=overdue"))
    assert "文件将有 2 行，其中逾期 2 台，约需 1 秒。" in page
    assert "到期 逾期" in page


def test_a_file_has_what_the_page_shows(as_: As, market: Place) -> None:
    query = "?due=overdue&cols=serial&cols=state"
    response = as_("officer").get(reverse("staff:instruments_xlsx") + query)
    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    rows = list(book["计量器具"].values)
    assert "到期 逾期" in rows[0][0]
    assert rows[1] == ("器具", "出厂编号", "状态")
    assert {row[2] for row in rows[2:]} == {"逾期"}
    assert len(rows) == 4
    commands = {row[2] for row in book["如何得出"].values}
    assert "quanheng registry list --due overdue --count" in commands
    response = as_("owner").get(reverse("staff:instruments_csv") + query)
    lines = list(csv.reader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == ["器具", "出厂编号", "状态"]
    assert len(lines) == 3


def test_too_many_rows_for_excel_are_refused(as_: As, market: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_IN_EXCEL", 2)
    response = as_("officer").get(reverse("staff:instruments_xlsx"))
    assert response.status_code == 422
    assert "改用 CSV" in text_of(response)
    assert "请用 CSV" in text_of(as_("officer").get(reverse("staff:instruments_export")))


def bulk(client: Client, **given: object) -> object:
    """Ask for an act on many; where it is ``confirmed``, as the page that asks for that sends it."""
    url = reverse("staff:instruments_bulk")
    if "confirmed" not in given:
        return client.post(url, given)
    asked = client.post(url, {name: value for name, value in given.items() if name != "confirmed"})
    seen = SEEN.search(asked.content.decode())
    return client.post(url, given | {"seen": seen[1]}) if seen else asked


def test_an_act_on_many_first_says_how_many_and_what_will_happen(
    as_: As, submitted: list[Instrument], people: dict[str, User], shop: Party
) -> None:
    draft = make_scale(people["officer"], serial_no="D1", owner=shop)
    ids = [one.public_id for one in (*submitted, draft)]
    page = bulk(as_("officer"), act="file", instrument=ids, query="due=none")
    shown = text_of(page)
    assert "将对 3 台器具办理“备案”。" in shown
    assert "另有 1 台不在可办理的备案状态" in shown
    assert not Instrument.objects.filter(filing=Filing.FILED).exists()
    done = bulk(as_("officer"), act="file", instrument=ids, query="filing=submitted", confirmed="1")
    assert done.url == f"{LIST}?filing=submitted"  # type: ignore[attr-defined]
    assert Instrument.objects.filter(filing=Filing.FILED).count() == 3


def test_what_was_changed_after_it_was_read_is_not_filed(
    as_: As, submitted: list[Instrument], people: dict[str, User]
) -> None:
    officer, url = as_("officer"), reverse("staff:instruments_bulk")
    ids = [one.public_id for one in submitted]
    on_list = SEEN.search(officer.get(LIST).content.decode())
    assert on_list is not None
    one = fresh(submitted[0])
    change_instrument(
        actor=people["owner"],
        public_id=one.public_id,
        revision=one.revision,
        details=replace(details_of(one), spot="别的摊位"),
    )
    asked = officer.post(url, {"act": "file", "instrument": ids, "seen": on_list[1]})
    confirmed = SEEN.search(asked.content.decode())
    assert confirmed is not None
    officer.post(url, {"act": "file", "confirmed": "1", "seen": confirmed[1]})
    assert "已被他人修改" in text_of(officer.get(LIST))
    assert not Instrument.objects.filter(filing=Filing.FILED).exists()
    # Read again, it is filed.
    bulk(officer, act="file", instrument=ids, confirmed="1")
    assert Instrument.objects.filter(filing=Filing.FILED).count() == 3


def test_returning_asks_for_the_reason_and_keeps_it(as_: As, submitted: list[Instrument]) -> None:
    ids = [one.public_id for one in submitted]
    assert "理由（记入日志）" in text_of(bulk(as_("officer"), act="return", instrument=ids))
    bulk(as_("officer"), act="return", instrument=ids, confirmed="1", reason=" ")
    assert not Instrument.objects.filter(filing=Filing.RETURNED).exists()
    bulk(as_("officer"), act="return", instrument=ids, confirmed="1", reason="编号看不清")
    assert Instrument.objects.filter(filing=Filing.RETURNED).count() == 3
    assert set(
        InstrumentEvent.objects.filter(instrument__filing=Filing.RETURNED, kind="returned").values_list(
            "reason", flat=True
        )
    ) == {"编号看不清"}


def test_the_whole_list_is_acted_upon_and_nothing_outside_it(
    as_: As, submitted: list[Instrument], people: dict[str, User]
) -> None:
    far = make_party("石桥粮油店", town="石桥镇", account=False)
    outside = make_scale(people["officer"], serial_no="FAR1", owner=far, submit=True)
    town = unit("亭子镇").pk
    bulk(as_("officer"), act="file", all="1", query=f"town={town}", confirmed="1")
    assert Instrument.objects.filter(filing=Filing.FILED).count() == 3
    assert fresh(outside).filing == Filing.SUBMITTED


def test_an_owner_submits_many_of_their_own_and_no_others(
    as_: As, people: dict[str, User], shop: Party
) -> None:
    mine = [make_scale(people["officer"], serial_no=f"M{n}", owner=shop) for n in range(2)]
    far = make_party("石桥粮油店", town="石桥镇", account=False)
    other = make_scale(people["officer"], serial_no="FAR1", owner=far)
    ids = [one.public_id for one in (*mine, other)]
    bulk(as_("owner"), act="submit", instrument=ids, confirmed="1")
    assert [fresh(one).filing for one in (*mine, other)] == ["submitted", "submitted", "draft"]
    assert bulk(as_("owner"), act="file", instrument=ids, confirmed="1").status_code == 403  # type: ignore[attr-defined]


def test_too_many_at_once_and_nothing_chosen_are_told(
    as_: As, submitted: list[Instrument], monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_("officer")
    bulk(officer, act="file", instrument=["nonsense"])
    assert "没有可以备案的" in text_of(officer.get(LIST))
    monkeypatch.setattr(views, "MOST_AT_ONCE", 2)
    bulk(officer, act="file", all="1", confirmed="1")
    assert "一次最多办理 2 台" in text_of(officer.get(LIST))
    assert not Instrument.objects.filter(filing=Filing.FILED).exists()
    assert bulk(officer, act="burn", all="1").status_code == 422  # type: ignore[attr-defined]


def test_a_filter_is_saved_shown_and_deleted(as_: As, market: Place, people: dict[str, User]) -> None:
    officer = as_("officer")
    officer.post(reverse("staff:filter_save"), {"name": "逾期的", "query": "due=overdue&cols=serial&page=3"})
    kept = SavedFilter.objects.get()
    assert parse_qs(kept.query) == {"due": ["overdue"], "cols": ["serial"]}
    page = officer.get(LIST)
    assert f"{LIST}?{kept.query}" in links_of(page)
    assert "逾期的" not in text_of(as_("clerk").get(LIST))
    assert as_("clerk").post(reverse("staff:filter_delete", args=[kept.pk])).status_code == 404
    officer.post(reverse("staff:filter_delete", args=[kept.pk]))
    assert not SavedFilter.objects.exists()


def test_an_empty_registry_teaches_and_offers_one_way_to_start(as_: As) -> None:
    page = as_("officer").get(LIST)
    assert "还没有计量器具" in text_of(page)
    assert page.content.decode().count("btn-primary") >= 1
    assert "还没有场所" in text_of(as_("officer").get(reverse("staff:places")))
    assert "还没有使用单位" in text_of(as_("officer").get(reverse("staff:parties")))


def test_a_place_shows_its_stalls_in_walking_order_and_its_overdue_share(
    as_: As, market: Place, people: dict[str, User], shop: Party
) -> None:
    for stall in ("10 号摊", "2 号摊"):
        make_scale(
            people["officer"], serial_no=f"W{stall}", owner=shop, place=market, spot=stall, submit=True
        )
    page = as_("clerk").get(reverse("staff:place", args=[market.public_id]))
    shown = text_of(page)
    # One place is of one setting: that the overdue stand in a market says nothing.
    assert "共 4 台，逾期 2 台。 逾期率 50.0%。" in shown
    assert "2 个" in shown
    assert shown.index("2 号摊") < shown.index("10 号摊")


def test_a_place_is_corrected_and_who_saves_second_is_told(as_: As, market: Place) -> None:
    url = reverse("staff:place", args=[market.public_id])
    form = {
        "revision": market.revision,
        "name": "亭子镇中心市场",
        "setting": "market",
        "town": unit("亭子镇").pk,
        "longitude": "107.5",
        "latitude": "31.2",
    }
    assert as_("officer").post(url, form).status_code == 302
    market.refresh_from_db()
    assert (market.name, str(market.longitude)) == ("亭子镇中心市场", "107.500000")
    assert as_("officer").post(url, form).status_code == 409
    bad = form | {"revision": market.revision, "latitude": ""}
    answer = as_("officer").post(url, bad)
    assert answer.status_code == 409
    assert "要么都填，要么都不填" in text_of(answer)


def test_places_and_owners_are_listed_with_their_counts_and_filtered(
    as_: As, market: Place, shop: Party
) -> None:
    make_place("石桥镇市场", town="石桥镇")
    officer = as_("officer")
    page = text_of(officer.get(reverse("staff:places")))
    assert "共 2 处场所" in page
    assert "100.0" in page
    assert "共 1 处场所" in text_of(officer.get(f"{reverse('staff:places')}?due=overdue"))
    assert "共 1 处场所" in text_of(officer.get(f"{reverse('staff:places')}?text=sqz"))
    assert "66.7" in text_of(officer.get(reverse("staff:parties")))
    assert "没有符合这些条件" in text_of(officer.get(f"{reverse('staff:parties')}?kind=other"))


def test_an_owner_page_covers_the_branches_of_a_chain(as_: As, market: Place, shop: Party) -> None:
    form = {"revision": 0, "name": "演示连锁总店", "kind": "business"}
    made = as_("officer").post(reverse("staff:party_new"), form)
    head = Party.objects.get(name="演示连锁总店")
    assert made.url == reverse("staff:party", args=[head.public_id])
    edit = {"revision": shop.revision, "name": shop.name, "kind": "business", "parent": "演示连锁总店"}
    as_("officer").post(reverse("staff:party", args=[shop.public_id]), edit)
    shown = text_of(as_("officer").get(made.url))
    assert "共 3 台，逾期 2 台" in shown
    assert "含 1 个分支" in shown


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("92511703MADEM0001A", "校验位不符"),
        ("9234062", "应为 18 位"),
        ("92511703MADEM0001O", "不使用的字符"),
    ],
)
def test_a_wrong_credit_code_is_refused_in_words(
    as_: As, people: dict[str, User], code: str, says: str
) -> None:
    answer = as_("officer").post(
        reverse("staff:party_new"), {"revision": 0, "name": "某店", "kind": "business", "credit_code": code}
    )
    assert answer.status_code == 409
    assert says in text_of(answer)
    assert not Party.objects.filter(name="某店").exists()


@pytest.mark.parametrize(
    ("username", "notices", "calendar"),
    [("officer", True, True), ("auditor", True, False), ("owner", True, True), ("clerk", True, False)],
)
def test_notices_and_calendar_are_offered_to_who_may_open_them(
    as_: As, market: Place, shop: Party, username: str, notices: bool, calendar: bool
) -> None:
    page = links_of(as_(username).get(reverse("staff:party", args=[shop.public_id])))
    notices_url, calendar_url = reverse("staff:notices"), reverse("staff:feeds")
    assert (f"{notices_url}?owner={shop.pk}" in page) == notices
    assert (f"{calendar_url}?owner={shop.public_id}" in page) == calendar
    page = links_of(as_(username).get(reverse("staff:place", args=[market.public_id])))
    assert (f"{notices_url}?place={market.pk}&by=place" in page) == notices


def test_an_account_unit_is_opened_once(as_: As, people: dict[str, User]) -> None:
    party = make_party("某粮油店", account=False)
    url = reverse("staff:party_account", args=[party.public_id])
    told = text_of(as_("officer").post(url, follow=True))
    assert f"岗位选“{Role.INSTRUMENT_OWNER.label}”" in told
    as_("officer").post(url)
    party.refresh_from_db()
    assert party.unit is not None
    assert (party.unit.name, party.unit.kind) == ("某粮油店", UnitKind.BUSINESS)


def test_the_box_of_the_house_finds_instruments_places_and_owners_in_scope(
    as_: As, market: Place, people: dict[str, User]
) -> None:
    far = make_party("石桥粮油店", town="石桥镇", account=False)
    make_scale(people["officer"], serial_no="FAR-7788", owner=far)
    search = reverse("staff:search")
    assert "电子计价秤 FAR-7788" in text_of(as_("officer").get(f"{search}?q=7788"))
    assert "没有找到" in text_of(as_("clerk").get(f"{search}?q=7788"))
    assert reverse("staff:place", args=[market.public_id]) in links_of(
        as_("owner").get(f"{search}?q=集贸市场")
    )
    assert reverse("staff:party", args=[far.public_id]) in links_of(as_("officer").get(f"{search}?q=sqlyd"))
    assert as_("officer").get(f"{search}?q=%00").status_code == 200


def test_a_chosen_filter_can_be_taken_away_alone(as_: As, market: Place) -> None:
    page = as_("officer").get(f"{LIST}?place={market.pk}&due=overdue&use=trade")
    assert "场所 亭子镇集贸市场" in text_of(page)
    without = [link for link in links_of(page) if link.startswith("?") and "place" not in link]
    assert any(parse_qs(urlsplit(link).query) == {"due": ["overdue"], "use": ["trade"]} for link in without)


def test_as_many_can_be_sent_back_as_the_page_offers_to_act_upon(as_: As) -> None:
    ids = [str(uuid4()) for _ in range(views.MOST_AT_ONCE)]
    answer = bulk(as_("officer"), act="file", instrument=ids, query="", confirmed="1")
    assert answer.status_code == 302  # type: ignore[attr-defined]  # none of them is there: told on the list


@pytest.mark.parametrize("path", [LIST, f"{LIST}export/"])
def test_a_filter_names_only_records_that_the_person_may_read(
    as_: As, people: dict[str, User], shop: Party, market: Place, path: str
) -> None:
    far = make_party("石桥粮油店", town="石桥镇", account=False)
    store = make_place("石桥粮库", town="石桥镇")
    batch = ImportBatch.objects.create(
        file_name="台账.xlsx", file_sha256="0" * 64, file_size=1, received_at=clock.now()
    )
    foreign = {"owner": far.pk, "place": store.pk, "batch": batch.pk}
    words = ("石桥粮油店", "石桥粮库", "台账.xlsx")
    for name in ("owner", "clerk"):
        page = as_(name).get(path, foreign).content.decode()
        assert not any(word in page for word in words)
        own = as_(name).get(path, {"owner": shop.pk, "place": market.pk}).content.decode()
        assert f"使用单位 {shop.name}" in own
        assert f"场所 {market.name}" in own
    page = as_("officer").get(path, foreign).content.decode()
    assert all(word in page for word in words)
