"""What a certificate of a standard says: typed by a person, or read from the DCC of another laboratory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from quanheng.kernels.dcc import (
    Amount,
    Dcc,
    NotADcc,
    Quantity,
    Validator,
    at,
    day_of,
    number_of,
    read_dcc,
    readable_unit,
)
from quanheng.kernels.quantities import BadQuantity, unit
from quanheng.kernels.text_keys import serial_key
from quanheng.standards.errors import BadStandardCertificate

MAX_POINTS = 2000
# refTypes of PTB's good practice (basic_…): what a quantity of a row is.
_NOMINAL, _REFERENCE = "basic_nominalValue", "basic_referenceValue"
_INDICATED, _ERROR = "basic_measuredValue", "basic_measurementError"
_ROLES = (_NOMINAL, _REFERENCE, _INDICATED, _ERROR)
_VALIDITY = "有效期"


@dataclass(frozen=True, slots=True)
class Point:
    """One calibrated value [unit]; ``error`` is indicated minus reference, U = k u."""

    nominal: Decimal
    error: Decimal
    expanded_uncertainty: Decimal
    coverage_factor: Decimal
    unit: str

    @property
    def stored(self) -> dict[str, str]:
        """The point as `StandardCertificate.points` keeps it."""
        return {
            "nominal": str(self.nominal),
            "error": str(self.error),
            "expanded_uncertainty": str(self.expanded_uncertainty),
            "coverage_factor": str(self.coverage_factor),
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class CertificateDetails:
    """What a certificate says; ``valid_until`` None where it sets no day, ``upstream`` as the model keeps it."""

    number: str
    issuer: str
    calibrated_on: date
    valid_until: date | None = None
    points: tuple[Point, ...] = ()
    upstream: tuple[dict[str, str], ...] = ()


def is_xml(data: bytes) -> bool:
    """Whether a file looks like XML, and therefore is read and not typed."""
    return data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1] == b"<"


def read_certificate(data: bytes, serial_no: str) -> CertificateDetails:
    """Return what the DCC of a standard says; ``serial_no`` is the standard's, empty where it has none.

    Raises
    ------
    BadStandardCertificate
        No XML or no DCC; a signature that does not hold; without number, laboratory or day; of another item.
    """
    verdict = Validator({}).validate(data)
    if not verdict.is_well_formed:
        raise BadStandardCertificate(reason="".join(verdict.notes) or _("文件不是 XML。"))
    try:
        found = read_dcc(data)
    except NotADcc as error:
        raise BadStandardCertificate(reason=str(error)) from error
    if verdict.is_signature_valid is False:
        raise BadStandardCertificate(reason=verdict.signature_reason)
    _refuse_other_item(found, serial_no)
    return CertificateDetails(
        number=_given(_("证书编号"), found.identifier, 100),
        issuer=_given(_("校准实验室名称"), found.laboratory.name, 200),
        calibrated_on=_day(found),
        valid_until=_valid_until(found),
        points=tuple(_points(found)),
        upstream=tuple(
            {"identifier": link.referral_id, "procedure": link.procedure, "value": link.value}
            for link in (each.certificate for each in found.equipment)
            if link is not None
        ),
    )


def _given(label: str, text: str, longest: int) -> str:
    text = " ".join(text.split())
    if not text:
        raise BadStandardCertificate(reason=_("文件里没有%(label)s。") % {"label": label})
    if len(text) > longest:
        given = {"label": label, "longest": longest}
        raise BadStandardCertificate(reason=_("文件里的%(label)s超过 %(longest)s 个字。") % given)
    return text


def _day(found: Dcc) -> date:
    day = day_of(found.ended_on) or day_of(found.issued_on)
    if day is None:
        raise BadStandardCertificate(reason=_("文件里没有校准日期。"))
    return day


def _refuse_other_item(found: Dcc, serial_no: str) -> None:
    numbers = [one.value for item in found.items for one in item.identifications]
    if not serial_no or not numbers or serial_key(serial_no) in map(serial_key, numbers):
        return
    given = {"found": "、".join(numbers)[:200], "serial_no": serial_no}
    text = _(
        "文件是编号 %(found)s 的证书，这件标准的编号是 %(serial_no)s。请核对文件，或更正这件标准的编号。"
    )
    raise BadStandardCertificate(reason=text % given)


def _valid_until(found: Dcc) -> date | None:
    """Return the last valid day that a statement of the file sets."""
    for statement in found.statements:
        if _VALIDITY in statement.name + statement.declaration and (day := day_of(statement.date)):
            return day
    return None


def _points(found: Dcc) -> Iterator[Point]:
    """Yield the points of every row; a row ends where one of its roles comes again, or a result ends."""
    count = 0
    for group in found.measurement_results:
        for result in group.results:
            for row in _rows(result.quantities):
                for point in _of_row(row):
                    count += 1
                    if count > MAX_POINTS:
                        given = {"most": MAX_POINTS}
                        raise BadStandardCertificate(reason=_("文件里的测量点超过 %(most)s 个。") % given)
                    yield point


def _rows(quantities: tuple[Quantity, ...]) -> Iterator[dict[str, Quantity]]:
    row: dict[str, Quantity] = {}
    for quantity in quantities:
        for role in _ROLES:
            if role in quantity.ref_types:
                if role in row:
                    yield row
                    row = {}
                row[role] = quantity
    yield row


def _of_row(row: dict[str, Quantity]) -> Iterator[Point]:
    """Yield the points of a row that says value, error and expanded uncertainty in one unit."""
    where = row.get(_NOMINAL) or row.get(_REFERENCE) or row.get(_INDICATED)
    error = row.get(_ERROR)
    if where is None or error is None:
        return
    for amount in error.amounts:
        beside = next((each for each in where.amounts if _symbols(each) == _symbols(amount)), None)
        if beside is not None:
            for index in range(min(len(amount.values), len(beside.values))):
                if point := _point(beside, amount, index):
                    yield point
            return


def _point(where: Amount, error: Amount, index: int) -> Point | None:
    known = error.uncertainty
    if known is None or known.kind == "interval":
        return None
    nominal, value = number_of(where.values[index]), number_of(error.values[index])
    size = number_of(at(known.values, index))
    factor = number_of(at(known.coverage_factors, index)) if known.kind == "expanded" else Decimal(1)
    if nominal is None or value is None or not size or size <= 0 or not factor or factor <= 0:
        return None
    if known.kind == "standard":
        size, factor = 2 * size, Decimal(2)
    return Point(nominal, value, size, factor, _symbol(at(error.units, index)))


def _symbols(amount: Amount) -> set[str]:
    return {_symbol(text) for text in amount.units}


def _symbol(text: str) -> str:
    """Return a unit of D-SI as the kernels spell it; as it is printed where they do not know it."""
    printed = readable_unit(text)
    try:
        return unit(printed).symbol
    except BadQuantity:
        return printed
