"""Standards as the traceability kernel takes them: certificates, and the certificates that these rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from quanheng.base.files import stored_path
from quanheng.kernels.traceability import Certificate, Chain, Standard, Verification, chain
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.selectors import certificate_on


def known_standards(standards: Iterable[MeasurementStandard]) -> dict[str, Standard]:
    """Return these standards, and those above them whose certificates are on file, by code.

    The code of a standard is its ``public_id``.  A certificate above that is not on file is a code of its
    number, under which there is no standard: `chain` reports it.
    """
    found: dict[str, Standard] = {}
    waiting = list(standards)
    while waiting:
        rows = _certificates(waiting)
        above = _above(row for certificates in rows.values() for row in certificates)
        for standard in waiting:
            code = str(standard.public_id)
            certificates = tuple(_certificate(row, above) for row in rows[standard.pk])
            found[code] = Standard(code, str(standard), certificates)
        upper = {row.standard.public_id: row.standard for row in above.values()}
        waiting = [standard for code, standard in upper.items() if str(code) not in found]
    return found


def chain_above(standard: MeasurementStandard, on: date) -> Chain | None:
    """Return what a standard rests on when it is used on a day; None where it has no certificate for that day."""
    if certificate_on(standard, on) is None:
        return None
    use = Verification("", on, _("用它检定的器具"), (str(standard.public_id),))
    return chain(known_standards([standard]), use)


def _certificates(standards: Sequence[MeasurementStandard]) -> dict[int, list[StandardCertificate]]:
    found: dict[int, list[StandardCertificate]] = {standard.pk: [] for standard in standards}
    for row in StandardCertificate.objects.filter(standard__in=standards, withdrawn_at=None):
        found[row.standard_id].append(row)
    return found


def _above(rows: Iterable[StandardCertificate]) -> dict[str, StandardCertificate]:
    """Return the certificates on file to which these link, by their number."""
    numbers = {link["identifier"] for row in rows for link in row.upstream}
    known = StandardCertificate.objects.filter(number__in=numbers, withdrawn_at=None)
    return {row.number: row for row in known.select_related("standard").order_by("pk")}


def _certificate(row: StandardCertificate, above: dict[str, StandardCertificate]) -> Certificate:
    codes = [
        str(above[number].standard.public_id) if number in above else _("证书 %s") % number
        for number in (link["identifier"] for link in row.upstream)
    ]
    largest = max(row.points, key=lambda point: float(point["expanded_uncertainty"]), default=None)
    return Certificate(
        number=row.number,
        issued_by=row.issuer,
        calibrated_on=row.calibrated_on,
        valid_until=row.valid_until,
        standards=tuple(dict.fromkeys(codes)),
        sha256=row.file_sha256,
        file_sha256=_on_hand(row.file_sha256),
        expanded_uncertainty=float(largest["expanded_uncertainty"]) if largest else None,
        unit=largest["unit"] if largest else "",
    )


def _on_hand(digest: str) -> str:
    """Return the SHA-256 [hex] of the file as it lies on the disk today; empty where it is gone."""
    path = stored_path(digest)
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
