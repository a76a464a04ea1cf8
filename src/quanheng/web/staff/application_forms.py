"""What an application and a work order ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from quanheng.core.models import OrgUnit
from quanheng.parties.models import Party
from quanheng.verification.enums import WorkKind, WorkPlace
from quanheng.verification.models import MAX_REASON
from quanheng.web.staff.instrument_form_classes import day_field
from quanheng.web.staff.planning import Choice


class InstrumentsField(forms.Field):
    """The boxes ticked in a table of instruments."""

    def clean(self, value: Any) -> list[UUID]:
        """Return the public ids; what is none is refused."""
        try:
            chosen = [UUID(str(one)) for one in value or []]
        except ValueError as error:
            raise forms.ValidationError(_("所选的器具无效。")) from error
        if not chosen:
            raise forms.ValidationError(_("请勾选至少一台器具。"))
        return chosen


class WorkForm(forms.Form):
    """What an application and a work order have in common."""

    kind = forms.ChoiceField(label=_("检定类别"), choices=WorkKind.listed)
    work_place = forms.ChoiceField(
        label=_("在哪里检"),
        choices=WorkPlace.listed,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("说明"), max_length=MAX_REASON, required=False)
    instruments = InstrumentsField(
        label=_("器具"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请勾选至少一台器具。")},
    )


class ApplicationForm(WorkForm):
    """An application: to whom, for whom, what, where and when."""

    institute = forms.TypedChoiceField(label=_("检定机构"), coerce=int)
    applicant = forms.TypedChoiceField(label=_("申请单位"), coerce=int)
    wished_on = day_field(_("希望哪天检"), required=False)

    def __init__(
        self, *args: Any, institutes: Iterable[OrgUnit], applicants: Iterable[Party], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institute"].choices = [(one.pk, one.name) for one in institutes]  # type: ignore[attr-defined]
        self.fields["applicant"].choices = [(one.pk, one.name) for one in applicants]  # type: ignore[attr-defined]


class WorkOrderForm(WorkForm):
    """A work order: the day, who does the steps, with which standards."""

    planned_on = day_field(_("哪天检"))
    verifier = forms.TypedChoiceField(label=_("检定员"), coerce=int)
    checker = forms.TypedChoiceField(label=_("核验员"), coerce=int)
    signatory = forms.TypedChoiceField(label=_("批准人"), coerce=int)
    standards = forms.TypedMultipleChoiceField(
        label=_("计量标准"), coerce=UUID, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, choice: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role, people in choice.people.items():
            self.fields[role].choices = [(one.pk, str(one)) for one in people]  # type: ignore[attr-defined]
        self.fields["standards"].choices = [  # type: ignore[attr-defined]
            (str(one.public_id), f"{one} {one.accuracy}".strip()) for one in choice.standards
        ]
