"""Symbols on a small flat map: scaled into a box, and pushed apart where they would cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

_ROUNDS = 120


def spread(
    points: Sequence[tuple[float, float]], size: tuple[float, float], *, margin: float, apart: float
) -> tuple[list[tuple[float, float]], float]:
    """Return (x, y) [px] of points (east, north) [km] in a box of ``size``, y downwards, and the scale [px per km].

    Distances keep their proportions, but no two points are nearer than ``apart`` [px] where the box has room; points at
    the same place are laid side by side.  The scale is 0 where all points are at one place.

    >>> places, scale = spread([(0.0, 0.0), (10.0, 0.0)], (220.0, 120.0), margin=10.0, apart=30.0)
    >>> places, scale
    ([(10.0, 60.0), (210.0, 60.0)], 20.0)
    """
    if not points:
        return [], 0.0
    easts, norths = zip(*points, strict=True)
    wide, high = max(easts) - min(easts), max(norths) - min(norths)
    inner = size[0] - 2 * margin, size[1] - 2 * margin
    scale = min(inner[0] / wide if wide else float("inf"), inner[1] / high if high else float("inf"))
    scale = 0.0 if scale == float("inf") else scale
    middle = (max(easts) + min(easts)) / 2, (max(norths) + min(norths)) / 2
    at = [
        [size[0] / 2 + (east - middle[0]) * scale, size[1] / 2 - (north - middle[1]) * scale]
        for east, north in points
    ]
    for _ in range(_ROUNDS):
        if not _pushed(at, apart):
            break
        for place in at:
            for axis in (0, 1):
                place[axis] = min(max(place[axis], margin), size[axis] - margin)
    return [(round(x, 1), round(y, 1)) for x, y in at], scale


def _pushed(at: list[list[float]], apart: float) -> bool:
    """Move every pair that is too near apart by half of what lacks each; tell whether there was one."""
    moved = False
    for i, one in enumerate(at):
        for other in at[i + 1 :]:
            dx, dy = other[0] - one[0], other[1] - one[1]
            distance = hypot(dx, dy)
            if distance >= apart - 0.5:
                continue
            moved = True
            if not distance:
                dx, distance = 1.0, 1.0
            step = (apart - distance) / 2 / distance
            one[0] -= dx * step
            one[1] -= dy * step
            other[0] += dx * step
            other[1] += dy * step
    return moved
