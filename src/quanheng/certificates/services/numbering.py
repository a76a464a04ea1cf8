"""Numbers of certificates: per institute and year, 1, 2, …, without gaps and never twice.

The series is counted up in the transaction that keeps the certificate: what is rolled back gave no number,
and what is committed has one for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from quanheng.base.locks import lock_for_transaction
from quanheng.certificates.errors import IssueClockWentBack
from quanheng.certificates.models import Certificate, NumberSeries
from quanheng.core.models import County, OrgUnit

_CODE = re.compile(r"(?!J[0-9]+$)[A-Z0-9]{1,12}")  # J and a number stand for those without a code


@dataclass(frozen=True, slots=True)
class Number:
    """A number and its place: ``511703-J7-2026-000123`` is number 123 of that institute in 2026."""

    text: str
    year: int
    sequence: int


def take_number(institute: OrgUnit, on: date) -> Number:
    """Take the next number of an institute for a certificate issued on that day; it waits for others who do.

    Raises
    ------
    IssueClockWentBack
        The institute issued on a later day before.
    TransactionManagementError
        Outside a transaction.
    """
    lock_for_transaction(f"certificates.number.{institute.pk}")
    last = Certificate.objects.filter(institute=institute).order_by("-year", "-sequence").first()
    if last is not None and last.issued_on > on:
        raise IssueClockWentBack(today=on.isoformat(), number=last.number, last=last.issued_on.isoformat())
    series, _ = NumberSeries.objects.get_or_create(institute=institute, year=on.year)
    series.last += 1
    series.save(update_fields=["last"])
    text = f"{County.objects.get().unit.code}-{_short(institute)}-{on.year}-{series.last:06}"
    return Number(text, on.year, series.last)


def _short(institute: OrgUnit) -> str:
    """Return what stands for the institute: a code that no other unit has, else J and its number in this installation."""
    others = OrgUnit.objects.filter(code=institute.code).exclude(pk=institute.pk)
    is_its_own = _CODE.fullmatch(institute.code) and not others.exists()
    return institute.code if is_its_own else f"J{institute.pk}"
