"""Who may do what, for whom: one table, read in review, walked by tests.

A permission is granted through a role, and reaches as far as the scope says.  ``Reach.ALL``
ignores the unit of the role; ``Reach.UNIT`` means the unit of the role and all below it.  What a
document gives to a group (各乡、镇人民政府) reaches its members: selectors see to that.  There is
no "deny".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quanheng.core.enums import Role
from quanheng.core.models import OrgUnit, RoleAssignment, User


class Reach(StrEnum):
    """How far a granted permission reaches."""

    ALL = "all"
    UNIT = "unit"


_ADMIN, _OFFICER, _AUDITOR = Role.ADMINISTRATOR, Role.METROLOGY_OFFICER, Role.AUDITOR
_EVERYONE = dict.fromkeys(Role, Reach.ALL)
_READERS = dict.fromkeys((_ADMIN, _OFFICER, Role.INSPECTOR, _AUDITOR), Reach.ALL)
_INVOLVED = {Role.DEPARTMENT_LIAISON: Reach.UNIT, Role.TOWN_CLERK: Reach.UNIT}
_OWN = {Role.TOWN_CLERK: Reach.UNIT, Role.INSTRUMENT_OWNER: Reach.UNIT}
# Whoever verifies must find any instrument that may be brought to them.
_LABORATORY = (Role.VERIFIER, Role.CHECKER, Role.SIGNATORY)
_INSTITUTE = dict.fromkeys(_LABORATORY, Reach.ALL)
_FIELD = {_OFFICER: Reach.ALL, Role.INSPECTOR: Reach.ALL}
_OWN_LABORATORY = dict.fromkeys(_LABORATORY, Reach.UNIT)

PERMISSIONS: Mapping[str, Mapping[Role, Reach]] = {
    "certificates.keys": {_ADMIN: Reach.ALL, _OFFICER: Reach.ALL, Role.SIGNATORY: Reach.UNIT},
    "certificates.view": _READERS | _OWN_LABORATORY | _OWN,
    "certificates.withdraw": {Role.SIGNATORY: Reach.UNIT},
    "core.view_today": _EVERYONE,
    "core.view_units": _READERS,
    "core.change_units": {_ADMIN: Reach.ALL, _OFFICER: Reach.ALL},
    "core.view_users": {_ADMIN: Reach.ALL, _AUDITOR: Reach.ALL},
    "core.change_users": {_ADMIN: Reach.ALL},
    # A laboratory's own measurement models: those who work there, and those who look after laboratories.
    "evaluations.save": dict.fromkeys(_LABORATORY, Reach.UNIT),
    "evaluations.view": _READERS | dict.fromkeys(_LABORATORY, Reach.UNIT),
    # What household meters measure is read from homes: the bureau's own people and its auditor, nobody else.
    "fleet.take": {_OFFICER: Reach.ALL},
    # Tokens with which a utility sends readings.
    "fleet.tokens": {_ADMIN: Reach.ALL, _OFFICER: Reach.ALL},
    "fleet.view": _READERS,
    # From a suspicion to a working meter: who goes to homes, what is replaced, what is owed.
    "followups.order": {_OFFICER: Reach.ALL},
    "followups.record": _FIELD,
    "followups.view": _READERS,
    "instruments.view": _READERS | _INSTITUTE | _OWN,
    "instruments.register": _FIELD | _OWN,
    # For users of instruments who do not come themselves: a market, stall by stall.
    "instruments.register_others": _FIELD | {Role.TOWN_CLERK: Reach.UNIT},
    "instruments.review": {_OFFICER: Reach.ALL},
    "instruments.change_condition": _FIELD | {Role.INSTRUMENT_OWNER: Reach.UNIT},
    "instruments.import": {_OFFICER: Reach.ALL},
    # A preference of one's own, but a record: whoever audits the house writes none.
    "instruments.keep_filters": {_ADMIN: Reach.ALL} | _FIELD | _INSTITUTE | _OWN,
    "instruments.plan_due": {_OFFICER: Reach.ALL},
    "instruments.view_due": _READERS | _INSTITUTE | _OWN,
    "lots.change": {_OFFICER: Reach.ALL},
    "lots.record": _FIELD,
    "lots.view": _READERS,
    # A maker of meters that may verify them itself: authorised and watched by the bureau.
    "manufacturers.authorise": {_OFFICER: Reach.ALL},
    "manufacturers.upload": {_OFFICER: Reach.ALL, Role.MANUFACTURER: Reach.UNIT},
    "manufacturers.view": _READERS | {Role.MANUFACTURER: Reach.UNIT},
    "parties.view": _READERS | _INSTITUTE | _OWN,
    "parties.change": {_OFFICER: Reach.ALL},
    "regulations.change": {_OFFICER: Reach.ALL},
    "regulations.view": _EVERYONE,
    "standards.change": _OWN_LABORATORY | {_OFFICER: Reach.ALL},
    "standards.view": _READERS | _OWN_LABORATORY,
    "taskboard.view": _READERS | _INVOLVED,
    "taskboard.add_evidence": {_OFFICER: Reach.ALL} | _INVOLVED,
    "taskboard.adopt_plan": {_OFFICER: Reach.ALL},
    "taskboard.change_task": {_OFFICER: Reach.ALL},
    "taskboard.run_day": {_ADMIN: Reach.ALL, _OFFICER: Reach.ALL},
    "taskboard.view_day": _READERS,
    "transparency.view": _EVERYONE,
    "transparency.view_openings": {_OFFICER: Reach.ALL, _AUDITOR: Reach.ALL},
    # Owners ask for themselves; staff at the door, of the bureau or of the institute, ask for those who stand there.
    "verification.apply": _FIELD | _OWN | _OWN_LABORATORY,
    "verification.accept": _OWN_LABORATORY,
    "verification.check": {Role.CHECKER: Reach.UNIT},
    "verification.marks": _OWN_LABORATORY,
    "verification.recall": {_OFFICER: Reach.ALL, Role.SIGNATORY: Reach.UNIT},
    "verification.sign": {Role.SIGNATORY: Reach.UNIT},
    "verification.verify": {Role.VERIFIER: Reach.UNIT},
    "verification.view": _READERS | _OWN_LABORATORY | _OWN,
    "workforce.change": {_OFFICER: Reach.ALL, Role.SIGNATORY: Reach.UNIT},
    "workforce.view": _READERS | _OWN_LABORATORY,
}


@dataclass(frozen=True)
class Scope:
    """The units for which a person holds a permission; ``unit_ids`` is empty where it is all of them."""

    is_all: bool = False
    unit_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.is_all or bool(self.unit_ids)

    def covers(self, unit_id: int) -> bool:
        """Whether the permission reaches this unit."""
        return self.is_all or unit_id in self.unit_ids


def scope_of(user: User, permission: str) -> Scope:
    """Return how far ``user`` holds ``permission``.  KeyError for a permission not in the table."""
    granted = PERMISSIONS[permission]
    unit_ids: set[int] = set()
    if not user.is_active:
        return Scope()
    for assignment in RoleAssignment.objects.filter(user=user, role__in=list(granted)):
        if granted[Role(assignment.role)] is Reach.ALL:
            return Scope(is_all=True)
        unit_ids.add(assignment.unit_id)
    return Scope(unit_ids=frozenset(_with_descendants(unit_ids)))


def permissions_of(user: User) -> frozenset[str]:
    """Return the permissions that ``user`` holds for any unit: `scope_of` is true of these and of no others."""
    if not user.is_active:
        return frozenset()
    roles = set(RoleAssignment.objects.filter(user=user).values_list("role", flat=True))
    return frozenset(name for name, granted in PERMISSIONS.items() if not roles.isdisjoint(granted))


def own_units(user: User) -> frozenset[int]:
    """Return the ids of the units that ``user`` acts for, without what lies below them."""
    return frozenset(RoleAssignment.objects.filter(user=user).values_list("unit_id", flat=True))


def _with_descendants(unit_ids: set[int]) -> set[int]:
    reached: set[int] = set()
    front = unit_ids
    while front:
        reached |= front
        front = set(OrgUnit.objects.filter(parent__in=front).values_list("pk", flat=True)) - reached
    return reached
