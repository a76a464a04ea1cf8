"""Copied rows: the same errors for different meters, in blocks or scattered, more often than the resolution allows.

Blocks: where the order of meters says nothing, a run of L rows that equals another run of L rows is expected
n²/2·q^L times, q being how often two rows are equal.

Scattered: on a grid finer than the scatter of the points, rows that differ by one step at one point are nearly as
frequent as equal rows; for a normal scatter s [step], by the factor exp(−1/(4s²)) for each of the 2P neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from quanheng.kernels.screening.grid import Numbers, Whole, spread
from quanheng.kernels.screening.leads import Tested, Untested

BLOCK, REPEATED = "copied_block", "repeated_rows"
_FEWEST_RUN = 3
_NEAR_LAGS = 20
_SLACK = 0.8  # the neighbours are at least so frequent as a normal scatter says
_FINEST = 1.0  # [step]
_BASE, _WORD = 0x9E3779B97F4A7C15, 2**64 - 1
Hashes = NDArray[np.uint64]


def copy_tests(rows: Whole, residuals: Numbers, lines: Sequence[int]) -> Iterator[Tested | Untested]:
    """Yield the tests; ``rows`` (n, P) and ``residuals`` of each point by the others in steps, ``lines`` of the file."""
    factors = _factors(rows.shape[1])
    hashes = _hashes(rows, factors)
    values, counts = np.unique(hashes, return_counts=True)
    equal = float(np.sum(counts * (counts - 1.0)) / 2)
    yield _block(hashes, equal, lines)
    scatter = min(spread(residuals[:, at]) for at in range(residuals.shape[1]))
    if scatter < _FINEST:
        yield Untested(REPEATED, "分辨力比各点的分散粗，整行相同不足为奇。")
        return
    near = _neighbours(values, counts, factors)
    yield _repeated(equal, near, scatter, rows.shape[1], int(np.max(counts)))


def _block(hashes: Hashes, equal: float, lines: Sequence[int]) -> Tested:
    n = len(hashes)
    pairs = n * (n - 1) / 2
    locally = max(
        float(np.mean(hashes[lag:] == hashes[:-lag])) for lag in range(1, min(_NEAR_LAGS, n - 1) + 1)
    )
    frequency = min(max(equal / pairs, 1 / pairs, locally), 1.0)
    length, first, second = _longest_run(hashes)
    p_value = 1.0
    if length >= _FEWEST_RUN:
        p_value = float(min(1.0, pairs * frequency**length))
    text = f"第 {lines[first]} 行起连续 {length} 台的误差与第 {lines[second]} 行起的 {length} 台逐点完全相同，像是整段复制。"
    figures = {"length": length, "first_line": lines[first], "second_line": lines[second]}
    return Tested(BLOCK, p_value, text, None, figures)


def _repeated(equal: float, near: float, scatter: float, points: int, most: int) -> Tested:
    factor = _SLACK * float(np.exp(-1 / (4 * scatter**2)))
    share = 1 / (1 + 2 * points * factor)
    total = equal + near
    p_value = float(stats.binom.sf(equal - 1, total, share)) if equal >= 2 else 1.0  # noqa: PLR2004
    expected = near / (2 * points * factor)
    text = (
        f"有 {equal:.0f} 对不同的表误差逐点完全相同（同一行最多出现 {most} 次）；"
        f"按只差一个分度的 {near:.0f} 对推算，应约有 {expected:.1f} 对。"
    )
    figures = {"pairs": int(equal), "expected": round(expected, 2), "near": int(near), "most": most}
    return Tested(REPEATED, p_value, text, None, figures)


def _factors(points: int) -> Hashes:
    """Return odd factors of a linear hash: rows one step apart have hashes one factor apart."""
    made = np.random.default_rng(20260711).integers(0, 2**63, size=points, dtype=np.uint64)
    return (made << np.uint64(1)) | np.uint64(1)


def _hashes(rows: Whole, factors: Hashes) -> Hashes:
    hashes: Hashes = (rows.astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    return hashes


def _neighbours(values: Hashes, counts: Whole, factors: Hashes) -> float:
    """Return how many pairs of rows differ by one step at one point."""
    total = 0.0
    for factor in factors:
        wanted = values + factor
        at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
        found = values[at] == wanted
        total += float(np.sum(counts[found].astype(np.float64) * counts[at[found]]))
    return total


def _longest_run(hashes: Hashes) -> tuple[int, int, int]:
    """Return the length of the longest run that occurs twice without overlap, and where both begin."""
    n = len(hashes)
    best = (0, 0, 0)
    low, high = 1, n // 2
    while low <= high:
        length = (low + high) // 2
        found = _run_of(hashes, length)
        if found is None:
            high = length - 1
        else:
            best, low = (length, *found), length + 1
    return best


def _run_of(hashes: Hashes, length: int) -> tuple[int, int] | None:
    """Return where two runs of this length that do not overlap begin; the earliest and the latest of one kind."""
    windows = _windows(hashes, length)
    order = np.argsort(windows, kind="stable")
    ordered = windows[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)] - 1
    first, last = order[starts], order[ends]
    apart = np.flatnonzero(last - first >= length)
    if not len(apart):
        return None
    at = apart[np.argmin(first[apart])]
    return int(first[at]), int(last[at])


def _windows(hashes: Hashes, length: int) -> Hashes:
    """Return a hash of each run of this length, made of runs whose lengths are powers of two."""
    windows = np.zeros(len(hashes) - length + 1, dtype=np.uint64)
    power, span, offset, rest = 1, hashes, 0, length
    step = _BASE
    while rest:
        size = len(hashes) - len(span) + 1
        if rest & 1:
            windows += np.uint64(power) * span[offset : offset + len(windows)]
            power, offset = power * step & _WORD, offset + size
        rest >>= 1
        if rest:
            span = span[: len(span) - size] + np.uint64(step) * span[size:]
            step = step * step & _WORD
    return windows
