"""What the county calls its supply areas: a sheet with the identifier of the readings, a name and a town."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from quanheng.base.sheets import read_rows
from quanheng.base.texts import text_fault
from quanheng.core.models import OrgUnit
from quanheng.fleet.errors import BadAreaNames
from quanheng.fleet.models import MAX_NAME

HEADINGS = ("台区编号", "名称", "乡镇街道")


@dataclass(frozen=True, slots=True)
class AreaName:
    """The name of an area and the id of its town; empty and None where the sheet says nothing."""

    name: str = ""
    town_id: int | None = None


def read_area_names(data: bytes, filename: str) -> dict[str, AreaName]:
    """Return the names by the identifier of the area.

    Raises
    ------
    BadSheet, BadAreaNames
        No such table; a name that cannot be kept, a town that is not known, an area twice.
    """
    towns = dict(OrgUnit.objects.filter(is_active=True).values_list("name", "pk"))
    found: dict[str, AreaName] = {}
    for row in read_rows(data, filename, HEADINGS):
        area_id, name, town = (row.text(heading) for heading in HEADINGS)
        fault = text_fault(_("名称"), name, MAX_NAME, is_needed=False)
        if not area_id or area_id in found:
            fault = _("没有台区编号，或编号重复。")
        elif town and town not in towns:
            fault = _("没有“%(town)s”这个乡镇街道。") % {"town": town}
        if fault:
            raise BadAreaNames(reason=_("第 %(row)s 行：%(fault)s") % {"row": row.number, "fault": fault})
        found[area_id] = AreaName(name, towns.get(town))
    return found
