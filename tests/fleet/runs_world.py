"""A store of small simulated areas, and the command that works on it, for the tests of runs and updates."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from quanheng.fleet.store import write_area
from quanheng.kernels.fleet.simulate import Scenario, simulate

START = date(2026, 1, 5)


def simulated(
    folder: Path, area_id: str, seed: int, *, meters: int = 12, days: int = 10, **more: object
) -> Path:
    """Write one area of hourly readings, with its truth."""
    area, truth = simulate(
        Scenario(
            area_id=area_id, seed=seed, meters=meters, days=days, step_minutes=60, **{"start": START} | more
        )
    )
    write_area(folder, area)
    (folder / "truth.json").write_text(json.dumps(truth.to_json(), ensure_ascii=False), "utf-8")
    return folder


def written(out: Path) -> tuple[bytes, bytes]:
    """Return the bytes of both files of a run."""
    return out.read_bytes(), out.with_name(out.stem + ".areas.parquet").read_bytes()


def command(*words: object) -> list[str]:
    """Return the command line of ``quanheng fleet``."""
    return [sys.executable, "-m", "quanheng.cli.main", "fleet", *map(str, words)]


def environment() -> dict[str, str]:
    """Return the environment of a process of one thread."""
    return os.environ | {"OPENBLAS_NUM_THREADS": "1"}


def killed(journal: Path, moment: random.Random, work: Callable[[], object]) -> bool:
    """Do ``work`` in a process and kill -9 that soon after its journal has grown; return whether it was at work."""
    process = multiprocessing.get_context("fork").Process(target=work)
    before = journal.stat().st_size if journal.exists() else 0
    process.start()
    while process.is_alive() and (journal.stat().st_size if journal.exists() else 0) <= before:
        time.sleep(0.002)
    time.sleep(moment.uniform(0, 0.1))
    process.kill()
    process.join(timeout=30)
    return process.exitcode == -signal.SIGKILL
