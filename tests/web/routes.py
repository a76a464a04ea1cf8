"""The reviewed table: what every page and every operation answers to each role and to the visitor.

A change here is a change of who may see or do what: read it as such.  ``test_every_route.py`` walks
it; a route without a row fails there, and so does a row without a route.

Pages are named by their URL name, operations by their path.  A page that a person may not use
answers 403, a thing outside their scope 404 (its existence is not told); a visitor is sent to the
sign-in page (302) by a page and told 401 by an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.people import CAST, PASSWORD
from tests.plans import STRANGE
from tests.web.world import World

EVERYONE = frozenset(username for username, _name, _unit in CAST.values())
READERS = frozenset({"admin", "officer", "inspector", "auditor"})  # the whole county, read only
BOARD = READERS | {"liaison", "clerk"}  # the last two: what names their own unit
OFFICER = frozenset({"officer"})
ADMIN = frozenset({"admin"})
RUNNERS = frozenset({"admin", "officer"})
KEEPERS = frozenset({"admin", "auditor"})  # who read the list of people
FILERS = frozenset({"officer", "liaison"})  # of the water bureau's task; the clerk's town is not in it
NOT_THE_CLERKS = {"clerk": 404}

Build = Callable[[World], Mapping[str, Any]]


def _nothing(_world: World) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """Who is answered what.  ``special`` overrides the rule for single people."""

    allowed: frozenset[str]
    answer: int = 200
    others: int = 403
    visitor: int = 302
    special: Mapping[str, int] = field(default_factory=dict)
    args: Build = _nothing
    form: Build | None = None
    json: Build | None = None

    def expected(self, person: str | None) -> int:
        """Return the status that this person, or the visitor (None), must get."""
        if person is None:
            return self.visitor
        return self.special.get(person, self.answer if person in self.allowed else self.others)


def public(answer: int = 200, args: Build = _nothing) -> Row:
    """Return the row of something that anyone may read."""
    return Row(EVERYONE, answer=answer, visitor=answer, args=args)


def operation(allowed: frozenset[str], answer: int = 200, **options: Any) -> Row:
    """Return the row of an API operation."""
    return Row(allowed, answer=answer, visitor=401, **options)


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


PORTAL: dict[str, Row] = {
    "GET portal:home": public(),
    "GET portal:plan": public(),
    "GET portal:figures": public(),
    "GET portal:about": public(),
    "GET portal:log": public(),
    "GET portal:leaf": public(args=_leaf),
    "GET portal:proof": public(args=_leaf),
    "GET portal:log_checkpoint": public(),
    "GET portal:log_key": public(),
    "GET portal:log_tile": public(404, args=lambda _world: {"rest": "0/000"}),  # no full tile in a small log
    "GET portal:open_plan": public(),
}

STAFF: dict[str, Row] = {
    "GET staff:today": Row(EVERYONE),
    "GET staff:account": Row(EVERYONE),
    "GET staff:search": Row(EVERYONE),
    "GET staff:plan_board": Row(BOARD),
    "GET staff:board_by_department": Row(BOARD),
    "GET staff:board_by_town": Row(BOARD),
    "GET staff:board_export": Row(BOARD),
    "GET staff:board_word": Row(BOARD),
    "GET staff:document": Row(BOARD, args=_plan),
    "GET staff:versions": Row(BOARD, args=_plan),
    "GET staff:plan_upload": Row(OFFICER),
    "POST staff:plan_upload": Row(OFFICER, 302, form=_document),
    "GET staff:draft": Row(READERS, args=_draft),
    "POST staff:draft_adopt": Row(OFFICER, 302, args=_draft),
    "POST staff:draft_discard": Row(OFFICER, 302, args=_draft),
    "POST staff:draft_alias": Row(
        OFFICER, 302, args=_draft, form=lambda world: {"name": "区供水局", "unit": world.unit.pk}
    ),
    "GET staff:task": Row(BOARD, special=NOT_THE_CLERKS, args=_task),
    "GET staff:task_measure": Row(OFFICER, args=_task),
    "POST staff:task_measure": Row(OFFICER, 302, args=_task, form=_measures_form),
    "POST staff:evidence_file": Row(FILERS, 302, special=NOT_THE_CLERKS, args=_task, form=_filing("unit")),
    "GET staff:evidence_download": Row(BOARD, special=NOT_THE_CLERKS, args=_evidence),
    "GET staff:evidence_withdraw": Row(FILERS, special=NOT_THE_CLERKS, args=_evidence),
    "POST staff:evidence_withdraw": Row(FILERS, 302, special=NOT_THE_CLERKS, args=_evidence, form=_reason),
    "GET staff:units": Row(READERS),
    "GET staff:unit_new": Row(RUNNERS),
    "POST staff:unit_new": Row(RUNNERS, 302, form=_unit_fields(0)),
    "GET staff:unit_edit": Row(READERS, args=_unit),
    "POST staff:unit_edit": Row(RUNNERS, 302, args=_unit, form=_unit_fields(1)),
    "GET staff:users": Row(KEEPERS),
    "GET staff:user_new": Row(ADMIN),
    "POST staff:user_new": Row(ADMIN, 302, form=_new_person),
    "GET staff:user_edit": Row(KEEPERS, args=_clerk),
    "POST staff:user_edit": Row(ADMIN, 302, args=_clerk, form=_roles_form),
    "GET staff:user_erase": Row(ADMIN, args=_clerk),
    "POST staff:user_erase": Row(ADMIN, 302, args=_clerk, form=_erasure),
    "GET staff:user_password": Row(ADMIN, args=_clerk),
    "POST staff:user_password": Row(ADMIN, 302, args=_clerk, form=_password),
    "GET staff:day": Row(READERS),
    "POST staff:day_run": Row(RUNNERS, 302),
    "GET staff:day_status": Row(READERS, args=_day),
    "GET staff:log": Row(EVERYONE),
    "GET staff:leaf": Row(EVERYONE, args=_leaf),
}

# One's own account: everybody's, and nobody else's.  302 where the page first asks for the password again,
# 404 where there is no second factor yet.
ACCOUNT: dict[str, Row] = {
    "GET account_login": Row(EVERYONE, 302, visitor=200),
    "POST account_login": Row(EVERYONE, 302, visitor=200),
    "GET account_logout": Row(EVERYONE),
    "POST account_logout": Row(EVERYONE, 302),
    "GET account_inactive": public(),
    "GET account_change_password": Row(EVERYONE),
    "POST account_change_password": Row(EVERYONE),
    "GET account_reauthenticate": Row(EVERYONE),
    "POST account_reauthenticate": Row(EVERYONE),
    "GET mfa_index": Row(EVERYONE),
    "GET mfa_authenticate": Row(EVERYONE, 302),
    "POST mfa_authenticate": Row(EVERYONE, 302),
    "GET mfa_reauthenticate": Row(EVERYONE, 302),
    "POST mfa_reauthenticate": Row(EVERYONE, 302),
    "GET mfa_activate_totp": Row(EVERYONE, 302),
    "POST mfa_activate_totp": Row(EVERYONE, 302),
    "GET mfa_deactivate_totp": Row(EVERYONE, 404),
    "POST mfa_deactivate_totp": Row(EVERYONE, 404),
    "GET mfa_view_recovery_codes": Row(EVERYONE, 404),
    "GET mfa_generate_recovery_codes": Row(EVERYONE, 302),
    "POST mfa_generate_recovery_codes": Row(EVERYONE, 302),
    "GET mfa_download_recovery_codes": Row(EVERYONE, 404),
    "GET set_language": public(302),
    "POST set_language": Row(EVERYONE, 302, form=lambda _world: {"language": "en"}),
}

API: dict[str, Row] = {
    "GET /api/openapi.json": public(),
    "GET /api/": public(404),
    "GET /api/{rest}": public(404, args=lambda _world: {"rest": "nothing"}),
    "GET /api/county": operation(EVERYONE),
    "GET /api/plans": operation(BOARD),
    "GET /api/plans/current": operation(BOARD),
    "GET /api/plans/{public_id}": operation(BOARD, args=_plan),
    "GET /api/plans/{public_id}/versions": operation(BOARD, args=_plan),
    "GET /api/plans/{public_id}/tasks": operation(BOARD, args=_plan),
    "GET /api/plans/{public_id}/tasks.xlsx": operation(BOARD, args=_plan),
    "GET /api/plans/{public_id}/tasks.docx": operation(BOARD, args=_plan),
    "GET /api/versions/{public_id}": operation(READERS, args=_draft),
    "GET /api/versions/{public_id}/changes": operation(
        READERS, args=lambda world: {"public_id": world.draft.public_id, "since": world.version.public_id}
    ),
    "GET /api/drafts": operation(READERS),
    "POST /api/drafts": operation(OFFICER, 201, form=_document),
    "POST /api/drafts/{public_id}/adopt": operation(OFFICER, args=_draft),
    "DELETE /api/drafts/{public_id}": operation(OFFICER, 204, args=_draft),
    "POST /api/policy/compile": operation(BOARD, form=_document),  # computes, keeps nothing
    "GET /api/tasks/{public_id}": operation(BOARD, special=NOT_THE_CLERKS, args=_task),
    "PUT /api/tasks/{public_id}/measures": operation(
        OFFICER,
        args=_task,
        json=lambda world: {"revision": world.task.revision, "targets": {"task.evidence": "3"}},
    ),
    "GET /api/tasks/{task_id}/evidence": operation(BOARD, special=NOT_THE_CLERKS, args=_task_id),
    "POST /api/tasks/{task_id}/evidence": operation(
        FILERS, 201, special=NOT_THE_CLERKS, args=_task_id, form=_filing("unit_id")
    ),
    "GET /api/evidence/{public_id}": operation(BOARD, special=NOT_THE_CLERKS, args=_evidence),
    "GET /api/evidence/{public_id}/file": operation(BOARD, special=NOT_THE_CLERKS, args=_evidence),
    "POST /api/evidence/{public_id}/withdraw": operation(
        FILERS, special=NOT_THE_CLERKS, args=_evidence, json=_reason
    ),
    "GET /api/indicators": operation(BOARD),
    "GET /api/indicators/{name}": operation(BOARD, args=lambda _world: {"name": "plan.tasks"}),
    "GET /api/units": operation(READERS),
    "POST /api/units": operation(RUNNERS, 201, json=_unit_fields(0)),
    "GET /api/units/{unit_id}": operation(READERS, args=_unit),
    "PUT /api/units/{unit_id}": operation(RUNNERS, args=_unit, json=_unit_fields(1)),
    "POST /api/units/{unit_id}/aliases": operation(
        RUNNERS, 201, args=_unit, json=lambda _world: {"name": "区供水局"}
    ),
    "GET /api/users": operation(KEEPERS),
    "POST /api/users": operation(ADMIN, 201, json=_new_person),
    "GET /api/users/{public_id}": operation(KEEPERS, args=_clerk),
    "PUT /api/users/{public_id}/roles": operation(
        ADMIN, args=_clerk, json=lambda world: {"revision": world.people["clerk"].revision, "roles": []}
    ),
    "POST /api/users/{public_id}/erase": operation(ADMIN, args=_clerk, json=_erasure),
    "POST /api/users/{public_id}/password": operation(ADMIN, args=_clerk, json=_password),
    "GET /api/days": operation(READERS),
    "POST /api/days": operation(RUNNERS, 202),
    "GET /api/days/{public_id}": operation(READERS, args=_day),
    "GET /api/log": operation(EVERYONE),
    "GET /api/log/leaves": operation(EVERYONE),
    "GET /api/log/leaves/{index}": operation(EVERYONE, args=_leaf),
    "GET /api/log/leaves/{index}/openings": operation(frozenset({"officer", "auditor"}), args=_leaf),
    "GET /api/log/leaves/{index}/proof": operation(EVERYONE, args=_leaf),
}

PAGES = PORTAL | STAFF | ACCOUNT
