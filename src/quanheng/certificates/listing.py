"""Lists of certificates: each with what it is worth on a day, counted and narrowed by the database."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When

from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.certificates.selectors import Status


def with_status(rows: QuerySet[Certificate], on: date) -> QuerySet[Any]:
    """Return the rows with ``status``, the same that `selectors.status_of` says of each."""
    successors = Certificate.objects.filter(supersedes=OuterRef("pk"), state=CertificateState.ISSUED)
    conditions = (
        (Q(state=CertificateState.PREPARED), Status.PREPARED),
        (Q(withdrawn_at__isnull=False), Status.WITHDRAWN),
        (Exists(successors), Status.SUPERSEDED),
        (Q(kind=CertificateKind.REJECTION), Status.REJECTED),
        (Q(valid_until=None), Status.CALIBRATION),
        (Q(valid_until__gte=on), Status.VALID),
    )
    cases = [When(condition, then=Value(str(status))) for condition, status in conditions]
    default = Value(str(Status.EXPIRED))
    return rows.annotate(status=Case(*cases, default=default, output_field=CharField()))


def status_counts(rows: QuerySet[Certificate], on: date) -> dict[Status, int]:
    """Return how many of the rows have which status; those that none has are 0."""
    counted = with_status(rows, on).order_by().values_list("status").annotate(n=Count("pk"))
    return dict.fromkeys(Status, 0) | {Status(status): n for status, n in counted}


def signed_since(key: SigningCertificate, since: datetime) -> int:
    """Return how many certificates a key signed from a moment on: those that a revocation would touch."""
    return Certificate.objects.filter(signing_certificate=key, issued_at__gte=since).count()
