"""Makers that verify their own meters: authorisations, ranges of marks, suspensions, files of factory data.

An authorisation that was withdrawn, a suspension that was lifted and a file that was received stay as they are.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.lots.models import Lot
from quanheng.manufacturers.enums import AuthorisationState

MAX_REASON = 300
MAX_NUMBER = 100
MAX_PREFIX = 20
MAX_DIGITS = 12


class Authorisation(models.Model):
    """What a maker may verify itself (两检合一): which types, from when until when."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="maker_authorisations")
    number = models.CharField(max_length=MAX_NUMBER)
    types = models.JSONField(db_comment="Scope: kind, model, class and rated values; see manufacturers.types")
    valid_from = models.DateField()
    valid_until = models.DateField(db_comment="Last valid day, inclusive")
    state = models.CharField(
        max_length=16, choices=AuthorisationState.listed, default=AuthorisationState.ACTIVE
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=MAX_REASON, blank=True)
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            CheckConstraint(name="makerauthorisation_number_given", condition=~Q(number="")),
            CheckConstraint(
                name="makerauthorisation_days_in_order", condition=Q(valid_until__gte=F("valid_from"))
            ),
            CheckConstraint(
                name="makerauthorisation_state_known", condition=Q(state__in=AuthorisationState.values)
            ),
            CheckConstraint(
                name="makerauthorisation_withdrawn_with_reason",
                condition=Q(state=AuthorisationState.WITHDRAWN, withdrawn_at__isnull=False)
                & ~Q(withdrawal_reason="")
                | ~Q(state=AuthorisationState.WITHDRAWN) & Q(withdrawn_at=None, withdrawal_reason=""),
            ),
            UniqueConstraint(
                fields=["unit"],
                condition=~Q(state=AuthorisationState.WITHDRAWN),
                name="makerauthorisation_one_a_maker",
            ),
            UniqueConstraint(fields=["number"], name="makerauthorisation_number_once"),
        ]

    def __str__(self) -> str:
        return self.number


class MarkRange(models.Model):
    """Numbers of verification marks that a maker may put on its meters: prefix, then the number in so many digits."""

    authorisation = models.ForeignKey(Authorisation, models.PROTECT, related_name="ranges")
    prefix = models.CharField(max_length=MAX_PREFIX, blank=True)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField(db_comment="Inclusive")
    digits = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["prefix", "digits", "first"]
        constraints = [
            CheckConstraint(name="makermarkrange_in_order", condition=Q(last__gte=F("first"))),
            CheckConstraint(
                name="makermarkrange_digits_possible", condition=Q(digits__gte=1, digits__lte=MAX_DIGITS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mark(self.first)}～{self.mark(self.last)}"

    def mark(self, number: int) -> str:
        """Return a number of the range as it stands on a meter."""
        return f"{self.prefix}{number:0{self.digits}d}"


class Suspension(models.Model):
    """A time in which a maker may deliver nothing that it verified itself."""

    authorisation = models.ForeignKey(Authorisation, models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=MAX_REASON)
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="+", db_comment="Whose rejection led to it"
    )
    rule = models.JSONField(default=dict, db_comment="Row of rules.yaml by which it was automatic")
    since = models.DateTimeField()
    suspended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifting_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            CheckConstraint(name="makersuspension_with_reason", condition=~Q(reason="")),
            CheckConstraint(
                name="makersuspension_lifted_with_reason",
                condition=Q(lifted_at=None, lifting_reason="")
                | Q(lifted_at__isnull=False) & ~Q(lifting_reason=""),
            ),
            UniqueConstraint(
                fields=["authorisation"], condition=Q(lifted_at=None), name="makersuspension_one_open"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class FactoryUpload(models.Model):
    """A file of factory data as it was received: a lot of meters, or what was wrong with it and nothing kept."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="factory_uploads")
    authorisation = models.ForeignKey(Authorisation, models.PROTECT, related_name="uploads")
    sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    lot_number = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    model = models.CharField(max_length=100)
    points = models.JSONField(default=list, db_comment="Label, limit and rounding of each point [percent]")
    rows = models.PositiveIntegerField(default=0)
    unmarked = models.PositiveIntegerField(default=0, db_comment="Rows without a mark: not in the lot")
    operators = models.JSONField(default=dict, db_comment="Rows by number of the operator")
    faults = models.JSONField(default=list, db_comment="Line, column, reason: the first of them")
    fault_count = models.PositiveIntegerField(default=0)
    screening = models.JSONField(default=dict, db_comment="kernels.screening report: leads, never a verdict")
    lot = models.OneToOneField(Lot, models.PROTECT, null=True, related_name="factory_upload")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            CheckConstraint(
                name="factoryupload_lot_or_faults",
                condition=Q(lot=None, fault_count__gt=0) | Q(lot__isnull=False, fault_count=0),
            ),
            UniqueConstraint(
                fields=["unit", "sha256"], condition=Q(lot__isnull=False), name="factoryupload_accepted_once"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
