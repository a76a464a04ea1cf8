"""What the pages about people and authorisations ask for.  Forms parse; rules are the services'."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.core.models import OrgUnit, User
from quanheng.kernels.regulation_number import regulation_number
from quanheng.standards.asked import known_regulations
from quanheng.web.staff.forms import ReasonForm, RevisionForm
from quanheng.web.staff.laboratory import DayInput, UnitForm, kept
from quanheng.workforce.enums import Grade

_BREAKS = re.compile(r"[\n,，;；、]+")


def numbers_in(text: str) -> list[str]:
    """Return the numbers of regulations in a text, one a line or with commas between.

    Raises
    ------
    ValidationError
        For every part that is no such number.
    """
    found, wrong = [], []
    for part in filter(str.strip, _BREAKS.split(text)):
        try:
            found.append(regulation_number(part))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise forms.ValidationError(wrong)
    return found


class PaperForm(forms.Form):
    """A record with the file of its paper."""

    file = forms.FileField(
        label=_("证书文件"), required=False, help_text=_("扫描件或照片，原样保存。"), allow_empty_file=True
    )

    def clean_file(self) -> tuple[str, bytes] | None:
        """Return name and bytes."""
        return kept(self.cleaned_data["file"])


class ValidityForm(forms.Form):
    """Something that is valid from a day until another."""

    valid_from = forms.DateField(label=_("有效期自"), widget=DayInput())
    valid_until = forms.DateField(label=_("有效期至（含当日）"), widget=DayInput())


class AuthorisationForm(UnitForm, ValidityForm, PaperForm):
    """An authorisation of an institute."""

    number = forms.CharField(label=_("授权证书编号"), max_length=100)
    regulations = forms.CharField(
        label=_("授权开展检定的规程"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("一行一个编号，不写年号，如 JJG 539。"),
    )
    city = forms.CharField(label=_("所在地"), max_length=100, help_text=_("印在证书上，如 达州市。"))
    address = forms.CharField(label=_("地址"), max_length=300, required=False)
    phone = forms.CharField(label=_("电话"), max_length=50, required=False)
    field_order = ("unit", "number", "regulations", "valid_from", "valid_until", "city", "address", "phone")

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_units(units, str(_("机构")))

    def clean_regulations(self) -> list[str]:
        """Return the numbers."""
        return numbers_in(self.cleaned_data["regulations"])


class RegistrationForm(forms.Form):
    """What a registration says."""

    grade = forms.ChoiceField(label=_("级别"), choices=Grade.choices)
    registration_number = forms.CharField(label=_("注册证或检定员证编号"), max_length=100)
    registered_from = forms.DateField(label=_("有效期自"), widget=DayInput())
    registered_until = forms.DateField(label=_("有效期至（含当日）"), widget=DayInput())


class NewMetrologistForm(UnitForm, RegistrationForm):
    """Who is registered, and as what."""

    person = forms.UUIDField(
        label=_("人员"),
        widget=forms.Select,
        help_text=_("已有检定员、核验员或授权签字人岗位、尚未登记的用户；没有时请系统管理员先设岗位。"),
    )
    field_order = ("unit", "person", "grade")

    def __init__(self, *args: Any, units: list[OrgUnit], people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_units(units, str(_("机构")))
        choices = [("", _("请选择")), *((user.public_id, str(user)) for user in people)]
        self.fields["person"].widget.choices = choices


class ChangedMetrologistForm(RevisionForm, RegistrationForm):
    """A registration that was renewed or changed."""


class LeaveForm(RevisionForm):
    """The day from which somebody no longer works here."""

    left_on = forms.DateField(label=_("离岗日期"), widget=DayInput(), help_text=_("不再在岗的第一天。"))


class QualificationForm(ValidityForm, PaperForm):
    """What somebody may verify."""

    regulation = forms.CharField(
        label=_("规程"),
        max_length=60,
        help_text=_("编号，不写年号，如 JJG 539。"),
        widget=forms.TextInput(attrs={"list": "regulations", "autocomplete": "off"}),
    )
    item = forms.CharField(
        label=_("项目"), max_length=100, required=False, help_text=_("不填时用规程的名称。")
    )
    field_order = ("regulation", "item", "valid_from", "valid_until", "file")


class TrainingForm(PaperForm):
    """A course."""

    title = forms.CharField(label=_("培训名称"), max_length=200)
    held_on = forms.DateField(label=_("结束日期"), widget=DayInput())
    hours = forms.DecimalField(label=_("学时"), max_digits=6, decimal_places=1, min_value=0)
    field_order = ("title", "held_on", "hours", "file")


class WithdrawForm(ReasonForm):
    """Withdrawing a record."""


class SheetForm(UnitForm):
    """An Excel file to be read in for an institute."""

    file = forms.FileField(label=_("Excel 文件"), allow_empty_file=True)

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_units(units, str(_("机构")))

    def clean_file(self) -> tuple[str, bytes] | None:
        """Return name and bytes."""
        return kept(self.cleaned_data["file"])


def offered_regulations() -> dict[str, list[tuple[str, str]]]:
    """Return the packaged regulations for a <datalist>."""
    return {"regulations": list(known_regulations().items())}
