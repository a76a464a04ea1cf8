"""What anyone who scans a label is told: is it verified, until when, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext

from quanheng.base import clock
from quanheng.instruments.enums import Condition, Obligation, Verdict
from quanheng.instruments.models import Instrument, VerificationRecord
from quanheng.instruments.services.standing import facts_of
from quanheng.kernels.rules import Due, due, reason_text
from quanheng.regulations.selectors import rule_set


class Answer(StrEnum):
    """The one answer of the page, in the order in which it is looked for."""

    SCRAPPED = "scrapped"
    STOPPED = "stopped"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VALID = "valid"
    VALID_ONCE = "valid_once"
    UNKNOWN = "unknown"
    NEVER = "never"
    VOLUNTARY = "voluntary"


@dataclass(frozen=True)
class PublicStatus:
    """The answer and what it rests on.

    ``until`` is the last valid day, inclusive; None where there is none or it is not known.
    ``reason`` and ``obligation`` are sentences; ``last`` is the latest verification on record.
    """

    answer: Answer
    until: date | None
    last: VerificationRecord | None
    obligation: str
    reason: str
    notes: tuple[str, ...]
    rule_id: str
    document: str
    is_confirmed: bool


def public_status(instrument: Instrument, on: date | None = None) -> PublicStatus:
    """Return what the public page says of an instrument as of ``on`` (today where not given)."""
    on = on or clock.today()
    rules, facts = rule_set(), facts_of(instrument)
    obliged = rules.obligation(facts.kind, facts.use, on, facts.parameters)
    found = due(rules, facts, on)
    last = instrument.verification_records.filter(withdrawn_on=None).order_by("verified_on", "pk").last()
    until = _until(instrument, found, last)
    rule = found.rule or obliged.rule
    answer = _by_condition(instrument) or _by_record(last, until, found, obliged.is_mandatory, on)
    return PublicStatus(
        answer=answer,
        until=until,
        last=last,
        obligation=reason_text(obliged.code, obliged.data, gettext),
        reason=reason_text(found.code, found.data, gettext) if obliged.is_mandatory else "",
        notes=tuple(reason_text(code, found.data, gettext) for code in found.notes),
        rule_id=rule.id if rule else "",
        document=rule.document if rule else "",
        is_confirmed=rule is None or rule.is_confirmed,
    )


def _until(instrument: Instrument, found: Due, last: VerificationRecord | None) -> date | None:
    """Return the last valid day: by the rule where one applies, else as printed."""
    if last is None or last.verdict == Verdict.REJECTED:
        return None
    if instrument.standing.obligation != Obligation.MANDATORY:
        return last.valid_until
    # An instrument that came back into use is due on that day, whatever its certificate says.
    return instrument.standing.due_on or found.due_on


def _by_condition(instrument: Instrument) -> Answer | None:
    if instrument.condition == Condition.SCRAPPED:
        return Answer.SCRAPPED
    return Answer.STOPPED if instrument.condition in {Condition.STOPPED, Condition.SEALED} else None


def _by_record(
    last: VerificationRecord | None, until: date | None, found: Due, is_mandatory: bool | None, on: date
) -> Answer:
    if last is not None and last.verdict == Verdict.REJECTED:
        return Answer.REJECTED
    if last is not None and until is not None:
        return Answer.VALID if until >= on else Answer.EXPIRED
    if is_mandatory is False:
        return Answer.VOLUNTARY
    if last is None:
        return Answer.NEVER
    return Answer.VALID_ONCE if found.code == "first_verification_only" else Answer.UNKNOWN
