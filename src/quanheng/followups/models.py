"""From a suspicion to a working meter.  A test result and a finished replacement are never edited."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.followups.enums import (
    Basis,
    Finding,
    FollowUpState,
    ReplacementReason,
    ReplacementState,
    Selection,
    Source,
)
from quanheng.instruments.models import Instrument
from quanheng.lots.models import LotMeter
from quanheng.verification.models import Application, Verification

MAX_REASON, MAX_SERIAL, MAX_SENTENCE = 300, 60, 1000
OPEN = (FollowUpState.PROPOSED, FollowUpState.ORDERED, FollowUpState.TESTED)


class ControlDraw(models.Model):
    """A closed list of meters, and the random controls that the first checkpoint signing it drew.  Never edited then."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    count = models.PositiveSmallIntegerField(db_comment="Controls to draw, fixed with the list")
    size = models.PositiveIntegerField(db_comment="Meters of the list")
    list_sha256 = models.CharField(
        max_length=64, db_comment="Of the list, area and meter of the readings a line [hex]"
    )
    last_result = models.PositiveBigIntegerField(
        db_comment="Last meter result when the list was closed: controls keep the estimate of then"
    )
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField()
    checkpoint = models.TextField(blank=True, db_comment="First signed checkpoint that holds the closed list")
    seed = models.CharField(max_length=64, blank=True, db_comment="[hex]")
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-closed_at", "-pk"]
        constraints = [
            CheckConstraint(
                name="controldraw_of_a_list",
                condition=Q(count__gt=0, size__gte=F("count")) & ~Q(list_sha256=""),
            ),
            CheckConstraint(
                name="controldraw_drawn_with_its_seed",
                condition=Q(drawn_at=None, checkpoint="", seed="")
                | Q(drawn_at__isnull=False) & ~Q(checkpoint="") & ~Q(seed=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count}/{self.size}"


class FollowUp(models.Model):
    """One meter that an estimate raised, or a random control, with the estimate as it was then."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area = models.ForeignKey(SupplyArea, models.PROTECT, related_name="follow_ups")
    meter_id = models.CharField(max_length=100, db_comment="As the readings name it")
    result = models.ForeignKey(MeterResult, models.PROTECT, related_name="follow_ups")
    selection = models.CharField(max_length=16, choices=Selection.listed)
    drawn_in = models.ForeignKey(
        ControlDraw,
        models.PROTECT,
        null=True,
        related_name="follow_ups",
        db_comment="Of a random control; null for those of before draws were kept",
    )
    error_percent = models.FloatField(db_comment="Estimated, indicated - reference [percent]")
    standard_uncertainty_percent = models.FloatField(db_comment="[percent]")
    probability = models.FloatField(db_comment="Of being out of tolerance, 0 to 1")
    mpe_percent = models.FloatField(db_comment="Tolerance of the estimate, ± [percent]")
    state = models.CharField(max_length=16, choices=FollowUpState.listed, default=FollowUpState.PROPOSED)
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    reason = models.CharField(max_length=MAX_REASON, blank=True, db_comment="Why it was closed or came back")
    reason_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_comment="Who wrote the reason",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [Index(fields=["state", "area"], name="followup_state")]
        constraints = [
            CheckConstraint(name="followup_state_known", condition=Q(state__in=FollowUpState.values)),
            CheckConstraint(name="followup_selection_known", condition=Q(selection__in=Selection.values)),
            CheckConstraint(
                name="followup_probability_is_one", condition=Q(probability__gte=0, probability__lte=1)
            ),
            CheckConstraint(
                name="followup_figures_possible",
                condition=Q(standard_uncertainty_percent__gte=0, mpe_percent__gt=0),
            ),
            CheckConstraint(
                name="followup_ordered_of_an_instrument",
                condition=~Q(state=FollowUpState.ORDERED)
                | Q(instrument__isnull=False, application__isnull=False),
            ),
            CheckConstraint(
                name="followup_closed_with_reason",
                condition=~Q(state=FollowUpState.CLOSED) | ~Q(reason=""),
            ),
            UniqueConstraint(
                fields=["area", "meter_id"], condition=Q(state__in=OPEN), name="followup_one_open_a_meter"
            ),
        ]

    def __str__(self) -> str:
        return self.meter_id


class TestResult(models.Model):
    """What a test found; taken from the concluded verification, or entered from another body's certificate."""

    __test__ = False  # no test of pytest's

    follow_up = models.OneToOneField(FollowUp, models.PROTECT, related_name="test")
    source = models.CharField(max_length=16, choices=Source.listed)
    verification = models.ForeignKey(
        Verification, models.PROTECT, null=True, blank=True, related_name="test_results"
    )
    certificate_no = models.CharField(max_length=100, blank=True)
    institution = models.CharField(max_length=100, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True, db_comment="Of the certificate [hex]")
    file_name = models.CharField(max_length=255, blank=True)
    tested_on = models.DateField()
    finding = models.CharField(max_length=16, choices=Finding.listed)
    error_percent = models.FloatField(db_comment="As found, weighted over the loads [percent]")
    expanded_uncertainty_percent = models.FloatField(db_comment="k = 2 [percent]")
    points = models.JSONField(default=list, blank=True, db_comment="load, error, U as the verification says")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-tested_on", "-pk"]
        constraints = [
            CheckConstraint(name="testresult_finding_known", condition=Q(finding__in=Finding.values)),
            CheckConstraint(
                name="testresult_from_one_source",
                condition=Q(source=Source.VERIFICATION, verification__isnull=False, file_sha256="")
                | Q(source=Source.CERTIFICATE, verification=None)
                & ~Q(certificate_no="")
                & ~Q(institution="")
                & ~Q(file_sha256=""),
            ),
            CheckConstraint(
                name="testresult_uncertainty_possible", condition=Q(expanded_uncertainty_percent__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up} {self.error_percent:+.2f} %"


class ReplacementOrder(models.Model):
    """That one meter is to be replaced, and how it was done."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reason = models.CharField(max_length=16, choices=ReplacementReason.listed)
    follow_up = models.ForeignKey(
        FollowUp, models.PROTECT, null=True, blank=True, related_name="replacements"
    )
    lot_meter = models.ForeignKey(
        LotMeter, models.PROTECT, null=True, blank=True, related_name="replacements"
    )
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    old_serial = models.CharField(max_length=MAX_SERIAL)
    planned_on = models.DateField(null=True, blank=True, db_comment="To be done by, inclusive")
    state = models.CharField(max_length=16, choices=ReplacementState.listed, default=ReplacementState.ORDERED)
    new_serial = models.CharField(max_length=MAX_SERIAL, blank=True)
    new_maker = models.CharField(max_length=200, blank=True)
    new_instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="replaces"
    )
    replaced_on = models.DateField(null=True, blank=True)
    removed_kwh = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, db_comment="Register of the old meter [kWh]"
    )
    installed_kwh = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, db_comment="Register of the new meter [kWh]"
    )
    crew = models.CharField(max_length=100, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True, db_comment="Photograph or list [hex]")
    ended_reason = models.CharField(max_length=MAX_REASON, blank=True, db_comment="Why it was cancelled")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["planned_on", "pk"]
        indexes = [Index(fields=["state", "planned_on"], name="replacement_state")]
        constraints = [
            CheckConstraint(name="replacement_state_known", condition=Q(state__in=ReplacementState.values)),
            CheckConstraint(
                name="replacement_reason_known", condition=Q(reason__in=ReplacementReason.values)
            ),
            CheckConstraint(name="replacement_old_given", condition=~Q(old_serial="")),
            CheckConstraint(
                name="replacement_of_something",
                condition=Q(follow_up__isnull=False) | Q(lot_meter__isnull=False),
            ),
            CheckConstraint(
                name="replacement_done_with_all",
                condition=~Q(state=ReplacementState.DONE)
                | Q(replaced_on__isnull=False, removed_kwh__gte=0, installed_kwh__gte=0)
                & ~Q(new_serial="")
                & ~Q(evidence_sha256="")
                & ~Q(new_serial=F("old_serial")),
            ),
            CheckConstraint(
                name="replacement_cancelled_with_reason",
                condition=~Q(state=ReplacementState.CANCELLED) | ~Q(ended_reason=""),
            ),
            UniqueConstraint(
                fields=["follow_up"],
                condition=~Q(state=ReplacementState.CANCELLED),
                name="replacement_once_a_followup",
            ),
            UniqueConstraint(
                fields=["lot_meter"],
                condition=~Q(state=ReplacementState.CANCELLED),
                name="replacement_once_a_lotmeter",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Short number by which crews name it."""
        return f"GH{self.pk:07d}"


class Compensation(models.Model):
    """What was computed for a household, by which method and rules, and the letter that said so.  Never edited."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="compensations")
    basis = models.CharField(max_length=16, choices=Basis.listed)
    method = models.CharField(max_length=40, db_comment="Key of a row of rules.yaml")
    period_from = models.DateField()
    period_to = models.DateField()
    registered_kwh = models.DecimalField(max_digits=12, decimal_places=2, db_comment="[kWh]")
    price = models.DecimalField(max_digits=10, decimal_places=5, db_comment="As given [CNY/kWh]")
    error_percent = models.FloatField(db_comment="[percent]")
    expanded_uncertainty_percent = models.FloatField(db_comment="k = 2 [percent]")
    energy_kwh = models.FloatField(db_comment="Billed too much; < 0: too little [kWh]")
    low_kwh = models.FloatField(db_comment="[kWh]")
    high_kwh = models.FloatField(db_comment="[kWh]")
    amount = models.DecimalField(max_digits=12, decimal_places=2, db_comment="To the household [CNY]")
    low_amount = models.DecimalField(max_digits=12, decimal_places=2, db_comment="[CNY]")
    high_amount = models.DecimalField(max_digits=12, decimal_places=2, db_comment="[CNY]")
    sentence = models.CharField(max_length=MAX_SENTENCE)
    rules = models.JSONField(
        default=list, db_comment="Each: what, source, clause, is_confirmed; as on the day"
    )
    letter_sha256 = models.CharField(max_length=64, db_comment="Of the kept letter [hex]")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            CheckConstraint(name="compensation_basis_known", condition=Q(basis__in=Basis.values)),
            CheckConstraint(name="compensation_days_in_order", condition=Q(period_to__gte=F("period_from"))),
            CheckConstraint(name="compensation_interval_in_order", condition=Q(high_kwh__gte=F("low_kwh"))),
            CheckConstraint(
                name="compensation_figures_possible", condition=Q(registered_kwh__gte=0, price__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up} {self.amount}"
