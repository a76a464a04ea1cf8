"""Monte Carlo in time and memory, and a calibration of 1,000 points against its peers.

    python benchmarks/uncertainty.py [--trials 10000000] [--points 1000] [--only trials|points]

Claims: 10,000,000 trials of a five-input model within 1.5 s and 300 MB on two cores.  Each line is a process of its
own, so that each peak is its own: "s" is importing the package, reading the model and sampling, "process s" includes
starting Python, "CPU s" is the processor time of both threads, which a busy machine changes less.  "numpy, all at
once" is what one writes without blocks; it draws the same number of values.

The calibration evaluates one formula of five inputs at many points, with value, standard uncertainty, effective
degrees of freedom, expanded uncertainty and the whole budget of each.  GTC and `uncertainties` do it point by point
(`uncertainties` knows no degrees of freedom); the plain numpy Monte Carlo makes 100,000 trials of each point for a
value and a standard uncertainty.  Values and uncertainties are compared before a time is printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MASS = """\
title: 100 g weight, JCGM 101:2008, 9.3
inputs:
  mR: {value: 100000, std: 0.05, unit: mg}
  dm: {value: 1.234, std: 0.02, unit: mg}
  ra: {lower: 1.1, upper: 1.3, unit: kg/m3}
  rW: {lower: 7000, upper: 9000, unit: kg/m3}
  rR: {lower: 7950, upper: 8050, unit: kg/m3}
model: m = (mR + dm)*(1 + (ra - 1.2)*(1/rW - 1/rR)) - 100000
"""
NORMAL = """\
title: the artificial problem of JCGM 101:2008, 7.8.3
inputs:
  a: {value: 1, std: 0.1}
  b: {value: 1, std: 0.1}
  c: {value: 1, std: 0.1}
  d: {value: 1, std: 0.1}
  e: {value: 1, std: 0.1}
model: y = cos(a) + sin(b) + atan(c) + exp(d) + e^(1/3)
"""
READINGS = """\
title: every input from few readings
inputs:
  a: {value: 1, std: 0.1, dof: 4}
  b: {value: 1, std: 0.1, dof: 5}
  c: {value: 1, std: 0.1, dof: 6}
  d: {value: 1, std: 0.1, dof: 7}
  e: {value: 1, std: 0.1, dof: 8}
model: y = a*b/c + d*e
"""
MODELS = {"mass": MASS, "normal": NORMAL, "t": READINGS}
REPEATS = 5
PLAIN_TRIALS = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10_000_000)
    parser.add_argument("--points", type=int, default=1_000)
    parser.add_argument("--only", choices=["trials", "points"])
    given = parser.parse_args()
    if given.only != "points":
        measure_trials(given.trials)
    if given.only != "trials":
        measure_points(given.points)


# Trials


def measure_trials(trials: int) -> None:
    print(f"{trials:,} trials, one output, five inputs")
    print(f"{'what':<46}{'s':>8}{'CPU s':>8}{'process s':>11}{'peak MB':>9}  u", flush=True)
    for name in MODELS:
        for threads in (2, 1):
            _alone(f"{name}, {threads} thread{'s' * (threads > 1)}", _sample, name, trials, threads)
    _alone("mass, numpy, all at once", _plain, "mass", trials, 1)
    for name in ("mass", "normal"):
        _command(name, trials)


def _alone(what: str, work: Callable[..., float], *arguments: Any) -> None:
    """Run in a process of its own and print."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    begin = time.perf_counter()
    child = context.Process(target=_measured, args=(sender, work, *arguments))
    child.start()
    u, spent, used, peak = receiver.recv()
    child.join()
    total = time.perf_counter() - begin
    print(f"{what:<46}{spent:>8.2f}{used:>8.2f}{total:>11.2f}{peak:>9.0f}  {u:.5g}", flush=True)


def _measured(sender: Any, work: Callable[..., float], *arguments: Any) -> None:
    begin, processor = time.perf_counter(), time.process_time()
    u = work(*arguments)
    spent, used = time.perf_counter() - begin, time.process_time() - processor
    sender.send((u, spent, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6))


def _sample(name: str, trials: int, threads: int) -> float:
    from quanheng.kernels.uncertainty.monte_carlo import sample
    from quanheng.kernels.uncertainty.read import load_model

    return sample(load_model(MODELS[name]), trials, threads=threads)[0].outputs[0].standard_uncertainty


def _plain(_name: str, trials: int, _threads: int) -> float:
    generator = np.random.default_rng(1)
    m_r = generator.normal(100000, 0.05, trials)
    dm = generator.normal(1.234, 0.02, trials)
    ra = generator.uniform(1.1, 1.3, trials)
    r_w = generator.uniform(7000, 9000, trials)
    r_r = generator.uniform(7950, 8050, trials)
    m = np.sort((m_r + dm) * (1 + (ra - 1.2) * (1 / r_w - 1 / r_r)) - 100000)
    inside = int(0.95 * trials)
    np.argmin(m[inside:] - m[: trials - inside])
    return float(m.std(ddof=1))


