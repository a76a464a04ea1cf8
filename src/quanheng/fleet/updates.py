"""A new month: its state is made from its readings alone, and the estimate is that of all states together."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from quanheng.fleet.pool import processes
from quanheng.fleet.runs import Progress, broken, finding_of, run_over
from quanheng.fleet.states import BadState, read_states, state_path, state_paths, write_state
from quanheng.fleet.store import read_area
from quanheng.fleet.store_errors import BadArea
from quanheng.kernels.fleet.months import MonthState, estimate_months, month_state
from quanheng.kernels.fleet.prepare import CannotEstimate
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding

_TOO_FEW = "too_few_data"


def update(
    directory: Path,
    month: date,
    out: Path,
    *,
    jobs: int = 1,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> Progress:
    """Take the readings of ``month`` into the memory of every area and write the estimate over all months to ``out``.

    Readings of other months are not opened.  Raises as ``runs.run``.
    """
    first = month.replace(day=1)
    return run_over(
        directory,
        out,
        partial(update_folder, month=first),
        f"update {first:%Y-%m}",
        processes(jobs),
        tell=tell,
        also=partial(state_paths, before=first),
    )


def update_folder(folder: Path, month: date) -> AreaEstimate:
    """Return the estimate of one area over its months up to ``month``, whose state is made anew.

    A month with too few readings is said to be one; the estimate is then that of the months before.
    """
    try:
        with threadpool_limits(1):
            earlier = state_paths(folder, month)
            try:
                state = _state(folder, month)
            except (BadArea, CannotEstimate) as error:
                few = finding_of(error)
                if few.code != _TOO_FEW or not earlier:
                    raise
                found = estimate_months(read_states(earlier))
                told = FleetFinding(_TOO_FEW, f"{month:%Y-%m}：{few.text}按以前各月估计。", data=few.data)
                return replace(found, findings=(*found.findings, told))
            write_state(folder, month, state)
            return estimate_months(read_states([*earlier, state_path(folder, month)]))
    except BadState as bad:
        return broken(folder, FleetFinding("bad_file", str(bad)))
    except Exception as error:  # one area must not stop a county; the answer says what happened
        return broken(folder, finding_of(error))


def _state(folder: Path, month: date) -> MonthState:
    """Return the state of ``month``.  Raises BadArea, CannotEstimate."""
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    read = read_area(folder, month, last)
    state = month_state(read.area)
    return replace(state, findings=(*read.findings, *state.findings))
