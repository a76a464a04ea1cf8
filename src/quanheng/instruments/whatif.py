"""What new rules would change in this county: the registry put to `kernels.rules.what_if`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from quanheng.base import clock
from quanheng.instruments.enums import Condition, Filing
from quanheng.instruments.errors import BadRuleFile
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import LIVE
from quanheng.instruments.services.standing import live_facts
from quanheng.kernels.rules import BadRules, Change, Facts, What, load_rule_file, read_rules, what_if
from quanheng.regulations.packaged import packaged_kinds
from quanheng.regulations.selectors import rule_set

WHATS: Mapping[str, str] = {
    What.BECOMES_MANDATORY: _("成为强检"),
    What.NO_LONGER_MANDATORY: _("不再强检"),
    What.MODE_CHANGES: _("检定方式改变"),
    What.DUE_MOVES: _("到期日变化"),
    What.RULE_CHANGES_AT_NEXT_VERIFICATION: _("下次检定起改用新规则"),
}


@dataclass(frozen=True)
class Effect:
    """What changes on ``on``, by what and kind; and each instrument, as long as the list is not cut."""

    on: date
    examined: int
    counts: dict[str, int]
    by_kind: dict[str, dict[str, int]]
    changes: list[Change]
    is_cut: bool


def effect_of(data: bytes, *, on: date, most: int | None = None) -> Effect:
    """Compare the rules of today, frozen, with those of ``on`` including the rule file ``data``.

    An empty file asks what the versions that are already recorded change by then.  ``most`` cuts the
    list of instruments, never the counts.

    Raises
    ------
    BadRuleFile
        Not a rule file.
    """
    present = rule_set()
    try:
        added = read_rules(load_rule_file(data), packaged_kinds()) if data.strip() else ()
    except BadRules as error:
        raise BadRuleFile(where=error.where, reason=error.reason) from error
    before, after = present.frozen(clock.today()), present.with_versions(added)
    counts: Counter[str] = Counter()
    by_kind: dict[str, Counter[str]] = {}
    changes: list[Change] = []
    examined = _Counted(live_facts(_concerned()))
    for change in what_if(before, after, examined, on):
        counts[change.what] += 1
        kind = change.key[1]  # type: ignore[index]  # the key is (id, kind), made in live_facts
        by_kind.setdefault(kind, Counter())[change.what] += 1
        if most is None or len(changes) < most:
            changes.append(change)
    return Effect(
        on=on,
        examined=examined.number,
        counts={what: counts[what] for what in What if counts[what]},
        by_kind={kind: dict(found) for kind, found in sorted(by_kind.items())},
        changes=changes,
        is_cut=len(changes) < counts.total(),
    )


def _concerned() -> QuerySet[Instrument]:
    """Return the instruments that a rule can make due: no draft, none that a file shows out of use."""
    out_of_use = ~Q(condition=Condition.IN_USE) & ~Q(condition_evidence="")
    return Instrument.objects.filter(LIVE).exclude(filing=Filing.DRAFT).exclude(out_of_use)


def described(changes: list[Change]) -> list[dict[str, Any]]:
    """Return the changes with the instruments that they are about, as JSON can hold them."""
    ids = [change.key[0] for change in changes]  # type: ignore[index]
    found: dict[int, Instrument] = {}
    for start in range(0, len(ids), 500):
        found |= (
            Instrument.objects.filter(pk__in=ids[start : start + 500])
            .select_related("owner", "town")
            .in_bulk()
        )
    return [
        {
            "instrument": str(item.public_id),
            "name": item.name,
            "kind": item.kind,
            "serial_no": item.serial_no,
            "owner": item.owner.name if item.owner else "",
            "town": item.town.name if item.town else "",
            "what": change.what.value,
            "before": change.before.to_dict(),
            "after": change.after.to_dict(),
        }
        for change in changes
        for item in [found[change.key[0]]]  # type: ignore[index]
    ]


class _Counted:
    """An iterable that knows how many it gave."""

    def __init__(self, facts: Iterator[tuple[tuple[int, str], Facts]]) -> None:
        self._facts = facts
        self.number = 0

    def __iter__(self) -> Iterator[tuple[tuple[int, str], Facts]]:
        for item in self._facts:
            self.number += 1
            yield item
