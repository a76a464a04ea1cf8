"""Lots of household meters, the samples drawn from them and what was decided.

A sample, once drawn, and a decision, once made, are never edited: a later sample follows.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.lots.enums import Decision, ItemResult, MeterCondition, Origin
from quanheng.parties.models import Party
from quanheng.verification.models import Verification

MAX_REASON = 300


class Lot(models.Model):
    """Meters of one maker, type, class and year of first verification that stay or go together (OIML G 20)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin = models.CharField(max_length=16, choices=Origin.listed)
    number = models.CharField(max_length=60, db_comment="As its maker or the utility calls it")
    kind = models.CharField(max_length=40, db_comment="regulations kind")
    maker = models.CharField(max_length=200)
    maker_key = models.CharField(max_length=200, db_comment="text_keys.name_key")
    model = models.CharField(max_length=100)
    accuracy_class = models.CharField(max_length=20, blank=True)
    first_verified_in = models.PositiveSmallIntegerField(db_comment="Year of the first verification")
    delivery = models.CharField(max_length=60, blank=True, db_comment="Delivery as the utility numbers it")
    utility = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="lots")
    maker_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="lots", db_comment="Sees its own lots"
    )
    due_on = models.DateField(
        null=True, db_comment="Last valid day of the oldest meter, inclusive; moved by an extension"
    )
    is_complete = models.BooleanField(
        default=False, db_comment="The list of meters is closed: it may be drawn from"
    )
    size = models.PositiveIntegerField(default=0, db_comment="Meters of the closed list")
    list_sha256 = models.CharField(
        max_length=64, blank=True, db_comment="Of the serial keys of the closed list, a line each [hex]"
    )
    closed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            CheckConstraint(name="lot_origin_known", condition=Q(origin__in=Origin.values)),
            CheckConstraint(
                name="lot_described", condition=~Q(number="") & ~Q(maker_key="") & ~Q(kind="") & ~Q(model="")
            ),
            CheckConstraint(
                name="lot_closed_with_its_hash",
                condition=Q(is_complete=False, closed_at=None, list_sha256="")
                | Q(is_complete=True, closed_at__isnull=False, size__gt=0) & ~Q(list_sha256=""),
            ),
            UniqueConstraint(fields=["origin", "maker_key", "number"], name="lot_number_once_a_maker"),
        ]

    def __str__(self) -> str:
        return self.number


class LotMeter(models.Model):
    """A meter of a lot; one in service points to itself as its maker delivered it."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="meters")
    origin = models.CharField(max_length=16, choices=Origin.listed, db_comment="Of the lot")
    maker_key = models.CharField(max_length=200, db_comment="Of the lot")
    serial_no = models.CharField(max_length=60)
    serial_key = models.CharField(max_length=60, db_comment="text_keys.serial_key")
    mark_no = models.CharField(max_length=60, blank=True, db_comment="Number of its verification mark")
    verified_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, db_comment="Last valid day, inclusive")
    installed_on = models.DateField(null=True, blank=True)
    town = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="+")
    area_id = models.CharField(max_length=100, blank=True, db_comment="As the readings name it")
    meter_id = models.CharField(max_length=100, blank=True, db_comment="As the readings name it")
    condition = models.CharField(max_length=16, choices=MeterCondition.listed, default=MeterCondition.PRESENT)
    condition_on = models.DateField(null=True, blank=True)
    errors = models.JSONField(
        default=list, blank=True, db_comment="Of the factory, by point of the lot [percent]"
    )
    made_as = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="installed_as")

    class Meta:
        ordering = ["serial_key"]
        indexes = [
            Index(fields=["lot", "valid_until"], name="lotmeter_due"),
            Index(fields=["area_id", "meter_id", "lot"], name="lotmeter_of_readings"),
        ]
        constraints = [
            CheckConstraint(name="lotmeter_origin_known", condition=Q(origin__in=Origin.values)),
            CheckConstraint(
                name="lotmeter_condition_known", condition=Q(condition__in=MeterCondition.values)
            ),
            CheckConstraint(name="lotmeter_serial_given", condition=~Q(serial_key="")),
            UniqueConstraint(
                fields=["origin", "maker_key", "serial_key"], name="lotmeter_serial_once_a_maker"
            ),
        ]

    def __str__(self) -> str:
        return self.serial_no


class Sample(models.Model):
    """Meters drawn from a closed list by a seed, and what was decided by them."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="samples")
    position = models.PositiveSmallIntegerField(db_comment="1 for the first sample of the lot")
    plan = models.JSONField(
        db_comment="kernels.sampling plan as a document, with the rule that it comes from"
    )
    list_sha256 = models.CharField(
        max_length=64, db_comment="Of the drawn-from serial keys, a line each [hex]"
    )
    lot_size = models.PositiveIntegerField()
    checkpoint = models.TextField(db_comment="Signed checkpoint of the log that the seed comes from")
    seed = models.CharField(max_length=64, db_comment="[hex]")
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField()
    decision = models.CharField(max_length=16, choices=Decision.listed, blank=True)
    judgement = models.JSONField(
        default=dict, db_comment="What the plan said of the results when it was decided"
    )
    extended_until = models.DateField(null=True, blank=True, db_comment="Last valid day, inclusive")
    decision_reason = models.CharField(max_length=MAX_REASON, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["lot_id", "position"]
        constraints = [
            UniqueConstraint(fields=["lot", "position"], name="sample_position_once_a_lot"),
            UniqueConstraint(fields=["lot"], condition=Q(decision=""), name="sample_one_open_a_lot"),
            CheckConstraint(name="sample_decision_known", condition=Q(decision__in=["", *Decision.values])),
            CheckConstraint(
                name="sample_decided_at_a_time",
                condition=Q(decision="", decided_at=None) | ~Q(decision="") & Q(decided_at__isnull=False),
            ),
            CheckConstraint(
                name="sample_until_iff_extended",
                condition=Q(decision=Decision.EXTENDED, extended_until__isnull=False)
                | ~Q(decision=Decision.EXTENDED) & Q(extended_until=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} {self.position}"


class SampleItem(models.Model):
    """A drawn meter in the order of the draw, and what was found of it."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="items")
    meter = models.ForeignKey(LotMeter, models.PROTECT, related_name="drawn_in")
    position = models.PositiveIntegerField(db_comment="In the order of the draw, from 1")
    stage = models.PositiveSmallIntegerField(default=1, db_comment="Of the plan, from 1; 0: in reserve")
    result = models.CharField(max_length=16, choices=ItemResult.listed, default=ItemResult.WAITING)
    errors = models.JSONField(
        default=list, blank=True, db_comment="Found at the points of the test [percent]"
    )
    tested_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True, db_comment="Why it is not counted")
    verification = models.ForeignKey(
        Verification, models.PROTECT, null=True, blank=True, related_name="sample_items"
    )
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["sample_id", "position"]
        constraints = [
            UniqueConstraint(fields=["sample", "meter"], name="sampleitem_meter_once"),
            UniqueConstraint(fields=["sample", "position"], name="sampleitem_position_once"),
            CheckConstraint(name="sampleitem_result_known", condition=Q(result__in=ItemResult.values)),
            CheckConstraint(
                name="sampleitem_excluded_with_reason",
                condition=~Q(result=ItemResult.EXCLUDED) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.meter}"
