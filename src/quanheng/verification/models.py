"""From the application to the verdict.  What was concluded is never edited; a later verification follows it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils import timezone

from quanheng.core.models import OrgUnit
from quanheng.instruments.models import Instrument, Place
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.verification.enums import (
    ApplicationState,
    Conclusion,
    MarkKind,
    VerificationState,
    WorkKind,
    WorkPlace,
)

MAX_REASON = 300


class Application(models.Model):
    """A request of one user of instruments to one institute, for one or three hundred instruments."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="applications")
    applicant = models.ForeignKey(Party, models.PROTECT, related_name="applications")
    kind = models.CharField(max_length=16, choices=WorkKind.listed, default=WorkKind.PERIODIC)
    work_place = models.CharField(max_length=16, choices=WorkPlace.listed)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="applications")
    wished_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=MAX_REASON, blank=True)
    state = models.CharField(
        max_length=16, choices=ApplicationState.listed, default=ApplicationState.SUBMITTED
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    answer_by = models.DateField(
        null=True, db_comment="Last day to accept or return, by the rules of that day"
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=MAX_REASON, blank=True)
    finish_by = models.DateField(
        null=True, db_comment="Last day to conclude, by the rules of the day of acceptance"
    )
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        constraints = [
            CheckConstraint(name="application_state_known", condition=Q(state__in=ApplicationState.values)),
            CheckConstraint(name="application_kind_known", condition=Q(kind__in=WorkKind.values)),
            CheckConstraint(
                name="application_work_place_known", condition=Q(work_place__in=WorkPlace.values)
            ),
            CheckConstraint(
                name="application_returned_with_reason",
                condition=~Q(state=ApplicationState.RETURNED) | ~Q(decision_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.applicant} {timezone.localdate(self.submitted_at)}"


class ApplicationItem(models.Model):
    """An instrument of an application."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="items")
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="application_items")

    class Meta:
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["application", "instrument"], name="applicationitem_once"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.instrument_id}"


class WorkOrder(models.Model):
    """Who goes where with which standards on which day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="work_orders")
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, blank=True, related_name="work_orders"
    )
    kind = models.CharField(max_length=16, choices=WorkKind.listed)
    work_place = models.CharField(max_length=16, choices=WorkPlace.listed)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="work_orders")
    planned_on = models.DateField()
    verifier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signatory = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    standards = models.ManyToManyField(MeasurementStandard, related_name="work_orders")
    note = models.CharField(max_length=MAX_REASON, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-planned_on", "-pk"]
        constraints = [
            CheckConstraint(name="workorder_kind_known", condition=Q(kind__in=WorkKind.values)),
            CheckConstraint(name="workorder_work_place_known", condition=Q(work_place__in=WorkPlace.values)),
            CheckConstraint(name="workorder_four_eyes", condition=~Q(verifier=F("checker"))),
        ]

    def __str__(self) -> str:
        return f"{self.planned_on:%Y-%m-%d} {self.place or self.institute}"


class Verification(models.Model):
    """The verification (VIML 2.09) or calibration of one instrument, from the first reading to the verdict."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="verifications")
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="verifications")
    kind = models.CharField(max_length=16, choices=WorkKind.listed)
    state = models.CharField(
        max_length=16, choices=VerificationState.listed, default=VerificationState.RECORDING
    )
    performed_on = models.DateField(null=True, blank=True)
    edition = models.CharField(max_length=60, blank=True, db_comment="Name of the packaged procedure file")
    procedure_sha256 = models.CharField(max_length=64, blank=True, db_comment="Of that file [hex]")
    as_found = models.JSONField(
        default=dict, blank=True, db_comment="Readings as docs/reference/readings.md describes a document"
    )
    as_left = models.JSONField(
        default=dict, blank=True, db_comment="The same after adjustment; empty: none made"
    )
    judgement = models.JSONField(default=dict, db_comment="What the engine said when it was submitted")
    used = models.JSONField(default=list, db_comment="Standards and certificates as they were on the day")
    conclusion = models.CharField(max_length=16, choices=Conclusion.listed, blank=True)
    valid_until = models.DateField(null=True, blank=True, db_comment="Last valid day, inclusive; when passed")
    verifier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    signatory = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    concluded_at = models.DateTimeField(null=True)
    return_reason = models.CharField(
        max_length=MAX_REASON, blank=True, db_comment="Why it was sent back last, or cancelled"
    )
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            Index(fields=["state", "work_order"], name="verification_state"),
            Index(fields=["instrument", "-performed_on"], name="verification_of_instrument"),
        ]
        constraints = [
            CheckConstraint(name="verification_state_known", condition=Q(state__in=VerificationState.values)),
            CheckConstraint(name="verification_kind_known", condition=Q(kind__in=WorkKind.values)),
            CheckConstraint(
                name="verification_conclusion_known", condition=Q(conclusion__in=["", *Conclusion.values])
            ),
            CheckConstraint(
                name="verification_concluded_by_three_steps",
                condition=~Q(state=VerificationState.CONCLUDED)
                | Q(
                    performed_on__isnull=False,
                    verifier__isnull=False,
                    checker__isnull=False,
                    signatory__isnull=False,
                    submitted_at__isnull=False,
                    checked_at__isnull=False,
                    concluded_at__isnull=False,
                )
                & ~Q(conclusion="")
                & ~Q(edition=""),
            ),
            CheckConstraint(
                name="verification_conclusion_only_at_the_end",
                condition=Q(state=VerificationState.CONCLUDED) | Q(conclusion="", valid_until=None),
            ),
            CheckConstraint(
                name="verification_valid_until_iff_passed",
                condition=Q(conclusion=Conclusion.PASSED, valid_until__isnull=False)
                | ~Q(conclusion=Conclusion.PASSED) & Q(valid_until=None),
            ),
            CheckConstraint(
                name="verification_four_eyes",
                condition=Q(verifier=None) | Q(checker=None) | ~Q(verifier=F("checker")),
            ),
            UniqueConstraint(
                fields=["instrument"],
                condition=Q(
                    state__in=[
                        VerificationState.RECORDING,
                        VerificationState.SUBMITTED,
                        VerificationState.CHECKED,
                    ]
                ),
                name="verification_one_open_an_instrument",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.get_state_display()}"


class UsedStandard(models.Model):
    """That a concluded or submitted verification rests on a standard under one of its certificates.

    The edge of the traceability graph that recalls follow; rewritten until the verification is concluded.
    """

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="used_standards")
    standard = models.ForeignKey(MeasurementStandard, models.PROTECT, related_name="used_in")
    certificate = models.ForeignKey(StandardCertificate, models.PROTECT, related_name="used_in")

    class Meta:
        ordering = ["pk"]
        constraints = [UniqueConstraint(fields=["verification", "standard"], name="usedstandard_once")]

    def __str__(self) -> str:
        return f"{self.verification_id} {self.standard_id}"


class MarkRange(models.Model):
    """Numbers of seals or marks that an institute received and handed to one person.  Never edited."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="mark_ranges")
    kind = models.CharField(max_length=16, choices=MarkKind.listed)
    prefix = models.CharField(max_length=20, blank=True)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    digits = models.PositiveSmallIntegerField(db_comment="Width of the number, with leading zeros")
    issued_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_on = models.DateField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-issued_on", "-pk"]
        constraints = [
            CheckConstraint(name="markrange_kind_known", condition=Q(kind__in=MarkKind.values)),
            CheckConstraint(name="markrange_in_order", condition=Q(last__gte=F("first"))),
        ]

    def __str__(self) -> str:
        return "–".join(f"{self.prefix}{end:0{self.digits}d}" for end in (self.first, self.last))


class MarkUse(models.Model):
    """One numbered seal or mark: put on an instrument, or spoilt with a reason.

    A number twice is not refused: it stands on two instruments, and the reconciliation shows it.
    """

    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="mark_uses")
    kind = models.CharField(max_length=16, choices=MarkKind.listed)
    number = models.CharField(max_length=40, db_index=True)
    verification = models.ForeignKey(
        Verification, models.PROTECT, null=True, blank=True, related_name="marks"
    )
    spoilt_reason = models.CharField(max_length=MAX_REASON, blank=True)
    used_on = models.DateField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["number", "pk"]
        constraints = [
            CheckConstraint(name="markuse_kind_known", condition=Q(kind__in=MarkKind.values)),
            CheckConstraint(name="markuse_number_given", condition=~Q(number="")),
            CheckConstraint(
                name="markuse_put_on_or_spoilt",
                condition=Q(verification__isnull=False, spoilt_reason="")
                | Q(verification=None) & ~Q(spoilt_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Recall(models.Model):
    """A standard was found to have drifted: which past verdicts are in doubt, as computed then.  Never edited."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    standard = models.ForeignKey(MeasurementStandard, models.PROTECT, related_name="recalls")
    found = models.ForeignKey(
        StandardCertificate,
        models.PROTECT,
        related_name="+",
        db_comment="Certificate with the values as found",
    )
    result = models.JSONField(db_comment="Input, ranked verifications and their probability to flip")
    threshold = models.DecimalField(
        max_digits=6, decimal_places=5, db_comment="Probability from which owners are notified [1]"
    )
    reason = models.CharField(max_length=MAX_REASON)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            CheckConstraint(name="recall_reason_given", condition=~Q(reason="")),
            CheckConstraint(
                name="recall_threshold_is_probability", condition=Q(threshold__gte=0, threshold__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard} {timezone.localdate(self.made_at)}"
