"""Honest data are left alone, planted manipulations are found, and what cannot be tested is said."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.screening import FAMILY_ALPHA, ScreenedPoint, screen
from quanheng.kernels.screening.copies import _windows
from quanheng.kernels.screening.grid import step_of
from quanheng.kernels.screening.simulate import MANIPULATIONS, WIDE, block_copied, honest

LIMITS = np.full(6, 2.0)
POINTS = [ScreenedPoint(f"点{at}", 2.0, 0.2) for at in range(6)]
EXPECTED = {
    "clipped": {"cut_off", "pile_up"},
    "dropped": {"cut_off"},
    "block_copied": {"copied_block", "repeated_rows"},
    "rows_repeated": {"repeated_rows"},
    "digits_invented": {"last_digits"},
    "points_derived": {"points_related"},
    "ordered": {"too_smooth_order"},
    "narrowed": {"too_narrow"},
}


def file_of(seed: int, meters: int, *, is_capable: bool = True) -> np.ndarray:
    return honest(np.random.default_rng(seed), meters, LIMITS, is_capable=is_capable)


def test_honest_files_are_left_alone() -> None:
    """One hundred files; at 1 % a file more than five findings would be rarer than one in a thousand."""
    found = sum(
        bool(screen(file_of(seed, 400, is_capable=seed % 2 == 0), POINTS).leads) for seed in range(100)
    )
    assert found <= 5


@pytest.mark.parametrize("name", sorted(MANIPULATIONS))
def test_a_planted_manipulation_is_found_by_the_test_that_is_for_it(name: str) -> None:
    hits = 0
    for seed in range(4):
        errors = file_of(seed, 5000, is_capable=name not in WIDE)
        changed = MANIPULATIONS[name](np.random.default_rng(seed), errors, LIMITS)
        hits += bool({lead.code for lead in screen(changed, POINTS).leads} & EXPECTED[name])
    assert hits >= 3


def test_a_copied_block_is_named_by_its_lines() -> None:
    errors = file_of(3, 400)
    errors[300:340] = errors[20:60]
    report = screen(errors, POINTS, range(2, 402))
    block = next(lead for lead in report.leads if lead.code == "copied_block")
    assert (block.figures["length"], block.figures["first_line"], block.figures["second_line"]) == (
        40,
        22,
        302,
    )
    assert "第 22 行起连续 40 台" in block.text
    assert block.p_value < block.threshold == FAMILY_ALPHA / report.tests


def test_whole_rows_equal_by_a_coarse_resolution_are_no_finding() -> None:
    """Rounded to the interval 0.2 % of narrow lots most rows have a twin: that is not strange, and not testable."""
    narrow = 0.3 * file_of(5, 2000) + 0.1 * np.random.default_rng(5).normal(size=(2000, 6))
    report = screen(np.round(narrow / 0.2) * 0.2, POINTS)
    assert report.steps == (0.2,) * 6
    assert {"repeated_rows", "last_digits"} <= {one.code for one in report.untested}
    assert report.leads == ()


def test_few_rows_are_not_tested_and_that_is_said() -> None:
    report = screen(file_of(1, 49), POINTS)
    assert (report.tests, report.leads) == (0, ())
    assert "不到 50 台" in report.untested[0].reason


def test_the_same_error_everywhere_is_found_and_nothing_breaks() -> None:
    codes = {lead.code for lead in screen(np.zeros((200, 6)), POINTS).leads}
    assert "too_narrow" in codes


@pytest.mark.parametrize("errors", [np.zeros((60, 5)), np.full((60, 6), np.nan), np.zeros(60)])
def test_what_does_not_fit_the_points_is_refused(errors: np.ndarray) -> None:
    with pytest.raises(ValueError, match="误差"):
        screen(errors, POINTS)


@pytest.mark.parametrize(
    ("values", "step"), [([0.31, -0.2, 1.07], 0.01), ([0.2, 0.6, -0.4], 0.2), ([0.015, 0.02], 0.005)]
)
def test_the_resolution_is_read_off_the_values(values: list[float], step: float) -> None:
    assert step_of(np.array(values)) == pytest.approx(step)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 13])
def test_runs_have_equal_hashes_exactly_where_they_are_equal(length: int) -> None:
    hashes = np.random.default_rng(length).integers(0, 3, size=200).astype(np.uint64)
    windows = _windows(hashes, length)
    runs = [tuple(hashes[at : at + length]) for at in range(len(hashes) - length + 1)]
    assert len(windows) == len(runs)
    assert len(set(zip(windows.tolist(), runs, strict=True))) == len(set(runs)) == len(set(windows.tolist()))


def test_the_report_is_plain_data() -> None:
    errors = block_copied(np.random.default_rng(1), file_of(1, 300), LIMITS)
    kept = screen(errors, POINTS).to_dict()
    assert kept["rows"] == 300
    assert {"code", "p_value", "threshold", "text", "point", "figures"} == set(kept["leads"][0])
