from __future__ import annotations

from itertools import combinations
from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.spread import spread

SIZE = (680.0, 440.0)
km = st.floats(-60, 60)


@given(st.lists(st.tuples(km, km), max_size=12))
def test_every_symbol_is_in_the_box_and_none_covers_another(points):
    places, scale = spread(points, SIZE, margin=40, apart=40)
    assert len(places) == len(points)
    assert scale >= 0
    assert all(39.9 <= x <= SIZE[0] - 39.9 and 39.9 <= y <= SIZE[1] - 39.9 for x, y in places)
    assert all(hypot(a[0] - b[0], a[1] - b[1]) > 15 for a, b in combinations(places, 2))


def test_north_is_up_and_east_is_right():
    (one, other), _scale = spread([(0.0, 0.0), (20.0, 30.0)], SIZE, margin=40, apart=40)
    assert other[0] > one[0]
    assert other[1] < one[1]


def test_nothing_and_one_place_have_no_scale():
    assert spread([], SIZE, margin=40, apart=40) == ([], 0.0)
    assert spread([(5.0, 5.0)], SIZE, margin=40, apart=40) == ([(340.0, 220.0)], 0.0)
