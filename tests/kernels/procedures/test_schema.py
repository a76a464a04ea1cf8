"""The published schema is the one of the models, and describes the packaged files."""

from __future__ import annotations

import json
from pathlib import Path

from quanheng.kernels.procedures.schema import procedure_schema, schema_text

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "procedure.schema.json"


def test_the_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_it_names_every_part_of_the_format_and_nothing_else_is_allowed() -> None:
    schema = procedure_schema()
    assert set(schema["required"]) == {"format", "regulation", "serves"}
    assert all(
        not part["additionalProperties"]
        for part in (schema, *schema["$defs"].values())
        if "properties" in part
    )
    assert {"from", "above", "to", "below"} <= set(schema["$defs"]["TableRow"]["properties"])
    assert json.loads(schema_text()) == schema
