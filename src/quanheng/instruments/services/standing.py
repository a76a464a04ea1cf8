"""The projection of what the rules say: refreshed with every write, swept as a whole by the county day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from quanheng.base import clock
from quanheng.instruments.enums import Condition, Filing, Obligation, Use
from quanheng.instruments.models import Instrument, Standing, VerificationRecord
from quanheng.kernels.rules import Facts, RuleSet, amber_from, due
from quanheng.regulations.packaged import light_limits
from quanheng.regulations.selectors import rule_set

CHUNK = 2000
_FIELDS = tuple(field.attname for field in Standing._meta.concrete_fields)
_COLUMNS = [field.column for field in Standing._meta.concrete_fields]
_UPSERT = (  # of the model's own names
    f"INSERT INTO {Standing._meta.db_table} ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(['%s'] * len(_COLUMNS))}) ON CONFLICT ({_COLUMNS[0]}) DO UPDATE"
    f" SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)
_READ = (
    "pk",
    "kind",
    "use",
    "town_id",
    "place_id",
    "place__setting",
    "owner_id",
    "institute_id",
    "filing",
    "condition",
    "condition_on",
    "condition_evidence",
    "parameters",
    "registered_on",
    "in_use_on",
    "model",
    "serial_key",
    "maker_key",
    "accuracy_class",
)
_FACTS = ("kind", "use", "in_use_on", "registered_on", "parameters", "accuracy_class")


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    instruments: int
    changed: int


def refresh_standing(instrument_ids: Sequence[int]) -> int:
    """Derive the standing of these instruments anew, in the caller's transaction; return how many changed."""
    rules, on = rule_set(), clock.today()
    changed = 0
    ids = sorted(set(instrument_ids))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = Instrument.objects.filter(pk__in=chunk)
        changed += _write(_changed(rows, Standing.objects.filter(pk__in=chunk), rules, on))
    return changed


def sweep() -> Swept:
    """Derive every standing anew under the rules in force today, in short transactions.

    Whatever a crash leaves is a mixture of older and newer answers, each right on its day; the next
    sweep or write mends it.
    """
    rules, on = rule_set(), clock.today()
    changed = 0
    for first, last in _ranges():
        with transaction.atomic():
            reach = {"pk__gte": first, "pk__lte": last}
            rows, kept = Instrument.objects.filter(**reach), Standing.objects.filter(**reach)
            found = _changed(rows, kept, rules, on)
            if found and connection.features.has_select_for_update:
                # Read without a lock: whoever saved one of these meanwhile has written a newer answer.
                ids = [values[0] for values in found]
                locked = rows.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
                list(locked.values_list("pk", flat=True))
                found = _changed(rows.filter(pk__in=ids), kept.filter(pk__in=ids), rules, on)
            changed += _write(found)
    return Swept(Instrument.objects.count(), changed)


def facts_of(instrument: Instrument) -> Facts:
    """Return what the rules need to know of one instrument; for pages that explain a due date."""
    last = instrument.verification_records.filter(withdrawn_on=None).order_by("verified_on", "pk").last()
    record = (last.verified_on, last.valid_until, last.verdict) if last else None
    return _facts({name: getattr(instrument, name) for name in _FACTS}, record)


def live_facts(rows: QuerySet[Instrument]) -> Iterator[tuple[tuple[int, str], Facts]]:
    """Yield ``((id, kind), facts)`` for each instrument, a chunk at a time."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").values_list(*_READ)[:CHUNK]):
        last = chunk[-1][0]
        records = _last_records(Instrument.objects.filter(pk__gte=chunk[0][0], pk__lte=last))
        for values in chunk:
            row = dict(zip(_READ, values, strict=True))
            yield (row["pk"], row["kind"]), _facts(row, records.get(row["pk"]))


def _ranges() -> Iterator[tuple[int, int]]:
    last = 0
    while True:
        ids = list(Instrument.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        yield ids[0], ids[-1]
        last = ids[-1]


def _changed(
    rows: QuerySet[Instrument], kept: QuerySet[Standing], rules: RuleSet, on: date
) -> list[tuple[Any, ...]]:
    """Return the standings, as values in the order of their fields, that are not kept as they should be."""
    records = _last_records(rows)
    present = {values[0]: values for values in kept.values_list(*_FIELDS)}
    wanted = (
        _standing(dict(zip(_READ, values, strict=True)), records.get(values[0]), rules, on)
        for values in rows.order_by("pk").values_list(*_READ)
    )
    return [values for values in wanted if present.get(values[0]) != values]


def _write(changed: list[tuple[Any, ...]]) -> int:
    """Insert or replace standings.  Without model objects: these would cost half of a sweep's time."""
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, changed)
    return len(changed)


