"""The lots of the world: one with its list open, one to be drawn from, one whose sample waits, one that is decided."""

from __future__ import annotations

from quanheng.core.models import User
from quanheng.kernels.sampling.plans import single
from quanheng.lots.services.samples import decide, draw_sample
from tests.lots.making import a_closed_lot, a_lot, meters, plan_of_rule, record


def make_lots(actor: User) -> None:
    """Make them, of a maker each: a serial number stands once on the lists of a maker."""
    a_lot(actor, meters(2), number="open", maker="甲厂")
    a_closed_lot(actor, meters(60, town="亭子镇"), number="closed", maker="乙厂")
    plan = plan_of_rule(single(2, 0))
    waiting = a_closed_lot(actor, meters(4), number="waiting", maker="丙厂")
    draw_sample(actor=actor, lot=waiting, plan=plan)
    ready = draw_sample(
        actor=actor, lot=a_closed_lot(actor, meters(4), number="ready", maker="丁厂"), plan=plan
    )
    record(ready)
    decided = draw_sample(
        actor=actor, lot=a_closed_lot(actor, meters(4), number="decided", maker="戊厂"), plan=plan
    )
    decided = record(decided, 1)
    decide(actor=actor, sample=decided, revision=decided.revision)
