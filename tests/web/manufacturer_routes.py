"""The reviewed rows of what makers and the bureau do with factory data: a maker sees and sends only its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from quanheng.core.models import OrgUnit
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from tests.manufacturers.making import MODEL, TYPES, good_file
from tests.web.route_row import OFFICER, READERS, Row, operation, public
from tests.web.world import World

VIEWERS = READERS | {"maker"}
SENDERS = OFFICER | {"maker"}
_REASON = {"reason": "检查"}


def _row(_world: World) -> Mapping[str, Any]:
    return {"public_id": Authorisation.objects.get().public_id}


def _template(world: World) -> Mapping[str, Any]:
    return {**_row(world), "at": 0}


def _data(_world: World) -> Mapping[str, Any]:
    return {"public_id": FactoryUpload.objects.get().public_id}


def _lot(_world: World) -> Mapping[str, Any]:
    lot = FactoryUpload.objects.get().lot
    assert lot is not None
    return {"public_id": lot.public_id}


def _terms(world: World, number: str, marks: str) -> dict[str, Any]:
    row = Authorisation.objects.get()
    days = {"valid_from": f"{row.valid_from:%Y-%m-%d}", "valid_until": f"{row.valid_until:%Y-%m-%d}"}
    return {"number": number, "types": TYPES, "marks": marks, **days}


def _new(world: World) -> Mapping[str, Any]:
    unit = OrgUnit.objects.get(name="新厂")
    return {"unit": unit.pk, **_terms(world, "新 1 号", "新000001～新000009")}


def _changed(world: World) -> Mapping[str, Any]:
    row = Authorisation.objects.get()
    return {"revision": row.revision, **_terms(world, row.number, "川A000001～川A300000")}


def _withdrawal(_world: World) -> Mapping[str, Any]:
    return {**_REASON, "revision": Authorisation.objects.get().revision}


def _file(_world: World) -> Mapping[str, Any]:
    file = SimpleUploadedFile("出厂.csv", good_file(60, first=1000), "text/csv")
    return {"model": MODEL, "lot_number": "L9", "file": file}


def _option(_world: World) -> Mapping[str, Any]:
    return {"option": "isolated_lq"}


def _reason(_world: World) -> Mapping[str, Any]:
    return _REASON


MANUFACTURER_PORTAL: dict[str, Row] = {
    "GET portal:manufacturers": public(),
    "GET portal:open_manufacturers": public(),
}
MANUFACTURERS: dict[str, Row] = {
    "GET staff:manufacturers": Row(VIEWERS),
    "GET staff:manufacturer": Row(VIEWERS, args=_row),
    "GET staff:manufacturer_new": Row(OFFICER),
    "POST staff:manufacturer_new": Row(OFFICER, 302, form=_new),
    "GET staff:manufacturer_edit": Row(OFFICER, args=_row),
    "POST staff:manufacturer_edit": Row(OFFICER, 302, args=_row, form=_changed),
    "GET staff:manufacturer_suspend": Row(OFFICER, args=_row),
    "POST staff:manufacturer_suspend": Row(OFFICER, 302, args=_row, form=_reason),
    "GET staff:manufacturer_lift": Row(OFFICER, args=_row),
    # The authorisation of the world is in force: refused beside the form.
    "POST staff:manufacturer_lift": Row(OFFICER, 409, args=_row, form=_reason),
    "GET staff:manufacturer_withdraw": Row(OFFICER, args=_row),
    "POST staff:manufacturer_withdraw": Row(OFFICER, 302, args=_row, form=_withdrawal),
    "GET staff:factory_upload": Row(SENDERS, args=_row),
    "POST staff:factory_upload": Row(SENDERS, 302, args=_row, form=_file),
    "GET staff:factory_template": Row(VIEWERS, args=_template),
    "GET staff:factory_data": Row(VIEWERS, args=_data),
    "GET staff:factory_draw": Row(OFFICER, args=_lot),
    "POST staff:factory_draw": Row(OFFICER, 302, args=_lot, form=_option),
}
MANUFACTURER_API: dict[str, Row] = {
    "GET /api/manufacturers": operation(VIEWERS),
    "GET /api/manufacturers/{public_id}": operation(VIEWERS, args=_row),
    "POST /api/manufacturers/{public_id}/uploads": operation(SENDERS, 201, args=_row, form=_file),
    "GET /api/factory-data/{public_id}": operation(VIEWERS, args=_data),
}
