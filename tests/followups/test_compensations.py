"""What a household paid too much: from the test, or preliminary; nothing where the rules say so; a letter each time."""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from quanheng.base import clock
from quanheng.base.dated_rules import packaged_rules
from quanheng.base.files import stored_path
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.followups.enums import Basis, Finding
from quanheng.followups.errors import BadCompensationInput
from quanheng.followups.models import Compensation, FollowUp
from quanheng.followups.rules import ONSETS, onset_on
from quanheng.followups.services.compensations import compute_compensation
from quanheng.followups.services.privacy import forget_person
from quanheng.parties.models import Party
from tests.followups.making import complete_order, found_wrong, proposed, to_replace

pytestmark = pytest.mark.django_db
People = dict[str, User]


def compute(people: People, follow_up: FollowUp, **given: Any) -> Compensation:
    facts: dict[str, Any] = {
        "method": "onset_half",
        "period_from": date(2025, 5, 20),
        "period_to": clock.today(),
        "registered_kwh": Decimal(3150),
        "price": Decimal("0.52"),
    }
    return compute_compensation(
        actor=people["officer"], public_id=follow_up.public_id, revision=follow_up.revision, **facts | given
    )


def text_of(made: Compensation) -> str:
    with zipfile.ZipFile(BytesIO(stored_path(made.letter_sha256).read_bytes())) as letter:
        return letter.read("word/document.xml").decode()


def test_a_fast_meter_is_paid_back_by_the_tested_error(people: People, utility: Party) -> None:
    test = found_wrong(people, error_percent=5.0, expanded_uncertainty_percent=0.2)
    made = compute(people, test.follow_up)
    assert (made.basis, made.amount) == (Basis.TESTED, Decimal("39.00"))
    assert made.energy_kwh == pytest.approx(75)
    assert made.low_amount == 0
    assert made.high_amount > 2 * made.amount
    text = text_of(made)
    for part in ("应退 39.00 元", "未核对", "供电营业规则", "电能表 A1-m02 的用户"):
        assert part in text
    assert "远程估计是初步证据" not in text


def test_an_untested_meter_gives_a_preliminary_figure_only(people: People, utility: Party) -> None:
    made = compute(people, proposed(people))
    assert made.basis == Basis.ESTIMATE
    assert made.expanded_uncertainty_percent == pytest.approx(0.8)
    assert made.sentence.startswith("这是按远程估计初步计算的")
    assert "远程估计是初步证据" in text_of(made)


def test_a_slow_meter_costs_the_household_nothing_and_that_is_said(people: People, utility: Party) -> None:
    made = compute(people, found_wrong(people).follow_up)
    assert (made.amount, made.low_amount, made.high_amount) == (0, 0, 0)
    assert made.energy_kwh < 0
    assert "不向用户补收" in made.sentence


def test_an_error_within_tolerance_pays_nothing(people: People, utility: Party) -> None:
    good = found_wrong(people, error_percent=1.2, finding=Finding.CONFORMING)
    made = compute(people, good.follow_up)
    assert made.amount == 0
    assert "没有超出 ±2 %，不退不补" in made.sentence


def test_the_same_figures_give_the_same_letter(people: People, utility: Party) -> None:
    follow_up = found_wrong(people, error_percent=5.0).follow_up
    assert compute(people, follow_up).letter_sha256 == compute(people, follow_up).letter_sha256


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"method": "guess"}, "没有这种算法"),
        ({"period_from": date(2026, 5, 20), "period_to": date(2026, 5, 19)}, "颠倒"),
        ({"period_to": date(2026, 5, 20) + timedelta(days=1)}, "晚于今天"),
        ({"registered_kwh": Decimal(-1)}, "电量"),
        ({"price": Decimal(0)}, "电价"),
    ],
)
def test_what_cannot_be_is_refused(
    people: People, utility: Party, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadCompensationInput, match=reason):
        compute(people, proposed(people), **given)
    assert not Compensation.objects.exists()


def test_only_the_officer_computes(people: People, utility: Party) -> None:
    with pytest.raises(NotPermitted):
        compute({**people, "officer": people["inspector"]}, proposed(people))


def test_every_rule_has_a_source_and_says_that_it_is_unconfirmed() -> None:
    assert all(rule.source and not rule.is_confirmed for rule in packaged_rules("quanheng.followups"))
    assert [onset_on(key, date(2026, 5, 20)).counted for key in ONSETS] == [0.5, 1.0]
    with pytest.raises(LookupError):
        onset_on("back_charge", date(2026, 5, 20))


def test_erasing_a_person_blanks_what_they_wrote(people: People, utility: Party) -> None:
    order = complete_order(people, to_replace(people))
    forget_person(people["inspector"])
    order.refresh_from_db()
    assert order.crew == "已删除"
    assert order.new_serial == "NEW-1"
