"""The draw is a permutation that a seed fixes, and no place in it is better than another."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
from quanheng.kernels.sampling.plans import BadSampling

SEED = "0f" * 32
SERIALS = st.lists(st.text("0123456789ABC-电", min_size=1, max_size=8), unique=True, max_size=40)


@given(SERIALS, st.integers(0, 2**128 - 1))
def test_a_draw_is_a_permutation_whatever_the_order_of_the_list(serials: list[str], number: int) -> None:
    drawn = draw(serials, f"{number:032x}")
    assert sorted(drawn) == sorted(serials)
    assert drawn == draw(reversed(serials), f"{number:032x}")


def test_it_can_be_drawn_again_with_nothing_but_sha256() -> None:
    serials = [str(number) for number in range(200)]
    by_hand = sorted(serials, key=lambda one: sha256(f"{SEED}\n{one}".encode()).digest())
    assert draw(serials, SEED) == by_hand


def test_every_serial_is_in_a_first_part_equally_often() -> None:
    serials = [f"m{number}" for number in range(20)]
    counts: Counter[str] = Counter()
    for number in range(2000):
        counts.update(draw(serials, f"{number:016x}")[:5])
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_the_seed_binds_the_list_and_the_checkpoint() -> None:
    listed = list_sha256(["b", "a", "a"])
    assert listed == sha256(b"a\nb\n").hexdigest()
    assert seed_of("c", listed) == sha256(f"quanheng-draw/1\nc\n{listed}".encode()).hexdigest()
    assert len({seed_of("c", listed), seed_of("d", listed), seed_of("c", list_sha256(["a"]))}) == 3


@pytest.mark.parametrize("serial", ["", " ", "a\nb", "a\rb"])
def test_a_serial_that_is_no_line_is_refused(serial: str) -> None:
    with pytest.raises(BadSampling):
        list_sha256([serial])
    with pytest.raises(BadSampling):
        draw([serial], SEED)


def test_a_seed_that_is_none_is_refused() -> None:
    for seed in ("", "xyz", "ABCDEF0123456789", "0" * 15):
        with pytest.raises(BadSampling, match="种子"):
            draw(["a"], seed)
    with pytest.raises(BadSampling, match="检查点"):
        seed_of(" ", "0" * 64)
    with pytest.raises(BadSampling, match="散列"):
        seed_of("c", "00")
