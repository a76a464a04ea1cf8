"""Rule versions as loaded and as the county adds them.  A version is never edited, only superseded."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.regulations.enums import Origin, origin_choices

MAX_AGAINST, MAX_CLAUSE = 300, 100


class RuleVersion(models.Model):
    """One version of a rule; ``body`` is its row in a rule file, the other columns find it.

    Only a confirmation is ever written to a row that exists.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=60, db_comment="Stable name of the rule")
    number = models.PositiveIntegerField(db_comment="1, 2, … within the key")
    kind = models.CharField(max_length=60, db_index=True, db_comment="Code of the instrument kind")
    in_force_from = models.DateField(null=True)
    in_force_to = models.DateField(null=True, db_comment="Last day, inclusive")
    body = models.JSONField(db_comment="The row as docs/reference/rule-files.md describes it")
    origin = models.CharField(max_length=16, choices=origin_choices)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_confirmed = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_against = models.CharField(
        max_length=MAX_AGAINST, blank=True, db_comment="The official document"
    )
    confirmed_clause = models.CharField(max_length=MAX_CLAUSE, blank=True)
    confirmed_sha256 = models.CharField(max_length=64, blank=True, db_comment="Of the stored file [hex]")
    confirmed_file_name = models.CharField(max_length=255, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["key", F("in_force_from").asc(nulls_first=True), "number"]
        constraints = [
            UniqueConstraint(fields=["key", "number"], name="ruleversion_number_once"),
            CheckConstraint(name="ruleversion_origin_known", condition=Q(origin__in=Origin.values)),
            CheckConstraint(
                name="ruleversion_ends_after_it_begins",
                condition=Q(in_force_from=None)
                | Q(in_force_to=None)
                | Q(in_force_to__gte=F("in_force_from")),
            ),
            CheckConstraint(
                name="ruleversion_confirmed_with_document",
                condition=Q(is_confirmed=False, confirmed_at=None, confirmed_against="")
                | Q(is_confirmed=True, confirmed_at__isnull=False) & ~Q(confirmed_against=""),
            ),
        ]

    def __str__(self) -> str:
        return self.rule_id

    @property
    def rule_id(self) -> str:
        """Name of this version, such as ``price_scale/2``."""
        return f"{self.key}/{self.number}"
