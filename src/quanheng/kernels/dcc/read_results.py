"""Reading measurement results: circumstances, results, quantities with the names of what they stand in."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from quanheng.kernels.dcc.amounts import read_amounts
from quanheng.kernels.dcc.model import (
    CertificateLink,
    Circumstances,
    Condition,
    Equipment,
    Item,
    MeasurementResult,
    Method,
    Quantity,
    Result,
    Software,
    Statement,
)
from quanheng.kernels.dcc.names import dcc, si
from quanheng.kernels.dcc.parties import address_of, identifications_of
from quanheng.kernels.dcc.texts import all_plain, at_path, own_text, plain, text_of, truth

_OTHERS = (dcc("formula"), dcc("byteData"), dcc("xml"))


def read_groups(results: etree._Element | None) -> tuple[MeasurementResult, ...]:
    """Return the measurement results below ``dcc:measurementResults``."""
    if results is None:
        return ()
    return tuple(_group(element) for element in results.iterchildren(dcc("measurementResult")))


def read_circumstances(owner: etree._Element | None) -> Circumstances:
    """Return the circumstances that stand directly below an element."""
    return Circumstances(
        methods=tuple(_method(element) for element in _below(owner, "usedMethods", "usedMethod")),
        software=read_software(at_path(owner, "usedSoftware")),
        equipment=tuple(
            read_equipment(element) for element in _below(owner, "measuringEquipments", "measuringEquipment")
        ),
        conditions=_conditions(owner),
        statements=_metadata(owner),
    )


def read_software(owner: etree._Element | None) -> tuple[Software, ...]:
    """Return the programs of a list of software."""
    return tuple(
        Software(text_of(element, "name"), plain(element, "release")) for element in _below(owner, "software")
    )


def read_equipment(element: etree._Element) -> Equipment:
    """Return a measuring equipment."""
    link = at_path(element, "certificate")
    return Equipment(read_item(element), read_link(link) if link is not None else None)


def read_item(element: etree._Element) -> Item:
    """Return what an item or equipment says of itself."""
    return Item(
        name=text_of(element, "name"),
        manufacturer=text_of(element, "manufacturer", "name"),
        model=plain(element, "model"),
        identifications=identifications_of(element),
    )


def read_link(element: etree._Element) -> CertificateLink:
    """Return a hashType; up to 2.4 its names were ``reference`` and ``referenceID``."""
    linked = at_path(element, "linkedReport")
    return CertificateLink(
        referral=text_of(element, "referral") or text_of(element, "reference"),
        referral_id=plain(element, "referralID") or plain(element, "referenceID"),
        procedure=plain(element, "procedure"),
        value=plain(element, "value"),
        is_traceable=truth(element, "traceable"),
        linked=read_link(linked) if linked is not None else None,
    )


def read_statement(element: etree._Element) -> Statement:
    """Return a statement or metadata."""
    authority = at_path(element, "respAuthority")
    return Statement(
        name=text_of(element, "name"),
        declaration=text_of(element, "declaration"),
        norms=all_plain(element, "norm"),
        references=all_plain(element, "reference"),
        conformity=tuple(f"{plain(element, 'conformity')} {plain(element, 'conformityXMLList')}".split()),
        valid=tuple(f"{plain(element, 'valid')} {plain(element, 'validXMLList')}".split()),
        is_traceable=truth(element, "traceable"),
        convention=plain(element, "convention"),
        date=plain(element, "date"),
        period=plain(element, "period"),
        authority="，".join(part for part in (text_of(authority, "name"), address_of(authority)) if part),
        quantities=tuple(_quantities(at_path(element, "data"), (), (), ())),
    )


def _group(element: etree._Element) -> MeasurementResult:
    return MeasurementResult(
        name=text_of(element, "name"),
        circumstances=read_circumstances(element),
        results=tuple(_result(result) for result in _below(element, "results", "result")),
    )


def _result(element: etree._Element) -> Result:
    data = at_path(element, "data")
    texts = () if data is None else tuple(text_of(text) for text in data.iterchildren(dcc("text")))
    return Result(
        name=text_of(element, "name"),
        description=text_of(element, "description"),
        quantities=tuple(_quantities(data, (), _metadata(element), ())),
        texts=tuple(text for text in texts if text),
        others=0 if data is None else sum(1 for _ in data.iterchildren(*_OTHERS)),
    )


def _quantities(
    owner: etree._Element | None,
    path: tuple[str, ...],
    statements: tuple[Statement, ...],
    conditions: tuple[Condition, ...],
) -> Iterator[Quantity]:
    """Yield the quantities below an element, in its order; lists hand down their name and circumstances."""
    if owner is None:
        return
    for child in owner.iterchildren(dcc("quantity"), dcc("list")):
        name = text_of(child, "name")
        named = (*path, name) if name else path
        said, held = (*statements, *_metadata(child)), (*conditions, *_conditions(child))
        if child.tag == dcc("list"):
            yield from _quantities(child, named, said, held)
            continue
        relative = " ".join(
            own_text(value)
            for part in child.iterchildren(dcc("relativeUncertainty"))
            for value in part.iter(si("value"), si("valueXMLList"))
        )
        yield Quantity(
            path=named,
            amounts=read_amounts(child),
            text=text_of(child, "noQuantity") or plain(child, "charsXMLList"),
            ref_types=tuple(child.get("refType", "").split()),
            relative_uncertainties=tuple(relative.split()),
            statements=said,
            conditions=held,
        )


def _conditions(owner: etree._Element | None) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            name=text_of(element, "name"),
            status=plain(element, "status") or plain(element, "state"),
            quantities=tuple(_quantities(at_path(element, "data"), (), (), ())),
        )
        for element in _below(owner, "influenceConditions", "influenceCondition")
    )


def _metadata(owner: etree._Element | None) -> tuple[Statement, ...]:
    return tuple(read_statement(element) for element in _below(owner, "measurementMetaData", "metaData"))


def _method(element: etree._Element) -> Method:
    return Method(
        name=text_of(element, "name"),
        description=text_of(element, "description"),
        norms=all_plain(element, "norm"),
        references=all_plain(element, "reference"),
    )


def _below(owner: etree._Element | None, *path: str) -> Iterator[etree._Element]:
    """Yield the elements of the last name of a path, below the first of each name before it."""
    parent = at_path(owner, *path[:-1])
    if parent is not None:
        yield from parent.iterchildren(dcc(path[-1]))
