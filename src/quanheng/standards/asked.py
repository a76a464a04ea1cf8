"""What the packaged regulations ask to be known of a standard, and the texts that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from quanheng.kernels.procedures import packaged_procedures
from quanheng.kernels.quantities import (
    BadQuantity,
    Quantity,
    Unit,
    convert,
    parse_quantity,
    split_quantity,
    unit,
)
from quanheng.standards.errors import BadStandard


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field of standards as one regulation asks for it; ``unit`` is that of an answer without one."""

    name: str
    label: str
    unit: str
    hint: str
    regulation: str


def known_regulations() -> dict[str, str]:
    """Return number and title of every packaged regulation, in the order of the numbers."""
    found = {
        each.regulation.number: each.regulation.title for each in packaged_procedures().procedures.values()
    }
    return dict(sorted(found.items()))


def asked_fields(serves: Iterable[str]) -> list[AskedField]:
    """Return what these regulations ask of a standard, in the order of the regulations; a field once for each."""
    wanted = set(serves)
    found: dict[tuple[str, str], AskedField] = {}
    for procedure in packaged_procedures().procedures.values():
        number = procedure.regulation.number
        if number in wanted:
            for name, quantity in procedure.standard.fields.items():
                one = AskedField(name, quantity.label, quantity.unit or "1", quantity.hint or "", number)
                found[number, name] = one
    return [found[key] for key in sorted(found)]


def checked_fields(serves: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that were given, each as a value with its unit.

    Raises
    ------
    BadStandard
        Nobody asks for it; no positive value; a unit in which a regulation that asks cannot read it.
    """
    asked: dict[str, list[AskedField]] = {}
    for one in asked_fields(serves):
        asked.setdefault(one.name, []).append(one)
    answers = {name: text.strip() for name, text in given.items() if text.strip()}
    if unknown := sorted(answers.keys() - asked.keys()):
        raise BadStandard(reason=_("所登记的规程都不要求“%(name)s”。") % {"name": unknown[0]})
    return {name: _answer(text, asked[name]) for name, text in sorted(answers.items())}


def _answer(text: str, asked: list[AskedField]) -> str:
    try:
        value, written_in = read_amount(text, asked[0].unit)
        for one in asked:
            convert(value, written_in, one.unit)
    except BadQuantity as error:
        given = {"label": asked[0].label, "reason": error}
        raise BadStandard(reason=_("“%(label)s”：%(reason)s") % given) from error
    if value <= 0:
        raise BadStandard(reason=_("“%(label)s”应大于零。") % {"label": asked[0].label})
    return f"{value} {written_in}"


def read_amount(text: str, default_unit: str) -> tuple[Decimal, Unit]:
    """Return the value of a text and its unit; without one it is in ``default_unit``.

    Of a difference of temperatures people write ℃, as of a temperature.

    Raises
    ------
    BadQuantity
        No number; an unknown unit.
    """
    wanted = unit(default_unit)
    try:
        value, written_in = split_quantity(text)
    except BadQuantity:
        return parse_quantity(text, wanted), wanted
    is_difference = wanted.quantity is Quantity.TEMPERATURE_DIFFERENCE
    return value, written_in.difference if is_difference else written_in
