"""Follow-ups of the demonstration: suspects at each step, one replaced, random controls; papers are invented."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.followups.enums import Finding
from quanheng.followups.models import FollowUp, TestResult
from quanheng.followups.services.compensations import compute_compensation
from quanheng.followups.services.controls import close_controls, draw_controls
from quanheng.followups.services.orders import Chosen, order_tests, propose_follow_ups
from quanheng.followups.services.replacements import Done, complete_replacement, order_replacement
from quanheng.followups.services.results import record_certificate
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party
from quanheng.transparency.sequencer import sequence
from quanheng.verification.selectors import institutes_to_ask

UTILITY, BODY, MAKER = "演示供电公司", "演示省级计量技术机构", "演示电表厂"
_CONTROLS = 4
_PAPER = "演示证书：没有这份证书，数字是编的。"
# Tested minus estimated [%], in turn: what a paper of the demonstration says.
_OFF = (0.12, -0.21, 0.33, -0.08, 0.17)
_U = 0.12


def load_demo_followups(*, officer: User) -> int:
    """Make them, once; return how many meters are followed.  Nothing where no area has a suspect.

    Outside a transaction: controls are drawn by the checkpoint that signs their list.
    """
    if FollowUp.objects.exists():
        return 0
    followed = _suspects(officer)
    return followed + _controls(officer) if followed else 0


@transaction.atomic
def _suspects(officer: User) -> int:
    suspects = list(
        MeterResult.objects.filter(
            status=MeterStatus.OUT_OF_TOLERANCE,
            area_result__in=SupplyArea.objects.filter(is_demo=True).values("latest"),
        ).order_by("-energy_share", "pk")[:3]
    )
    if not suspects:
        return 0
    utility = Party.objects.filter(name=UTILITY).first() or _utility()
    first, *others = suspects
    _replaced(officer, first)
    if others:
        _ordered(officer, utility, others[0])
    return 1 + bool(others)


def _utility() -> Party:
    town = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT)).order_by("position").first()
    details = PartyDetails(name=UTILITY, kind=PartyKind.BUSINESS, town=town)
    return save_party(actor=None, public_id=None, revision=0, details=details, is_demo=True)


def _replaced(officer: User, row: MeterResult) -> None:
    """A suspect tested by another body, replaced, its household told."""
    [follow_up] = propose_follow_ups(actor=officer, results=[row.pk], is_demo=True)
    test = _tested(officer, follow_up, 0)
    today = clock.today()
    follow_up = test.follow_up
    if test.finding != Finding.NONCONFORMING:
        return
    order = order_replacement(
        actor=officer, public_id=follow_up.public_id, revision=follow_up.revision, planned_on=today
    )
    complete_replacement(
        actor=officer,
        public_id=order.public_id,
        revision=order.revision,
        done=Done("演示-新-0001", today, Decimal("12345.67"), Decimal("0.20"), MAKER, "演示电工"),
        data=_PAPER.encode(),
        filename="演示照片.txt",
    )
    follow_up.refresh_from_db()
    compute_compensation(
        actor=officer,
        public_id=follow_up.public_id,
        revision=follow_up.revision,
        method="onset_half",
        period_from=today - timedelta(days=730),
        period_to=today,
        registered_kwh=Decimal(5200),
        price=Decimal("0.5464"),
    )


def _ordered(officer: User, utility: Party, row: MeterResult) -> None:
    """A suspect for which the institute was asked."""
    institute = institutes_to_ask().order_by("pk").first()
    if institute is None:
        return
    plate = Chosen(row.pk, "演示-表-0002", MAKER, "DDZY-演示", "2", "5(60) A")
    order_tests(actor=officer, meters=[plate], utility=utility.pk, institute=institute.pk, is_demo=True)


def _controls(officer: User) -> int:
    """Random controls, tested by another body."""
    closed = close_controls(actor=officer, count=_CONTROLS, is_demo=True)
    sequence()
    with transaction.atomic():
        made = draw_controls(actor=officer, public_id=closed.public_id)
        for at, follow_up in enumerate(made, 1):
            _tested(officer, follow_up, at)
    return len(made)


def _tested(officer: User, follow_up: FollowUp, at: int) -> TestResult:
    error = round(follow_up.error_percent + _OFF[at % len(_OFF)], 2)
    return record_certificate(
        actor=officer,
        public_id=follow_up.public_id,
        revision=follow_up.revision,
        institution=BODY,
        certificate_no=f"演示电字-{at + 1:04d}",
        tested_on=clock.today(),
        finding=Finding.NONCONFORMING if abs(error) > follow_up.mpe_percent else Finding.CONFORMING,
        error_percent=error,
        expanded_uncertainty_percent=_U,
        data=_PAPER.encode(),
        filename="演示证书.txt",
    )
