"""A new month: its state is made from its readings alone, and the estimate is that of all states together."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from quanheng.fleet.runs import Progress, broken, failed, run_over
from quanheng.fleet.states import BadState, read_states, write_state
from quanheng.fleet.store import read_area
from quanheng.fleet.store_errors import BadArea
from quanheng.kernels.fleet.months import estimate_months, month_state
from quanheng.kernels.fleet.prepare import CannotEstimate
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding


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
    return run_over(
        directory, out, partial(update_folder, month=month), f"update {month:%Y-%m}", jobs=jobs, tell=tell
    )


def update_folder(folder: Path, month: date) -> AreaEstimate:
    """Return the estimate of one area over its months up to ``month``, whose state is made anew."""
    first = month.replace(day=1)
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    try:
        with threadpool_limits(1):
            read = read_area(folder, first, last)
            write_state(folder, first, month_state(read.area))
            found = estimate_months(read_states(folder, first))
    except BadArea as bad:
        return broken(folder, FleetFinding(bad.code, bad.text, data=bad.data))
    except CannotEstimate as cannot:
        return broken(folder, cannot.finding)
    except BadState as bad:
        return broken(folder, FleetFinding("bad_file", str(bad)))
    except Exception as error:  # one area must not stop a county; the answer says what happened
        return broken(folder, failed(error))
    return found
