"""Generated requests, valid and not, against every operation: no fault of ours, answers as documented."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quanheng.certificates.models import Certificate
from quanheng.config.wsgi import application
from quanheng.core.enums import Role
from quanheng.core.models import RoleAssignment, User
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.verification.models import Application, Verification
from tests.web.routes import API
from tests.web.world import World, build_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def conforming_world(people: dict[str, User]) -> World:
    """One person may do everything here, so that requests get past the door."""
    world = build_world(people)
    county_wide = {"user": people["officer"], "unit": world.unit}
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        RoleAssignment.objects.create(role=role, **county_wide)
    return world


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_generated_request_finds_a_fault(conforming_world: World, as_person, mode: GenerationMode) -> None:
    cookies = {name: morsel.value for name, morsel in as_person("officer").cookies.items()}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 40
    faults = []
    for operation in operations:
        try:
            _probe(operation, mode, conforming_world, cookies)
        except (AssertionError, BaseExceptionGroup) as fault:
            faults.append(f"{operation.label}\n{fault}")
    assert not faults, "\n\n".join(faults)


def _probe(operation, mode: GenerationMode, world: World, cookies: dict[str, str]) -> None:
    """Try one operation; ids in its path are those of things that exist in every second example."""
    existing = _existing(world)

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_of_something=st.booleans())
    def try_one(case, is_of_something: bool) -> None:
        if is_of_something and operation.path in existing:
            case.path_parameters = existing[operation.path]
        case.call_and_validate(cookies=cookies, headers={"X-CSRFToken": cookies["csrftoken"]}, checks=CHECKS)

    try_one()


def _existing(world: World) -> dict[str, dict[str, object]]:
    things = {"plans": world.plan, "versions": world.version, "tasks": world.task, "evidence": world.evidence}
    things |= {"days": world.day, "drafts": world.draft, "users": world.people["clerk"]}
    things |= {"instruments": world.instrument, "places": world.place, "parties": world.party}
    things |= {
        "manufacturers": Authorisation.objects.all()[0],
        "factory-data": FactoryUpload.objects.all()[0],
    }
    things |= {"applications": Application.objects.all()[0], "verifications": Verification.objects.all()[0]}
    paths = {name.split(" ")[1] for name in API}
    ids = {
        path: {"task_id" if "{task_id}" in path else "public_id": str(things[path.split("/")[2]].public_id)}
        for path in paths
        if "_id}" in path and "{unit_id}" not in path
    }
    units = {path: {"unit_id": world.unit.pk} for path in paths if "{unit_id}" in path}
    leaves = {path: {"index": 1} for path in paths if "{index}" in path}
    number = Certificate.objects.all()[0].number
    leaves |= {path: {"number": number} for path in paths if "{number}" in path}
    return ids | units | leaves | {"/api/indicators/{name}": {"name": "task.evidence"}}
