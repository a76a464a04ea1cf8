"""What the staff pages ask for.  Forms parse and say what is missing; rules are the services'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import OrgUnit
from quanheng.taskboard.indicators import REGISTRY, Indicator
from quanheng.web.figures import plain

# A county is loaded from its file; a group has a form of its own.
NEW_KINDS = (
    UnitKind.DEPARTMENT,
    UnitKind.TOWN,
    UnitKind.SUBDISTRICT,
    UnitKind.INSTITUTE,
    UnitKind.BUSINESS,
    UnitKind.MANUFACTURER,
)


def kind_choices(kinds: Iterable[UnitKind] = NEW_KINDS) -> list[tuple[str, str]]:
    """Return the kinds of unit that a form offers."""
    return [(kind.value, str(kind.label)) for kind in kinds]


def unit_choices(units: Iterable[OrgUnit]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return units under their kinds: <optgroup>s, or the headings of check boxes."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for unit in units:
        groups.setdefault(str(UnitKind(unit.kind).label), []).append((unit.pk, unit.name))
    return list(groups.items())


def file_bytes(file: UploadedFile) -> bytes:
    """Return a sent file; what is over the limit never comes into memory."""
    if file.size is not None and file.size > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 2**20
        raise forms.ValidationError(gettext("文件太大，上限为 %(limit)s MiB。") % {"limit": limit})
    return b"".join(file.chunks())


class UploadForm(forms.Form):
    """A plan document."""

    file = forms.FileField(
        label=_("规划文件"),
        help_text=_("可以是 .docx、带文字层的 .pdf、.txt、.md，或 plan.yaml。"),
        allow_empty_file=True,  # the compiler says why an empty file is no plan
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        file = self.cleaned_data["file"]
        return file.name, file_bytes(file)


class AliasForm(forms.Form):
    """The answer to “which unit is this?”: one that exists, or a new one of some kind."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=100)
    unit = forms.IntegerField(label=_("是这个单位"), required=False, widget=forms.Select)
    kind = forms.ChoiceField(label=_("或新建为"), required=False, choices=lambda: kind_choices())  # noqa: PLW0108

    def __init__(self, *args: Any, units: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].widget.choices = [("", _("请选择")), *units]


