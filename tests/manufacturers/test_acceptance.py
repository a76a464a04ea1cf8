"""The bureau samples what makers deliver; a rejection suspends, and history makes the inspection tighter."""

from __future__ import annotations

import pytest

from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.lots.enums import Decision
from quanheng.manufacturers.acceptance import ISOLATED, severity_of
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.errors import NotInForce
from quanheng.manufacturers.models import Authorisation
from quanheng.manufacturers.services.acceptance import draw_acceptance_sample
from quanheng.manufacturers.services.authorisations import lift
from quanheng.transparency.models import PendingLeaf
from tests.manufacturers.making import authorised, delivered, good_file, judged, send


@pytest.fixture
def held(people: dict[str, User]) -> Authorisation:
    return authorised(people["officer"])


def test_an_accepted_lot_leaves_the_maker_authorised(people: dict[str, User], held: Authorisation) -> None:
    lot = delivered(people["maker"], held, 300, "L1", 1)
    with pytest.raises(NotPermitted):
        draw_acceptance_sample(actor=people["maker"], lot=lot, option=ISOLATED)
    sample = judged(people["officer"], lot, bad=0)
    assert sample.decision == Decision.ACCEPTED
    assert (sample.plan["rule"], sample.plan["unconfirmed"]) == ("iso2859_1", True)
    held.refresh_from_db()
    assert held.state == AuthorisationState.ACTIVE


def test_a_rejected_lot_suspends_its_maker_in_the_same_transaction(
    people: dict[str, User], held: Authorisation
) -> None:
    lot = delivered(people["maker"], held, 300, "L1", 1)
    sample = judged(people["officer"], lot, bad=3)
    assert sample.decision == Decision.REJECTED
    held.refresh_from_db()
    kept = held.suspensions.get()
    assert (held.state, kept.lot, kept.rule["key"]) == ("suspended", lot, "suspend_when_lot_rejected")
    assert "L1" in kept.reason
    assert not kept.rule["is_confirmed"]
    assert PendingLeaf.objects.filter(kind="manufacturer:suspended").count() == 1
    with pytest.raises(NotInForce):
        send(people["maker"], held, good_file(60, first=1000), number="L2")
    lift(actor=people["officer"], public_id=held.public_id, reason="已整改")
    sample.save()  # what was lifted is not suspended again by the same lot
    held.refresh_from_db()
    assert held.state == AuthorisationState.ACTIVE
    assert send(people["maker"], held, good_file(60, first=1000), number="L2").lot is not None


def test_an_isolated_lot_is_judged_by_the_limiting_quality_and_does_not_switch(
    people: dict[str, User], held: Authorisation
) -> None:
    lot = delivered(people["maker"], held, 300, "L1", 1)
    sample = judged(people["officer"], lot, bad=1, option=ISOLATED)
    assert (sample.plan["rule"], sample.decision) == ("isolated_lq", Decision.REJECTED)
    assert severity_of(held.unit_id).state.recent == ()


def test_two_rejections_of_five_tighten_the_inspection(people: dict[str, User], held: Authorisation) -> None:
    officer, maker = people["officer"], people["maker"]
    sizes = []
    for at, bad in enumerate((3, 0, 3)):
        lot = delivered(maker, held, 60, f"L{at}", 1 + 100 * at)
        sizes.append(judged(officer, lot, bad=bad).plan)
        if bad:
            lift(actor=officer, public_id=held.public_id, reason="已整改")
    found = severity_of(held.unit_id)
    assert found.state.severity == "tightened"
    assert "加严" in found.reason
    lot = delivered(maker, held, 60, "L9", 1000)
    sample = draw_acceptance_sample(actor=officer, lot=lot, option="iso2859_1")
    assert "加严检验" in sample.plan["title"]
