"""A row beside the instrument that it speaks of: what it adds, and what it states otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model

from quanheng.instruments.enums import Use
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.services.importing.rows import Prepared
from quanheng.kernels.text_keys import name_key
from quanheng.parties.models import Party

_TEXTS = {
    "model": "型号",
    "manufacturer": "制造单位",
    "accuracy_class": "准确度等级",
    "measuring_range": "测量范围",
}
_DETAILS = {
    "max": "最大秤量",
    "min": "最小秤量",
    "e": "检定分度值",
    "d": "实际分度值",
    "interval_months": "检定周期",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A row with the user and the place that were found for it, which may be new."""

    row: Prepared
    owner: Party
    place: Place | None
    spot: str
    institute_id: int | None = None  # of the institute that the ledger says verified it

    @property
    def is_place_stated(self) -> bool:
        """Whether the place stands in the ledger, and is not only that of a user who is a place."""
        return self.place is not None and self.row.place != self.row.owner

    @property
    def town_id(self) -> int | None:
        """Return the town: of the place, of the row, of the user."""
        return (self.place.town_id if self.place else None) or self.row.town or self.owner.town_id


def key_of(record: Model) -> object:
    """Return what tells one record from another, also while it has no key in the database."""
    return record.pk if record.pk is not None else ("new", id(record))


def is_compatible(instrument: Instrument, row: Prepared) -> bool:
    """Whether nothing that both state contradicts; the serial number and the user are the same."""
    if instrument.maker_key and row.maker_key and instrument.maker_key != row.maker_key:
        return False
    if instrument.model and row.model and _plain(instrument.model) != _plain(row.model):
        return False
    if instrument.kind or row.kind:
        return not instrument.kind or not row.kind or instrument.kind == row.kind
    return name_key(instrument.name) == name_key(row.name)


def differences(instrument: Instrument, stated: Stated) -> dict[str, str]:
    """Return what the row states otherwise than the registry, by the name of the field.

    Blanks, and differences of width, case and punctuation, are none.
    """
    row = stated.row
    pairs = [(label, getattr(instrument, name), getattr(row, name)) for name, label in _TEXTS.items()]
    pairs.append(("具体位置", instrument.spot, stated.spot))
    pairs += [
        (label, str(instrument.details.get(name, "")), row.details.get(name, ""))
        for name, label in _DETAILS.items()
    ]
    found = {
        label: _said(given, kept)
        for label, kept, given in pairs
        if kept and given and kept != given and _plain(kept) != _plain(given)
    }
    if instrument.kind and row.kind and instrument.kind != row.kind:
        found["器具名称"] = _said(row.name, instrument.name)
    if row.use not in {"", Use.UNKNOWN, instrument.use} and instrument.use != Use.UNKNOWN:
        found["用途"] = _said(Use(row.use).label, Use(instrument.use).label)
    if instrument.owner is not None and key_of(instrument.owner) != key_of(stated.owner):
        found["使用单位"] = _said(stated.owner, instrument.owner)
    ours, theirs = instrument.place, stated.place if stated.is_place_stated else None
    if ours is not None and theirs is not None and key_of(ours) != key_of(theirs):
        found["使用地点"] = _said(theirs, ours)
    if row.in_use_on and instrument.in_use_on and row.in_use_on != instrument.in_use_on:
        found["启用日期"] = _said(row.in_use_on, instrument.in_use_on)
    return found


def additions(instrument: Instrument, stated: Stated) -> dict[str, Any]:
    """Return the fields that are blank in the registry and that the row fills: field → value."""
    row = stated.row
    found: dict[str, Any] = {
        name: getattr(row, name)
        for name in (*_TEXTS, "kind", "in_use_on")
        if getattr(row, name) and not getattr(instrument, name)
    }
    if "manufacturer" in found:
        found["maker_key"] = row.maker_key
    if stated.spot and not instrument.spot:
        found["spot"] = stated.spot
    use = row.use or row.default_use
    if instrument.use == Use.UNKNOWN and use and use != Use.UNKNOWN:
        found["use"] = use
    if instrument.owner is None:
        found["owner"] = stated.owner
    if instrument.place is None and stated.place is not None:
        found["place"] = stated.place
    for name in ("town_id", "institute_id"):
        if getattr(instrument, name) is None and getattr(stated, name) is not None:
            found[name] = getattr(stated, name)
    for name in ("details", "parameters"):
        merged = getattr(row, name) | getattr(instrument, name)
        if merged != getattr(instrument, name):
            found[name] = merged
    return found


def fill(instrument: Instrument, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Write ``values``; return what to put back, and the changes as the history shows them."""
    before: dict[str, Any] = {}
    shown: dict[str, list[str]] = {}
    for name, value in values.items():
        former = getattr(instrument, name)
        if isinstance(value, Model):
            before[f"{name}_id"] = None
        else:
            before[name] = former.isoformat() if isinstance(former, date) else former
        if isinstance(value, dict):
            shown |= {f"{name}.{key}": ["", str(said)] for key, said in value.items() if key not in former}
        elif name not in {"maker_key", "town_id", "institute_id"}:
            shown[name] = ["" if former in (None, Use.UNKNOWN) else str(former), str(value)]
        setattr(instrument, name, value)
    return before, shown


def _said(given: object, ours: object) -> str:
    return f"台账“{given}”，登记“{ours}”"


def _plain(text: str) -> str:
    return name_key(text.replace("～", "-").replace("~", "-"))
