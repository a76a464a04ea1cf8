"""What the pages about makers ask for.  Forms parse; rules are the services'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.base.errors import BureauError
from quanheng.core.models import OrgUnit
from quanheng.manufacturers.acceptance import ISOLATED, SERIES
from quanheng.manufacturers.marks import Marks, marks_in
from quanheng.manufacturers.services.authorisations import Terms
from quanheng.manufacturers.types import MeterType, types_in
from quanheng.web.staff.forms import RevisionForm
from quanheng.web.staff.laboratory import DayInput, UnitForm, kept

T = TypeVar("T")


class TermsForm(forms.Form):
    """What an authorisation says."""

    number = forms.CharField(label=_("授权证书编号"), max_length=100)
    types = forms.CharField(
        label=_("授权的型号"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("一行一个：种类，型号，准确度等级，额定值。如：单相电能表，DDZY100，2，Ib=5，Imax=60"),
    )
    marks = forms.CharField(
        label=_("检定标记号段"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("一行一段：起号～止号，位数相同。如：川A000001～川A200000。与别的企业重叠的不能保存。"),
    )
    valid_from = forms.DateField(label=_("有效期自"), widget=DayInput())
    valid_until = forms.DateField(label=_("有效期至（含当日）"), widget=DayInput())

    def clean_types(self) -> list[MeterType]:
        """Return the types."""
        return _read(types_in, self.cleaned_data["types"])

    def clean_marks(self) -> list[Marks]:
        """Return the ranges."""
        return _read(marks_in, self.cleaned_data["marks"])

    def terms(self) -> Terms:
        """Return what was filled in."""
        names = ("number", "types", "marks", "valid_from", "valid_until")
        return Terms(**{name: self.cleaned_data[name] for name in names})


class NewAuthorisationForm(UnitForm, TermsForm):
    """An authorisation of a maker that has none."""

    field_order = ("unit",)

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_units(units, str(_("制造企业")))


class ChangedAuthorisationForm(RevisionForm, TermsForm):
    """An authorisation that is changed."""


class FactoryForm(forms.Form):
    """A file of factory data."""

    model = forms.ChoiceField(label=_("型号"))
    lot_number = forms.CharField(
        label=_("批号"), max_length=60, help_text=_("企业自己的生产批号，不能重复。")
    )
    file = forms.FileField(
        label=_("出厂数据（Excel 或 CSV）"),
        help_text=_("一份文件一批，不超过 10 万台。有一处错误就整份不收，改正后重新上传。"),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, types: list[MeterType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = [(one.model, str(one)) for one in types]  # type: ignore[attr-defined]

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        found = kept(self.cleaned_data["file"])
        assert found is not None  # noqa: S101  the field is required
        return found


class AcceptanceForm(forms.Form):
    """By which plan a delivered lot is sampled."""

    option = forms.ChoiceField(
        label=_("验收抽样方案"), choices=((SERIES, ""), (ISOLATED, "")), widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, offered: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = list(offered.items())  # type: ignore[attr-defined]


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except BureauError as error:
        raise forms.ValidationError(error.text) from error
