"""What narrows the pages of due work, and what the officer sets for a wave plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.instruments.due import due_kinds
from quanheng.instruments.enums import Setting
from quanheng.regulations.packaged import kind_name
from quanheng.web.staff.due import Asked, towns_of

MOST_WEEKS = 104
MOST_CAPACITY = 1_000_000


class NarrowForm(forms.Form):
    """Town, kind and sort of place; each may be left at 全部."""

    town = forms.ChoiceField(label=gettext_lazy("乡镇街道"), required=False)
    setting = forms.ChoiceField(label=gettext_lazy("场所类型"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("器具种类"), required=False)

    def __init__(self, data: Mapping[str, Any], found: Asked) -> None:
        super().__init__(data)
        self._offer("town", [(str(town.pk), town.name) for town in towns_of(found)])
        self._offer("setting", [(str(value), str(label)) for value, label in Setting.listed()])
        self._offer("kind", [(code, kind_name(code)) for code in due_kinds()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = [("", _("全部")), *choices]


class WaveForm(NarrowForm):
    """Also what can be done in a week; empty: the least capacity, the weeks of the house."""

    capacity = forms.IntegerField(
        label=gettext_lazy("每周能检（台）"), required=False, min_value=1, max_value=MOST_CAPACITY
    )
    weeks = forms.IntegerField(
        label=gettext_lazy("安排几周"), required=False, min_value=1, max_value=MOST_WEEKS
    )

    field_order = ("capacity", "weeks", "town", "setting", "kind")
