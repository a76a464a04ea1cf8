"""The workbook in which readings are taken down: `read_readings` reads it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import xlsxwriter

from quanheng.kernels.procedures.model import Procedure, Stage, Test
from quanheng.kernels.procedures.readings import PlannedRow, planned_rows, point_column
from quanheng.kernels.procedures.readings.fields import Field, Fields, Scope
from quanheng.kernels.procedures.readings.tables import (
    CHECKS,
    EXPLANATION,
    INSTRUMENTS,
    LAW,
    LEADING_COLUMNS,
    NAME,
    STAGE,
    SURROUNDINGS,
    sheet_names,
)
from quanheng.kernels.procedures.sheet import Column
from quanheng.kernels.procedures.wording import Wording
from quanheng.kernels.procedures.words import STAGES

MOST_INSTRUMENTS = 200
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_SPARE_ROWS = 10
_LONGEST_LIST = 255  # characters of the choices of a cell; Excel calls a file with more damaged
_FAR = 1e300
_POINT = "应检的点"
_HOW = (
    "浅黄色的格待填写，填好后变白。标题中有单位，数值按此单位填写；用其他单位时连单位一起写，如“1.5 kg”。",
    "“应检的点”一列写明要检什么。没有检的行不必填写；行数不够时接着往下写。",
    "一个检定项目只填一次的（如零点误差），填在该表的任意一行。",
    "外观检查填“合格”或“不合格”，没有检查的留空。",
    "几台器具一起检定时，每台的编号填在“器具”表中，各表的器具编号与它一致。",
)


class BadTemplate(ValueError):
    """A workbook that is not made; the reason is Chinese."""


def template(
    procedure: Procedure,
    *,
    stage: Stage | None = None,
    instruments: int = 1,
    known: Mapping[str, Column] | None = None,
    names: Sequence[str] = (),
) -> bytes:
    """Return an .xlsx to fill in: instruments, one sheet for each test, checks, surroundings, an explanation.

    Parameters
    ----------
    stage
        What the verification is for, if known; tests of other stages are then left out.
    instruments
        How many are to be verified.
    known
        What is known of all of them, as in `Sheet.instrument` with size 1: points are computed from it.
    names
        What they are called, each once, in the place of ``instruments``; else they are numbered.

    Raises
    ------
    BadTemplate
        A stage that the procedure does not have, or a number of instruments outside 1 to 200.
    """
    called = list(names) or [str(number + 1) if instruments > 1 else "" for number in range(instruments)]
    instruments = len(called)
    if not 1 <= instruments <= MOST_INSTRUMENTS:
        raise BadTemplate(f"器具台数应在 1 至 {MOST_INSTRUMENTS} 之间。")
    if stage is not None and stage not in procedure.stages:
        raise BadTemplate(f"{procedure.regulation.document} 没有“{STAGES[stage]}”。")
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        _Writer(book, procedure, stage, called, known or {}).write()
    return stream.getvalue()


class _Writer:
    def __init__(
        self,
        book: Any,
        procedure: Procedure,
        stage: Stage | None,
        names: Sequence[str],
        known: Mapping[str, Column],
    ) -> None:
        self._book, self._procedure, self._stage, self._known = book, procedure, stage, known
        self._names = names
        self._fields, self._wording = Fields(procedure), Wording(procedure)
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._wanted = book.add_format({"bg_color": "#FFF4C2", "border": 1, "border_color": "#BFBFBF"})
        self._cell = book.add_format({"border": 1, "border_color": "#BFBFBF"})

    def write(self) -> None:
        self._explanation()
        self._of_instruments()
        for name, sheet in sheet_names(self._procedure).items():
            test = self._procedure.tests[name]
            if self._stage is None or test.stages is None or self._stage in test.stages:
                self._of_test(name, test, sheet)
        if self._procedure.checks:
            self._of_checks()
        if self._procedure.environment or self._procedure.standard.fields:
            self._of_surroundings()
        self._book.worksheets()[1].activate()

    def _explanation(self) -> None:
        law = self._procedure.regulation
        sheet = self._sheet(EXPLANATION, (18, 92))
        sheet.write_string(0, 0, f"{law.document} {law.title}检定记录", self._title)
        since = f"{law.in_force_from} 起施行" if law.in_force_from else "施行日期未查到"
        until = f"，至 {law.in_force_to}" if law.in_force_to else ""
        lines = [("规程", f"{law.document} {law.title}，{since}{until}。{law.note}")]
        lines += [("填写", text) for text in _HOW]
        lines += [
            (test.title, f"{self._wording.test(test)}。{test.note}")
            for test in self._procedure.tests.values()
        ]
        lines.append(
            ("核对", "检定点和要求取自随软件提供的规程数据；未与正式文本核对的，判定结果中逐条注明。")
        )
        for row, (what, text) in enumerate(lines, 2):
            sheet.write_string(row, 0, what, self._text)
            sheet.write_string(row, 1, text, self._text)

    def _of_instruments(self) -> None:
        sheet = self._across(INSTRUMENTS)
        count = len(self._names)
        said = STAGES[self._stage] if self._stage else ""
        stages = [STAGES[stage] for stage in self._procedure.stages]
        self._line(sheet, 1, (NAME, "", "每台不同" if count > 1 else "可不填"), self._names)
        self._line(sheet, 2, (LAW, "", "不要改动"), [self._procedure.regulation.document] * count)
        self._line(sheet, 3, (STAGE, "", "各台相同"), [said] * count, stages)
        for row, (name, field) in enumerate(self._fields.of(Scope.INSTRUMENT).items(), 4):
            self._field(sheet, row, field, self._known_value(name, field))

    def _of_checks(self) -> None:
        sheet = self._across(CHECKS)
        blank = [""] * len(self._names)
        for row, (name, field) in enumerate(self._fields.of(Scope.CHECKS).items(), 1):
            check = self._procedure.checks[name]
            hint = self._wording.needed(check.required, check.stages)
            if check.when:
                hint += f"；限于{self._wording.conditions(check.when)}"
            self._line(sheet, row, (self._fields.heading(field), "", hint), blank, ("合格", "不合格"))

    def _of_surroundings(self) -> None:
        sheet = self._across(SURROUNDINGS)
        fields = [*self._fields.of(Scope.ENVIRONMENT).values(), *self._fields.of(Scope.STANDARD).values()]
        for row, field in enumerate(fields, 1):
            self._field(sheet, row, field, "")

    def _field(self, sheet: Any, row: int, field: Field, value: str | float) -> None:
        """Write the line of a field of instruments or surroundings."""
        quantity = field.quantity
        if quantity is not None:
            hint = self._wording.hint(quantity)
            lead = (self._fields.heading(field), str(field.unit or ""), hint)
            self._line(
                sheet, row, lead, [value] * len(self._names), field.choices, is_number=field.choices is None
            )

    def _of_test(self, name: str, test: Test, title: str) -> None:
        fields = [
            *self._fields.of(Scope.READINGS, name).values(),
            *self._fields.of(Scope.GIVEN, name).values(),
        ]
        sheet = self._sheet(title, (10, 18, *(14 for _ in fields)))
        headings = [NAME, _POINT, *(self._fields.heading(field, with_unit=True) for field in fields)]
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, self._head)
        for column, field in enumerate(fields, 2):
            if field.quantity is not None and (hint := self._wording.hint(field.quantity, test)):
                sheet.write_comment(0, column, hint)
        planned = planned_rows(self._procedure, name, self._stage or self._procedure.stages[0], self._known)
        row = 0
        for instrument in self._names:
            for point in planned:
                row += 1
                self._row(sheet, row, (instrument, self._point(point, test)), fields, point.cells)
        last = row + max(_SPARE_ROWS, test.least(self._stage or self._procedure.stages[0]))
        for spare in range(row + 1, last + 1):
            self._row(sheet, spare, ("", ""), fields, {})
        for column, field in enumerate(fields, 2):
            self._validate(sheet, (1, column, last, column), field.choices)
        self._mark_blank(sheet, fields, row)
        sheet.freeze_panes(1, 2)

    def _point(self, row: PlannedRow, test: Test) -> str:
        """Return the words of a point, with what it depends on as long as that is not known."""
        point, parts = row.point, []
        if not row.is_certain:
            parts.append(self._wording.conditions(point.when))
        if point.value is not None and point_column(test) not in row.cells:
            parts.append(self._wording.formula(point.value, test))
        return f"{point.label}（{'，'.join(parts)}）" if parts else point.label

    def _row(
        self,
        sheet: Any,
        row: int,
        lead: Sequence[str],
        fields: Sequence[Field],
        cells: Mapping[str, str | float],
    ) -> None:
        for column, text in enumerate(lead):
            sheet.write(row, column, text or None, self._cell)
        for column, field in enumerate(fields, len(lead)):
            sheet.write(
                row, column, cells.get(field.name) if field.scope is Scope.READINGS else None, self._cell
            )

    def _mark_blank(self, sheet: Any, fields: Sequence[Field], last: int) -> None:
        """Colour the cells of planned rows that wait for a reading."""
        for column, field in enumerate(fields, 2):
            if last and not field.may_be_blank:
                sheet.conditional_format(1, column, last, column, {"type": "blanks", "format": self._wanted})

    def _across(self, name: str) -> Any:
        sheet = self._sheet(name, (30, 8, 44, *(16 for _ in self._names)))
        many = len(self._names) > 1
        headings = [
            "项目",
            "单位",
            "填写说明",
            *(f"第 {n} 台" if many else "填写" for n in range(1, len(self._names) + 1)),
        ]
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, self._head)
        sheet.freeze_panes(1, 1)
        return sheet

    def _line(
        self,
        sheet: Any,
        row: int,
        lead: tuple[str, str, str],
        values: Sequence[str | float],
        choices: Sequence[str] | None = None,
        *,
        is_number: bool = False,
    ) -> None:
        for column, text in enumerate(lead):
            sheet.write(row, column, text or None, self._text)
        for column, value in enumerate(values, LEADING_COLUMNS):
            sheet.write(row, column, value if value != "" else None, self._cell)
        span = (row, LEADING_COLUMNS, row, LEADING_COLUMNS + len(values) - 1)
        if is_number or choices:
            self._validate(sheet, span, choices)
            sheet.conditional_format(*span, {"type": "blanks", "format": self._wanted})

    def _validate(self, sheet: Any, span: tuple[int, int, int, int], choices: Sequence[str] | None) -> None:
        """Offer choices, and ask about what is neither a number nor a number with a unit."""
        if choices is not None:
            if len(",".join(choices)) <= _LONGEST_LIST and not any("," in choice for choice in choices):
                sheet.data_validation(
                    *span, {"validate": "list", "source": list(choices), "error_title": "不在可选值之内"}
                )
            return
        asked = {"validate": "decimal", "criteria": "between", "minimum": -_FAR, "maximum": _FAR}
        said = {
            "error_type": "information",
            "error_title": "不是数",
            "error_message": "与标题不同的单位要写出来，如 1.5 kg。",
        }
        sheet.data_validation(*span, {**asked, **said})

    def _known_value(self, name: str, field: Field) -> str | float:
        column = self._known.get(name)
        if column is None:
            return ""
        if field.choices is not None:
            return field.choices[int(column[0])] if column[0] >= 0 else ""
        return "" if np.isnan(column[0]) else float(column[0])

    def _sheet(self, name: str, widths: Iterable[float]) -> Any:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet
