"""Supply areas, the runs of the estimator that were taken in, and what they said of each area and meter.

Results are evidence, never verdicts.  They are never edited: a later run adds its own, and a leaf holds the hashes
of the files that they were read from.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.fleet.enums import AreaStatus, MeterStatus
from quanheng.parties.models import Party

MAX_ID, MAX_NAME, MAX_FOLDER = 100, 100, 500


class SupplyArea(models.Model):
    """A transformer supply area (台区): a master meter and the consumers behind it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_id = models.CharField(max_length=MAX_ID, unique=True, db_comment="As the readings name it")
    name = models.CharField(max_length=MAX_NAME, blank=True)
    town = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="supply_areas")
    latest = models.OneToOneField(
        "AreaResult", models.PROTECT, null=True, related_name="+", db_comment="Of the last run that holds it"
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["area_id"]
        constraints = [CheckConstraint(name="supplyarea_id_given", condition=~Q(area_id=""))]

    def __str__(self) -> str:
        return self.name or self.area_id


class FleetRun(models.Model):
    """One run of the estimator whose results were taken in."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    folder = models.CharField(
        max_length=MAX_FOLDER,
        blank=True,
        db_comment="Of the readings, as given; in the command that recomputes",
    )
    since = models.DateField(null=True, db_comment="First day, inclusive; null where all readings were taken")
    until = models.DateField(null=True, db_comment="Last day, inclusive")
    month = models.DateField(
        null=True, db_comment="First day: the memory of all months up to this one was estimated, by `update`"
    )
    version = models.CharField(max_length=50, blank=True, db_comment="Of quanheng that estimated")
    sha256 = models.CharField(max_length=64, db_comment="Of OUT.parquet [hex]")
    areas_sha256 = models.CharField(max_length=64, db_comment="Of OUT.areas.parquet [hex]")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(fields=["sha256", "areas_sha256"], name="fleetrun_once"),
            CheckConstraint(name="fleetrun_hashes_given", condition=~Q(sha256="") & ~Q(areas_sha256="")),
            CheckConstraint(
                name="fleetrun_days_in_order",
                condition=Q(since=None) | Q(until=None) | Q(until__gte=F("since")),
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class AreaResult(models.Model):
    """What one run said of one area; the counts are those of its meters."""

    run = models.ForeignKey(FleetRun, models.PROTECT, related_name="area_results")
    area = models.ForeignKey(SupplyArea, models.PROTECT, related_name="results")
    status = models.CharField(max_length=16, choices=AreaStatus.listed)
    findings = models.JSONField(
        default=list, db_comment="code, meter_id, text, data; as in OUT.areas.parquet"
    )
    loss_kwh = models.FloatField(null=True, db_comment="Master minus consumers, as indicated [kWh]")
    loss_percent = models.FloatField(null=True, db_comment="Of the master's energy")
    residual_sd_kwh = models.FloatField(null=True, db_comment="Of the balance, an interval [kWh]")
    meters = models.PositiveIntegerField()
    suspects = models.PositiveIntegerField(db_comment="out_of_tolerance")
    undetermined = models.PositiveIntegerField()

    class Meta:
        ordering = ["-run_id"]
        constraints = [
            UniqueConstraint(fields=["run", "area"], name="arearesult_once_a_run"),
            CheckConstraint(name="arearesult_status_known", condition=Q(status__in=AreaStatus.values)),
            CheckConstraint(
                name="arearesult_counts_fit",
                condition=Q(meters__gte=F("suspects") + F("undetermined")),
            ),
            CheckConstraint(
                name="arearesult_accuses_only_where_judged",
                condition=Q(status=AreaStatus.JUDGED) | Q(suspects=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.run}"


class MeterResult(models.Model):
    """What one run said of one meter; null where nothing can be said.  error = indicated - reference."""

    area_result = models.ForeignKey(AreaResult, models.PROTECT, related_name="meter_results")
    meter_id = models.CharField(max_length=MAX_ID)
    status = models.CharField(max_length=16, choices=MeterStatus.listed)
    error_percent = models.FloatField(null=True)
    standard_uncertainty_percent = models.FloatField(null=True)
    probability_out_of_tolerance = models.FloatField(null=True, db_comment="0 to 1")
    energy_share = models.FloatField(null=True, db_comment="Of the energy of all consumers, 0 to 1")
    reason = models.TextField(blank=True)
    mpe_percent = models.FloatField(
        null=True, db_comment="By which it was judged, ± [percent]; null where the results did not say"
    )

    class Meta:
        ordering = ["meter_id"]
        constraints = [
            UniqueConstraint(fields=["area_result", "meter_id"], name="meterresult_once_an_area"),
            CheckConstraint(name="meterresult_status_known", condition=Q(status__in=MeterStatus.values)),
            CheckConstraint(name="meterresult_meter_given", condition=~Q(meter_id="")),
            CheckConstraint(
                name="meterresult_probability_is_one",
                condition=Q(probability_out_of_tolerance=None)
                | Q(probability_out_of_tolerance__gte=0, probability_out_of_tolerance__lte=1),
            ),
            CheckConstraint(
                name="meterresult_mpe_possible",
                condition=Q(mpe_percent=None) | Q(mpe_percent__gt=0, mpe_percent__lt=100),
            ),
            CheckConstraint(
                name="meterresult_suspected_with_figures",
                condition=~Q(status=MeterStatus.OUT_OF_TOLERANCE)
                | Q(
                    error_percent__isnull=False,
                    standard_uncertainty_percent__gte=0,
                    standard_uncertainty_percent__isnull=False,
                    probability_out_of_tolerance__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.meter_id


class UtilityToken(models.Model):
    """With this a utility sends readings.  The token itself is shown once and kept nowhere."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    utility = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="reading_tokens")
    name = models.CharField(max_length=MAX_NAME, blank=True, db_comment="Where the utility is no party")
    sha256 = models.CharField(max_length=64, unique=True, db_comment="Of the token [hex]")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            CheckConstraint(
                name="utilitytoken_names_one",
                condition=Q(utility=None, name__gt="") | Q(utility__isnull=False, name=""),
            ),
            CheckConstraint(name="utilitytoken_hash_given", condition=~Q(sha256="")),
            CheckConstraint(
                name="utilitytoken_revoked_once_made",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__gte=F("made_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.utility.name if self.utility else self.name


class ReadingsUpload(models.Model):
    """A body of readings that a utility sent; its rows lie in the segment."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.ForeignKey(UtilityToken, models.PROTECT, related_name="uploads")
    sha256 = models.CharField(max_length=64, db_comment="Of the body, and of how it was read [hex]")
    size = models.PositiveBigIntegerField(db_comment="[bytes]")
    rows = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    answer = models.JSONField(db_comment="What was answered, and is again when the same body comes")
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(fields=["token", "sha256"], name="readingsupload_once"),
            CheckConstraint(name="readingsupload_hash_given", condition=~Q(sha256="")),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
