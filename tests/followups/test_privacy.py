"""What the public log says of a home: that something was done, never what its meter showed or what it was paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.followups.services.compensations import compute_compensation
from quanheng.kernels.canonical import commitment
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.parties.models import Party
from quanheng.transparency.models import Opening, PendingLeaf
from quanheng.transparency.services import erase_openings
from tests.followups.making import complete_order, fresh, to_replace

pytestmark = pytest.mark.django_db
OF_HOMES = {
    "followup:tested": {"error", "estimate"},
    "followup:replaced": {"removed_kwh", "installed_kwh"},
    "followup:compensation_computed": {"energy", "amount"},
}


@pytest.fixture
def entries(people: dict[str, User], utility: Party) -> dict[str, bytes]:
    """The leaves of a meter that was tested, replaced and compensated."""
    order = complete_order(people, to_replace(people))
    assert order.follow_up is not None
    follow_up = fresh(order.follow_up)
    compute_compensation(
        actor=people["officer"],
        public_id=follow_up.public_id,
        revision=follow_up.revision,
        method="onset_half",
        period_from=clock.today() - timedelta(days=365),
        period_to=clock.today(),
        registered_kwh=Decimal(1200),
        price=Decimal("0.52"),
    )
    return {leaf.kind: bytes(leaf.entry) for leaf in PendingLeaf.objects.filter(kind__in=OF_HOMES)}


def test_no_reading_error_or_amount_of_a_home_stands_in_a_leaf(entries: dict[str, bytes]) -> None:
    assert set(entries) == set(OF_HOMES)
    for kind, entry in entries.items():
        data = parse_leaf(entry).data
        assert all(set(data[name]) == {"commitment"} for name in OF_HOMES[kind])
    for text in (b"12345.67", b"-5.4", b"-5.2", b"A1-m02"):
        assert not any(text in entry for entry in entries.values())


def test_a_leaf_still_binds_what_it_does_not_say(entries: dict[str, bytes]) -> None:
    digest = parse_leaf(entries["followup:replaced"]).data["removed_kwh"]["commitment"]
    opened = Opening.objects.get(commitment=digest)
    assert opened.value == "12345.67"
    assert commitment(bytes(opened.salt), "12345.67") == digest
    assert commitment(bytes(opened.salt), "12345.68") != digest
    assert erase_openings(person=opened.person) == 2
