"""Suspension and acceptance sampling as dated rule data (rules.yaml); needs no database."""

from __future__ import annotations

from datetime import date

from quanheng.base.dated_rules import Rule, rule_in


def rule_on(key: str, on: date) -> Rule:
    """Return the row in force on a day; LookupError where there is none."""
    return rule_in(__package__, key, on)
