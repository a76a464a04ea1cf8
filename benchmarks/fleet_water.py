"""What the estimate of water meters reaches on simulated districts, and where it says that it cannot tell.

    python benchmarks/fleet_water.py [--seeds 20] [--first 201] [--json]

60 meters (56 homes, 4 shops), 60 days, hourly, one litre a step, 20 % leakage; each case changes what its name says.

    judged      meters with a verdict, of all
    covered     judged meters whose true error at normal flow lies in their 95 % interval
    found       meters out of tolerance (2 %) that are called so
    accused     good meters that are called out of tolerance, of all good ones
    passed      meters out of tolerance that are called conforming
    u           median standard uncertainty of a meter's error [%]
    leakage     districts whose leakage (with what no meter registered) lies in its 95 % interval
    off         mean error of the leakage, as a share of it
    steps       bursts and repairs dated within a day; steps that are none
    withheld    districts without verdicts
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED, WITHHELD
from quanheng.kernels.fleet.water import DistrictScenario, estimate_district, simulate_district

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "15 minutes": {"step_minutes": 15},
    "28 days": {"days": 28},
    "300 meters": {"homes": 290, "shops": 10, "wrong": 8},
    "10 L steps, inflow 0.1 m³": {"register_m3": 0.01, "inflow_register_m3": 0.1},
    "district meter ±2 %": {"inflow_mpe_percent": 2.0},
    "N1 = 2, valve at night": {"n1": 2.0, "has_valve": True},
    "leakage 5 %": {"leakage_percent": 5.0},
    "leakage 40 %": {"leakage_percent": 40.0},
    "no pressure": {"has_pressure": False},
    "no pressure, valve": {"has_pressure": False, "has_valve": True},
    "burst 6 m³/d": {"burst_day": 23.4},
    "burst 0.5 m³/d": {"burst_day": 23.4, "burst_m3_per_day": 0.5},
    "burst, repaired": {"burst_day": 15.3, "repaired_day": 31.6},
    "burst, no pressure": {"burst_day": 23.4, "has_pressure": False},
    "start at 8 L/h": {"starting_flow": 8.0},
    "start at 20 L/h": {"starting_flow": 20.0},
    "all read 1 % low": {"common_percent": -1.0},
    "all read 2.5 % low": {"common_percent": -2.5},
}


@dataclass
class Tally:
    """Counts over the districts of one case."""

    districts: int = 0
    withheld: int = 0
    meters: int = 0
    judged: int = 0
    covered: int = 0
    wrong: int = 0
    found: int = 0
    accused: int = 0
    passed: int = 0
    leakage_covered: int = 0
    steps: int = 0
    steps_dated: int = 0
    steps_invented: int = 0
    uncertainty_percent: list[float] = field(default_factory=list)
    leakage_off: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, scenario: DistrictScenario) -> None:
        """Simulate and estimate one more district."""
        district, truth = simulate_district(scenario)
        began = time.perf_counter()
        answer = estimate_district(district)
        self.seconds += time.perf_counter() - began
        self.districts += 1
        self.withheld += answer.status == WITHHELD
        status = np.array(answer.meter_status)
        bad = np.abs(truth.error_percent) > district.mpe_percent
        judged = status != UNDETERMINED
        off = np.abs(answer.error_percent - truth.error_percent)
        self.meters += district.n
        self.judged += int(judged.sum())
        self.covered += int((judged & (off <= 1.96 * answer.standard_uncertainty_percent)).sum())
        self.wrong += int(bad.sum())
        self.found += int((bad & (status == OUT_OF_TOLERANCE)).sum())
        self.accused += int((~bad & (status == OUT_OF_TOLERANCE)).sum())
        self.passed += int((bad & (status == CONFORMING)).sum())
        if answer.status != WITHHELD:
            self.uncertainty_percent.append(float(np.median(answer.standard_uncertainty_percent)))
        found = next(f.data for f in answer.findings if f.code == "leakage")
        true = (truth.leakage_m3 + truth.unregistered_m3) / scenario.days
        self.leakage_covered += bool(found["low_m3_per_day"] <= true <= found["high_m3_per_day"])
        self.leakage_off.append(float(found["m3_per_day"]) / true - 1)
        self._add_steps(
            scenario, [np.datetime64(f.data["time"]) for f in answer.findings if f.code == "burst"]
        )

    def _add_steps(self, scenario: DistrictScenario, told: list[np.datetime64]) -> None:
        start = np.datetime64(scenario.start, "m")
        days = [day for day in (scenario.burst_day, scenario.repaired_day) if day is not None]
        true = [start + np.timedelta64(round(day * 24 * 60), "m") for day in days]
        near = [[abs(moment - t) <= np.timedelta64(1, "D") for t in true] for moment in told]
        self.steps += len(true)
        self.steps_dated += sum(any(row[k] for row in near) for k in range(len(true)))
        self.steps_invented += sum(not any(row) for row in near)


def tallies(seeds: range) -> Iterator[tuple[str, Tally]]:
    for name, values in CASES.items():
        tally = Tally()
        for seed in seeds:
            tally.add(DistrictScenario(seed=seed, **values))
        yield name, tally


def row(name: str, t: Tally) -> str:
    uncertainty = f"{np.mean(t.uncertainty_percent):.2f}" if t.uncertainty_percent else "–"
    steps = f"{t.steps_dated}/{t.steps}; {t.steps_invented}"
    covered = f"{t.covered / t.judged:.3f}" if t.judged else "–"
    return (
        f"| {name} | {t.judged / t.meters:.0%} | {covered} | {t.found}/{t.wrong} "
        f"| {t.accused}/{t.meters - t.wrong} | {t.passed} | {uncertainty} | {t.leakage_covered}/{t.districts} "
        f"| {np.mean(t.leakage_off):+.1%} | {steps} | {t.withheld} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20, help="districts of each case")
    parser.add_argument("--first", type=int, default=201, help="the first seed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    if options.json:
        print(
            json.dumps({name: asdict(tally) for name, tally in tallies(seeds)}, ensure_ascii=False, indent=1)
        )
        return
    print("| case | judged | covered | found | accused | passed | u [%] | leakage | off | steps | withheld |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    seconds, districts = 0.0, 0
    for name, tally in tallies(seeds):
        print(row(name, tally), flush=True)
        seconds, districts = seconds + tally.seconds, districts + tally.districts
    print(f"\n{seconds / districts:.2f} s a district")


if __name__ == "__main__":
    main()
