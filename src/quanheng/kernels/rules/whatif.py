"""What a change of the rules would do to each instrument."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quanheng.kernels.rules.due import Due, Facts, due
from quanheng.kernels.rules.model import Mode
from quanheng.kernels.rules.ruleset import Obligation, RuleSet


class What(StrEnum):
    """What changes for one instrument; the first that applies is told."""

    BECOMES_MANDATORY = "becomes_mandatory"
    NO_LONGER_MANDATORY = "no_longer_mandatory"
    MODE_CHANGES = "mode_changes"
    DUE_MOVES = "due_moves"
    RULE_CHANGES_AT_NEXT_VERIFICATION = "rule_changes_at_next_verification"


@dataclass(frozen=True, slots=True)
class Position:
    """Where one instrument stands under one set of rules."""

    obligation: Obligation
    due: Due

    @property
    def mode(self) -> Mode | None:
        """How its verification goes on; None where it need not be verified or that is not known."""
        return self.obligation.mode

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return {
            "is_mandatory": self.obligation.is_mandatory,
            "mode": self.mode,
            "rule": self.obligation.rule_id,
            "due_on": self.due.due_on.isoformat() if self.due.due_on else None,
            "period_months": self.due.period_months,
            "is_confirmed": self.obligation.is_confirmed,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What changes for the instrument ``key``."""

    key: Hashable
    what: What
    before: Position
    after: Position


def what_if(
    before: RuleSet, after: RuleSet, facts: Iterable[tuple[Hashable, Facts]], on: date
) -> Iterator[Change]:
    """Compare two sets of rules on one day, instrument by instrument; those without a change are left out.

    ``before`` is usually ``rules.frozen(today)``, ``after`` the rules with what is tried.
    """
    for key, known in facts:
        old, new = _position(before, known, on), _position(after, known, on)
        if (what := _what(old, new)) is not None:
            yield Change(key, what, old, new)


def _position(rules: RuleSet, facts: Facts, on: date) -> Position:
    return Position(rules.obligation(facts.kind, facts.use, on, facts.parameters), due(rules, facts, on))


def _what(old: Position, new: Position) -> What | None:
    was, is_ = bool(old.obligation.is_mandatory), bool(new.obligation.is_mandatory)
    if was != is_:
        return What.BECOMES_MANDATORY if is_ else What.NO_LONGER_MANDATORY
    if not is_:
        return None
    if old.mode != new.mode:
        return What.MODE_CHANGES
    if old.due.due_on != new.due.due_on:
        return What.DUE_MOVES
    if _substance(old) != _substance(new):
        return What.RULE_CHANGES_AT_NEXT_VERIFICATION
    return None


def _substance(position: Position) -> tuple[object, ...]:
    """Return what a rule demands: its id alone may stand for another text, or two ids for one."""
    rule = position.obligation.rule
    return () if rule is None else (rule.document, rule.terms, rule.validity, rule.uses, rule.control)
