"""Measurement standards and reference materials: the list, one with its history, registering and changing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.base.gaps import Gap
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.traceability import Chain, picture
from quanheng.standards.asked import asked_fields, known_regulations
from quanheng.standards.enums import Level, StandardCondition
from quanheng.standards.history import check_series, comparisons_of, drift_series
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.selectors import institutes_of, standard_for, standard_gaps, standards_visible
from quanheng.standards.services.registry import change_standard, register_standard, set_condition
from quanheng.standards.tracing import chain_above
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff.history import events_about
from quanheng.web.staff.laboratory import FormPage, form_page, light
from quanheng.web.staff.standard_forms import ChangedStandardForm, ConditionForm, NewStandardForm
from quanheng.web.staff.standard_pictures import check_chart, drift_chart, validity

_VIEW, _CHANGE = "standards.view", "standards.change"
_STATES = ("late", "unsure", "bad", "off")
_MOST_USES, _MOST_CHARTS = 20, 12


@dataclass(frozen=True)
class StandardLine:
    """A row of the list: the first last valid day of certificate and examination, and its light."""

    standard: MeasurementStandard
    until: date | None
    word: str
    kind: str


@require_safe
def standards(request: HttpRequest) -> HttpResponse:
    """All standards, with what expires."""
    user = require_permission(request, _VIEW)
    today = clock.today()
    level = request.GET.get("level", "")
    rows = standards_visible(user)
    lines = [_line(row, today) for row in (rows.filter(level=level) if level in Level.values else rows)]
    counts = {kind: sum(line.kind == kind for line in lines) for kind in (*_STATES, "good")}
    state = request.GET.get("state", "")
    context = {
        "page": page_of(request, [line for line in lines if state in ("", line.kind)]),
        "query": query_of(request),
        "used": sum(line.kind != "off" for line in lines),
        "counts": counts,
        "filters": [
            words(request, "level", _("类别"), [(value, str(word), None) for value, word in Level.choices]),
            words(
                request,
                "state",
                _("状态"),
                [
                    ("late", _("已过期"), counts["late"]),
                    ("unsure", _("临期"), counts["unsure"]),
                    ("bad", _("没有证书"), counts["bad"]),
                    ("off", _("停用或撤销"), counts["off"]),
                ],
            ),
        ],
        "can_change": holds(request, _CHANGE),
    }
    return render(request, "staff/standards.html", context)


@require_safe
def standard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One standard: whether it may be used, its certificates, how it drifts, checks, comparisons, what it rests on."""
    user = require_permission(request, _VIEW)
    found = standard_for(user, public_id)
    today = clock.today()
    certificates = list(found.certificates.order_by("withdrawn_at", "-calibrated_on", "-pk"))
    present = [row for row in certificates if row.withdrawn_at is None]
    chain = chain_above(found, today)
    uses = found.used_in.select_related("verification__instrument", "certificate").order_by("-pk")
    can_change = scope_of(user, _CHANGE).covers(found.unit_id)
    context = {
        "standard": found,
        "line": _line(found, today),
        "gaps": _gaps(found, today),
        "facts": _facts(found),
        "certificates": [(row, *_of_certificate(row, present, today)) for row in certificates],
        "validity": validity(present, today),
        "is_withdrawn": found.condition == StandardCondition.WITHDRAWN,
        "chain": chain,
        "chain_svg": picture(chain) if chain else "",
        "uses": uses[:_MOST_USES],
        "use_count": uses.count(),
        "may_recall": scope_of(user, "verification.recall").covers(found.unit_id),
        "can_change": can_change and found.condition != StandardCondition.WITHDRAWN,
        "events": events_about(
            [f"standard:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
        "chain_title": _chain_title(chain),
    }
    return render(request, "staff/standard.html", context | _history(found))


@require_http_methods(["GET", "POST"])
def standard_new(request: HttpRequest) -> HttpResponse:
    """Register a standard."""
    user = require_permission(request, _CHANGE)
    form = NewStandardForm(request.POST or None, units=list(institutes_of(user)))
    page = FormPage(
        title=_("登记计量标准"),
        sentence=_("登记以后上传它的证书，才能用于检定。"),
        submit=_("登记"),
        back=reverse("staff:standards"),
        crumbs=_crumbs(),
        offered={"regulations": list(known_regulations().items())},
    )

    def work() -> MeasurementStandard:
        return register_standard(actor=user, unit_id=form.cleaned_data["unit"], details=form.details())

    def told(made: MeasurementStandard) -> tuple[str, str]:
        if asked_fields(made.serves):
            return _("已登记。请再填写规程要求的参数。"), reverse(
                "staff:standard_edit", args=[made.public_id]
            )
        return _("已登记。请上传它的证书。"), _url(made)

    return form_page(request, page, form, work, told)


@require_http_methods(["GET", "POST"])
def standard_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change what is stated about a standard."""
    user, found = changeable(request, public_id)
    form = ChangedStandardForm(request.POST or None, standard=found)
    page = FormPage(
        title=_("变更登记"), submit=_("保存"), back=_url(found), crumbs=_crumbs(found), sentence=str(found)
    )

    def work() -> MeasurementStandard:
        revision = form.cleaned_data["revision"]
        return change_standard(actor=user, public_id=public_id, revision=revision, details=form.details())

    return form_page(request, page, form, work, lambda made: (_("登记已保存。"), _url(made)))


@require_http_methods(["GET", "POST"])
def standard_condition(request: HttpRequest, public_id: UUID, condition: str) -> HttpResponse:
    """Say what stopping, using again or withdrawing does, ask why, do it."""
    user, found = changeable(request, public_id)
    if condition not in StandardCondition.values:
        raise Http404
    wanted = StandardCondition(condition)
    form = ConditionForm(request.POST or None, initial={"revision": found.revision})
    title, text = {
        StandardCondition.STOPPED: (_("停用计量标准"), _("停用期间不能用于检定；修复并重新校准后可以恢复。")),
        StandardCondition.IN_USE: (_("恢复使用"), _("恢复后，只要证书在有效期内就可以用于检定。")),
        StandardCondition.WITHDRAWN: (
            _("撤销计量标准"),
            _("撤销后不能再用于检定，也不能恢复；以前的记录保留。"),
        ),
    }[wanted]
    page = FormPage(
        title=title,
        sentence=_("将把“%(standard)s”由“%(before)s”改为“%(after)s”。")
        % {"standard": found, "before": found.get_condition_display(), "after": wanted.label},
        text=text,
        submit=title,
        back=_url(found),
        crumbs=_crumbs(found),
        is_dangerous=wanted != StandardCondition.IN_USE,
    )

    def work() -> MeasurementStandard:
        given = form.cleaned_data
        common: dict[str, Any] = {"actor": user, "public_id": public_id, "condition": wanted}
        return set_condition(**common, revision=given["revision"], reason=given["reason"])

    return form_page(request, page, form, work, lambda made: (_("已改为“%s”。") % wanted.label, _url(made)))


def changeable(request: HttpRequest, public_id: UUID) -> tuple[User, MeasurementStandard]:
    """Return the person and the standard that they may change."""
    user = require_permission(request, _CHANGE)
    found = standard_for(user, public_id)
    return require_permission(request, _CHANGE, unit_id=found.unit_id), found


def _line(row: MeasurementStandard, on: date) -> StandardLine:
    until: date | None = row.until  # type: ignore[attr-defined]  # annotated by standards_visible
    if until is not None and row.examination_until is not None:
        until = min(until, row.examination_until)
    word, kind = (_("没有证书"), "bad") if until is None else light(until, on)
    if row.condition != StandardCondition.IN_USE:
        word, kind = str(row.get_condition_display()), "off"
    return StandardLine(row, until, word, kind)


def _of_certificate(
    row: StandardCertificate, present: list[StandardCertificate], on: date
) -> tuple[str, str]:
    """Return the light of a certificate; one that ended and was followed by another needs nobody's attention."""
    is_followed = any(other.calibrated_on > row.calibrated_on for other in present)
    return (_("以往"), "off") if row.valid_until < on and is_followed else light(row.valid_until, on)


def _gaps(found: MeasurementStandard, on: date) -> list[Gap]:
    """Return why it may not be used today by its own institute for anything that it serves."""
    if not found.serves:
        return [Gap("not_for_regulation", _("没有登记用于哪些规程，不能用于检定。请在“变更登记”中补上。"))]
    return standard_gaps(standard=found, unit=found.unit, regulation=found.serves[0], on=on)


def _facts(found: MeasurementStandard) -> list[tuple[str, str]]:
    titles = known_regulations()
    serves = "、".join(f"{number} {titles.get(number, '')}".strip() for number in found.serves)
    examined = f"{found.examination_number}，{found.examination_until}" if found.examination_until else ""
    interval = found.interval_months
    months = ngettext("%(n)s 个月", "%(n)s 个月", interval) % {"n": interval} if interval else ""
    facts = [
        (_("机构"), found.unit.name),
        (_("类别"), str(found.get_level_display())),
        (_("型号"), found.model),
        (_("制造单位"), found.manufacturer),
        (_("测量范围"), found.measuring_range),
        (_("准确度等级或最大允许误差"), found.accuracy),
        (_("用于规程"), serves),
        (_("考核证书，有效期至"), examined),
        (_("复校间隔"), months),
    ]
    asked = {one.name: one.label for one in asked_fields(found.serves)}
    missing = _("未填：判定时按规程的默认值，没有默认值的不能判定")
    facts += [(label, found.fields.get(name) or missing) for name, label in asked.items()]
    return [(label, text or "–") for label, text in facts]


def _history(found: MeasurementStandard) -> dict[str, Any]:
    drifts = drift_series(found)
    checks = check_series(found)
    return {
        "drifts": [drift_chart(f"drift-{at}", one) for at, one in enumerate(drifts[:_MOST_CHARTS])],
        "drifts_left": len(drifts[_MOST_CHARTS:]),
        "checks": [check_chart(f"check-{at}", one) for at, one in enumerate(checks)],
        "comparisons": comparisons_of(found),
        "has_charts": bool(drifts or checks),
    }


def _chain_title(chain: Chain | None) -> str:
    if chain is None:
        return ""
    if chain.is_complete:
        return _("溯源链完整，一直追到国家基准")
    count = len(chain.findings)
    return ngettext("溯源链有 %(n)s 处没有接上", "溯源链有 %(n)s 处没有接上", count) % {"n": count}


def _url(found: MeasurementStandard) -> str:
    return reverse("staff:standard", args=[found.public_id])


def _crumbs(found: MeasurementStandard | None = None) -> tuple[tuple[str, str], ...]:
    first = (_("计量标准"), reverse("staff:standards"))
    return (first,) if found is None else (first, (str(found), _url(found)))
