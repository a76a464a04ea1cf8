"""Writes: a delivered lot is sampled by the bureau; a rejection suspends its maker, by whatever door it came."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.kernels.sampling.plans import BadSampling
from quanheng.lots.enums import Decision, Origin
from quanheng.lots.models import Lot, Sample
from quanheng.lots.services.samples import draw_sample
from quanheng.manufacturers.acceptance import acceptance_plan
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.errors import BadAcceptance
from quanheng.manufacturers.models import Authorisation, Suspension
from quanheng.manufacturers.rules import rule_on
from quanheng.manufacturers.services.authorisations import suspend_locked


@transaction.atomic
def draw_acceptance_sample(*, actor: User | None, lot: Lot, option: str) -> Sample:
    """Draw the sample by which a delivered lot is accepted or rejected; the severity follows from its maker's lots.

    Raises
    ------
    NotAFactoryLot, InspectionDiscontinued, BadAcceptance
        The lot was not delivered by a maker; the switching rules ended the inspection; there is no plan for it.
    NotPermitted, ListOpen, SampleOpen, LotDecided, NoCheckpoint, SampleTooLarge
        As of `lots.services.samples.draw_sample`.
    """
    # Whoever draws next for this maker must see what was decided before.
    Authorisation.objects.select_for_update().filter(unit=lot.maker_unit_id).first()
    try:
        plan = acceptance_plan(lot, option, clock.today())
    except BadSampling as error:
        raise BadAcceptance(reason=str(error)) from error
    return draw_sample(actor=actor, lot=lot, plan=plan)


def suspend_after_rejection(sample: Sample) -> None:
    """Suspend the maker of a lot that was just rejected, in the transaction of the decision; once a lot."""
    lot = sample.lot
    if sample.decision != Decision.REJECTED or lot.origin != Origin.FACTORY or lot.maker_unit_id is None:
        return
    rule = rule_on("suspend_when_lot_rejected", clock.today())
    if not rule.value or Suspension.objects.filter(lot=lot).exists():
        return
    rows = Authorisation.objects.select_related("unit").select_for_update(of=("self",))
    row = rows.filter(unit=lot.maker_unit_id, state=AuthorisationState.ACTIVE).first()
    if row is None:
        return
    reason = _("批“%(number)s”验收抽样被拒收：%(sentence)s") % {
        "number": lot.number,
        "sentence": sample.judgement.get("sentence", ""),
    }
    suspend_locked(row, actor=sample.decided_by, reason=reason[:300], lot=lot, rule=rule)
