"""The list of instruments: narrowed, sorted, exported, saved, and acted upon in bulk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.selectors import county
from quanheng.instruments.described import command
from quanheng.instruments.enums import Condition, Filing
from quanheng.instruments.errors import BadEvent, TooManyRows
from quanheng.instruments.exports import MOST_IN_EXCEL, ROWS_A_SECOND, ListFile, csv_lines, workbook
from quanheng.instruments.listing import CAP, exact_counts, ordered
from quanheng.instruments.models import SavedFilter, Standing
from quanheng.instruments.selectors import listed, standings_visible
from quanheng.instruments.services.filing import file_instruments, return_instruments, submit_instruments
from quanheng.instruments.services.filters import delete_filter, save_filter
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import link, whole
from quanheng.web.staff import instrument_lists as lists
from quanheng.web.staff.common import act
from quanheng.web.staff.documents import list_query

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# All or none in one transaction: of more than this, others would wait too long to write.
MOST_AT_ONCE = 2000
_NAMED = 20


@require_safe
def instruments(request: HttpRequest) -> HttpResponse:
    """One line for each instrument that the query asks for."""
    asked = lists.asked_list(request)
    listing = lists.read(request, asked)
    seen, more = lists.word_filters(request)
    counted = lists.figures(asked, listing)
    context = {
        "asked": asked,
        "listing": listing,
        "lines": lists.lines(asked, listing.ids),
        "headings": lists.headings(request, asked, listing),
        "page": lists.pager(listing),
        "query": link(request).removeprefix("?"),
        "figures": counted,
        "commands": list(counted.values()) if asked.scope.is_all else [],
        "filters": seen,
        "views": [lists.views_line("instruments")],
        "more": more,
        "is_more_open": any(option.active for line in more for option in line.options[1:]),
        "chosen": lists.chosen_words(request, asked),
        "form": lists.narrowing_form(request, asked),
        "choice": lists.column_choice(request, asked),
        "saved": SavedFilter.objects.filter(user=asked.user),
        "exports": _exports(request, listing.total.is_more),
        "can": _may(request),
        "most": MOST_AT_ONCE,
        "offers_all": not listing.total.is_more and 0 < listing.total.value <= MOST_AT_ONCE,
        "cap": lists.thin(CAP),
    }
    return render(request, "staff/instruments.html", context)


def _may(request: HttpRequest) -> dict[str, bool]:
    return {
        "register": holds(request, "instruments.register"),
        "review": holds(request, "instruments.review"),
        "import": holds(request, "instruments.import"),
        "door": holds(request, "instruments.register_others"),
        "due": holds(request, "instruments.view_due"),
        "keep": holds(request, "instruments.keep_filters"),
    }


def _exports(request: HttpRequest, is_long: bool) -> list[dict[str, str]]:
    """Return the files of exactly what is shown; of a long list first how long they take."""
    query = link(request)
    if is_long:
        return [{"label": _("导出"), "url": f"{reverse('staff:instruments_export')}{query}"}]
    return [
        {"label": "Excel", "url": f"{reverse('staff:instruments_xlsx')}{query}"},
        {"label": "CSV", "url": f"{reverse('staff:instruments_csv')}{query}"},
    ]


@require_safe
def instruments_export(request: HttpRequest) -> HttpResponse:
    """Say how many rows a file will have and about how long it takes, before it is made."""
    asked = lists.asked_list(request)
    total, overdue = exact_counts(asked.rows, asked.on)
    context = {
        "total": total,
        "overdue": sum(overdue.values()),
        "seconds": ceil(total / ROWS_A_SECOND),
        "which": lists.in_words(asked),
        "columns": [str(column.label) for column in asked.columns],
        "query": link(request),
        "fits": total <= MOST_IN_EXCEL,
        "most": lists.thin(MOST_IN_EXCEL),
        "back": f"{reverse('staff:instruments')}{link(request)}",
    }
    return render(request, "staff/instruments_export.html", context)


@require_safe
def instruments_xlsx(request: HttpRequest) -> FileResponse:
    """Send the rows of the list as shown, in .xlsx."""
    made, total = _file(request)
    if total > MOST_IN_EXCEL:
        raise TooManyRows(most=MOST_IN_EXCEL, count=total)
    return FileResponse(
        workbook(made), as_attachment=True, filename=f"{made.heading}.xlsx", content_type=XLSX
    )


@require_safe
def instruments_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the rows of the list as shown, in CSV, line by line."""
    made, _total = _file(request)
    disposition = content_disposition_header(as_attachment=True, filename=f"{made.heading}.csv")
    return StreamingHttpResponse(
        csv_lines(made),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition or "attachment"},
    )


def _file(request: HttpRequest) -> tuple[ListFile, int]:
    asked = lists.asked_list(request)
    total, overdue = exact_counts(asked.rows, asked.on)
    sort, descending = lists.sorting(request) if total <= CAP else ("due", False)  # as on the page
    home = county()
    mark = _("演示数据") if home and home.is_demo else ""
    heading = "-".join(filter(None, (_("计量器具"), lists.in_words(asked), mark, asked.on.isoformat())))
    sources = [
        (_("共 %(n)s 台") % {"n": total}, _("符合所列条件的器具"), _command(asked, "--count")),
        (
            _("其中逾期 %(n)s 台") % {"n": sum(overdue.values())},
            _("到期日早于 %(on)s；到期日按现行规则、末次检定和使用状态算出") % {"on": asked.on.isoformat()},
            _command(asked, "--count", due="overdue"),
        ),
        (_("所列各行"), _("与页面所示的条件相同；列更全，按到期日排列"), _command(asked, "--csv")),
    ]
    rows = ordered(asked.rows, sort, descending=descending)
    return ListFile(rows, asked.columns, asked.on, heading, sources), total


