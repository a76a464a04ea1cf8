"""People and standards as Excel files: the list out, and rows in with what is wrong with each."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.sheets import SheetReport
from quanheng.core.models import OrgUnit, User
from quanheng.standards import selectors as standards
from quanheng.standards.sheets import READ as STANDARD_HEADINGS
from quanheng.standards.sheets import import_standards, standards_workbook
from quanheng.web.auth import require_permission
from quanheng.web.staff.common import attempt
from quanheng.web.staff.laboratory import FormPage
from quanheng.web.staff.workforce_forms import SheetForm
from quanheng.workforce import selectors as workforce
from quanheng.workforce.sheets import READ as PERSON_HEADINGS
from quanheng.workforce.sheets import import_qualifications, qualifications_workbook

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def workforce_xlsx(request: HttpRequest) -> FileResponse:
    """Send everybody with their qualifications; without anybody it is the form to fill in."""
    user = require_permission(request, "workforce.view")
    book = qualifications_workbook(user)
    return FileResponse(book, as_attachment=True, filename=f"{_('人员与资质')}.xlsx", content_type=_XLSX)


@require_safe
def standards_xlsx(request: HttpRequest) -> FileResponse:
    """Send every standard; without any it is the form to fill in."""
    user = require_permission(request, "standards.view")
    book = standards_workbook(user)
    return FileResponse(book, as_attachment=True, filename=f"{_('计量标准')}.xlsx", content_type=_XLSX)


@require_http_methods(["GET", "POST"])
def workforce_import(request: HttpRequest) -> HttpResponse:
    """Take people and qualifications from an Excel file."""
    user = require_permission(request, "workforce.change")
    page = FormPage(
        title=_("用 Excel 登记人员与资质"),
        sentence=_("每行一个人的一项资质；还没有登记的人同时登记。"),
        text=_("列名：%(names)s。") % {"names": "、".join(PERSON_HEADINGS)},
        submit=_("读入"),
        back=reverse("staff:workforce"),
        crumbs=((_("人员与资质"), reverse("staff:workforce")),),
    )
    example = reverse("staff:workforce_xlsx")
    return _import(request, user, page, list(workforce.institutes_of(user)), example, import_qualifications)


@require_http_methods(["GET", "POST"])
def standards_import(request: HttpRequest) -> HttpResponse:
    """Take standards from an Excel file."""
    user = require_permission(request, "standards.change")
    page = FormPage(
        title=_("用 Excel 登记计量标准"),
        sentence=_("每行一件；证书在登记以后逐件上传。"),
        text=_("列名：%(names)s。") % {"names": "、".join(STANDARD_HEADINGS)},
        submit=_("读入"),
        back=reverse("staff:standards"),
        crumbs=((_("计量标准"), reverse("staff:standards")),),
    )
    example = reverse("staff:standards_xlsx")
    return _import(request, user, page, list(standards.institutes_of(user)), example, import_standards)


def _import(
    request: HttpRequest,
    user: User,
    page: FormPage,
    units: list[OrgUnit],
    example: str,
    take: Callable[..., SheetReport],
) -> HttpResponse:
    form = SheetForm(request.POST or None, request.FILES or None, units=units)
    report, refusal, status = None, None, HTTPStatus.OK
    if form.is_valid():
        name, data = form.cleaned_data["file"]
        unit_id = form.cleaned_data["unit"]
        report, refusal = attempt(lambda: take(actor=user, unit_id=unit_id, data=data, filename=name))
    if request.method == "POST" and report is None:
        status = HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "page": page, "refusal": refusal, "report": report, "example": example}
    return render(request, "staff/laboratory_import.html", context, status=status)
