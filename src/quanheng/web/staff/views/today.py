"""今日: what needs this person, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.core.models import RoleAssignment, User
from quanheng.core.permissions import scope_of
from quanheng.fleet.selectors import areas_visible
from quanheng.instruments.due import DueToday, due_today
from quanheng.instruments.enums import BatchState
from quanheng.instruments.models import ImportBatch
from quanheng.kernels.policy import plan_from_dict
from quanheng.taskboard.compiling import unknown_names
from quanheng.taskboard.enums import DayState
from quanheng.taskboard.models import DayRun, Plan, PlanVersion
from quanheng.taskboard.selectors import drafts
from quanheng.taskboard.status import Status
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import VerificationState
from quanheng.verification.selectors import deadlines, next_for, open_rejections, verifications_for
from quanheng.web.auth import holds, require_permission
from quanheng.web.staff.board import Board, Row, read_board
from quanheng.web.staff.due import list_url
from quanheng.web.words import STATUS_ORDER


@dataclass(frozen=True)
class Need:
    """One thing that waits: ``rank`` orders by danger, ``since`` by age within it."""

    rank: int
    kind: str
    word: str
    text: str
    url: str
    action: str
    since: date
    is_mine: bool = True


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What needs me, oldest danger first; below it what the person may want to know."""
    user = require_permission(request, "core.view_today")
    needs = sorted(
        [
            *_plan_needs(request),
            *_task_needs(request, user),
            *_instrument_needs(request, user),
            *_ledger_needs(request),
            *_verification_needs(request, user),
            *_fleet_needs(request, user),
            *_house_needs(request),
        ],
        key=lambda need: (need.rank, need.since),
    )
    mine = [need for need in needs if need.is_mine]
    assignments = list(RoleAssignment.objects.filter(user=user).select_related("unit"))
    context = {
        "mine": mine,
        "others": [need for need in needs if not need.is_mine],
        "late": sum(need.kind in {"late", "bad"} for need in mine),
        "assignments": assignments,
        "sees_board": holds(request, "taskboard.view"),
        "has_plan": Plan.objects.filter(current__isnull=False).exists(),
        "can_upload": holds(request, "taskboard.adopt_plan"),
        "today": clock.today(),
    }
    return render(request, "staff/today.html", context)


def _plan_needs(request: HttpRequest) -> list[Need]:
    if not holds(request, "taskboard.view_day"):
        return []
    is_mine = holds(request, "taskboard.adopt_plan")
    return [need for version in drafts() for need in _draft_needs(version, is_mine=is_mine)]


def _draft_needs(version: PlanVersion, *, is_mine: bool) -> list[Need]:
    url = reverse("staff:draft", args=[version.public_id])
    since = timezone.localdate(version.received_at)
    if names := unknown_names(plan_from_dict(version.compiled)):
        text = _("“%(name)s”中有 %(count)s 个单位名称待认定：%(names)s") % {
            "name": version.source_name,
            "count": len(names),
            "names": "、".join(names[:3]) + ("…" if len(names) > 3 else ""),  # noqa: PLR2004  a line of text
        }
        return [Need(2, "unsure", _("待认定"), text, url, _("逐一认定"), since, is_mine)]
    text = _("“%(name)s”已编译出 %(count)s 项任务，等待采用") % {
        "name": version.source_name,
        "count": len(version.compiled["items"]),
    }
    return [Need(3, "unsure", _("待采用"), text, url, _("核对并采用"), since, is_mine)]


def _task_needs(request: HttpRequest, user: User) -> list[Need]:
    scope = scope_of(user, "taskboard.view")
    if not scope:
        return []
    needs = []
    for plan in Plan.objects.filter(current__isnull=False).select_related("current"):
        board = read_board(plan, scope)
        if scope.is_all:
            needs += _counted(board, is_mine=holds(request, "taskboard.change_task"))
        else:
            needs += [_own(row) for row in board.rows if row.judged.status in _WAITING]
    return needs


_WAITING = {Status.OVERDUE: 1, Status.STALE: 4, Status.NOT_STARTED: 5}


def _counted(board: Board, *, is_mine: bool) -> list[Need]:
    base = f"{reverse('staff:plan_board')}?plan={board.plan.public_id}"
    needs = []
    for status in STATUS_ORDER:
        rows = [row for row in board.rows if row.judged.status is status]
        if status not in _WAITING or not rows:
            continue
        text = ngettext("%(n)s 项任务%(status)s", "%(n)s 项任务%(status)s", len(rows)) % {
            "n": len(rows),
            "status": status.label,
        }
        since = min(_since(row) for row in rows)
        url = f"{base}&status={status.value}"
        mine = is_mine and status is Status.OVERDUE
        needs.append(
            Need(_WAITING[status], rows[0].kind, status.label, text, url, _("看这些任务"), since, mine)
        )
    return needs


