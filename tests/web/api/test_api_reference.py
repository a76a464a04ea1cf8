"""docs/reference/api.md against the OpenAPI; what the OpenAPI must say of every operation."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from quanheng.web.api import api
from tests.conftest import ROOT

REFERENCE = ROOT / "docs/reference/api.md"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) as the OpenAPI lists them."""
    paths = api.get_openapi_schema()["paths"]
    return [
        (method.upper(), path, found) for path, methods in paths.items() for method, found in methods.items()
    ]


def table() -> str:
    """Return the table of operations as the reference must hold it."""
    lines = ["| 操作 | 路径 | 作用 | 成功 |", "|---|---|---|---|"]
    for method, path, operation in operations():
        done = min(int(status) for status in operation["responses"])
        lines.append(f"| {method} | `{path}` | {operation['summary']} | {done} |")
    return "\n".join(lines)


def test_the_reference_lists_every_operation() -> None:
    assert table() in REFERENCE.read_text(encoding="utf-8"), f"the table should be:\n{table()}"


def test_every_operation_documents_its_refusals_as_problems() -> None:
    for method, path, operation in operations():
        refusals = {401, 403, 422} | ({404} if path != "/api/readings" else set())  # names no record
        assert refusals <= {int(status) for status in operation["responses"]}, (method, path)
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (method, path, status)


def test_every_operation_has_a_short_name_of_its_own() -> None:
    names = [operation["operationId"] for _method, _path, operation in operations()]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "quanheng" in name]


@pytest.mark.django_db
def test_no_page_of_the_api_loads_anything_from_elsewhere() -> None:
    assert Client().get("/api/docs").status_code == 404
    assert Client().get("/api/openapi.json").json()["info"]["title"] == "权衡"
