"""The step of the county day for meters in use: the counts are published, what waits is told."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import shown
from quanheng.base.open_data import open_table
from quanheng.lots.extension_rules import sample_within_months
from quanheng.taskboard.indicators import find
from quanheng.taskboard.lines import Line
from quanheng.taskboard.meters import FILE_NAME, lots_to_sample, publish_meters
from quanheng.taskboard.meters_tally import SOON_MONTHS, FleetCounts

_SHOWN = 3  # names in a line; the pages list them all


def do_meters() -> list[Line]:
    """Count the meters in use, publish the counts, and tell which lots, suspects and meters wait."""
    counts = publish_meters().counts
    command = find("fleet.meters").command(data=shown(open_table(FILE_NAME)))
    if not any(counts):
        return [Line(_("还没有远程估计、在用批或制造企业。"), command)]
    return [*_waiting(counts), Line(_("公开数据 {name} 已更新。").format(name=FILE_NAME), command)]


def _waiting(counts: FleetCounts) -> Iterator[Line]:
    if counts.lots_to_sample:
        names = list(lots_to_sample(clock.today()).values_list("number", flat=True)[:_SHOWN])
        more = _("等") if counts.lots_to_sample > len(names) else ""
        text = _(
            "{months} 个月内到期或已到期的在用批，{count} 批还没有抽样：{names}。见“抽样与轮换”页。"
        ).format(months=sample_within_months(), count=counts.lots_to_sample, names=_("、").join(names) + more)
        yield Line(text, find("lots.to_sample").command())
    if counts.suspects_waiting:
        text = _("疑似超差的电能表有 {count} 块还没有安排核实。见“核实与更换”页的核实名单。")
        yield Line(text.format(count=counts.suspects_waiting), find("followups.suspects_waiting").command())
    if counts.lot_meters_expiring or counts.lot_meters_overdue:
        text = _(
            "在用批中 {months} 个月内到期的表 {count} 块，超期使用的 {late} 块。见“抽样与轮换”页的轮换计划。"
        )
        yield Line(
            text.format(months=SOON_MONTHS, count=counts.lot_meters_expiring, late=counts.lot_meters_overdue),
            find("lots.meters_expiring").command(),
        )
