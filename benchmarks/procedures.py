"""Judging 100,000 instruments by one regulation, with every point of every result read out.

    python benchmarks/procedures.py [--instruments 100000]

Claim: 100,000 instruments judged in at most 20 s.  Each has eight weighings, three repeated ones and four off the
centre by JJG 539-2016, or six deliveries by JJG 443; a part of them fails.  "judged" is the engine: errors, limits,
uncertainty, probability of conformity, verdict; "read out" makes Python values of every point, reason and note.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date

import numpy as np

from quanheng.kernels.procedures import (
    About,
    Judgement,
    Procedure,
    Sheet,
    Stage,
    judge,
    packaged_procedures,
    rows_of,
)

ON = date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=100_000)
    size = parser.parse_args().instruments
    start = time.perf_counter()
    library = packaged_procedures()
    print(f"{len(library.procedures)} files read in {time.perf_counter() - start:.2f} s")
    print(f"{'what':<24}{'rows':>10}{'judged s':>10}{'read out s':>12}{'peak MiB':>10}  verdicts")
    _measure("price scales", library.find("price_scale", ON), size, _scales)
    _measure("fuel dispensers", library.find("fuel_dispenser", ON), size, _dispensers)
    _measure("price scales, one by one", library.find("price_scale", ON), min(size, 200), _scales, alone=True)


def _measure(
    name: str,
    procedure: Procedure,
    size: int,
    make: Callable[[Procedure, int, np.random.Generator], Sheet],
    *,
    alone: bool = False,
) -> None:
    generator = np.random.default_rng(20261123)
    sheets = (
        [make(procedure, 1, generator) for _ in range(size)] if alone else [make(procedure, size, generator)]
    )
    rows = sum(len(rows.owner) for sheet in sheets for rows in sheet.tests.values())
    start = time.perf_counter()
    judgements = [judge(procedure, sheet, Stage.FIRST) for sheet in sheets]
    judged = time.perf_counter() - start
    start = time.perf_counter()
    for judgement in judgements:
        _read_out(judgement)
    read = time.perf_counter() - start
    outcomes = np.concatenate([judgement.outcomes for judgement in judgements])
    counts = "/".join(str(int(np.sum(outcomes == code))) for code in (1, 0, 2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<24}{rows:>10}{judged:>10.2f}{read:>12.2f}{peak:>10.0f}  {counts} passed/rejected/open")


def _read_out(judgement: Judgement) -> None:
    for at in range(judgement.sheet.size):
        for _ in judgement.points(at):
            pass
        judgement.decided_by(at)
        judgement.unconfirmed(at)
        for about in About:
            judgement.said(at, about)


def _scales(procedure: Procedure, size: int, generator: np.random.Generator) -> Sheet:
    e = generator.choice([1.0, 2.0, 5.0], size)
    n = generator.choice([2000.0, 3000.0, 6000.0], size)
    shares = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])

    def rows(loads: np.ndarray, each: int) -> dict[str, np.ndarray]:
        step = np.repeat(e, each)
        indication = loads + step * np.round(generator.normal(0, 0.25, len(loads)))
        return {
            "load": loads,
            "indication": indication,
            "added": generator.integers(4, 7, len(loads)) * 0.1 * step,
        }

    def test(loads: np.ndarray) -> object:
        owner = np.repeat(np.arange(size), loads.shape[1])
        return rows_of(owner, rows(loads.ravel(), loads.shape[1]))

    top = (n * e)[:, None]
    weighings = np.round(shares * n[:, None]) * e[:, None]
    tests = {
        "weighing": test(weighings),
        "repeatability": test(np.repeat(top * 0.5, 3, axis=1)),
        "eccentricity": test(np.repeat(np.round(n / 3)[:, None] * e[:, None], 4, axis=1)),
    }
    return Sheet(
        size,
        instrument={"class": np.zeros(size, dtype=np.int16), "e": e, "max": n * e},
        tests=tests,
        checks={name: np.ones(size, dtype=np.int16) for name in procedure.checks},
    )


def _dispensers(procedure: Procedure, size: int, generator: np.random.Generator) -> Sheet:
    owner = np.repeat(np.arange(size), 6)
    reference = np.full(len(owner), 20.0)
    columns = {
        "flow": np.tile(np.array([0, 0, 0, 1, 1, 1], dtype=np.int16), size),
        "indication": np.round(reference + generator.normal(0.01, 0.004, len(owner)), 2),
        "reference": reference,
        "t_dispenser": generator.normal(22, 0.2, len(owner)).round(1),
        "t_measure": generator.normal(22, 0.2, len(owner)).round(1),
    }
    return Sheet(
        size,
        tests={"delivery": rows_of(owner, columns)},
        checks={name: np.ones(size, dtype=np.int16) for name in procedure.checks},
    )


if __name__ == "__main__":
    main()
