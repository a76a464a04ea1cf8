"""Compensation and the error of a test as dated rule data (rules.yaml); needs no database."""

from __future__ import annotations

from datetime import date

from quanheng.base.dated_rules import Rule, rule_in
from quanheng.kernels.compensation import Onset

ONSETS = ("onset_half", "onset_whole")


def rule_on(key: str, on: date) -> Rule:
    """Return the row in force on a day; LookupError where there is none."""
    return rule_in(__package__, key, on)


def onset_on(key: str, on: date) -> Onset:
    """Return the shares of the period that a method of `ONSETS` counts.  LookupError for another key."""
    if key not in ONSETS:
        raise LookupError(f"no method {key!r}")
    return Onset(**{name: float(share) for name, share in rule_on(key, on).value.items()})
