"""Reads of the core app that are more than a filter."""

from __future__ import annotations

from quanheng.core.enums import UnitKind
from quanheng.core.models import County, OrgUnit, UnitAlias


def county() -> County | None:
    """Return the county of this installation; None before one is loaded."""
    return County.objects.select_related("unit").first()


def unit_names() -> dict[str, str]:
    """Return every name and alias of an active unit with the name of the unit: what documents may write."""
    names = {unit.name: unit.name for unit in OrgUnit.objects.filter(is_active=True)}
    for alias in UnitAlias.objects.filter(unit__is_active=True).select_related("unit"):
        names[alias.name] = alias.unit.name
    return names


def units_behind(unit: OrgUnit) -> list[OrgUnit]:
    """Return the units that a name in a document obliges: the members of a group, else the unit."""
    return list(unit.members.filter(is_active=True)) if unit.kind == UnitKind.GROUP else [unit]


def groups_of(unit_ids: frozenset[int]) -> frozenset[int]:
    """Return the ids of the groups that these units belong to."""
    return frozenset(OrgUnit.objects.filter(members__in=unit_ids).values_list("pk", flat=True))
