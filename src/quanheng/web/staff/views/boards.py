"""The plan board: by task, by department, by town, and as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit
from quanheng.taskboard.errors import PlanNotFound
from quanheng.taskboard.exports import board_workbook, task_list_document
from quanheng.taskboard.models import Plan
from quanheng.taskboard.selectors import current_plan, plan_by_id
from quanheng.web.auth import holds, require_scope
from quanheng.web.figures import Figure, plan_figure, status_figures
from quanheng.web.lists import (
    Filter,
    Heading,
    Option,
    link,
    page_of,
    query_of,
    sort_heading,
    sort_rows,
    whole,
    words,
)
from quanheng.web.staff.board import Board, Cell, Row, cell_of, matrix_legend, read_board, rows_by_unit
from quanheng.web.staff.charts import history
from quanheng.web.words import STATUS_ORDER

# Each with the query that shows the rows behind it; findings stand beside the text.
FIGURES = {
    "plan.tasks": "",
    "plan.tasks_overdue": "&status=overdue",
    "plan.tasks_evidenced": "&only=recent",
    "plan.tasks_without_indicator": "&only=unmeasured",
    "plan.findings": "",
}
FILTERS = ("status", "only", "lead", "unit")
SORTS: dict[str, Callable[[Row], Any]] = {
    "label": lambda row: row.task.position,
    "deadline": lambda row: row.due,
    "status": lambda row: row.severity,
    "evidence": lambda row: row.evidence,
    "findings": lambda row: row.findings,
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def chosen_plan(request: HttpRequest) -> Plan | None:
    """Return the plan that the query names, else the latest; None before any was adopted."""
    asked = request.GET.get("plan", "")
    if not asked:
        return current_plan()
    try:
        return plan_by_id(UUID(asked))
    except ValueError as error:
        raise PlanNotFound(public_id=asked) from error


@require_safe
def plan_board(request: HttpRequest) -> HttpResponse:
    """One row for each task that this person may see."""
    board = _board(request)
    if board is None:
        return _no_plan(request)
    is_whole = board.scope.is_all
    context = _frame(request, board, "plan_board") | {
        "filters": _filters(request, board),
        "headings": _headings(request),
        "page": page_of(request, _shown(request, board)),
        "query": query_of(request),
        "figures": _figures(board) if is_whole else [],
        "chart": history(board.plan, "plan.tasks_moving") if is_whole else None,
    }
    return render(request, "staff/plan_board.html", context)


@require_safe
def board_by_department(request: HttpRequest) -> HttpResponse:
    """One row for each unit that the tasks name."""
    board = _board(request)
    if board is None:
        return _no_plan(request)
    context = _frame(request, board, "board_by_department") | {
        "unit_rows": rows_by_unit(board),
        "statuses": [status.label for status in STATUS_ORDER],
    }
    return render(request, "staff/board_by_department.html", context)


@dataclass(frozen=True)
class TownRow:
    """One town and where it stands with each task of the columns."""

    town: OrgUnit
    cells: list[Cell | None]


@require_safe
def board_by_town(request: HttpRequest) -> HttpResponse:
    """The towns against the tasks that oblige them."""
    board = _board(request)
    if board is None:
        return _no_plan(request)
    every = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT), is_active=True)
    towns = [town for town in every if board.scope.covers(town.pk)]
    names = {town.name for town in towns}
    columns = [row for row in board.rows if names & set(row.record.obliged)]
    town_rows = [TownRow(town, [cell_of(board, row, town.name) for row in columns]) for town in towns]
    obliged = [cell for row in town_rows for cell in row.cells if cell is not None]
    context = _frame(request, board, "board_by_town") | {
        "columns": columns,
        "town_rows": town_rows,
        "obliged": len(obliged),
        "fresh": sum(cell.kind == "going" for cell in obliged),
        "legend": matrix_legend(),
    }
    return render(request, "staff/board_by_town.html", context)


@require_safe
def board_export(request: HttpRequest) -> HttpResponse:
    """The rows of the board as shown, in .xlsx."""
    board, keys, which = _to_export(request)
    data = board_workbook(board.plan, board.scope, keys=keys, which=which)
    return _file(data, XLSX, f"{board.plan.title}-任务看板.xlsx")


@require_safe
def board_word(request: HttpRequest) -> HttpResponse:
    """The rows of the board as shown, as the 任务清单 in .docx."""
    board, keys, which = _to_export(request)
    data = task_list_document(board.plan, board.scope, keys=keys, which=which)
    return _file(data, DOCX, f"{board.plan.title}-任务清单.docx")


def _board(request: HttpRequest) -> Board | None:
    _user, scope = require_scope(request, "taskboard.view")
    plan = chosen_plan(request)
    return read_board(plan, scope) if plan else None


def _to_export(request: HttpRequest) -> tuple[Board, list[str], str]:
    """Return the board, the keys of the rows that the query shows, and its filters in words."""
    board = _board(request)
    if board is None:
        raise PlanNotFound()
    filters = [
        f"{line.label} {option.label}"
        for line in _filters(request, board)
        for option in line.options[1:]  # the first is 全部
        if option.active
    ]
    return board, [row.record.key for row in _shown(request, board)], _("，").join(filters)


def _file(data: bytes, content_type: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(data, content_type=content_type, headers={"Content-Disposition": disposition})


def _no_plan(request: HttpRequest) -> HttpResponse:
    return render(request, "staff/board_empty.html", {"can_upload": holds(request, "taskboard.adopt_plan")})


def _frame(request: HttpRequest, board: Board, view: str) -> dict[str, Any]:
    """Return what the three views of the board share: sentence, views as words, exports."""
    base = f"?plan={board.plan.public_id}"
    is_whole = board.scope.is_all
    return {
        "board": board,
        "plan": board.plan,
        "is_whole": is_whole,
        "base": base,
        "view": view,
        "counts": [
            (status.label, status.value, board.count(status))
            for status in STATUS_ORDER
            if board.count(status)
        ],
        # Over some units only, a count is no indicator of the plan and has no command.
        "counted": status_figures(board.records, base=f"{base}&") if is_whole else [],
        "board_lines": _lines(board.plan, base, view),
        "exports": _exports(request, base, view),
        "can_upload": holds(request, "taskboard.adopt_plan"),
    }


def _exports(request: HttpRequest, base: str, view: str) -> list[dict[str, str]]:
    """Return the files; of the view by task exactly the rows that are shown, in their order."""
    is_narrowed = view == "plan_board" and any(request.GET.get(name) for name in FILTERS)
    query = link(request, plan=base.removeprefix("?plan=")) if view == "plan_board" else base
    names = (
        (_("所列任务 Excel"), _("所列任务 Word"))
        if is_narrowed
        else (_("全部任务 Excel"), _("任务清单 Word"))
    )
    urls = (reverse("staff:board_export"), reverse("staff:board_word"))
    return [{"label": label, "url": f"{url}{query}"} for label, url in zip(names, urls, strict=True)]


def _lines(plan: Plan, base: str, view: str) -> list[Filter]:
    """Return the ways to look at the board and, where there are several, the plans."""
    views = [
        ("plan_board", _("按任务")),
        ("board_by_department", _("按部门")),
        ("board_by_town", _("按乡镇街道")),
    ]
    shown = [Option(label, f"{reverse(f'staff:{name}')}{base}", name == view) for name, label in views]
    lines = [Filter(_("看法"), shown)]
    plans = list(Plan.objects.filter(current__isnull=False))
    if len(plans) > 1:
        options = [Option(one.title, f"?plan={one.public_id}", one.pk == plan.pk) for one in plans]
        lines.append(Filter(_("规划"), options))
    return lines


def _shown(request: HttpRequest, board: Board) -> list[Row]:
    """Return the rows that the query asks for, in its order."""
    return sort_rows(request, _filtered(request, board.rows), SORTS)


def _filtered(request: HttpRequest, rows: list[Row]) -> list[Row]:
    query = request.GET
    unit = _unit(query.get("unit"))
    tests: list[Callable[[Row], object]] = [
        lambda row: not query.get("status") or row.judged.status == query["status"],
        lambda row: not query.get("lead") or query["lead"] in {str(one.pk) for one in row.lead},
        lambda row: unit is None or unit in (*row.lead, *row.responsible) or unit.name in row.record.obliged,
        lambda row: query.get("only") != "findings" or row.findings,
        lambda row: query.get("only") != "unmeasured" or not row.record.targets,
        lambda row: query.get("only") != "filed" or row.evidence,
        lambda row: query.get("only") != "recent" or row.is_recent,
    ]
    return [row for row in rows if all(test(row) for test in tests)]


def _unit(text: str | None) -> OrgUnit | None:
    number = whole(text)
    return OrgUnit.objects.filter(pk=number).first() if number is not None else None


def _filters(request: HttpRequest, board: Board) -> list[Filter]:
    leads: dict[int, tuple[str, int]] = {}
    for row in board.rows:
        for unit in row.lead:
            leads[unit.pk] = (unit.name, leads.get(unit.pk, ("", 0))[1] + 1)
    statuses = [(s.value, s.label, board.count(s)) for s in STATUS_ORDER if board.count(s)]
    only = [
        ("findings", _("正文与清单不一致"), sum(bool(row.findings) for row in board.rows)),
        ("unmeasured", _("尚无指标"), sum(not row.record.targets for row in board.rows)),
        ("recent", _("近期有佐证"), sum(row.is_recent for row in board.rows)),
        ("filed", _("有佐证"), sum(bool(row.evidence) for row in board.rows)),
    ]
    filters = [words(request, "status", _("状态"), statuses), words(request, "only", _("只看"), only)]
    if leads:
        options = [(str(pk), name, count) for pk, (name, count) in leads.items()]
        filters.append(words(request, "lead", _("牵头"), options))
    if asked := _unit(request.GET.get("unit")):
        filters.append(words(request, "unit", _("单位"), [(str(asked.pk), asked.name, None)]))
    return filters


def _headings(request: HttpRequest) -> list[Heading]:
    return [
        sort_heading(request, "label", _("任务")),
        Heading(_("牵头单位")),
        sort_heading(request, "deadline", _("完成时限")),
        sort_heading(request, "status", _("状态")),
        Heading(_("指标")),
        sort_heading(request, "evidence", _("佐证"), "num"),
        sort_heading(request, "findings", _("问题"), "num"),
    ]


def _figures(board: Board) -> list[Figure]:
    base = f"?plan={board.plan.public_id}"
    document = f"{reverse('staff:document', args=[board.plan.public_id])}?only=findings"
    return [
        plan_figure(board.records, name, url=document if name == "plan.findings" else f"{base}{query}")
        for name, query in FIGURES.items()
    ]
