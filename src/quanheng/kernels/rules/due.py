"""When an instrument is due, with the arithmetic behind the date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from quanheng.kernels.dates import add_months, last_valid_day
from quanheng.kernels.rules.model import Mode, Parameters, RuleVersion, Term, Transition, Verdict
from quanheng.kernels.rules.ruleset import Obligation, RuleSet
from quanheng.kernels.rules.words import reason_text

_NO_PARAMETERS: Parameters = MappingProxyType({})
_NONE: tuple[str, ...] = ()


class Facts(NamedTuple):
    """What is known of one instrument; dates None where they are not known.

    ``first_used_on`` is when it was put into use (a meter: installed), ``registered_on`` when it
    entered our records; ``printed_valid_until`` is the 有效期至 of the last certificate.
    """

    kind: str | None
    use: str | None
    first_used_on: date | None = None
    registered_on: date | None = None
    last_verified_on: date | None = None
    printed_valid_until: date | None = None
    verdict: str | None = None
    parameters: Parameters = _NO_PARAMETERS


class Due(NamedTuple):
    """The last day on which an instrument may be used without another verification.

    ``due_on`` is None where nothing is due or it cannot be computed: ``code`` says which.
    ``is_certain`` is False where something needed was not known.  ``rule`` and ``term`` are what
    was applied, ``base_on`` the day counted from, ``by_rule_on`` what the rule alone would allow;
    ``obligation`` stands where it is why nothing is due.
    """

    due_on: date | None
    code: str
    period_months: int | None = None
    is_certain: bool = True
    rule: RuleVersion | None = None
    term: Term | None = None
    base_on: date | None = None
    by_rule_on: date | None = None
    printed_on: date | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    obligation: Obligation | None = None

    @property
    def rule_id(self) -> str | None:
        """The version that was applied."""
        return self.rule.id if self.rule else None

    @property
    def is_confirmed(self) -> bool:
        """Whether that version was compared with the official text; True where none is involved."""
        return self.rule is None or self.rule.is_confirmed

    @property
    def data(self) -> dict[str, str]:
        """The values that `reason_text` puts into the sentences of ``code`` and ``notes``."""
        found = {
            "due": self.due_on,
            "base": self.base_on,
            "by_rule": self.by_rule_on,
            "printed": self.printed_on,
            "months": self.period_months,
            "document": self.rule.document if self.rule else None,
            "missing": ",".join(self.missing) or None,
        }
        given = dict(self.obligation.data) if self.obligation else {}
        return given | {name: str(value) for name, value in found.items() if value is not None}

    @property
    def text(self) -> str:
        """The reason as a Chinese sentence."""
        return reason_text(self.code, self.data)

    def why(self) -> dict[str, object]:
        """Return the arithmetic as JSON can hold it, for a page that shows how the date was made."""
        rule, term = self.rule, self.term
        return {
            "due_on": _iso(self.due_on),
            "code": self.code,
            "text": self.text,
            "obligation": self.obligation and self.obligation.text,
            "is_certain": self.is_certain,
            "rule": rule and rule.id,
            "document": rule and rule.document,
            "catalogue": rule and rule.catalogue,
            "clause": rule and rule.clause,
            "source": rule and rule.source,
            "confidence": rule and rule.confidence.value,
            "lacks": sorted(rule.lacks) if rule else [],
            "is_confirmed": self.is_confirmed,
            "mode": term and term.mode.value,
            "conditions": [str(condition) for condition in term.when] if term else [],
            "base_on": _iso(self.base_on),
            "months": self.period_months,
            "convention": rule and rule.validity.value,
            "by_rule_on": _iso(self.by_rule_on),
            "printed_on": _iso(self.printed_on),
            "missing": list(self.missing),
            "notes": [{"code": code, "text": reason_text(code, self.data)} for code in self.notes],
        }


def due(rules: RuleSet, facts: Facts, on: date) -> Due:
    """Return when an instrument is due, as seen on the day ``on``.

    Mandatory and periodic: the earlier of the printed 有效期至 and what the version in force on the
    day of verification allows.  A later version that holds at once limits older verifications too,
    but ends none before it began itself.

    Rejected or never verified: due since that day, for what was not verified must not be used
    (Metrology Law art. 9).  Rotation: installation, else first verification, plus the life.
    """
    kind, use = facts.kind, facts.use
    rule = rules.version_on(kind, on) if kind is not None else None
    if rule is None or use not in rule.verified_uses:
        return _not_mandatory(rules.obligation(kind, use, on))
    if facts.verdict == Verdict.REJECTED:
        base = facts.last_verified_on or on
        return Due(base, "rejected", rule=rule, base_on=base)
    term, missing = rule.only_term, _NONE
    if term is None:
        term, missing = rule.term_for(facts.parameters)
    if facts.last_verified_on is None and facts.printed_valid_until is None:
        may_rotate = any(t.mode is Mode.ROTATE_AT_END_OF_LIFE for t in ((term,) if term else rule.terms))
        if not (may_rotate and facts.first_used_on):
            base = facts.first_used_on or facts.registered_on or on
            base = max(base, rules.mandatory_since(rule.kind, use, on) or base)
            return Due(base, "never_verified", rule=rule, term=term, base_on=base)
    if term is None:
        return _unknown(facts, rule, None, "parameters_missing" if missing else "no_term", missing)
    return _by_term(rules, facts, rule, term, on)


def _not_mandatory(obligation: Obligation) -> Due:
    if obligation.is_mandatory is None:
        return Due(None, obligation.code, is_certain=False, rule=obligation.rule, obligation=obligation)
    return Due(None, "not_mandatory", rule=obligation.rule, obligation=obligation)


def _by_term(rules: RuleSet, facts: Facts, rule: RuleVersion, term: Term, on: date) -> Due:
    if term.mode is Mode.PERIODIC:
        return _periodic(rules, facts, rule, term, on)
    if term.mode is Mode.ROTATE_AT_END_OF_LIFE:
        return _rotation(facts, rule, term)
    return Due(None, "first_verification_only", rule=rule, term=term, base_on=facts.last_verified_on)


def _rotation(facts: Facts, rule: RuleVersion, term: Term) -> Due:
    base = facts.first_used_on or facts.last_verified_on
    if base is None:
        return _unknown(facts, rule, term, "printed_only", ())
    if term.months is None:
        return _unknown(facts, rule, term, "period_unknown", ())
    is_verified = facts.last_verified_on or facts.printed_valid_until
    notes = _NONE if is_verified else ("no_verification_on_record",)
    return _earlier(facts, rule, term, base, "rotate", notes)


def _periodic(rules: RuleSet, facts: Facts, current: RuleVersion, current_term: Term, on: date) -> Due:
    base = facts.last_verified_on
    if base is None:
        return _unknown(facts, current, current_term, "printed_only", ())
    rule, term, notes = current, current_term, _NONE
    if current.in_force_from is not None and base < current.in_force_from:
        then = rules.version_on(current.kind, base)
        if then is None:
            then, notes = rules.versions_of(current.kind)[0], ("base_before_records",)
        rule, term, missing = _term_then(then, facts.parameters, current, current_term)
        if missing:
            return _unknown(facts, then, None, "parameters_missing", missing)
    if term.months is None:
        return _unknown(facts, rule, term, "period_unknown", ())
    found = _earlier(facts, rule, term, base, "rule", notes)
    if rule is current:
        return found
    for later in rules.versions_begun(current.kind, base, on):
        if later.transition is Transition.AT_ONCE:
            found = _limited_at_once(found, facts, later, base)
    return found


def _limited_at_once(found: Due, facts: Facts, later: RuleVersion, base: date) -> Due:
    """Return ``found``, or what a later version leaves of it: nothing ends before that version begins."""
    term, _ = later.term_for(facts.parameters)
    if term is None or term.mode is not Mode.PERIODIC or term.months is None or later.in_force_from is None:
        return found
    kept = tuple(note for note in found.notes if note == "base_before_records")
    at_once = _earlier(facts, later, term, base, "rule_at_once", kept)
    last = max(at_once.by_rule_on or date.min, later.in_force_from - timedelta(days=1))
    if found.due_on is None or last >= found.due_on:
        return found
    return at_once._replace(due_on=last, code="rule_at_once")


def _term_then(
    then: RuleVersion, parameters: Parameters, current: RuleVersion, current_term: Term
) -> tuple[RuleVersion, Term, tuple[str, ...]]:
    """Return the rule and term of the day of verification; today's where it was not periodic then."""
    term, missing = then.term_for(parameters)
    if missing:
        return current, current_term, missing
    if term is None or term.mode is not Mode.PERIODIC:
        return current, current_term, ()
    return then, term, ()


