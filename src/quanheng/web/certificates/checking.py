"""What the reader's browser needs to check a file by itself: the proof of the leaf, and what happened since."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.urls import reverse

from quanheng.certificates.errors import ProofNotReady
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import Status, proof_of
from quanheng.transparency.errors import LeafNotPublished
from quanheng.web.certificates.answers import Answer
from quanheng.web.log_key import published_key


def proof_json(proof: dict[str, Any]) -> str:
    """Return a proof as the file that is downloaded."""
    return f"{json.dumps(proof, ensure_ascii=False, indent=2)}\n"


def proof_text(certificate: Certificate) -> str:
    """Return the proof file of the issuing; empty while the log has not published its leaf."""
    try:
        return proof_json(proof_of(certificate))
    except (ProofNotReady, LeafNotPublished):
        return ""


def check_data(certificate: Certificate, answer: Answer, proof: str, on: date) -> dict[str, Any]:
    """Return what js/verify-certificate.js reads; it asks nobody for more."""
    return {
        "number": certificate.number,
        "proof": proof,
        "vkey": published_key(),
        "on": on.isoformat(),
        "ended": str(answer.status) if answer.status in {Status.SUPERSEDED, Status.WITHDRAWN} else "",
        "successor": answer.successor.number if answer.successor else "",
        "pdf_sha256": certificate.pdf_sha256,
        "xml_sha256": certificate.xml_sha256,
    } | search_data()


def search_data() -> dict[str, Any]:
    """Return where a file of an unknown certificate leads; it is not asked before the reader follows the link."""
    return {"search": reverse("portal:certificates")}
