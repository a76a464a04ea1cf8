"""What a row of the reviewed table is, and the groups of people that rows name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.people import CAST
from tests.web.route_requests import Build, _nothing

EVERYONE = frozenset(username for username, _name, _unit in CAST.values())
READERS = frozenset({"admin", "officer", "inspector", "auditor"})  # the whole county, read only
BOARD = READERS | {"liaison", "clerk"}  # the last two: what names their own unit
OFFICER = frozenset({"officer"})
ADMIN = frozenset({"admin"})
RUNNERS = frozenset({"admin", "officer"})
KEEPERS = frozenset({"admin", "auditor"})  # who read the list of people
FILERS = frozenset({"officer", "liaison"})  # of the water bureau's task; the clerk's town is not in it
DUE = READERS | {
    "clerk",
    "owner",
    "verifier",
    "checker",
    "signatory",
}  # who see due dates, some only their own
FILTERING = DUE - {"auditor"}  # who keep filters of their own
REGISTERING = frozenset({"officer", "inspector", "clerk", "owner"})
FOR_OTHERS = REGISTERING - {"owner"}  # who register for users that do not come themselves
IN_CHARGE = frozenset({"officer", "inspector", "owner"})  # who say that an instrument is stopped or moved
PARTY = frozenset({"officer", "owner"})  # who keep the calendar of the owner's shop
LABORATORY = frozenset({"verifier", "checker", "signatory"})  # whose models these are
MODELS = READERS | LABORATORY
NOT_THE_CLERKS = {"clerk": 404}


@dataclass(frozen=True)
class Row:
    """Who is answered what.  ``special`` overrides the rule for single people."""

    allowed: frozenset[str]
    answer: int = 200
    others: int = 403
    visitor: int = 302
    special: Mapping[str, int] = field(default_factory=dict)
    args: Build = _nothing
    form: Build | None = None
    json: Build | None = None

    def expected(self, person: str | None) -> int:
        """Return the status that this person, or the visitor (None), must get."""
        if person is None:
            return self.visitor
        return self.special.get(person, self.answer if person in self.allowed else self.others)


def public(answer: int = 200, args: Build = _nothing, form: Build | None = None) -> Row:
    """Return the row of something that anyone may read, or have computed."""
    return Row(EVERYONE, answer=answer, visitor=answer, args=args, form=form)


def operation(allowed: frozenset[str], answer: int = 200, **options: Any) -> Row:
    """Return the row of an API operation."""
    return Row(allowed, answer=answer, visitor=401, **options)
