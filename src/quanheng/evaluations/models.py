"""Measurement models that a laboratory keeps as its own.  A version is never edited: the next one follows it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from quanheng.core.models import OrgUnit

MAX_NAME, MAX_NOTE, MAX_REASON = 100, 200, 300


class MeasurementModel(models.Model):
    """A measurement model (VIM 2.48) of one laboratory, through all its versions; withdrawn with a reason."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="measurement_models")
    name = models.CharField(max_length=MAX_NAME)
    revision = models.PositiveIntegerField(default=1)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            CheckConstraint(name="measurementmodel_name_given", condition=~Q(name="")),
            UniqueConstraint(
                fields=["unit", "name"],
                condition=Q(withdrawn_at=None),
                name="measurementmodel_name_once_a_unit",
            ),
            CheckConstraint(
                name="measurementmodel_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MeasurementModelVersion(models.Model):
    """The text of a model as it was saved once."""

    model = models.ForeignKey(MeasurementModel, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(db_comment="1, 2, … within the model")
    text = models.TextField(db_comment="YAML as docs/reference/uncertainty-model.md describes it")
    sha256 = models.CharField(max_length=64, db_comment="Of the text in UTF-8 [hex]")
    note = models.CharField(max_length=MAX_NOTE, blank=True, db_comment="What changed")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["model", "-number"]
        constraints = [
            UniqueConstraint(fields=["model", "number"], name="measurementmodelversion_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.number}"
