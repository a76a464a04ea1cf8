"""Readings as people hand them in, YAML, CSV, Excel or a form, → a `Sheet`; everything wrong is said with its place."""

from __future__ import annotations

from typing import Any

from quanheng.kernels.procedures.coverage import point_column
from quanheng.kernels.procedures.model import Procedure
from quanheng.kernels.procedures.readings.assemble import Readings, assemble
from quanheng.kernels.procedures.readings.documents import document_grids, yaml_grids
from quanheng.kernels.procedures.readings.owners import stage_of
from quanheng.kernels.procedures.readings.places import BadReadings, Place, Problem, Problems
from quanheng.kernels.procedures.readings.points import PlannedRow, planned_rows
from quanheng.kernels.procedures.readings.tables import table_grids
from quanheng.kernels.procedures.readings.writing import documents_of
from quanheng.kernels.procedures.sheet import NOT_CHECKED

__all__ = [
    "BadReadings",
    "Place",
    "PlannedRow",
    "Problem",
    "Readings",
    "documents_of",
    "planned_rows",
    "point_column",
    "read_documents",
    "read_readings",
    "stage_of",
]

_YAML = (".yaml", ".yml", ".json")


def read_readings(data: bytes, filename: str, procedure: Procedure) -> Readings:
    """Return the readings of a file: YAML by its name, else a workbook or CSV by what it contains.

    Raises
    ------
    BadReadings
        With all that is wrong, and where.
    """
    problems = Problems()
    if filename.casefold().endswith(_YAML):
        grids = yaml_grids(data, procedure, problems)
    else:
        grids = table_grids(data, filename, procedure, problems)
    readings = assemble(procedure, grids, problems)
    checked = any((codes != NOT_CHECKED).any() for codes in readings.sheet.checks.values())
    if not readings.sheet.tests and not checked:
        raise BadReadings((Problem(Place(), "没有读数。"),))
    return readings


def read_documents(documents: Any, procedure: Procedure) -> Readings:
    """Return the readings of a document of the shape of a YAML file, or of a list of them; there may be none yet.

    Raises
    ------
    BadReadings
        The path of each place is that of the cell in the document; in a list ("instruments", 0, ...).
    """
    problems = Problems()
    return assemble(procedure, document_grids(documents, procedure, problems), problems)
