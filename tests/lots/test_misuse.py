"""What a sample must withstand: an exclusion corrected, a factory lot drawn by the plan of another kind of lot."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.lots.enums import ItemResult, MeterCondition, Origin
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Sample
from quanheng.lots.services.samples import decide, record_results
from quanheng.taskboard.services.people import erase_person_everywhere
from tests.lots.making import a_closed_lot, a_sample

pytestmark = pytest.mark.usefixtures("people")


def left_out(sample: Sample, condition: MeterCondition, reason: str = "表盖被打开") -> FoundMeter:
    item = sample.items.get(position=1)
    return FoundMeter(
        item.meter.serial_no,
        ItemResult.EXCLUDED,
        row=2,
        tested_on=clock.today(),
        reason=reason,
        condition=condition,
    )


def test_an_exclusion_that_is_corrected_takes_no_second_meter_from_the_reserve() -> None:
    sample = a_sample()
    for condition in (MeterCondition.TAMPERED, MeterCondition.MISSING):
        assert record_results(actor=None, sample=sample, results=[left_out(sample, condition)]) == 1
    item = sample.items.select_related("meter").get(position=1)
    assert item.meter.condition == MeterCondition.MISSING
    assert sample.items.filter(stage=1).count() == 6
    assert sample.items.filter(stage=0).count() == 4


def test_a_factory_lot_is_not_drawn_by_a_plan_for_lots_in_service(people: dict[str, User]) -> None:
    lot = a_closed_lot(origin=Origin.FACTORY)
    client = Client()
    client.force_login(people["officer"], backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(reverse("staff:lot_draw", args=[lot.public_id]), {"rule": "cn_lq_isolated"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("staff:factory_draw", args=[lot.public_id])
    assert not lot.samples.exists()


def test_what_an_erased_person_wrote_about_a_sample_is_blanked(people: dict[str, User]) -> None:
    officer = people["officer"]
    sample = a_sample()
    found = left_out(sample, MeterCondition.DAMAGED, "住户张三说是搬家时碰坏的")
    record_results(actor=officer, sample=sample, results=[found])
    sample.refresh_from_db()
    decide(actor=officer, sample=sample, reason="与张三谈过", revision=sample.revision, resample=True)
    erase_person_everywhere(
        actor=people["admin"], public_id=officer.public_id, revision=officer.revision, reason="要求"
    )
    sample.refresh_from_db()
    assert sample.decision_reason == "已删除"
    assert sample.items.get(position=1).reason == "已删除"