def _command(name: str, trials: int) -> None:
    """Run the command as a user does; its peak is read by a shell of Python around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.yaml"
        path.write_text(MODELS[name], encoding="utf-8")
        command = [sys.executable, "-m", "quanheng.cli.main", "uncertainty", "eval", str(path)]
        around = (
            "import resource, subprocess, sys;"
            "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        begin = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", around, *command, "--monte-carlo", str(trials), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        spent = time.perf_counter() - begin
    what = f"{name}, the command"
    if run.returncode:
        print(f"{what:<46}  {run.stderr.strip().splitlines()[-1]}")
        return
    print(f"{what:<46}{'':>16}{spent:>11.2f}{int(run.stdout) * 1024 / 1e6:>9.0f}")


# Points


def measure_points(points: int) -> None:
    """Print the median time of each and its ratio to ours; every round runs all of them."""
    from quanheng.kernels.uncertainty.combine import evaluate
    from quanheng.kernels.uncertainty.monte_carlo import sample

    nominal = np.linspace(0.5, 100.0, points)
    model = _calibration(nominal)
    runs: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
        "quanheng, GUM with budget": lambda: _ours(evaluate(model)),
        "GTC, with budget": lambda: _gtc(nominal),
        "uncertainties, with budget": lambda: _uncertainties(nominal),
        "quanheng, Monte Carlo, intervals, histogram": lambda: _sampled(sample(model, PLAIN_TRIALS)),
        "plain numpy Monte Carlo, u only": lambda: _plain_points(nominal),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    found = {}
    for _ in range(REPEATS):
        for name, run in runs.items():
            begin = time.perf_counter()
            found[name] = run()
            times[name].append(time.perf_counter() - begin)
    value, u = found["quanheng, GUM with budget"]
    base = statistics.median(times["quanheng, GUM with budget"])
    print(f"\n{points:,} points of one calibration, five inputs, median of {REPEATS}")
    print(f"{'what':<46}{'ms':>10}{'ratio':>9}  largest relative difference of value, of u")
    for name, (other_value, other_u) in found.items():
        apart = [np.max(np.abs(a / b - 1)) for a, b in ((other_value, value), (other_u, u))]
        taken = statistics.median(times[name])
        print(f"{name:<46}{taken * 1000:>10.1f}{taken / base:>9.1f}  {apart[0]:.1e}, {apart[1]:.1e}")


def _calibration(nominal: np.ndarray) -> Any:
    from quanheng.kernels.uncertainty.read import read_model

    return read_model(
        {
            "constants": {"m0": nominal.tolist()},
            "inputs": {
                "reading": {"value": (nominal + 0.01).tolist(), "std": 0.002, "dof": 9},
                "resolution": {"value": 0, "half_width": 0.005},
                "standard": {"value": nominal.tolist(), "std": 0.0015},
                "air": {"value": 1.2, "half_width": 0.05},
                "density": {"value": 7950, "std": 70, "dof": 50},
            },
            "model": "e = (reading + resolution) / (standard * (1 - air*(1/density - 1/8000)))",
        }
    )


def _ours(result: Any) -> tuple[np.ndarray, np.ndarray]:
    output = result.outputs[0]
    return output.value, output.standard_uncertainty


def _sampled(sampled: Any) -> tuple[np.ndarray, np.ndarray]:
    outputs = [each.outputs[0] for each in sampled]
    return np.array([each.estimate for each in outputs]), np.array(
        [each.standard_uncertainty for each in outputs]
    )


def _gtc(nominal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from GTC import reporting, type_b, ureal

    found = []
    for point in nominal:
        reading = ureal(point + 0.01, 0.002, 9, label="reading")
        resolution = ureal(0, type_b.uniform(0.005), label="resolution")
        standard = ureal(point, 0.0015, label="standard")
        air = ureal(1.2, type_b.uniform(0.05), label="air")
        density = ureal(7950, 70, 50, label="density")
        e = (reading + resolution) / (standard * (1 - air * (1 / density - 1 / 8000)))
        reporting.budget(e)
        _ = reporting.k_factor(e.df) * e.u
        found.append((e.x, e.u))
    values = np.array(found)
    return values[:, 0], values[:, 1]


def _uncertainties(nominal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from uncertainties import ufloat

    found = []
    for point in nominal:
        reading = ufloat(point + 0.01, 0.002)
        resolution = ufloat(0, 0.005 / 3**0.5)
        standard = ufloat(point, 0.0015)
        air = ufloat(1.2, 0.05 / 3**0.5)
        density = ufloat(7950, 70)
        e = (reading + resolution) / (standard * (1 - air * (1 / density - 1 / 8000)))
        e.error_components()
        found.append((e.nominal_value, e.std_dev))
    values = np.array(found)
    return values[:, 0], values[:, 1]


def _plain_points(nominal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    found = []
    for point in nominal:
        reading = point + 0.01 + 0.002 * generator.standard_t(9, PLAIN_TRIALS)
        resolution = generator.uniform(-0.005, 0.005, PLAIN_TRIALS)
        standard = generator.normal(point, 0.0015, PLAIN_TRIALS)
        air = generator.uniform(1.15, 1.25, PLAIN_TRIALS)
        density = 7950 + 70 * generator.standard_t(50, PLAIN_TRIALS)
        e = (reading + resolution) / (standard * (1 - air * (1 / density - 1 / 8000)))
        found.append((e.mean(), e.std(ddof=1)))
    values = np.array(found)
    return values[:, 0], values[:, 1]


if __name__ == "__main__":
    main()