def _last_records(rows: QuerySet[Instrument]) -> dict[int, tuple[date, date | None, str]]:
    """Return the latest verification of each instrument; one whose certificate was withdrawn does not count."""
    found = VerificationRecord.objects.filter(instrument__in=rows, withdrawn_on=None).order_by(
        "instrument_id", "verified_on", "pk"
    )
    return {
        instrument: (verified_on, valid_until, verdict)
        for instrument, verified_on, valid_until, verdict in found.values_list(
            "instrument_id", "verified_on", "valid_until", "verdict"
        )
    }


def _facts(row: dict[str, Any], record: tuple[date, date | None, str] | None) -> Facts:
    verified_on, valid_until, verdict = record or (None, None, None)
    parameters = row["parameters"]
    if row["accuracy_class"] and "accuracy_class" not in parameters:
        parameters = parameters | {"accuracy_class": row["accuracy_class"].removesuffix("级").strip()}
    return Facts(
        kind=row["kind"] or None,
        use=None if row["use"] == Use.UNKNOWN else row["use"],
        first_used_on=row["in_use_on"],
        registered_on=row["registered_on"],
        last_verified_on=verified_on,
        printed_valid_until=valid_until,
        verdict=verdict,
        parameters=parameters,
    )


def _standing(
    row: dict[str, Any], record: tuple[date, date | None, str] | None, rules: RuleSet, on: date
) -> tuple[Any, ...]:
    """Return the values of a `Standing`, in the order of its fields."""
    facts = _facts(row, record)
    answer = rules.obligation(facts.kind, facts.use, on, facts.parameters)
    found = due(rules, facts, on)
    due_on = _due_now(row, facts, found.due_on) if answer.is_mandatory else None
    period = found.period_months
    return (
        row["pk"],
        row["kind"],
        row["use"],
        row["town_id"],
        row["place_id"],
        row["place__setting"] or "",
        row["owner_id"],
        row["institute_id"],
        row["filing"],
        row["condition"],
        _has_full_identity(row),
        _obligation(answer.is_mandatory),
        answer.rule_id or "",
        bool(answer.is_confirmed),
        period,
        facts.last_verified_on,
        facts.printed_valid_until,
        None if due_on is None else amber_from(due_on, period, light_limits()),
        due_on,
    )


def _due_now(row: dict[str, Any], facts: Facts, due_on: date | None) -> date | None:
    """Return the due date in view of filing and condition.

    A draft is nobody's statement yet; what was returned is in use all the same.  A stopped, sealed or
    scrapped instrument is due no more only where a file shows it; one that came back into use is due on
    that day unless it was verified since.
    """
    if row["filing"] == Filing.DRAFT or row["condition"] == Condition.MERGED:
        return None
    if row["condition"] != Condition.IN_USE:
        return None if row["condition_evidence"] else due_on
    resumed: date | None = row["condition_on"]
    if resumed is None or (facts.last_verified_on is not None and facts.last_verified_on >= resumed):
        return due_on
    return resumed if due_on is None else min(due_on, resumed)


def _has_full_identity(row: dict[str, Any]) -> bool:
    """Kind, model, serial, maker, class, use, owner and a place or town: what a filing needs (1987 Measures, art. 5)."""
    named = ("kind", "model", "serial_key", "maker_key", "accuracy_class", "owner_id")
    return (
        all(row[name] for name in named)
        and row["use"] != Use.UNKNOWN
        and bool(row["place_id"] or row["town_id"])
    )


def _obligation(is_mandatory: bool | None) -> Obligation:
    if is_mandatory is None:
        return Obligation.UNKNOWN
    return Obligation.MANDATORY if is_mandatory else Obligation.VOLUNTARY


def stale_standings(instrument_ids: Iterable[int]) -> list[int]:
    """Return those of the instruments whose kept standing is not what the rules say today."""
    rules, on = rule_set(), clock.today()
    ids = list(instrument_ids)
    rows, kept = Instrument.objects.filter(pk__in=ids), Standing.objects.filter(pk__in=ids)
    return [values[0] for values in _changed(rows, kept, rules, on)]
