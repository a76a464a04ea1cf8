"""What is at stake at each suspect, what the county day takes in, and the demonstration."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from quanheng.core.models import User
from quanheng.fleet.models import AreaResult, FleetRun
from quanheng.followups.models import FollowUp
from quanheng.followups.selectors import candidates, suspects
from quanheng.kernels.visits import plan_visits
from quanheng.parties.models import Party
from quanheng.taskboard.followups_day import take_in_tests
from tests.followups.making import concluded_for, equip_for_meters, found_wrong, ordered, proposed, suspect

pytestmark = pytest.mark.django_db
People = dict[str, User]


def test_the_energy_of_a_year_is_the_share_of_the_area_over_the_days_that_were_read(
    people: People, utility: Party
) -> None:
    [found] = suspects()
    assert (found.annual_kwh, found.unfair_kwh) == (None, None)  # the run does not say its days
    assert candidates([found]) == []
    FleetRun.objects.update(since=date(2026, 3, 1), until=date(2026, 3, 30))
    AreaResult.objects.update(loss_kwh=12.5, loss_percent=1.25)
    [found] = suspects()
    # (1000 - 12.5) kWh in 30 days, 30 % of it
    assert found.annual_kwh == pytest.approx(0.3 * 987.5 * 365.25 / 30)
    assert found.unfair_kwh == pytest.approx(found.annual_kwh * 0.999 * 0.052, rel=1e-6)
    plan = plan_visits(candidates([found]), budget=240, cost_of_trip=200, cost_of_meter=40)
    assert plan.trips[0].keys == (str(suspect().pk),)


def test_what_is_tested_is_no_candidate_any_more_and_what_is_listed_is(
    people: People, utility: Party
) -> None:
    proposed(people)
    assert len(suspects()) == 1
    FollowUp.objects.all().delete()
    found_wrong(people)
    assert suspects() == []


def test_the_county_day_takes_in_what_was_concluded(people: People, utility: Party) -> None:
    assert "没有等待结论" in take_in_tests()[0].text
    equip_for_meters(people)
    follow_up = ordered(people, utility)
    assert "还有 1 台等待结论" in take_in_tests()[0].text
    concluded_for(people, follow_up)
    assert "取回 1 台" in take_in_tests()[0].text


def test_the_open_data_names_no_meter(client: Client, people: People, utility: Party) -> None:
    found_wrong(people)
    answer = client.get("/open/score.csv")
    assert answer.content.decode().splitlines()[1].startswith("1,suspect,0.999,-5.2,0.4,-5.4,0.1,2")
    assert "A1-m02" not in answer.content.decode()
