"""A certificate of ours as a DCC: the same content, the same bytes.

DCC 3.3.0 (PTB, https://ptb.de/dcc/v3.3.0/dcc.xsd) with D-SI 2.2.1.  What a verification says and a calibration does
not (verdict, validity, seals, grounds) stands in statements of our own kinds, all called ``cnlm_…`` and declared.
The XML is a second form of the paper; it says so itself.  Fields: docs/reference/certificate-xml.md.

The canonical content is in ``comment`` beside what it was made into, so nothing is lost on the way back: see
`build_back`.
"""

from __future__ import annotations

import re

from lxml import etree

from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate.content import Content, Instrument, Kind, content_json
from quanheng.kernels.dcc.build_parts import (
    COUNTRY,
    LANGUAGE,
    add,
    add_contact,
    add_identification,
    add_text,
)
from quanheng.kernels.dcc.build_results import add_results
from quanheng.kernels.dcc.build_statements import add_statements
from quanheng.kernels.dcc.names import DCC, ROOT, SI, XSI

CNLM = "urn:quanheng:certificate:1"
"""Namespace of the content in ``comment``; the number is `Content.format`."""
DOCUMENTATION = "docs/reference/certificate-xml.md"
SOFTWARE_NAME = "权衡（Quanheng）"
_VERSION = re.compile(r"(?:[0-9]{1,3}\.){0,3}[0-9]{1,3}")  # what PTB's Schematron takes after the letter
_ROLES = (("verifier", "检定员"), ("checker", "核验员"), ("signatory", "批准人"))


def build_dcc(content: Content, *, software_release: str) -> bytes:
    """Return the certificate as a DCC 3.3.0 in UTF-8, not yet signed; ``software_release`` such as 0.5.0.

    Raises
    ------
    ValueError
        A release that is not one to four numbers of up to three digits.
    """
    if not _VERSION.fullmatch(software_release):
        raise ValueError(f"a release is one to four numbers: {software_release!r}")
    root = etree.Element(ROOT, nsmap={"dcc": DCC, "si": SI, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{DCC} https://ptb.de/dcc/v3.3.0/dcc.xsd")
    root.set("schemaVersion", "3.3.0")
    administrative = add(root, "administrativeData")
    software = _add_software(administrative, software_release)
    _add_definitions(administrative)
    _add_core(administrative, content)
    _add_item(administrative, content)
    _add_people(administrative, content)
    add_statements(administrative, content)
    add_results(root, content, software)
    held = etree.SubElement(add(root, "comment"), f"{{{CNLM}}}content", nsmap={"cnlm": CNLM})
    held.text = canonical_json(content_json(content)).decode()
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add_software(parent: etree._Element, release: str) -> etree._Element:
    software = add(parent, "dccSoftware")
    one = add(software, "software")
    add_text(one, "name", SOFTWARE_NAME)
    add(one, "release", f"v {release}")
    add(one, "type", "application")
    return software


def _add_definitions(parent: etree._Element) -> None:
    one = add(add(parent, "refTypeDefinitions"), "refTypeDefinition")
    add_text(one, "name", "检定证书的字段")
    add_text(one, "description", f"以 cnlm_ 开头的 refType；含义见权衡的文档 {DOCUMENTATION}。")
    add(one, "namespace", "cnlm")
    add(one, "link", DOCUMENTATION)
    add(one, "release", "v 1")


def _add_core(parent: etree._Element, content: Content) -> None:
    core = add(parent, "coreData")
    add(core, "countryCodeISO3166_1", COUNTRY)
    add(core, "usedLangCodeISO639_1", LANGUAGE)
    add(core, "mandatoryLangCodeISO639_1", LANGUAGE)
    add(core, "uniqueIdentifier", content.number)
    add(core, "beginPerformanceDate", content.begun_on.isoformat())
    add(core, "endPerformanceDate", content.ended_on.isoformat())
    add(core, "performanceLocation", "customer" if content.is_on_site else "laboratory")
    add(core, "issueDate", content.issued_on.isoformat())
    if content.supersedes:
        amended = add(core, "reportAmendedSubstituted")
        add(amended, "typeOfChange", "substituted")
        add(amended, "replacedUniqueIdentifier", content.supersedes)


def _add_item(parent: etree._Element, content: Content) -> None:
    one = content.instrument
    item = add(add(parent, "items"), "item")
    add_text(item, "name", one.name)
    if one.accuracy_class:
        kind = add(item, "equipmentClass", ref_type="cnlm_accuracyClass")
        add(kind, "reference", content.regulation.document)
        add(kind, "classID", one.accuracy_class)
    if one.manufacturer:
        add_text(add(item, "manufacturer"), "name", one.manufacturer)
    if one.model:
        add(item, "model", one.model)
    _add_identifications(item, one, content.number)
    if one.measuring_range:
        quantity = add(add(item, "itemQuantities"), "itemQuantity", ref_type="cnlm_measuringRange")
        add_text(quantity, "name", "测量范围")
        add_text(quantity, "noQuantity", one.measuring_range)


def _add_identifications(item: etree._Element, one: Instrument, number: str) -> None:
    """Add the numbers of the instrument; one that bears none is known by the certificate."""
    known = add(item, "identifications")
    add_identification(known, "manufacturer", one.serial_no, "出厂编号", "basic_serialNumber")
    add_identification(known, "other", one.label_code, "标签码", "cnlm_labelCode")
    if not len(known):
        add_identification(known, "calibrationLaboratory", number, "证书编号", "cnlm_certificateNumber")


def _add_people(parent: etree._Element, content: Content) -> None:
    institute = content.institute
    laboratory = add(parent, "calibrationLaboratory")
    if institute.authorisation_number:
        add(laboratory, "calibrationLaboratoryCode", institute.authorisation_number)
    add_contact(
        laboratory,
        "contact",
        of=institute.name,
        city=institute.city,
        address=institute.address,
        phone=institute.phone,
    )
    persons = add(parent, "respPersons")
    for role, title in _ROLES:
        one = add(persons, "respPerson", ref_type=f"cnlm_{role}")
        add_text(add(one, "person"), "name", getattr(content.people, role))
        said = "校准员" if role == "verifier" and content.kind is Kind.CALIBRATION else title
        add_text(one, "description", said)
        add(one, "role", role)
        add(one, "mainSigner", "true" if role == "signatory" else "false")
    customer = content.customer
    add_contact(parent, "customer", of=customer.name, city=customer.city, address=customer.address)
