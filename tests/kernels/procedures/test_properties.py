"""What must hold of every verdict: by JJG 539-2016, with random scales and readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.procedures import (
    Judgement,
    Outcome,
    Rows,
    Sheet,
    Stage,
    judge,
    packaged_procedures,
    rows_of,
)
from quanheng.kernels.quantities import parse_quantity

UNTIMED = settings(max_examples=50, deadline=None)
PROCEDURE = packaged_procedures().find("price_scale", date(2026, 11, 23))
CLASSES = {0: ((500, "0.5"), (2000, "1.0"), (10000, "1.5")), 1: ((50, "0.5"), (200, "1.0"), (1000, "1.5"))}


@dataclass(frozen=True)
class Scale:
    """A scale and its weighings, in tenths of e: load, indication and added weight are exact decimals."""

    accuracy: int
    e: Decimal
    rows: tuple[tuple[int, int, int], ...]

    def columns(self, unit: Decimal = Decimal(1)) -> dict[str, np.ndarray]:
        step = self.e / 10 / unit
        names = ("load", "indication", "added")
        return {name: np.array([float(row[at] * step) for row in self.rows]) for at, name in enumerate(names)}

    def verdicts(self) -> list[bool]:
        """The law in decimals: P = I + e/2 - dL, E = P - L, against ± the limit at L/e."""
        found = []
        for load, indication, added in self.rows:
            error = Decimal(indication + 5 - added - load) / 10
            limit = next(Decimal(half) for to, half in CLASSES[self.accuracy] if Decimal(load) / 10 <= to)
            found.append(abs(error) <= limit)
        return found


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    accuracy = draw(st.integers(0, 1))
    e = Decimal(draw(st.sampled_from(["0.1", "0.2", "0.5", "1", "2", "5", "10", "20000"])))
    most = CLASSES[accuracy][-1][0] * 10
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        load = draw(st.integers(0, most) | st.sampled_from([to * 10 for to, _ in CLASSES[accuracy]]))
        rows.append((load, load + 10 * draw(st.integers(-3, 3)), draw(st.integers(0, 10))))
    return Scale(accuracy, e, tuple(rows))


def sheet(many: list[Scale], **tests: Rows) -> Sheet:
    owner = np.repeat(np.arange(len(many)), [len(one.rows) for one in many])
    columns = [one.columns() for one in many]
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    return Sheet(
        len(many),
        instrument={
            "class": np.array([one.accuracy for one in many], dtype=np.int16),
            "e": np.array([float(one.e) for one in many]),
            "max": np.array([float(one.e * CLASSES[one.accuracy][-1][0]) for one in many]),
        },
        tests={"weighing": rows_of(owner, joined), **tests},
    )


def weighings(judgement: Judgement, instrument: int = 0) -> list[tuple[float, bool | None]]:
    return [(one.error, one.passed) for one in judgement.points(instrument) if one.test == "weighing"]


@UNTIMED
@given(st.lists(scales(), min_size=1, max_size=4))
def test_each_row_is_decided_as_decimals_decide_it(many: list[Scale]) -> None:
    judged = judge(PROCEDURE, sheet(many), Stage.FIRST)
    for at, scale in enumerate(many):
        assert [passed for _, passed in weighings(judged, at)] == scale.verdicts()
        assert bool(judged.of_measured[at] == Outcome.REJECTED) is not all(scale.verdicts())


@UNTIMED
@given(scales(), st.data())
def test_more_error_never_improves_a_verdict(scale: Scale, data: st.DataObject) -> None:
    before = judge(PROCEDURE, sheet([scale]), Stage.FIRST)
    at = data.draw(st.integers(0, len(scale.rows) - 1))
    load, indication, added = scale.rows[at]
    away = 1 if indication + 5 - added - load >= 0 else -1
    worse = (load, indication + away * data.draw(st.integers(1, 10**6)), added)
    changed = Scale(scale.accuracy, scale.e, (*scale.rows[:at], worse, *scale.rows[at + 1 :]))
    after = judge(PROCEDURE, sheet([changed]), Stage.FIRST)

    assert after.outcomes[0] in (before.outcomes[0], Outcome.REJECTED)
    was, now = (list(one.points(0))[at] for one in (before, after))
    assert now.passed <= was.passed
    assert now.probability_of_conformity <= was.probability_of_conformity + 1e-12


@UNTIMED
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(1, 100))
def test_more_spread_never_improves_repeatability(first: int, second: int, third: int, more: int) -> None:
    scale = Scale(0, Decimal(5), ((100, 100, 5),))

    def passed(*tenths: int) -> bool | None:
        columns = {"load": np.full(3, 5000.0), "indication": 5000 + np.array(tenths) * 0.5}
        rows = rows_of(np.zeros(3, dtype=np.intp), columns)
        points = judge(PROCEDURE, sheet([scale], repeatability=rows), Stage.FIRST).points(0)
        return next(one.passed for one in points if one.test == "repeatability")

    low, middle, high = sorted((first, second, third))
    assert passed(low, middle, high + more) <= passed(low, middle, high)


@UNTIMED
@given(scales(), st.sampled_from([("kg", "1000"), ("mg", "0.001"), ("t", "1000000"), ("斤", "500")]))
def test_other_units_change_nothing(scale: Scale, unit: tuple[str, str]) -> None:
    symbol, factor = unit
    in_grams = sheet([scale])
    step = scale.e / 10 / Decimal(factor)

    def read(count: int) -> float:
        return float(parse_quantity(f"{count * step:f} {symbol}", "g"))

    columns = {
        name: np.array([read(row[at]) for row in scale.rows])
        for at, name in enumerate(("load", "indication", "added"))
    }
    owner = np.zeros(len(scale.rows), dtype=np.intp)
    other = sheet([scale], weighing=rows_of(owner, columns))
    assert list(judge(PROCEDURE, other, Stage.FIRST).points(0)) == list(
        judge(PROCEDURE, in_grams, Stage.FIRST).points(0)
    )


@UNTIMED
@given(scales(), st.integers(-3, 3))
def test_a_scale_a_thousand_times_as_large_has_the_same_verdict(scale: Scale, power: int) -> None:
    # Only where no rule of the law depends on the size of e itself.
    larger = Scale(scale.accuracy, scale.e * Decimal(1000) ** power, scale.rows)
    own, other = (judge(PROCEDURE, sheet([one]), Stage.FIRST) for one in (scale, larger))
    assert [passed for _, passed in weighings(own)] == [passed for _, passed in weighings(other)]
    for one, two in zip(own.points(0), other.points(0), strict=True):
        assert two.error == pytest.approx(one.error * 1000.0**power, rel=1e-9, abs=1e-9 * float(larger.e))
        assert two.probability_of_conformity == pytest.approx(one.probability_of_conformity, rel=1e-9)


@UNTIMED
@given(scales(), st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(scale: Scale, random: object) -> None:
    shuffled = list(scale.rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    own, other = (
        judge(PROCEDURE, sheet([Scale(scale.accuracy, scale.e, tuple(rows))]), Stage.FIRST)
        for rows in (scale.rows, shuffled)
    )
    assert own.outcomes.tolist() == other.outcomes.tolist()
    assert sorted(weighings(own)) == sorted(weighings(other))


@UNTIMED
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9)), min_size=1, max_size=8), st.randoms())
def test_the_order_of_rows_changes_no_group(readings: list[tuple[int, int]], random: object) -> None:
    scale = Scale(0, Decimal(5), ((100, 100, 5),))

    def spreads(rows: list[tuple[int, int]]) -> list[tuple[float, float]]:
        columns = {
            "load": np.array([500.0 * load for load, _ in rows]),
            "indication": np.array([500.0 * load + more for load, more in rows]),
        }
        made = rows_of(np.zeros(len(rows), dtype=np.intp), columns)
        judged = judge(PROCEDURE, sheet([scale], repeatability=made), Stage.FIRST)
        return sorted((one.reference, one.error) for one in judged.points(0) if one.test == "repeatability")

    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    wanted = {load: [more for at, more in readings if at == load] for load, _ in readings}
    assert spreads(readings) == sorted((500 * load, max(x) - min(x)) for load, x in wanted.items())
    assert spreads(shuffled) == spreads(readings)


@UNTIMED
@given(st.lists(scales(), min_size=1, max_size=6), st.randoms())
def test_instruments_are_judged_together_as_alone_and_in_any_order(many: list[Scale], random: object) -> None:
    order = list(range(len(many)))
    random.shuffle(order)  # type: ignore[attr-defined]
    together = judge(PROCEDURE, sheet(many), Stage.FIRST)
    shuffled = judge(PROCEDURE, sheet([many[at] for at in order]), Stage.FIRST)
    for place, at in enumerate(order):
        alone = judge(PROCEDURE, sheet([many[at]]), Stage.FIRST)
        assert together.outcomes[at] == shuffled.outcomes[place] == alone.outcomes[0]
        assert list(together.points(at)) == list(shuffled.points(place)) == list(alone.points(0))
        assert together.decided_by(at) == alone.decided_by(0)


@UNTIMED
@given(scales())
def test_a_stage_with_wider_limits_rejects_nothing_more(scale: Scale) -> None:
    first, in_service = (judge(PROCEDURE, sheet([scale]), stage) for stage in (Stage.FIRST, Stage.IN_SERVICE))
    for one, two in zip(weighings(first), weighings(in_service), strict=True):
        assert two[1] >= one[1]
