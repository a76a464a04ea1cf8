"""Who and what may be planned for some work on a day: the fit ones to choose from, the others with why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from quanheng.base.gaps import Gap
from quanheng.core.enums import Role
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures import NoEditionInForce, UnknownKind, packaged_procedures
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.selectors import standard_gaps
from quanheng.verification.rules import rule_on
from quanheng.workforce.selectors import authorisation_gaps, person_gaps

ROLES = {"verifier": Role.VERIFIER, "checker": Role.CHECKER, "signatory": Role.SIGNATORY}


@dataclass(frozen=True)
class Unfit:
    """A person or a standard that is not offered, with the reasons."""

    name: str
    gaps: list[Gap]


@dataclass(frozen=True)
class Choice:
    """The fit ones by role, the fit standards, and everything that is not offered or missing altogether."""

    people: dict[str, list[User]]
    unfit_people: list[Unfit]
    standards: list[MeasurementStandard]
    unfit_standards: list[Unfit]
    gaps: list[Gap]


def by_regulation(instruments: Iterable[Instrument], on: date) -> dict[str, list[Instrument]]:
    """Return the instruments by the number of the regulation in force, most first; under "" those without one."""
    numbers: dict[str, str] = {}
    found: dict[str, list[Instrument]] = {}
    for one in instruments:
        if one.kind not in numbers:
            numbers[one.kind] = _regulation(one.kind, on)
        found.setdefault(numbers[one.kind], []).append(one)
    return dict(sorted(found.items(), key=lambda item: (item[0] == "", -len(item[1]))))


def _regulation(kind: str, on: date) -> str:
    try:
        return packaged_procedures().find(kind, on).regulation.number if kind else ""
    except (UnknownKind, NoEditionInForce):
        return ""


def choice_for(unit: OrgUnit, regulation: str, on: date) -> Choice:
    """Return who and what an institute may plan for work by a regulation on a day."""
    if not regulation:
        text = _("这些器具在 {on} 没有可用的检定规程，不能安排。").format(on=on)
        return Choice({role: [] for role in ROLES}, [], [], [], [Gap("no_edition", text)])
    needing = rule_on("needs_qualification", on).value
    people: dict[str, list[User]] = {}
    unfit: dict[int, Unfit] = {}
    for role, code in ROLES.items():
        people[role] = []
        members = User.objects.filter(is_active=True, assignments__role=code, assignments__unit=unit)
        for user in members.distinct().order_by("display_name", "pk"):
            gaps = person_gaps(user=user, unit=unit, regulation=regulation, on=on) if role in needing else []
            if gaps:
                unfit[user.pk] = Unfit(str(user), gaps)
            else:
                people[role].append(user)
    standards, unfit_standards = [], []
    for standard in MeasurementStandard.objects.filter(unit=unit).select_related("unit"):
        gaps = standard_gaps(standard=standard, unit=unit, regulation=regulation, on=on)
        if not gaps:
            standards.append(standard)
        elif regulation in standard.serves:
            unfit_standards.append(Unfit(str(standard), gaps))
    missing = authorisation_gaps(unit=unit, regulation=regulation, on=on)
    return Choice(people, list(unfit.values()), standards, unfit_standards, missing)
