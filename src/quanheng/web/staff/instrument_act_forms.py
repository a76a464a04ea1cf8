"""Forms about what happens to an instrument: acts, certificates, decisions about duplicates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.instruments.enums import Verdict
from quanheng.instruments.models import Place
from quanheng.kernels.text_keys import name_key
from quanheng.parties.models import Party
from quanheng.web.staff.forms import RevisionForm, file_bytes
from quanheng.web.staff.instrument_form_classes import (
    day_field,
    looked_up,
    only_one,
    place_choices,
    text_field,
)
from quanheng.web.staff.instrument_words import FIELD_WORDS

PICTURES = "image/*,application/pdf,.doc,.docx"


class ActForm(RevisionForm):
    """Something that happens to an instrument: on which day, why, shown by which file."""

    happened_on = day_field(_("日期"))
    reason = forms.CharField(
        label=_("理由（记入日志）"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    file = forms.FileField(
        label=_("照片或文件"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": PICTURES}),
        help_text=_("手机可直接拍照；原样保存，散列值记入日志。"),
    )

    def __init__(self, *args: Any, needs_file: bool, asks_day: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = needs_file
        if not asks_day:
            del self.fields["happened_on"]

    def clean_file(self) -> tuple[str, bytes]:
        """Return name and bytes; empty where none was sent."""
        file = self.cleaned_data["file"]
        return (file.name, file_bytes(file)) if file else ("", b"")


class MoveForm(ActForm):
    """To which place."""

    place = forms.CharField(
        label=_("新的场所"),
        max_length=200,
    )
    spot = text_field("spot", 100)
    field_order = ("place", "spot")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].widget.attrs |= looked_up("place")

    def clean_place(self) -> Place:
        """Return the place of this name."""
        return only_one(place_choices(self.cleaned_data["place"], None))


class TransferForm(ActForm):
    """To whom: by the credit code, or for those who read all, by name."""

    owner = forms.CharField(
        label=_("新的使用单位"),
        max_length=200,
        help_text=_("写统一社会信用代码，或名录中的全称。"),
    )
    field_order = ("owner",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].widget.attrs |= looked_up("owner")

    def clean_owner(self) -> Party:
        """Return the party.  An owner does not see others: the exact code or full name finds one."""
        text = self.cleaned_data["owner"].strip()
        found = list(Party.objects.filter(credit_code=text.upper()))
        found = found or list(Party.objects.filter(name_key=name_key(text)).select_related("town"))
        return only_one(found)


class VerifyForm(RevisionForm):
    """What a certificate or rejection notice says."""

    certificate_no = forms.CharField(label=FIELD_WORDS["certificate_no"], max_length=100)
    verdict = forms.ChoiceField(
        label=FIELD_WORDS["verdict"],
        choices=lambda: Verdict.choices,
        widget=forms.RadioSelect,
        initial="passed",
    )
    verified_on = day_field(_("检定日期"))
    valid_until = day_field(
        _("有效期至"), required=False, help_text=_("照证书填写；检定结果通知书没有有效期。")
    )
    institution = forms.CharField(
        label=FIELD_WORDS["institute"],
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "institutes"}),
    )


class PairForm(forms.Form):
    """Two records that are looked at side by side."""

    first = forms.UUIDField(widget=forms.HiddenInput)
    second = forms.UUIDField(widget=forms.HiddenInput)


class MergeForm(PairForm):
    """Which of the two is kept, and why they are one."""

    keep = forms.UUIDField()
    reason = forms.CharField(max_length=300)

    def chosen(self) -> dict[str, UUID]:
        """Return which is kept and which is merged into it."""
        data = self.cleaned_data
        other = data["second"] if data["keep"] == data["first"] else data["first"]
        return {"keep": data["keep"], "merge": other}
