"""The log in the database: what waits, what is sequenced, what was signed, what may be opened."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, F, Q


class PendingLeaf(models.Model):
    """A leaf staged in the transaction of the fact that it records, waiting for the sequencer."""

    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    entry = models.BinaryField(db_comment="Canonical JSON, exactly as it will stand in the log")
    leaf_hash = models.BinaryField(max_length=32, db_comment="RFC 6962 leaf hash of entry")
    staged_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Leaf(models.Model):
    """A leaf with its place in the log.  Never edited, never deleted (triggers in migration 0002)."""

    index = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    entry = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32, db_comment="RFC 6962 leaf hash of entry")
    staged_at = models.DateTimeField()

    class Meta:
        ordering = ["index"]
        indexes = [
            models.Index(fields=["kind", "index"], name="leaf_by_kind"),
            models.Index(fields=["subject", "index"], name="leaf_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.kind} {self.subject}"


class SignedCheckpoint(models.Model):
    """A tree head that we signed.  ``previous_size`` is unique: a head has one successor, ever."""

    tree_size = models.PositiveBigIntegerField(primary_key=True)
    previous_size = models.PositiveBigIntegerField(unique=True)
    root_hash = models.BinaryField(max_length=32)
    note = models.TextField(db_comment="Signed note, as published")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["tree_size"]
        constraints = [
            CheckConstraint(name="signedcheckpoint_grows", condition=Q(tree_size__gt=F("previous_size")))
        ]

    def __str__(self) -> str:
        return f"{self.tree_size}"


class WitnessSignature(models.Model):
    """A neighbour's cosignature on one of our checkpoints, verified before it is stored."""

    checkpoint = models.ForeignKey(SignedCheckpoint, models.PROTECT, related_name="witness_signatures")
    witness = models.CharField(max_length=200, db_comment="Verifier key (vkey) of the witness")
    line = models.TextField(db_comment="Signature line, as it stands in the note")
    cosigned_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="witnesssignature_once")
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} {self.witness}"


class Opening(models.Model):
    """What a commitment in the log hides.  Deleting it erases the person; the log stays provable."""

    commitment = models.CharField(max_length=64)
    salt = models.BinaryField(max_length=32)
    value = models.JSONField()
    person = models.CharField(max_length=100, db_comment="Whom it is about, as user:UUID")

    class Meta:
        # Named here, not on the fields: those get a second index for LIKE on PostgreSQL.
        indexes = [models.Index(fields=["person"], name="opening_by_person")]
        constraints = [models.UniqueConstraint(fields=["commitment"], name="opening_commitment_once")]

    def __str__(self) -> str:
        return self.commitment
