"""Follow-ups of the world: one proposed, one tested wrong with a replacement that waits, a letter, a random control."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.fleet.models import MeterResult
from quanheng.followups.services.compensations import compute_compensation
from quanheng.followups.services.controls import close_controls, draw_controls
from quanheng.followups.services.orders import propose_follow_ups
from quanheng.transparency.sequencer import sequence
from tests.followups.making import make_utility, to_replace


def make_follow_ups(people: dict[str, User]) -> None:
    """Make them; the areas must be there."""
    make_utility()
    order = to_replace(people)
    other = MeterResult.objects.filter(meter_id="A1-m03").latest("pk")
    propose_follow_ups(actor=people["officer"], results=[other.pk])
    assert order.follow_up is not None
    compute_compensation(
        actor=people["officer"],
        public_id=order.follow_up.public_id,
        revision=order.follow_up.revision,
        method="onset_half",
        period_from=clock.today() - timedelta(days=365),
        period_to=clock.today(),
        registered_kwh=Decimal(1200),
        price=Decimal("0.52"),
    )
    closed = close_controls(actor=people["officer"], count=1)
    sequence()
    draw_controls(actor=people["officer"], public_id=closed.public_id)
