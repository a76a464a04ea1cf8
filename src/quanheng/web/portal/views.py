"""The public pages.  Each asks the same selectors as the staff pages and shows how to check the answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.instruments.services.opendata import kept_tally
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.selectors import current_plan, plan_records
from quanheng.taskboard.status import Status
from quanheng.transparency import selectors as transparency
from quanheng.web.figures import status_figures
from quanheng.web.lists import whole, words
from quanheng.web.log_key import published_key
from quanheng.web.portal import progress
from quanheng.web.portal import registry as registry_parts
from quanheng.web.portal.leaves import described
from quanheng.web.words import kind_options

# Shown first; all of them stand on the page of figures.
HOME_FIGURES = ("plan.tasks", "plan.tasks_evidenced", "plan.units_obliged", "plan.units_filing")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what the county's plan is and how far it has come."""
    records = _records()
    context: dict[str, Any] = {"records": records}
    if records is not None:
        lines = progress.task_lines(records)
        counts = progress.status_counts(lines)
        ids = {name.replace(".", "-") for name in HOME_FIGURES}
        context |= {
            "evidenced": sum(line.is_recent for line in lines),
            "figures": [figure for figure in progress.plan_figures(records) if figure.id in ids],
            "chart": progress.status_chart(counts, records) if lines else None,
            "leads": progress.lead_lines(records),
        }
    return public_page(request, "portal/home.html", context)


@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """List the tasks with their status; the words above the table narrow it down."""
    records = _records()
    if records is None:
        return public_page(request, "portal/plan.html", {"records": None})
    lines = progress.task_lines(records)
    counts = progress.status_counts(lines)
    shown = [line for line in lines if _is_shown(line, request)]
    context = {
        "records": records,
        "sentence": progress.status_sentence(counts),
        "figures": status_figures(records, base="?", data=progress.DATA_FILE),
        "filters": [
            words(request, "status", _("状态"), [(s.value, s.label, n) for s, n in counts.items() if n]),
            words(request, "recent", _("近期佐证"), [("yes", _("有"), None), ("no", _("无"), None)]),
            words(request, "measured", _("指标"), [("yes", _("有"), None), ("no", _("无"), None)]),
        ],
        "unit": request.GET.get("unit", ""),
        "lines": shown,
        "total": len(lines),
    }
    return public_page(request, "portal/plan.html", context)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """List every open figure with its formula, source and command."""
    records = _records()
    shown = progress.plan_figures(records) if records else []
    return public_page(request, "portal/figures.html", {"records": records, "figures": shown})


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """Say how many instruments there are, how many are on time, and where they are not."""
    tally = kept_tally()
    context = {
        "tally": tally,
        "total": tally.total,
        "figures": registry_parts.main_figures(tally),
        "chart": registry_parts.overdue_chart(tally),
        "towns": registry_parts.town_lines(tally),
        "kinds": registry_parts.kind_lines(tally),
    }
    return public_page(request, "portal/registry.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say who answers for these pages, what they promise, and how to hold them to it."""
    base = request.build_absolute_uri("/").rstrip("/")
    return public_page(request, "portal/about.html", {"base": base, "key": published_key()})


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Browse the log: its newest checkpoint, and its leaves, newest first."""
    kind, subject = request.GET.get("kind", ""), request.GET.get("subject", "")
    page = transparency.leaves(
        kind=kind,
        subject=subject,
        before=whole(request.GET.get("before")),
        after=whole(request.GET.get("after")),
    )
    kept = {name: value for name, value in (("kind", kind), ("subject", subject)) if value}
    context = {
        "leaves": [described(leaf) for leaf in page.leaves],
        "older": "" if page.older is None else "?" + urlencode(kept | {"before": page.older}),
        "newer": "" if page.newer is None else "?" + urlencode(kept | {"after": page.newer}),
        "filters": [words(request, "kind", _("事项"), kind_options())],
        "subject": subject,
        "pending": transparency.pending_count(),
        "key": published_key(),
    }
    return public_page(request, "portal/log.html", context)


@require_safe
def leaf(request: HttpRequest, index: int) -> HttpResponse:
    """Show one leaf, and let the visitor's own browser verify that it stands in the log."""
    found = transparency.leaf(index)
    head = transparency.latest_checkpoint()
    context = {
        "leaf": described(found),
        "proof_url": reverse("portal:proof", args=[index]),
        "key": published_key(),
        "previous": index - 1 if index else None,
        "next": index + 1 if head and index + 1 < head.tree_size else None,
    }
    return public_page(request, "portal/leaf.html", context)


def _records() -> PlanRecords | None:
    present = current_plan()
    return plan_records(present) if present else None


def _is_shown(line: progress.TaskLine, request: HttpRequest) -> bool:
    """Whether a task passes every filter; one with an unknown value hides nothing."""
    wanted = request.GET.dict()
    facts = (
        ("status", line.judged.status.value, set(Status)),
        ("recent", _yes_or_no(line.is_recent), {"yes", "no"}),
        ("measured", _yes_or_no(bool(line.measures)), {"yes", "no"}),
    )
    passes = all(wanted.get(name) == fact or wanted.get(name) not in known for name, fact, known in facts)
    return passes and (not wanted.get("unit") or wanted["unit"] in line.task.lead)


def _yes_or_no(fact: bool) -> str:
    return "yes" if fact else "no"


def public_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a public page with the links that each of them carries."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    names = (
        ("portal:plan", _("规划进展")),
        ("portal:registry", _("计量器具")),
        ("portal:rotation", _("到期更换的表")),
        ("portal:manufacturers", _("制造企业")),
        ("portal:certificates", _("证书查验")),
        ("portal:figures", _("公开数字")),
        ("portal:judge", _("检定判定")),
        ("portal:bench", _("不确定度评定台")),
        ("portal:log", _("透明日志")),
        ("portal:about", _("如何核对")),
    )
    links = [{"url": reverse(name), "label": label, "active": here == name} for name, label in names]
    head = transparency.latest_checkpoint()
    shown = {
        "portal_links": links,
        "head": head,
        "root": bytes(head.root_hash).hex() if head else "",
    }
    return render(request, template, shown | context)
