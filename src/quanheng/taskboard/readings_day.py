"""Readings in the county day: what lies in the spool is stored, new months are estimated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import shown
from quanheng.fleet.intake.estimating import estimate_new_months
from quanheng.fleet.intake.importing import Moved, import_spool
from quanheng.fleet.intake.places import Intake, intake_of
from quanheng.fleet.readings_import import BadImport
from quanheng.fleet.run_errors import CannotRun
from quanheng.taskboard.lines import Line

_IMPORT = "quanheng fleet spool import"
_STATUS = "quanheng fleet spool status"
_SHOWN = 3


def store_readings() -> list[Line]:
    """Move the readings that were received into the store of areas."""
    try:
        moved = import_spool(
            _intake(),
            _store(),
            clock.now(),
            timezone=settings.TIME_ZONE,
            keep=timedelta(days=settings.READINGS_KEEP_DAYS),
        )
    except BadImport as refused:
        return [Line(_("收到的读数没有存入，仍在等待：{why}").format(why=refused.text), _IMPORT, is_ok=False)]
    return list(_moved_lines(moved)) or [Line(_("没有新收到的读数。"), _STATUS)]


def estimate_months() -> list[Line]:
    """Estimate the months that have ended, of the areas with new readings."""
    store = _store()
    try:
        found = estimate_new_months(
            _intake(), store, clock.today(), timedelta(minutes=settings.ESTIMATE_MINUTES)
        )
    except CannotRun as refused:
        return [Line(str(refused), _STATUS, is_ok=False)]
    lines = []
    for done in found.done:
        command = f"quanheng fleet update {shown(store)} --month {done.month:%Y-%m} -o OUT.parquet"
        text = _("{areas} 个台区估计到 {month}：疑似超差 {suspects} 台，{unusable} 个台区不能估计。")
        given = {
            "areas": done.areas,
            "month": f"{done.month:%Y-%m}",
            "suspects": done.suspects,
            "unusable": done.unusable,
        }
        lines.append(Line(text.format(**given) + _some(done.suspect_areas), command))
    if found.left:
        text = _("还有 {count} 个台区没有估计，下次县区日接着做。")
        lines.append(Line(text.format(count=found.left), "quanheng day"))
    return lines or [Line(_("没有要估计的新月份。"), _STATUS)]


def _moved_lines(moved: Moved) -> list[Line]:
    lines = []
    if moved.segments:
        text = _("收到的读数 {segments} 段、{rows} 行：{areas} 个台区有新读数。")
        given = {"segments": moved.segments, "rows": moved.rows, "areas": len(set(moved.stored))}
        lines.append(Line(text.format(**given), _IMPORT))
    if count := moved.rejected.total():
        text = _("有 {count} 行没有采用，逐条写在 {where}。")
        where = shown(moved.rejects) if moved.rejects else _STATUS
        lines.append(Line(text.format(count=count, where=where), _STATUS))
    for area, why in moved.refused[:_SHOWN]:
        text = _("台区 {area} 没有存入：{why}")
        lines.append(Line(text.format(area=area, why=why), _IMPORT, is_ok=False))
    if moved.waiting:
        lines.append(Line(_("{count} 段读数仍在等待。").format(count=moved.waiting), _STATUS))
    lines += [
        Line(_("读数段 {name} 已损坏，没有存入，另存在 rejects。").format(name=name), _STATUS, is_ok=False)
        for name in moved.damaged
    ]
    return lines


def _some(areas: list[str]) -> str:
    if not areas:
        return ""
    more = _("等") if len(areas) > _SHOWN else ""
    return _("疑似超差的台区：{areas}{more}。").format(areas=_("、").join(areas[:_SHOWN]), more=more)


def _intake() -> Intake:
    return intake_of(Path(settings.HOME))


def _store() -> Path:
    return Path(settings.HOME) / "fleet"
