"""The JSON Schema of the procedure format."""

from __future__ import annotations

import json
from typing import Any

from quanheng.kernels.procedures.model import Procedure


def procedure_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a procedure file, with the descriptions of its fields."""
    schema = Procedure.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Procedure"}


def schema_text() -> str:
    """Return the schema as it stands in docs/reference/procedure.schema.json."""
    return json.dumps(procedure_schema(), ensure_ascii=False, indent=1) + "\n"
