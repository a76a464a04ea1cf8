"""Forms about rules: confirming one, trying or adding a version, asking what it would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.kernels.rules import CONTROLS, USES
from quanheng.web.staff.forms import file_bytes

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
TRANSITIONS = (
    ("next_verification", _("下次检定起适用")),
    ("at_once", _("施行之日起即适用于已检定的器具")),
)
CONVENTIONS = (
    ("day_before", _("对应日的前一日（2024-03-05 检定，一年，至 2025-03-04）")),
    ("same_day", _("对应日当日（2024-03-05 检定，一年，至 2025-03-05）")),
)


class ConfirmForm(forms.Form):
    """What an officer compared a rule with."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    against = forms.CharField(
        label=_("核对的正式文本"),
        max_length=300,
        help_text=_("写明名称、编号、版本，如 JJG 539-2016《数字指示秤》。"),
    )
    clause = forms.CharField(label=_("条款"), max_length=100, help_text=_("该内容所在的条款，如 7.5。"))
    file = forms.FileField(label=_("扫描件或复印件"), required=False)

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes; empty where none was sent."""
        file = self.cleaned_data["file"]
        return (file.name, file_bytes(file)) if file else ("", b"")


class VersionForm(forms.Form):
    """A new version of a rule: what the officer sees in the official text."""

    regulation = forms.CharField(label=_("规程"), max_length=60, help_text=_("如 JJG 1204"))
    edition = forms.CharField(label=_("版本"), max_length=40, required=False, help_text=_("如 2025（试行）"))
    in_force_from = forms.DateField(label=_("施行日期"), widget=DATE)
    in_force_to = forms.DateField(label=_("失效日期"), widget=DATE, required=False)
    control = forms.ChoiceField(label=_("管理方式"), choices=lambda: _listed(CONTROLS))
    uses = forms.MultipleChoiceField(
        label=_("属强检的用途"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: _listed({code: word for code, word in USES.items() if code != "other"}),
    )
    validity = forms.ChoiceField(label=_("有效期至怎样算"), choices=CONVENTIONS)
    transition = forms.ChoiceField(label=_("新旧衔接"), choices=TRANSITIONS)
    source = forms.CharField(label=_("出处"), max_length=300, help_text=_("文件名称、发布机关、文号或网址。"))
    clause = forms.CharField(
        label=_("条款"), max_length=100, required=False, help_text=_("没有查到就留空，会标为“缺条款”。")
    )
    note = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, terms: Sequence[tuple[str, dict[str, Any]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = terms
        for at, (words, term) in enumerate(terms):
            self.fields[f"months_{at}"] = forms.IntegerField(
                label=gettext("周期或使用年限：%(term)s") % {"term": words},
                min_value=1,
                required=False,
                initial=term["months"],
                help_text=_("个月；没有查到就留空，不计算到期日。"),
            )

    def body(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a rule file that says this, made from the version it starts from."""
        given = self.cleaned_data
        terms = [
            dict(term) | {"months": given[f"months_{at}"]} for at, (_words, term) in enumerate(self.terms)
        ]
        lacks = {
            name
            for name, is_missing in (
                ("clause", not given["clause"]),
                ("edition", not given["edition"]),
                ("period", any(t["months"] is None and t["mode"] != "scrap_when_inaccurate" for t in terms)),
            )
            if is_missing
        }
        stated = ("regulation", "edition", "control", "validity", "transition", "source", "note")
        return (
            before
            | {name: given[name] for name in stated}
            | {
                "uses": given["uses"],
                "terms": terms,
                "in_force_from": given["in_force_from"].isoformat(),
                "in_force_to": given["in_force_to"].isoformat() if given["in_force_to"] else None,
                "clause": given["clause"] or None,
                "confidence": "found",
                "lacks": sorted(lacks),
            }
        )


class WhatIfForm(forms.Form):
    """A rule file and the day to ask about; without a file, what is already recorded as coming."""

    on = forms.DateField(label=_("比较哪一天"), widget=DATE)
    file = forms.FileField(
        label=_("规则文件"),
        required=False,
        help_text=_("YAML 文件；不选则看已登记的后续版本到那一天的影响。"),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_file(self) -> bytes:
        """Return the bytes of the file."""
        file = self.cleaned_data["file"]
        return file_bytes(file) if file else b""

    def data_bytes(self) -> bytes:
        """Return the rules that are tried."""
        sent: bytes = self.cleaned_data["file"]
        typed: str = self.cleaned_data["text"]
        return sent or typed.encode()


def _listed(table: Any) -> list[tuple[str, str]]:
    return [(code, gettext(word)) for code, word in table.items()]
