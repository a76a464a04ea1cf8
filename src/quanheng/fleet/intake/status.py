"""What can be said of the intake by its files: what waits, who listens, what was not taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quanheng.fleet.intake.importing import heard
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.intake.rejects import reject_files
from quanheng.fleet.intake.segments import closed_segments, open_segments

_SAID = {
    "broker": "",
    "topic": "",
    "client_id": "",
    "started_at": "",
    "messages": 0,
    "readings": 0,
    "rejected": 0,
    "unconfirmed": 0,
    "is_connected": False,
    "last_at": "",
    "said_at": "",
}


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file of the intake."""

    name: str
    size: int  # [bytes]


@dataclass(frozen=True, slots=True)
class Status:
    """The intake now."""

    waiting: list[FileSeen]
    open: list[FileSeen]
    listeners: list[dict[str, Any]]
    rejects: list[FileSeen]
    areas: Mapping[str, Mapping[str, str]]


def status_of(intake: Intake) -> Status:
    """Look at the files of an intake, of which none need exist."""
    return Status(
        _seen(closed_segments(intake.spool)),
        _seen(open_segments(intake.spool)),
        _listeners(intake.status),
        _seen(reject_files(intake.rejects)),
        heard(intake),
    )


def reject_file(intake: Intake, name: str) -> Path | None:
    """Return the file of rejects of this name; None where there is none."""
    return next((path for path in reject_files(intake.rejects) if path.name == name), None)


def moment(text: str) -> datetime | None:
    """Return a moment that a file says; None where it says none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _listeners(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("mqtt-*.json")) if folder.is_dir() else []:
        try:
            said = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(said, dict):
            found.append({name: said.get(name, default) for name, default in _SAID.items()})
    return found


def _seen(paths: Iterable[Path]) -> list[FileSeen]:
    found = []
    for path in paths:
        try:
            found.append(FileSeen(path.name, path.stat().st_size))
        except FileNotFoundError:  # moved meanwhile
            continue
    return found
