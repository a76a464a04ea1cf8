"""The score: hand-computed vectors, and what must hold whatever was said and found."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.scoring import (
    BadForecasts,
    Outcome,
    brier_score,
    compare,
    decomposition,
    reliability,
    score,
    share_of,
    skill_score,
)
from quanheng.kernels.scoring.picture import comparison_picture, reliability_picture
from quanheng.kernels.scoring.reliability import EDGES
from quanheng.kernels.scoring.table import COLUMNS, read_table, table_text

# Ten forecasts of rain in the style of Brier (1950), p. 1: by hand ½ of his 0.19.
SAID = (0.7, 0.9, 0.8, 0.4, 0.2, 0.0, 0.0, 0.0, 0.0, 0.1)
CAME = (0, 1, 1, 1, 0, 0, 0, 0, 0, 0)
PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)
OUTCOME = Outcome("suspect", 0.99, -5.0, 0.5, -5.4, 0.1, 2.0)


def test_the_score_is_the_mean_squared_difference_as_computed_by_hand() -> None:
    # 0.49 + 0.01 + 0.04 + 0.36 + 0.04 + 0.01 = 0.95 over ten
    assert brier_score(SAID, CAME) == pytest.approx(0.095)
    assert brier_score([1, 0], [True, False]) == 0
    assert brier_score([0.5, 0.5], [True, False]) == 0.25


def test_murphys_three_parts_are_those_computed_by_hand() -> None:
    # five times 0.8 of which four came, five times 0.2 of which two came: base 0.6
    parts = decomposition([0.8] * 5 + [0.2] * 5, [1, 1, 1, 1, 0, 1, 1, 0, 0, 0])
    assert parts.reliability == pytest.approx(0.5 * 0.0 + 0.5 * 0.04)
    assert parts.resolution == pytest.approx(0.5 * 0.04 + 0.5 * 0.04)
    assert parts.uncertainty == pytest.approx(0.24)
    assert parts.score == pytest.approx(0.02 - 0.04 + 0.24)
    assert (parts.within_variance, parts.within_covariance) == (pytest.approx(0), pytest.approx(0))
    assert skill_score([0.8] * 5 + [0.2] * 5, [1, 1, 1, 1, 0, 1, 1, 0, 0, 0]) == pytest.approx(
        1 - 0.22 / 0.24
    )
    assert skill_score([0.5], [True]) is None


@given(PAIRS)
def test_the_parts_add_up_where_bins_hold_equal_forecasts(pairs: list[tuple[float, bool]]) -> None:
    parts = decomposition(*zip(*pairs, strict=True))
    assert parts.reliability - parts.resolution + parts.uncertainty == pytest.approx(parts.score, abs=1e-12)
    assert parts.within_variance == pytest.approx(0, abs=1e-12)


@given(PAIRS)
def test_with_wider_bins_the_two_terms_within_them_complete_the_sum(pairs: list[tuple[float, bool]]) -> None:
    parts = decomposition(*zip(*pairs, strict=True), edges=EDGES)
    five = parts.reliability - parts.resolution + parts.uncertainty
    assert five + parts.within_variance - parts.within_covariance == pytest.approx(parts.score, abs=1e-12)
    assert min(parts.reliability, parts.resolution) >= 0


@given(PAIRS)
def test_the_curve_counts_every_forecast_once(pairs: list[tuple[float, bool]]) -> None:
    curve = reliability(*zip(*pairs, strict=True))
    assert sum(one.observed.count for one in curve) == len(pairs)
    assert sum(one.observed.hits for one in curve) == sum(came for _said, came in pairs)
    assert all(one.low <= one.mean_probability <= one.high + 1e-12 for one in curve)


def test_a_share_has_the_exact_interval_of_clopper_and_pearson() -> None:
    # NIST/SEMATECH e-Handbook 7.2.4.1 style: 4 of 20 at 90 % is 0.0714 … 0.4010; 0 of n is 1 - (α/2)^(1/n)
    four = share_of(4, 20, confidence=0.90)
    assert (four.low, four.high) == (pytest.approx(0.07135, abs=1e-4), pytest.approx(0.40103, abs=1e-4))
    none = share_of(0, 10)
    assert (none.low, none.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    assert share_of(10, 10).high == 1.0
    assert share_of(0, 0) == share_of(0, 0, confidence=0.5)
    with pytest.raises(ValueError, match="no share"):
        share_of(3, 2)


def test_a_difference_is_judged_by_both_uncertainties() -> None:
    found = compare(-5.0, 0.3, -4.0, 0.4)
    assert found.difference_percent == -1.0
    assert found.combined_percent == pytest.approx(0.5)
    assert found.ratio == pytest.approx(-2.0)
    assert (found.inside, found.fits) == (False, True)
    assert compare(1.0, 0.0, 1.0, 0.0).ratio is None
    with pytest.raises(ValueError, match="no comparison"):
        compare(math.nan, 0.3, 0.0, 0.1)


def test_suspects_and_controls_are_scored_apart_and_the_selection_is_said() -> None:
    control = replace(
        OUTCOME, selection="control", probability=0.02, error_percent=0.1, tested_error_percent=0.3
    )
    alone = score([OUTCOME])
    assert "没有随机对照" in alone.selection
    both = score([OUTCOME, control, control])
    assert (both.everything.count, both.suspects.count, both.controls.count) == (3, 1, 2)
    assert (both.everything.out, both.controls.out) == (1, 0)
    assert "随机抽取的对照" in both.selection
    assert both.as_dict()["suspects"]["count"] == 1


def test_nothing_tested_yet_is_said_and_not_scored() -> None:
    found = score([])
    assert found.everything.parts is None
    assert "无从评分" in found.sentence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"probability": 1.2}, "不在 0 到 1"),
        ({"error_percent": math.inf}, "不是数"),
        ({"standard_uncertainty_percent": -1.0}, "是负的"),
        ({"mpe_percent": 0.0}, "应大于 0"),
        ({"selection": "friend"}, "friend"),
    ],
)
def test_a_bad_row_is_refused_with_its_number(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(BadForecasts, match=f"第 2 行.*{reason}"):
        score([OUTCOME, replace(OUTCOME, **changes)])  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-90, 90), st.floats(0, 9)), max_size=20))
def test_the_open_table_gives_the_same_score_again(rows: list[tuple[float, float, float]]) -> None:
    made = [
        replace(OUTCOME, probability=p, error_percent=e, standard_uncertainty_percent=u) for p, e, u in rows
    ]
    again = read_table(table_text(made))
    assert sorted(map(repr, again)) == sorted(map(repr, made))


def test_a_table_without_a_column_or_with_a_word_for_a_number_is_refused() -> None:
    with pytest.raises(BadForecasts, match="mpe_percent"):
        read_table(",".join(COLUMNS[:-1]))
    text = table_text([OUTCOME]).replace("0.99", "九成")
    with pytest.raises(BadForecasts, match="第 2 行“probability”：“九成”"):
        read_table(text)


def test_the_pictures_say_in_words_what_they_show() -> None:
    assert "说 80 % 的 2 台中 1 台超差" in reliability_picture(reliability([0.8, 0.8], [True, False]))
    assert "还没有核实" in reliability_picture(())
    svg = comparison_picture([("估计", -5.0, 1.0, False), ("检定 <现场>", -5.4, 0.2, True)], 2.0)
    assert "估计 -5.00 ± 1.00 %" in svg
    assert "检定 &lt;现场&gt;" in svg
