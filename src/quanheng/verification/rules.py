"""Deadlines, signatures and keeping as dated rule data (rules.yaml); needs no database."""

from __future__ import annotations

from datetime import date

from quanheng.base.dated_rules import Rule, rule_in
from quanheng.verification.enums import WorkKind


def rule_on(key: str, on: date) -> Rule:
    """Return the row in force on a day; LookupError where there is none."""
    return rule_in(__package__, key, on)


def barred_to_signatory(kind: str, on: date) -> list[str]:
    """Return whose steps the signatory may not have taken; whether it passes is not known yet, so of any paper."""
    allowed = rule_on("signatory_may_also_be", on).value
    papers = ("calibrated",) if kind == WorkKind.CALIBRATION else ("passed", "rejected")
    return [role for role in ("verifier", "checker") if not all(role in allowed[paper] for paper in papers)]


def working_days(key: str, on: date) -> int:
    """Return a deadline [working day]: ``answer_application`` or ``finish_work``."""
    return int(rule_on(key, on).value)
