"""The reviewed rows of certificates, signing keys, and of verification for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanheng.base import clock
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.verification.enums import VerificationState
from quanheng.verification.models import Application, Verification
from tests.web.route_row import DUE, LABORATORY, Row, operation, public
from tests.web.world import World

SIGNATORY, VERIFIER, CHECKER = frozenset({"signatory"}), frozenset({"verifier"}), frozenset({"checker"})
KEYS = frozenset({"admin", "officer", "signatory"})  # who look after keys
APPLYING = frozenset({"officer", "inspector", "clerk", "owner"}) | LABORATORY
CANCELLING = APPLYING - LABORATORY  # the laboratory did not ask
_REASON = {"reason": "登记有误"}


def _number(world: World) -> Mapping[str, Any]:
    return {"number": Certificate.objects.get(instrument=world.instrument).number}


def _key(_world: World) -> Mapping[str, Any]:
    return {"public_id": SigningCertificate.objects.get(fingerprint="ab" * 32).public_id}


def _application(world: World) -> Mapping[str, Any]:
    return {"public_id": Application.objects.get(items__instrument=world.submitted).public_id}


def _recording(world: World) -> Mapping[str, Any]:
    found = Verification.objects.get(instrument=world.submitted, state=VerificationState.RECORDING)
    return {"public_id": found.public_id}


def _reason(_world: World) -> Mapping[str, Any]:
    return _REASON


def _blank(_world: World) -> Mapping[str, Any]:
    return {"reason": " "}


def _revision(_world: World) -> Mapping[str, Any]:
    return {"revision": 1}


def _revocation(_world: World) -> Mapping[str, Any]:
    return {"distrusted_from": f"{clock.today()}T00:00:00", "confirmed": "on"} | _REASON


def _request(world: World) -> Mapping[str, Any]:
    return {
        "institute": world.laboratory.pk,
        "applicant": str(world.party.public_id),
        "work_place": "lab",
        "instruments": [str(world.instrument.public_id)],
    }


CERTIFICATE_PORTAL: dict[str, Row] = {
    "GET portal:certificates": public(),
    "GET portal:certificate": public(args=_number),
    "GET portal:certificate_short": public(302, args=_number),
    "GET portal:certificate_proof": public(args=_number),
    "GET portal:certificate_pdf": public(404, args=_number),  # without the code of the label
    "GET portal:certificate_xml": public(404, args=_number),
}

CERTIFICATE_STAFF: dict[str, Row] = {
    "GET staff:certificates": Row(DUE),
    "GET staff:certificates_csv": Row(DUE),
    "GET staff:certificates_zip": Row(DUE),
    "GET staff:certificate": Row(DUE, args=_number),
    "GET staff:certificate_pdf": Row(DUE, args=_number),
    "GET staff:certificate_xml": Row(DUE, args=_number),
    "GET staff:certificate_withdraw": Row(SIGNATORY, args=_number),
    "POST staff:certificate_withdraw": Row(SIGNATORY, 302, args=_number, form=_reason),
    "GET staff:certificate_supersede": Row(SIGNATORY, args=_number),
    # The verification of this world has no readings to make another certificate of: refused for its blank reason.
    "POST staff:certificate_supersede": Row(SIGNATORY, 422, args=_number, form=_blank),
    "POST staff:certificate_resume": Row(SIGNATORY, 302, args=_number),
    "GET staff:signing_keys": Row(KEYS),
    "GET staff:signing_key_new": Row(KEYS),
    "POST staff:signing_key_new": Row(KEYS, 422, form=lambda _world: {"key": "none"}),  # none is offered
    "GET staff:signing_key": Row(KEYS, args=_key),
    "GET staff:signing_key_revoke": Row(KEYS, args=_key),
    "POST staff:signing_key_revoke": Row(KEYS, 302, args=_key, form=_revocation),
}

CERTIFICATE_API: dict[str, Row] = {
    "GET /api/certificates": operation(DUE),
    "GET /api/certificates/{number}": operation(DUE, args=_number),
    "GET /api/certificates/{number}/status": public(args=_number),
    "GET /api/certificates/{number}/pdf": operation(DUE, args=_number),
    "GET /api/certificates/{number}/xml": operation(DUE, args=_number),
    "POST /api/certificates/{number}/withdraw": operation(SIGNATORY, args=_number, json=_reason),
    "POST /api/certificates/{number}/supersede": operation(SIGNATORY, 422, args=_number, json=_blank),
    "POST /api/certificates/{number}/resume": operation(SIGNATORY, args=_number),
    "GET /api/applications": operation(DUE),
    "POST /api/applications": operation(APPLYING, 201, json=_request),
    "GET /api/applications/{public_id}": operation(DUE, args=_application),
    "POST /api/applications/{public_id}/accept": operation(LABORATORY, args=_application, json=_revision),
    "POST /api/applications/{public_id}/return": operation(
        LABORATORY, args=_application, json=lambda _world: {"revision": 1} | _REASON
    ),
    "POST /api/applications/{public_id}/cancel": operation(CANCELLING, args=_application, json=_revision),
    "GET /api/verifications": operation(DUE),
    "GET /api/verifications/{public_id}": operation(DUE, args=_recording),
    "PUT /api/verifications/{public_id}/readings": operation(
        VERIFIER, args=_recording, json=lambda _world: {"revision": 1, "as_found": {}}
    ),
    # Nothing is recorded yet: each later step is refused.
    "POST /api/verifications/{public_id}/submit": operation(VERIFIER, 409, args=_recording, json=_revision),
    "POST /api/verifications/{public_id}/check": operation(CHECKER, 409, args=_recording, json=_revision),
    "POST /api/verifications/{public_id}/sign": operation(SIGNATORY, 409, args=_recording, json=_revision),
}
