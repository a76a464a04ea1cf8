"""The reviewed rows of the pages about follow-ups, replacements and the score, and what their requests send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from quanheng.base import clock
from quanheng.fleet.models import MeterResult
from quanheng.followups.enums import FollowUpState, Selection
from quanheng.followups.models import Compensation, ControlDraw, FollowUp, ReplacementOrder
from quanheng.parties.models import Party
from tests.web.route_row import OFFICER, READERS, Row, public
from tests.web.world import World

FIELD = frozenset({"officer", "inspector"})


def _one(state: FollowUpState) -> FollowUp:
    return FollowUp.objects.get(state=state)


def _proposed(_world: World) -> Mapping[str, Any]:
    found = FollowUp.objects.get(state=FollowUpState.PROPOSED, selection=Selection.SUSPECT)
    return {"public_id": found.public_id}


def _tested(_world: World) -> Mapping[str, Any]:
    return {"public_id": _one(FollowUpState.TESTED).public_id}


def _order(_world: World) -> Mapping[str, Any]:
    return {"public_id": ReplacementOrder.objects.get().public_id}


def _letter(_world: World) -> Mapping[str, Any]:
    return {"public_id": Compensation.objects.get().public_id}


def _draw(_world: World) -> Mapping[str, Any]:
    return {"public_id": ControlDraw.objects.get().public_id}


def _revision(_world: World) -> Mapping[str, Any]:
    return {"revision": 1}


def _reason(_world: World) -> Mapping[str, Any]:
    return {"revision": 1, "reason": "查明另有原因"}


def _new(world: World) -> Mapping[str, Any]:
    row = MeterResult.objects.filter(meter_id="A1-m01").latest("pk")
    return {
        "meter": row.pk,
        f"serial-{row.pk}": "SN-1",
        "utility": Party.objects.get(name="演示供电公司").pk,
        "institute": world.laboratory.pk,
        "ratings": "5(60) A",
    }


def _paper(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 paper")


def _result(_world: World) -> Mapping[str, Any]:
    return {
        "revision": 1,
        "institution": "省计量院",
        "certificate_no": "电-1",
        "tested_on": clock.today(),
        "finding": "nonconforming",
        "error_percent": "-4.2",
        "expanded_uncertainty_percent": "0.2",
        "file": _paper("证书.pdf"),
    }


def _compensation(_world: World) -> Mapping[str, Any]:
    return {
        "revision": 2,
        "method": "onset_half",
        "period_from": "2026-01-01",
        "period_to": "2026-05-01",
        "registered_kwh": "900",
        "price": "0.52",
    }


def _done(_world: World) -> Mapping[str, Any]:
    return {
        "revision": 1,
        "new_serial": "NEW-1",
        "replaced_on": clock.today(),
        "removed_kwh": "100",
        "installed_kwh": "0",
        "file": _paper("读数.jpg"),
    }


def _sheet(_world: World) -> Mapping[str, Any]:
    headings = "更换单号,旧表编号,新表编号,更换日期,旧表止码（kWh）,新表起码（kWh）\n"
    return {"file": SimpleUploadedFile("back.csv", headings.encode())}


FOLLOW_UPS: dict[str, Row] = {
    "GET staff:followups": Row(READERS),
    "GET staff:followups_xlsx": Row(READERS),
    "POST staff:followups_take": Row(FIELD, 302),
    "POST staff:followup_controls": Row(OFFICER, 302, form=lambda _world: {"count": 1}),
    "POST staff:followup_controls_draw": Row(OFFICER, 302, args=_draw),
    "GET staff:followup_controls_list": Row(READERS, args=_draw),
    "GET staff:followup_controls_checkpoint": Row(READERS, args=_draw),
    "GET staff:followup_new": Row(OFFICER),
    "POST staff:followup_new": Row(OFFICER, 302, form=_new),
    "GET staff:visits": Row(READERS),
    "GET staff:visits_xlsx": Row(READERS),
    "GET staff:followup": Row(READERS, args=_tested),
    "GET staff:followup_result": Row(FIELD, args=_proposed),
    "POST staff:followup_result": Row(FIELD, 302, args=_proposed, form=_result),
    "POST staff:followup_replace": Row(OFFICER, 302, args=_tested, form=_revision),
    "POST staff:followup_close": Row(OFFICER, 302, args=_proposed, form=_reason),
    "GET staff:followup_compensation": Row(OFFICER, args=_tested),
    "POST staff:followup_compensation": Row(OFFICER, 302, args=_tested, form=_compensation),
    "GET staff:followup_certificate": Row(READERS, args=_tested),
    "GET staff:followup_letter": Row(READERS, args=_letter),
    "GET staff:replacements": Row(READERS),
    "GET staff:replacements_xlsx": Row(READERS),
    "POST staff:replacements_upload": Row(FIELD, 302, form=_sheet),
    "POST staff:replacements_of_lot": Row(OFFICER, 302, form=lambda _world: {"lot": 1}),
    "GET staff:replacement_done": Row(FIELD, args=_order),
    "POST staff:replacement_done": Row(FIELD, 302, args=_order, form=_done),
    "GET staff:replacement_cancel": Row(OFFICER, args=_order),
    "POST staff:replacement_cancel": Row(OFFICER, 302, args=_order, form=_reason),
}
FOLLOW_UPS_PORTAL: dict[str, Row] = {
    "GET portal:score": public(),
    "GET portal:open_score": public(),
}
