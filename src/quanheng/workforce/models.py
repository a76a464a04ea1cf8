"""Who may verify what, until when: authorisations of institutes, metrologists, qualifications, training."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.workforce.enums import Grade

MAX_REASON = 300


class _Withdrawable(models.Model):
    """Never edited, never deleted: withdrawn with a reason."""

    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        abstract = True


def _withdrawn_with_reason(name: str) -> CheckConstraint:
    return CheckConstraint(
        name=name,
        condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
        | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
    )


class Authorisation(_Withdrawable):
    """A metrological authorisation (计量授权) of an institute: which regulations it may verify by, and until when."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="authorisations")
    number = models.CharField(max_length=100)
    regulations = models.JSONField(default=list, db_comment="Numbers of regulations without edition: JJG 539")
    valid_from = models.DateField()
    valid_until = models.DateField(db_comment="Last valid day, inclusive")
    city = models.CharField(max_length=100, db_comment="As printed on certificates")
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            CheckConstraint(name="authorisation_number_given", condition=~Q(number="") & ~Q(city="")),
            CheckConstraint(
                name="authorisation_days_in_order", condition=Q(valid_until__gte=F("valid_from"))
            ),
            UniqueConstraint(
                fields=["unit", "number"], condition=Q(withdrawn_at=None), name="authorisation_number_once"
            ),
            _withdrawn_with_reason("authorisation_withdrawn_with_reason"),
        ]

    def __str__(self) -> str:
        return self.number


class Metrologist(models.Model):
    """A registered metrologist (注册计量师) or verification officer of one institute."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="metrologist")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="metrologists")
    grade = models.CharField(max_length=16, choices=Grade.listed)
    registration_number = models.CharField(max_length=100)
    registered_from = models.DateField()
    registered_until = models.DateField(db_comment="Last valid day, inclusive")
    left_on = models.DateField(
        null=True, blank=True, db_comment="First day on which the person no longer works here"
    )
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["unit", "registration_number"]
        constraints = [
            CheckConstraint(name="metrologist_grade_known", condition=Q(grade__in=Grade.values)),
            CheckConstraint(name="metrologist_number_given", condition=~Q(registration_number="")),
            CheckConstraint(
                name="metrologist_days_in_order", condition=Q(registered_until__gte=F("registered_from"))
            ),
            UniqueConstraint(fields=["registration_number"], name="metrologist_number_once"),
        ]

    def __str__(self) -> str:
        return self.registration_number


class Qualification(_Withdrawable):
    """What a metrologist may verify: an item (项目) by the regulation that it rests on, and until when."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    metrologist = models.ForeignKey(Metrologist, models.PROTECT, related_name="qualifications")
    item = models.CharField(max_length=100, db_comment="As on the paper: 数字指示秤")
    regulation = models.CharField(max_length=30, db_comment="Number without edition: JJG 539")
    valid_from = models.DateField()
    valid_until = models.DateField(db_comment="Last valid day, inclusive")
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["regulation", "-valid_until", "pk"]
        constraints = [
            CheckConstraint(name="qualification_item_given", condition=~Q(item="") & ~Q(regulation="")),
            CheckConstraint(
                name="qualification_days_in_order", condition=Q(valid_until__gte=F("valid_from"))
            ),
            _withdrawn_with_reason("qualification_withdrawn_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.metrologist} {self.regulation}"


class Training(_Withdrawable):
    """A course of continuing education (继续教育) that a metrologist attended."""

    metrologist = models.ForeignKey(Metrologist, models.PROTECT, related_name="trainings")
    title = models.CharField(max_length=200)
    held_on = models.DateField(db_comment="Last day of the course")
    hours = models.DecimalField(max_digits=6, decimal_places=1, db_comment="[class hour]")
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            CheckConstraint(name="training_title_given", condition=~Q(title="")),
            CheckConstraint(name="training_hours_positive", condition=Q(hours__gt=0)),
            _withdrawn_with_reason("training_withdrawn_with_reason"),
        ]

    def __str__(self) -> str:
        return self.title
