"""Follow-ups at each step, as the tests of this folder and of the pages make them."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.fleet.models import MeterResult
from quanheng.followups.enums import Finding
from quanheng.followups.models import FollowUp, ReplacementOrder, TestResult
from quanheng.followups.services.orders import Chosen, order_tests, propose_follow_ups
from quanheng.followups.services.replacements import Done, complete_replacement, order_replacement
from quanheng.followups.services.results import record_certificate
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.models import Application, Verification
from quanheng.verification.services.applications import accept_application
from tests.instruments.making import unit
from tests.standards.making import make_certificate, make_standard
from tests.verification.making import concluded
from tests.verification.making import fresh as fresh_verification
from tests.workforce.making import authorise, laboratory, qualify, register

PAPER = b"%PDF-1.7 certificate of another body"
PHOTO = b"\xff\xd8 both registers"
JJG = "JJG 596"
READINGS: dict[str, Any] = {
    "readings": {
        "basic_error": [
            {"current": "60 A", "cosphi": "1.0", "error_1": "-5.0 %"},
            {"current": "5 A", "cosphi": "1.0", "error_1": "-5.2 %"},
            {"current": "0.5 A", "cosphi": "1.0", "error_1": "-5.8 %"},
            {"current": "5 A", "cosphi": "0.5L", "error_1": "-5.6 %"},
        ]
    },
    "checks": {"mark": "合格"},
    "environment": {"温度": "22.5 ℃", "湿度": "55 %"},
}


def make_utility() -> Party:
    """The utility that owns the meters."""
    details = PartyDetails(name="演示供电公司", town=unit("亭子镇"))
    return save_party(actor=None, public_id=None, revision=0, details=details)


def suspect() -> MeterResult:
    """The meter that the latest results suspect: -5.2 %, u = 0.4 %."""
    return MeterResult.objects.filter(meter_id="A1-m02").latest("pk")


def plate(row: MeterResult, **given: str) -> Chosen:
    """What stands on the nameplate of a meter."""
    known = {"serial_no": f"SN-{row.meter_id}", "manufacturer": "演示电表厂", "model": "DDZY-1"}
    return Chosen(row.pk, **known | {"accuracy_class": "2", "ratings": "5(60) A"} | given)


def proposed(people: dict[str, User], row: MeterResult | None = None) -> FollowUp:
    """A suspect on the list."""
    return propose_follow_ups(actor=people["officer"], results=[(row or suspect()).pk])[0]


def ordered(people: dict[str, User], utility: Party, row: MeterResult | None = None) -> FollowUp:
    """A suspect for which the institute was asked."""
    found = row or suspect()
    application = order_tests(
        actor=people["officer"], meters=[plate(found)], utility=utility.pk, institute=laboratory().pk
    )
    return application.follow_ups.get()


def found_wrong(people: dict[str, User], row: MeterResult | None = None, **given: Any) -> TestResult:
    """A suspect that another body found wrong by -5.4 %."""
    follow_up = proposed(people, row)
    facts: dict[str, Any] = {
        "institution": "省计量院",
        "certificate_no": "电-2026-01",
        "tested_on": clock.today(),
        "finding": Finding.NONCONFORMING,
        "error_percent": -5.4,
        "expanded_uncertainty_percent": 0.2,
        "data": PAPER,
        "filename": "证书.pdf",
    }
    return record_certificate(
        actor=people["inspector"],
        public_id=follow_up.public_id,
        revision=follow_up.revision,
        **facts | given,
    )


def to_replace(people: dict[str, User], row: MeterResult | None = None) -> ReplacementOrder:
    """A replacement that waits."""
    follow_up = found_wrong(people, row).follow_up
    return order_replacement(
        actor=people["officer"], public_id=follow_up.public_id, revision=follow_up.revision
    )


def done(**given: Any) -> Done:
    """What a crew tells."""
    facts = {
        "new_serial": "NEW-1",
        "new_maker": "演示电表厂",
        "replaced_on": clock.today(),
        "removed_kwh": Decimal("12345.67"),
        "installed_kwh": Decimal("0.5"),
        "crew": "李电工",
    }
    return Done(**facts | given)


def complete_order(people: dict[str, User], order: ReplacementOrder) -> ReplacementOrder:
    """The order, done."""
    return complete_replacement(
        actor=people["inspector"],
        public_id=order.public_id,
        revision=order.revision,
        done=done(),
        data=PHOTO,
        filename="新旧表.jpg",
    )


def equip_for_meters(people: dict[str, User]) -> MeasurementStandard:
    """Let the institute of the cast be fit to verify electricity meters."""
    where = laboratory()
    authorise(where, regulations=[JJG])
    for name in ("verifier", "checker", "signatory"):
        qualify(register(people[name], where), item="电能表", regulation=JJG)
    standard = make_standard(
        where, name="电能标准装置", serial_no="E-01", serves=[JJG], fields={"standard_mpe": "0.1 %"}
    )
    make_certificate(standard)
    return standard


def accepted(people: dict[str, User], application: Application) -> Application:
    """The application, accepted by the institute."""
    return accept_application(
        actor=people["checker"], public_id=application.public_id, revision=application.revision
    )


def concluded_for(people: dict[str, User], follow_up: FollowUp, *documents: Any) -> Verification:
    """The verification of an ordered meter, accepted, planned and signed by all three."""
    assert follow_up.application is not None
    assert follow_up.instrument is not None
    found = concluded(
        people,
        follow_up.instrument,
        *(documents or (deepcopy(READINGS),)),
        application=accepted(people, follow_up.application),
    )
    return fresh_verification(found)


def fresh(follow_up: FollowUp) -> FollowUp:
    """The record as it stands now."""
    return FollowUp.objects.select_related("instrument", "application", "test").get(pk=follow_up.pk)
