"""The reviewed table: what every page and every operation answers to each role and to the visitor.

A change here is a change of who may see or do what: read it as such.  ``test_every_route.py`` walks
it; a route without a row fails there, and so does a row without a route.

Pages are named by their URL name, operations by their path.  A page that a person may not use
answers 403, a thing outside their scope 404 (its existence is not told); a visitor is sent to the
sign-in page (302) by a page and told 401 by an operation.
"""

from __future__ import annotations

from tests.web.certificate_routes import CERTIFICATE_API, CERTIFICATE_PORTAL, CERTIFICATE_STAFF
from tests.web.fleet_intake_routes import FLEET_INTAKE, FLEET_INTAKE_API
from tests.web.fleet_routes import FLEET
from tests.web.followup_routes import FOLLOW_UPS, FOLLOW_UPS_PORTAL
from tests.web.laboratory_routes import LABORATORY_ROUTES
from tests.web.lots_routes import LOTS, LOTS_PORTAL
from tests.web.manufacturer_routes import MANUFACTURER_API, MANUFACTURER_PORTAL, MANUFACTURERS
from tests.web.route_requests import (
    RULE_FILE,
    _appointment,
    _certificate,
    _changed_instrument,
    _clerk,
    _comparison,
    _condition_act,
    _day,
    _document,
    _draft,
    _erasure,
    _evidence,
    _feed,
    _filing,
    _filing_of_many,
    _headings,
    _imported,
    _instrument,
    _instrument_act,
    _instrument_form,
    _instrument_id,
    _leaf,
    _ledger,
    _market,
    _measures_form,
    _model,
    _model_text,
    _model_withdrawal,
    _new_instrument,
    _new_person,
    _other_ledger,
    _pair,
    _party,
    _party_form,
    _password,
    _place,
    _place_form,
    _plan,
    _readings,
    _reason,
    _roles_form,
    _rule,
    _rule_version,
    _stopping,
    _submitted,
    _submitted_id,
    _task,
    _task_id,
    _tried,
    _undo,
    _unit,
    _unit_fields,
    _verification,
)
from tests.web.route_row import (
    ADMIN,
    BOARD,
    DUE,
    EVERYONE,
    FILERS,
    FILTERING,
    FOR_OTHERS,
    IN_CHARGE,
    KEEPERS,
    LABORATORY,
    MODELS,
    NOT_THE_CLERKS,
    OFFICER,
    PARTY,
    READERS,
    REGISTERING,
    RUNNERS,
    Row,
    operation,
    public,
)
from tests.web.verification_routes import VERIFICATION_ROUTES

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
    "GET portal:open_instruments": public(404),  # no county day has written it yet
    "GET portal:open_certificates": public(404),
    "GET portal:open_standards": public(404),
    "GET portal:open_meters": public(404),
    "GET portal:registry": public(),
    "GET portal:bench": public(),
    "POST portal:bench": public(form=_model_text),
    "POST portal:bench_file": public(args=lambda _world: {"kind": "model.yaml"}, form=_model_text),
    "GET portal:judge": public(),
    "POST portal:judge": public(form=_readings),
    "POST portal:judge_readings": public(form=_readings),
    "GET portal:judge_template": public(404),  # no kind is asked for
    "GET portal:label": public(args=lambda world: {"code": world.instrument.label_code}),
    "GET portal:feed": public(args=lambda world: {"token": world.feed.token}),
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
    "GET staff:due": Row(DUE),
    "GET staff:due_calendar": Row(DUE),
    "GET staff:due_forecast": Row(DUE),
    "GET staff:due_map": Row(DUE),
    "GET staff:due_waves": Row(DUE),
    "POST staff:due_waves": Row(OFFICER, 302, form=lambda _world: {"all": "1"}),
    "GET staff:due_appointment": Row(DUE, args=_appointment),
    "GET staff:due_appointment_cancel": Row(OFFICER, args=_appointment),
    "POST staff:due_appointment_cancel": Row(OFFICER, 302, args=_appointment, form=_reason),
    "GET staff:imports": Row(OFFICER),
    "POST staff:imports": Row(OFFICER, 302, form=_ledger),
    "GET staff:import_example": Row(OFFICER),
    "GET staff:import_batch": Row(OFFICER, args=_imported),
    "GET staff:import_headings": Row(OFFICER, args=_tried),
    "POST staff:import_headings": Row(OFFICER, 302, args=_tried, form=_headings),
    "POST staff:import_try": Row(
        OFFICER,
        302,
        args=_tried,
        form=lambda world: {"revision": world.tried_batch.revision, "filing": "submitted"},
    ),
    "POST staff:import_confirm": Row(
        OFFICER, 302, args=_tried, form=lambda world: {"revision": world.tried_batch.revision}
    ),
    "GET staff:import_status": Row(OFFICER, args=_imported),
    "POST staff:import_stop": Row(OFFICER, 302, args=_imported),
    "POST staff:import_resume": Row(OFFICER, 302, args=_imported),
    "POST staff:import_discard": Row(OFFICER, 302, args=_tried),
    "POST staff:import_undo": Row(OFFICER, 302, args=_imported, form=_undo),
    "GET staff:import_rejected": Row(OFFICER, args=_imported),
    "GET staff:comparisons": Row(OFFICER),
    "POST staff:comparisons": Row(OFFICER, 302, form=_other_ledger),
    "GET staff:ecqs_sheet": Row(OFFICER),
    "GET staff:comparison": Row(OFFICER, args=_comparison),
    "POST staff:comparison_resolve": Row(
        OFFICER, 302, args=_comparison, form=lambda _world: {"all": "1", "resolution": "keep_ours"}
    ),
    "GET staff:rules": Row(EVERYONE),
    "GET staff:rule": Row(EVERYONE, args=_rule),
    "POST staff:rule": Row(
        OFFICER,
        302,
        args=lambda world: {"public_id": world.coming_rule.public_id},
        form=lambda world: {"revision": world.coming_rule.revision, "against": "JJG 1204", "clause": "1"},
        special={"officer": 409},  # its period was not found: it needs a new version first
    ),
    "GET staff:rule_file": Row(EVERYONE, args=_rule),
    "GET staff:rule_new": Row(OFFICER, args=_rule),
    "POST staff:rule_new": Row(OFFICER, 302, args=_rule, form=_rule_version),
    "GET staff:rules_what_if": Row(OFFICER),
    "POST staff:rules_what_if": Row(OFFICER, form=lambda _world: {"on": "2027-01-08"}),
    "POST staff:rules_add_file": Row(OFFICER, 302, form=lambda _world: {"text": RULE_FILE}),
    "GET staff:models": Row(MODELS),
    "POST staff:model_save": Row(
        LABORATORY, 302, form=lambda world: {**_model_text(world), "save": "new", "unit": world.laboratory.pk}
    ),
    "GET staff:model": Row(MODELS, args=_model),
    "GET staff:model_withdraw": Row(LABORATORY, args=_model),
    "POST staff:model_withdraw": Row(LABORATORY, 302, args=_model, form=_model_withdrawal),
    "GET staff:labels": Row(REGISTERING),
    "POST staff:labels": Row(REGISTERING, form=lambda _world: {"sheet": "70x37", "skip": "0"}),
    "GET staff:notices": Row(DUE),
    "GET staff:notices_pdf": Row(DUE),
    "GET staff:notices_word": Row(DUE),
    "GET staff:feeds": Row(DUE),
    "POST staff:feed_open": Row(PARTY, 302, form=lambda world: {"owner": world.party.public_id}),
    "POST staff:feed_renew": Row(PARTY, 302, args=_feed),
    "POST staff:feed_close": Row(PARTY, 302, args=_feed),
    "GET staff:instrument_new": Row(REGISTERING),
    "POST staff:instrument_new": Row(REGISTERING, 302, form=_instrument_form("N001")),
    "GET staff:instrument_answer": Row(REGISTERING),
    "GET staff:instrument_twins": Row(REGISTERING),
    "GET staff:instrument_names": Row(REGISTERING),
    "GET staff:market_door": Row(FOR_OTHERS),
    "POST staff:market_door": Row(FOR_OTHERS, 302, form=_market),
    "POST staff:door_check": Row(
        FOR_OTHERS, json=lambda _world: {"serials": ["D001"], "manufacturer": "演示"}
    ),
    "GET staff:market_door_result": Row(FOR_OTHERS),
    "POST staff:market_door_submit": Row(FOR_OTHERS, 302),
    "GET staff:duplicates": Row(OFFICER),
    "POST staff:duplicates_merge": Row(OFFICER, 302, form=_pair),
    "POST staff:duplicates_apart": Row(OFFICER, 302, form=_pair),
    "GET staff:instrument": Row(DUE, args=_instrument),
    "GET staff:instrument_edit": Row(REGISTERING, args=_instrument),
    "POST staff:instrument_edit": Row(REGISTERING, 302, args=_instrument, form=_instrument_form("N002")),
    "POST staff:instrument_submit": Row(
        REGISTERING, 302, args=lambda world: {"public_id": world.draft_instrument.public_id}
    ),
    "POST staff:instrument_file": Row(OFFICER, 302, args=_submitted),
    "POST staff:instrument_return": Row(OFFICER, 302, args=_submitted, form=_reason),
    "GET staff:instrument_verify": Row(OFFICER, args=_instrument),
    "POST staff:instrument_verify": Row(OFFICER, 302, args=_instrument, form=_certificate),
    "GET staff:instrument_act": Row(IN_CHARGE, args=_instrument_act),
    "POST staff:instrument_act": Row(IN_CHARGE, 302, args=_instrument_act, form=_stopping),
    # This event has no file; those that have one are tried in staff/test_instrument_pages.py.
    "GET staff:instrument_event_file": Row(
        DUE, 404, args=lambda world: {**_instrument(world), "event_id": 1}
    ),
    "GET staff:instruments": Row(DUE),
    "GET staff:instruments_export": Row(DUE),
    "GET staff:instruments_xlsx": Row(DUE),
    "GET staff:instruments_csv": Row(DUE),
    "POST staff:instruments_bulk": Row(OFFICER, 302, form=_filing_of_many),
    "POST staff:filter_save": Row(FILTERING, 302, form=lambda _world: {"name": "本镇", "query": "town=1"}),
    "POST staff:filter_delete": Row(
        FILTERING,
        404,  # of another person: that it exists is not told
        args=lambda world: {"filter_id": world.saved_filter.pk},
        special={"officer": 302},
    ),
    "GET staff:places": Row(DUE),
    "GET staff:place_new": Row(OFFICER),
    "POST staff:place_new": Row(OFFICER, 302, form=_place_form(0)),
    "GET staff:place": Row(DUE, args=_place),
    "POST staff:place": Row(OFFICER, 302, args=_place, form=_place_form(1)),
    "GET staff:parties": Row(DUE),
    "GET staff:party_new": Row(OFFICER),
    "POST staff:party_new": Row(OFFICER, 302, form=_party_form(0)),
    "GET staff:party": Row(DUE, args=_party),
    "POST staff:party": Row(OFFICER, 302, args=_party, form=_party_form(2)),
    "POST staff:party_account": Row(OFFICER, 302, args=_party),
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
    "GET /api/instruments": operation(DUE),
    "POST /api/instruments": operation(REGISTERING, 201, json=_new_instrument),
    "GET /api/instruments/{public_id}": operation(DUE, args=_instrument_id),
    "PUT /api/instruments/{public_id}": operation(REGISTERING, args=_instrument_id, json=_changed_instrument),
    "POST /api/instruments/{public_id}/submit": operation(
        REGISTERING, args=lambda world: {"public_id": world.draft_instrument.public_id}
    ),
    "POST /api/instruments/{public_id}/file": operation(OFFICER, args=_submitted_id),
    "POST /api/instruments/{public_id}/return": operation(OFFICER, args=_submitted_id, json=_reason),
    "POST /api/instruments/{public_id}/condition": operation(
        IN_CHARGE, args=_instrument_id, form=_condition_act
    ),
    "GET /api/instruments/{public_id}/verifications": operation(DUE, args=_instrument_id),
    "POST /api/instruments/{public_id}/verifications": operation(
        OFFICER, 201, args=_instrument_id, json=_verification
    ),
    "GET /api/places": operation(DUE),
    "POST /api/places": operation(OFFICER, 201, json=_place_form(0)),
    "GET /api/places/{public_id}": operation(DUE, args=_place),
    "PUT /api/places/{public_id}": operation(OFFICER, args=_place, json=_place_form(1)),
    "GET /api/parties": operation(DUE),
    "POST /api/parties": operation(OFFICER, 201, json=_party_form(0)),
    "GET /api/parties/{public_id}": operation(DUE, args=_party),
    "PUT /api/parties/{public_id}": operation(OFFICER, args=_party, json=_party_form(2)),
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

STAFF |= LABORATORY_ROUTES
STAFF |= FLEET
STAFF |= MANUFACTURERS
PORTAL |= MANUFACTURER_PORTAL
STAFF |= LOTS
PORTAL |= LOTS_PORTAL
STAFF |= FOLLOW_UPS
PORTAL |= FOLLOW_UPS_PORTAL
STAFF |= FLEET_INTAKE
API |= FLEET_INTAKE_API
STAFF |= VERIFICATION_ROUTES
PORTAL |= CERTIFICATE_PORTAL
STAFF |= CERTIFICATE_STAFF
API |= CERTIFICATE_API
API |= MANUFACTURER_API
PAGES = PORTAL | STAFF | ACCOUNT
