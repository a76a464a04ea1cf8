"""Areas and meters of the fleet as files: what is shown, row by row, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.sheets import write_sheet
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.instruments.exports import csv_line, harmless
from quanheng.kernels.fleet.days import DayBalance
from quanheng.kernels.fleet.unfair import Moments
from quanheng.web.staff import fleet_words as said

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BOM = b"\xef\xbb\xbf"  # by which Excel knows UTF-8


def area_rows(areas: Iterable[SupplyArea], told: Mapping[int, Moments]) -> Iterator[Sequence[object]]:
    """Yield the headings, then the list as a file holds it."""
    yield (
        *(_("台区编号"), _("名称"), _("乡镇街道"), _("状态"), _("电能表"), _("疑似超差"), _("不能判断")),
        *(
            _("损失电量（kWh）"),
            _("损失率（%）"),
            _("预计错计电量（kWh）"),
            _("发现"),
            _("读数"),
            _("收下日期"),
            "SHA-256",
        ),
    )
    for area in areas:
        line = said.area_line(area, told.get(area.latest_id or 0))
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
            line.unfair_kwh,
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


def day_rows(area: SupplyArea, found: DayBalance | None) -> Iterator[Sequence[object]]:
    """Yield the headings, then the balance of an area by day [kWh]; nothing else where there is none."""
    yield (
        *(_("台区编号"), _("日期"), _("总表（kWh）"), _("各户合计（kWh）"), _("损失电量（kWh）")),
        *(_("线损（推算，kWh）"), _("表计误差（估计，kWh）"), _("剩余（kWh）"), _("总表完整的比例")),
    )
    if found is None:
        return
    parts = (
        found.master,
        found.consumers,
        found.loss,
        found.lines,
        found.errors,
        found.residual,
        found.complete,
    )
    for at, day in enumerate(found.days):
        yield (area.area_id, str(day), *(round(float(part[at]), 4) for part in parts))


def history_rows(area: SupplyArea, history: Iterable[MeterResult]) -> Iterator[Sequence[object]]:
    """Yield the headings, then what each run said of one meter."""
    yield (
        *(_("台区编号"), _("电能表"), _("读数"), _("收下日期"), _("状态"), _("误差（%）")),
        *(_("标准不确定度（%）"), _("超差的概率"), _("占用电量"), _("原因"), "SHA-256"),
    )
    for meter in history:
        run = meter.area_result.run
        yield (
            area.area_id,
            meter.meter_id,
            said.window_words(run),
            said.taken_on(run),
            str(meter.get_status_display()),
            meter.error_percent,
            meter.standard_uncertainty_percent,
            meter.probability_out_of_tolerance,
            meter.energy_share,
            meter.reason,
            run.sha256,
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
