"""From a concluded verification to what its certificate says.  Reads; writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import ValidationError

from quanheng.certificates.errors import BadContent, NoPublicAddress
from quanheng.certificates.paper.characters import foreign_characters
from quanheng.core.models import County
from quanheng.kernels.certificate import Content, Kind, read_content
from quanheng.verification.enums import Conclusion, WorkPlace
from quanheng.verification.judging import document_of, edition_for, surroundings_of
from quanheng.verification.models import Verification
from quanheng.workforce.selectors import authorisation_for

_KINDS = {
    Conclusion.PASSED: Kind.VERIFICATION,
    Conclusion.REJECTED: Kind.REJECTION,
    Conclusion.CALIBRATED: Kind.CALIBRATION,
}
_DEMONSTRATION_ADDRESS = (
    "http://127.0.0.1:8000"  # where the demonstration is served when nobody says otherwise
)
_USED = (
    "name",
    "serial_no",
    "accuracy",
    "examination_number",
    "certificate_number",
    "certificate_issuer",
    "certificate_valid_until",
)


def content_for(verification: Verification, *, number: str, issued_on: date) -> Content:
    """Return what the certificate of a concluded verification says.

    Results are those that were submitted, checked and signed; names are as the registry has them now.

    Raises
    ------
    BadContent
        A particular is missing or cannot stand on a certificate.
    NoPublicAddress, UnprintableCharacter, HiddenCharacter
        No address for the QR code; a character that no font can print.
    """
    procedure = edition_for(verification).procedure
    law, results = procedure.regulation, verification.judgement["results"]
    kind, on = _KINDS[Conclusion(verification.conclusion)], verification.performed_on
    given = _names(verification) | {
        "number": number,
        "kind": kind,
        "regulation": {
            "number": law.number,
            "edition": law.edition,
            "title": law.title,
            "sha256": verification.procedure_sha256,
        },
        "standards": [_standard(one) for one in verification.used],
        "surroundings": [one._asdict() for one in surroundings_of(document_of(verification), procedure)],
        "begun_on": on,
        "ended_on": on,
        "tables": results["tables"],
        "checks": [] if kind is Kind.CALIBRATION else results["checks"],
        "conclusion": results["conclusion"],
        "reasons": results["reasons"],
        "marks": [f"{one.get_kind_display()} {one.number}" for one in verification.marks.all()],
        "remarks": results["remarks"],
        "unconfirmed": results["unconfirmed"],
        "people": {role: str(getattr(verification, role)) for role in ("verifier", "checker", "signatory")},
        "issued_on": issued_on,
        "valid_until": verification.valid_until,
        "url": public_address(number),
    }
    return _checked(lambda: Content(**given))


def content_in_place_of(
    old: Content, verification: Verification, *, number: str, issued_on: date, reason: str
) -> Content:
    """Return what the certificate says that stands in the place of one: its results, and the names of today.

    Class and range stay: the limits of the results rest on them.

    Raises as `content_for`.
    """
    said = _("本证书取代 {number}，理由：{reason}").format(number=old.number, reason=reason)
    names = _names(verification)
    names["instrument"] |= old.instrument.model_dump(include={"accuracy_class", "measuring_range"})
    changed = names | {
        "number": number,
        "issued_on": issued_on,
        "supersedes": old.number,
        "remarks": [said, *old.remarks],
        "url": public_address(number),
    }
    return _checked(lambda: read_content(old.model_dump() | changed))


def public_address(number: str) -> str:
    """Return the public page of a certificate, as its QR code says; NoPublicAddress where none is set."""
    base = settings.PUBLIC_URL
    if not base:
        if not County.objects.filter(is_demo=True).exists():
            raise NoPublicAddress
        base = _DEMONSTRATION_ADDRESS
    return f"{base}/c/{number}"


def _checked(make: Callable[[], Content]) -> Content:
    try:
        content = make()
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}：{one['msg']}" for one in error.errors())
        raise BadContent(reason="；".join(dict.fromkeys(wrong))) from error
    foreign_characters(content)  # refuses what cannot be printed while no number is taken yet
    return content


def _names(verification: Verification) -> dict[str, Any]:
    """Return the institute, the customer, the instrument and the place, as they are registered now."""
    order, county = verification.work_order, County.objects.get()
    institute = _institute(verification, county)
    return {
        "institute": institute,
        "customer": _customer(verification, county),
        "instrument": {
            name: getattr(verification.instrument, name)
            for name in (
                "name",
                "model",
                "serial_no",
                "manufacturer",
                "accuracy_class",
                "measuring_range",
                "label_code",
            )
        },
        "place": _place(verification, institute),
        "is_on_site": order.work_place == WorkPlace.ON_SITE,
        "is_demonstration": county.is_demo,
    }


def _institute(verification: Verification, county: County) -> dict[str, str]:
    unit, on = verification.work_order.institute, verification.performed_on
    law, _dash, _edition = verification.judgement["document"].rpartition("-")
    found = authorisation_for(unit, law, on) if on else None
    if found is None:
        return {"name": unit.name, "city": county.full_name}
    return {
        "name": unit.name,
        "authorisation_number": found.number,
        "city": found.city,
        "address": found.address,
        "phone": found.phone,
    }


def _customer(verification: Verification, county: County) -> dict[str, str]:
    application = verification.work_order.application
    party = verification.instrument.owner or (application.applicant if application else None)
    if party is None:
        raise BadContent(reason=_("器具没有登记使用单位。"))
    city = f"{county.full_name}{party.town.name if party.town else ''}"
    return {"name": party.name, "city": city, "address": party.address}


def _standard(used: dict[str, Any]) -> dict[str, Any]:
    """Return a standard as it was kept on the day of the work."""
    return {name: used[name] for name in _USED} | {"certificate_sha256": used["certificate_sha256"] or None}


def _place(verification: Verification, institute: dict[str, str]) -> str:
    order, instrument = verification.work_order, verification.instrument
    if order.work_place != WorkPlace.ON_SITE:
        return institute.get("address") or institute["name"]
    place = order.place or instrument.place
    parts = (place.name, place.address, instrument.spot) if place else (instrument.spot,)
    return " ".join(filter(None, parts)) or _("使用单位现场")
