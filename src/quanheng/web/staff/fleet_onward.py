"""Where a suspicion leads, for who may go there: the order of an on-site test, what became of it, the lot."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import AreaResult, MeterResult, SupplyArea
from quanheng.followups.selectors import follow_ups_visible, lot_meter_of

_SHOWN = 10


def onward(user: User, area: SupplyArea, meter: MeterResult) -> dict[str, Any]:
    """Return where a visit to a suspect is ordered, empty where there is nothing to order; its visits and its lot."""
    url = _order_url(user) if meter.status == MeterStatus.OUT_OF_TOLERANCE else ""
    in_lot = lot_meter_of(area.area_id, meter.meter_id) if scope_of(user, "lots.view") else None
    return {
        "order_url": f"{url}?meter={meter.pk}" if url else "",
        "follow_ups": follow_ups_visible(user).filter(area=area, meter_id=meter.meter_id)[:_SHOWN],
        "lot": in_lot.lot if in_lot else None,
    }


def onward_area(user: User, result: AreaResult) -> dict[str, Any]:
    """Return the address to which the chosen suspects of an area go; empty where there is nothing to order."""
    return {"order_url": _order_url(user) if result.suspects else ""}


def _order_url(user: User) -> str:
    return reverse("staff:followup_new") if scope_of(user, "followups.order") else ""