def _command(asked: lists.AskedList, flag: str, **more: str) -> str:
    if not asked.scope.is_all:
        return _("只含您职责范围内的器具，没有全县的命令")
    return command(replace(asked.query, **more), flag)  # type: ignore[arg-type]  # names of ListQuery


@dataclass(frozen=True)
class Act:
    """Something that is done with many instruments at once.  ``from_filings`` are those that it is possible for."""

    word: Any
    sentence: Any
    permission: str
    from_filings: frozenset[str]
    done: Any
    asks_reason: bool = False


ACTS = {
    "submit": Act(
        gettext_lazy("提交备案"),
        gettext_lazy("提交后由计量监管人员审核，审核前不能再次提交。"),
        "instruments.register",
        frozenset({Filing.DRAFT, Filing.RETURNED}),
        gettext_lazy("已提交 %(n)s 台。"),
    ),
    "file": Act(
        gettext_lazy("备案"),
        gettext_lazy("备案后按现行规则计算到期日，记入日志。"),
        "instruments.review",
        frozenset({Filing.SUBMITTED}),
        gettext_lazy("已备案 %(n)s 台。"),
    ),
    "return": Act(
        gettext_lazy("退回"),
        gettext_lazy("退回给提交人更正，理由记入日志。"),
        "instruments.review",
        frozenset({Filing.SUBMITTED}),
        gettext_lazy("已退回 %(n)s 台。"),
        asks_reason=True,
    ),
}


@require_POST
def instruments_bulk(request: HttpRequest) -> HttpResponse:
    """First say how many are meant and what will happen; once that is confirmed, do it with all or none."""
    name = request.POST.get("act", "")
    chosen = ACTS.get(name)
    if chosen is None:
        raise BadEvent(reason=_("没有说明要办理什么。"))
    user = require_permission(request, chosen.permission)
    back = f"{reverse('staff:instruments')}?{_query(request).urlencode()}"
    if "confirmed" in request.POST:
        # All that the person was told of, as they saw it, or none.
        if not (revisions := _seen(request)):
            raise BadEvent(reason=_("没有说明要办理什么。"))
        work = _work(name, user, revisions, request.POST.get("reason", ""))
        return act(request, work, done=str(chosen.done) % {"n": len(revisions)}, to=back)
    rows = _picked(request, user, chosen.permission)
    if rows.count() > MOST_AT_ONCE:
        messages.error(request, _("一次最多办理 %(most)s 台，请缩小范围。") % {"most": MOST_AT_ONCE})
        return redirect(back)
    fit = rows.filter(filing__in=chosen.from_filings).exclude(condition=Condition.MERGED)
    seen = dict(fit.order_by("pk").values_list("instrument__public_id", "instrument__revision"))
    if not seen:
        messages.error(request, _("所选器具中没有可以%(act)s的。") % {"act": chosen.word})
        return redirect(back)
    seen |= {one: revision for one, revision in _seen(request).items() if one in seen}
    names = fit.order_by("pk").values("instrument__name", "instrument__serial_no", "owner__name")
    context = {
        "act": chosen,
        "name": name,
        "count": len(seen),
        "seen": seen.items(),
        "left_out": rows.count() - len(seen),
        "named": list(names[:_NAMED]),
        "unnamed": max(0, len(seen) - _NAMED),
        "query": _query(request).urlencode(),
        "back": back,
    }
    return render(request, "staff/instruments_confirm.html", context)


def _query(request: HttpRequest) -> QueryDict:
    """Return the query of the list that the person came from."""
    return QueryDict(request.POST.get("query", "").removeprefix("?")[:2000], mutable=True)


def _picked(request: HttpRequest, user: User, permission: str) -> QuerySet[Standing]:
    """Return those picked one by one, or all of the list that the person came from."""
    if "all" in request.POST:
        within = standings_visible(user, permission).values("pk")
        return listed(user, list_query(_query(request)), clock.today()).filter(pk__in=within)
    picked = [UUID(text) for text in request.POST.getlist("instrument") if lists.is_uuid(text)]
    return standings_visible(user, permission).filter(instrument__public_id__in=picked)


def _seen(request: HttpRequest) -> dict[UUID, int]:
    """Return the revisions that the person saw, on the list or when asked to confirm; at most as many as one act takes."""
    pairs = [text.partition(":") for text in request.POST.get("seen", "").split()[:MOST_AT_ONCE]]
    seen = {one: whole(revision) for one, _colon, revision in pairs if lists.is_uuid(one)}
    return {UUID(one): revision for one, revision in seen.items() if revision is not None}


def _work(name: str, user: User, revisions: dict[UUID, int], reason: str) -> Callable[[], object]:
    ids = list(revisions)
    if name == "return":
        return lambda: return_instruments(actor=user, public_ids=ids, reason=reason, revisions=revisions)
    service = submit_instruments if name == "submit" else file_instruments
    return lambda: service(actor=user, public_ids=ids, revisions=revisions)


@require_POST
def filter_save(request: HttpRequest) -> HttpResponse:
    """Keep the list that the person looks at under a name of their own."""
    user = require_permission(request, "instruments.keep_filters")
    query, name = _query(request), request.POST.get("name", "")
    query.pop("page", None)
    to = f"{reverse('staff:instruments')}?{query.urlencode()}"
    done = _("已保存筛选“%(name)s”。") % {"name": name.strip()}
    return act(request, lambda: save_filter(user=user, name=name, query=query.urlencode()), done=done, to=to)


@require_POST
def filter_delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Forget a saved filter."""
    user = require_permission(request, "instruments.keep_filters")
    return act(
        request,
        lambda: delete_filter(user=user, filter_id=filter_id),
        done=_("已删除这个筛选。"),
        to=reverse("staff:instruments"),
    )