class EvidenceForm(forms.Form):
    """A file that shows what a unit did for a task."""

    unit = forms.IntegerField(label=_("单位"), widget=forms.Select)
    happened_on = forms.DateField(
        label=_("事情发生的日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    file = forms.FileField(
        label=_("佐证材料"),
        help_text=_("原样保存；文件的散列值记入日志，文件名可按规定删除。"),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, units: Iterable[OrgUnit] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = list(units)
        # With more than one unit the person says which: a default would file for the wrong one.
        blank = [("", _("请选择"))] if len(offered) > 1 else []
        self.fields["unit"].widget.choices = [*blank, *unit_choices(offered)]

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes."""
        file = self.cleaned_data["file"]
        return file.name, file_bytes(file)


class ReasonForm(forms.Form):
    """A dangerous act asks why."""

    reason = forms.CharField(
        label=_("理由（记入日志）"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class RevisionForm(forms.Form):
    """A record that two people may edit: ``revision`` is what this person saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class EraseForm(ReasonForm, RevisionForm):
    """Erasing a person."""


# An indicator of the whole plan says nothing about one task.
_MEASURES = tuple(item for item in REGISTRY.values() if item.measures_tasks)


class MeasureForm(RevisionForm):
    """Which indicators measure a task, each with its target or none."""

    def __init__(self, *args: Any, present: Mapping[str, Decimal | None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in _MEASURES:
            key = field_key(item)
            self.fields[f"use_{key}"] = forms.BooleanField(
                label=item.label, required=False, initial=item.name in present
            )
            self.fields[f"target_{key}"] = forms.DecimalField(
                label=gettext("%(label)s的目标值") % {"label": item.label},
                required=False,
                max_digits=18,
                decimal_places=4,
                min_value=0,
                initial=plain(present.get(item.name)),
            )

    def lines(self) -> list[dict[str, Any]]:
        """Return each indicator with its two fields, for the template."""
        return [
            {"item": item, "use": self[f"use_{field_key(item)}"], "target": self[f"target_{field_key(item)}"]}
            for item in _MEASURES
        ]

    def targets(self) -> dict[str, Decimal | None]:
        """Return what was chosen."""
        data = self.cleaned_data
        return {
            item.name: data[f"target_{field_key(item)}"]
            for item in _MEASURES
            if data[f"use_{field_key(item)}"]
        }


def field_key(item: Indicator) -> str:
    """Return the name of an indicator as an HTML id can bear it."""
    return item.name.replace(".", "_")


class UnitForm(RevisionForm):
    """A unit with the names that documents call it by; a group with its members, others with their groups."""

    belonging = ""  # members or groups; the county has neither

    name = forms.CharField(label=_("名称"), max_length=100)
    kind = forms.ChoiceField(label=_("类型"))
    code = forms.CharField(label=_("区划代码"), max_length=12, required=False)
    aliases = forms.CharField(
        label=_("别名"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("一行一个：文件中对这个单位的其他写法。"),
    )
    is_active = forms.BooleanField(label=_("在用"), required=False, initial=True)

    def __init__(
        self, *args: Any, kinds: Iterable[UnitKind] = NEW_KINDS, others: Iterable[OrgUnit] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = list(kinds)
        self.fields["kind"].choices = kind_choices(offered)  # type: ignore[attr-defined]
        if UnitKind.COUNTY in offered:
            return
        is_group = UnitKind.GROUP in offered
        self.belonging = "members" if is_group else "groups"
        self._lists = unit_choices(others)
        self.fields[self.belonging] = forms.TypedMultipleChoiceField(
            label=_("成员") if is_group else _("所属统称"),
            help_text=_("文件写到这个统称时，任务由勾选的单位承担。")
            if is_group
            else _("文件写到勾选的统称时，任务也由这个单位承担。"),
            choices=self._lists,
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def lists(self) -> list[tuple[str, list[Any]]]:
        """Return the check boxes of members or groups under their headings, for the template."""
        boxes = iter(self[self.belonging].subwidgets)
        return [(heading, [next(boxes) for _unit in units]) for heading, units in self._lists]

    def clean_aliases(self) -> list[str]:
        """Return the names, one a line."""
        return [line.strip() for line in self.cleaned_data["aliases"].splitlines() if line.strip()]


class NewUserForm(forms.Form):
    """A person who will sign in."""

    display_name = forms.CharField(label=_("姓名"), max_length=50)
    username = forms.CharField(label=_("用户名"), max_length=150, help_text=_("登录时用，不能含空格。"))
    password = forms.CharField(
        label=_("初始密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("至少 10 个字符。请当面交给本人，并请本人登录后修改。"),
    )


class PasswordForm(RevisionForm):
    """Another password for who forgot theirs."""

    password = forms.CharField(
        label=_("新密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("至少 10 个字符。请当面交给本人，并请本人登录后修改。"),
    )
    remove_second_factor = forms.BooleanField(
        label=_("同时取消两步验证"),
        required=False,
        help_text=_("验证器丢失时勾选；恢复码同时作废，本人登录后可以重新开启。"),
    )


class RoleForm(forms.Form):
    """One role for one unit."""

    role = forms.ChoiceField(
        label=_("岗位"), choices=lambda: [("", _("不设")), *Role.choices], required=False
    )
    unit = forms.IntegerField(label=_("单位"), required=False, widget=forms.Select)

    def __init__(self, *args: Any, units: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].widget.choices = [("", _("请选择")), *units]

    def clean(self) -> dict[str, Any]:
        """A role needs its unit."""
        data = super().clean() or {}
        if data.get("role") and not data.get("unit"):
            self.add_error("unit", gettext("请选择岗位所在的单位。"))
        return data


class UserForm(RevisionForm):
    """Whether an account may sign in."""

    is_active = forms.BooleanField(label=_("可以登录"), required=False)


RoleFormSet = forms.formset_factory(RoleForm, extra=1)
