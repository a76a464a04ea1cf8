"""Rejected instruments that nothing has resolved: they must not be used."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.certificates.enums import CertificateState
from quanheng.certificates.models import Certificate
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.verification.models import Verification
from quanheng.verification.selectors import open_rejections, verifications_for
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of
from quanheng.web.staff.verification_words import table_response, views_line

_VIEW = "verification.view"


@require_safe
def rejections(request: HttpRequest) -> HttpResponse:
    """The instruments whose last verification rejected them and that are still in use, the oldest first."""
    user = require_permission(request, _VIEW)
    rows = _open(user)
    page = page_of(request, rows)
    notices = _notices([one.pk for one in page])
    context = {
        "lines": [(one, notices.get(one.pk), _reasons(one)) for one in page],
        "page": page,
        "query": query_of(request),
        "total": len(rows),
        "views": [views_line(request, "rejections")],
        "exports": [{"label": _("导出 Excel"), "url": "rejections.xlsx"}],
        "may_stop": bool(scope_of(user, "instruments.change_condition")),
    }
    return render(request, "staff/rejections.html", context)


@require_safe
def rejections_xlsx(request: HttpRequest) -> HttpResponse:
    """Send the list as a workbook."""
    user = require_permission(request, _VIEW)
    columns = [
        _("器具"),
        _("出厂编号"),
        _("使用单位"),
        _("场所"),
        _("位置"),
        _("检定日期"),
        _("不合格的原因"),
    ]
    rows = (
        (
            one.instrument.name,
            one.instrument.serial_no,
            str(one.instrument.owner or ""),
            str(one.instrument.place or ""),
            one.instrument.spot,
            one.performed_on,
            "".join(_reasons(one)),
        )
        for one in _open(user)
    )
    return table_response("检定不合格.xlsx", _("检定不合格、尚未处理的器具"), columns, rows)


def _open(user: User) -> list[Verification]:
    rows = open_rejections()
    if not scope_of(user, _VIEW).is_all:
        rows = rows.filter(pk__in=verifications_for(user).order_by().values("pk"))
    return list(rows)


def _notices(ids: Sequence[int]) -> dict[int, Certificate]:
    rows = Certificate.objects.filter(verification__in=ids, state=CertificateState.ISSUED)
    return {row.verification_id: row for row in rows.order_by("pk")}


def _reasons(one: Verification) -> list[str]:
    return list(one.judgement.get("results", {}).get("reasons", []))