def _own(row: Row) -> Need:
    url = reverse("staff:task", args=[row.task.public_id])
    status = row.judged.status
    text = f"{row.task.label} {row.task.title}"
    action = _("提交佐证") if status is not Status.OVERDUE else _("办理")
    return Need(_WAITING[status], row.kind, status.label, text, url, action, _since(row))


def _since(row: Row) -> date:
    """Return when the danger began: the missed deadline, the last evidence, the plan's date."""
    if row.judged.status is Status.OVERDUE and row.task.deadline_on:
        return row.task.deadline_on
    plan = row.task.plan
    adopted = plan.current.adopted_at if plan.current else None
    return row.judged.last_on or (timezone.localdate(adopted) if adopted else date.max)


def _instrument_needs(request: HttpRequest, user: User) -> list[Need]:
    """Return what waits among the instruments of this person's scope.

    What is due is the officer's to plan, and the owner's or town's to bring; others are told of it.
    What was returned is for those who act for its town or owner to correct.
    """
    waiting = due_today(user)
    if waiting is None:
        return []
    own = not scope_of(user, "instruments.view_due").is_all
    return _filing_needs(waiting, own=own) + _due_needs(
        waiting, own=own, is_mine=own or holds(request, "instruments.plan_due")
    )


def _ledger_needs(request: HttpRequest) -> list[Need]:
    """Return the ledgers that wait for an answer or a decision, or whose import broke off."""
    if not holds(request, "instruments.import"):
        return []
    waiting = ImportBatch.objects.filter(state__in=[BatchState.MAPPING, BatchState.READY, BatchState.FAILED])
    return [
        Need(
            rank=1 if batch.state == BatchState.FAILED else 2,
            kind="bad" if batch.state == BatchState.FAILED else "unsure",
            word=batch.get_state_display(),
            text=_("台账“%(name)s”还没有导入") % {"name": batch.file_name},
            url=reverse("staff:import_batch", args=[batch.public_id]),
            action=_("看一眼并继续"),
            since=timezone.localdate(batch.received_at),
        )
        for batch in waiting
    ]


def _verification_needs(request: HttpRequest, user: User) -> list[Need]:
    """Return the steps of verifications that are this person's, and the applications that wait for an answer."""
    if not holds(request, "verification.view"):
        return []
    today, desk = clock.today(), reverse("staff:verifications")
    words = {
        VerificationState.RECORDING: (_("待检定"), _("%(n)s 台待检定"), _("记录读数")),
        VerificationState.SUBMITTED: (_("待核验"), _("%(n)s 台待核验"), _("核验")),
        VerificationState.CHECKED: (_("待批准"), _("%(n)s 台待批准"), _("批准并出证")),
    }
    needs = []
    steps = (
        next_for(user).order_by().values("state").annotate(n=Count("pk"), since=Min("work_order__planned_on"))
    )
    for row in steps:
        word, text, action = words[VerificationState(row["state"])]
        needs.append(Need(2, "going", word, text % {"n": row["n"]}, desk, action, row["since"]))
    if holds(request, "verification.accept"):
        waiting = [one for one in deadlines(user, today) if one.what == "answer"]
        if waiting:
            late = any(one.is_overdue for one in waiting)
            text = _("%(n)s 份检定申请待受理") % {"n": len(waiting)}
            url = f"{reverse('staff:applications')}?state=submitted"
            needs.append(
                Need(
                    1 if late else 2,
                    "late" if late else "unsure",
                    _("待受理"),
                    text,
                    url,
                    _("受理或退回"),
                    min(_day(one.application.submitted_at) for one in waiting),
                )
            )
    return needs + _rejected(request, user)


def _rejected(request: HttpRequest, user: User) -> list[Need]:
    """Return the rejected instruments still in use: for who may stop them, else to know."""
    rows = open_rejections()
    if not scope_of(user, "verification.view").is_all:
        rows = rows.filter(pk__in=verifications_for(user).order_by().values("pk"))
    found = rows.order_by().aggregate(n=Count("pk"), since=Min("performed_on"))
    if not found["n"]:
        return []
    text = ngettext("检定不合格、还没有处理的 %(n)s 台", "检定不合格、还没有处理的 %(n)s 台", found["n"])
    return [
        Need(
            rank=1,
            kind="bad",
            word=_("不合格"),
            text=text % {"n": found["n"]},
            url=reverse("staff:rejections"),
            action=_("办理"),
            since=found["since"],
            is_mine=holds(request, "instruments.change_condition"),
        )
    ]


