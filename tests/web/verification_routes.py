"""The reviewed rows of the pages of verification, and what their requests send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanheng.verification.enums import VerificationState
from quanheng.verification.models import Application, Recall, Verification
from tests.web.route_row import DUE, LABORATORY, Row
from tests.web.world import World

VERIFIER, CHECKER, SIGNATORY = frozenset({"verifier"}), frozenset({"checker"}), frozenset({"signatory"})
APPLYING = frozenset({"officer", "inspector", "clerk", "owner"}) | LABORATORY
RECALLING = frozenset({"officer", "signatory"})
_REASON = {"revision": 1, "reason": "登记有误"}


def _application(world: World) -> Mapping[str, Any]:
    return {"public_id": Application.objects.get(items__instrument=world.submitted).public_id}


def _found(world: World) -> Verification:
    return Verification.objects.get(instrument=world.submitted, state=VerificationState.RECORDING)


def _verification(world: World) -> Mapping[str, Any]:
    return {"public_id": _found(world).public_id}


def _order(world: World) -> Mapping[str, Any]:
    return {"public_id": _found(world).work_order.public_id}


def _recall(_world: World) -> Mapping[str, Any]:
    return {"public_id": Recall.objects.get().public_id}


def _revision(_world: World) -> Mapping[str, Any]:
    return {"revision": 1}


def _reason(_world: World) -> Mapping[str, Any]:
    return _REASON


def _request(world: World) -> Mapping[str, Any]:
    return {
        "place": str(world.place.public_id),
        "institute": world.laboratory.pk,
        "applicant": world.party.pk,
        "kind": "periodic",
        "work_place": "lab",
        "instrument": str(world.instrument.public_id),
    }


def _draft(_world: World) -> Mapping[str, Any]:
    return {"revision": 1, "on": "2026-11-23", "checks-seal": "合格"}


def _seals(_world: World) -> Mapping[str, Any]:
    return {"revision": 1, "kind": "seal", "numbers": "S1"}


def _spoilt(world: World) -> Mapping[str, Any]:
    given = {"institute": world.laboratory.pk, "kind": "seal", "number": "S1", "reason": "断裂"}
    return given | {"act": "spoil", "used_on": "2026-01-05"}


VERIFICATION_ROUTES: dict[str, Row] = {
    "GET staff:verifications": Row(DUE),
    "GET staff:verification_list": Row(DUE),
    "GET staff:verification_list_xlsx": Row(DUE),
    "GET staff:applications": Row(DUE),
    "GET staff:applications_xlsx": Row(DUE),
    "GET staff:application_new": Row(APPLYING),
    "POST staff:application_new": Row(APPLYING, 302, form=_request),
    "GET staff:application": Row(DUE, args=_application),
    "GET staff:application_xlsx": Row(DUE, args=_application),
    "POST staff:application_accept": Row(LABORATORY, 302, args=_application, form=_revision),
    "POST staff:application_return": Row(LABORATORY, 302, args=_application, form=_reason),
    # The laboratory did not ask.
    "POST staff:application_cancel": Row(APPLYING - LABORATORY, 302, args=_application, form=_reason),
    "GET staff:work_order_new": Row(LABORATORY, args=_application),
    "POST staff:work_order_new": Row(LABORATORY, 422, args=_application, form=_revision),  # nobody is chosen
    "GET staff:work_orders": Row(DUE),
    "GET staff:work_order": Row(DUE, args=_order),
    "GET staff:work_order_sheet": Row(DUE, args=_order),
    "GET staff:work_order_template": Row(DUE, args=_order),
    "POST staff:work_order_readings": Row(VERIFIER, 422, args=_order, form=_revision),  # without a file
    "GET staff:signing": Row(SIGNATORY),
    "GET staff:marks": Row(LABORATORY),
    "POST staff:marks": Row(LABORATORY, 302, form=_spoilt),
    "GET staff:rejections": Row(DUE),
    "GET staff:rejections_xlsx": Row(DUE),
    "GET staff:recalls": Row(RECALLING),
    "GET staff:recall_new": Row(RECALLING),
    "POST staff:recall_new": Row(RECALLING, 422, form=_revision),  # no certificate is chosen
    "GET staff:recall": Row(RECALLING, args=_recall),
    "GET staff:recall_notices": Row(RECALLING, args=_recall),
    "GET staff:recall_input": Row(RECALLING, args=_recall),
    "GET staff:verification": Row(DUE, args=_verification),
    "GET staff:readings": Row(VERIFIER, args=_verification),
    "POST staff:readings": Row(VERIFIER, args=_verification, form=_draft),
    "POST staff:readings_submit": Row(VERIFIER, 409, args=_verification, form=_draft),  # not all is there
    "POST staff:readings_file": Row(VERIFIER, 302, args=_verification, form=_revision),
    "GET staff:readings_template": Row(VERIFIER, args=_verification),
    "POST staff:readings_unadjusted": Row(VERIFIER, 302, args=_verification, form=_revision),
    "POST staff:verification_check": Row(CHECKER, 302, args=_verification, form=_revision),
    "POST staff:verification_return": Row(
        CHECKER, 302, args=_verification, form=_reason
    ),  # not signed for yet
    "POST staff:verification_cancel": Row(LABORATORY, 302, args=_verification, form=_reason),
    "POST staff:verification_sign": Row(SIGNATORY, 302, args=_verification, form=_revision),
    "POST staff:marks_put": Row(LABORATORY, 302, args=_verification, form=_seals),
}
