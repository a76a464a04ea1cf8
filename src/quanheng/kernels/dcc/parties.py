"""Reading people, places and the numbers given to things."""

from __future__ import annotations

from lxml import etree

from quanheng.kernels.dcc.model import Contact, Identification
from quanheng.kernels.dcc.names import dcc
from quanheng.kernels.dcc.texts import at_path, plain, text_of

_PLACES = (("street", "streetNo"), ("postOfficeBox",), ("postCode", "city"), ("state",), ("countryCode",))


def contact_of(element: etree._Element | None) -> Contact:
    """Return a contact; empty where it is absent."""
    return Contact(
        name=text_of(element, "name"),
        address=address_of(element),
        email=plain(element, "eMail"),
        phone=plain(element, "phone"),
    )


def address_of(element: etree._Element | None) -> str:
    """Return the location of a contact as one line."""
    place = at_path(element, "location")
    if place is None:
        return ""
    lines = (" ".join(filter(None, (plain(place, name) for name in names))) for names in _PLACES)
    return "，".join(filter(None, (*lines, text_of(place, "further"))))


def identifications_of(element: etree._Element | None) -> tuple[Identification, ...]:
    """Return the identifications that stand directly below an element."""
    listed = at_path(element, "identifications")
    if listed is None:
        return ()
    return tuple(
        Identification(
            issuer=plain(child, "issuer"),
            value=plain(child, "value"),
            name=text_of(child, "name") or text_of(child, "description"),
        )
        for child in listed.iterchildren(dcc("identification"))
    )
