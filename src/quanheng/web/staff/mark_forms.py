"""What the pages of marks and recalls ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.core.models import OrgUnit, User
from quanheng.kernels.traceability import Course
from quanheng.standards.models import StandardCertificate
from quanheng.verification.enums import MarkKind
from quanheng.verification.models import MAX_REASON
from quanheng.web.staff.instrument_form_classes import day_field

_NUMBER = 40


class OfInstituteForm(forms.Form):
    """A form for one of a person's institutes."""

    institute = forms.TypedChoiceField(label=_("机构"), coerce=int)

    def __init__(self, *args: Any, institutes: Iterable[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(one.pk, one.name) for one in institutes]
        self.fields["institute"].choices = offered  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.fields["institute"].initial = offered[0][0]
            self.fields["institute"].widget = forms.HiddenInput()


class ReceiveForm(OfInstituteForm):
    """Numbers that the institute received, handed to one person."""

    kind = forms.ChoiceField(label=_("种类"), choices=MarkKind.listed)
    first = forms.CharField(label=_("起号"), max_length=_NUMBER, help_text=_("照封印上写，如 川S000001。"))
    last = forms.CharField(label=_("止号"), max_length=_NUMBER)
    issued_to = forms.TypedChoiceField(label=_("领用人"), coerce=int, required=False, empty_value=None)
    issued_on = day_field(_("领用日期"))

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", _("未领用，存放机构")), *((one.pk, str(one)) for one in people)]
        self.fields["issued_to"].choices = offered  # type: ignore[attr-defined]


class SpoilForm(OfInstituteForm):
    """A number that was spoilt or lost."""

    kind = forms.ChoiceField(label=_("种类"), choices=MarkKind.listed)
    number = forms.CharField(label=_("编号"), max_length=_NUMBER)
    used_on = day_field(_("日期"))
    reason = forms.CharField(
        label=_("理由（记入日志）"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


class RecallForm(forms.Form):
    """A certificate that shows a drift, and what is known of the time between."""

    certificate = forms.TypedChoiceField(label=_("发现漂移的证书"), coerce=UUID)
    course = forms.ChoiceField(label=_("两次校准之间怎样变化"))
    threshold = forms.DecimalField(
        label=_("概率达到多少就通知"), min_value=0, max_value=1, max_digits=6, decimal_places=5
    )
    reason = forms.CharField(
        label=_("理由（记入日志）"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, certificates: Iterable[StandardCertificate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = {
            Course.RANDOM: _("不清楚，随时间慢慢走动"),
            Course.LINEAR: _("按时间均匀漂移"),
            Course.STEP: _("某一天突然变化（如摔过、修过）"),
        }
        self.fields["certificate"].choices = [  # type: ignore[attr-defined]
            (str(one.public_id), f"{one.standard} · {one.number} · {one.calibrated_on}")
            for one in certificates
        ]
        self.fields["course"].choices = [(course.value, words) for course, words in told.items()]  # type: ignore[attr-defined]
