"""Records that may be one instrument twice.  They are offered to a person, never merged by themselves.

One maker and one serial number cannot stand twice, the database refuses it.  What remains is a number
that was misread (O for 0), and one whose maker is missing or was written differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length

from quanheng.instruments.models import DistinctPair, Instrument
from quanheng.instruments.selectors import LIVE

LIMIT = 100
# A "number" that more records share is a habit of the writer ("1", "无编号"), and no number.
MOST_ALIKE = 20
_KEYS_AT_ONCE = 500
_WEIGHTS = {"serial": 4, "lookalike": 3, "maker": 3, "no_maker": 1, "owner": 2, "model": 1, "place": 1}


@dataclass(frozen=True)
class NearDuplicate:
    """Two records that may be one instrument.

    ``reasons`` are codes: serial (the same number), lookalike (numbers that are easily misread for each
    other), maker, no_maker (one record has none), owner, model, place (the same).
    """

    first: Instrument
    second: Instrument
    reasons: tuple[str, ...]

    @property
    def score(self) -> int:
        """How much speaks for one instrument; only an order."""
        return sum(_WEIGHTS[reason] for reason in self.reasons)

    def other(self, instrument: Instrument) -> Instrument:
        """Return the one that ``instrument`` is not."""
        return self.second if self.first == instrument else self.first


def near_duplicates(limit: int = LIMIT) -> list[NearDuplicate]:
    """Return pairs that nobody decided about, the likeliest first; at most ``limit``.

    One pass over the index of the lookalike keys finds what occurs twice; only those rows are read, and
    no more of them than are needed.
    """
    alike = (
        Instrument.objects.exclude(lookalike_key="")
        .order_by()
        .values("lookalike_key")
        .annotate(rows=Count("pk"), length=Length("lookalike_key"))
        .filter(rows__gt=1, rows__lte=MOST_ALIKE)
        .order_by("-length", "lookalike_key")  # the longer the number, the less is it chance
    )
    keys = list(alike.values_list("lookalike_key", flat=True))
    found = (
        pair
        for start in range(0, len(keys), _KEYS_AT_ONCE)
        for pair in _undecided(_pairs_of(keys[start : start + _KEYS_AT_ONCE]))
    )
    return sorted(islice(found, limit), key=lambda pair: (-pair.score, pair.first.pk, pair.second.pk))


def near_duplicates_of(instrument: Instrument) -> list[NearDuplicate]:
    """Return the pairs of one record that nobody decided about, the likeliest first."""
    if not instrument.lookalike_key:
        return []
    others = _live().filter(lookalike_key=instrument.lookalike_key).exclude(pk=instrument.pk)
    pairs = (_pair(instrument, other) for other in others[:MOST_ALIKE])
    return sorted(_undecided(pair for pair in pairs if pair), key=lambda pair: -pair.score)


def _live() -> QuerySet[Instrument]:
    return Instrument.objects.filter(LIVE).select_related("owner", "place", "town")


def _pairs_of(keys: Sequence[str]) -> Iterator[NearDuplicate]:
    groups: dict[str, list[Instrument]] = {}
    for instrument in _live().filter(lookalike_key__in=keys).order_by("pk"):
        groups.setdefault(instrument.lookalike_key, []).append(instrument)
    for key in keys:
        for first, second in combinations(groups.get(key, ()), 2):
            if pair := _pair(first, second):
                yield pair


def _pair(first: Instrument, second: Instrument) -> NearDuplicate | None:
    """Return the pair, if enough speaks for it."""
    if first.kind and second.kind and first.kind != second.kind:
        return None
    is_same = first.serial_key == second.serial_key
    shared = {
        "serial": is_same,
        "lookalike": not is_same,
        "maker": bool(first.maker_key) and first.maker_key == second.maker_key,
        "no_maker": not first.maker_key or not second.maker_key,
        "owner": first.owner_id is not None and first.owner_id == second.owner_id,
        "model": bool(first.model) and first.model == second.model,
        "place": first.place_id is not None and first.place_id == second.place_id,
    }
    # Of two makers, numbers agree by chance: then owner or (for the same number) model must agree too.
    if not (shared["maker"] or shared["no_maker"] or shared["owner"] or (is_same and shared["model"])):
        return None
    low, high = sorted((first, second), key=lambda item: item.pk)
    return NearDuplicate(low, high, tuple(reason for reason, holds in shared.items() if holds))


def _undecided(pairs: Iterable[NearDuplicate]) -> list[NearDuplicate]:
    offered = list(pairs)
    ids = {item.pk for pair in offered for item in (pair.first, pair.second)}
    decided = set(
        DistinctPair.objects.filter(Q(first__in=ids) & Q(second__in=ids)).values_list("first_id", "second_id")
    )
    return [pair for pair in offered if (pair.first.pk, pair.second.pk) not in decided]
