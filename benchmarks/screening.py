"""How often the screening of factory data errs: false alarms on honest files, findings on manipulated ones.

python benchmarks/screening.py [--files 400]

Everything is invented (kernels/screening/simulate.py), from fixed seeds: the table is the same everywhere.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

from quanheng.kernels.screening import ScreenedPoint, Screening, screen
from quanheng.kernels.screening.simulate import MANIPULATIONS, WIDE, honest

LIMITS = np.full(6, 2.0)
POINTS = [ScreenedPoint(str(at), 2.0, 0.2) for at in range(6)]
METERS = (100, 1000, 5000)
PLANTED = 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=400, help="honest files of each size")
    files = parser.parse_args().files
    begun = time.perf_counter()
    print("| meters | honest files | with a finding | upper 95 % |")
    print("|---|---|---|---|")
    for meters in METERS:
        count = files if meters < METERS[-1] else max(files // 4, 1)
        wrong = sum(bool(_honest(seed, meters).leads) for seed in range(count))
        print(f"| {meters} | {count} | {wrong} | {100 * _upper(wrong, count):.1f} % |")
    print("\n| manipulation | " + " | ".join(f"found, {meters} meters" for meters in METERS) + " | by |")
    print("|---|" + "---|" * (len(METERS) + 1))
    for name in MANIPULATIONS:
        cells, codes = [], Counter[str]()
        for meters in METERS:
            reports = [_planted(name, seed, meters) for seed in range(PLANTED)]
            cells.append(f"{sum(bool(report.leads) for report in reports)}/{PLANTED}")
            for report in reports:
                codes.update({lead.code for lead in report.leads})
        by = ", ".join(code for code, _count in codes.most_common(2))
        print(f"| {name} | {' | '.join(cells)} | {by} |")
    print(f"\n{time.perf_counter() - begun:.0f} s")


def _honest(seed: int, meters: int) -> Screening:
    rng = np.random.default_rng([seed, meters])
    return screen(honest(rng, meters, LIMITS, is_capable=seed % 2 == 0), POINTS)


def _planted(name: str, seed: int, meters: int) -> Screening:
    rng = np.random.default_rng([seed, meters, 7])
    errors = honest(rng, meters, LIMITS, is_capable=name not in WIDE)
    return screen(MANIPULATIONS[name](rng, errors, LIMITS), POINTS)


def _upper(found: int, count: int) -> float:
    """Return the upper limit of a proportion (Clopper and Pearson, one-sided 95 %)."""
    from scipy import stats

    return float(stats.beta.ppf(0.95, found + 1, count - found)) if found < count else 1.0


if __name__ == "__main__":
    main()
