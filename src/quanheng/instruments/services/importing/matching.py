"""Which record of the registry a row speaks of, and what it adds to it.

The rules, in this order:

1. The same maker and serial number: the same instrument.  Where it is registered as another kind, the
   row is rejected: makers number their products kind by kind.
2. The same serial number and user, and no contradiction in maker, model and kind (a blank contradicts
   nothing): the same instrument.  Two such records: the row is rejected.
3. Without a serial number: the row says the same, column by column, as a row that was imported before;
   the second of two such rows is the second such instrument.
4. Else it is a new instrument.  What merely looks alike is never merged here; the registry offers it
   side by side.

A record that was merged into another leads there.  A ledger fills what is blank in the registry and
changes nothing else: a differing value is noted on the row (``ledger.differs``) and ours is kept.  A
verification that is not yet recorded is added, whether it is newer or older than the others; a record
of the same day with the same certificate, or with none on either side, is the same verification.

Within one file a second row of the same instrument may add a verification (registers of certificates
do that); where anything else differs it is rejected, for one of the two is misread or mistyped.

Users and places are found by name and town.  A row that names its town makes a user of that town where
there is none; one that does not finds the only user of that name, and is rejected where there are two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid4

from django.db.models import Min, Q, QuerySet
from django.db.models.base import ModelState

from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.selectors import unit_names
from quanheng.instruments.enums import BatchState, Condition, Filing, Outcome, Use
from quanheng.instruments.models import ImportBatch, ImportRow, Instrument, Place, VerificationRecord
from quanheng.instruments.services.importing.comparing import (
    Stated,
    additions,
    differences,
    fill,
    is_compatible,
    key_of,
)
from quanheng.instruments.services.importing.rows import FIELD_OF, NOTES, Defaults, Prepared, Unfit
from quanheng.instruments.services.importing.words import party_kind_of
from quanheng.instruments.services.registry import new_label_code
from quanheng.kernels.ledger.model import Rejected
from quanheng.kernels.text_keys import initials, name_key
from quanheng.parties.models import Party

Located = TypeVar("Located", Party, Place)
_Known = tuple[date, str, date | None]


@dataclass(slots=True)
class Plan:
    """What is done with one row: ``before`` puts back what it changed, ``shown`` is for the history."""

    row: int
    outcome: Outcome
    fingerprint: str = ""
    instrument: Instrument | None = None
    is_new: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    record: dict[str, Any] | None = None
    parties: list[Party] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    after_revision: int = 0
    column: str = ""
    code: str = ""
    text: str = ""


def rejected_plan(rejected: Rejected) -> Plan:
    """Return the plan of a row that is not imported."""
    return Plan(
        row=rejected.row,
        outcome=Outcome.REJECTED,
        column=(rejected.column or "")[:100],
        code=rejected.code[:60],
        text=rejected.text[:300],
    )


class Matcher:
    """Lays rows beside the registry, a chunk at a time, with a constant number of queries.

    A run forgets everything between two chunks, because others write meanwhile.  A preview writes
    nothing, so it remembers what earlier chunks would have made: new users and places, and instruments
    whose serial number occurs again (``repeated``).
    """

    def __init__(
        self,
        batch: ImportBatch,
        *,
        actor: User | None,
        now: datetime,
        today: date,
        repeated: frozenset[str] | None = None,
    ) -> None:
        self._batch, self._actor, self._now, self._today = batch, actor, now, today
        self._defaults = Defaults.of(batch.options)
        self._headings = {name: heading for heading, name in batch.mapping.items() if name}
        self._repeated = repeated
        self._blank = Instrument(batch=batch, created_by=actor, registered_on=today, is_demo=batch.is_demo)
        self._institutes = _institutes()
        self._used: Counter[str] = Counter()
        self._parties: defaultdict[str, list[Party]] = defaultdict(list)
        self._by_code: dict[str, Party] = {}
        self._places: defaultdict[str, list[Place]] = defaultdict(list)
        self._by_maker: dict[tuple[str, str], Instrument] = {}
        self._by_owner: defaultdict[tuple[str, object], list[Instrument]] = defaultdict(list)
        self._by_print: dict[str, list[Instrument]] = {}
        self._records: defaultdict[object, list[_Known]] = defaultdict(list)
        self._touched: dict[object, int] = {}
        self._seen_names: set[str] = set()

    @property
    def _is_preview(self) -> bool:
        return self._repeated is not None

    def recall_used(self) -> None:
        """Count what this batch imported before it was interrupted."""
        rows = ImportRow.objects.filter(batch=self._batch, instrument__isnull=False)
        self._used.update(rows.values_list("fingerprint", flat=True).iterator())

    def plan(self, rows: Sequence[Prepared | Rejected]) -> list[Plan]:
        """Return what is done with each row of a chunk.  In a run the caller holds the locks."""
        self._load([row for row in rows if isinstance(row, Prepared)])
        return [self._plan(row) if isinstance(row, Prepared) else rejected_plan(row) for row in rows]

    # What the registry holds ------------------------------------------------------------------------

    def _load(self, rows: Sequence[Prepared]) -> None:
        self._forget()
        self._load_parties(rows)
        self._load_places(rows)
        found = [*self._load_by_serial(rows), *self._load_by_print(rows)]
        keys = {instrument.pk for instrument in found}
        known = VerificationRecord.objects.filter(instrument__in=keys)
        fields = ("instrument_id", "verified_on", "certificate_no", "valid_until")
        for pk, verified_on, certificate, until in known.values_list(*fields):
            self._records[pk].append((verified_on, certificate, until))
        if not self._is_preview:
            touched = ImportRow.objects.filter(batch=self._batch, instrument__in=keys).values_list(
                "instrument"
            )
            self._touched.update(touched.annotate(first=Min("row")))

    def _forget(self) -> None:
        """Drop what the next chunk must read anew; a preview keeps what it would have made itself."""
        self._by_print.clear()
        if not self._is_preview:
            self._parties.clear()
            self._by_code.clear()
            self._places.clear()
            self._by_maker.clear()
            self._by_owner.clear()
            self._records.clear()
            self._touched.clear()
            self._seen_names.clear()
            return
        repeated = self._repeated or frozenset()
        for pair in [pair for pair in self._by_maker if pair[0] not in repeated]:
            del self._by_maker[pair]
        for key in [key for key in self._by_owner if key[0] not in repeated]:
            del self._by_owner[key]

    def _load_parties(self, rows: Sequence[Prepared]) -> None:
        names = {row.owner_key for row in rows} - self._seen_names
        codes = {row.credit_code for row in rows if row.credit_code} - self._by_code.keys()
        wanted = Q(name_key__in=names) | Q(credit_code__in=codes) if codes else Q(name_key__in=names)
        for party in Party.objects.filter(wanted):
            if party.name_key in names:
                self._parties[party.name_key].append(party)
            if party.credit_code:
                self._by_code[party.credit_code] = party
        self._seen_names |= names

    def _load_places(self, rows: Sequence[Prepared]) -> None:
        names = {name_key(text) for row in rows for text in (row.place, row.place_text)} - {""}
        names -= self._places.keys()
        for place in Place.objects.filter(name_key__in=names):
            self._places[place.name_key].append(place)
        for name in names:
            _ = self._places[name]  # looked for: a preview does not ask again

    def _load_by_serial(self, rows: Sequence[Prepared]) -> list[Instrument]:
        serials = {row.serial_key for row in rows} - {""}
        if not serials:
            return []
        makers = {row.maker_key for row in rows} - {""}
        owners = [party.pk for row in rows for party in self._parties.get(row.owner_key, ()) if party.pk]
        wanted = Q(serial_key__in=serials) & (Q(maker_key__in=makers) | Q(owner__in=set(owners)))
        found = []
        for instrument in self._locked(wanted):
            target = self._live(instrument)
            if target.pk not in self._touched or not self._is_preview:
                found.append(target)
                self._remember(target, instrument.serial_key, instrument.maker_key, instrument.owner_id)
        return found

    def _load_by_print(self, rows: Sequence[Prepared]) -> list[Instrument]:
        prints = {row.fingerprint for row in rows if not row.serial_key}
        if not prints:
            return []
        earlier = (
            ImportRow.objects.filter(fingerprint__in=prints, instrument__isnull=False)
            .exclude(batch=self._batch)
            .exclude(batch__state=BatchState.UNDONE)
            .order_by("instrument_id")
            .values_list("fingerprint", "instrument_id")
        )
        pairs = list(dict.fromkeys(earlier))
        by_pk = {item.pk: self._live(item) for item in self._locked(Q(pk__in={pk for _, pk in pairs}))}
        for fingerprint, pk in pairs:
            self._by_print.setdefault(fingerprint, []).append(by_pk[pk])
        return list(by_pk.values())

    def _locked(self, wanted: Q) -> QuerySet[Instrument]:
        rows = Instrument.objects.filter(wanted).select_related("owner", "place", "town").order_by("pk")
        return rows if self._is_preview else rows.select_for_update(of=("self",))

    def _live(self, instrument: Instrument) -> Instrument:
        while instrument.condition == Condition.MERGED:
            (instrument,) = self._locked(Q(pk=instrument.merged_into_id))
        return instrument

    def _remember(self, instrument: Instrument, serial: str, maker: str, owner: object) -> None:
        if maker and (instrument.maker_key == maker or (serial, maker) not in self._by_maker):
            self._by_maker[serial, maker] = instrument
        alike = self._by_owner[serial, owner]
        if instrument not in alike:
            alike.append(instrument)

    # One row ----------------------------------------------------------------------------------------

    def _plan(self, row: Prepared) -> Plan:
        try:
            owner = self._owner(row)
            stated = Stated(row, owner, *self._place(row, owner), self._institutes.get(row.institution))
            found = self._found(row, owner)
            plan = self._new(stated) if found is None else self._again(stated, found)
        except Unfit as unfit:
            unfit.column = unfit.column or self._headings.get(FIELD_OF.get(unfit.code, ""))
            return rejected_plan(unfit.rejected(row.row))
        assert plan.instrument is not None  # noqa: S101  both ways give one
        self._used[row.fingerprint] += 1
        self._touched.setdefault(key_of(plan.instrument), row.row)
        plan.after_revision = plan.instrument.revision
        return plan

    def _owner(self, row: Prepared) -> Party:
        """Return the user, a new one where none is found.  Unfit where the name or code fits several."""
        if row.credit_code and (holder := self._by_code.get(row.credit_code)):
            if holder.name_key != row.owner_key:
                raise Unfit(
                    "import.credit_code_taken", given=row.credit_code, holder=holder.name, name=row.owner
                )
            return holder
        every = self._parties.get(row.owner_key, [])
        alike = [party for party in every if not row.credit_code or not party.credit_code]
        found = _of_town(alike, row.town, "import.owner_ambiguous", row.owner)
        if found is not None:
            return found
        if other := next((party for party in every if party.town_id == row.town), None):
            raise Unfit(
                "import.other_credit_code", name=row.owner, present=other.credit_code, given=row.credit_code
            )
        return Party(
            kind=party_kind_of(row.owner),
            name=row.owner,
            name_key=row.owner_key,
            initials=initials(row.owner),
            credit_code=row.credit_code,
            town_id=row.town,
            is_demo=self._batch.is_demo,
        )

    def _place(self, row: Prepared, owner: Party) -> tuple[Place | None, str]:
        """Return the place, a new one where the name says that it is one, and the spot within it."""
        town = row.town or owner.town_id
        if row.place_text and (registered := self._places.get(name_key(row.place_text))):
            found = _of_town(registered, town, "import.place_ambiguous", row.place_text)
            if found is not None:
                return found, ""
        key = name_key(row.place)
        if not key:
            return None, row.spot
        found = _of_town(self._places.get(key, []), town, "import.place_ambiguous", row.place)
        made = found or Place(
            setting=row.setting,
            name=row.place,
            name_key=key,
            initials=initials(row.place),
            town_id=town,
            is_demo=self._batch.is_demo,
        )
        return made, row.spot

    def _found(self, row: Prepared, owner: Party) -> Instrument | None:
        if not row.serial_key:
            earlier = self._by_print.get(row.fingerprint, [])
            at = self._used[row.fingerprint]
            return earlier[at] if at < len(earlier) else None
        if row.maker_key and (same := self._by_maker.get((row.serial_key, row.maker_key))):
            if same.kind and row.kind and same.kind != row.kind:
                raise Unfit("import.other_kind", name=same.name)
            return same
        every = self._by_owner.get((row.serial_key, key_of(owner)), ())
        alike = [one for one in every if is_compatible(one, row)]
        if len(alike) > 1:
            raise Unfit("import.several_matches", count=len(alike))
        return alike[0] if alike else None

    def _new(self, stated: Stated) -> Plan:
        row, owner, place = stated.row, stated.owner, stated.place
        is_placed = place is not None or stated.town_id is not None
        is_filed = self._defaults.filing == Filing.FILED
        instrument = _unsaved_like(self._blank)
        vars(instrument).update(
            label_code=new_label_code(),
            name=row.name,
            kind=row.kind,
            model=row.model,
            serial_no=row.serial_no,
            serial_key=row.serial_key,
            serial_tail=row.serial_key[::-1],
            lookalike_key=row.lookalike_key,
            manufacturer=row.manufacturer,
            maker_key=row.maker_key,
            accuracy_class=row.accuracy_class,
            measuring_range=row.measuring_range,
            details=row.details,
            parameters=row.parameters,
            use=row.use or row.default_use or Use.UNKNOWN,
            town_id=stated.town_id,
            institute_id=stated.institute_id,
            spot=stated.spot,
            filing=Filing.FILED if is_filed and is_placed else Filing.SUBMITTED,
            condition=Condition.STOPPED if row.is_stopped else Condition.IN_USE,
            condition_on=self._today if row.is_stopped else None,
            in_use_on=row.in_use_on,
        )
        instrument.owner, instrument.place = owner, place
        plan = Plan(row.row, Outcome.CREATED, row.fingerprint, instrument, is_new=True)
        if is_filed and not is_placed:
            plan.code, plan.text = "import.no_place", NOTES["import.no_place"]
        self._enter(plan, owner, place)
        # Of an instrument that is gone, and lay at the same address.
        self._records.pop(key_of(instrument), None)
        self._touched.pop(key_of(instrument), None)
        if row.serial_key and (self._repeated is None or row.serial_key in self._repeated):
            self._remember(instrument, row.serial_key, row.maker_key, key_of(owner))
        plan.record = self._record(row, instrument)
        self._note_validity(plan, row)
        return plan

    def _enter(self, plan: Plan, owner: Party | None, place: Place | None) -> None:
        """Let a new user or place be found by the rows that follow, and be made by this one."""
        if owner is not None and owner.pk is None and owner not in self._parties[owner.name_key]:
            self._parties[owner.name_key].append(owner)
            if owner.credit_code:
                self._by_code[owner.credit_code] = owner
            plan.parties.append(owner)
        if place is not None and place.pk is None and place not in self._places[place.name_key]:
            self._places[place.name_key].append(place)
            plan.places.append(place)

    def _again(self, stated: Stated, instrument: Instrument) -> Plan:
        """Lay the row beside a registered instrument: fill what is blank, note what differs."""
        row = stated.row
        if instrument.condition == Condition.SCRAPPED:
            raise Unfit("import.scrapped", on=instrument.condition_on or "日期不详")
        differs = differences(instrument, stated)
        first = self._touched.get(key_of(instrument))
        if first is not None and differs:
            raise Unfit("import.serial_twice", row=first, fields="、".join(differs))
        plan = Plan(row.row, Outcome.UNCHANGED, row.fingerprint, instrument)
        added = additions(instrument, stated)
        plan.before, plan.shown = fill(instrument, added)
        self._enter(plan, added.get("owner"), added.get("place"))
        plan.record = self._record(row, instrument, differs)
        if plan.before or plan.record is not None:
            plan.outcome = Outcome.UPDATED
            instrument.revision += 1
        if differs:
            noted = "；".join(f"{name}：{said}" for name, said in differs.items())
            plan.code, plan.text = "ledger.differs", NOTES["ledger.differs"].format(fields=noted)[:300]
        else:
            self._note_validity(plan, row)
        return plan

    def _record(
        self, row: Prepared, instrument: Instrument, differs: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Return the verification that the row adds; None where it states none, or one that is known."""
        if row.verified_on is None:
            return None
        known = self._records[key_of(instrument)]
        for on, certificate, until in known:
            same = not certificate or not row.certificate_no or certificate == row.certificate_no
            if on == row.verified_on and same:
                if differs is not None and certificate != row.certificate_no and row.certificate_no:
                    differs["证书编号"] = f"台账“{row.certificate_no}”，登记“{certificate}”"
                if differs is not None and row.valid_until and until != row.valid_until:
                    differs["有效期至"] = f"台账“{row.valid_until}”，登记“{until or ''}”"
                return None
        known.append((row.verified_on, row.certificate_no, row.valid_until))
        return {
            "verified_on": row.verified_on,
            "valid_until": row.valid_until,
            "certificate_no": row.certificate_no,
            "institution": row.institution,
            "verdict": row.verdict,
        }

    def _note_validity(self, plan: Plan, row: Prepared) -> None:
        if row.verified_on is None and row.valid_until is not None:
            plan.code = "import.no_verified_on"
            plan.text = NOTES["import.no_verified_on"].format(until=row.valid_until)


def _institutes() -> dict[str, int]:
    """Return every name and alias of an institute of the county with its key."""
    names = unit_names()
    ids = dict(OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True).values_list("name", "pk"))
    return {written: ids[name] for written, name in names.items() if name in ids}


def _unsaved_like(blank: Instrument) -> Instrument:
    """Return a new instrument with the values of ``blank``; the model's own way costs ten times as much."""
    made = Instrument.__new__(Instrument)
    vars(made).update(vars(blank))
    made._state = ModelState()
    made._state.fields_cache = dict(blank._state.fields_cache)
    made.public_id = uuid4()
    return made


def _of_town(every: Sequence[Located], town: int | None, code: str, name: str) -> Located | None:
    """Return the one of ``every`` of that name that a row of this town means; None where it means a new one.

    Without a town: the only one of that name.  Unfit where there are several.
    """
    if town is not None:
        own = [one for one in every if one.town_id == town]
        every = own or [one for one in every if one.town_id is None]
    if len(every) > 1:
        raise Unfit(code, count=len(every), name=name)
    return every[0] if every else None
