"""What the requests of the reviewed table carry: the records they name, the forms they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.evaluations.making import MODEL
from tests.people import PASSWORD
from tests.plans import STRANGE
from tests.web.world import World

Build = Callable[[World], Mapping[str, Any]]


def _nothing(_world: World) -> Mapping[str, Any]:
    return {}


def _readings(_world: World) -> Mapping[str, Any]:
    return {"kind": "electronic_scale", "on": "2026-11-23", "instrument-class": "III", "checks-seal": "合格"}


def _model(world: World) -> Mapping[str, Any]:
    return {"public_id": world.model.public_id}


def _model_text(_world: World) -> Mapping[str, Any]:
    return {"text": MODEL, "trials": "0", "name": "路线演示"}


def _model_withdrawal(world: World) -> Mapping[str, Any]:
    return {"revision": world.model.revision, "reason": "演示"}


def _plan(world: World) -> Mapping[str, Any]:
    return {"public_id": world.plan.public_id}


def _draft(world: World) -> Mapping[str, Any]:
    return {"public_id": world.draft.public_id}


def _version(world: World) -> Mapping[str, Any]:
    return {"public_id": world.version.public_id}


def _task(world: World) -> Mapping[str, Any]:
    return {"public_id": world.task.public_id}


def _task_id(world: World) -> Mapping[str, Any]:
    return {"task_id": world.task.public_id}


def _evidence(world: World) -> Mapping[str, Any]:
    return {"public_id": world.evidence.public_id}


def _unit(world: World) -> Mapping[str, Any]:
    return {"unit_id": world.unit.pk}


def _clerk(world: World) -> Mapping[str, Any]:
    return {"public_id": world.people["clerk"].public_id}


def _day(world: World) -> Mapping[str, Any]:
    return {"public_id": world.day.public_id}


def _leaf(_world: World) -> Mapping[str, Any]:
    return {"index": 1}


def _document(_world: World) -> Mapping[str, Any]:
    return {"file": SimpleUploadedFile("strange.txt", STRANGE.encode())}


def _filing(unit: str) -> Build:
    def build(world: World) -> Mapping[str, Any]:
        photo = SimpleUploadedFile("照片.jpg", b"\xff\xd8 a meter")
        return {unit: world.unit.pk, "happened_on": world.evidence.happened_on.isoformat(), "file": photo}

    return build


def _reason(_world: World) -> Mapping[str, Any]:
    return {"reason": "文件有误"}


def _unit_fields(revision: int) -> Build:
    return lambda world: {
        "revision": revision,
        "kind": "department",
        "name": "区水务局" if revision else "区能源局",
    }


def _new_person(_world: World) -> Mapping[str, Any]:
    return {"username": "newcomer", "display_name": "新来者", "password": PASSWORD}


def _roles_form(world: World) -> Mapping[str, Any]:
    return {
        "revision": world.people["clerk"].revision,
        "is_active": "on",
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 0,
        "form-0-role": "town_clerk",
        "form-0-unit": world.unit.pk,
    }


def _erasure(world: World) -> Mapping[str, Any]:
    return {"revision": world.people["clerk"].revision, "reason": "本人要求"}


def _password(world: World) -> Mapping[str, Any]:
    return {"revision": world.people["clerk"].revision, "password": f"{PASSWORD}-2"}


def _measures_form(world: World) -> Mapping[str, Any]:
    return {"revision": world.task.revision, "use_task_evidence": "on"}


RULE_FILE = (
    "format: 1\nrules:\n- {key: load_cell, number: 2, control: type_approval, confidence: found, source: 演示, "
    "clause: '1', in_force_from: 2027-03-01, catalogue: 演示目录}\n"
)


def _rule(world: World) -> Mapping[str, Any]:
    return {"public_id": world.rule.public_id}


def _rule_version(_world: World) -> Mapping[str, Any]:
    return {
        "regulation": "JJG 539",
        "in_force_from": "2028-01-01",
        "control": "both",
        "uses": ["trade"],
        "validity": "day_before",
        "transition": "next_verification",
        "source": "演示",
        "months_0": "12",
        "add": "1",
    }


def _comparison(world: World) -> Mapping[str, Any]:
    return {"public_id": world.comparison.public_id}


def _other_ledger(_world: World) -> Mapping[str, Any]:
    ledger = "出厂编号,器具名称,规格型号\nSN2024777,电子计价秤,ACS-30\n".encode()
    return {"file": SimpleUploadedFile("ecqs.csv", ledger)}


def _appointment(world: World) -> Mapping[str, Any]:
    return {"public_id": world.appointment.public_id}


def _tried(world: World) -> Mapping[str, Any]:
    return {"public_id": world.tried_batch.public_id}


def _imported(world: World) -> Mapping[str, Any]:
    return {"public_id": world.imported_batch.public_id}


def _ledger(_world: World) -> Mapping[str, Any]:
    ledger = "使用单位,器具名称,出厂编号\n演示超市,电子计价秤,SN2025777\n".encode()
    return {"file": SimpleUploadedFile("台账.csv", ledger)}


def _headings(world: World) -> Mapping[str, Any]:
    fields = [column["field"] for column in world.tried_batch.options["columns"]]
    said = {f"column_{number}": name for number, name in enumerate(fields)}
    return {"revision": world.tried_batch.revision, "date_order": "mdy"} | said


def _undo(world: World) -> Mapping[str, Any]:
    return {"revision": world.imported_batch.revision, "reason": "选错了文件"}


def _feed(world: World) -> Mapping[str, Any]:
    return {"feed_id": world.feed.pk}


def _party(world: World) -> Mapping[str, Any]:
    return {"public_id": world.party.public_id}


def _place(world: World) -> Mapping[str, Any]:
    return {"public_id": world.place.public_id}


def _filing_of_many(world: World) -> Mapping[str, Any]:
    seen = f"{world.submitted.public_id}:{world.submitted.revision}"
    return {"act": "file", "seen": seen, "confirmed": "1", "query": "due=overdue"}


def _instrument_id(world: World) -> Mapping[str, Any]:
    return {"public_id": world.instrument.public_id}


def _submitted_id(world: World) -> Mapping[str, Any]:
    return {"public_id": world.submitted.public_id}


def _new_instrument(world: World) -> Mapping[str, Any]:
    return {"name": "电子台秤", "owner": str(world.party.public_id), "place": str(world.place.public_id)}


def _changed_instrument(world: World) -> Mapping[str, Any]:
    """The same instrument at another stall: what decides its duty, only the bureau changes."""
    return {
        "name": "电子计价秤",
        "model": "ACS-30",
        "serial_no": "SN2024101",
        "manufacturer": "演示衡器厂",
        "accuracy_class": "Ⅲ",
        "measuring_range": "0～30 kg",
        "use": "trade",
        "owner": str(world.party.public_id),
        "place": str(world.place.public_id),
        "spot": "2 号摊位",
        "revision": world.instrument.revision,
    }


def _condition_act(world: World) -> Mapping[str, Any]:
    return {
        "revision": world.instrument.revision,
        "act": "stopped",
        "happened_on": world.instrument.registered_on.isoformat(),
        "reason": "停业",
        "file": SimpleUploadedFile("停用.jpg", b"\xff\xd8 a scale, switched off"),
    }


def _verification(world: World) -> Mapping[str, Any]:
    return {
        "revision": world.instrument.revision,
        "verified_on": world.instrument.registered_on.isoformat(),
        "certificate_no": "Z2026-1",
        "verdict": "passed",
    }


def _place_form(revision: int) -> Build:
    return lambda world: {"revision": revision, "name": f"演示市场{revision}", "setting": "market"}


def _party_form(revision: int) -> Build:
    return lambda world: {"revision": revision, "name": f"演示商行{revision}", "kind": "business"}


def _instrument(world: World) -> Mapping[str, Any]:
    return {"public_id": world.instrument.public_id}


def _submitted(world: World) -> Mapping[str, Any]:
    return {"public_id": world.submitted.public_id}


def _instrument_act(world: World) -> Mapping[str, Any]:
    return {"public_id": world.instrument.public_id, "code": "stop"}


def _instrument_form(serial_no: str) -> Build:
    return lambda world: {
        "revision": world.instrument.revision,
        "name": "电子计价秤",
        "use": "trade",
        "serial_no": serial_no,
        "owner": world.party.name,
        "place": world.place.name,
    }


def _stopping(world: World) -> Mapping[str, Any]:
    return {"revision": world.instrument.revision, "happened_on": "2026-01-05", "reason": "歇业"}


def _certificate(world: World) -> Mapping[str, Any]:
    verified = {"certificate_no": "证1", "verdict": "passed", "verified_on": "2026-01-05"}
    return {"revision": world.instrument.revision} | verified


def _market(world: World) -> Mapping[str, Any]:
    head = {"place": world.place.name, "name": "电子计价秤", "use": "trade", "manufacturer": "演示衡器厂"}
    return head | {"rows": "1号\t演示摊主\t\tD001"}


def _pair(world: World) -> Mapping[str, Any]:
    pair = {"first": world.instrument.public_id, "second": world.submitted.public_id}
    return pair | {"keep": world.instrument.public_id, "reason": "同一台"}
