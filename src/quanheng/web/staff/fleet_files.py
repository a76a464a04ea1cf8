"""Areas and meters of the fleet as files: what is shown, row by row, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.sheets import write_sheet
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.instruments.exports import csv_line, harmless
from quanheng.web.staff import fleet_words as said

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BOM = b"\xef\xbb\xbf"  # by which Excel knows UTF-8


def area_rows(areas: Iterable[SupplyArea]) -> Iterator[Sequence[object]]:
    """Yield the headings, then the list as a file holds it."""
    yield (
        *(_("台区编号"), _("名称"), _("乡镇街道"), _("状态"), _("电能表"), _("疑似超差"), _("不能判断")),
        *(_("损失电量（kWh）"), _("损失率（%）"), _("发现"), _("读数"), _("收下日期"), "SHA-256"),
    )
    for area in areas:
        line = said.area_line(area)
        result = line.result
        yield (
            area.area_id,
            area.name,
            area.town.name if area.town else "",
            line.word,
            result.meters,
            result.suspects,
            result.undetermined,
            result.loss_kwh,
            result.loss_percent,
            _("；").join(one.text for one in said.findings(result)),
            line.window,
            said.taken_on(result.run),
            result.run.sha256,
        )


def meter_rows(area: SupplyArea, meters: Iterable[MeterResult]) -> Iterator[Sequence[object]]:
    """Yield the headings, then meters, with a column for what is found on site."""
    yield (
        *(_("台区编号"), _("台区"), _("电能表"), _("状态"), _("误差（%）"), _("标准不确定度（%）")),
        *(_("超差的概率"), _("占用电量"), _("原因"), _("现场核实结果")),
    )
    for meter in meters:
        yield (
            area.area_id,
            area.name,
            meter.meter_id,
            str(meter.get_status_display()),
            meter.error_percent,
            meter.standard_uncertainty_percent,
            meter.probability_out_of_tolerance,
            meter.energy_share,
            meter.reason,
            "",
        )


def file_response(name: str, rows: Iterator[Sequence[object]], form: str) -> HttpResponseBase:
    """Return the rows, the first of them headings, as csv or xlsx."""
    filename = f"{name}-{clock.today()}.{form}"
    if form == "csv":
        return StreamingHttpResponse(
            _csv_lines(rows),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": content_disposition_header(as_attachment=True, filename=filename)
                or "attachment"
            },
        )
    book = write_sheet(_("电表群"), [str(cell) for cell in next(rows)], rows)
    return FileResponse(book, as_attachment=True, filename=filename, content_type=_XLSX)


def _csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    yield _BOM
    for row in rows:
        yield csv_line([_cell(cell) for cell in row])


def _cell(cell: object) -> str:
    if isinstance(cell, int | float):
        return str(cell)
    return "" if cell is None else harmless(str(cell))
