"""Laying the national system's ledger beside ours, and deciding each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.files import store_file
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import acted_by
from quanheng.instruments.ecqs import Layout, layout, values_of
from quanheng.instruments.enums import Condition, Filing, Use
from quanheng.instruments.errors import BadComparison, ComparisonNotFound, UnreadableFile
from quanheng.instruments.models import Comparison, Difference, Instrument, Place
from quanheng.instruments.services.registry import (
    InstrumentDetails,
    change_instrument,
    details_of,
    register_instrument,
)
from quanheng.kernels.ledger import Record, UnreadableLedger, read_ledger
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.parties.models import Party
from quanheng.transparency.services import Personal, enqueue_leaf

# What the reader calls the fields that it knows; the others come back under their heading.
_CANONICAL = {
    "name": "name",
    "use": "use",
    "model": "model",
    "serial_no": "serial_no",
    "manufacturer": "manufacturer",
    "measuring_range": "range",
    "accuracy_class": "accuracy",
    "owner": "owner",
    "place": "place",
}
_CHUNK = 500
_BY_ACT = {"condition"}  # changes only by an act that a file shows


@dataclass(frozen=True)
class Resolved:
    """How many differences were decided, and why the others were not."""

    done: int
    refused: list[tuple[int, str]]


def filed_instruments() -> QuerySet[Instrument]:
    """Return what our side of a comparison is: every filed instrument that was not merged away."""
    return (
        Instrument.objects.filter(filing=Filing.FILED)
        .exclude(condition=Condition.MERGED)
        .select_related("owner", "place", "town")
    )


def compare_ledger(*, actor: User, data: bytes, filename: str) -> Comparison:
    """Read the other ledger and keep every difference to the filed instruments.

    Instruments are the same where maker and serial agree; where one side has no maker, serial and
    owner.  A cell that is empty on their side is no difference: they may simply not keep it.  The file is
    read before the transaction begins, which others would have to wait for.

    Raises
    ------
    UnreadableFile, BadLayout
        No ledger; a layout of the county that is wrong.
    BadComparison
        The sheet lacks the column of the serial number.
    """
    chosen = layout()
    rows, rejected = _their_rows(data, filename, chosen)
    with transaction.atomic():
        comparison = Comparison.objects.create(
            file_sha256=store_file(data),
            file_name=filename[-255:],
            rows_total=len(rows) + len(rejected),
            rejected=rejected,
            made_by=actor,
            made_at=clock.now(),
        )
        counts = dict.fromkeys(("only_here", "only_there", "field"), 0)
        differences = _differences(comparison, rows, chosen)
        while chunk := list(islice(differences, _CHUNK)):
            Difference.objects.bulk_create(chunk)
            for difference in chunk:
                counts[difference.what] += 1
        enqueue_leaf(
            kind="instruments:compared",
            subject=f"comparison:{comparison.public_id}",
            data={"sha256": comparison.file_sha256, "rows": comparison.rows_total} | counts,
            personal=acted_by(actor) | {"file_name": Personal(comparison.file_name, actor.person)},
        )
    return comparison


def resolve_differences(
    *, actor: User, public_id: UUID, difference_ids: Sequence[int], resolution: str
) -> Resolved:
    """Decide differences in bulk; what cannot be decided so stays open, with the reason.

    ``keep_ours``: nothing changes here, the next import sheet carries our value.  ``take_theirs``: our
    record takes their value.  ``registered``: what is only there is submitted here for filing.
    Each difference stands alone, so many are decided in several transactions, with a leaf for each:
    others can write in between.

    Raises
    ------
    ComparisonNotFound, BadComparison
        No such comparison; a resolution that does not exist.
    """
    if resolution not in {"keep_ours", "take_theirs", "registered"}:
        raise BadComparison(reason=_("没有这种处理方式。"))
    if not Comparison.objects.filter(public_id=public_id).exists():
        raise ComparisonNotFound(public_id=str(public_id))
    done, refused = 0, []
    wanted = iter(sorted(set(difference_ids)))
    while chunk := list(islice(wanted, _CHUNK)):
        resolved = _resolve_chunk(actor, public_id, chunk, resolution)
        done += resolved.done
        refused += resolved.refused
    return Resolved(done, refused)


@transaction.atomic
def _resolve_chunk(actor: User, public_id: UUID, ids: Sequence[int], resolution: str) -> Resolved:
    comparison = Comparison.objects.select_for_update().get(public_id=public_id)
    done, refused = 0, []
    for difference in comparison.differences.filter(pk__in=ids, resolution="").select_related("instrument"):
        try:
            with transaction.atomic():
                _resolve(actor, difference, resolution)
            done += 1
        except BureauError as error:
            refused.append((difference.pk, error.text))
    if done:
        enqueue_leaf(
            kind="instruments:differences_resolved",
            subject=f"comparison:{comparison.public_id}",
            data={"resolution": resolution, "differences": done},
            personal=acted_by(actor),
        )
    return Resolved(done, refused)


def _their_rows(
    data: bytes, filename: str, chosen: Layout
) -> tuple[list[tuple[int, dict[str, str]]], list[dict[str, Any]]]:
    """Return (row number, field → stored value) of each readable row, and the rows that are not."""
    answers = {column.heading: _CANONICAL.get(column.field) for column in chosen.columns}
    try:
        ledger = read_ledger(data, filename=filename, answers=answers)
    except UnreadableLedger as error:
        raise UnreadableFile(reason=error.text, reader_code=error.code) from error
    if "serial_no" not in {column.field for column in ledger.mapping.columns}:
        raise BadComparison(reason=_("表中没有“出厂编号”一列，无法比对。"))
    rows = [(record.row, _stored(record, chosen)) for record in ledger.records]
    return rows, [rejected.to_dict() for rejected in ledger.rejected]


def _stored(record: Record, chosen: Layout) -> dict[str, str]:
    values = {}
    for column in chosen.columns:
        canonical = _CANONICAL.get(column.field)
        text = record.values.get(canonical) if canonical else record.other.get(column.heading)
        back = {word: stored for stored, word in column.words.items()}
        values[column.field] = back.get(str(text), str(text)) if text is not None else ""
    return values


def _differences(
    comparison: Comparison, rows: Sequence[tuple[int, dict[str, str]]], chosen: Layout
) -> Iterator[Difference]:
    ours = _Ours()
    seen: set[int] = set()
    for start in range(0, len(rows), _CHUNK):
        found = [(row, theirs, ours.match(theirs)) for row, theirs in rows[start : start + _CHUNK]]
        matched = filed_instruments().in_bulk([pk for *_row, pk in found if pk is not None])
        seen |= matched.keys()
        for row, theirs, pk in found:
            if pk is None:
                yield Difference(comparison=comparison, what="only_there", row=row, record=theirs)
            else:
                yield from _field_differences(comparison, matched[pk], row, theirs, chosen)
    for pk in sorted(ours.ids - seen):
        yield Difference(comparison=comparison, what="only_here", instrument_id=pk)


class _Ours:
    """The filed instruments by what identifies them: numbers only, for a county may have a million."""

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self._by_key: dict[tuple[str, str], list[tuple[int, bool]]] = {}
        rows = filed_instruments().values_list("pk", "serial_no", "manufacturer", "owner__name")
        for pk, serial, maker, owner in rows.iterator(chunk_size=5000):
            self.ids.add(pk)
            for key in _keys(serial, maker, owner or ""):
                self._by_key.setdefault(key, []).append((pk, bool(name_key(maker))))

    def match(self, theirs: Mapping[str, str]) -> int | None:
        """Return the one instrument that a row of the other ledger is about; None where none or several."""
        maker = theirs.get("manufacturer", "")
        for key in _keys(theirs["serial_no"], maker, theirs.get("owner", "")):
            # By owner only where a maker is missing: two makers are two instruments.
            found = [
                pk
                for pk, has_maker in self._by_key.get(key, [])
                if key[1].startswith("maker:") or not has_maker or not name_key(maker)
            ]
            if len(found) == 1:
                return found[0]
        return None


def _keys(serial: str, maker: str, owner: str) -> list[tuple[str, str]]:
    if not serial_key(serial):
        return []
    named = [("maker", maker), ("owner", owner)]
    return [(serial_key(serial), f"{what}:{name_key(name)}") for what, name in named if name_key(name)]


def _field_differences(
    comparison: Comparison, instrument: Instrument, row: int, theirs: Mapping[str, str], chosen: Layout
) -> Iterator[Difference]:
    ours = values_of(instrument)
    for field in chosen.compared:
        if theirs[field] and name_key(theirs[field]) != name_key(ours[field]):
            yield Difference(
                comparison=comparison,
                what="field",
                instrument=instrument,
                row=row,
                field=field,
                ours=ours[field][:300],
                theirs=theirs[field][:300],
            )


def _resolve(actor: User, difference: Difference, resolution: str) -> None:
    if resolution == "registered":
        _register(actor, difference)
    elif resolution == "take_theirs":
        _take(actor, difference)
    elif difference.what == "only_there":
        raise BadComparison(reason=_("本局没有这台器具，请登记或核实。"))
    difference.resolution, difference.resolved_by = resolution, actor
    difference.resolved_at = clock.now()
    difference.save(update_fields=["resolution", "resolved_by", "resolved_at", "instrument"])


def _register(actor: User, difference: Difference) -> None:
    if difference.what != "only_there":
        raise BadComparison(reason=_("这台器具本局已有。"))
    record = difference.record
    use = record.get("use", "")
    place, spot = _place(record.get("place", ""))
    details = InstrumentDetails(
        name=record["name"],
        model=record.get("model", ""),
        serial_no=record["serial_no"],
        manufacturer=record.get("manufacturer", ""),
        accuracy_class=record.get("accuracy_class", ""),
        measuring_range=record.get("measuring_range", ""),
        details={"ecqs_no": record["ecqs_no"]} if record.get("ecqs_no") else {},
        use=Use(use) if use in Use.values else Use.UNKNOWN,
        owner=_party(record.get("owner", "")),
        place=place,
        spot=spot,
        town=OrgUnit.objects.filter(name=record.get("town", "")).first(),
    )
    difference.instrument = register_instrument(actor=actor, details=details, submit=True)


def _take(actor: User, difference: Difference) -> None:
    if difference.what != "field" or difference.instrument is None:
        raise BadComparison(reason=_("只有字段不同才能采用对方的值。"))
    if difference.field in _BY_ACT:
        raise BadComparison(reason=_("状态须凭照片或文件办理，请在该器具页停用、封存或报废。"))
    instrument = difference.instrument
    change_instrument(
        actor=actor,
        public_id=instrument.public_id,
        revision=instrument.revision,
        details=replace(details_of(instrument), **_their_value(difference)),
    )


def _their_value(difference: Difference) -> dict[str, Any]:
    """Return what their cell says in our fields."""
    text = difference.theirs
    if difference.field == "owner":
        return {"owner": _party(text)}
    if difference.field == "use":
        if text not in Use.values:
            raise BadComparison(reason=_("不认识的用途“%(use)s”。") % {"use": text})
        return {"use": Use(text)}
    if difference.field == "place":
        place, spot = _place(text)
        if place is None:
            raise BadComparison(reason=_("场所“%(name)s”在本局没有登记，或有同名。") % {"name": text})
        return {"place": place, "spot": spot}
    return {difference.field: text}


def _party(name: str) -> Party:
    found = list(Party.objects.filter(name_key=name_key(name))[:2]) if name_key(name) else []
    if len(found) != 1:
        raise BadComparison(reason=_("使用单位“%(name)s”在本局没有登记，或有同名。") % {"name": name or "–"})
    return found[0]


def _place(text: str) -> tuple[Place | None, str]:
    """Return the place that the words begin with, the longest name first, and the spot in what follows."""
    words = text.split()
    for taken in range(len(words), 0, -1):
        found = list(Place.objects.filter(name_key=name_key(" ".join(words[:taken])))[:2])
        if len(found) == 1:
            return found[0], " ".join(words[taken:])
    return None, text
