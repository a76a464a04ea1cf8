"""What a household paid too much, computed by dated rules, with the letter that says so."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.dated_rules import Rule
from quanheng.base.files import store_file
from quanheng.core.models import User
from quanheng.followups.documents.letter import Letter, letter_word
from quanheng.followups.enums import Basis, FollowUpState
from quanheng.followups.errors import BadCompensationInput
from quanheng.followups.models import Compensation, FollowUp
from quanheng.followups.rules import ONSETS, onset_on, rule_on
from quanheng.followups.selectors import result_of
from quanheng.followups.services.shared import ORDER, locked_follow_up, log, refuse_unpermitted
from quanheng.kernels.compensation import BadCompensation, compensation
from quanheng.kernels.compensation import Compensation as Computed

_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 9
_MOST_MONEY = Decimal(10) ** 8  # [CNY] of one household
_COVERAGE_FACTOR = 2


@transaction.atomic
def compute_compensation(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    method: str,
    period_from: date,
    period_to: date,
    registered_kwh: Decimal,
    price: Decimal,
) -> Compensation:
    """Compute what the household of a follow-up paid too much, and keep the figures with their letter.

    From the tested error where there is a test, else from the estimate: then it is preliminary and says so.

    Raises
    ------
    NotPermitted, FollowUpNotFound, StaleRevision, WrongFollowUpState
        As `shared.locked_follow_up`; closed.
    BadCompensationInput
        No such method; days, energy or price that cannot be; an error of which no energy can be computed.
    """
    refuse_unpermitted(actor, ORDER)
    states = set(FollowUpState) - {FollowUpState.CLOSED}
    follow_up = locked_follow_up(public_id, revision, states)
    _refuse_bad(method, period_from, period_to, registered_kwh, price)
    on = clock.today()
    basis, error, uncertainty = _error(follow_up)
    try:
        computed = compensation(
            registered_kwh=float(registered_kwh),
            error_percent=error,
            expanded_uncertainty_percent=uncertainty,
            price_per_kwh=float(price),
            onset=onset_on(method, on),
        )
    except BadCompensation as refused:
        raise BadCompensationInput(reason=str(refused)) from refused
    used = [rule_on(key, on) for key in (method, "only_beyond_mpe", "back_charge")]
    paid, sentence = _paid(follow_up, computed, basis, error, used)
    if any(abs(amount) >= _MOST_MONEY for amount in paid):
        raise BadCompensationInput(reason=_("算出的金额超出可能的范围，请核对电量、电价和误差。"))
    made = Compensation(
        follow_up=follow_up,
        basis=basis,
        method=method,
        period_from=period_from,
        period_to=period_to,
        registered_kwh=registered_kwh,
        price=price,
        error_percent=error,
        expanded_uncertainty_percent=uncertainty,
        energy_kwh=computed.energy_kwh,
        low_kwh=computed.low_kwh,
        high_kwh=computed.high_kwh,
        amount=paid[0],
        low_amount=paid[1],
        high_amount=paid[2],
        sentence=sentence,
        rules=[_rule(rule) for rule in used],
        made_by=actor,
        made_at=clock.now(),
        is_demo=follow_up.is_demo,
    )
    made.letter_sha256 = store_file(letter_word(Letter.of(made, on)))
    made.save()
    log(
        "compensation_computed",
        f"followup:{follow_up.public_id}",
        actor,
        basis=str(basis),
        method=method,
        of_home={"energy": f"{made.energy_kwh:.6g}", "amount": str(made.amount)},
        file_sha256=made.letter_sha256,
        demo=made.is_demo,
    )
    return made


def _error(follow_up: FollowUp) -> tuple[Basis, float, float]:
    """Return on what it rests, the error and U (k = 2) [%]."""
    test = result_of(follow_up)
    if test is not None:
        return Basis.TESTED, test.error_percent, test.expanded_uncertainty_percent
    return (
        Basis.ESTIMATE,
        follow_up.error_percent,
        _COVERAGE_FACTOR * follow_up.standard_uncertainty_percent,
    )


def _paid(
    follow_up: FollowUp, computed: Computed, basis: Basis, error: float, rules: list[Rule]
) -> tuple[tuple[Decimal, Decimal, Decimal], str]:
    """Return the amount to the household with its interval, and the sentence; rules decide when it is nothing."""
    _method, only_beyond, back_charge = rules
    nothing = (Decimal(0), Decimal(0), Decimal(0))
    first = _("这是按远程估计初步计算的，须经现场检定。") if basis is Basis.ESTIMATE else ""
    if only_beyond.value and abs(error) <= follow_up.mpe_percent:
        text = _("误差 %(error)s %% 没有超出 ±%(mpe)s %%，不退不补。")
        return nothing, first + text % {"error": f"{error:+.2f}", "mpe": f"{follow_up.mpe_percent:g}"}
    amounts = (
        _money(computed.amount),
        _money(computed.low_amount),
        _money(computed.high_amount),
    )
    if computed.energy_kwh < 0 and not back_charge.value:
        text = _("电能表少计约 %(kwh)s kWh，责任不在用户，不向用户补收。")
        return nothing, first + text % {"kwh": f"{-computed.energy_kwh:.1f}"}
    if computed.energy_kwh < 0:
        text = _("电能表少计约 %(kwh)s kWh（%(low)s 至 %(high)s kWh），应补交 %(amount)s 元。")
        words = {
            "kwh": f"{-computed.energy_kwh:.1f}",
            "low": f"{-computed.high_kwh:.1f}",
            "high": f"{-computed.low_kwh:.1f}",
            "amount": -amounts[0],
        }
        return amounts, first + text % words
    text = _(
        "电能表多计约 %(kwh)s kWh（%(low)s 至 %(high)s kWh），应退 %(amount)s 元（%(from)s 至 %(to)s 元）。"
    )
    words = {
        "kwh": f"{computed.energy_kwh:.1f}",
        "low": f"{computed.low_kwh:.1f}",
        "high": f"{computed.high_kwh:.1f}",
        "amount": amounts[0],
        "from": amounts[1],
        "to": amounts[2],
    }
    return amounts, first + text % words


def _refuse_bad(method: str, since: date, until: date, kwh: Decimal, price: Decimal) -> None:
    if method not in ONSETS:
        raise BadCompensationInput(reason=_("没有这种算法。"))
    if until < since or until > clock.today():
        raise BadCompensationInput(reason=_("期间的起止日期颠倒，或晚于今天。"))
    if not kwh.is_finite() or not 0 <= kwh < _MOST:
        raise BadCompensationInput(reason=_("电量应是不小于 0 的数（kWh）。"))
    if not price.is_finite() or not 0 < price < 100:  # noqa: PLR2004  [CNY/kWh]
        raise BadCompensationInput(reason=_("电价应大于 0、小于 100 元/kWh。"))


def _money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_CENT, ROUND_HALF_EVEN)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "key": rule.key,
        "what": rule.what,
        "source": rule.source,
        "clause": rule.clause or "",
        "is_confirmed": rule.is_confirmed,
    }
