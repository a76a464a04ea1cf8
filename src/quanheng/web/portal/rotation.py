"""Public: which lots of household meters end when, what was decided by which sample, and whether mine is among them."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.kernels.text_keys import serial_key
from quanheng.lots.enums import Decision, MeterCondition, Origin
from quanheng.lots.models import LotMeter, Sample
from quanheng.lots.open_expiring import FILE_NAME, ExpiringRow, write_expiring
from quanheng.lots.rotation import expiring, overdue
from quanheng.web.lists import page_of, query_of
from quanheng.web.portal.views import public_page
from quanheng.web.staff import lot_words as said

_LONGEST_SERIAL = 60
_MOST_FOUND = 20
_SOON_MONTHS = 12


@dataclass(frozen=True)
class FoundMeter:
    """What a household is told of its meter."""

    meter: LotMeter
    state: str
    kind: str


@require_safe
def rotation(request: HttpRequest) -> HttpResponse:
    """Say what ends within a year; look up one serial number; tell the decisions with their samples."""
    today = clock.today()
    lines = expiring(today, months=_SOON_MONTHS)
    serial = request.GET.get("serial", "").strip()[:_LONGEST_SERIAL]
    decided = (
        Sample.objects.filter(lot__origin=Origin.IN_SERVICE)
        .exclude(decision="")
        .select_related("lot")
        .order_by("-decided_at", "-pk")
    )
    soon, late = sum(line.meters for line in lines), overdue(today)
    context = {
        "sentence": _sentence(soon, late),
        "page": page_of(request, lines),
        "query": query_of(request),
        "serial": serial,
        "found": _found(serial) if serial else None,
        "decided": [(one, said.DECISION_KIND[Decision(one.decision)]) for one in decided[:50]],
        "commands": [f"quanheng lots expiring {FILE_NAME}"],
        "has_any": bool(lines),
        "today": today,
    }
    return public_page(request, "portal/rotation.html", context)


@require_safe
def open_expiring(_request: HttpRequest) -> HttpResponse:
    """Answer with the open table that the page is computed from: a row for each lot, town and month."""
    today = clock.today()
    stream = StringIO()
    write_expiring(
        stream,
        (
            ExpiringRow(
                today.isoformat(),
                line.lot.number,
                line.lot.maker,
                line.lot.model,
                line.town,
                f"{line.month:%Y-%m}",
                line.meters,
            )
            for line in expiring(today, months=_SOON_MONTHS)
        ),
    )
    return HttpResponse(
        "\ufeff" + stream.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
            "Access-Control-Allow-Origin": "*",
        },
    )


@require_safe
def drawn_list(_request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the serial numbers that a sample was drawn from; their SHA-256 stands in the log."""
    sample = get_object_or_404(Sample, public_id=public_id, lot__origin=Origin.IN_SERVICE)
    path = stored_path(sample.list_sha256)
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename="list.txt", content_type="text/plain")


@require_safe
def drawn_checkpoint(_request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the signed checkpoint that the seed of a sample comes from."""
    sample = get_object_or_404(Sample, public_id=public_id, lot__origin=Origin.IN_SERVICE)
    return HttpResponse(
        sample.checkpoint,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="checkpoint.txt"'},
    )


def _sentence(soon: int, late: int) -> str:
    if not soon and not late:
        return _("一年内没有到期的表。")
    told = ngettext("到一年后的月底，%(n)s 台在用的表到期", "到一年后的月底，%(n)s 台在用的表到期", soon) % {
        "n": soon
    }
    if late:
        told += _("，其中") + ngettext("%(n)s 台已过期", "%(n)s 台已过期", late) % {"n": late}
    return told + _("。")


def _found(serial: str) -> list[FoundMeter]:
    key = serial_key(serial)
    if not key:
        return []
    rows = LotMeter.objects.filter(
        origin=Origin.IN_SERVICE, serial_key=key, lot__is_complete=True
    ).select_related("lot")
    today = clock.today()
    told = []
    for meter in rows[:_MOST_FOUND]:
        if meter.condition == MeterCondition.REPLACED:
            told.append(FoundMeter(meter, _("已更换"), "off"))
        elif meter.valid_until is not None and meter.valid_until < today:
            told.append(FoundMeter(meter, _("已过期，等待更换"), "late"))
        else:
            told.append(FoundMeter(meter, _("在有效期内"), "good"))
    return told
