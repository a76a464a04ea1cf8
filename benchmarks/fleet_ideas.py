"""Claim: each part of the estimator earns its place; one table for each idea, with it and with what stood there before.

    python benchmarks/fleet_ideas.py                    # all tables, about five minutes
    python benchmarks/fleet_ideas.py --idea slack       # one; --list names them
    python benchmarks/fleet_ideas.py --quick            # three cases a table

The product has no switches: parts of the kernel are replaced here, for the time of one estimate.
"Judged" are meters with a verdict; RMSE, bias and cover (of 95 % intervals) are those of judged meters, "worst" is
the cover of the worst case with 30 of them; "median u" is the standard uncertainty over all meters.  "Large" are meters wrong by twice the tolerance with 0.3 of a mean load.
Cases: those of fleet_accuracy, further ones are named where they are made.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

import quanheng.kernels.fleet.estimate as estimating
from fleet_accuracy import COVERAGE, ROOT, Case
from fleet_accuracy import _case as scored_case
from fleet_cases import MIXED
from fleet_cases import PLAIN as SIMULATED
from fleet_cases import cases as simulated_cases
from fleet_ideas_parts import (
    bands_of,
    by_expectation_propagation,
    few_loads,
    loads_only,
    on_the_masters_readings,
    one_kind,
    phases_by_regression,
    slack_in_columns,
    without_own_loss,
    without_rounding,
)
from quanheng.fleet.store import read_area
from quanheng.kernels.fleet import (
    assemble,
    diagnose,
    gram,
    mixture,
    phases,
    posterior,
    prepare,
    scan,
    voltage,
)
from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.results import OUT_OF_TOLERANCE, UNDETERMINED, AreaEstimate
from quanheng.kernels.fleet.simulate import FAULTS, NO_VOLTAGE, Scenario, simulate

Patch = tuple[Any, str, Any]  # a module or class, a name in it, what to put there

PLAIN = (
    *("S1-plain", "S2-plain", "plain-a", "S6-rooftop-pv", "plain-c", "days-30", "minutes-60", "loss-2"),
    *("meters-50", "three-phase", "many-wrong"),
)
BARE = (
    "S1-plain, no voltages",
    "S2-plain, no voltages",
    "S3-no-voltage",
    "no-voltage",
    "no-voltage-60-minutes",
)
GAPS = ("gaps-1", "gaps-2", "gaps-3", "solar-and-gaps", "S5-messy")
WHOLE = ("whole-1", "whole-2", "whole-3")
WIRED = ("S6-rooftop-pv", "S5-messy", "wrong-phase", *PLAIN[:3], "messy", "loss-2", "three-phase")
USUAL = ("S1-plain", "S2-plain", *(name for name, values in SIMULATED.items() if "faults" not in values))
ROUTINE = tuple(f"sixty-days-{number:02d}" for number in range(20))
FAULTY = (
    *("S4-theft", "S5-messy", "S6-rooftop-pv", "S7-missing-meter", *MIXED),
    *(fault.replace("_", "-") for fault in FAULTS if fault != NO_VOLTAGE),
)
LARGE, LOADED = 2.0, 0.3  # tolerances; share of a mean load
ENOUGH = 30  # judged meters of a case whose cover is told


@dataclass(frozen=True, slots=True)
class Idea:
    """One question, the cases that it is put to, and what replaces what in each variant."""

    question: str
    cases: tuple[str, ...]
    variants: Mapping[str, list[Patch]]


@dataclass(frozen=True, slots=True)
class Setting:
    """A case, and the meters whose phase is recorded wrongly in it."""

    case: Case
    misplaced: frozenset[str]


@dataclass(slots=True)
class Tally:
    """What is counted over the cases of one variant."""

    meters: int = 0
    judged: int = 0
    squares: float = 0.0
    bias: float = 0.0
    inside: int = 0
    worst: float = 1.0
    large: int = 0
    found: int = 0
    accused: int = 0
    good: int = 0
    misplaced: int = 0
    put_right: int = 0
    put_wrong: int = 0
    seconds: float = 0.0
    doubts: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, one: Setting, answer: AreaEstimate, seconds: float) -> None:
        """Count one case."""
        case = one.case
        status = np.array(answer.meter_status, dtype=object)
        miss = answer.error_percent - case.error_percent
        judged = np.isfinite(miss) & (status != UNDETERMINED)
        inside = judged & (np.abs(miss) <= COVERAGE * answer.standard_uncertainty_percent)
        answered = np.isfinite(answer.standard_uncertainty_percent)
        used = np.nansum(np.abs(case.area.energy), axis=1)
        loaded = used >= LOADED * used.mean()
        with np.errstate(invalid="ignore"):
            large = case.wrong & loaded & (np.abs(case.error_percent) >= LARGE * case.area.mpe_percent)
        named = status == OUT_OF_TOLERANCE
        self.meters += case.area.n
        self.judged += int(judged.sum())
        self.squares += float((miss[judged] ** 2).sum())
        self.bias += float(miss[judged].sum())
        self.inside += int(inside.sum())
        if judged.sum() >= ENOUGH:
            self.worst = min(self.worst, float(inside.sum() / judged.sum()))
        self.large += int(large.sum())
        self.found += int((large & named).sum())
        self.accused += int((named & case.good).sum())
        self.good += int(case.good.sum())
        moved = {finding.meter_id for finding in answer.findings if finding.code == "wrong_phase"}
        self.misplaced += len(one.misplaced)
        self.put_right += len(moved & one.misplaced)
        self.put_wrong += len(moved - one.misplaced)
        self.seconds += seconds
        if answered.any():
            self.doubts.append(answer.standard_uncertainty_percent[answered])

    def cells(self) -> dict[str, str]:
        """Return the cells of a markdown row by their heading."""
        count = max(self.judged, 1)
        return {
            "judged": f"{self.judged} of {self.meters}",
            "median u [%]": f"{np.median(np.concatenate(self.doubts)):.2f}" if self.doubts else "–",
            "RMSE [%]": f"{np.sqrt(self.squares / count):.2f}",
            "bias [%]": f"{self.bias / count:+.2f}",
            "covers": f"{100 * self.inside / count:.1f} %",
            "worst": f"{100 * self.worst:.0f} %",
            "large found": f"{self.found} of {self.large}",
            "accused": f"{self.accused} of {self.good}",
            "s": f"{self.seconds:.1f}",
        }

    def phase_cells(self) -> dict[str, str]:
        """Return the cells for phases."""
        return {
            "wrong phases put right": f"{self.put_right} of {self.misplaced}",
            "right phases put wrong": f"{self.put_wrong} of {self.meters - self.misplaced}",
        }


def ideas() -> dict[str, Idea]:
    """Return the ideas by name."""
    unchecked = (diagnose, "slow_residual", lambda *_: 0.0)
    as_it_is: dict[str, list[Patch]] = {"as it is": []}
    return {
        "usual": Idea("areas without faults, all kinds", USUAL, as_it_is),
        "routine": Idea("20 areas of 120 meters, 60 days of quarters of an hour", ROUTINE, as_it_is),
        "faulty": Idea("areas with faults", FAULTY, as_it_is),
        "spectrum": Idea(
            "one noise variance a band of frequencies",
            PLAIN,
            {
                "six bands, register noise in the shape": [],
                "six bands, white": [*_bands(6, shaped=False), unchecked],
                "one band, register noise in the shape": [*_bands(1, shaped=True), unchecked],
                "one band, white: ordinary least squares": [*_bands(1, shaped=False), unchecked],
            },
        ),
        "ratio": Idea(
            "voltage ratio at zero load from a regression on every load",
            PLAIN,
            {
                "every load": [],
                "phase totals and the own load": [(voltage, "_calibrated", few_loads)],
                "the regression instead of the measured ratio": [(voltage, "_calibrated", loads_only)],
            },
        ),
        "common": Idea(
            "noise of the master's voltage taken out",
            PLAIN,
            {"taken out": [], "left in": [(voltage, "_COMPANY", 10**9)]},
        ),
        "master": Idea(
            "the master's own error as a factor on the sum of the consumers",
            PLAIN,
            {
                "on the consumers' sum": [],
                "on the master's readings": [_balance(on_the_masters_readings(None))],
                "on the master's readings, prior 5 %": [_balance(on_the_masters_readings(0.05))],
            },
        ),
        "slack": Idea(
            "what the voltages leave of the loss, in the prior of each meter",
            (*PLAIN, "loss-3", "loss-4", "loss-5"),
            {
                "in the prior": [],
                "one more column a meter": [*_no_slack(), _balance(slack_in_columns)],
                "none": _no_slack(),
            },
        ),
        "mixture": Idea(
            "most meters good, few bad",
            PLAIN,
            {
                "mixture": [],
                "one Gaussian, width learned": one_kind(None),
                "one Gaussian, width of the tolerance": one_kind(1.0),
            },
        ),
        "search": Idea(
            "sets of suspects weighed against each other",
            (*PLAIN, *ROUTINE),
            {
                "search over sets": [],
                "expectation propagation": [(posterior, "explain", by_expectation_propagation)],
            },
        ),
        "caution": Idea(
            "noise taken for larger than the residual shows; a common error of good meters allowed for",
            PLAIN,
            {
                f"factor {factor}, common {common}": [
                    (estimating, "CAUTION", factor),
                    (mixture, "_COMMON", common),
                ]
                for common in (0.0, 0.04)
                for factor in (1.0, 1.3, 1.6, 2.0)
            },
        ),
        "rounding": Idea(
            "rounding of the registers taken out of the statistics (errors in variables)",
            PLAIN,
            {"left in": [], "taken out": [*_caught(), (assemble, "gram", without_rounding)]},
        ),
        "bare": Idea(
            "loss of consumers without voltages",
            BARE,
            {
                "common, own with the feeder, own service line": [],
                "common, own with the feeder": [_balance(without_own_loss(1))],
                "common, own service line": [_balance(without_own_loss(0))],
                "common only": [_balance(without_own_loss(0, 1))],
            },
        ),
        "gaps": Idea(
            "how far a bridged gap is trusted",
            GAPS,
            {
                "by how rough the readings are around it": [],
                "one variance a meter": [(prepare, "_ROUGHNESS", np.array([]))],
            },
        ),
        "no-gaps": Idea(
            "the first three areas of the table before, without gaps", WHOLE, {"as they are": []}
        ),
        "phases": Idea(
            "phases from the changes of the voltages",
            WIRED,
            {
                "correlation of changes": [],
                "regression of voltages": [(phases, "_likeness", phases_by_regression(changes=False))],
                "regression of changes": [(phases, "_likeness", phases_by_regression(changes=True))],
            },
        ),
    }


def _bands(number: int, *, shaped: bool) -> list[Patch]:
    found = lru_cache(bands_of(number, shaped=shaped))
    return [(module, "bands", found) for module in (gram, scan)]


def _balance(change: Callable[..., Any]) -> Patch:
    """Return the patch that lets ``change`` see the rows and what they were made from."""
    made = assemble.balance

    def changed(energy: Any, master: Any, referral: Any, wiring: Any, mpe: float, *rest: Any) -> Any:
        rows = made(energy, master, referral, wiring, mpe, *rest)
        return change(rows, energy, wiring)

    return (assemble, "balance", changed)


def _caught() -> list[Patch]:
    """Let the gram know how many of its rows are consumers."""

    def note(rows: Any, *_: Any) -> Any:
        without_rounding.consumers = rows.n
        return rows

    return [_balance(note)]


def _no_slack() -> list[Patch]:
    return [(mixture, "_SLACK", 0.0)]


@contextmanager
def replaced(patches: list[Patch]) -> Iterator[None]:
    """Put other parts into the kernel for a while; a name that is not there is an error."""
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    try:
        for owner, name, value in patches:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)


def gathered(names: set[str]) -> dict[str, Setting]:
    """Return the cases by name, those that are there."""
    made = dict(simulated_cases())
    shared = Path(os.environ.get("QUANHENG_SHARED", ROOT.parent / "shared")) / "data" / "fleet"
    found: dict[str, Setting] = {}
    for name in sorted(names):
        base, _, stripped = name.partition(",")
        if base.startswith(("gaps-", "whole-")):
            faults = ("missing_readings",) if base.startswith("gaps-") else ()
            made[base] = Scenario(seed=2100 + int(base[-1]), loss_percent=1.2, faults=faults)
        if base.startswith("sixty-days-"):
            made[base] = Scenario(seed=3000 + int(base[-2:]), meters=120, days=60)
        if base in made:
            area, true = simulate(made[base])
            truth: dict[str, Any] = true.to_json()
        elif (shared / base / "truth.json").is_file():
            area = read_area(shared / base).area
            truth = json.loads((shared / base / "truth.json").read_text(encoding="utf-8"))
        else:
            print(f"case {base} is not there: set QUANHENG_SHARED (looked in {shared})", file=sys.stderr)
            continue
        misplaced = frozenset(note["meter"] for note in truth["notes"] if note["kind"] == "wrong_phase")
        found[name] = Setting(scored_case(name, _bare(area) if stripped else area, truth), misplaced)
    return found


def _bare(area: Area) -> Area:
    nothing: list[NDArray[np.float32]] = [
        np.full_like(voltage, np.nan)
        for voltage in (area.master_voltage, area.voltage, area.three_phase_voltage)
    ]
    return replace(area, master_voltage=nothing[0], voltage=nothing[1], three_phase_voltage=nothing[2])


def table(name: str, idea: Idea, cases: list[Setting]) -> None:
    """Print the markdown table of one idea."""
    print(f"\n**{name}: {idea.question}** ({', '.join(one.case.name for one in cases)})\n")
    headed = False
    for label, patches in idea.variants.items():
        tally = Tally()
        with replaced(patches), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a variant may divide by zero; the figures show it
            for one in cases:
                start = time.perf_counter()
                answer = estimate(one.case.area)
                tally.add(one, answer, time.perf_counter() - start)
        cells = tally.phase_cells() if name == "phases" else tally.cells()
        if not headed:
            print(f"| | {' | '.join(cells)} |\n|---|{'---:|' * len(cells)}")
            headed = True
        print(f"| {label} | {' | '.join(cells.values())} |", flush=True)


def main() -> None:
    """Print the tables that are asked for."""
    known = ideas()
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--idea", action="append", choices=list(known), help="may be repeated; default all")
    asked.add_argument("--quick", action="store_true", help="the first three cases of each")
    asked.add_argument("--list", action="store_true", help="only name the ideas")
    options = asked.parse_args()
    if options.list:
        for name, idea in known.items():
            print(f"{name:10} {idea.question}")
        return
    chosen = {name: known[name] for name in options.idea or known}
    wanted = {name: idea.cases[: 3 if options.quick else None] for name, idea in chosen.items()}
    cases = gathered({case for names in wanted.values() for case in names})
    for name, idea in chosen.items():
        table(name, idea, [cases[case] for case in wanted[name] if case in cases])


if __name__ == "__main__":
    main()
