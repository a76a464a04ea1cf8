"""Erasing what a person wrote about makers; authorisations, suspensions and lots stay."""

from __future__ import annotations

from django.db import transaction

from quanheng.core.models import User
from quanheng.manufacturers.models import Authorisation, FactoryUpload, Suspension

FORGOTTEN = "已删除"


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank the reasons that this person wrote and the names of their files; automatic reasons are nobody's."""
    withdrawn = Authorisation.objects.filter(withdrawn_by=user)
    withdrawn.exclude(withdrawal_reason="").update(withdrawal_reason=FORGOTTEN)
    Suspension.objects.filter(suspended_by=user, lot=None).update(reason=FORGOTTEN)
    lifted = Suspension.objects.filter(lifted_by=user)
    lifted.exclude(lifting_reason="").update(lifting_reason=FORGOTTEN)
    FactoryUpload.objects.filter(sent_by=user).exclude(file_name="").update(file_name=FORGOTTEN)
