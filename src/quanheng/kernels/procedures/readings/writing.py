"""Readings → documents of the shape of a YAML file, which `read_documents` reads again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quanheng.kernels.procedures.model import Procedure, Quantity
from quanheng.kernels.procedures.readings.assemble import Readings
from quanheng.kernels.procedures.sheet import FAILED, PASSED, Codes, Column

_SAID = {PASSED: "合格", FAILED: "不合格"}


def documents_of(procedure: Procedure, readings: Readings) -> list[dict[str, Any]]:
    """Return a document for each instrument: identifiers as keys, numbers in the units of the procedure."""
    return [_document(procedure, readings, at) for at in range(len(readings.names))]


def _document(procedure: Procedure, readings: Readings, at: int) -> dict[str, Any]:
    sheet = readings.sheet
    parts: dict[str, Any] = {
        "id": readings.names[at],
        "stage": readings.stage.value if readings.stage else "",
        "instrument": _cells(procedure.instrument, sheet.instrument, at),
        "environment": _cells(procedure.environment, sheet.environment, at),
        "standard": _cells(procedure.standard.fields, sheet.standard, at),
        "given": {},
        "readings": {},
        "checks": _checks(sheet.checks, at),
    }
    for key, columns in sheet.given.items():
        if cells := _cells(procedure.tests[key].given, columns, at):
            parts["given"][key] = cells
    for key, rows in sheet.tests.items():
        known: Mapping[str, Quantity] = {**procedure.standard.fields, **procedure.tests[key].readings}
        first, last = np.searchsorted(rows.owner, [at, at + 1])
        if last > first:
            parts["readings"][key] = [_cells(known, rows.columns, row) for row in range(first, last)]
    return {key: value for key, value in parts.items() if value}


def _cells(known: Mapping[str, Quantity], columns: Mapping[str, Column], at: int) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, column in columns.items():
        choices, value = known[name].choices, column[at]
        if choices is not None:
            if value >= 0:
                cells[name] = choices[int(value)]
        elif not np.isnan(value):
            cells[name] = int(value) if float(value).is_integer() and abs(value) < _EXACT else float(value)
    return cells


def _checks(checks: Mapping[str, Codes], at: int) -> dict[str, str]:
    return {name: _SAID[int(column[at])] for name, column in checks.items() if int(column[at]) in _SAID}


_EXACT = 2.0**53
