"""The small parts that a DCC of ours is made of: texts, contacts, quantities."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

from lxml import etree

from quanheng.kernels.dcc.build_units import DsiUnit, dsi_unit
from quanheng.kernels.dcc.names import dcc, si

LANGUAGE, COUNTRY = "zh", "CN"
_CONTEXT = Context(prec=60)


def add(
    parent: etree._Element, name: str, text: str | None = None, ref_type: str | None = None
) -> etree._Element:
    """Add an element of the namespace of DCC."""
    one = etree.SubElement(parent, dcc(name))
    if text is not None:
        one.text = text
    if ref_type is not None:
        one.set("refType", ref_type)
    return one


def add_text(
    parent: etree._Element, name: str, text: str, *more: str, ref_type: str | None = None
) -> etree._Element:
    """Add a text of one or more paragraphs for people, in the language of the certificate."""
    one = add(parent, name, ref_type=ref_type)
    for paragraph in (text, *more):
        add(one, "content", paragraph).set("lang", LANGUAGE)
    return one


def add_identification(parent: etree._Element, issuer: str, value: str, name: str, ref_type: str) -> None:
    """Add a number that something is known by; nothing where there is none."""
    if value:
        one = add(parent, "identification", ref_type=ref_type)
        add(one, "issuer", issuer)
        add(one, "value", value)
        add_text(one, "name", name)


def add_contact(
    parent: etree._Element, name: str, *, of: str, city: str, address: str = "", phone: str = ""
) -> None:
    """Add somebody who can be found at a place in China."""
    contact = add(parent, name)
    add_text(contact, "name", of)
    if phone:
        add(contact, "phone", phone)
    location = add(contact, "location")
    add(location, "city", city)
    add(location, "countryCode", COUNTRY)
    if address:
        add(location, "street", address)


def add_quantity(
    parent: etree._Element,
    name: str,
    value: Decimal,
    unit: str,
    *,
    ref_type: str,
    uncertainty: tuple[Decimal, Decimal, Decimal] | None = None,
) -> etree._Element:
    """Add a value with its ``uncertainty`` (U in the same unit, k, p); in words where D-SI cannot say the unit."""
    quantity = add(parent, "quantity", ref_type=ref_type)
    add_text(quantity, "name", name)
    known = dsi_unit(unit)
    if known is None:
        said = f"{value:f} {unit}"
        if uncertainty is not None:
            said += "（U = {:f}，k = {:f}，p = {:f}）".format(*uncertainty)
        add_text(quantity, "noQuantity", said)
    elif known.other:
        hybrid = etree.SubElement(quantity, si("hybrid"))
        _add_real(hybrid, value, known.other, uncertainty)
        _add_real(hybrid, *_converted(value, known, uncertainty))
    else:
        _add_real(quantity, value, known.macro, uncertainty)
    return quantity


def others_used(units: Iterable[str]) -> list[DsiUnit]:
    """Return the units outside D-SI among ``units``, each once, in their order."""
    known = (dsi_unit(one) for one in dict.fromkeys(units))
    return list(dict.fromkeys(one for one in known if one is not None and one.other))


def _converted(
    value: Decimal, to: DsiUnit, uncertainty: tuple[Decimal, Decimal, Decimal] | None
) -> tuple[Decimal, str, tuple[Decimal, Decimal, Decimal] | None]:
    if uncertainty is not None:
        uncertainty = (_CONTEXT.multiply(uncertainty[0], to.factor), *uncertainty[1:])
    return _CONTEXT.multiply(value, to.factor), to.macro, uncertainty


def _add_real(
    parent: etree._Element, value: Decimal, macro: str, uncertainty: tuple[Decimal, Decimal, Decimal] | None
) -> None:
    real = etree.SubElement(parent, si("real"))
    etree.SubElement(real, si("value")).text = f"{value:f}"
    etree.SubElement(real, si("unit")).text = macro
    if uncertainty is not None:
        around = etree.SubElement(real, si("measurementUncertaintyUnivariate"))
        expanded = etree.SubElement(around, si("expandedMU"))
        names = ("valueExpandedMU", "coverageFactor", "coverageProbability")
        for name, number in zip(names, uncertainty, strict=True):
            etree.SubElement(expanded, si(name)).text = f"{number:f}"