def _fleet_needs(request: HttpRequest, user: User) -> list[Need]:
    """Return the meters that are suspected: for who takes results in, else to know."""
    if not holds(request, "fleet.view"):
        return []
    found = (
        areas_visible(user)
        .filter(latest__suspects__gt=0)
        .order_by()
        .aggregate(n=Sum("latest__suspects", default=0), since=Min("latest__run__taken_at"))
    )
    if not found["n"]:
        return []
    text = ngettext("%(n)s 台疑似超差的电能表待核实", "%(n)s 台疑似超差的电能表待核实", found["n"])
    url = f"{reverse('staff:fleet')}?state=suspects"
    mine = holds(request, "fleet.take")
    return [
        Need(
            2,
            "unsure",
            _("疑似超差"),
            text % {"n": found["n"]},
            url,
            _("看这些台区"),
            _day(found["since"]),
            mine,
        )
    ]


def _filing_needs(waiting: DueToday, *, own: bool) -> list[Need]:
    needs = []
    if waiting.returned:
        text = _("%(n)s 台备案被退回") % {"n": waiting.returned}
        url = list_url(filing="returned")
        needs.append(Need(2, "unsure", _("已退回"), text, url, _("更正后再提交"), clock.today(), own))
    if waiting.submitted:
        text = _("%(n)s 台备案待审核") % {"n": waiting.submitted}
        url = list_url(filing="submitted")
        needs.append(Need(2, "unsure", _("待审核"), text, url, _("逐台审核"), clock.today()))
    return needs


def _due_needs(waiting: DueToday, *, own: bool, is_mine: bool) -> list[Need]:
    needs, today = [], clock.today()
    if waiting.overdue_since:
        text = _("%(n)s 台计量器具检定逾期") % {"n": waiting.overdue}
        action = _("停止使用并送检") if own else _("查看并督促")
        url = list_url(due="overdue")
        needs.append(Need(1, "late", _("逾期"), text, url, action, waiting.overdue_since, is_mine))
    if waiting.soon:
        text = _("%(n)s 台计量器具在 %(days)s 天内到期") % {
            "n": waiting.soon,
            "days": waiting.within_days,
        }
        url = list_url(due_from=today, due_to=today + timedelta(days=waiting.within_days))
        action = _("申请检定") if own else _("安排约检")
        needs.append(Need(3, "unsure", _("快到期"), text, url, action, today, is_mine))
    if waiting.appointments:
        text = _("本周约检 %(n)s 家") % {"n": waiting.appointments}
        url = f"{reverse('staff:due_waves')}#appointments"
        needs.append(Need(4, "going", _("约检"), text, url, _("查看约检"), waiting.week_on, is_mine))
    return needs


def _house_needs(request: HttpRequest) -> list[Need]:
    needs = []
    if holds(request, "taskboard.view_day"):
        last = DayRun.objects.exclude(state__in=(DayState.WAITING, DayState.RUNNING)).first()
        if last is not None and last.state == DayState.FAILED:
            needs.append(_failed_day(last, is_mine=holds(request, "taskboard.run_day")))
        needs += _pending(is_mine=holds(request, "taskboard.run_day"))
    if holds(request, "core.view_users"):
        needs += _people_without_role(is_mine=holds(request, "core.change_users"))
    return needs


def _failed_day(run: DayRun, *, is_mine: bool) -> Need:
    failed = [step["name"] for step in run.steps if not all(line["is_ok"] for line in step["lines"])]
    text = _("最近一次县区日有步骤未完成：%(steps)s") % {"steps": "、".join(failed) or _("中途停止")}
    since = timezone.localdate(run.started_at)
    return Need(0, "bad", _("未完成"), text, reverse("staff:day"), _("查看原因"), since, is_mine)


def _pending(*, is_mine: bool) -> list[Need]:
    oldest = PendingLeaf.objects.first()
    if oldest is None:
        return []
    text = _("%(n)s 条记录等待编入日志") % {"n": PendingLeaf.objects.count()}
    is_old = timezone.localdate(oldest.staged_at) < clock.today()
    action, url = _("运行县区日"), reverse("staff:day")
    return [Need(6, "unsure", _("待入日志"), text, url, action, _day(oldest.staged_at), is_mine and is_old)]


def _people_without_role(*, is_mine: bool) -> list[Need]:
    people = User.objects.filter(is_active=True, assignments=None)
    first = people.order_by("date_joined").first()
    if first is None:
        return []
    text = _("%(n)s 名用户还没有岗位，登录后看不到任何内容") % {"n": people.count()}
    url = f"{reverse('staff:users')}?role=none"
    return [Need(7, "unsure", _("待设岗"), text, url, _("设定岗位"), _day(first.date_joined), is_mine)]


def _day(moment: datetime) -> date:
    return timezone.localdate(moment)
