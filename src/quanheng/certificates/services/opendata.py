"""The open files of certificates and standards, written by the county day and read by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from quanheng.base import clock
from quanheng.base.open_data import (
    keep_counts,
    open_table,
    pack_table,
    reading_table,
    write_table,
)
from quanheng.base.rows import iso, word
from quanheng.certificates.enums import CertificateState
from quanheng.certificates.models import Certificate
from quanheng.certificates.published import CERTIFICATES, STANDARDS, TALLY
from quanheng.certificates.selectors import Status, status_given
from quanheng.certificates.tally import (
    CertificateRow,
    StandardRow,
    WorkTally,
    certificate_tally,
    read_certificates,
    read_standards,
    standard_tally,
)
from quanheng.instruments.tally import NO_KIND, NO_TOWN
from quanheng.standards.enums import StandardCondition
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.selectors import certificate_on, standard_gaps
from quanheng.verification.models import UsedStandard
from quanheng.verification.selectors import open_rejections

_CHUNK = 2000


def publish_work() -> WorkTally:
    """Write both open files, their gzip forms and their tally anew; all or nothing of each survives a crash."""
    on = clock.today()
    write_certificates(open_table(CERTIFICATES), on)
    write_standards(open_table(STANDARDS), on)
    pack_table(CERTIFICATES)
    pack_table(STANDARDS)
    with reading_table(open_table(CERTIFICATES)) as first, reading_table(open_table(STANDARDS)) as second:
        tally = WorkTally(
            certificate_tally(read_certificates(first), on), standard_tally(read_standards(second), on)
        )
    keep_counts(TALLY, tally.to_dict())
    return tally


def write_certificates(path: Path, on: date) -> None:
    """Write certificates.csv as of ``on``."""
    write_table(path, CertificateRow._fields, certificate_rows(on))


def write_standards(path: Path, on: date) -> None:
    """Write standards.csv as of ``on``."""
    write_table(path, StandardRow._fields, standard_rows(on))


def present_work() -> WorkTally:
    """Count certificates and standards as they are now."""
    on = clock.today()
    return WorkTally(certificate_tally(certificate_rows(on), on), standard_tally(standard_rows(on), on))


def certificate_rows(on: date) -> Iterator[CertificateRow]:
    """Yield the rows of certificates.csv, in the order in which the certificates were prepared."""
    rejected = set(open_rejections().values_list("pk", flat=True))
    successors = Certificate.objects.filter(supersedes=OuterRef("pk"), state=CertificateState.ISSUED)
    used = UsedStandard.objects.filter(verification=OuterRef("verification"))
    unfit = used.filter(
        Q(certificate__withdrawn_at__isnull=False)
        | Q(certificate__calibrated_on__gt=F("verification__performed_on"))
        | Q(certificate__valid_until__lt=F("verification__performed_on"))
    )
    rows = (
        Certificate.objects.filter(state=CertificateState.ISSUED)
        .select_related(
            "institute",
            "instrument__town",
            "instrument__place",
            "verification__work_order__application",
            "verification__work_order__place",
        )
        .annotate(is_superseded=Exists(successors), is_traceable=Exists(used) & ~Exists(unfit))
        .order_by("pk")
    )
    for row in rows.iterator(chunk_size=_CHUNK):
        status = status_given(row, on, is_superseded=row.is_superseded)
        is_open = status is Status.REJECTED and row.verification_id in rejected
        yield _row(row, on, status=status, is_traceable=row.is_traceable, is_open=is_open)


def standard_rows(on: date) -> Iterator[StandardRow]:
    """Yield the rows of standards.csv: every standard that was not withdrawn for ever."""
    rows = MeasurementStandard.objects.exclude(condition=StandardCondition.WITHDRAWN).select_related("unit")
    for row in rows.order_by("pk"):
        certificate = certificate_on(row, on)
        yield StandardRow(
            public_id=str(row.public_id),
            institute=row.unit.name,
            level=row.level,
            name=row.name,
            serves=";".join(row.serves),
            examination_until=iso(row.examination_until),
            certificate_valid_until=iso(certificate.valid_until if certificate else None),
            condition=row.condition,
            valid=word(_is_valid(row, on)),
            demo=word(row.is_demo),
            on=on.isoformat(),
        )


def _is_valid(standard: MeasurementStandard, on: date) -> bool:
    """Whether nothing stands in the way of using it; for which regulations is another question."""
    gaps = standard_gaps(standard=standard, unit=standard.unit, regulation="", on=on)
    return all(gap.code == "not_for_regulation" for gap in gaps)


def _row(row: Certificate, on: date, *, status: Status, is_traceable: bool, is_open: bool) -> CertificateRow:
    work, instrument = row.verification, row.instrument
    application, place = work.work_order.application, work.work_order.place or instrument.place
    finish_by = application.finish_by if application else None
    in_time = finish_by and work.concluded_at and timezone.localdate(work.concluded_at) <= finish_by
    return CertificateRow(
        number=row.number,
        kind=row.kind,
        work=work.kind,
        institute=row.institute.name,
        instrument=str(instrument.public_id),
        instrument_kind=instrument.kind or NO_KIND,
        town=instrument.town.name if instrument.town else NO_TOWN,
        setting=place.setting if place else "",
        ended_on=iso(work.performed_on),
        issued_on=iso(row.issued_on),
        valid_until=iso(row.valid_until),
        conclusion=work.conclusion,
        status=status,
        finish_by=iso(finish_by),
        in_time=word(bool(in_time)) if finish_by else "",
        traceable=word(is_traceable),
        rejection_open=word(is_open),
        xml_sha256=row.xml_sha256,
        pdf_sha256=row.pdf_sha256,
        demo=word(row.is_demo),
        on=on.isoformat(),
    )
