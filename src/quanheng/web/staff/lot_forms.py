"""What the pages of lots ask for.  Forms parse; rules are the services'."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.kernels.text_keys import name_key
from quanheng.lots.plan_rules import PlanRule
from quanheng.lots.rotation import MONTHS
from quanheng.parties.models import Party
from quanheng.regulations.selectors import rule_set
from quanheng.web.staff.forms import RevisionForm, file_bytes

# Meters of households; whether they may stay by their state is dated rule data.
KINDS = ("household_electricity_meter", "electricity_meter", "water_meter", "gas_meter_diaphragm")


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds of meters that come in lots."""
    kinds = rule_set().kinds
    return [(kind, kinds[kind].name) for kind in KINDS if kind in kinds]


class LotForm(forms.Form):
    """What all meters of a lot have in common."""

    number = forms.CharField(label=_("批号"), max_length=60, help_text=_("供电、供水、供气单位的编号。"))
    kind = forms.ChoiceField(label=_("种类"), choices=kind_choices)
    maker = forms.CharField(label=_("制造单位"), max_length=200)
    model = forms.CharField(label=_("型号"), max_length=100)
    accuracy_class = forms.CharField(
        label=_("准确度等级"), max_length=20, required=False, help_text=_("如 2、B。")
    )
    first_verified_in = forms.IntegerField(label=_("首次检定年份"), min_value=1990, max_value=2100)
    delivery = forms.CharField(label=_("到货批次"), max_length=60, required=False)
    utility = forms.CharField(
        label=_("供应单位"), max_length=200, required=False, help_text=_("已登记的使用单位的名称。")
    )

    def clean_utility(self) -> Party | None:
        """Return the party of that name.  ValidationError where there is none, or more than one."""
        name = self.cleaned_data["utility"].strip()
        found = list(Party.objects.filter(name_key=name_key(name))[:2]) if name else []
        if name and len(found) != 1:
            raise forms.ValidationError(gettext("没有登记过叫这个名称的单位，或不止一个。"))
        return found[0] if found else None


class FileForm(forms.Form):
    """A list or results as Excel or CSV."""

    file = forms.FileField(label=_("Excel 或 CSV 文件"), allow_empty_file=True)

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        file = self.cleaned_data["file"]
        return file.name or "", file_bytes(file)


class DrawForm(forms.Form):
    """By which rule a sample is drawn."""

    def __init__(self, *args: Any, rules: list[PlanRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(rule.key, rule.title) for rule in rules]
        self.fields["rule"] = forms.ChoiceField(label=_("抽样规则"), choices=choices)


class DecideForm(RevisionForm):
    """The decision that the plan gives."""

    reason = forms.CharField(
        label=_("说明（记入日志）"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AgainForm(RevisionForm):
    """Giving up a sample that cannot be completed."""

    reason = forms.CharField(
        label=_("理由（记入日志）"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class StockForm(forms.Form):
    """What the stock plan supposes; nothing of it is saved."""

    capacity = forms.IntegerField(label=_("每月能换"), min_value=1, max_value=1_000_000)
    lead = forms.IntegerField(label=_("订货到货"), min_value=0, max_value=MONTHS)
    price = forms.DecimalField(
        label=_("每台费用"), min_value=Decimal(0), max_digits=10, decimal_places=2, required=False
    )
