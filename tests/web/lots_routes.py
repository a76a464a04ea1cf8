"""The reviewed rows of the pages about lots: the bureau and its auditor read, the officer decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from quanheng.lots.models import Lot, Sample
from tests.lots.making import FACTS
from tests.web.route_row import OFFICER, READERS, Row, public
from tests.web.world import World

FIELD = OFFICER | {"inspector"}


def _lot(number: str) -> Callable[[World], Mapping[str, Any]]:
    return lambda _world: {"public_id": Lot.objects.get(number=number).public_id}


def _sample(_world: World) -> Mapping[str, Any]:
    return {"public_id": Sample.objects.get(lot__number="decided").public_id}


def _new_lot(_world: World) -> Mapping[str, Any]:
    return {name: value for name, value in FACTS.items() if name != "origin"}


def _list(_world: World) -> Mapping[str, Any]:
    text = "出厂编号,首次检定日期\n7001,2018-03-05\n".encode()
    return {"file": SimpleUploadedFile("名单.csv", text, "text/csv")}


def _rule(_world: World) -> Mapping[str, Any]:
    return {"rule": "cn_lq_isolated"}


def _results(_world: World) -> Mapping[str, Any]:
    sample = Sample.objects.get(lot__number="waiting")
    return {"result-1": "合格", "tested_on": f"{timezone.localdate(sample.drawn_at)}"}


def _decision(_world: World) -> Mapping[str, Any]:
    return {"revision": Sample.objects.get(lot__number="ready").revision}


def _again(_world: World) -> Mapping[str, Any]:
    return {"revision": Sample.objects.get(lot__number="waiting").revision, "reason": "样品丢失"}


LOTS: dict[str, Row] = {
    "GET staff:lots": Row(READERS),
    "GET staff:lot": Row(READERS, others=404, args=_lot("decided")),
    "GET staff:lot_new": Row(OFFICER),
    "POST staff:lot_new": Row(OFFICER, answer=302, form=_new_lot),
    "GET staff:lot_list_form": Row(READERS),
    "GET staff:lot_list": Row(OFFICER, args=_lot("open")),
    "POST staff:lot_list": Row(OFFICER, answer=302, args=_lot("open"), form=_list),
    "POST staff:lot_close": Row(OFFICER, answer=302, args=_lot("open")),
    "GET staff:lot_draw": Row(OFFICER, args=_lot("closed")),
    "POST staff:lot_draw": Row(OFFICER, answer=302, args=_lot("closed"), form=_rule),
    "GET staff:lot_list_file": Row(READERS, others=404, args=_lot("closed")),
    "GET staff:lot_checkpoint": Row(READERS, others=404, args=_lot("waiting")),
    "GET staff:lot_results": Row(FIELD, args=_lot("waiting")),
    "POST staff:lot_results": Row(FIELD, answer=302, args=_lot("waiting"), form=_results),
    "GET staff:lot_results_form": Row(READERS, args=_lot("waiting")),
    "POST staff:lot_verified": Row(FIELD, answer=302, args=_lot("waiting")),
    "GET staff:lot_decide": Row(OFFICER, args=_lot("ready")),
    "POST staff:lot_decide": Row(OFFICER, answer=302, args=_lot("ready"), form=_decision),
    "GET staff:lot_again": Row(OFFICER, args=_lot("waiting")),
    "POST staff:lot_again": Row(OFFICER, answer=302, args=_lot("waiting"), form=_again),
    "GET staff:rotation": Row(READERS),
    "GET staff:rotation_xlsx": Row(READERS),
}
LOTS_PORTAL: dict[str, Row] = {
    "GET portal:rotation": public(),
    "GET portal:open_expiring": public(),
    "GET portal:drawn_list": public(args=_sample),
    "GET portal:drawn_checkpoint": public(args=_sample),
}
