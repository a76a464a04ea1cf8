"""What is told of the meters of a lot: a row of its list, and what was found of a drawn one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quanheng.lots.enums import ItemResult, MeterCondition
from quanheng.verification.models import Verification


@dataclass(frozen=True, slots=True)
class NewMeter:
    """A meter for the list of a lot.

    ``row`` is its line in the file, named where it is refused.  What a file says of the lot (``maker`` …
    ``delivery``) is compared with the lot; empty where it says nothing.  ``town`` is a name as documents write it.
    ``valid_until`` is what its certificate prints; without it the rules of the kind say it.  ``errors`` are of the
    factory, at the points of the lot [%].
    """

    serial_no: str
    row: int = 0
    mark_no: str = ""
    verified_on: date | None = None
    valid_until: date | None = None
    installed_on: date | None = None
    town: str = ""
    area_id: str = ""
    meter_id: str = ""
    errors: tuple[float, ...] = ()
    maker: str = ""
    model: str = ""
    accuracy_class: str = ""
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """What was found of a drawn meter.

    ``condition`` says why an excluded meter is not counted.  ``reason`` is needed where it is excluded, and where a
    result that stands is corrected.  ``errors`` are those of the test [%].
    """

    serial_no: str
    result: ItemResult
    row: int = 0
    tested_on: date | None = None
    errors: tuple[float, ...] = ()
    reason: str = ""
    condition: MeterCondition = MeterCondition.PRESENT
    verification: Verification | None = None
