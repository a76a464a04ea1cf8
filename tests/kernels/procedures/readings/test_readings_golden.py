"""Every golden result comes out of the files that people hand in, too."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import yaml

from quanheng.kernels.procedures import Judgement, Procedure, Stage, judge
from quanheng.kernels.procedures.readings import documents_of, read_documents, read_readings
from quanheng.kernels.procedures.readings.fields import Fields, Scope
from quanheng.kernels.procedures.readings.tables import sheet_names
from quanheng.kernels.procedures.template import template
from tests.kernels.procedures.test_golden import Case, cases, procedure_of, result_of


def document_of(case: Case) -> dict[str, Any]:
    checks = {name: case.said["checks"].get(name, True) for name in procedure_of(case).checks}
    parts = ("instrument", "environment", "standard", "given", "readings", "stage")
    return {**{part: case.said[part] for part in parts}, "checks": checks}


def same(one: Judgement, other: Judgement) -> bool:
    return one.outcome(0) is other.outcome(0) and repr(list(one.points(0))) == repr(list(other.points(0)))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_yaml_file_gives_the_golden_result(case: Case) -> None:
    procedure = procedure_of(case)
    text = yaml.safe_dump(document_of(case), allow_unicode=True, sort_keys=False)
    found = read_readings(text.encode(), "readings.yaml", procedure)
    assert found.stage is not None
    assert same(judge(procedure, found.sheet, found.stage), result_of(case))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_filled_form_gives_the_golden_result(case: Case) -> None:
    procedure = procedure_of(case)
    document = documents_of(procedure, read_documents(document_of(case), procedure))[0]
    data = filled(procedure, document, Stage(case.said["stage"]))
    found = read_readings(data, "form.xlsx", procedure)
    assert same(judge(procedure, found.sheet, Stage(case.said["stage"])), result_of(case))


def filled(procedure: Procedure, document: Mapping[str, Any], stage: Stage) -> bytes:
    """Return the form as somebody fills it in who sees its headings only."""
    fields = Fields(procedure)
    book = openpyxl.load_workbook(BytesIO(template(procedure)))
    for scope, title in (
        *((Scope.INSTRUMENT, "器具"), (Scope.CHECKS, "外观检查")),
        *((Scope.ENVIRONMENT, "环境与标准器"), (Scope.STANDARD, "环境与标准器")),
    ):
        for name, value in document.get(scope, {}).items():
            heading = fields.heading(fields.of(scope)[name])
            line = next(row for row in book[title].iter_rows() if row[0].value == heading)
            line[3].value = value
    for key, rows in document.get("readings", {}).items():
        sheet = book[sheet_names(procedure)[key]]
        sheet.delete_rows(2, sheet.max_row)
        columns = {cell.value: cell.column for cell in sheet[1]}
        given = document.get("given", {}).get(key, {})
        for number, row in enumerate(rows, 2):
            for name, value in row.items():
                scope = Scope.READINGS if name in procedure.tests[key].readings else Scope.STANDARD
                field = fields.of(scope, key if scope is Scope.READINGS else "")[name]
                sheet.cell(number, columns[fields.heading(field, with_unit=True)]).value = value
            for name, value in given.items() if number == 2 else ():
                heading = fields.heading(fields.of(Scope.GIVEN, key)[name], with_unit=True)
                sheet.cell(number, columns[heading]).value = value
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
