"""A verdict with probability p flips in a share p of simulated chains."""

from __future__ import annotations

import pytest

from quanheng.kernels.traceability import BadTraceability, Course
from quanheng.kernels.traceability.simulate import Assumptions, Row, reliability, simulate

_POPULATED = 200  # chains in a bin: the verdicts of one chain flip together


def populated(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.chains >= _POPULATED]


@pytest.mark.parametrize("course", [Course.RANDOM, Course.LINEAR])
def test_the_probabilities_are_reliable_within_three_points_in_every_bin(course: Course) -> None:
    rows = populated(reliability(simulate(7, 30_000, assumptions=Assumptions(course))))
    assert len(rows) == 10
    assert max(abs(row.flipped - row.probability) for row in rows) < 0.03


def test_they_are_reliable_with_a_jump_at_an_unknown_time() -> None:
    rows = populated(reliability(simulate(7, 2_000, 20, Assumptions(Course.STEP)), bins=5))
    assert len(rows) == 5
    assert max(abs(row.flipped - row.probability) for row in rows) < 0.03


def test_without_what_is_known_of_the_instruments_a_bin_may_be_off_by_more() -> None:
    told = Assumptions(Course.STEP, knows_population=False)
    rows = populated(reliability(simulate(7, 1_500, 20, told), bins=5))
    assert max(abs(row.flipped - row.probability) for row in rows) > 0.03


def test_the_same_seed_gives_the_same_chains_and_another_seed_others() -> None:
    first, again, other = (simulate(seed, 40).probability for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_nothing_to_simulate_is_refused() -> None:
    with pytest.raises(BadTraceability, match="应当大于零"):
        simulate(1, 0)
