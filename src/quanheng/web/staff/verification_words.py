"""What the pages of verification share: states in words, lights of deadlines, the line of views, tables as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quanheng.regulations.packaged import working_calendar
from quanheng.verification.enums import ApplicationState, Conclusion, VerificationState
from quanheng.verification.models import Verification
from quanheng.web.auth import holds
from quanheng.web.lists import Filter, Option
from quanheng.web.staff.documents import file_response

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# css of components/status.html
APPLICATION_KIND = {
    ApplicationState.SUBMITTED: "unsure",
    ApplicationState.ACCEPTED: "going",
    ApplicationState.RETURNED: "bad",
    ApplicationState.CANCELLED: "off",
}
STATE_KIND = {
    VerificationState.RECORDING: "going",
    VerificationState.SUBMITTED: "unsure",
    VerificationState.CHECKED: "unsure",
    VerificationState.CONCLUDED: "good",
    VerificationState.CANCELLED: "off",
}
CONCLUSION_KIND = {Conclusion.PASSED: "good", Conclusion.REJECTED: "bad", Conclusion.CALIBRATED: "good"}
_NEAR = 2  # working days before a deadline from which it is shown as near


@dataclass(frozen=True)
class Light:
    """A deadline: its day, the word, the kind of components/status.html, a doubt about the calendar."""

    on: date
    word: str
    kind: str
    is_certain: bool


def light(due_on: date | None, today: date) -> Light | None:
    """Return how a deadline stands: passed, near or with time left."""
    if due_on is None:
        return None
    calendar = working_calendar()
    is_near = due_on <= calendar.due_day(today, _NEAR).on
    word, kind = (_("已超期"), "late") if due_on < today else (_("快到期"), "unsure") if is_near else ("", "")
    return Light(due_on, word, kind, calendar.covers(due_on))


def state_of(verification: Verification) -> tuple[str, str]:
    """Return the state of a verification, or its conclusion, in a word, with the kind of components/status.html."""
    if verification.conclusion:
        return verification.get_conclusion_display(), CONCLUSION_KIND[Conclusion(verification.conclusion)]
    return verification.get_state_display(), STATE_KIND[VerificationState(verification.state)]


def views_line(request: HttpRequest, current: str) -> Filter:
    """Return the pages of verification that this person may open, as words."""
    views = [
        ("verification.view", "verifications", _("待办")),
        ("verification.view", "applications", _("申请")),
        ("verification.view", "work_orders", _("任务单")),
        ("verification.view", "verification_list", _("检定记录")),
        ("verification.view", "rejections", _("不合格")),
        ("verification.sign", "signing", _("批准")),
        ("verification.marks", "marks", _("封印和标记")),
        ("verification.recall", "recalls", _("追溯")),
    ]
    options = [
        Option(label, reverse(f"staff:{name}"), name == current)
        for permission, name, label in views
        if holds(request, permission)
    ]
    return Filter(_("看法"), options)


def table_response(
    name: str, heading: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return a table as .xlsx: exactly what the page shows."""
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, heading)
        for number, column in enumerate(columns):
            sheet.write_string(1, number, column, bold)
        sheet.set_column(0, len(columns) - 1, 18)
        sheet.freeze_panes(2, 1)
        for at, row in enumerate(rows, 2):
            for number, cell in enumerate(row):
                if isinstance(cell, date) and not isinstance(cell, datetime):
                    sheet.write_datetime(at, number, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001  a day of the sheet
                elif cell not in {None, ""}:
                    sheet.write(at, number, cell if isinstance(cell, int) else str(cell))
    return file_response(stream.getvalue(), name, _XLSX)
