"""Instruments, where they stand, what happened to them, and the imports that brought them in.

What the rules say of an instrument is never a field of `Instrument`: `Standing` is a projection that
`services.standing` derives from the records and the rules in force, and that may be thrown away at any time.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.instruments.enums import (
    BatchState,
    Condition,
    EventKind,
    Filing,
    Obligation,
    Outcome,
    Setting,
    Use,
    Verdict,
)
from quanheng.parties.models import Party


class Place(models.Model):
    """A market, station, hospital, shop: what an inspector visits as one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    setting = models.CharField(max_length=16, choices=Setting.listed, default=Setting.OTHER)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, db_index=True)
    initials = models.CharField(max_length=60, db_index=True)
    town = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="places")
    address = models.CharField(max_length=300, blank=True)
    # WGS 84 / CGCS2000, which agree within a metre; never the shifted GCJ-02 of consumer maps.
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            CheckConstraint(name="place_setting_known", condition=Q(setting__in=Setting.values)),
            CheckConstraint(name="place_name_given", condition=~Q(name="") & ~Q(name_key="")),
            CheckConstraint(
                name="place_both_coordinates_or_none",
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__isnull=False, latitude__isnull=False),
            ),
            CheckConstraint(
                name="place_coordinates_on_earth",
                condition=Q(longitude=None)
                | Q(longitude__gte=-180, longitude__lte=180, latitude__gte=-90, latitude__lte=90),
            ),
            UniqueConstraint(fields=["name_key", "town"], name="place_name_once_a_town"),
            UniqueConstraint(
                fields=["name_key"], condition=Q(town=None), name="place_name_once_without_town"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """One ledger on its way in: mapped, confirmed, imported row by row, and undone as a whole if need be."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_sha256 = models.CharField(max_length=64, db_index=True, db_comment="Of the stored file [hex]")
    file_name = models.CharField(max_length=255)
    file_size = models.PositiveBigIntegerField(db_comment="[byte]")
    sheet = models.CharField(max_length=100, blank=True)
    answers = models.JSONField(
        default=dict, db_comment="heading: canonical field or null, as a person decided"
    )
    mapping = models.JSONField(default=dict, db_comment="heading: canonical field or null, as read")
    options = models.JSONField(default=dict, db_comment="What holds for all rows; see services.imports")
    state = models.CharField(max_length=16, choices=BatchState.listed, default=BatchState.MAPPING)
    rows_total = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0, db_comment="Last row of the file that is done")
    counts = models.JSONField(default=dict, db_comment="outcome: number of rows")
    failure = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undo_reason = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "import batches"
        constraints = [
            CheckConstraint(name="importbatch_state_known", condition=Q(state__in=BatchState.values)),
            CheckConstraint(
                name="importbatch_undone_with_reason",
                condition=~Q(state=BatchState.UNDONE) | Q(undone_at__isnull=False) & ~Q(undo_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class Instrument(models.Model):
    """A measuring instrument in use in the county, as filed by its owner or found by the bureau."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label_code = models.CharField(max_length=12, unique=True, db_comment="In the QR label; says nothing else")
    name = models.CharField(max_length=100, db_comment="As the ledger or nameplate calls it")
    kind = models.CharField(max_length=40, blank=True, db_comment="regulations kind; empty: to be clarified")
    model = models.CharField(max_length=100, blank=True)
    serial_no = models.CharField(max_length=100, blank=True)
    serial_key = models.CharField(
        max_length=100, blank=True, db_index=True, db_comment="text_keys.serial_key"
    )
    serial_tail = models.CharField(
        max_length=100, blank=True, db_index=True, db_comment="serial_key backwards: found by its end"
    )
    lookalike_key = models.CharField(
        max_length=100, blank=True, db_index=True, db_comment="text_keys.lookalike_key"
    )
    manufacturer = models.CharField(max_length=200, blank=True)
    maker_key = models.CharField(max_length=200, blank=True)
    accuracy_class = models.CharField(max_length=100, blank=True)
    measuring_range = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict, blank=True, db_comment="max, min, e, d, other columns: as text")
    parameters = models.JSONField(default=dict, blank=True, db_comment="What periods depend on, e.g. dn_mm")
    use = models.CharField(max_length=16, choices=Use.listed, default=Use.UNKNOWN)
    owner = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="instruments")
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="instruments")
    town = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="instruments")
    spot = models.CharField(max_length=100, blank=True, db_comment="Stall, pump, room within the place")
    institute = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="verifies")
    filing = models.CharField(max_length=16, choices=Filing.listed, default=Filing.DRAFT)
    condition = models.CharField(max_length=16, choices=Condition.listed, default=Condition.IN_USE)
    condition_on = models.DateField(null=True, blank=True)
    condition_evidence = models.CharField(
        max_length=64, blank=True, db_comment="SHA-256 of photo or document"
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    registered_on = models.DateField()
    in_use_on = models.DateField(null=True, blank=True, db_comment="Installed; rotation counts from here")
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, blank=True, related_name="instruments")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]
        constraints = [
            CheckConstraint(name="instrument_use_known", condition=Q(use__in=Use.values)),
            CheckConstraint(name="instrument_filing_known", condition=Q(filing__in=Filing.values)),
            CheckConstraint(name="instrument_condition_known", condition=Q(condition__in=Condition.values)),
            CheckConstraint(name="instrument_name_given", condition=~Q(name="")),
            CheckConstraint(
                name="instrument_merged_iff_into_another",
                condition=Q(condition=Condition.MERGED, merged_into__isnull=False) & ~Q(merged_into=F("pk"))
                | ~Q(condition=Condition.MERGED) & Q(merged_into=None),
            ),
            UniqueConstraint(
                fields=["serial_key", "maker_key"],
                condition=~Q(serial_key="") & ~Q(maker_key="") & ~Q(condition=Condition.MERGED),
                name="instrument_once_a_maker_and_serial",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.serial_no}".rstrip()


class VerificationRecord(models.Model):
    """A verification as a ledger or its certificate states it.  Never edited; one withdrawn counts no more."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="verification_records")
    verified_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True, db_comment="Last valid day as printed, inclusive")
    certificate_no = models.CharField(max_length=100, blank=True)
    institution = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict.listed, default=Verdict.PASSED)
    withdrawn_on = models.DateField(
        null=True, blank=True, db_comment="Day on which its certificate was withdrawn or superseded"
    )
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="verification_records")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-verified_on", "-pk"]
        constraints = [
            CheckConstraint(name="verificationrecord_verdict_known", condition=Q(verdict__in=Verdict.values)),
            CheckConstraint(
                name="verificationrecord_valid_after_verified",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("verified_on")),
            ),
            CheckConstraint(
                name="verificationrecord_no_validity_when_rejected",
                condition=~Q(verdict=Verdict.REJECTED) | Q(valid_until=None),
            ),
            UniqueConstraint(
                fields=["instrument", "verified_on", "certificate_no"], name="verificationrecord_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verified_on:%Y-%m-%d} {self.certificate_no}".rstrip()


class Standing(models.Model):
    """What the rules in force say of an instrument: a projection that lists filter and sort by.

    Whether it is overdue is not in here: that depends on the day of asking (``due_on`` before it).
    """

    instrument = models.OneToOneField(Instrument, models.CASCADE, primary_key=True, related_name="standing")
    kind = models.CharField(max_length=40, blank=True)
    use = models.CharField(max_length=16)
    town = models.ForeignKey(
        OrgUnit, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    place = models.ForeignKey(Place, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    setting = models.CharField(max_length=16, blank=True, db_comment="Of the place")
    owner = models.ForeignKey(Party, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    institute = models.ForeignKey(
        OrgUnit, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    filing = models.CharField(max_length=16)
    condition = models.CharField(max_length=16)
    has_full_identity = models.BooleanField()
    obligation = models.CharField(max_length=16, choices=Obligation.listed)
    rule_id = models.CharField(max_length=80, blank=True)
    is_confirmed = models.BooleanField(db_comment="The rule was checked against the official text")
    period_months = models.PositiveIntegerField(null=True)
    verified_on = models.DateField(null=True)
    valid_until = models.DateField(null=True, db_comment="As printed on the last certificate")
    amber_on = models.DateField(null=True, db_comment="First day on which it is shown as due soon")
    due_on = models.DateField(null=True, db_comment="Last day by which it must be verified again")

    class Meta:
        # Measured with a million rows in benchmarks/registry_pages.py; every index costs the sweep.
        # The first holds whatever a search word turns into, so that overdue rows are counted within it.
        indexes = [
            Index(
                fields=[
                    "due_on",
                    "instrument",
                    "amber_on",
                    "condition",
                    "setting",
                    "kind",
                    "town",
                    "owner",
                    "place",
                ],
                name="standing_due",
            ),
            Index(fields=["town", "due_on"], name="standing_town_due"),
            Index(fields=["kind", "due_on"], name="standing_kind_due"),
            Index(fields=["town", "kind", "due_on"], name="standing_town_kind_due"),
            Index(fields=["setting", "due_on"], name="standing_setting_due"),
            Index(fields=["filing", "due_on"], name="standing_filing_due"),
        ]
        constraints = [
            CheckConstraint(name="standing_obligation_known", condition=Q(obligation__in=Obligation.values)),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.due_on or '–'}"


class InstrumentEvent(models.Model):
    """One thing that happened to an instrument: who, when, why, shown by which file.  Never edited."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind.listed)
    happened_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=dict, db_comment="field: [before, after], as people read them")
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            CheckConstraint(name="instrumentevent_kind_known", condition=Q(kind__in=EventKind.values))
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.kind} {self.happened_on:%Y-%m-%d}"


