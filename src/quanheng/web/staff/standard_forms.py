"""What the pages about standards ask for.  Forms parse; rules are the services'."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.core.models import OrgUnit
from quanheng.standards.asked import asked_fields
from quanheng.standards.enums import Level
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.reading import CertificateDetails, Point, is_xml
from quanheng.standards.services.registry import StandardDetails
from quanheng.web.staff.forms import ReasonForm, RevisionForm
from quanheng.web.staff.laboratory import DayInput, UnitForm, kept
from quanheng.web.staff.workforce_forms import PaperForm, numbers_in

_COLUMNS = 5
_ANSWER = "answer_"
_STATED = ("number", "issuer", "calibrated_on")


class StandardForm(forms.Form):
    """What is stated about a standard; answers to its regulations follow where they are known."""

    level = forms.ChoiceField(label=_("类别"), choices=Level.choices)
    name = forms.CharField(label=_("名称"), max_length=100)
    serial_no = forms.CharField(
        label=_("编号"), max_length=100, required=False, help_text=_("出厂编号；标准物质写批号。")
    )
    model = forms.CharField(label=_("型号"), max_length=100, required=False)
    manufacturer = forms.CharField(label=_("制造单位"), max_length=200, required=False)
    measuring_range = forms.CharField(label=_("测量范围"), max_length=100, required=False)
    accuracy = forms.CharField(
        label=_("准确度等级或最大允许误差"),
        max_length=100,
        required=False,
        help_text=_("如 M1 等级、0.05 级。"),
    )
    serves = forms.CharField(
        label=_("用于哪些规程"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("一行一个编号，不写年号，如 JJG 539。"),
    )
    interval_months = forms.IntegerField(
        label=_("复校间隔（月）"),
        required=False,
        min_value=1,
        help_text=_("证书没有写明有效期时，按它推算。"),
    )
    examination_number = forms.CharField(
        label=_("考核证书编号"),
        max_length=100,
        required=False,
        help_text=_("计量标准考核证书或社会公用计量标准证书；这两类计量标准必填。"),
    )
    examination_until = forms.DateField(
        label=_("考核证书有效期至（含当日）"), required=False, widget=DayInput()
    )

    def clean_serves(self) -> list[str]:
        """Return the numbers."""
        return numbers_in(self.cleaned_data["serves"])

    def details(self) -> StandardDetails:
        """Return what was stated, with the answers that a regulation of the standard asks for."""
        given = dict(self.cleaned_data)
        asked = {one.name for one in asked_fields(given["serves"])}
        answers = {
            name.removeprefix(_ANSWER): text for name, text in given.items() if name.startswith(_ANSWER)
        }
        stated = {name: given[name] for name in StandardForm.base_fields}
        stated |= {"level": Level(given["level"]), "serves": tuple(given["serves"])}
        return StandardDetails(**stated, fields={name: answers[name] for name in answers if name in asked})


class NewStandardForm(UnitForm, StandardForm):
    """A standard that is registered."""

    field_order = ("unit", "level", "name")

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_units(units, str(_("机构")))


class ChangedStandardForm(RevisionForm, StandardForm):
    """A standard that is there, with a field for each thing that its regulations ask."""

    def __init__(self, *args: Any, standard: MeasurementStandard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(_initial(standard))
        for one in asked_fields(standard.serves):
            name = _ANSWER + one.name
            if name not in self.fields:
                help_text = gettext("%(regulation)s 要求；可带单位，不带时按 %(unit)s。%(hint)s")
                given = {"regulation": one.regulation, "unit": one.unit, "hint": one.hint}
                self.fields[name] = forms.CharField(
                    label=one.label, max_length=60, required=False, help_text=help_text % given
                )
                self.initial[name] = standard.fields.get(one.name, "")
        self.order_fields(
            [*list(self.fields)[:9], *(name for name in self.fields if name.startswith(_ANSWER))]
        )


class ConditionForm(ReasonForm, RevisionForm):
    """Stopping a standard, using it again, withdrawing it."""


class CertificateForm(forms.Form):
    """A certificate as it was received; of an XML file nothing else is asked."""

    file = forms.FileField(
        label=_("证书文件"),
        allow_empty_file=True,
        help_text=_("数字校准证书（DCC，.xml）只需选文件，以下各项自动读取；扫描件和 PDF 请按证书填写。"),
    )
    number = forms.CharField(label=_("证书编号"), max_length=100, required=False)
    issuer = forms.CharField(label=_("出具机构"), max_length=200, required=False)
    calibrated_on = forms.DateField(label=_("校准或检定日期"), required=False, widget=DayInput())
    valid_until = forms.DateField(
        label=_("有效期至（含当日）"),
        required=False,
        widget=DayInput(),
        help_text=_("证书没有写明的不填，按复校间隔推算。"),
    )
    points = forms.CharField(
        label=_("测量点"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "mono"}),
        help_text=_(
            "每行一点：标称值、误差（示值减参考值）、扩展不确定度 U、包含因子 k、单位；可从 Excel 粘贴。"
        ),
    )

    def clean_file(self) -> tuple[str, bytes] | None:
        """Return name and bytes."""
        return kept(self.cleaned_data["file"])

    def clean_points(self) -> tuple[Point, ...]:
        """Return the points, one a line."""
        found, wrong = [], []
        for at, line in enumerate(self.cleaned_data["points"].splitlines(), start=1):
            if line.strip():
                point = _point(line)
                if point is None:
                    wrong.append(gettext("第 %(at)s 行不是五项：%(line)s") % {"at": at, "line": line[:60]})
                else:
                    found.append(point)
        if wrong:
            raise forms.ValidationError(wrong)
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        """Of a file that is not read by itself, number, issuer and day must be given."""
        data = super().clean() or {}
        file = data.get("file")
        if file and not is_xml(file[1]):
            for name in _STATED:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, gettext("文件不是 XML，请按证书填写这一项。"))
        return data

    def stated(self) -> CertificateDetails | None:
        """Return what was typed; None where the file is read instead."""
        data = self.cleaned_data
        if is_xml(data["file"][1]):
            return None
        names = (*_STATED, "valid_until", "points")
        return CertificateDetails(**{name: data[name] for name in names})


class CheckForm(forms.Form):
    """A reading of a check standard."""

    series = forms.CharField(
        label=_("核查标准和核查点"),
        max_length=100,
        help_text=_("如 F2 砝码 F-07，1 kg 点；同一写法的画在同一张控制图上。"),
        widget=forms.TextInput(attrs={"list": "series", "autocomplete": "off"}),
    )
    checked_on = forms.DateField(label=_("核查日期"), widget=DayInput())
    value = forms.DecimalField(label=_("核查值"))
    unit = forms.CharField(label=_("单位"), max_length=20)
    note = forms.CharField(label=_("备注"), max_length=300, required=False)


class ComparisonForm(PaperForm):
    """The own result of a comparison."""

    name = forms.CharField(label=_("比对名称"), max_length=200)
    organiser = forms.CharField(label=_("主导实验室或组织者"), max_length=200)
    held_on = forms.DateField(label=_("比对日期"), widget=DayInput())
    unit = forms.CharField(label=_("单位"), max_length=20)
    value = forms.DecimalField(label=_("本机构的结果"))
    expanded_uncertainty = forms.DecimalField(label=_("本机构的扩展不确定度（k = 2）"))
    reference_value = forms.DecimalField(label=_("参考值"))
    reference_expanded_uncertainty = forms.DecimalField(label=_("参考值的扩展不确定度（k = 2）"))
    field_order = ("name", "organiser", "held_on", "unit", "value", "expanded_uncertainty")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name != "file"])
        self.fields["file"].label = gettext("比对报告")


def _initial(standard: MeasurementStandard) -> dict[str, Any]:
    found = {name: getattr(standard, name) for name in StandardForm.base_fields}
    return found | {"serves": "\n".join(standard.serves), "revision": standard.revision}


def _point(line: str) -> Point | None:
    """Return the point of a line: five cells, by tab, comma or space."""
    cells = line.replace("，", ",").replace(",", " ").split()
    if len(cells) != _COLUMNS:
        return None
    try:
        nominal, error, size, factor = (Decimal(cell.replace("−", "-")) for cell in cells[:-1])
    except InvalidOperation:
        return None
    return Point(nominal, error, size, factor, cells[-1])
