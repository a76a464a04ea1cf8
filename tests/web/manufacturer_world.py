"""A maker with one delivered lot, small, and a maker that is not authorised yet."""

from __future__ import annotations

from quanheng.core.enums import UnitKind
from quanheng.core.models import User
from quanheng.core.services import save_unit
from tests.manufacturers.making import authorised, good_file, send


def make_manufacturer(people: dict[str, User]) -> None:
    """Make it."""
    send(people["maker"], authorised(people["officer"]), good_file(60))
    save_unit(actor=people["officer"], unit_id=None, revision=0, kind=UnitKind.MANUFACTURER, name="新厂")