def _earlier(
    facts: Facts, rule: RuleVersion, term: Term, base: date, code: str, notes: tuple[str, ...]
) -> Due:
    if term.months is None:
        raise ValueError(f"{rule.id} has no period")
    by_rule = last_valid_day(base, months=term.months, convention=rule.validity)
    printed = facts.printed_valid_until
    if "period" in rule.lacks:
        notes = (*notes, "period_not_found")
    is_certain = not notes
    if printed is not None and printed < by_rule:
        return Due(printed, "printed", term.months, is_certain, rule, term, base, by_rule, printed, (), notes)
    if printed is not None and printed > by_rule:
        notes = (*notes, "printed_beyond_rule")
    return Due(by_rule, code, term.months, is_certain, rule, term, base, by_rule, printed, (), notes)


def _unknown(facts: Facts, rule: RuleVersion, term: Term | None, code: str, missing: tuple[str, ...]) -> Due:
    """Return what the certificate says, where the rule cannot say; or that nobody can."""
    printed, base = facts.printed_valid_until, facts.last_verified_on
    if printed is None:
        return Due(None, code, None, False, rule, term, base, None, None, missing)
    notes = () if code == "printed_only" else (code,)
    return Due(printed, "printed_only", None, False, rule, term, base, None, printed, missing, notes)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


class Light(StrEnum):
    """How near the due date is; NONE where nothing is due."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LightLimits:
    """When amber begins: so many days before, but not more than this share of the period.

    A choice of the house, not of a regulation.
    """

    amber_days: int
    amber_share: Decimal


def amber_from(due_on: date, period_months: int | None, limits: LightLimits) -> date:
    """Return the first day on which the light is amber."""
    days = Decimal(limits.amber_days)
    if period_months is not None:
        days = min(days, limits.amber_share * _days_before(due_on, period_months))
    # A ledger may say 0001-01-01; one such record must not stop the sweep of all.
    return due_on - timedelta(days=min(int(days), (due_on - date.min).days))


def _days_before(due_on: date, months: int) -> int:
    """Return how many days a period has that ends on ``due_on``; those since the first date there is, at most."""
    begins_before_dates = due_on.year * 12 + due_on.month - months <= 12  # noqa: PLR2004  months of the year 1
    return (due_on - (date.min if begins_before_dates else add_months(due_on, -months))).days


def light(due_on: date | None, period_months: int | None, on: date, *, limits: LightLimits) -> Light:
    """Return red where overdue, amber where the end is near, green otherwise."""
    if due_on is None:
        return Light.NONE
    if due_on < on:
        return Light.RED
    return Light.AMBER if on >= amber_from(due_on, period_months, limits) else Light.GREEN
