"""Rows of law as dated data: a rules.yaml beside the app that applies it; needs no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from quanheng.kernels.rules import Confidence


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what it is about, its value, from which day to which (inclusive), and how sure the compilers are."""

    key: str
    what: str
    value: Any
    source: str
    confidence: Confidence
    in_force_from: date | None = None
    in_force_to: date | None = None
    clause: str | None = None
    lacks: tuple[str, ...] = ()
    is_confirmed: bool = False

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return (self.in_force_from is None or self.in_force_from <= on) and (
            self.in_force_to is None or on <= self.in_force_to
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what a record keeps of the row that it rests on."""
        return {
            "key": self.key,
            "what": self.what,
            "value": self.value,
            "source": self.source,
            "clause": self.clause or "",
            "is_confirmed": self.is_confirmed,
        }


@cache
def packaged_rules(package: str) -> tuple[Rule, ...]:
    """Return the rows of rules.yaml in ``package``."""
    text = files(package).joinpath("rules.yaml").read_text(encoding="utf-8")
    return tuple(
        Rule(**row | {"confidence": Confidence(row["confidence"]), "lacks": tuple(row.get("lacks", ()))})
        for row in yaml.safe_load(text)["rules"]
    )


def rule_in(package: str, key: str, on: date) -> Rule:
    """Return the row in force on a day; the one that begins last.

    Raises
    ------
    LookupError
        There is none.
    """
    found = [rule for rule in packaged_rules(package) if rule.key == key and rule.holds(on)]
    if not found:
        raise LookupError(f"no rule {key!r} on {on}")
    return max(found, key=lambda rule: rule.in_force_from or date.min)
