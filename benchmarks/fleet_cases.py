"""Named, reproducible supply areas over the ranges that the estimator has to hold in.

    python benchmarks/fleet_cases.py    # what is in each case

    from fleet_cases import cases
    for name, scenario in cases():
        area, truth = simulate(scenario)

20–300 meters, 30–90 days, 15 and 60 minutes, technical loss 0.5–5 %, with and without voltages, each fault.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from quanheng.kernels.fleet.simulate import FAULTS, Scenario, simulate

USUAL: dict[str, Any] = {"loss_percent": 1.2}
# Far settlements, whose consumers all see nearly the same drop: high loss without a collapse.
FAR: dict[str, Any] = {"feeders": 2, "express_share": 0.7, "three_phase_share": 0.08, "unbalance": 0.25}

PLAIN: dict[str, dict[str, Any]] = {
    "plain-a": {},
    "plain-b": {},
    "plain-c": {"meters": 100},
    "plain-60-days": {"days": 60},
    "days-30": {"days": 30},
    "days-90": {"days": 90},
    "meters-20": {"meters": 20, "wrong": 1},
    "meters-20-days-90": {"meters": 20, "wrong": 1, "days": 90},
    "meters-50": {"meters": 50, "wrong": 2},
    "meters-200": {"meters": 200, "wrong": 5},
    "meters-300": {"meters": 300, "wrong": 7, "loss_percent": 1.0},
    "meters-300-days-90": {"meters": 300, "wrong": 7, "days": 90, "loss_percent": 1.0},
    "minutes-30": {"step_minutes": 30},
    "minutes-60": {"step_minutes": 60},
    "minutes-60-days-90": {"step_minutes": 60, "days": 90},
    "minutes-60-last-voltage": {"step_minutes": 60, "days": 60, "voltage_reading": "last"},
    "loss-0.5": {"loss_percent": 0.5},
    "loss-1": {"loss_percent": 1.0},
    "loss-2": {"loss_percent": 2.0} | FAR,
    "loss-3": {"loss_percent": 3.0} | FAR,
    "loss-4": {"loss_percent": 4.0, "meters": 200} | FAR,
    "loss-5": {"loss_percent": 5.0, "meters": 240} | FAR,
    "three-phase": {"three_phase_share": 0.2},
    "unbalanced": {"unbalance": 1.0, "loss_percent": 1.0},
    "all-good": {"wrong": 0},
    "many-wrong": {"wrong": 12},
    "no-voltage-60-minutes": {"faults": ("no_voltage",), "step_minutes": 60, "days": 60},
    "no-voltage-loss-3": {"faults": ("no_voltage",), "loss_percent": 3.0, "days": 60} | FAR,
}
MIXED: dict[str, dict[str, Any]] = {
    "messy": {"faults": ("wrong_phase", "clock_shift", "meter_exchanged", "missing_readings")},
    "solar-and-gaps": {"faults": ("reverse_flow", "missing_readings"), "loss_percent": 1.0},
}


def cases(profiles: Any = None) -> Iterator[tuple[str, Scenario]]:
    """Yield the name and the scenario of each case, always the same; ``profiles`` as in `Scenario`."""
    faults = {fault.replace("_", "-"): {"faults": (fault,)} for fault in FAULTS}
    for number, (name, values) in enumerate((PLAIN | faults | MIXED).items(), start=1):
        own = {"seed": 1000 + number, "area_id": f"C{number:03d}", "profiles": profiles}
        yield name, Scenario(**(USUAL | own | values))


def main() -> None:
    for name, scenario in cases():
        began = time.perf_counter()
        area, truth = simulate(scenario)
        took = time.perf_counter() - began
        print(
            f"{name:26} {area.n:4d} meters {scenario.days:3d} days {scenario.step_minutes:3d} min  "
            f"loss {100 * truth.loss_ratio:5.2f} %  lowest {truth.v_min:5.1f} V  wrong {len(truth.wrong):2d}  "
            f"notes {len(truth.notes)}  {took:5.2f} s"
        )


if __name__ == "__main__":
    main()
