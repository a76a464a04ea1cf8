"""What is wrong with a procedure file that its format alone does not show: `check`."""

from quanheng.kernels.procedures.checking.check import check, faults

__all__ = ["check", "faults"]
