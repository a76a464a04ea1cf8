"""Control charts: constants, run rules, false alarms; comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.traceability import (
    BadTraceability,
    control_chart,
    en_number,
    is_satisfactory,
    robust_mean,
    zeta_score,
)
from quanheng.kernels.traceability.charts import (
    ewma_run_length,
    ewma_width,
    range_deviation_of_two,
    range_mean_of_two,
    run_findings,
    shewhart_run_length,
)


def met(z: list[float]) -> list[tuple[str, int]]:
    return [(each.code, int(str(each.data["point"]))) for each in run_findings(np.array(z))]


def test_the_constants_are_those_of_the_tables() -> None:
    assert round(range_mean_of_two(), 3) == 1.128
    assert round(range_deviation_of_two(), 3) == 0.853
    assert round(1 + 3 * range_deviation_of_two() / range_mean_of_two(), 3) == 3.267  # D4
    assert round(3 / range_mean_of_two(), 2) == 2.66  # E2


def test_limits_come_from_the_mean_moving_range_of_the_baseline() -> None:
    found = control_chart([10, 12, 11, 13, 50], 4)
    sigma = (2 + 1 + 2) / 3 / range_mean_of_two()
    assert found.center == 11.5
    assert found.sigma == pytest.approx(sigma)
    assert found.limits == (pytest.approx(11.5 - 3 * sigma), pytest.approx(11.5 + 3 * sigma))
    assert {each.code for each in found.findings} == {"beyond_limits", "range_beyond", "ewma_beyond"}


def test_the_ewma_is_the_weighted_mean_of_now_and_before() -> None:
    found = control_chart([0.0, 2.0, 0.0, 2.0], 4, weight=0.5)
    assert found.ewma.tolist() == [0.5, 1.25, 0.625, 1.3125]


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([0, 2.5, 0, 2.5], [("two_of_three", 4)]),
        ([0, 2.5, 0, -2.5], []),
        ([1.5, 1.5, 0, 1.5, 1.5], [("four_of_five", 5)]),
        ([1.5, 1.5, 0, -0.1, 1.5, 1.5], []),
        ([0.1] * 8, [("eight_on_one_side", 8)]),
        ([0.1] * 7 + [-0.1] * 7, []),
        ([-0.1] * 9, [("eight_on_one_side", 8), ("eight_on_one_side", 9)]),
    ],
)
def test_a_run_rule_is_met_at_the_point_that_completes_it(
    z: list[float], expected: list[tuple[str, int]]
) -> None:
    assert met(z) == expected


def test_the_rules_together_alarm_as_often_as_is_published() -> None:
    """Champ and Woodall, Technometrics 29 (1987) 393: 91.75 points between false alarms of all four rules."""
    generator = np.random.default_rng(1)
    lengths = []
    for _ in range(1500):
        z = generator.standard_normal(800)
        first = [at for _code, at in met(z.tolist())] + (np.flatnonzero(np.abs(z) > 3) + 1).tolist()
        lengths.append(min(first, default=800))
    assert np.mean(lengths) == pytest.approx(91.75, rel=0.08)


@pytest.mark.parametrize(
    ("weight", "width", "published"),
    [(0.1, 2.814, 500), (0.2, 2.962, 500), (0.4, 3.054, 500), (0.25, 3.0, 502.9), (1.0, 3.0, 370.4)],
)
def test_the_run_length_of_the_ewma_is_the_published_one(
    weight: float, width: float, published: float
) -> None:
    """Lucas and Saccucci, Technometrics 32 (1990) 1."""
    assert ewma_run_length(weight, width) == pytest.approx(published, rel=0.006)


def test_the_ewma_alarms_falsely_as_rarely_as_shewhart() -> None:
    width = ewma_width(0.2, shewhart_run_length(3.0))
    z = np.random.default_rng(3).standard_normal((3000, 2500))
    state, alive, lengths = np.zeros(3000), np.ones(3000, dtype=bool), np.full(3000, 2500.0)
    for at in range(2500):
        state = 0.2 * z[:, at] + 0.8 * state
        out = alive & (np.abs(state) > width * np.sqrt(0.2 / 1.8))
        lengths[out] = at + 1
        alive &= ~out
    assert lengths.mean() == pytest.approx(370.4, rel=0.06)


@pytest.mark.parametrize(
    ("values", "baseline", "weight", "reason"),
    [
        ([1.0, 2.0], 3, 0.2, "定控制限的点数"),
        ([1.0, 2.0], 1, 0.2, "定控制限的点数"),
        ([1.0, 1.0, 2.0], 2, 0.2, "全都相同"),
        ([1.0, float("nan")], 2, 0.2, "第 2 个核查值不是数值"),
        ([1.0, 2.0], 2, 0.0, "EWMA 的权"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused(
    values: list[float], baseline: int, weight: float, reason: str
) -> None:
    with pytest.raises(BadTraceability, match=reason):
        control_chart(values, baseline, weight=weight)


def test_scores_of_a_comparison() -> None:
    en = float(en_number(10.5, 0.3, 10.0, 0.4))
    assert en == pytest.approx(1.0)
    assert is_satisfactory(en)
    assert not is_satisfactory(-1.0001)
    assert float(zeta_score(10.5, 0.15, 10.0, 0.2)) == pytest.approx(2.0)
    for bad in ((1, -0.1, 1, 1), (1, 0, 1, 0), (float("nan"), 1, 1, 1)):
        with pytest.raises(BadTraceability, match="不小于零"):
            en_number(*bad)


def test_the_robust_mean_withstands_outliers_and_is_the_mean_of_clean_data() -> None:
    clean = np.random.default_rng(2).normal(5, 1, 4000)
    found = robust_mean(clean.tolist())
    assert found.mean == pytest.approx(clean.mean(), abs=0.02)
    assert found.sd == pytest.approx(clean.std(ddof=1), rel=0.03)
    assert found.standard_uncertainty == pytest.approx(1.25 * found.sd / np.sqrt(4000))
    spoiled = robust_mean([*clean[:100], 1e3, 1e3, -1e4])
    assert spoiled.mean == pytest.approx(5, abs=0.4)


def test_the_robust_mean_settles_where_drawing_in_changes_nothing_more() -> None:
    values = [9.1, 9.8, 10.0, 10.1, 10.3, 10.4, 14.0]
    found = robust_mean(values)
    drawn = np.clip(values, found.mean - 1.5 * found.sd, found.mean + 1.5 * found.sd)
    assert found.mean == pytest.approx(drawn.mean())
    assert found.sd == pytest.approx(1.134 * drawn.std(ddof=1), rel=1e-3)  # ISO 13528, algorithm A
    with pytest.raises(BadTraceability, match="三个"):
        robust_mean([1.0, 2.0])
