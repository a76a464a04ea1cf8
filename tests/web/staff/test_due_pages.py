from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.due import WEEK, monday
from quanheng.instruments.models import Appointment, Place
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import make_party, make_place, unit
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NEXT = monday(TODAY) + WEEK


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    return make_party()


@pytest.fixture
def market(people: dict[str, User], shop: Party) -> Place:
    """A market with two overdue scales, one due this month, and one next week."""
    place = make_place()
    officer = people["officer"]
    due_scale(officer, TODAY - DAY, owner=shop, place=place, times=2)
    due_scale(officer, date(2026, 5, 31), owner=shop, place=place)
    due_scale(officer, NEXT + WEEK + 4 * DAY, owner=shop)
    return place


def links_of(page: object) -> set[str]:
    return set(map(unescape, re.findall(r'href="([^"]+)"', page.content.decode())))  # type: ignore[attr-defined]


def test_the_overview_answers_in_one_sentence_and_each_number_leads_to_its_list(
    as_: As, market: Place
) -> None:
    page = as_("officer").get(reverse("staff:due"))
    assert "本月到期 1 台，逾期 2 台，其中 2 台在集贸市场。" in text_of(page)
    base = reverse("staff:instruments")
    wanted = {
        f"{base}?due=overdue",
        f"{base}?setting=market&due=overdue",
        f"{base}?due_from=2026-05-20&due_to=2026-05-31",
        f"{base}?kind=price_scale&due=overdue",
        f"{base}?town={unit('亭子镇').pk}&due=overdue",
    }
    assert wanted <= links_of(page)
    assert "quanheng due list --count --setting market --due overdue<" in page.content.decode()


def test_with_nothing_due_the_page_says_what_will_be_there(as_: As) -> None:
    for name in ("due", "due_forecast"):
        assert "还没有要检定的器具" in text_of(as_("officer").get(reverse(f"staff:{name}")))
    assert "没有逾期" in text_of(as_("officer").get(reverse("staff:due")))


def test_the_pages_narrow_by_town_kind_and_place_and_pass_over_nonsense(as_: As, market: Place) -> None:
    officer, url = as_("officer"), reverse("staff:due")
    town = unit("石桥镇").pk
    assert "没有逾期" in text_of(officer.get(f"{url}?town={town}"))
    assert "逾期 2 台" in text_of(officer.get(f"{url}?setting=market&kind=price_scale"))
    assert "没有逾期" in text_of(officer.get(f"{url}?kind=truck_scale"))
    assert "逾期 2 台" in text_of(officer.get(f"{url}?town=999999999&kind=none&setting=none"))


def test_only_who_sees_the_county_is_given_commands(as_: As, market: Place) -> None:
    """The command counts the whole county; over some instruments only it would give another number."""
    for name in ("due", "due_calendar", "due_forecast", "due_waves", "due_map"):
        assert "quanheng due" in as_("auditor").get(reverse(f"staff:{name}")).content.decode(), name
        assert "quanheng due" not in as_("owner").get(reverse(f"staff:{name}")).content.decode(), name


def test_the_calendar_shows_each_day_with_its_list(as_: As, market: Place) -> None:
    page = as_("officer").get(reverse("staff:due_calendar"))
    assert "2026-05-01 至 2027-04-30 到期 4 台，2026-05 最多 3 台。" in text_of(page)
    assert "2026-05-19 到期 2 台" in page.content.decode()
    assert f"{reverse('staff:instruments')}?due_from=2026-05-19&due_to=2026-05-19" in links_of(page)
    rows = page.context["rows"]
    assert [len(row.cells) for row in rows] == [31] * 12
    assert [cell.day for cell in rows[1].cells][-1] is None  # June
    weekly = as_("officer").get(f"{reverse('staff:due_calendar')}?by=week")
    assert [len(row.cells) for row in weekly.context["rows"]] == [7] * 13
    assert "2026-05-18 至 2026-08-16 到期 4 台" in text_of(weekly)


def test_the_calendar_warns_where_the_holidays_are_not_known(as_: As, market: Place) -> None:
    url = reverse("staff:due_calendar")
    assert "节假日表只到" in text_of(as_("officer").get(f"{url}?from=2031-01-01"))
    assert "节假日表只到" not in text_of(as_("officer").get(f"{url}?from=2025-01-01"))


@pytest.mark.parametrize("start", ["", "nonsense", "9999-12-31", "0001-01-01", "2026-13-01"])
def test_a_start_that_makes_no_sense_is_today(as_: As, market: Place, start: str) -> None:
    page = as_("officer").get(f"{reverse('staff:due_calendar')}?from={start}")
    assert page.context["first"] == TODAY.replace(day=1)


def test_the_forecast_repeats_each_period(as_: As, market: Place) -> None:
    page = as_("officer").get(reverse("staff:due_forecast"))
    assert "今后 24 个月要检定 6 台次，2027-05 最多，3 台次。" in text_of(page)
    spec = page.context["chart"]["spec"]
    assert sum(spec["series"][0]["values"]) == 6
    assert spec["series"][0]["name"] == "电子计价秤"


