"""What the engine must do, worked out by hand: run on the engine itself, and on mutants of it.

Each case takes the function `judge` to be examined and raises AssertionError where it is wrong.
"""

from tests.kernels.procedures.battery import values, verdicts
from tests.kernels.procedures.battery.common import CASES, PROCEDURE, Case

__all__ = ["CASES", "PROCEDURE", "Case", "values", "verdicts"]
