"""The places of due work on a flat map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from django.db.models import QuerySet

from quanheng.instruments.due import DueCounts, counts_by_place
from quanheng.instruments.models import Place, Standing
from quanheng.kernels.local_map import centre, local_km

# So many symbols an old desk still draws; of more places those with the most overdue are shown.
MOST_POINTS = 5000


@dataclass(frozen=True)
class MapPlace:
    """A place with its counts; ``status`` is the worst of them, ``east`` and ``north`` [km] None without coordinates."""

    place: Place
    counts: DueCounts
    east: float | None
    north: float | None

    @property
    def status(self) -> str:
        """overdue, soon or later."""
        if self.counts.overdue:
            return "overdue"
        return "soon" if self.counts.soon else "later"


@dataclass(frozen=True)
class TownLabel:
    """Name of a town, at the middle of its places [km]."""

    name: str
    east: float
    north: float


@dataclass(frozen=True)
class DueMap:
    """``places`` worst first; ``missing`` of them have no coordinates; ``cut`` are not drawn."""

    places: Sequence[MapPlace]
    towns: Sequence[TownLabel]
    missing: int
    cut: int

    def count(self, status: str) -> int:
        """How many places have this status."""
        return sum(one.status == status for one in self.places)

    @property
    def drawn(self) -> list[MapPlace]:
        """Those that have a position, at most MOST_POINTS."""
        return [one for one in self.places if one.east is not None][:MOST_POINTS]


def due_map(rows: QuerySet[Standing], on: date, *, status: str = "") -> DueMap:
    """Return the places in which something of ``rows`` (see `due_rows`) is due, with positions.

    ``status`` keeps those of one status.
    """
    counts = counts_by_place(rows, on)
    places = [place for place in Place.objects.select_related("town") if place.pk in counts]
    located = [place for place in places if place.longitude is not None and place.latitude is not None]
    origin = centre([_position(place) for place in located]) if located else (0.0, 0.0)
    shown = [_on_map(place, counts[place.pk], origin) for place in places]
    if status:
        shown = [one for one in shown if one.status == status]
    shown.sort(key=lambda one: (-one.counts.overdue, -one.counts.soon, one.place.name))
    missing = sum(one.east is None for one in shown)
    return DueMap(shown, _towns(shown), missing, max(0, len(shown) - missing - MOST_POINTS))


def _on_map(place: Place, counts: DueCounts, origin: tuple[float, float]) -> MapPlace:
    if place.longitude is None or place.latitude is None:
        return MapPlace(place, counts, None, None)
    return MapPlace(place, counts, *local_km(*_position(place), origin))


def _position(place: Place) -> tuple[float, float]:
    return float(place.longitude or 0), float(place.latitude or 0)


def _towns(shown: Sequence[MapPlace]) -> list[TownLabel]:
    positions: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in shown:
        if one.place.town is not None and one.east is not None and one.north is not None:
            positions[one.place.town.name].append((one.east, one.north))
    return [
        TownLabel(name, fmean(x for x, _y in at), fmean(y for _x, y in at)) for name, at in positions.items()
    ]
