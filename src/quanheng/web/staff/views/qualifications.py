"""What one person may verify and which courses they attended: granted, recorded, withdrawn."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quanheng.core.models import User
from quanheng.kernels.regulation_number import regulation_number
from quanheng.standards.asked import known_regulations
from quanheng.web.auth import require_permission
from quanheng.web.staff.laboratory import FormPage, form_page
from quanheng.web.staff.workforce_forms import (
    QualificationForm,
    TrainingForm,
    WithdrawForm,
    offered_regulations,
)
from quanheng.workforce.models import Metrologist, Qualification, Training
from quanheng.workforce.selectors import metrologist_for, metrologists_visible
from quanheng.workforce.services.qualifications import (
    grant_qualification,
    record_training,
    withdraw_qualification,
    withdraw_training,
)

_CHANGE = "workforce.change"


@require_http_methods(["GET", "POST"])
def qualification_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record what a person may verify."""
    user, person = _changeable(request, public_id)
    form = QualificationForm(
        request.POST or None,
        request.FILES or None,
        initial={"valid_from": person.registered_from, "valid_until": person.registered_until},
    )
    page = FormPage(
        title=_("登记检定资质"),
        sentence=_("登记 %(name)s 可以检定的一个项目。") % {"name": person.user},
        submit=_("登记"),
        back=_url(person),
        crumbs=_crumbs(person),
        offered=offered_regulations(),
    )

    def work() -> Qualification:
        given = dict(form.cleaned_data)
        given["item"] = given["item"] or _title_of(given["regulation"])
        return grant_qualification(actor=user, metrologist=public_id, **given)

    return form_page(request, page, form, work, lambda _made: (_("资质已登记。"), _url(person)))


@require_http_methods(["GET", "POST"])
def qualification_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing a qualification does, ask why, do it."""
    user = require_permission(request, _CHANGE)
    found = (
        Qualification.objects.select_related("metrologist__user")
        .filter(public_id=public_id, metrologist__in=metrologists_visible(user).values("pk"))
        .first()
    )
    if found is None:
        raise Http404
    person = found.metrologist
    user = require_permission(request, _CHANGE, unit_id=person.unit_id)
    form = WithdrawForm(request.POST or None)
    given = {"name": person.user, "regulation": found.regulation, "item": found.item}
    page = FormPage(
        title=_("撤销检定资质"),
        sentence=_("将撤销 %(name)s 的%(item)s（%(regulation)s）资质。") % given,
        text=_("撤销后它在任何日期都不再有效；登记和理由保留，不能恢复。已出的证书不变。"),
        submit=_("撤销登记"),
        back=_url(person),
        crumbs=_crumbs(person),
        is_dangerous=True,
    )

    def work() -> Qualification:
        return withdraw_qualification(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])

    return form_page(request, page, form, work, lambda _made: (_("资质已撤销。"), _url(person)))


@require_http_methods(["GET", "POST"])
def training_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record a course that a person attended."""
    user, person = _changeable(request, public_id)
    form = TrainingForm(request.POST or None, request.FILES or None)
    page = FormPage(
        title=_("登记继续教育"),
        sentence=_("登记 %(name)s 参加的一次培训。") % {"name": person.user},
        submit=_("登记"),
        back=_url(person),
        crumbs=_crumbs(person),
    )

    def work() -> Training:
        return record_training(actor=user, metrologist=public_id, **form.cleaned_data)

    return form_page(request, page, form, work, lambda _made: (_("培训已登记。"), _url(person)))


@require_http_methods(["GET", "POST"])
def training_withdraw(request: HttpRequest, training_id: int) -> HttpResponse:
    """Say what withdrawing a course does, ask why, do it."""
    user = require_permission(request, _CHANGE)
    found = (
        Training.objects.select_related("metrologist__user")
        .filter(pk=training_id, metrologist__in=metrologists_visible(user).values("pk"))
        .first()
    )
    if found is None:
        raise Http404
    person = found.metrologist
    user = require_permission(request, _CHANGE, unit_id=person.unit_id)
    form = WithdrawForm(request.POST or None)
    given = {"name": person.user, "title": found.title, "hours": f"{found.hours.normalize():f}"}
    page = FormPage(
        title=_("撤销培训登记"),
        sentence=_("将撤销 %(name)s 的“%(title)s”（%(hours)s 学时）。") % given,
        text=_("撤销后学时不再计入；登记和理由保留，不能恢复。"),
        submit=_("撤销登记"),
        back=_url(person),
        crumbs=_crumbs(person),
        is_dangerous=True,
    )

    def work() -> Training:
        return withdraw_training(actor=user, training_id=training_id, reason=form.cleaned_data["reason"])

    return form_page(request, page, form, work, lambda _made: (_("培训登记已撤销。"), _url(person)))


def _title_of(number: str) -> str:
    """Return the title of a packaged regulation; nothing for another, and for what is no number."""
    try:
        return known_regulations().get(regulation_number(number), "")
    except ValueError:
        return ""


def _changeable(request: HttpRequest, public_id: UUID) -> tuple[User, Metrologist]:
    user = require_permission(request, _CHANGE)
    found = metrologist_for(user, public_id)
    return require_permission(request, _CHANGE, unit_id=found.unit_id), found


def _url(person: Metrologist) -> str:
    return reverse("staff:metrologist", args=[person.public_id])


def _crumbs(person: Metrologist) -> tuple[tuple[str, str], ...]:
    return ((_("人员与资质"), reverse("staff:workforce")), (str(person.user), _url(person)))
