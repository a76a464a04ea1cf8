"""What the pages of an import ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.core.models import OrgUnit
from quanheng.instruments.enums import Filing, Setting, Use
from quanheng.instruments.services.importing.batches import TOWN_KINDS
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.web.staff.forms import ReasonForm, RevisionForm, file_bytes

FIELDS = {
    "name": _("器具名称"),
    "model": _("型号规格"),
    "serial_no": _("出厂编号"),
    "manufacturer": _("制造单位"),
    "owner": _("使用单位"),
    "place": _("安装使用地点"),
    "accuracy": _("准确度等级"),
    "range": _("测量范围"),
    "max": _("最大秤量"),
    "min": _("最小秤量"),
    "e": _("检定分度值"),
    "d": _("实际分度值"),
    "use": _("用途"),
    "last_date": _("检定日期"),
    "valid_until": _("有效期至"),
    "interval_months": _("检定周期"),
    "certificate_no": _("证书编号"),
    "institution": _("检定机构"),
    "seq": _("序号"),
    "remark": _("备注"),
}
NONE = "-"


class LedgerForm(forms.Form):
    """A ledger."""

    file = forms.FileField(
        label=_("台账文件"),
        help_text=_(".xlsx、.xls 或 .csv。标题行、合并单元格、合计行都不用先删。"),
        allow_empty_file=True,  # the reader says why an empty file is no ledger
    )
    sheet = forms.CharField(
        label=_("工作表"), required=False, max_length=100, help_text=_("不填时取第一张有器具表头的工作表。")
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        file = self.cleaned_data["file"]
        return file.name, file_bytes(file)


class HeadingsForm(RevisionForm):
    """What each column holds: proposed where it is known, asked where it is not."""

    date_order = forms.ChoiceField(
        label=_("3/4/2026 这样的日期"),
        choices=[("mdy", _("月/日/年")), ("dmy", _("日/月/年"))],
    )

    def __init__(self, *args: Any, columns: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._columns = columns
        for number, column in enumerate(columns):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=column["heading"],
                choices=_choices(column),
                initial=_initial(column),
                error_messages={"required": gettext("请选择这一列是什么。")},
            )

    def clean(self) -> dict[str, Any]:
        """Tell where two columns are said to be the same field."""
        taken: dict[str, str] = {}
        for number, column in enumerate(self._columns):
            given = self.cleaned_data.get(f"column_{number}", NONE)
            if given == NONE:
                continue
            if given in taken:
                said = {"other": taken[given], "field": FIELDS[given]}
                self.add_error(f"column_{number}", gettext("“%(other)s”也选了%(field)s，只能有一列。") % said)
            taken.setdefault(given, column["heading"])
        return self.cleaned_data

    def lines(self) -> list[dict[str, Any]]:
        """Return each column with its question, for the template."""
        return [
            {**column} | {"question": self[f"column_{number}"], "percent": round(column["confidence"] * 100)}
            for number, column in enumerate(self._columns)
        ]

    def answers(self) -> dict[str, str | None]:
        """Return what the person said otherwise than was proposed, and every answer that was asked for."""
        found: dict[str, str | None] = {}
        for number, column in enumerate(self._columns):
            given = self.cleaned_data[f"column_{number}"]
            name = None if given == NONE else given
            if column["is_asked"] or name != column["field"]:
                found[column["heading"]] = name
        return found


class DefaultsForm(RevisionForm):
    """What holds for all rows that do not say otherwise."""

    owner = forms.CharField(
        label=_("使用单位"), required=False, max_length=200, help_text=_("只用于台账没有写使用单位的行。")
    )
    place = forms.CharField(
        label=_("场所"),
        required=False,
        max_length=200,
        help_text=_("填写后，全部器具都在这里，台账的地点作为具体位置。"),
    )
    setting = forms.ChoiceField(
        label=_("场所类型"), required=False, choices=lambda: [("", _("按名称判断")), *Setting.choices]
    )
    town = forms.TypedChoiceField(
        label=_("乡镇街道"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: [("", _("按名称判断")), *_towns()],
    )
    use = forms.ChoiceField(
        label=_("用途"),
        required=False,
        choices=lambda: [("", _("列为待核实")), *[c for c in Use.choices if c[0] != Use.UNKNOWN]],
        help_text=_("只用于台账没有写用途的行。"),
    )
    filing = forms.ChoiceField(
        label=_("新增的器具列为"),
        choices=lambda: [(f.value, f.label) for f in (Filing.SUBMITTED, Filing.FILED)],
    )
    reason = forms.CharField(label=_("列为已备案的依据"), required=False, max_length=200)

    def defaults(self) -> Defaults:
        """Return them as the service takes them."""
        return Defaults(**{name: self.cleaned_data[name] for name in Defaults.__dataclass_fields__})


class UndoForm(ReasonForm, RevisionForm):
    """Taking an import back."""


def _initial(column: Mapping[str, Any]) -> str:
    """Return what is proposed: the field, or what was answered about the heading in an earlier file."""
    proposed = column.get("former", "") if column["is_asked"] else column["field"]
    return NONE if proposed is None else proposed


def _choices(column: Mapping[str, Any]) -> list[Any]:
    words = [(name, str(word)) for name, word in FIELDS.items()]
    near = [(name, str(FIELDS[name])) for name in column["suggestions"] if name in FIELDS]
    choices: list[Any] = [("", gettext("请选择"))] if column["is_asked"] else []
    if near:
        choices.append((gettext("可能是"), near))
        words = [pair for pair in words if pair not in near]
    none = gettext("不导入（个人信息）") if column.get("kind") == "person" else gettext("都不是，原样保留")
    return [*choices, (NONE, none), (gettext("全部"), words)]


def _towns() -> list[tuple[int, str]]:
    return list(OrgUnit.objects.filter(kind__in=TOWN_KINDS, is_active=True).values_list("pk", "name"))
