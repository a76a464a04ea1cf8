"""Reads: the models of one's own laboratory."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import own_units, scope_of
from quanheng.evaluations.errors import ModelNotFound
from quanheng.evaluations.models import MeasurementModel, MeasurementModelVersion


def models_visible(user: User) -> QuerySet[MeasurementModel]:
    """Return the models that this person may read, each with ``last_number`` and ``saved_at`` of its last version."""
    scope = scope_of(user, "evaluations.view")
    last = MeasurementModelVersion.objects.filter(model=OuterRef("pk")).order_by("-number")
    rows = MeasurementModel.objects.select_related("unit").annotate(
        last_number=Subquery(last.values("number")[:1]), saved_at=Subquery(last.values("created_at")[:1])
    )
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def model_for(user: User, public_id: UUID) -> MeasurementModel:
    """Return one model of this person's scope.  ModelNotFound where there is none."""
    model = models_visible(user).filter(public_id=public_id).first()
    if model is None:
        raise ModelNotFound(public_id=str(public_id))
    return model


def model_version(model: MeasurementModel, number: int | None = None) -> MeasurementModelVersion:
    """Return one version, by default the last.  ModelNotFound where there is none of that number."""
    versions = model.versions.select_related("created_by")
    found = versions.first() if number is None else versions.filter(number=number).first()
    if found is None:
        raise ModelNotFound(public_id=str(model.public_id))
    return found


def laboratories_of(user: User) -> QuerySet[OrgUnit]:
    """Return the units in whose name this person may save models: their own, as far as their role reaches."""
    scope = scope_of(user, "evaluations.save")
    own = OrgUnit.objects.filter(pk__in=own_units(user), is_active=True)
    return own if scope.is_all else own.filter(pk__in=scope.unit_ids)
