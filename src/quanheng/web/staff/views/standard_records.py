"""What is known of one standard: its certificates, intermediate checks and comparisons."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.standards.models import Comparison, IntermediateCheck, MeasurementStandard, StandardCertificate
from quanheng.standards.selectors import standard_certificate_for, standards_visible
from quanheng.standards.services.certificates import add_certificate, withdraw_certificate
from quanheng.standards.services.checks import ComparisonDetails, record_check, record_comparison
from quanheng.web.auth import require_permission
from quanheng.web.staff.laboratory import FormPage, file_response, form_page
from quanheng.web.staff.standard_forms import CertificateForm, CheckForm, ComparisonForm
from quanheng.web.staff.views.standards import changeable
from quanheng.web.staff.workforce_forms import WithdrawForm

_VIEW, _CHANGE = "standards.view", "standards.change"


@require_http_methods(["GET", "POST"])
def standard_certificate_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Receive a certificate of a standard."""
    user, found = changeable(request, public_id)
    form = CertificateForm(request.POST or None, request.FILES or None)
    page = FormPage(
        title=_("上传证书"),
        sentence=_("上传“%(standard)s”的检定或校准证书。") % {"standard": found},
        submit=_("收下证书"),
        back=_url(found),
        crumbs=_crumbs(found),
    )

    def work() -> StandardCertificate:
        file = form.cleaned_data["file"]
        return add_certificate(actor=user, standard=public_id, file=file, stated=form.stated())

    def told(made: StandardCertificate) -> tuple[str, str]:
        given = {"number": made.number, "until": made.valid_until, "n": len(made.points)}
        if made.is_dcc:
            text = ngettext(
                "已从文件读出证书 %(number)s，%(n)s 个测量点，有效期至 %(until)s。",
                "已从文件读出证书 %(number)s，%(n)s 个测量点，有效期至 %(until)s。",
                len(made.points),
            )
        else:
            text = _("已收下证书 %(number)s，有效期至 %(until)s。")
        return text % given, _url(found)

    return form_page(request, page, form, work, told)


@require_http_methods(["GET", "POST"])
def standard_certificate_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing a certificate does and to how many verifications, ask why, do it."""
    user = require_permission(request, _CHANGE)
    found = standard_certificate_for(user, public_id)
    user = require_permission(request, _CHANGE, unit_id=found.standard.unit_id)
    form = WithdrawForm(request.POST or None)
    used = found.used_in.count()
    told = ngettext("有 %(n)s 次检定用过它。", "有 %(n)s 次检定用过它。", used) % {"n": used}
    page = FormPage(
        title=_("撤销证书"),
        sentence=_("将撤销“%(standard)s”的证书 %(number)s。")
        % {"standard": found.standard, "number": found.number},
        text=told
        + _("撤销后它在任何日期都不再作为使用这件标准的依据；文件和理由保留，不能恢复。已出的证书不变。"),
        submit=_("撤销登记"),
        back=_url(found.standard),
        crumbs=_crumbs(found.standard),
        is_dangerous=True,
    )

    def work() -> StandardCertificate:
        return withdraw_certificate(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])

    return form_page(request, page, form, work, lambda _made: (_("证书已撤销。"), _url(found.standard)))


@require_safe
def standard_certificate_file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send a certificate as it was received; always as a download."""
    found = standard_certificate_for(require_permission(request, _VIEW), public_id)
    return file_response(found.file_sha256, found.file_name)


@require_http_methods(["GET", "POST"])
def standard_check_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record an intermediate check."""
    user, found = changeable(request, public_id)
    last = found.intermediate_checks.order_by("-pk").first()
    initial: dict[str, object] = {"checked_on": clock.today()}
    if last is not None:
        initial |= {"series": last.series, "unit": last.unit}
    form = CheckForm(request.POST or None, initial=initial)
    names = found.intermediate_checks.order_by("series").values_list("series", flat=True).distinct()
    page = FormPage(
        title=_("登记期间核查"),
        sentence=_("登记“%(standard)s”的一次核查值。") % {"standard": found},
        submit=_("登记"),
        back=_url(found) + "#checks",
        crumbs=_crumbs(found),
        offered={"series": [(name, "") for name in names]},
    )

    def work() -> IntermediateCheck:
        return record_check(actor=user, standard=public_id, **form.cleaned_data)

    return form_page(request, page, form, work, lambda _made: (_("核查已登记。"), _url(found) + "#checks"))


@require_http_methods(["GET", "POST"])
def standard_comparison_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record the own result of a comparison."""
    user, found = changeable(request, public_id)
    form = ComparisonForm(request.POST or None, request.FILES or None)
    page = FormPage(
        title=_("登记计量比对"),
        sentence=_("登记“%(standard)s”参加的一次比对，自动计算 En。") % {"standard": found},
        submit=_("登记"),
        back=_url(found) + "#comparisons",
        crumbs=_crumbs(found),
    )

    def work() -> Comparison:
        given = dict(form.cleaned_data)
        file = given.pop("file")
        details = ComparisonDetails(**given)
        return record_comparison(actor=user, standard=public_id, details=details, file=file)

    url = _url(found) + "#comparisons"
    return form_page(request, page, form, work, lambda _made: (_("比对已登记。"), url))


@require_safe
def standard_comparison_file(request: HttpRequest, comparison_id: int) -> HttpResponseBase:
    """Send the report of a comparison; always as a download."""
    user = require_permission(request, _VIEW)
    visible = standards_visible(user).values("pk")
    found = Comparison.objects.filter(pk=comparison_id, standard__in=visible).first()
    if found is None:
        raise Http404
    return file_response(found.file_sha256, found.file_name)


def _url(found: MeasurementStandard) -> str:
    return reverse("staff:standard", args=[found.public_id])


def _crumbs(found: MeasurementStandard) -> tuple[tuple[str, str], ...]:
    return ((_("计量标准"), reverse("staff:standards")), (str(found), _url(found)))
