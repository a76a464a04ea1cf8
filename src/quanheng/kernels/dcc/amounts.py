"""Reading amounts of D-SI 1.3 to 2.2: real, list, XML list, constant, complex, hybrid; current and legacy uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from quanheng.kernels.dcc.model import Amount, Uncertainty
from quanheng.kernels.dcc.names import SI, si
from quanheng.kernels.dcc.texts import own_text

_KINDS = {
    "expandedMU": "expanded",
    "expandedUnc": "expanded",
    "standardMU": "standard",
    "coverageIntervalMU": "interval",
    "coverageInterval": "interval",
}
# Element names by what they hold; the misspelt one is D-SI's own, inside si:realList.
_WRAPPERS = (
    "measurementUncertaintyUnivariate",
    "measurementUncertaintyUnivaraite",
    "measurementUncertaintyUnivariateXMLList",
    "listMeasurementUncertaintyUnivariate",
    "listUnivariateUnc",
)
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "values": ("valueExpandedMU", "valueStandardMU", "uncertainty", "standardUnc"),
    "coverage_factors": ("coverageFactor",),
    "coverage_probabilities": ("coverageProbability",),
    "distributions": ("distribution",),
    "minima": ("intervalMin",),
    "maxima": ("intervalMax",),
}
_SEVERAL = ("list", "realList", "complexList")
_LISTS = (*_SEVERAL, "realListXMLList", "complexListXMLList")


def read_amounts(owner: etree._Element) -> tuple[Amount, ...]:
    """Return the amounts that stand directly in a quantity; those of a si:hybrid are the same in several units."""
    return tuple(_amounts(owner))


def _amounts(owner: etree._Element) -> Iterator[Amount]:
    for child in owner.iterchildren(f"{{{SI}}}*"):
        form = etree.QName(child).localname
        if form == "hybrid":
            yield from _amounts(child)
        elif form in _SEVERAL:
            yield from _listed(child, form)
        elif form.startswith(("real", "constant", "complex")):
            yield _single(child, form)


def _single(element: etree._Element, form: str) -> Amount:
    """Read one amount, or an XML list of them: the same names with XMLList behind."""
    words = _words(element, "value")
    units = _words(element, "unit")
    if form.startswith("complex"):
        words = _complex(element)
    return Amount(
        form=form,
        values=words,
        units=units,
        uncertainty=_uncertainty(element) or _of_constant(element, form),
        labels=_words(element, "label"),
        times=_words(element, "dateTime"),
    )


def _listed(element: etree._Element, form: str) -> Iterator[Amount]:
    """Read a list of single amounts, as one for each kind that stands in it.

    Where the uncertainties are of several kinds (U of one value, u of the next), every value is one.
    """
    for name in ("real", "complex"):
        singles = [_single(child, name) for child in element.iterchildren(si(name))]
        kinds = {single.uncertainty.kind for single in singles if single.uncertainty}
        for run in [[single] for single in singles] if len(kinds) > 1 else [singles] if singles else []:
            yield _together(run, element, form)
    for child in element.iterchildren(*(si(name) for name in _LISTS)):
        form = etree.QName(child).localname
        yield from _listed(child, form) if form in _SEVERAL else (_single(child, form),)


def _together(singles: list[Amount], owner: etree._Element, form: str) -> Amount:
    """Return single amounts of the list ``owner`` as one."""
    shared = _words(owner, "listUnit")
    units = tuple(unit for single in singles for unit in (single.units or shared))
    return Amount(
        form=form,
        values=tuple(value for single in singles for value in single.values),
        units=units[:1] if len(set(units)) == 1 else units,
        uncertainty=_joined([single.uncertainty for single in singles]) or _uncertainty(owner),
        labels=_one_each([single.labels for single in singles]) or _words(owner, "label"),
        times=_one_each([single.times for single in singles]) or _words(owner, "dateTime"),
    )


def _one_each(words: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the first word of each, empty where it has none; nothing where none has one."""
    found = tuple(next(iter(each), "") for each in words)
    return found if any(found) else ()


def _joined(parts: list[Uncertainty | None]) -> Uncertainty | None:
    """Return the uncertainties of single amounts as one with a value each; empty where one has none."""
    first = next((part for part in parts if part is not None), None)
    if first is None:
        return None

    def all_of(name: str) -> tuple[str, ...]:
        return _one_each([getattr(part, name) if part else () for part in parts])

    return Uncertainty(first.kind, first.form, **{name: all_of(name) for name in _FIELDS})


def _uncertainty(element: etree._Element) -> Uncertainty | None:
    holders = [element, *(child for name in _WRAPPERS for child in element.iterchildren(si(name)))]
    for holder in holders:
        for form, kind in _KINDS.items():
            for found in holder.iterchildren(si(form), si(f"{form}XMLList")):
                fields = {
                    field: next((words for name in names if (words := _words(found, name))), ())
                    for field, names in _FIELDS.items()
                }
                return Uncertainty(kind, form, **fields)
    return None


def _of_constant(element: etree._Element, form: str) -> Uncertainty | None:
    if form != "constant":
        return None
    values = _words(element, "valueStandardMU") or _words(element, "uncertainty")
    return Uncertainty("standard", "constant", values) if values else None


def _complex(element: etree._Element) -> tuple[str, ...]:
    real, imaginary = _words(element, "valueReal"), _words(element, "valueImag")
    if real:
        return tuple(f"{one} + {other} j" for one, other in zip(real, imaginary, strict=False))
    size, phase = _words(element, "valueMagnitude"), _words(element, "valuePhase")
    return tuple(f"{one} ∠ {other}" for one, other in zip(size, phase, strict=False))


def _words(element: etree._Element, name: str) -> tuple[str, ...]:
    """Return the words of a child or of its XMLList; a plain label or unit is one word."""
    single = element.find(si(name))
    if single is not None:
        text = own_text(single)
        return (text,) if text else ()
    several = element.find(si(f"{name}XMLList"))
    return tuple(own_text(several).split()) if several is not None else ()
