"""People, units and roles: who may act, and for whom."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Lower

from quanheng.core.enums import Role, UnitKind, role_choices, unit_kind_choices


class OrgUnit(models.Model):
    """A county, department, town, institute or business; or a name that stands for many of them."""

    kind = models.CharField(max_length=16, choices=unit_kind_choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=100, unique=True)
    code = models.CharField(max_length=12, blank=True, db_comment="GB/T 2260 code, where there is one")
    members = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="groups")
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0, db_comment="Order in lists")
    revision = models.PositiveIntegerField(default=1, db_comment="Counts the edits; guards against lost ones")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            CheckConstraint(name="orgunit_kind_known", condition=Q(kind__in=UnitKind.values)),
            CheckConstraint(name="orgunit_name_given", condition=~Q(name="")),
            CheckConstraint(
                name="orgunit_only_county_is_root",
                condition=Q(kind=UnitKind.COUNTY, parent__isnull=True)
                | ~Q(kind=UnitKind.COUNTY) & Q(parent__isnull=False),
            ),
            UniqueConstraint(fields=["kind"], condition=Q(kind=UnitKind.COUNTY), name="orgunit_one_county"),
        ]

    def __str__(self) -> str:
        return self.name


class UnitAlias(models.Model):
    """Another name by which documents call a unit (区市场监督管理局 for 区市场监管局)."""

    unit = models.ForeignKey(OrgUnit, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["name"]
        constraints = [CheckConstraint(name="unitalias_name_given", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name


class Neighbour(models.Model):
    """A county that we work with; later issues add how its log is witnessed."""

    code = models.CharField(max_length=12, unique=True, db_comment="GB/T 2260 code")
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class County(models.Model):
    """The one county that this installation serves."""

    unit = models.OneToOneField(OrgUnit, models.PROTECT)
    full_name = models.CharField(max_length=100, db_comment="As printed on documents")
    is_demo = models.BooleanField(default=False, db_comment="Every page then carries the demonstration mark")
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "counties"

    def __str__(self) -> str:
        return self.full_name


class User(AbstractUser):
    """A person who signs in.  Erasing one keeps the row, without the person (services.erase_person)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = models.CharField(max_length=50)
    is_demo = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined,misc]  # django-stubs do not know it
        constraints = [
            # Names are compared without case at sign-in: twins would lock each other out.
            UniqueConstraint(Lower("username"), name="user_username_once_in_any_case")
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def person(self) -> str:
        """Key under which the openings of this person's commitments are kept."""
        return f"user:{self.public_id}"


class RoleAssignment(models.Model):
    """A role of one person for one unit and all below it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=32, choices=role_choices)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="assignments")

    class Meta:
        ordering = ["pk"]
        constraints = [
            CheckConstraint(name="roleassignment_role_known", condition=Q(role__in=Role.values)),
            UniqueConstraint(fields=["user", "role", "unit"], name="roleassignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.unit}"
