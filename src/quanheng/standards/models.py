"""Measurement standards and reference materials, and what is known of their values through time."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.standards.enums import Level, StandardCondition

MAX_REASON = 300


class MeasurementStandard(models.Model):
    """A measurement standard (VIM 5.1) or reference material (VIM 5.13) of one institute."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="measurement_standards")
    level = models.CharField(max_length=16, choices=Level.listed)
    name = models.CharField(max_length=100)
    model = models.CharField(max_length=100, blank=True)
    serial_no = models.CharField(max_length=100, blank=True, db_comment="Of a reference material: its lot")
    manufacturer = models.CharField(max_length=200, blank=True)
    measuring_range = models.CharField(max_length=100, blank=True)
    accuracy = models.CharField(max_length=100, blank=True, db_comment="Class or MPE as printed: M1, 0.02 级")
    serves = models.JSONField(default=list, db_comment="Numbers of regulations without edition: JJG 539")
    fields = models.JSONField(
        default=dict,
        db_comment="What regulations ask of a standard, e.g. standard_mpe: 0.25 g; text with unit",
    )
    examination_number = models.CharField(
        max_length=100, blank=True, db_comment="计量标准考核证书号 or 社会公用计量标准证书号"
    )
    examination_until = models.DateField(null=True, blank=True, db_comment="Last valid day, inclusive")
    interval_months = models.PositiveIntegerField(null=True, blank=True, db_comment="Recalibration [month]")
    condition = models.CharField(
        max_length=16, choices=StandardCondition.listed, default=StandardCondition.IN_USE
    )
    condition_reason = models.CharField(max_length=MAX_REASON, blank=True)
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["unit", "name", "serial_no", "pk"]
        constraints = [
            CheckConstraint(name="measurementstandard_level_known", condition=Q(level__in=Level.values)),
            CheckConstraint(
                name="measurementstandard_condition_known",
                condition=Q(condition__in=StandardCondition.values),
            ),
            CheckConstraint(name="measurementstandard_name_given", condition=~Q(name="")),
            UniqueConstraint(
                fields=["unit", "name", "serial_no"],
                condition=~Q(serial_no=""),
                name="measurementstandard_once_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.serial_no}".rstrip()


class StandardCertificate(models.Model):
    """A certificate of a standard, made by others; kept as received.  Never edited: withdrawn with a reason."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    standard = models.ForeignKey(MeasurementStandard, models.PROTECT, related_name="certificates")
    number = models.CharField(max_length=100)
    issuer = models.CharField(max_length=200)
    calibrated_on = models.DateField()
    valid_until = models.DateField(db_comment="Last day on which the standard may be used with it, inclusive")
    points = models.JSONField(
        default=list,
        db_comment="nominal, error, expanded_uncertainty, coverage_factor, unit; numbers as text; error = indicated - reference",
    )
    upstream = models.JSONField(
        default=list,
        db_comment="Certificates that it rests on: identifier, procedure, value, as its DCC says",
    )
    is_dcc = models.BooleanField(
        default=False, db_comment="The file is a DCC; points and upstream were read from it"
    )
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        ordering = ["-calibrated_on", "-pk"]
        constraints = [
            CheckConstraint(
                name="standardcertificate_given", condition=~Q(number="") & ~Q(issuer="") & ~Q(file_sha256="")
            ),
            CheckConstraint(
                name="standardcertificate_days_in_order", condition=Q(valid_until__gte=F("calibrated_on"))
            ),
            UniqueConstraint(
                fields=["standard", "number"],
                condition=Q(withdrawn_at=None),
                name="standardcertificate_number_once",
            ),
            CheckConstraint(
                name="standardcertificate_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class IntermediateCheck(models.Model):
    """One reading of a check standard between calibrations (期间核查).  Never edited."""

    standard = models.ForeignKey(MeasurementStandard, models.PROTECT, related_name="intermediate_checks")
    series = models.CharField(max_length=100, db_comment="Check standard and point: one control chart each")
    checked_on = models.DateField()
    value = models.DecimalField(max_digits=20, decimal_places=9)
    unit = models.CharField(
        max_length=20, blank=True, db_comment="Of the value, as kernels.quantities spells it"
    )
    note = models.CharField(max_length=300, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["checked_on", "pk"]
        constraints = [CheckConstraint(name="intermediatecheck_series_given", condition=~Q(series=""))]

    def __str__(self) -> str:
        return f"{self.series} {self.checked_on:%Y-%m-%d}"


class Comparison(models.Model):
    """The institute's own result of a comparison (计量比对) against its reference value.  Never edited."""

    standard = models.ForeignKey(MeasurementStandard, models.PROTECT, related_name="comparisons")
    name = models.CharField(max_length=200)
    organiser = models.CharField(max_length=200)
    held_on = models.DateField()
    value = models.DecimalField(max_digits=20, decimal_places=9)
    expanded_uncertainty = models.DecimalField(max_digits=20, decimal_places=9, db_comment="k = 2")
    reference_value = models.DecimalField(max_digits=20, decimal_places=9)
    reference_expanded_uncertainty = models.DecimalField(max_digits=20, decimal_places=9, db_comment="k = 2")
    unit = models.CharField(max_length=20, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            CheckConstraint(name="comparison_named", condition=~Q(name="")),
            CheckConstraint(
                name="comparison_uncertainties_positive",
                condition=Q(expanded_uncertainty__gt=0, reference_expanded_uncertainty__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name
