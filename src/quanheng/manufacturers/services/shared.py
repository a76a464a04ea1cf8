"""What the services of this app have in common: who may, which record is locked, which leaf is staged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.base.texts import text_fault
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.manufacturers.errors import AuthorisationNotFound, BadAuthorisation
from quanheng.manufacturers.models import MAX_REASON, Authorisation
from quanheng.transparency.services import Personal, enqueue_leaf

AUTHORISE, UPLOAD = "manufacturers.authorise", "manufacturers.upload"


def refuse_stranger(actor: User | None) -> None:
    """Refuse who may not authorise makers; None is who runs the house.  NotPermitted."""
    if actor is not None and not scope_of(actor, AUTHORISE).is_all:
        raise NotPermitted(permission=AUTHORISE)


def locked(public_id: UUID, revision: int | None = None) -> Authorisation:
    """Return an authorisation, locked to the end of the transaction, at ``revision`` where one is given.

    Raises
    ------
    AuthorisationNotFound, StaleRevision
        It is not there; somebody saved it meanwhile.
    """
    rows = Authorisation.objects.select_related("unit").select_for_update(of=("self",))
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise AuthorisationNotFound(public_id=str(public_id))
    if revision is not None and found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    return found


def checked_reason(reason: str) -> str:
    """Return a reason without blanks around it.  BadAuthorisation where there is none, or one too long."""
    reason = " ".join(reason.split())
    if fault := text_fault(_("理由"), reason, MAX_REASON):
        raise BadAuthorisation(reason=fault)
    return reason


def log(
    event: str, authorisation: Authorisation, actor: User | None, *, reason: str = "", **data: Any
) -> None:
    """Stage the one leaf of a write; who acted and why are commitments."""
    personal = acted_by(actor)
    if reason and actor is not None:
        personal |= {"reason": Personal(reason, actor.person)}
    enqueue_leaf(
        kind=f"manufacturer:{event}",
        subject=f"manufacturer:{authorisation.public_id}",
        data={
            "unit": authorisation.unit.name,
            "number": authorisation.number,
            "demo": authorisation.is_demo,
            **data,
        },
        personal=personal,
    )
