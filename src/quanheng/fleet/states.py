"""The memory of an area on disk: DIR/AREA/state/2026-02.npz, one file a month."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from quanheng.base.disk import write_atomic
from quanheng.kernels.fleet.assemble import Sums
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.months import MonthState
from quanheng.kernels.fleet.report import Cast
from quanheng.kernels.fleet.results import FleetFinding

FORMAT = 1
_SUMS = ("used", "net", "referred", "doubt")


class BadState(ValueError):
    """A state file that cannot be used; ``update`` of its month makes it anew."""


def state_path(folder: Path, month: date) -> Path:
    """Return where the state of ``month`` stands."""
    return folder / "state" / f"{month:%Y-%m}.npz"


def write_state(folder: Path, month: date, state: MonthState) -> None:
    """Write one month; the file is there whole or as it was before."""
    sums = state.sums
    text = {
        "format": FORMAT,
        "area_id": state.cast.area_id,
        "meter_ids": list(state.cast.meter_ids),
        "step_minutes": state.step_minutes,
        "learned": [[part.start, part.stop] for part in state.learned],
        "findings": [[f.code, f.text, f.meter_id, dict(f.data)] for f in state.findings],
        "varies": state.varies,
        "master": sums.master,
        "intervals": sums.intervals,
    }
    target = io.BytesIO()
    np.savez(
        target,
        allow_pickle=False,
        text=np.frombuffer(json.dumps(text, ensure_ascii=False).encode(), dtype=np.uint8),
        mpe_percent=state.cast.mpe_percent,
        known=state.known,
        phase=state.phase,
        products=state.gram.products,
        counts=state.gram.counts,
        prior_sd=state.prior_sd,
        **{name: getattr(sums, name) for name in _SUMS},
    )
    path = state_path(folder, month)
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, target.getvalue())


def state_paths(folder: Path, before: date) -> list[Path]:
    """Return the states of the months before that of ``before``, the oldest first."""
    end = state_path(folder, before).name
    return [path for path in sorted((folder / "state").glob("????-??.npz")) if path.name < end]


def read_states(paths: Sequence[Path]) -> list[MonthState]:
    """Return the states of ``paths``.

    Raises
    ------
    BadState
        A file cannot be read, with its name.
    """
    return [_read(path) for path in paths]


def _read(path: Path) -> MonthState:
    try:
        with np.load(path, allow_pickle=False) as file:
            text = json.loads(file["text"].tobytes())
            _check_format(text["format"], path)
            return MonthState(
                cast=Cast(text["area_id"], tuple(text["meter_ids"]), file["mpe_percent"]),
                step_minutes=text["step_minutes"],
                known=file["known"],
                phase=file["phase"],
                gram=Gram(file["products"], file["counts"]),
                sums=Sums(
                    **{name: file[name] for name in _SUMS}, master=text["master"], intervals=text["intervals"]
                ),
                prior_sd=file["prior_sd"],
                learned=tuple(slice(first, last) for first, last in text["learned"]),
                findings=tuple(FleetFinding(*row) for row in text["findings"]),
                varies=text["varies"],
            )
    except BadState:
        raise
    except Exception as error:  # numpy and zipfile raise what they like for damaged bytes
        raise BadState(f"state/{path.name} 已损坏，请重新运行这个月的 update。") from error


def _check_format(number: object, path: Path) -> None:
    if number != FORMAT:
        raise BadState(f"state/{path.name} 是另一个版本写的，请重新运行这个月的 update。")
