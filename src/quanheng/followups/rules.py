"""Compensation and the error of a test as dated rule data (rules.yaml); needs no database."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from quanheng.kernels.compensation import Onset
from quanheng.kernels.rules import Confidence
from quanheng.verification.rules import Rule

ONSETS = ("onset_half", "onset_whole")


@cache
def packaged_rules() -> tuple[Rule, ...]:
    """Return the rows of rules.yaml."""
    text = files("quanheng.followups").joinpath("rules.yaml").read_text(encoding="utf-8")
    return tuple(
        Rule(**row | {"confidence": Confidence(row["confidence"]), "lacks": tuple(row.get("lacks", ()))})
        for row in yaml.safe_load(text)["rules"]
    )


def rule_on(key: str, on: date) -> Rule:
    """Return the row in force on a day; the one that begins last.  LookupError where there is none."""
    found = [rule for rule in packaged_rules() if rule.key == key and rule.holds(on)]
    if not found:
        raise LookupError(f"no rule {key!r} on {on}")
    return max(found, key=lambda rule: rule.in_force_from or date.min)


def onset_on(key: str, on: date) -> Onset:
    """Return the shares of the period that a method of `ONSETS` counts.  LookupError for another key."""
    if key not in ONSETS:
        raise LookupError(f"no method {key!r}")
    return Onset(**{name: float(share) for name, share in rule_on(key, on).value.items()})
