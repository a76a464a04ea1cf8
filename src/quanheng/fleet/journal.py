"""The journal of a run: one line an area, appended as it is finished; a torn last line is as if it were not there."""

from __future__ import annotations

import base64
import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from quanheng.fleet.run_errors import CannotRun
from quanheng.kernels.fleet.results import UNUSABLE, AreaEstimate, FleetFinding

_ARRAYS = ("error_percent", "standard_uncertainty_percent", "probability_out_of_tolerance", "energy_share")
_LATER = "mpe_percent"  # in lines of 24 November 2026 and after
_NUMBERS = ("loss_kwh", "loss_percent", "residual_sd_kwh")
_SYNCED = 64  # lines after which the disk is asked to keep them


class Journal:
    """Finished areas by key, on disk; only their places are held in memory."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, or begin it; nobody else can until it is closed, or this process ends.

        Raises CannotRun where another process has it, OSError where the disk refuses.
        """
        self._path = path
        self._places: dict[
            str, tuple[int, str, bool]
        ] = {}  # by key: where the line begins, its area, unusable
        self._since_sync = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        try:
            self._lock()
            self._load()
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        """Take the lock of the file, which the processes of a pool do not inherit."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_gone = os.fstat(self._file.fileno()).st_nlink == 0
        except (BlockingIOError, PermissionError):
            is_gone = True
        if is_gone:
            name = self._path.name.removesuffix(".journal")
            raise CannotRun("in_progress", f"另一个进程正在写 {name}，请等它结束。")

    def _load(self) -> None:
        self._file.seek(0)
        place = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                row = json.loads(line)
                self._places[row["key"]] = (place, row["area_id"], row["status"] == UNUSABLE)
            except (ValueError, KeyError, TypeError):
                break
            place += len(line)
        self._file.truncate(place)

    def __enter__(self) -> Journal:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; what is in it stays."""
        self._file.close()

    def __contains__(self, key: str) -> bool:
        """Tell whether the area of this key is done."""
        return key in self._places

    def append(self, key: str, found: AreaEstimate) -> None:
        """Keep a finished area."""
        place = self._file.seek(0, os.SEEK_END)
        self._file.write(encoded(found, key=key).encode() + b"\n")
        self._file.flush()
        self._places[key] = (place, found.area_id, found.status == UNUSABLE)
        self._since_sync += 1
        if self._since_sync >= _SYNCED:
            os.fsync(self._file.fileno())
            self._since_sync = 0

    def area_of(self, key: str) -> str:
        """Return the identifier of the area of ``key``."""
        return self._places[key][1]

    def is_unusable(self, key: str) -> bool:
        """Tell whether the area of ``key`` is done, and cannot be used."""
        return key in self._places and self._places[key][2]

    def read(self, key: str) -> AreaEstimate:
        """Return the area of ``key``."""
        self._file.seek(self._places[key][0])
        return decoded(self._file.readline())

    def remove(self) -> None:
        """Forget the run: its results are written."""
        self._path.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Return what a finding may carry as JSON can hold it."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)


def encoded(found: AreaEstimate, **more: str) -> str:
    """Return an answer as one line of JSON, from which `decoded` makes the same numbers to the last bit."""
    line = {
        **more,
        "area_id": found.area_id,
        "status": found.status,
        "findings": [[f.code, f.text, f.meter_id, dict(f.data)] for f in found.findings],
        "meter_ids": found.meter_ids,
        "meter_status": found.meter_status,
        "reason": found.reason,
        **{name: getattr(found, name).hex() for name in _NUMBERS},
        **{
            name: base64.b64encode(getattr(found, name).astype("<f8").tobytes()).decode()
            for name in (*_ARRAYS, _LATER)
        },
    }
    return json.dumps(line, ensure_ascii=False, default=_plain)


def decoded(text: str | bytes) -> AreaEstimate:
    """Return the answer of a line that `encoded` wrote."""
    line: dict[str, Any] = json.loads(text)
    rows: dict[str, Any] = {name: float.fromhex(line[name]) for name in _NUMBERS}
    rows |= {
        name: np.frombuffer(base64.b64decode(line[name]), "<f8")
        for name in (*_ARRAYS, _LATER)
        if name in line
    }
    rows.setdefault(_LATER, np.full(len(line["meter_ids"]), np.nan))
    findings = tuple(FleetFinding(code, text, meter, data) for code, text, meter, data in line["findings"])
    return AreaEstimate(
        area_id=line["area_id"],
        status=line["status"],
        findings=findings,
        meter_ids=tuple(line["meter_ids"]),
        meter_status=tuple(line["meter_status"]),
        reason=tuple(line["reason"]),
        **rows,
    )
