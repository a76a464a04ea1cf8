"""Simulated supply areas with known truth, for tests, benchmarks and the demonstration county."""

from quanheng.kernels.fleet.simulate.errors import NotSimulable
from quanheng.kernels.fleet.simulate.run import simulate
from quanheng.kernels.fleet.simulate.scenario import FAULTS, NO_VOLTAGE, Scenario
from quanheng.kernels.fleet.simulate.truth import Truth

__all__ = ["FAULTS", "NO_VOLTAGE", "NotSimulable", "Scenario", "Truth", "simulate"]
