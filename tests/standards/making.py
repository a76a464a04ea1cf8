"""Standards and certificates that the tests of this folder and of the pages make."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from quanheng.core.models import OrgUnit
from quanheng.standards.enums import Level
from quanheng.standards.models import MeasurementStandard, StandardCertificate

CALIBRATED, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
POINT = {
    "nominal": "10000",
    "error": "0.05",
    "expanded_uncertainty": "0.08",
    "coverage_factor": "2",
    "unit": "g",
}


def make_standard(unit: OrgUnit, **changes: Any) -> MeasurementStandard:
    """Make a set of weights of a laboratory, for JJG 539."""
    given: dict[str, Any] = {
        "level": Level.WORKING,
        "name": "M1 等级砝码",
        "serial_no": "W-01",
        "serves": ["JJG 539"],
    }
    given |= {"fields": {"standard_mpe": "0.5 g"}, "interval_months": 12}
    return MeasurementStandard.objects.create(unit=unit, **given | changes)


def make_certificate(standard: MeasurementStandard, **changes: Any) -> StandardCertificate:
    """Make a certificate of a standard, valid in 2026."""
    given: dict[str, Any] = {
        "number": "力-2026-001",
        "issuer": "省计量院",
        "calibrated_on": CALIBRATED,
        "valid_until": UNTIL,
    }
    given |= {"points": [POINT], "file_sha256": "0" * 64, "file_name": "证书.pdf", "recorded_at": AT}
    return StandardCertificate.objects.create(standard=standard, **given | changes)
