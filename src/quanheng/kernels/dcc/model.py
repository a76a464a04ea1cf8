"""What a DCC of anyone says, as it was read: texts in one language, numbers as they were written.

Numbers stay text, so that digits and trailing zeros are those of the certificate; `number_of` reads them.
A list has one unit or one for each value; `at` finds what belongs to a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Contact:
    """A laboratory, customer, manufacturer or person."""

    name: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Identification:
    """A number given to a thing by ``issuer`` (manufacturer, calibrationLaboratory, customer, owner, other)."""

    issuer: str
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What was calibrated, or a piece of equipment it was done with."""

    name: str
    manufacturer: str = ""
    model: str = ""
    identifications: tuple[Identification, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A responsible person."""

    name: str
    role: str = ""
    is_main_signer: bool = False


@dataclass(frozen=True, slots=True)
class CertificateLink:
    """A link to another certificate (hashType): its number, and the hash ``value`` by ``procedure`` of its file."""

    referral: str
    referral_id: str
    procedure: str
    value: str
    is_traceable: bool | None = None
    linked: CertificateLink | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """A measuring equipment with its certificate; None where none is linked."""

    item: Item
    certificate: CertificateLink | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method used, with its norms."""

    name: str
    description: str = ""
    norms: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Software:
    """A program and its release."""

    name: str
    release: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement or metadata; ``conformity``: pass, fail, conditionalPass, conditionalFail, noPass, noFail."""

    name: str = ""
    declaration: str = ""
    norms: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conformity: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    is_traceable: bool | None = None
    convention: str = ""
    date: str = ""
    period: str = ""
    authority: str = ""
    quantities: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The uncertainty of an amount, a value each; in the unit of the amount.

    ``kind``: ``expanded`` (values are U), ``standard`` (u) or ``interval`` (u, with minima and maxima);
    ``form`` is the name of the element, current (expandedMU) or legacy (expandedUnc).
    """

    kind: str
    form: str
    values: tuple[str, ...]
    coverage_factors: tuple[str, ...] = ()
    coverage_probabilities: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    minima: tuple[str, ...] = ()
    maxima: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """One value or a list of them, in D-SI; complex values are written ``re + im j`` or ``r ∠ φ``."""

    form: str
    values: tuple[str, ...]
    units: tuple[str, ...]
    uncertainty: Uncertainty | None = None
    labels: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity with the names of what it stands in, outermost first.

    Several ``amounts`` are one quantity in several units (si:hybrid), the SI unit first.  ``text`` is what
    stands in place of an amount.  ``statements`` are its own and those of the lists around it.
    """

    path: tuple[str, ...]
    amounts: tuple[Amount, ...]
    text: str = ""
    ref_types: tuple[str, ...] = ()
    relative_uncertainties: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """An influence condition; ``status`` is beforeAdjustment, afterAdjustment, beforeRepair, afterRepair or empty."""

    name: str
    status: str
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all results below it."""

    methods: tuple[Method, ...] = ()
    software: tuple[Software, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    conditions: tuple[Condition, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One result; ``others`` counts what is neither quantity nor text (formulas, files, foreign XML)."""

    name: str
    description: str
    quantities: tuple[Quantity, ...]
    texts: tuple[str, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class MeasurementResult:
    """A group of results got under the same circumstances."""

    name: str
    circumstances: Circumstances
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Dcc:
    """A digital calibration certificate.  ``sha256`` is of the file's bytes; dates are as written (`day_of`)."""

    sha256: str
    schema_version: str
    identifier: str
    country: str
    languages: tuple[str, ...]
    received_on: str
    begun_on: str
    ended_on: str
    issued_on: str
    performed_at: str
    laboratory: Contact
    laboratory_code: str
    customer: Contact
    identifications: tuple[Identification, ...]
    items: tuple[Item, ...]
    persons: tuple[Person, ...]
    software: tuple[Software, ...]
    statements: tuple[Statement, ...]
    previous_report: CertificateLink | None
    replaces: str
    circumstances: Circumstances
    measurement_results: tuple[MeasurementResult, ...]
    equipment: tuple[Equipment, ...]
    """Every measuring equipment of the document, at whatever level it stands."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every quantity of every result."""
        return tuple(
            quantity
            for group in self.measurement_results
            for result in group.results
            for quantity in result.quantities
        )


def number_of(text: str) -> Decimal | None:
    """Return a number as written in a DCC; None where it is none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and text.isascii() else None


def day_of(text: str) -> date | None:
    """Return the day of an xs:date, without its time zone; None where it is none."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def at(values: Sequence[str], index: int) -> str:
    """Return what belongs to the value at ``index``: of one for all, or of one each; empty where there is none."""
    if len(values) == 1:
        return values[0]
    return values[index] if index < len(values) else ""
