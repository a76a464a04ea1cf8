"""What the pages of follow-ups and replacements ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.base import clock
from quanheng.core.models import OrgUnit
from quanheng.followups.enums import Finding
from quanheng.followups.models import MAX_REASON, MAX_SERIAL, FollowUp
from quanheng.followups.rules import ONSETS, rule_on
from quanheng.lots.models import Lot
from quanheng.parties.models import Party
from quanheng.web.staff.forms import ReasonForm, RevisionForm, UploadForm, file_bytes
from quanheng.web.staff.instrument_form_classes import day_field

_KWH: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "min_value": 0}


class OrderForm(forms.Form):
    """Whose meters they are, who tests them, when, and the nameplate that all share."""

    utility = forms.TypedChoiceField(label=_("供电企业"), coerce=int)
    institute = forms.TypedChoiceField(label=_("检定机构"), coerce=int)
    wished_on = day_field(_("希望的日期"), required=False)
    manufacturer = forms.CharField(label=_("制造单位"), max_length=200, required=False)
    model = forms.CharField(label=_("型号"), max_length=100, required=False)
    accuracy_class = forms.CharField(label=_("准确度等级"), max_length=20, required=False)
    ratings = forms.CharField(
        label=_("电流规格"), max_length=30, required=False, help_text=_("如 5(60) A，照铭牌。")
    )
    note = forms.CharField(
        label=_("说明"), max_length=MAX_REASON, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, utilities: Iterable[Party], institutes: Iterable[OrgUnit], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("utility", utilities), ("institute", institutes)):
            offered = [(one.pk, one.name) for one in rows]
            choices = offered if len(offered) == 1 else [("", _("请选择")), *offered]
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class CertificateForm(RevisionForm):
    """What another body found, as its certificate says."""

    institution = forms.CharField(label=_("检定机构"), max_length=100)
    certificate_no = forms.CharField(label=_("证书编号"), max_length=100)
    tested_on = day_field(_("检定日期"))
    finding = forms.ChoiceField(label=_("结论"), choices=Finding.listed, widget=forms.RadioSelect)
    error_percent = forms.FloatField(
        label=_("误差（%）"),
        help_text=_("调整前的误差；示值偏高为正。"),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    expanded_uncertainty_percent = forms.FloatField(
        label=_("扩展不确定度 U（k = 2，%）"), min_value=0, widget=forms.NumberInput(attrs={"step": "any"})
    )
    file = forms.FileField(label=_("证书的照片或文件"))

    def facts(self) -> dict[str, Any]:
        """Return the arguments of `record_certificate`."""
        given = dict(self.cleaned_data)
        file = given.pop("file")
        return given | {
            "finding": Finding(given["finding"]),
            "data": file_bytes(file),
            "filename": file.name or "",
        }


class CompensationForm(RevisionForm):
    """The period, what the meter showed and the price, and by which rule the beginning is taken."""

    method = forms.ChoiceField(label=_("误差何时开始"), widget=forms.RadioSelect)
    period_from = day_field(_("期间起"), help_text=_("上次检定或换装之日。"))
    period_to = day_field(_("期间止"), help_text=_("误差更正之日，如更换之日。"))
    registered_kwh = forms.DecimalField(label=_("期间电能表的示值电量（kWh）"), **_KWH)
    price = forms.DecimalField(label=_("电价（元/kWh）"), max_digits=10, decimal_places=5, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.today()
        rows = [(key, rule_on(key, today)) for key in ONSETS]
        field = self.fields["method"]
        field.choices = [  # type: ignore[attr-defined]
            (key, rule.what if rule.is_confirmed else _("{what}（未核对）").format(what=rule.what))
            for key, rule in rows
        ]
        field.initial = ONSETS[0]


class PlanForm(RevisionForm):
    """By when a meter is to be replaced."""

    planned_on = day_field(_("计划在此日之前更换"), required=False)


class CloseForm(ReasonForm, RevisionForm):
    """Ending something with a reason."""


class DoneForm(RevisionForm):
    """What was done at the meter."""

    new_serial = forms.CharField(label=_("新表编号"), max_length=MAX_SERIAL)
    new_maker = forms.CharField(label=_("新表制造单位"), max_length=100, required=False)
    replaced_on = day_field(_("更换日期"))
    removed_kwh = forms.DecimalField(label=_("旧表止码（kWh）"), **_KWH)
    installed_kwh = forms.DecimalField(label=_("新表起码（kWh）"), **_KWH)
    crew = forms.CharField(label=_("经办人"), max_length=100, required=False)
    file = forms.FileField(label=_("新旧表读数的照片"))


class LotForm(forms.Form):
    """A lot of which meters are to be replaced."""

    lot = forms.ModelChoiceField(label=_("批"), queryset=Lot.objects.none())
    planned_on = day_field(_("计划在此日之前更换"), required=False)

    def __init__(self, *args: Any, lots: Sequence[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = Lot.objects.filter(pk__in=[lot.pk for lot in lots])  # type: ignore[attr-defined]


class ControlsForm(forms.Form):
    """How many random controls to draw."""

    count = forms.IntegerField(label=_("抽取几台"), min_value=1, max_value=200, initial=3)


class VisitsForm(forms.Form):
    """What visits cost and what may be spent; asked by the address, nothing is saved."""

    budget = forms.FloatField(label=_("预算（元）"), min_value=0, max_value=1e9)
    trip = forms.FloatField(label=_("去一个台区（元/趟）"), min_value=0, max_value=1e6)
    meter = forms.FloatField(label=_("核实一台（元/台）"), min_value=0, max_value=1e6)


class CrewSheetForm(UploadForm):
    """What crews sent back."""


def plate_of(follow_up: FollowUp) -> str:
    """Return the serial by which a follow-up is known, the id of its readings where there is none."""
    return follow_up.instrument.serial_no if follow_up.instrument else follow_up.meter_id