class ImportRow(models.Model):
    """What an import did with one row of its file, and what it must put back if it is undone."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(db_comment="Row number in the file, as Excel counts")
    outcome = models.CharField(max_length=16, choices=Outcome.listed)
    instrument = models.ForeignKey(Instrument, models.PROTECT, null=True, related_name="import_rows")
    fingerprint = models.CharField(max_length=32, blank=True, db_comment="Of what the row says [hex]")
    before = models.JSONField(default=dict, db_comment="field: former value, where the row changed one")
    after_revision = models.PositiveIntegerField(default=0, db_comment="Of the instrument after this row")
    column = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["row", "pk"]
        indexes = [Index(fields=["fingerprint"], name="importrow_fingerprint")]
        constraints = [
            CheckConstraint(name="importrow_outcome_known", condition=Q(outcome__in=Outcome.values)),
            UniqueConstraint(fields=["batch", "row"], name="importrow_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row} {self.outcome}"


class HeadingAnswer(models.Model):
    """What a person said an unknown heading means; asked once, remembered for every later file."""

    heading = models.CharField(max_length=100, unique=True, db_comment="Normalised as the reader compares")
    field = models.CharField(max_length=40, blank=True, db_comment="Canonical field; empty: none of them")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["heading"]

    def __str__(self) -> str:
        return f"{self.heading} → {self.field or '–'}"


class DistinctPair(models.Model):
    """Two alike records that a person looked at and found to be two instruments."""

    first = models.ForeignKey(Instrument, models.CASCADE, related_name="+")
    second = models.ForeignKey(Instrument, models.CASCADE, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["first", "second"], name="distinctpair_once"),
            CheckConstraint(name="distinctpair_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"


class SavedFilter(models.Model):
    """A list as one person likes to see it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=50)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name"]
        constraints = [UniqueConstraint(fields=["user", "name"], name="savedfilter_name_once")]

    def __str__(self) -> str:
        return self.name


