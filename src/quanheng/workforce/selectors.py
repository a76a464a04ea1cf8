"""Reads: who may do which work on a day, what expires, and the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from quanheng.base.gaps import Gap
from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.workforce.errors import MetrologistNotFound
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training

NOTICE_DAYS = 90
_WORKERS = (Role.VERIFIER, Role.CHECKER, Role.SIGNATORY)


def person_gaps(*, user: User, unit: OrgUnit, regulation: str, on: date) -> list[Gap]:
    """Return why a person may not do work by a regulation for an institute on a day; empty where they may.

    Codes: ``not_registered``, ``wrong_unit``, ``left``, ``registration_over``, ``not_qualified``.
    """
    person = Metrologist.objects.select_related("unit").filter(user=user).first()
    if person is None:
        text = _("{name}没有登记为检定人员。请在“人员与资质”中登记。")
        return [Gap("not_registered", text.format(name=user))]
    gaps = list(_registration_gaps(person, user, unit, on))
    if not _qualified(person, regulation, on):
        gaps.append(Gap("not_qualified", _missing_qualification(person, user, regulation, on)))
    return gaps


def authorisation_for(unit: OrgUnit, regulation: str, on: date) -> Authorisation | None:
    """Return the authorisation under which an institute works by a regulation on a day; the newest of several."""
    rows = Authorisation.objects.filter(
        unit=unit, withdrawn_at=None, valid_from__lte=on, valid_until__gte=on
    ).order_by("-valid_from", "-pk")
    return next((row for row in rows if regulation in row.regulations), None)


def authorisation_gaps(*, unit: OrgUnit, regulation: str, on: date) -> list[Gap]:
    """Return why an institute may not work by a regulation on a day; empty where it may.

    Codes: ``no_authorisation``, ``authorisation_over``.
    """
    if authorisation_for(unit, regulation, on):
        return []
    rows = [
        row
        for row in Authorisation.objects.filter(unit=unit, withdrawn_at=None)
        if regulation in row.regulations
    ]
    if not rows:
        text = _(
            "{unit}没有 {regulation} 的计量授权。请在“人员与资质”中登记授权证书，或交由有授权的机构检定。"
        )
        return [Gap("no_authorisation", text.format(unit=unit, regulation=regulation))]
    row = max(rows, key=lambda each: each.valid_until)
    text = _("{unit}的计量授权 {number} 在 {on} 不在有效期内（{from_} 至 {until}）。请登记新的授权证书。")
    given = {"unit": unit, "number": row.number, "on": on, "from_": row.valid_from, "until": row.valid_until}
    return [Gap("authorisation_over", text.format(**given))]


def qualified_people(*, unit: OrgUnit, regulation: str, on: date) -> list[User]:
    """Return who may do work by a regulation for an institute on a day, by name."""
    people = (
        Metrologist.objects.filter(
            unit=unit, registered_from__lte=on, registered_until__gte=on, user__is_active=True
        )
        .filter(Q(left_on=None) | Q(left_on__gt=on))
        .filter(pk__in=_valid_on(regulation, on).values("metrologist"))
        .select_related("user")
        .order_by("user__display_name", "pk")
    )
    return [person.user for person in people]


def metrologists_visible(user: User) -> QuerySet[Metrologist]:
    """Return the metrologists whom this person may see, with their qualifications that were not withdrawn."""
    scope = scope_of(user, "workforce.view")
    present = Prefetch("qualifications", Qualification.objects.filter(withdrawn_at=None), to_attr="present")
    rows = Metrologist.objects.select_related("user", "unit").prefetch_related(present)
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def metrologist_for(user: User, public_id: UUID) -> Metrologist:
    """Return one metrologist of this person's scope.  MetrologistNotFound where there is none."""
    found = metrologists_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise MetrologistNotFound(public_id=str(public_id))
    return found


def authorisations_visible(user: User) -> QuerySet[Authorisation]:
    """Return the authorisations that this person may see, also those withdrawn."""
    scope = scope_of(user, "workforce.view")
    rows = Authorisation.objects.select_related("unit")
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def institutes_of(user: User) -> QuerySet[OrgUnit]:
    """Return the institutes whose people and authorisations this person may change."""
    scope = scope_of(user, "workforce.change")
    rows = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True)
    return rows if scope.is_all else rows.filter(pk__in=scope.unit_ids)


