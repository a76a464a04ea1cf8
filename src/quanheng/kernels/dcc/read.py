"""Reading a DCC of anyone, 2.2 to 3.3: what it says, without judging whether it is valid."""

from __future__ import annotations

import hashlib

from lxml import etree

from quanheng.kernels.dcc.model import Dcc, Person
from quanheng.kernels.dcc.names import DCC, ROOT, ROOT_NAME, dcc
from quanheng.kernels.dcc.parse import MAX_BYTES, parse_xml
from quanheng.kernels.dcc.parties import contact_of, identifications_of
from quanheng.kernels.dcc.read_results import (
    read_circumstances,
    read_equipment,
    read_groups,
    read_item,
    read_link,
    read_software,
    read_statement,
)
from quanheng.kernels.dcc.removal import remove_signatures
from quanheng.kernels.dcc.texts import all_plain, at_path, plain, text_of, truth


class NotADcc(ValueError):
    """Well-formed XML that is no DCC; the reason is Chinese."""


def read_dcc(data: bytes, *, max_bytes: int = MAX_BYTES) -> Dcc:
    """Return what a DCC says; raises BadXml for what cannot be read as XML, NotADcc for another document.

    Nothing is checked: a certificate that is to be relied on goes through `validate` first.
    """
    root = parse_xml(data, max_bytes=max_bytes)
    if root.tag != ROOT:
        raise NotADcc(_why_not(root))
    remove_signatures(root)  # what stands inside of one is not signed, wherever it was moved to
    administrative = at_path(root, "administrativeData")
    core = at_path(administrative, "coreData")
    laboratory = at_path(administrative, "calibrationLaboratory")
    results = at_path(root, "measurementResults")
    previous = at_path(core, "previousReport")
    return Dcc(
        sha256=hashlib.sha256(data).hexdigest(),
        schema_version=root.get("schemaVersion", ""),
        identifier=plain(core, "uniqueIdentifier"),
        country=plain(core, "countryCodeISO3166_1"),
        languages=all_plain(core, "usedLangCodeISO639_1"),
        received_on=plain(core, "receiptDate"),
        begun_on=plain(core, "beginPerformanceDate"),
        ended_on=plain(core, "endPerformanceDate"),
        issued_on=plain(core, "issueDate"),
        performed_at=plain(core, "performanceLocation"),
        laboratory=contact_of(at_path(laboratory, "contact")),
        laboratory_code=plain(laboratory, "calibrationLaboratoryCode"),
        customer=contact_of(at_path(administrative, "customer")),
        identifications=identifications_of(core),
        items=tuple(read_item(item) for item in _children(administrative, "items", "item")),
        persons=tuple(_person(person) for person in _children(administrative, "respPersons", "respPerson")),
        software=read_software(at_path(administrative, "dccSoftware")),
        statements=tuple(
            read_statement(found) for found in _children(administrative, "statements", "statement")
        ),
        previous_report=read_link(previous) if previous is not None else None,
        replaces=plain(core, "reportAmendedSubstituted", "replacedUniqueIdentifier"),
        circumstances=read_circumstances(results),
        measurement_results=read_groups(results),
        equipment=()
        if results is None
        else tuple(read_equipment(found) for found in results.iter(dcc("measuringEquipment"))),
    )


def _why_not(root: etree._Element) -> str:
    name = etree.QName(root)
    if name.localname == ROOT_NAME:
        return f"根元素的命名空间是“{name.namespace or ''}”，DCC 的是“{DCC}”。"
    return f"不是数字校准证书：根元素是 {name.localname}，应为 {ROOT_NAME}。"


def _person(element: etree._Element) -> Person:
    return Person(
        name=text_of(element, "person", "name"),
        role=plain(element, "role") or text_of(element, "description"),
        is_main_signer=truth(element, "mainSigner") or False,
    )


def _children(owner: etree._Element | None, parent: str, name: str) -> tuple[etree._Element, ...]:
    found = at_path(owner, parent)
    return () if found is None else tuple(found.iterchildren(dcc(name)))
