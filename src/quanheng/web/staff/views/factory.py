"""What a maker delivers: a file of factory data sent, what became of it, the bureau's sample drawn."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.kernels.sampling.plans import BadSampling
from quanheng.lots.enums import Origin
from quanheng.lots.errors import NoCheckpoint
from quanheng.lots.models import Sample
from quanheng.lots.selectors import lot_for
from quanheng.manufacturers.acceptance import ISOLATED, SERIES, acceptance_plan, severity_of
from quanheng.manufacturers.models import FactoryUpload
from quanheng.manufacturers.selectors import authorisation_for, not_in_force, types_of, upload_for
from quanheng.manufacturers.services.acceptance import draw_acceptance_sample
from quanheng.manufacturers.services.uploads import SentFile, receive_factory_file
from quanheng.manufacturers.sheet import point_heading, template
from quanheng.transparency.sequencer import sequence
from quanheng.web.auth import holds, require_permission
from quanheng.web.staff import maker_words as said
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.laboratory import FormPage
from quanheng.web.staff.lot_words import plan_words
from quanheng.web.staff.maker_forms import AcceptanceForm, FactoryForm

_VIEW, _UPLOAD, _CHANGE = "manufacturers.view", "manufacturers.upload", "lots.change"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FAULTS_SHOWN = 200


@require_http_methods(["GET", "POST"])
def factory_upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send a file; what was wrong with it is the next page."""
    user = require_permission(request, _UPLOAD)
    found = authorisation_for(user, public_id)
    user = require_permission(request, _UPLOAD, unit_id=found.unit_id)
    types = types_of(found)
    form = FactoryForm(request.POST or None, request.FILES or None, types=types)
    refusal = None
    if form.is_valid():
        given = form.cleaned_data
        name, data = given["file"]
        file = SentFile(lot_number=given["lot_number"], model=given["model"], name=name, data=data)
        made, refusal = attempt(lambda: receive_factory_file(actor=user, public_id=public_id, file=file))
        if made is not None:
            if made.lot is not None:
                messages.success(request, said.upload_sentence(made))
            return redirect("staff:factory_data", public_id=made.public_id)
    today = clock.today()
    context = {
        "row": found,
        "form": form,
        "refusal": refusal,
        "stopped": not_in_force(found, today),
        "types": [
            (at, one, [point_heading(point) for point in one.testing(today).points])
            for at, one in enumerate(types)
        ],
    }
    return render(request, "staff/factory_upload.html", context, status=form_status(request, refusal))


@require_safe
def factory_template(request: HttpRequest, public_id: UUID, at: int) -> HttpResponseBase:
    """Send an empty workbook with the columns of a type."""
    user = require_permission(request, _VIEW)
    types = types_of(authorisation_for(user, public_id))
    if at >= len(types):
        raise Http404
    stream = template(types[at].testing(clock.today()).points)
    name = f"{_('出厂数据')}-{types[at].model}.xlsx"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=_XLSX)


@require_safe
def factory_data(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What became of a file: its lot and what the screening saw, or what was wrong with it."""
    user = require_permission(request, _VIEW)
    found = upload_for(user, public_id)
    context = {
        "upload": found,
        "sentence": said.upload_sentence(found),
        "facts": _facts(found),
        "faults": found.faults[:_FAULTS_SHOWN],
        "screening": found.screening,
        "screening_sentence": said.screening_sentence(found.screening),
        "leads": [
            (lead, said.lead_words().get(lead["code"], lead["code"]))
            for lead in found.screening.get("leads", [])
        ],
        "untested": [
            (one, said.lead_words().get(one["code"], one["code"]))
            for one in found.screening.get("untested", [])
        ],
        # Leads are for the officer; a maker is asked, not told beforehand.
        "may_see_leads": holds(request, "lots.view"),
        "can_draw": found.lot is not None
        and holds(request, _CHANGE)
        and not found.lot.samples.exclude(decision="resample").exists(),
    }
    return render(request, "staff/factory_data.html", context)


@require_http_methods(["GET", "POST"])
def factory_draw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose between the two ways of acceptance sampling, see the plan of each, draw."""
    user = require_permission(request, _CHANGE)
    found = lot_for(user, public_id)
    if found.origin != Origin.FACTORY or found.maker_unit_id is None:
        raise Http404
    today = clock.today()
    offered, refused = {}, {}
    for option in (SERIES, ISOLATED):
        try:
            plan = acceptance_plan(found, option, today)
            text = f"{plan.title}{_('：')}{plan_words(plan.plan)}"
            offered[option] = text + (_("（AQL 或 LQ 是待核实的数据）") if plan.unconfirmed else "")
        except (BureauError, BadSampling) as error:
            refused[option] = str(error)
    form = AcceptanceForm(request.POST or None, offered=offered, initial={"option": next(iter(offered), "")})
    refusal = None
    url = reverse("staff:lot", args=[public_id])
    if form.is_valid():
        option = form.cleaned_data["option"]

        def work() -> Sample:
            return draw_acceptance_sample(actor=user, lot=found, option=option)

        made, refusal = attempt(work)
        if isinstance(refusal, NoCheckpoint):
            sequence()  # outside of any transaction; the seed is that of the checkpoint which signs the list
            made, refusal = attempt(work)
        if made is not None:
            messages.success(request, _("样本已抽出，记入日志。"))
            return redirect(url)
    page = FormPage(
        title=_("验收抽样"),
        sentence=_("批“%(number)s”，%(n)s 台。样本由平台用日志的检查点抽出，谁都不能预先知道。")
        % {"number": found.number, "n": found.size},
        text=" ".join([severity_of(found.maker_unit_id).reason, *refused.values()]).strip(),
        submit=_("抽样"),
        back=url,
        crumbs=((_("制造企业"), reverse("staff:manufacturers")), (found.number, url)),
    )
    context = {"form": form, "page": page, "refusal": refusal}
    return render(request, "staff/laboratory_form.html", context, status=form_status(request, refusal))


def _facts(upload: FactoryUpload) -> list[tuple[str, str]]:
    limits = _("；").join(f"{point['label']} ±{point['limit']:g} %" for point in upload.points)
    return [
        (_("制造企业"), upload.unit.name),
        (_("授权证书编号"), upload.authorisation.number),
        (_("批号"), upload.lot_number),
        (_("型号"), upload.model),
        (_("行数"), str(upload.rows)),
        (_("没有标记的行"), str(upload.unmarked)),
        (
            _("检定员代号（行数）"),
            _("；").join(f"{name} {n}" for name, n in sorted(upload.operators.items())) or "–",
        ),
        (_("各点误差限"), limits),
        (_("文件"), upload.file_name),
        ("SHA-256", upload.sha256),
        (_("上传时间"), f"{timezone.localtime(upload.sent_at):%Y-%m-%d %H:%M}"),
    ]
