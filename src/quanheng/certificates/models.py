"""Certificates and the keys that sign them.  What was issued is never edited: superseded or withdrawn."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.core.models import OrgUnit
from quanheng.instruments.models import Instrument
from quanheng.verification.models import Verification

MAX_REASON = 300


class SigningCertificate(models.Model):
    """The X.509 certificate of a key that signs for an institute; its registration is a leaf of the log."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="signing_certificates")
    pem = models.TextField(db_comment="Certificate and, after it, those above it")
    fingerprint = models.CharField(max_length=64, unique=True, db_comment="SHA-256 of the DER [hex]")
    subject = models.CharField(max_length=300)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    key_uri = models.CharField(
        max_length=500, db_comment="Where its private key is: file:… or pkcs11:…, without any PIN"
    )
    is_demo = models.BooleanField(default=False)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    distrusted_from = models.DateTimeField(
        null=True, db_comment="What was signed from here on is not trusted: when the key may have been stolen"
    )
    revocation_reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        ordering = ["-registered_at", "-pk"]
        constraints = [
            CheckConstraint(
                name="signingcertificate_revoked_with_reason",
                condition=Q(revoked_at=None, distrusted_from=None, revocation_reason="")
                | Q(revoked_at__isnull=False, distrusted_from__isnull=False) & ~Q(revocation_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class NumberSeries(models.Model):
    """The last number that an institute gave in a year; counted up in the transaction of the certificate."""

    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="number_series")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["institute", "year"]
        verbose_name_plural = "number series"
        constraints = [UniqueConstraint(fields=["institute", "year"], name="numberseries_once")]

    def __str__(self) -> str:
        return f"{self.institute_id} {self.year} {self.last}"


class Certificate(models.Model):
    """A verification certificate, rejection notice or calibration certificate."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=60, unique=True)
    institute = models.ForeignKey(OrgUnit, models.PROTECT, related_name="certificates")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField(db_comment="1, 2, … within institute and year, without gaps")
    kind = models.CharField(max_length=16, choices=CertificateKind.listed)
    state = models.CharField(
        max_length=16, choices=CertificateState.listed, default=CertificateState.PREPARED
    )
    verification = models.ForeignKey(Verification, models.PROTECT, related_name="certificates")
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="certificates")
    content = models.JSONField(db_comment="kernels.certificate.Content; never edited")
    content_sha256 = models.CharField(max_length=64, db_comment="Of its canonical JSON [hex]")
    issued_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signing_certificate = models.ForeignKey(
        SigningCertificate, models.PROTECT, null=True, related_name="certificates"
    )
    issued_at = models.DateTimeField(null=True)
    xml_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField(max_length=MAX_REASON, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-year", "-sequence", "-pk"]
        indexes = [Index(fields=["instrument", "-issued_on"], name="certificate_of_instrument")]
        constraints = [
            CheckConstraint(name="certificate_kind_known", condition=Q(kind__in=CertificateKind.values)),
            CheckConstraint(name="certificate_state_known", condition=Q(state__in=CertificateState.values)),
            CheckConstraint(
                name="certificate_issued_with_both_files",
                condition=~Q(state=CertificateState.ISSUED)
                | Q(issued_at__isnull=False, signing_certificate__isnull=False)
                & ~Q(xml_sha256="")
                & ~Q(pdf_sha256=""),
            ),
            CheckConstraint(
                name="certificate_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, state=CertificateState.ISSUED) & ~Q(withdrawal_reason=""),
            ),
            CheckConstraint(name="certificate_not_its_own_successor", condition=~Q(supersedes=F("pk"))),
            UniqueConstraint(fields=["institute", "year", "sequence"], name="certificate_sequence_once"),
            UniqueConstraint(
                fields=["verification"], condition=Q(supersedes=None), name="certificate_once_a_verification"
            ),
        ]

    def __str__(self) -> str:
        return self.number
