"""Instruments that are due on a chosen day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from quanheng.core.models import User
from quanheng.instruments.models import Instrument, Place
from quanheng.kernels.dates import add_months
from quanheng.parties.models import Party
from tests.instruments.making import fresh, make_scale, verify

_numbers = count(1)
_MONTHS = 12  # of a price scale, JJG 539-2016


def due_scale(
    officer: User, due_on: date, *, owner: Party, place: Place | None = None, times: int = 1
) -> list[Instrument]:
    """Filed scales whose last certificate ends on ``due_on``."""
    made = []
    for _ in range(times):
        number = f"D{next(_numbers):06d}"
        instrument = make_scale(officer, filed_by=officer, serial_no=number, owner=owner, place=place)
        verify(officer, instrument, add_months(due_on + timedelta(days=1), -_MONTHS), certificate_no=number)
        instrument = fresh(instrument)
        assert instrument.standing.due_on == due_on
        made.append(instrument)
    return made