class Appointment(models.Model):
    """A place or owner asked to come with its instruments in a certain week, so that peaks are smoothed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="appointments")
    owner = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="appointments")
    week_on = models.DateField(db_comment="Monday of the week")
    instruments = models.ManyToManyField(Instrument, related_name="appointments")
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["week_on", "pk"]
        constraints = [
            CheckConstraint(
                name="appointment_of_a_place_or_an_owner",
                condition=Q(place__isnull=False, owner=None) | Q(place=None, owner__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place or self.owner} {self.week_on:%Y-%m-%d}"


class CalendarFeed(models.Model):
    """The secret address under which an owner or institute subscribes to its due dates (RFC 5545)."""

    unit = models.OneToOneField(OrgUnit, models.CASCADE, null=True, blank=True, related_name="calendar_feed")
    owner = models.OneToOneField(Party, models.CASCADE, null=True, blank=True, related_name="calendar_feed")
    token = models.CharField(max_length=43, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                name="calendarfeed_of_a_unit_or_an_owner",
                condition=Q(unit__isnull=False, owner=None) | Q(unit=None, owner__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit or self.owner}"


class Comparison(models.Model):
    """A ledger of the national system (e-CQS) laid beside ours; its differences wait for a decision."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_sha256 = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    rows_total = models.PositiveIntegerField()
    rejected = models.JSONField(
        default=list, db_comment="Rows that could not be read: row, column, code, text"
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name


class Difference(models.Model):
    """One difference between our registry and the other ledger."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="differences")
    what = models.CharField(max_length=16, db_comment="only_here, only_there or field")
    instrument = models.ForeignKey(Instrument, models.CASCADE, null=True, related_name="+")
    row = models.PositiveIntegerField(null=True, db_comment="Row of the other ledger")
    field = models.CharField(max_length=40, blank=True)
    ours = models.CharField(max_length=300, blank=True)
    theirs = models.CharField(max_length=300, blank=True)
    record = models.JSONField(default=dict, db_comment="The other ledger's row, where it is only there")
    resolution = models.CharField(
        max_length=16, blank=True, db_comment="take_theirs, keep_ours or registered"
    )
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            CheckConstraint(
                name="difference_what_known", condition=Q(what__in=["only_here", "only_there", "field"])
            ),
            CheckConstraint(
                name="difference_resolution_known",
                condition=Q(resolution="", resolved_at=None)
                | Q(resolution__in=["take_theirs", "keep_ours", "registered"], resolved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.field}".rstrip()
