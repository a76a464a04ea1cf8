"""Reads: the rules that act, and the rows behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum

from quanheng.base import clock
from quanheng.kernels.rules import RuleSet, read_rule
from quanheng.kernels.rules import RuleVersion as Rule
from quanheng.regulations.enums import Origin
from quanheng.regulations.errors import RuleNotFound
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import packaged_kinds, packaged_rules

# What a confirmation itself supplies; anything else that a rule lacks needs a new version.
SUPPLIED = frozenset({"clause", "source"})
Stamp = tuple[int, tuple[str, ...]]
_cached: dict[str, tuple[Stamp, RuleSet]] = {}


def rule_set() -> RuleSet:
    """Return the rules that act here; those of the package where none were loaded.

    Kept in the process until a row is added or confirmed anywhere, which one small query tells.
    A version of the county holds against a packaged one that begins on the same day.
    """
    database = str(RuleVersion.objects.db)
    stamp = _stamp()
    if not stamp[0]:
        return packaged_rules()
    found = _cached.get(database)
    if found is None or found[0] != stamp:
        found = _cached[database] = (stamp, RuleSet([as_rule(row) for row in live_rows()], packaged_kinds()))
    return found[1]


def live_rows() -> list[RuleVersion]:
    """Return the versions that no other supersedes, in the order in which later ones win."""
    rows = RuleVersion.objects.filter(successors=None)
    return sorted(rows, key=lambda row: (row.origin == Origin.COUNTY, row.number))


def as_rule(row: RuleVersion) -> Rule:
    """Return the rule of a row, with its own number and confirmation."""
    rule = read_rule(row.body, packaged_kinds(), where=row.rule_id)
    rule = replace(rule, number=row.number)
    if not row.is_confirmed:
        return rule
    return replace(rule, is_confirmed=True, clause=row.confirmed_clause, lacks=rule.lacks - SUPPLIED)


def rule_rows(*, kind: str = "") -> QuerySet[RuleVersion]:
    """Return all versions, also superseded ones, of one kind or of all."""
    rows = RuleVersion.objects.select_related("confirmed_by", "created_by", "supersedes")
    return rows.filter(kind=kind) if kind else rows


def rule_row(public_id: UUID) -> RuleVersion:
    """Return one version.  Raises RuleNotFound."""
    row = rule_rows().filter(public_id=public_id).first()
    if row is None:
        raise RuleNotFound(public_id=str(public_id))
    return row


def unconfirmed_rules(*, on: date | None = None) -> list[RuleVersion]:
    """Return the live versions that nobody compared with the official text, and that act now or later."""
    day = on or clock.today()
    rules = rule_set()
    ends = {rule.id: rules.ends(rule) for rule in rules.versions}
    found = RuleVersion.objects.filter(successors=None, is_confirmed=False)
    return [row for row in found if (end := ends.get(row.rule_id)) is None or end >= day]


def _stamp() -> Stamp:
    # The times tell apart what the counts do not: a database restored, or another one in this process.
    row = RuleVersion.objects.order_by().aggregate(
        rows=Count("pk"),
        last=Max("pk"),
        revisions=Sum("revision"),
        created=Max("created_at"),
        confirmed=Max("confirmed_at"),
    )
    return row["rows"], tuple(str(value) for value in row.values())
