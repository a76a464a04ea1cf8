"""Plans, their tasks, evidence, and the series of indicator values.  Status is never stored."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from quanheng.base.files import shown, stored_path
from quanheng.core.models import OrgUnit
from quanheng.taskboard.enums import DayState, Part, day_state_choices, part_choices


class Plan(models.Model):
    """A government's plan, through all its versions."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=300)
    doc_number = models.CharField(max_length=100, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    current = models.ForeignKey("PlanVersion", models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = [models.F("issued_on").desc(nulls_last=True), "pk"]
        constraints = [
            UniqueConstraint(fields=["doc_number"], condition=~Q(doc_number=""), name="plan_doc_number_once"),
            UniqueConstraint(fields=["title", "doc_number"], name="plan_title_and_number_once"),
        ]

    def __str__(self) -> str:
        return self.title


class PlanVersion(models.Model):
    """One text of a plan as compiled: a draft until an officer adopts it, then never changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="versions")
    number = models.PositiveIntegerField(null=True, db_comment="1, 2, … once adopted")
    source_name = models.CharField(max_length=255)
    source_sha256 = models.CharField(max_length=64, unique=True, db_comment="Of the stored file [hex]")
    compiled = models.JSONField(db_comment="Result of `quanheng plan compile --json`")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            UniqueConstraint(fields=["plan", "number"], name="planversion_number_once"),
            CheckConstraint(
                name="planversion_numbered_iff_adopted",
                condition=Q(number=None, adopted_at=None)
                | Q(number__isnull=False, adopted_at__isnull=False, plan__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} {self.number or '–'}"

    @property
    def source_path(self) -> str:
        """Where the original is kept, as a command takes it."""
        return shown(stored_path(self.source_sha256))


class Task(models.Model):
    """A task of the current version; ``label`` is its number in the text."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="tasks")
    label = models.CharField(max_length=50)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    position = models.PositiveIntegerField()
    lead_rule = models.CharField(max_length=50)
    deadline_text = models.CharField(max_length=200, blank=True, db_comment="As the annex words it")
    deadline_on = models.DateField(null=True, blank=True)
    is_continuous = models.BooleanField(default=False)
    retired_in = models.ForeignKey(PlanVersion, models.PROTECT, null=True, blank=True, related_name="+")
    units: models.ManyToManyField[OrgUnit, TaskUnit] = models.ManyToManyField(
        OrgUnit, through="TaskUnit", related_name="tasks"
    )
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            CheckConstraint(
                name="task_deadline_or_continuous", condition=Q(is_continuous=False) | Q(deadline_on=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"


class TaskUnit(models.Model):
    """A unit that a task names, and how."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="task_units")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="task_units")
    part = models.CharField(max_length=16, choices=part_choices)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            UniqueConstraint(fields=["task", "unit"], name="taskunit_once"),
            CheckConstraint(name="taskunit_part_known", condition=Q(part__in=Part.values)),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.unit} {self.part}"


class TaskIndicator(models.Model):
    """An indicator by which a task is measured, with its target where the plan sets one."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="indicators")
    name = models.CharField(max_length=100, db_comment="Name in taskboard.indicators")
    target = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [UniqueConstraint(fields=["task", "name"], name="taskindicator_once")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.name}"


class Evidence(models.Model):
    """A file that shows what a unit did for a task.  Never edited: withdrawn, with a reason."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, models.PROTECT, related_name="evidence")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="evidence")
    happened_on = models.DateField()
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    file_size = models.PositiveBigIntegerField(db_comment="[byte]")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=300, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-filed_at", "-pk"]
        verbose_name_plural = "evidence"
        constraints = [
            UniqueConstraint(
                fields=["task", "unit", "file_sha256"],
                condition=Q(withdrawn_at=None),
                name="evidence_file_once_per_task_and_unit",
            ),
            CheckConstraint(
                name="evidence_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class IndicatorValue(models.Model):
    """What an indicator was on a day, as the county day computed it."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="values")
    name = models.CharField(max_length=100)
    on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        ordering = ["on"]
        constraints = [UniqueConstraint(fields=["plan", "name", "on"], name="indicatorvalue_once_a_day")]

    def __str__(self) -> str:
        return f"{self.name} {self.on} {self.value}"


class DayRun(models.Model):
    """One county day: its steps, what each found, and the command behind it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=16, choices=day_state_choices, default=DayState.WAITING)
    steps = models.JSONField(default=list)
    steps_total = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            CheckConstraint(name="dayrun_state_known", condition=Q(state__in=DayState.values)),
            # Two days at once would do the same intake twice.
            UniqueConstraint(
                fields=["state"], condition=Q(state=DayState.RUNNING), name="dayrun_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localdate(self.started_at)} {self.state}"
