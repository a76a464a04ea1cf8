"""Acceptance sampling: exactness against scipy and whole numbers, and time.  `python benchmarks/sampling.py`."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np
from scipy import stats

from quanheng.kernels.sampling.characteristic import acceptance_curve, acceptance_of_lots
from quanheng.kernels.sampling.design import design_double, design_sequential, design_single
from quanheng.kernels.sampling.draw import draw
from quanheng.kernels.sampling.plans import double, single

RISKS = {"limiting_quality": 0.08, "consumer_risk": 0.1, "producer_quality": 0.02, "producer_risk": 0.05}
CASES = [(1200, 96, 50, 1), (35_000, 2000, 200, 10), (10**6, 30_000, 500, 10), (10**6, 80_000, 800, 80)]


def timed(what: str, work: Callable[[], object]) -> None:
    started = time.perf_counter()
    work()
    print(f"{what}: {1000 * (time.perf_counter() - started):.1f} ms")


def main() -> None:
    worst = ours = 0.0
    for size, bad, n, c in CASES:
        ways = sum(comb(bad, d) * comb(size - bad, n - d) for d in range(c + 1))
        exact = float(Fraction(ways, comb(size, n)))
        ours = max(ours, abs(acceptance_of_lots(single(n, c), [bad], size)[0] / exact - 1))
        worst = max(worst, abs(stats.hypergeom.cdf(c, size, bad, n) / exact - 1))
    print(f"largest relative error of P(accept): {ours:.1e}; scipy.stats.hypergeom: {worst:.1e}")
    p = np.linspace(0, 0.2, 1000)
    timed(
        "curve of 1,000 points, single plan, lot of 35,000",
        lambda: acceptance_curve(single(200, 10), p, 35_000),
    )
    timed(
        "curve of 1,000 points, double plan, lot of 35,000",
        lambda: acceptance_curve(double(80, 3, 7, 80, 8), p, 35_000),
    )
    plan = design_sequential(**RISKS)
    timed("curve of 1,000 points, sequential plan", lambda: acceptance_curve(plan, p))
    timed("single plan of both risks, lot of 1,000,000", lambda: design_single(10**6, **RISKS))
    close = RISKS | {"limiting_quality": 0.01, "producer_quality": 0.005}
    timed("single plan of close risks (n ≈ 3,000), lot of 1,000,000", lambda: design_single(10**6, **close))
    timed("double plan, lot of 1,000,000", lambda: design_double(10**6, **RISKS))
    serials = [str(number) for number in range(100_000)]
    timed("draw from 100,000 meters", lambda: draw(serials, "0f" * 32))


if __name__ == "__main__":
    main()
