"""Where the towns of the county lie, as far as the places in them tell."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Avg

from quanheng.instruments.models import Place
from quanheng.kernels.local_map import centre, local_km


def town_middles() -> Mapping[int, tuple[float, float]]:
    """Return (east, north) [km] of the middle of the places of each town, by its primary key.

    A town none of whose places has coordinates is not among them.
    """
    rows = (
        Place.objects.filter(town__isnull=False, longitude__isnull=False)
        .order_by()
        .values("town")
        .annotate(longitude_mean=Avg("longitude"), latitude_mean=Avg("latitude"))
    )
    at = {row["town"]: (float(row["longitude_mean"]), float(row["latitude_mean"])) for row in rows}
    if not at:
        return {}
    origin = centre(list(at.values()))
    return {town: local_km(*position, origin) for town, position in at.items()}
