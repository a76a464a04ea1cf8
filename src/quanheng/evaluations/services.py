"""Writes: saving a model as a laboratory's own, adding a version, withdrawing it.  Each is logged."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.evaluations.errors import (
    BadModelRecord,
    ModelNameTaken,
    ModelNotFound,
    ModelUnchanged,
    ModelWithdrawn,
)
from quanheng.evaluations.models import (
    MAX_NAME,
    MAX_NOTE,
    MAX_REASON,
    MeasurementModel,
    MeasurementModelVersion,
)
from quanheng.evaluations.reading import read_text
from quanheng.evaluations.selectors import laboratories_of
from quanheng.transparency.services import Personal, enqueue_leaf

FORGOTTEN = "已删除"
_SAVE = "evaluations.save"


@transaction.atomic
def save_model(*, actor: User, unit_id: int, name: str, text: str) -> MeasurementModelVersion:
    """Keep a model as one of the laboratory's own; it begins with version 1.

    Raises
    ------
    NotPermitted
        The person does not act for this laboratory.
    BadMeasurementModel, TooMuchWork
        The text is no model, or a larger one than is kept.
    BadModelRecord, ModelNameTaken
        No name, or too long a one; a model in use bears it.
    """
    if not laboratories_of(actor).filter(pk=unit_id).exists():
        raise NotPermitted(permission=_SAVE)
    name = name.strip()
    if not name:
        raise BadModelRecord(reason=_("请写明模型名称。"))
    _refuse_long(name, MAX_NAME)
    read_text(text)
    lock_for_transaction(_SAVE)
    if MeasurementModel.objects.filter(unit=unit_id, name=name, withdrawn_at=None).exists():
        raise ModelNameTaken(name=name)
    model = MeasurementModel.objects.create(unit_id=unit_id, name=name)
    return _add(model, 1, actor, text, note="")


@transaction.atomic
def add_model_version(
    *, actor: User, public_id: UUID, revision: int, text: str, note: str = ""
) -> MeasurementModelVersion:
    """Add the next version of a model; those before stay as they are.

    Raises
    ------
    ModelNotFound, ModelWithdrawn, StaleRevision
        Not there or not for this person; withdrawn; another version or the withdrawal came first.
    BadMeasurementModel, TooMuchWork, BadModelRecord, ModelUnchanged
        The text is no model, or too large; the note is too long; the last version says the same.
    """
    read_text(text)
    model = _locked(actor, public_id, revision)
    last = model.versions.all()[0]
    if last.text == text:
        raise ModelUnchanged(number=last.number)
    model.revision += 1
    model.save(update_fields=["revision"])
    return _add(model, last.number + 1, actor, text, note=note)


@transaction.atomic
def withdraw_model(*, actor: User, public_id: UUID, revision: int, reason: str) -> MeasurementModel:
    """Withdraw a model: it stays readable with the reason, gets no more versions, and its name is free again.

    Raises
    ------
    ModelNotFound, ModelWithdrawn, StaleRevision
        As for `add_model_version`.
    BadModelRecord
        No reason given, or too long a one.
    """
    model = _locked(actor, public_id, revision)
    reason = reason.strip()
    if not reason:
        raise BadModelRecord(reason=_("请写明撤下的理由。"))
    _refuse_long(reason, MAX_REASON)
    model.withdrawn_at, model.withdrawn_by, model.withdrawal_reason = clock.now(), actor, reason
    model.revision += 1
    model.save()
    enqueue_leaf(
        kind="model:withdrawn",
        subject=f"model:{model.public_id}",
        data={"name": model.name, "unit": model.unit.name},
        personal=acted_by(actor) | {"reason": Personal(reason, actor.person)},
    )
    return model


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank what this person wrote about models; the models stay, for they are the laboratory's."""
    MeasurementModelVersion.objects.filter(created_by=user).exclude(note="").update(note=FORGOTTEN)
    MeasurementModel.objects.filter(withdrawn_by=user).update(withdrawal_reason=FORGOTTEN)


def _locked(actor: User, public_id: UUID, revision: int) -> MeasurementModel:
    model = MeasurementModel.objects.select_for_update().filter(public_id=public_id).first()
    if model is None or not scope_of(actor, _SAVE).covers(model.unit_id):
        raise ModelNotFound(public_id=str(public_id))
    if model.withdrawn_at is not None:
        raise ModelWithdrawn()
    if model.revision != revision:
        raise StaleRevision(yours=revision, present=model.revision)
    return model


def _add(
    model: MeasurementModel, number: int, actor: User, text: str, *, note: str
) -> MeasurementModelVersion:
    _refuse_long(note.strip(), MAX_NOTE)
    version = MeasurementModelVersion.objects.create(
        model=model,
        number=number,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        note=note.strip(),
        created_at=clock.now(),
        created_by=actor,
    )
    enqueue_leaf(
        kind="model:saved",
        subject=f"model:{model.public_id}",
        data={
            "name": model.name,
            "unit": model.unit.name,
            "version": version.number,
            "sha256": version.sha256,
        },
        personal=acted_by(actor),
    )
    return version


def _refuse_long(text: str, longest: int) -> None:
    if len(text) > longest:
        raise BadModelRecord(reason=_("文字超过 %(longest)s 个字。") % {"longest": longest})
