"""Screening of errors that a maker sends of its own meters: leads for an officer, never a verdict."""

from quanheng.kernels.screening.battery import FAMILY_ALPHA, ScreenedPoint, Screening, screen
from quanheng.kernels.screening.leads import Lead

__all__ = ["FAMILY_ALPHA", "Lead", "ScreenedPoint", "Screening", "screen"]
