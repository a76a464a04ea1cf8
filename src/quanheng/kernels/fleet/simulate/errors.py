"""Why a scenario cannot be simulated."""

from __future__ import annotations


class NotSimulable(ValueError):
    """A value outside its range, more load than the cables carry, a loss that no cable gives; in Chinese."""
