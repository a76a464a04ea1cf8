"""Where readings that arrived lie.  Needs no Django."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Intake:
    """The folder of the intake and what is in it."""

    root: Path

    @property
    def spool(self) -> Path:
        """Segments that wait for the store."""
        return self.root / "spool"

    @property
    def done(self) -> Path:
        """Segments that are in the store, for some days."""
        return self.root / "done"

    @property
    def rejects(self) -> Path:
        """Messages and rows that were not taken."""
        return self.root / "rejects"

    @property
    def status(self) -> Path:
        """What each listener says of itself, and when each area was last heard of."""
        return self.root / "status"

    @property
    def estimates(self) -> Path:
        """Results of the county day before they are taken in."""
        return self.root / "estimates"


def intake_of(home: Path) -> Intake:
    """Return the intake below the home folder."""
    return Intake(home / "readings")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
