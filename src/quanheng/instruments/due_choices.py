"""The choices of ``data/due.yaml``.  Needs no Django and no database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class DueChoices:
    """``reminder_days`` longest first [day]; ``application_workdays`` [working day] with its source.

    ``whole_visit`` [instruments]: a suggested weekly capacity splits no visit up to this size.
    """

    reminder_days: tuple[int, ...]
    plan_weeks: int
    gather_days: int
    whole_visit: int
    application_workdays: int
    application_source: str


@cache
def due_choices() -> DueChoices:
    """Return the choices that this version comes with."""
    text = files("quanheng.instruments").joinpath("data", "due.yaml").read_text(encoding="utf-8")
    chosen = yaml.safe_load(text)
    return DueChoices(
        reminder_days=tuple(sorted((int(days) for days in chosen["reminder_days"]), reverse=True)),
        plan_weeks=int(chosen["plan_weeks"]),
        gather_days=int(chosen["gather_days"]),
        whole_visit=int(chosen["whole_visit"]),
        application_workdays=int(chosen["application"]["workdays"]),
        application_source=chosen["application"]["source"],
    )