def test_the_plan_is_accepted_and_the_appointment_shows(
    as_: As, people: dict[str, User], market: Place
) -> None:
    officer, url = as_("officer"), f"{reverse('staff:due_waves')}?capacity=5&week=all"
    tokens = [ask.token for ask in officer.get(url).context["plan"].asks]
    assert len(tokens) == 2
    page = officer.post(url, {"ask": [tokens[0]]}, follow=True)
    assert "已约 1 家、3 台" in text_of(page)
    [made] = Appointment.objects.all()
    assert (made.place, made.made_by, made.week_on) == (market, people["officer"], NEXT)
    assert [ask.token for ask in page.context["plan"].asks] == tokens[1:]
    opened = officer.get(reverse("staff:due_appointment", args=[made.public_id]))
    assert "请在 2026-05-25 起的一周送检或等候现场检定，共 3 台。" in text_of(opened)
    notices = f"{reverse('staff:notices')}?until=2026-05-31&place={market.pk}&by=place"
    assert notices in links_of(page) & links_of(opened)
    assert "到2026年5月31日为止到期或已逾期 3 台，可发通知书 1 份。" in text_of(officer.get(notices))
    assert "已约 1 家、1 台" in text_of(officer.post(url, {"all": "1"}, follow=True))


def test_a_plan_that_changed_meanwhile_is_not_accepted(
    as_: As, people: dict[str, User], market: Place
) -> None:
    officer, url = as_("officer"), f"{reverse('staff:due_waves')}?capacity=5&week=all"
    tokens = [ask.token for ask in officer.get(url).context["plan"].asks]
    due_scale(people["officer"], TODAY - DAY, owner=Party.objects.get(name="达川演示超市"), place=market)
    assert "计划已有变化" in text_of(officer.post(url, {"ask": tokens}, follow=True))
    assert "请先选择" in text_of(officer.post(url, {}, follow=True))
    assert not Appointment.objects.exists()


def test_a_capacity_that_is_too_low_names_who_cannot_come(
    as_: As, people: dict[str, User], shop: Party
) -> None:
    for n in range(3):
        due_scale(people["officer"], NEXT + 4 * DAY, owner=shop, place=make_place(f"市场{n}"))
    page = as_("officer").get(f"{reverse('staff:due_waves')}?capacity=1&weeks=2")
    assert "每周检 1 台，有 2 家排不进去。" in text_of(page)
    assert "每周至少要能检 3 台" in text_of(page)
    bad = as_("officer").get(f"{reverse('staff:due_waves')}?capacity=-1&weeks=9999")
    assert bad.status_code == 200
    assert "每周检 3 台就都排得进去" in text_of(bad)


def test_an_appointment_is_cancelled_with_a_reason_only(as_: As, market: Place) -> None:
    officer = as_("officer")
    officer.post(f"{reverse('staff:due_waves')}?capacity=5", {"all": "1"})
    made = Appointment.objects.get()
    url = reverse("staff:due_appointment_cancel", args=[made.public_id])
    assert "共 3 台" in text_of(officer.get(url))
    assert officer.post(url, {"reason": ""}).status_code == 422
    assert "已取消约检" in text_of(officer.post(url, {"reason": "停业"}, follow=True))
    assert officer.get(url).status_code == 404
    made.refresh_from_db()
    assert made.cancel_reason == "停业"


def test_an_owner_sees_the_plan_but_may_not_accept_it(as_: As, market: Place) -> None:
    url = f"{reverse('staff:due_waves')}?capacity=5"
    page = as_("owner").get(url)
    assert page.context["plan"].asks
    assert 'name="ask"' not in page.content.decode()
    assert as_("owner").post(url, {"all": "1"}).status_code == 403


def test_the_map_draws_places_with_coordinates_and_names_those_without(as_: As, market: Place) -> None:
    url = reverse("staff:due_map")
    page = as_("officer").get(url)
    assert "1 处场所有要检定的器具，1 处有逾期；1 处没有经纬度。" in text_of(page)
    assert "画不出地图" in text_of(page)
    details = PlaceDetails(
        name=market.name, setting=market.setting, town=market.town, longitude=107, latitude=31
    )  # type: ignore[arg-type]
    save_place(actor=None, public_id=market.public_id, revision=market.revision, details=details)
    page = as_("officer").get(url)
    [spec] = re.findall(
        r'<script id="map-spec" type="application/json">(.*?)</script>', page.content.decode()
    )
    [point] = json.loads(spec)["points"]
    assert (point["x"], point["y"], point["status"], point["overdue"]) == (0, 0, "overdue", 2)
    assert point["url"] == reverse("staff:place", args=[market.public_id])
    assert json.loads(spec)["towns"] == [{"name": "亭子镇", "x": 0, "y": 0}]
    assert "没有符合这些条件的场所" in text_of(as_("officer").get(f"{url}?status=later"))


def test_today_says_what_is_due_to_each(as_: As, market: Place) -> None:
    bureau, owner = (text_of(as_(name).get(reverse("staff:today"))) for name in ("officer", "owner"))
    assert "2 台计量器具检定逾期" in bureau
    assert "查看并督促" in bureau
    assert "有 1 件事等您办，其中 1 件已经误了时间或出了错。" in owner
    assert "停止使用并送检" in owner
    assert "检定逾期" not in text_of(as_("liaison").get(reverse("staff:today")))
