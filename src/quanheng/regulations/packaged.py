"""The data files of this package, parsed.  Needs no Django and no database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from quanheng.kernels.dates import WorkingCalendar
from quanheng.kernels.rules import KindIndex, LightLimits, RuleSet, read_kinds, read_rules


@cache
def packaged_kinds() -> KindIndex:
    """Return all kinds of instruments."""
    return read_kinds(_load("kinds.yaml"))


def kind_name(code: str) -> str:
    """Return what a kind is called; empty where it is to be clarified or not known any more."""
    kinds = packaged_kinds()
    return kinds[code].name if code in kinds else ""


@cache
def packaged_rules() -> RuleSet:
    """Return the rules as they come with this version of the software, all of them unconfirmed."""
    kinds = packaged_kinds()
    return RuleSet(read_rules(packaged_rule_file(), kinds), kinds)


def packaged_rule_file() -> dict[str, Any]:
    """Return the rule file itself."""
    return dict(_load("rules.yaml"))


@cache
def light_limits() -> LightLimits:
    """Return when amber begins."""
    chosen = _load("house.yaml")["light"]
    return LightLimits(int(chosen["amber_days"]), Decimal(chosen["amber_share"]))


@cache
def working_calendar() -> WorkingCalendar:
    """Return the days off and the make-up workdays of the years that the State Council has announced."""
    off, worked, sources = set[date](), set[date](), dict[int, str]()
    for year, row in _load("working_days.yaml")["years"].items():
        sources[int(year)] = row["source"]
        off.update(day for span in row["days_off"] for day in _days(int(year), span))
        worked.update(day for span in row["workdays"] for day in _days(int(year), span))
    return WorkingCalendar(frozenset(off), frozenset(worked), sources)


def _days(year: int, span: str) -> list[date]:
    """Return the days of ``MM-DD`` or ``MM-DD..MM-DD``."""
    first, _, last = span.partition("..")
    begin = date.fromisoformat(f"{year}-{first}")
    end = date.fromisoformat(f"{year}-{last or first}")
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def _load(name: str) -> Any:
    text = files("quanheng.regulations").joinpath("data", name).read_text(encoding="utf-8")
    return yaml.safe_load(text)
