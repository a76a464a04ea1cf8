"""The rules of a catalogue over time: which version is in force, and what it demands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from quanheng.kernels.rules.kinds import KindIndex
from quanheng.kernels.rules.model import Control, Mode, Parameters, RuleVersion, Use
from quanheng.kernels.rules.words import reason_text

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Obligation:
    """Whether an instrument must be verified on a day, and why; None where that is not known yet."""

    is_mandatory: bool | None
    code: str
    data: Mapping[str, str] = field(default_factory=dict)
    mode: Mode | None = None
    rule: RuleVersion | None = None

    @property
    def rule_id(self) -> str | None:
        """The version that the answer rests on."""
        return self.rule.id if self.rule else None

    @property
    def is_confirmed(self) -> bool:
        """Whether that version was compared with the official text; True where none is involved."""
        return self.rule is None or self.rule.is_confirmed

    @property
    def text(self) -> str:
        """The reason as a Chinese sentence."""
        return reason_text(self.code, self.data)


class RuleSet:
    """Immutable rules, indexed by kind.

    Of each kind the versions part time: one ends at the latest where the next begins.  Of versions
    that begin on one day, the one given last holds.

    Raises
    ------
    ValueError
        A version is of an unknown kind, or two have one id.
    """

    __slots__ = ("_by_id", "_by_kind", "kinds", "versions")

    def __init__(self, versions: Iterable[RuleVersion], kinds: KindIndex) -> None:
        self.kinds = kinds
        self.versions = tuple(versions)
        self._by_id = {version.id: version for version in self.versions}
        if len(self._by_id) != len(self.versions):
            raise ValueError("two rule versions have one id")
        begins: dict[str, dict[date, RuleVersion]] = defaultdict(dict)
        for version in self.versions:
            if version.kind not in kinds:
                raise ValueError(f"rule {version.id} is of the unknown kind {version.kind}")
            begins[version.kind][version.in_force_from or date.min] = version
        # Newest first: most questions are about today.
        self._by_kind = {
            kind: tuple(sorted(found.items(), key=lambda pair: pair[0], reverse=True))
            for kind, found in begins.items()
        }

    def version(self, rule_id: str) -> RuleVersion:
        """Return a version by its id.  KeyError where there is none."""
        return self._by_id[rule_id]

    def version_on(self, kind: str, on: date) -> RuleVersion | None:
        """Return the version that is in force for ``kind`` on a day."""
        for begin, version in self._by_kind.get(kind, ()):
            if begin <= on:
                return version if version.in_force_to is None or on <= version.in_force_to else None
        return None

    def versions_of(self, kind: str) -> tuple[RuleVersion, ...]:
        """Return the versions of ``kind``, the oldest first."""
        return tuple(version for _, version in reversed(self._by_kind.get(kind, ())))

    def versions_begun(self, kind: str, after: date, until: date) -> tuple[RuleVersion, ...]:
        """Return the versions of ``kind`` that came into force behind one day and up to another."""
        return tuple(v for begin, v in self._by_kind.get(kind, ()) if after < begin <= until)

    def mandatory_since(self, kind: str, use: str, on: date) -> date | None:
        """Return since when verification has been mandatory without a break, None where records do not reach."""
        since: date | None = None
        for begin, version in self._by_kind.get(kind, ()):
            if begin > on:
                continue
            if use not in version.verified_uses:
                return since
            since = begin
        return None

    def obligation(
        self, kind: str | None, use: str | None, on: date, parameters: Parameters | None = None
    ) -> Obligation:
        """Return whether an instrument of this kind and use must be verified, with the reason.

        The mode is None where it depends on parameters that are not given.
        """
        if kind is None:
            return Obligation(None, "kind_unknown")
        if kind not in self.kinds:
            raise ValueError(f"unknown kind {kind!r}")
        described = self.kinds[kind]
        data = {"kind": described.name, "on": on.isoformat()}
        rule = self.version_on(kind, on)
        if rule is None:
            return self._without_rule(kind, on, data)
        data |= {"catalogue": rule.catalogue, "item": described.item or described.name}
        if not rule.verified_uses:
            is_part = rule.control is Control.TYPE_APPROVAL
            return Obligation(
                False, "type_approval_only" if is_part else "not_mandatory_then", data, rule=rule
            )
        if not use:
            return Obligation(None, "use_unknown", data, rule=rule)
        if use not in rule.verified_uses:
            listed = ",".join(item for item in Use if item in rule.verified_uses)
            return Obligation(False, "use_not_listed", data | {"use": use, "uses": listed}, rule=rule)
        return Obligation(True, "mandatory", data | {"use": use}, _mode(rule, parameters), rule)

    def _without_rule(self, kind: str, on: date, data: dict[str, str]) -> Obligation:
        versions = self.versions_of(kind)
        if not versions:
            return Obligation(False, "not_in_catalogue", data)
        first = versions[0].in_force_from
        if first is not None and on < first:
            return Obligation(None, "before_records", data | {"from": first.isoformat()})
        return Obligation(None, "no_version_in_force", data)

    def with_versions(self, new: Iterable[RuleVersion]) -> RuleSet:
        """Return the rules with further versions; one that begins on the same day is replaced.

        A number that is taken already gives way to the next free one of its key.
        """
        added = tuple(new)
        replaced = {(v.kind, v.in_force_from) for v in added}
        kept = [v for v in self.versions if (v.kind, v.in_force_from) not in replaced]
        for version in added:
            taken = {v.number for v in kept if v.key == version.key}
            number = version.number if version.number not in taken else max(taken) + 1
            kept.append(replace(version, number=number))
        return RuleSet(kept, self.kinds)

    def frozen(self, on: date) -> RuleSet:
        """Return the rules as if nothing changed after ``on``: later versions never come."""
        kept = []
        for version in self.versions:
            if version.in_force_from is None or version.in_force_from <= on:
                stays = self.version_on(version.kind, on) is version
                kept.append(replace(version, in_force_to=None) if stays else version)
        return RuleSet(kept, self.kinds)

    def ends(self, version: RuleVersion) -> date | None:
        """Return the last day on which a version is in force, as stated or as the next one begins."""
        begin = version.in_force_from or date.min
        later = [b - _DAY for b, _ in self._by_kind[version.kind] if b > begin]
        return min([*later, *([version.in_force_to] if version.in_force_to else [])], default=None)


def _mode(rule: RuleVersion, parameters: Parameters | None) -> Mode | None:
    if parameters:
        term, _ = rule.term_for(parameters)
        if term is not None:
            return term.mode
    modes = {term.mode for term in rule.terms}
    return modes.pop() if len(modes) == 1 else None
