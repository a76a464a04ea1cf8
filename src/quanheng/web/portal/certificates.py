"""Certificates for everybody: looked up by number, label or file, checked in the visitor's own browser.

A number is easy to guess, so its page names nobody but the institute: neither the user of the instrument nor the place
nor the people who signed.  The files do, and are for who knows the code of the label (decision 11).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.certificates.enums import CertificateKind
from quanheng.certificates.errors import CertificateNotFound
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import certificate as issued
from quanheng.certificates.selectors import (
    certificate_by_hash,
    content_of,
    latest_of_instrument,
    leaf_of,
    pdf_of,
    proof_of,
    xml_of,
)
from quanheng.instruments.errors import InstrumentNotFound
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import instrument_by_label
from quanheng.web.certificates.answers import answer_of
from quanheng.web.certificates.checking import check_data, proof_json, proof_text, search_data
from quanheng.web.certificates.files import file_response
from quanheng.web.certificates.results import result_tables
from quanheng.web.portal.labels import unlisted
from quanheng.web.portal.views import public_page

_NUMBER = re.compile(r"[0-9A-Z-]{1,60}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"https?://[^\s]+/(?:c|certificate|q)/([0-9A-Za-z-]+)/?\s*$")


@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """Look for a certificate by its number, the code of a label, the address in a QR code, or the hash of a file."""
    asked = request.GET.get("q", "").strip()
    if not asked:
        return public_page(request, "portal/certificates.html", {"check": search_data()})
    if found := _address_of(asked):
        return redirect(found)
    return _unknown(request, asked)


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Say in one word what a certificate is worth today, then what was verified, by whom and by which edition."""
    try:
        found = _issued(number)
    except CertificateNotFound:
        return _unknown(request, number)
    return unlisted(public_page(request, "portal/certificate.html", _context(request, found)))


@require_safe
def certificate_short(_request: HttpRequest, number: str) -> HttpResponse:
    """Lead the QR code of a paper to its page."""
    return redirect("portal:certificate", number=number)


@require_safe
def certificate_proof(_request: HttpRequest, number: str) -> HttpResponse:
    """Send the proof that the log holds a certificate; for the offline check it lies beside the file."""
    found = _issued(number)
    answer = HttpResponse(proof_json(proof_of(found)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{found.number}.pdf.proof.json"'
    answer["Access-Control-Allow-Origin"] = "*"
    return unlisted(answer)


@require_safe
def certificate_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Send the signed PDF to who knows the code of the label."""
    found = _with_label(request, number)
    return unlisted(file_response(pdf_of(found), f"{found.number}.pdf"))


@require_safe
def certificate_xml(request: HttpRequest, number: str) -> HttpResponse:
    """Send the signed XML to who knows the code of the label."""
    found = _with_label(request, number)
    return unlisted(file_response(xml_of(found), f"{found.number}.xml"))


def _context(request: HttpRequest, found: Certificate) -> dict[str, Any]:
    on = clock.today()
    answer, content = answer_of(found, on), content_of(found)
    newest = latest_of_instrument(found.instrument_id)
    label = request.GET.get("label", "").strip()
    return {
        "certificate": found,
        "kind": CertificateKind(found.kind).label,
        "content": content,
        "answer": answer,
        "later": _later(found, newest),
        "tables": result_tables(content),
        "leaf": leaf_of(found),
        "subject": f"certificate:{found.number}",
        "check": check_data(found, answer, proof_text(found), on),
        "label": label,
        "has_label": _knows_label(label, found),
        "on": on,
    }


def _later(found: Certificate, newest: Certificate | None) -> dict[str, Any] | None:
    """Return what was issued of the same instrument after this; None where this is the last."""
    if newest is None or found.pk in {newest.pk, newest.supersedes_id}:
        return None
    answer = answer_of(newest, clock.today())
    return {"number": newest.number, "word": answer.word, "kind": answer.kind, "on": newest.issued_on}


def _issued(number: str) -> Certificate:
    """Return an issued certificate; CertificateNotFound also for what is no number at all."""
    # PostgreSQL refuses to look for some characters that an address can hold.
    if not _NUMBER.fullmatch(number.upper()):
        raise CertificateNotFound(number=number[:60])
    return issued(number.upper())


def _with_label(request: HttpRequest, number: str) -> Certificate:
    found = _issued(number)
    if not _knows_label(request.GET.get("label", ""), found):
        raise CertificateNotFound(number=number[:60])
    return found


def _knows_label(code: str, found: Certificate) -> bool:
    """Whether a code is that of the certificate's instrument, or of the record that it was merged into."""
    instrument = _by_label(code)
    return instrument is not None and instrument.pk in {found.instrument_id, found.instrument.merged_into_id}


def _by_label(code: str) -> Instrument | None:
    try:
        return instrument_by_label(code.strip()) if code.strip().isalnum() else None
    except InstrumentNotFound:
        return None


def _address_of(asked: str) -> str:
    """Return the page that a number, a hash, an address or a code means; empty where there is none."""
    if match := _ADDRESS.fullmatch(asked):
        asked = match[1]
    if _SHA256.fullmatch(asked.lower()):
        found = certificate_by_hash(asked.lower())
        return reverse("portal:certificate", args=[found.number]) if found else ""
    try:
        return reverse("portal:certificate", args=[_issued(asked).number])
    except CertificateNotFound:
        instrument = _by_label(asked)
    if instrument is None:
        return ""
    latest = latest_of_instrument(instrument.pk)
    if latest is None:
        return reverse("portal:label", args=[instrument.label_code])
    query = urlencode({"label": instrument.label_code})
    return f"{reverse('portal:certificate', args=[latest.number])}?{query}"


def _unknown(request: HttpRequest, asked: str) -> HttpResponse:
    context = {
        "asked": asked[:64],
        "is_hash": bool(_SHA256.fullmatch(asked.lower())),
        "check": search_data(),
    }
    answer = public_page(request, "portal/certificate_unknown.html", context)
    answer.status_code = HTTPStatus.NOT_FOUND
    return unlisted(answer)
