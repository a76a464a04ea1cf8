"""Messages that were not taken: one line of JSON each, bounded, in files by day."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from quanheng.fleet.readings_import.rejections import REASONS

MOST_SHOWN = 500  # characters of a payload that are kept
_MOST_BYTES = 50 << 20  # of a day's file; what is more is only counted


@dataclass(frozen=True, slots=True)
class Reject:
    """A message, or a reading of it, that was not taken."""

    source: str  # topic
    reason: str
    detail: str
    payload: str


def rejected(source: str, reason: str, detail: str, payload: bytes) -> Reject:
    """Return a reject, with no more of the payload than is kept."""
    shown = payload[: MOST_SHOWN * 4].decode(errors="replace")[:MOST_SHOWN]
    return Reject(source[:MOST_SHOWN], reason, detail[:MOST_SHOWN], shown)


class RejectsFile:
    """Appends to the file of the day; counts what was rejected since it was made."""

    def __init__(self, folder: Path, source: str) -> None:
        self._folder, self._source = folder, source
        self.counts: Counter[str] = Counter()

    def add(self, rejects: Sequence[Reject], now: datetime) -> None:
        """Write rejects and wait for the disk."""
        if not rejects:
            return
        self.counts.update(one.reason for one in rejects)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [
            json.dumps(
                {"at": now.isoformat(timespec="seconds"), **asdict(one), "text": REASONS[one.reason]},
                ensure_ascii=False,
            )
            for one in rejects
        ]
        with (self._folder / f"{now:%Y-%m-%d}-{self._source}.jsonl").open("ab") as stream:
            if stream.tell() < _MOST_BYTES:
                stream.write("".join(f"{line}\n" for line in lines).encode())
                stream.flush()
                os.fdatasync(stream.fileno())


def reject_files(folder: Path) -> list[Path]:
    """Return the files of rejects, the newest first."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.suffix in {".jsonl", ".csv"})
    return sorted((path for path in found if not path.name.startswith(".")), reverse=True)
