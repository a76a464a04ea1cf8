"""The scope of an authorisation: which types of meters, with the rated values that their limits depend on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from quanheng.base.texts import text_fault
from quanheng.kernels.text_keys import name_key
from quanheng.manufacturers.errors import BadAuthorisation
from quanheng.manufacturers.points import Testing, points_of
from quanheng.regulations.selectors import rule_set

_BREAKS = re.compile(r"[,，;；、]")
_RATED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z_0-9]*)\s*=\s*(?P<value>[0-9.]+)\s*\S*")
_FEWEST = 3  # kind, model, class
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class MeterType:
    """A type that a maker may verify: kind of the registry, model, accuracy class, rated values by their names."""

    kind: str
    model: str
    accuracy_class: str
    rated: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> MeterType:
        """Return the type that a record keeps."""
        return cls(kept["kind"], kept["model"], kept["accuracy_class"], kept["rated"])

    def to_dict(self) -> dict[str, Any]:
        """Return what a record keeps."""
        return asdict(self)

    def testing(self, on: date) -> Testing:
        """Return how it is tested on a day.  BadAuthorisation where no regulation says it."""
        return points_of(self.kind, on, self.accuracy_class, self.rated)

    @property
    def kind_name(self) -> str:
        """The kind as people call it."""
        kinds = rule_set().kinds
        return kinds[self.kind].name if self.kind in kinds else self.kind

    def __str__(self) -> str:
        rated = "".join(f"，{name}={value:g}" for name, value in self.rated.items())
        return f"{self.kind_name}，{self.model}，{self.accuracy_class}{rated}"


def types_in(text: str) -> list[MeterType]:
    """Return the types of a text, one a line: 单相电能表，DDZY100，2，Ib=5，Imax=60.  BadAuthorisation."""
    return [_type(line) for line in filter(None, map(str.strip, text.splitlines()))]


def checked_types(types: Iterable[MeterType], on: date) -> list[MeterType]:
    """Return types, each model once and with limits that can be computed.  BadAuthorisation."""
    found: dict[str, MeterType] = {}
    for one in types:
        if fault := text_fault(_("型号"), one.model, 100):
            raise BadAuthorisation(reason=fault)
        if one.kind not in rule_set().kinds:
            raise BadAuthorisation(reason=_("没有“%(kind)s”这一类计量器具。") % {"kind": one.kind})
        if found.setdefault(name_key(one.model), one) is not one:
            raise BadAuthorisation(reason=_("型号“%(model)s”写了两次。") % {"model": one.model})
        one.testing(on)
    if not found:
        raise BadAuthorisation(reason=_("请写明授权的型号，一行一个。"))
    return list(found.values())


def _type(line: str) -> MeterType:
    parts = [part.strip() for part in _BREAKS.split(line)]
    if len(parts) < _FEWEST or len(line) > _LONGEST_LINE:
        raise BadAuthorisation(
            reason=_(
                "“%(line)s”应写“种类，型号，准确度等级，额定值”，如“单相电能表，DDZY100，2，Ib=5，Imax=60”。"
            )
            % {"line": line[:60]}
        )
    name, model, accuracy_class, *rated = parts
    kinds = rule_set().kinds
    kind = name if name in kinds else kinds.kind_of(name)
    if kind is None:
        raise BadAuthorisation(reason=_("没有“%(kind)s”这一类计量器具。") % {"kind": name})
    return MeterType(kind, model, accuracy_class, dict(map(_rated, filter(None, rated))))


def _rated(part: str) -> tuple[str, float]:
    match = _RATED.fullmatch(part)
    try:
        value = float(match["value"]) if match else float("nan")
    except ValueError:
        value = float("nan")
    if match is None or not isfinite(value):
        raise BadAuthorisation(reason=_("“%(part)s”不是额定值，应写如“Ib=5”。") % {"part": part[:40]})
    return match["name"], value
