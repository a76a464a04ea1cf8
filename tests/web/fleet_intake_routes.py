"""The reviewed rows of the intake of readings: seen by the bureau and its auditor, tokens made by two roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from quanheng.base import clock
from quanheng.fleet.models import UtilityToken
from tests.web.route_row import READERS, RUNNERS, Row, operation
from tests.web.world import World

_ID = UUID("5f0c2c1e-5a35-4d4c-9d3f-0c5b7f2f9a01")


def _token(_world: World) -> Mapping[str, Any]:
    given = {"name": "供电公司（路线）", "sha256": "f" * 64, "made_at": clock.now()}
    UtilityToken.objects.get_or_create(public_id=_ID, defaults=given)
    return {"public_id": _ID}


FLEET_INTAKE: dict[str, Row] = {
    "GET staff:fleet_intake": Row(READERS),
    # There is no such file here; test_fleet_intake.py sends one.
    "GET staff:fleet_rejects": Row(READERS, 404, args=lambda _world: {"name": "none.csv"}),
    "GET staff:fleet_token_new": Row(RUNNERS),
    "POST staff:fleet_token_new": Row(RUNNERS, form=lambda _world: {"name": "供电公司"}),
    "GET staff:fleet_token_revoke": Row(RUNNERS, args=_token),
    "POST staff:fleet_token_revoke": Row(RUNNERS, 302, args=_token),
}
# No role opens it, only the token of a utility: web/api/test_readings.py.
FLEET_INTAKE_API: dict[str, Row] = {"POST /api/readings": operation(frozenset(), others=401)}
