"""The chain of traceability of one verification as a picture."""

from __future__ import annotations

from quanheng.kernels.traceability import Verification as Use
from quanheng.kernels.traceability import chain, picture
from quanheng.standards.tracing import known_standards
from quanheng.verification.models import Verification


def chain_picture(verification: Verification, *, number: str = "") -> str:
    """Return the SVG of what a verification rests on, with every gap; empty where it was not handed in yet.

    ``number`` is that of its certificate, where there is one.
    """
    if verification.performed_on is None or not verification.used:
        return ""
    standards = [row.standard for row in verification.used_standards.select_related("standard__unit")]
    use = Use(
        number,
        verification.performed_on,
        str(verification.instrument),
        tuple(str(standard.public_id) for standard in standards),
    )
    return picture(chain(known_standards(standards), use))
