"""The journal of a run: one line an area, appended as it is finished; a torn last line is as if it were not there."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding

_ARRAYS = ("error_percent", "standard_uncertainty_percent", "probability_out_of_tolerance", "energy_share")
_NUMBERS = ("loss_kwh", "loss_percent", "residual_sd_kwh")
_SYNCED = 64  # lines after which the disk is asked to keep them


class Journal:
    """Finished areas by key, on disk; only their places are held in memory."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, or begin it."""
        self._path = path
        self._places: dict[str, tuple[int, str]] = {}  # by key: where the line begins, and its area
        self._since_sync = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._load()

    def _load(self) -> None:
        self._file.seek(0)
        place = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                row = json.loads(line)
                self._places[row["key"]] = (place, row["area_id"])
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
        line = json.dumps({"key": key, **_encoded(found)}, ensure_ascii=False, default=_number)
        self._file.write(line.encode() + b"\n")
        self._places[key] = (place, found.area_id)
        self._since_sync += 1
        if self._since_sync >= _SYNCED:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._since_sync = 0

    def area_of(self, key: str) -> str:
        """Return the identifier of the area of ``key``."""
        return self._places[key][1]

    def read(self, key: str) -> AreaEstimate:
        """Return the area of ``key``."""
        self._file.flush()
        self._file.seek(self._places[key][0])
        return _decoded(json.loads(self._file.readline()))

    def remove(self) -> None:
        """Forget the run: its results are written."""
        self._path.unlink(missing_ok=True)


def _number(value: Any) -> Any:
    return value.item()


def _encoded(found: AreaEstimate) -> dict[str, Any]:
    return {
        "area_id": found.area_id,
        "status": found.status,
        "findings": [[f.code, f.text, f.meter_id, dict(f.data)] for f in found.findings],
        "meter_ids": found.meter_ids,
        "meter_status": found.meter_status,
        "reason": found.reason,
        **{name: getattr(found, name).hex() for name in _NUMBERS},
        **{name: base64.b64encode(getattr(found, name).astype("<f8").tobytes()).decode() for name in _ARRAYS},
    }


def _decoded(line: dict[str, Any]) -> AreaEstimate:
    rows: dict[str, Any] = {name: float.fromhex(line[name]) for name in _NUMBERS}
    rows |= {name: np.frombuffer(base64.b64decode(line[name]), "<f8") for name in _ARRAYS}
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
