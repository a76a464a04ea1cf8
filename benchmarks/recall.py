"""Recall of 100,000 certificates, in time and memory, against plain Monte Carlo of equal accuracy.

    python benchmarks/recall.py [--certificates 100000] [--points 5]

Claim: 100,000 certificates within 10 s.  Each line is a process of its own, so that each peak is its own: "s" is
importing the package, making the records and computing, "recall s" the computation alone.  All verdicts are within
reach of the drift (none is settled by its distance from the limits alone), a reference passes its drift down to
the working standard, and the number of flips has its interval.

Plain Monte Carlo is what one writes with numpy for one standard: draw the deviation of the day, correct all
readings, compare, count.  10,000 trials give a probability a standard deviation of up to 0.005, far more than
the error of ours; it gives no interval of the number of flips.  Probabilities are compared before a time is
printed.  "the command" reads a CSV file and prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TRIALS = 10_000
STANDARDS = """\
population: {mean: 0, sd: 0.6, correlation: 0.3}
standards:
  R:
    diffusion: 0.2
    calibrations:
      - {date: 2024-01-01, standard_uncertainty: 0.02}
      - {date: 2026-03-11, found: 0.3, standard_uncertainty: 0.02}
  W:
    diffusion: 0.1
    calibrations:
      - {date: 2024-04-10, standard_uncertainty: 0.03, by: R}
      - {date: 2026-06-19, found: 0.2, standard_uncertainty: 0.03}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--certificates", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=5)
    given = parser.parse_args()
    size = (given.certificates, given.points)
    print(f"{size[0]:,} certificates of {size[1]} points")
    print(f"{'what':<52}{'recall s':>9}{'s':>8}{'peak MB':>9}  expected flips, interval")
    _alone("one standard, closed form", _ours, *size, 1, "")
    _alone("one standard, population known", _ours, *size, 1, "population")
    _alone("one standard, jump at an unknown time", _ours, *size, 1, "step")
    _alone("two standards, quadrature", _ours, *size, 2, "")
    _alone(f"one standard, plain numpy, {TRIALS:,} trials", _plain, *size)
    _command(*size)


def _alone(what: str, work: Callable[..., tuple[float, str]], *arguments: Any) -> None:
    """Run in a process of its own and print."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measured, args=(sender, work, *arguments))
    child.start()
    taken, said, spent, peak = receiver.recv()
    child.join()
    print(f"{what:<52}{taken:>9.2f}{spent:>8.2f}{peak:>9.0f}  {said}", flush=True)


def _measured(sender: Any, work: Callable[..., tuple[float, str]], *arguments: Any) -> None:
    begin = time.perf_counter()
    taken, said = work(*arguments)
    spent = time.perf_counter() - begin
    sender.send((taken, said, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6))


def _content() -> Any:
    from quanheng.kernels.traceability import load_standards

    return load_standards(STANDARDS.encode())[0]


def _verdicts(certificates: int, points: int, standards: int) -> Any:
    from quanheng.kernels.traceability import Verdicts

    generator = np.random.default_rng(1)
    count = certificates * points
    error = generator.normal(0, 0.6, count)
    first = np.arange(certificates) * points
    begin = _content().histories[1].calibrations[0].day
    return Verdicts(
        [str(at) for at in range(certificates)],
        generator.integers(begin + 20, begin + 680, certificates),
        np.logical_and.reduceat(np.abs(error) <= 1, first),
        np.tile(np.array([1, 0][:standards]), (certificates, 1)),
        first,
        error,
        np.full(count, -1.0),
        np.full(count, 1.0),
        -generator.uniform(0.7, 1.0, (count, standards)),
        np.full(count, 0.05),
    )


def _ours(certificates: int, points: int, standards: int, kind: str) -> tuple[float, str]:
    from dataclasses import replace

    from quanheng.kernels.traceability import Course, recall

    content, verdicts = _content(), _verdicts(certificates, points, standards)
    histories = content.histories
    if kind == "step":
        first, last = histories[0].calibrations
        histories[0] = replace(histories[0], calibrations=(first, replace(last, course=Course.STEP)))
    begin = time.perf_counter()
    found = recall(histories, verdicts, population=content.population if kind == "population" else None)
    taken = time.perf_counter() - begin
    assert found.flips_interval is not None
    low, high = found.flips_interval
    return taken, f"{found.expected_flips:,.0f}, {low:,}–{high:,} of {found.draws} draws"


def _plain(certificates: int, points: int) -> tuple[float, str]:
    from quanheng.kernels.traceability import recall
    from quanheng.kernels.traceability.histories import Deviations
    from quanheng.kernels.traceability.recall import _places

    histories, verdicts = _content().histories, _verdicts(certificates, points, 1)
    exact = recall(histories, verdicts, draws=0).flip_probability
    places, uses = _places(verdicts)
    law = Deviations(histories, places).moments(0, uses)
    mean, sd = law.mean[:, 0], np.sqrt(law.covariance[:, 0, 0])
    generator = np.random.default_rng(2)
    begin = time.perf_counter()
    flips = np.zeros(certificates)
    for _ in range(TRIALS):
        deviation = mean + sd * generator.standard_normal(certificates)
        corrected = verdicts.error + verdicts.sensitivity[:, 0] * np.repeat(deviation, points)
        inside = (np.abs(corrected) <= 1).reshape(certificates, points).all(axis=1)
        flips += inside != verdicts.passed
    taken = time.perf_counter() - begin
    apart = np.abs(flips / TRIALS - exact).max()
    return taken, f"{flips.sum() / TRIALS:,.0f}; largest difference of a probability {apart:.4f}"


def _command(certificates: int, points: int) -> None:
    """Run the command as a user does; its peak is read by a shell of Python around it."""
    from datetime import date

    verdicts = _verdicts(certificates, points, 1)
    with tempfile.TemporaryDirectory() as folder:
        standards, rows = Path(folder) / "standards.yaml", Path(folder) / "rows.csv"
        standards.write_text(STANDARDS, encoding="utf-8")
        with rows.open("w", encoding="utf-8") as file:
            file.write("number,date,passed,error,mpe,standard_uncertainty,standards\n")
            for at, error in enumerate(verdicts.error.tolist()):
                of = at // points
                day, passed = date.fromordinal(int(verdicts.day[of])), str(bool(verdicts.passed[of])).lower()
                file.write(f"{of},{day},{passed},{error:.6f},1,0.05,W\n")
        command = [
            sys.executable,
            "-m",
            "quanheng.cli.main",
            "traceability",
            "recall",
            str(standards),
            str(rows),
        ]
        around = (
            "import json, resource, subprocess, sys;"
            "run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True);"
            "n = len(json.loads(run.stdout)['ranking']);"
            "print(json.dumps([n, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))"
        )
        begin = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", around, *command, "--json"], capture_output=True, text=True, check=True
        )
        spent = time.perf_counter() - begin
    count, peak = json.loads(run.stdout)
    print(
        f"{'the command, CSV to JSON':<52}{'':>9}{spent:>8.2f}{peak * 1024 / 1e6:>9.0f}  {count:,} rows ranked"
    )


if __name__ == "__main__":
    main()
