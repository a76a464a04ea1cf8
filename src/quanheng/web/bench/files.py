"""What the bench hands out: the model as it stands, the result, the budget as a workbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import xlsxwriter
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from quanheng.evaluations.evaluating import Evaluation, evaluate_text, report_of
from quanheng.evaluations.turns import turn
from quanheng.kernels.uncertainty.combine import Output
from quanheng.web.bench import shown
from quanheng.web.bench.asked import Asked

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = (14, 30, 16, 10, 20, 16, 10, 16, 16, 10)


def model_file(asked: Asked) -> HttpResponse:
    """Return the model as it stands, also one that is wrong: what somebody wrote is theirs."""
    return _download("model.yaml", "application/yaml", asked.text.encode())


def result_file(asked: Asked) -> HttpResponse:
    """Return what the command prints with ``--json``; raises BenchBusy, and what `report_of` raises."""
    with turn():
        found = report_of(asked.text, trials=asked.trials, seed=asked.seed)
        text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    return _download("result.json", "application/json", text.encode())


def budget_file(asked: Asked) -> HttpResponse:
    """Return the budget of each output, and how it came about; raises BenchBusy, and what `evaluate_text` raises."""
    with turn():
        return _download("budget.xlsx", _XLSX, _budget_book(asked))


def _budget_book(asked: Asked) -> bytes:
    evaluation = evaluate_text(asked.text, trials=0, seed=asked.seed, point=asked.point - 1)
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for number, output in enumerate(evaluation.result.outputs, 1):
            _budget_sheet(
                book.add_worksheet(_("预算 %(number)s") % {"number": number}), bold, evaluation, output
            )
        _source_sheet(book.add_worksheet(_("如何得出")), asked)
    return file.getvalue()


def _budget_sheet(sheet: Any, bold: Any, evaluation: Evaluation, output: Output) -> None:
    """Write what an auditor recomputes: numbers as numbers, not rounded."""
    at, model = evaluation.point, evaluation.model
    sheet.write_string(0, 0, shown.result_line(evaluation, output, at).sentence)
    heads = (
        *(_("输入量"), _("说明"), _("估计值"), _("单位"), _("分布"), _("标准不确定度"), _("自由度")),
        *(_("灵敏系数"), _("不确定度分量"), _("占方差")),
    )
    for column, (head, width) in enumerate(zip(heads, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, head, bold)
    for row, (known, part) in enumerate(zip(model.inputs, output.budget, strict=True), 3):
        cells: tuple[str | float, ...] = (
            *(
                known.name,
                known.label,
                float(known.estimate[at]),
                known.unit,
                shown.distribution_words(known),
            ),
            *(float(known.standard_uncertainty[at]), float(known.degrees_of_freedom[at])),
            *(float(part.sensitivity[at]), float(part.contribution[at]), float(part.share[at])),
        )
        for column, cell in enumerate(cells):
            _write(sheet, row, column, cell)
    totals = (
        (_("合成标准不确定度"), float(output.standard_uncertainty[at])),
        (_("有效自由度"), float(output.degrees_of_freedom[at])),
        (_("包含因子"), float(output.coverage_factor[at])),
        (_("包含概率"), float(output.coverage_probability[at])),
        (_("扩展不确定度"), float(output.expanded_uncertainty[at])),
    )
    for row, (word, number) in enumerate(totals, 4 + len(model.inputs)):
        sheet.write_string(row, 0, word, bold)
        _write(sheet, row, 2, number)


def _source_sheet(sheet: Any, asked: Asked) -> None:
    sheet.set_column(0, 0, 100)
    sheet.write_string(
        0, 0, _("把下面的模型存为 model.yaml，再运行：%(command)s") % {"command": asked.command}
    )
    for row, line in enumerate(asked.text.splitlines(), 2):
        sheet.write_string(row, 0, line)


def _write(sheet: Any, row: int, column: int, cell: str | float) -> None:
    """Write a cell; Excel has no infinite numbers."""
    if isinstance(cell, str) or cell != cell or abs(cell) == float("inf"):  # noqa: PLR0124  NaN
        sheet.write_string(row, column, cell if isinstance(cell, str) else "∞")
    else:
        sheet.write_number(row, column, cell)


def _download(name: str, kind: str, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    return response


FILES: dict[str, Callable[[Asked], HttpResponse]] = {
    "model.yaml": model_file,
    "result.json": result_file,
    "budget.xlsx": budget_file,
}
