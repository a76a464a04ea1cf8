from __future__ import annotations

from math import asin, cos, hypot, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.local_map import centre, local_km

RADIUS_KM = 6371.0088
degrees = st.floats(-0.45, 0.45)


@given(st.floats(18, 53), degrees, degrees, degrees, degrees)
def test_distances_within_a_county_are_true_to_one_percent(latitude, x1, y1, x2, y2) -> None:
    """Against the great circle, everywhere in the country."""
    origin = (107.0, latitude)
    one, two = (107 + x1, latitude + y1), (107 + x2, latitude + y2)
    (e1, n1), (e2, n2) = local_km(*one, origin), local_km(*two, origin)
    assert hypot(e1 - e2, n1 - n2) == pytest.approx(great_circle(one, two), rel=0.011, abs=0.001)


def great_circle(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Haversine."""
    (lon1, lat1), (lon2, lat2) = (tuple(map(radians, point)) for point in (one, two))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * RADIUS_KM * asin(sqrt(half))


def test_the_centre_is_the_middle_of_the_box_and_needs_a_point() -> None:
    assert centre([(107, 31), (108, 31), (107.2, 33)]) == (107.5, 32)
    assert local_km(107.5, 32, (107.5, 32)) == (0, 0)
    with pytest.raises(ValueError, match="no points"):
        centre([])
