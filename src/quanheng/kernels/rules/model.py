"""What a rule says: which use of which kind must be verified, how, and for how long it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt

from quanheng.kernels.dates import ValidityConvention

Value = Decimal | int | float | str | bool
Parameters = Mapping[str, Value]
_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {"<=": le, "<": lt, ">=": ge, ">": gt}


class Use(StrEnum):
    """What an instrument is used for.  A rule of the catalogue is a kind with its uses."""

    TRADE = "trade"
    SAFETY = "safety"
    MEDICAL = "medical"
    ENVIRONMENT = "environment"
    ENFORCEMENT = "enforcement"
    OTHER = "other"


class Control(StrEnum):
    """What the catalogue demands of a kind (its P, V and P+V)."""

    NONE = "none"
    TYPE_APPROVAL = "type_approval"
    VERIFICATION = "verification"
    BOTH = "both"


class Mode(StrEnum):
    """How mandatory verification goes on after the first one."""

    PERIODIC = "periodic"
    SCRAP_WHEN_INACCURATE = "scrap_when_inaccurate"
    ROTATE_AT_END_OF_LIFE = "rotate_at_end_of_life"


class Transition(StrEnum):
    """From when a new version holds for an instrument that was verified under the older one."""

    NEXT_VERIFICATION = "next_verification"
    AT_ONCE = "at_once"


class Confidence(StrEnum):
    """How sure the compilers of a row were; only an official text makes it confirmed."""

    FOUND = "found"
    SECONDARY = "secondary"
    MEMORY_HIGH = "memory_high"
    MEMORY_MEDIUM = "memory_medium"
    MEMORY_LOW = "memory_low"


class Verdict(StrEnum):
    """Outcome of a verification."""

    PASSED = "passed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class InstrumentKind:
    """A kind of instrument.

    ``item`` is the first-level item of the catalogue, None for kinds that it does not have;
    ``aliases`` are names found in ledgers; ``parameters`` decide between the terms of its rules.
    """

    code: str
    name: str
    item: str | None
    aliases: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a parameter, such as ``dn_mm <= 25`` or ``gas in (coal_gas, lpg)``."""

    parameter: str
    operator: str
    values: tuple[Decimal | str, ...]

    def holds(self, parameters: Parameters) -> bool | None:
        """Whether it holds; None where the parameter is not known or not comparable."""
        given = parameters.get(self.parameter)
        if given is None or given == "":
            return None
        limit = self.values[0]
        if isinstance(limit, str):
            return str(given) in self.values
        if isinstance(given, (str, bool)):
            return None
        return _COMPARE[self.operator](Decimal(given), limit)

    def __str__(self) -> str:
        shown = ", ".join(str(value) for value in self.values)
        return f"{self.parameter} {self.operator} {shown}"


@dataclass(frozen=True, slots=True)
class Term:
    """Mode and period [months] for instruments that meet all conditions; for rotation, their life.

    Conditions stand in the order of their parameters, for a database keeps no other.
    """

    when: tuple[Condition, ...]
    mode: Mode
    months: int | None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule: what holds for one kind from a day on.

    ``in_force_from`` is None where it holds since before our records; ``in_force_to``, the last
    day, is None where none is set: then the version ends when the next one begins.
    ``lacks`` names what could not be found and was left out or carried over.
    """

    key: str
    number: int
    kind: str
    control: Control
    uses: frozenset[Use]
    terms: tuple[Term, ...]
    validity: ValidityConvention
    transition: Transition
    catalogue: str
    regulation: str
    edition: str
    in_force_from: date | None
    in_force_to: date | None
    source: str
    clause: str | None
    confidence: Confidence
    lacks: frozenset[str] = frozenset()
    is_confirmed: bool = False
    note: str = ""
    only_term: Term | None = field(init=False, default=None, repr=False, compare=False)
    verified_uses: frozenset[str] = field(init=False, default=frozenset(), repr=False, compare=False)

    def __post_init__(self) -> None:
        # A million instruments ask for these two: they are worked out once.
        if len(self.terms) == 1 and not self.terms[0].when:
            object.__setattr__(self, "only_term", self.terms[0])
        if self.control in (Control.VERIFICATION, Control.BOTH):
            object.__setattr__(self, "verified_uses", frozenset(self.uses))

    @property
    def id(self) -> str:
        """Name of this version, such as ``price_scale/2``."""
        return f"{self.key}/{self.number}"

    @property
    def document(self) -> str:
        """The regulation with its edition, such as JJG 539-2016."""
        return f"{self.regulation}-{self.edition}" if self.edition else self.regulation

    def term_for(self, parameters: Parameters) -> tuple[Term | None, tuple[str, ...]]:
        """Return the term that applies, or None with the parameters whose absence hides it.

        The first term that holds applies.  A term that may hold before it leaves the answer open.
        None without names: no term covers such an instrument.
        """
        if self.only_term is not None:
            return self.only_term, ()
        missing: dict[str, None] = {}
        for term in self.terms:
            results = [(condition, condition.holds(parameters)) for condition in term.when]
            if any(result is False for _, result in results):
                continue
            unknown = [condition.parameter for condition, result in results if result is None]
            if not unknown and not missing:
                return term, ()
            missing.update(dict.fromkeys(unknown))
            if not unknown:
                break
        return None, tuple(missing)