def registrable_people(units: Sequence[OrgUnit]) -> QuerySet[User]:
    """Return who has a role in one of these institutes and is not registered as working in any."""
    return (
        User.objects.filter(is_active=True, assignments__role__in=_WORKERS, assignments__unit__in=units)
        .filter(Q(metrologist=None) | Q(metrologist__left_on__isnull=False))
        .distinct()
        .order_by("display_name", "pk")
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that a person or an institute needs and that ends; ``until`` is its last valid day."""

    until: date
    unit: OrgUnit
    what: str
    metrologist: Metrologist | None = None


def endings(user: User, on: date, days: int = NOTICE_DAYS) -> list[Ending]:
    """Return what ended or ends within so many days and was not renewed, the most urgent first.

    Of one regulation of one person only the last qualification counts; people who left do not.
    """
    last = on + timedelta(days=days)
    people = metrologists_visible(user).filter(Q(left_on=None) | Q(left_on__gt=on))
    found = [
        Ending(person.registered_until, person.unit, _("注册"), person)
        for person in people.filter(registered_until__lte=last)
    ]
    found += [
        Ending(row.valid_until, person.unit, f"{row.item}（{row.regulation}）", person)
        for person in people
        for row in last_of_each(person.present)  # type: ignore[attr-defined]  # by metrologists_visible
        if row.valid_until <= last
    ]
    found += _authorisations_ending(user, last)
    return sorted(found, key=lambda ending: (ending.until, ending.unit.pk, ending.what))


def last_of_each(qualifications: Iterable[Qualification]) -> list[Qualification]:
    """Return of each regulation the qualification that ends last, in the order of the regulations."""
    latest: dict[str, Qualification] = {}
    for row in sorted(qualifications, key=lambda each: each.valid_until):
        latest[row.regulation] = row
    return [latest[number] for number in sorted(latest)]


def hours_by_year(metrologist: Metrologist) -> list[tuple[int, Decimal]]:
    """Return the class hours of further training of each year, the last year first."""
    rows = (
        Training.objects.filter(metrologist=metrologist, withdrawn_at=None)
        .order_by()
        .values_list("held_on__year")
        .annotate(total=Sum("hours"))
    )
    return sorted(((year, hours) for year, hours in rows), reverse=True)


def _registration_gaps(person: Metrologist, user: User, unit: OrgUnit, on: date) -> list[Gap]:
    gaps = []
    if person.unit_id != unit.pk:
        text = _("{name}登记在{own}，不是{unit}。请由{unit}登记，或另派本机构人员。")
        gaps.append(Gap("wrong_unit", text.format(name=user, own=person.unit, unit=unit)))
    if person.left_on is not None and person.left_on <= on:
        text = _("{name}自 {left} 起已离岗。请另派人员。")
        gaps.append(Gap("left", text.format(name=user, left=person.left_on)))
    if not person.registered_from <= on <= person.registered_until:
        text = _(
            "{name}的注册（{number}）有效期为 {from_} 至 {until}，{on} 不在其内。请办理延续注册并更新登记。"
        )
        given = {"number": person.registration_number, "from_": person.registered_from}
        given |= {"until": person.registered_until, "on": on, "name": user}
        gaps.append(Gap("registration_over", text.format(**given)))
    return gaps


def _valid_on(regulation: str, on: date) -> QuerySet[Qualification]:
    return Qualification.objects.filter(
        regulation=regulation, withdrawn_at=None, valid_from__lte=on, valid_until__gte=on
    )


def _qualified(person: Metrologist, regulation: str, on: date) -> bool:
    return _valid_on(regulation, on).filter(metrologist=person).exists()


def _missing_qualification(person: Metrologist, user: User, regulation: str, on: date) -> str:
    """Return the sentence: never had it, or only on other days."""
    rows = person.qualifications.filter(regulation=regulation, withdrawn_at=None).order_by("-valid_until")
    row = rows.first()
    if row is None:
        text = _("{name}没有 {regulation} 的检定资质。请登记其资质，或另派有此资质的人员。")
        return text.format(name=user, regulation=regulation)
    text = _(
        "{name}的 {regulation} 资质有效期为 {from_} 至 {until}，{on} 不在其内。请登记新的资质，或另派人员。"
    )
    given = {"name": user, "regulation": regulation, "on": on}
    return text.format(from_=row.valid_from, until=row.valid_until, **given)


def _authorisations_ending(user: User, last: date) -> list[Ending]:
    """Return authorisations that end by ``last`` with a regulation that no later one of the institute covers."""
    rows = list(authorisations_visible(user).filter(withdrawn_at=None))
    covered: dict[tuple[int, str], date] = {}
    for row in rows:
        for number in row.regulations:
            key = (row.unit_id, number)
            covered[key] = max(covered.get(key, row.valid_until), row.valid_until)
    return [
        Ending(row.valid_until, row.unit, _("计量授权 %(number)s") % {"number": row.number})
        for row in rows
        if row.valid_until <= last
        and any(covered[row.unit_id, number] == row.valid_until for number in row.regulations)
    ]
