"""Users of measuring instruments (使用单位): businesses, stalls, hospitals, stations."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from quanheng.core.models import OrgUnit
from quanheng.parties.enums import PartyKind, party_kind_choices


class Party(models.Model):
    """One user of instruments.  A chain is a party whose branches name it as ``parent``."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=party_kind_choices, default=PartyKind.OTHER)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, db_index=True, db_comment="text_keys.name_key of the name")
    initials = models.CharField(max_length=60, db_index=True, db_comment="Initials of the pronunciation")
    credit_code = models.CharField(max_length=18, blank=True, db_comment="GB 32100; empty where not known")
    town = models.ForeignKey(OrgUnit, models.PROTECT, null=True, blank=True, related_name="parties")
    address = models.CharField(max_length=300, blank=True)
    contact_name = models.CharField(max_length=50, blank=True)
    contact_phone = models.CharField(max_length=50, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="branches")
    # The unit for which an owner's account acts; most parties have no account.
    unit = models.OneToOneField(OrgUnit, models.PROTECT, null=True, blank=True, related_name="party")
    is_demo = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "parties"
        constraints = [
            CheckConstraint(name="party_kind_known", condition=Q(kind__in=PartyKind.values)),
            CheckConstraint(name="party_name_given", condition=~Q(name="") & ~Q(name_key="")),
            CheckConstraint(name="party_not_its_own_parent", condition=Q(parent=None) | ~Q(parent=F("pk"))),
            UniqueConstraint(
                fields=["credit_code"], condition=~Q(credit_code=""), name="party_credit_code_once"
            ),
            UniqueConstraint(fields=["name_key", "town"], name="party_name_once_a_town"),
            UniqueConstraint(
                fields=["name_key"], condition=Q(town=None), name="party_name_once_without_town"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person(self) -> str:
        """Key under which the openings of this party's personal data are kept in the log."""
        return f"party:{self.public_id}"
