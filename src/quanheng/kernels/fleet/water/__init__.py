"""Water meters behind a district meter: the balance of an area with leakage in the place of the loss."""

from quanheng.kernels.fleet.water.district import District
from quanheng.kernels.fleet.water.estimate import estimate_district
from quanheng.kernels.fleet.water.simulate import DistrictScenario, DistrictTruth, simulate_district

__all__ = ["District", "DistrictScenario", "DistrictTruth", "estimate_district", "simulate_district"]
