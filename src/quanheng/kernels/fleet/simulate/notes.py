"""The notes of a truth: one for each fault, with what a reader needs to find it in the readings."""

from __future__ import annotations

from quanheng.kernels.fleet.area import Phase
from quanheng.kernels.fleet.simulate.plan import Fault, Plan
from quanheng.kernels.fleet.simulate.scenario import (
    CLOCK_SHIFT,
    LISTED_ELSEWHERE,
    METER_EXCHANGED,
    MISSING_METER,
    MISSING_READINGS,
    NO_VOLTAGE,
    REVERSE_FLOW,
    STEP_CHANGE,
    UNMETERED_LOAD,
    WRONG_TOPOLOGY,
    Scenario,
)
from quanheng.kernels.fleet.simulate.supply import Demand, Supply

Note = dict[str, object]


def notes_of(
    scenario: Scenario, todo: Plan, world: tuple[Demand, Supply], names: tuple[str, ...]
) -> tuple[Note, ...]:
    """Return the notes; ``names`` are the consumers', then the foreign meters'."""
    demand, solved = world
    notes: list[Note] = [_of_meter(fault, names[fault.meter], demand, solved) for fault in todo.faults]
    notes += [
        {"kind": WRONG_TOPOLOGY, "meter": name, "belongs": "elsewhere"} for name in names[scenario.meters :]
    ]
    notes += [
        {"kind": UNMETERED_LOAD, "bus": f"b{load.bus}", "kwh": float(load.energy.sum())}
        for load in demand.unmetered
    ]
    if scenario.count(MISSING_READINGS):
        notes.append({"kind": MISSING_READINGS, "share": scenario.missing_share})
    if scenario.count(REVERSE_FLOW):
        notes.append({"kind": REVERSE_FLOW, "meters": [names[roof] for roof in todo.solar]})
    if scenario.count(NO_VOLTAGE):
        notes.append({"kind": NO_VOLTAGE})
    return tuple(notes)


def _of_meter(fault: Fault, name: str, demand: Demand, solved: Supply) -> Note:
    note: Note = {"kind": fault.kind, "meter": name}
    if fault.kind in {METER_EXCHANGED, STEP_CHANGE}:
        return note | {"day": fault.day, "error_after": fault.error_after}
    if fault.kind == CLOCK_SHIFT:
        return note | {"intervals": fault.intervals, "voltage_too": fault.moves_voltage}
    kwh = float(solved.energy[fault.meter].sum())
    if fault.kind == MISSING_METER:
        return note | {"kwh": kwh}
    if fault.kind == LISTED_ELSEWHERE:
        return {"kind": WRONG_TOPOLOGY, "meter": name, "belongs": "here", "listed": "elsewhere", "kwh": kwh}
    return note | {"true": Phase(demand.phase[fault.meter]).name}
