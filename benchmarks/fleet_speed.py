"""Claim: 30 million readings a second from Parquet to Parquet on 2 cores, within 2 × of the bare bound, in 2 GB.

    python benchmarks/fleet_speed.py [--size AREASxMETERSxMONTHS]… [--full] [--jobs 2] [--json]
    python benchmarks/fleet_speed.py --grow             time and memory against meters, months and areas
    python benchmarks/fleet_speed.py --months-update    one more month after 1, 6 and 12 months of history

A reading is one meter in one interval: its energy and its voltage.  A store of invented areas is made in a
temporary folder; its files are then in the page cache.  In the same run, all with the same number of jobs:

    decode     pyarrow reads the same columns of the same files and drops them
    syrk       BLAS X.T @ X for the meters of every area, float64
    bound      the slower of the two
    ours       `quanheng fleet estimate`, from the start of the process to its end; memory is the largest sum
               of resident pages over its process tree (shared pages count in each process)
    RLS        a recursive-least-squares loop in numpy, timed on a slice and extrapolated to all samples
    Ridge      scikit-learn, fit of matrices that are already in memory, timed on one area and multiplied
    the peers are divided by the number of jobs, as if they spread without loss

A second table compares what is done with one area that is already in memory, on one core: the kernel
`estimate(area)` against the peers, without any decoding.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow.parquet as pq
from sklearn.linear_model import Ridge

from fleet_peers import forgetting_loop
from fleet_store import FIRST, Size, make_store
from quanheng.fleet.store import read_area
from quanheng.fleet.store_format import VOLTAGES
from quanheng.kernels.fleet.estimate import estimate as kernel_estimate

CLAIM = 30e6  # [readings/s]
COLUMNS = ("meter_id", "day", "energy_kwh", *VOLTAGES)
QUICK = ("20x20x1", "50x100x1", "20x200x3", "4x400x6")
FULL = ("10x100x1", "200x100x1", "2000x100x1", "100x20x12", "50x200x3", "20x200x12", "10x400x12")
GROW = {
    "meters": ("20x20x1", "20x50x1", "20x100x1", "20x200x1", "20x400x1"),
    "months": ("20x100x1", "20x100x3", "20x100x6", "20x100x12"),
    "areas": ("10x100x1", "50x100x1", "200x100x1", "800x100x1"),
}
HISTORIES = (1, 6, 12)  # months
UPDATED = (20, 100)  # areas, meters
SLICE = 400  # samples of the recursive loop that are timed
REPEATS = 3
SAMPLING = 0.05  # [s] between two looks at the memory
CLI = Path(sys.executable).with_name("quanheng")


@dataclass(frozen=True, slots=True)
class Run:
    """One command: wall time, and the memory of its process tree."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured on one store [s]; kernel and peers are of one area on one core."""

    size: Size
    jobs: int
    megabytes: float
    decode: float
    syrk: float
    ours: Run | None  # None where the command failed
    kernel: float
    rls: float
    ridge: float

    @property
    def bound(self) -> float:
        """Return the slower of decode and syrk [s]."""
        return max(self.decode, self.syrk)

    def whole(self, of_area: float) -> float:
        """Return the time of all areas from the time of one, spread over the jobs [s]."""
        return of_area * self.size.areas / self.jobs


def main() -> None:
    """Measure what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--size", action="append", type=Size.of, metavar="AREASxMETERSxMONTHS")
    asked.add_argument("--full", action="store_true", help="larger stores, up to 600 million readings")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--grow", action="store_true")
    asked.add_argument("--months-update", action="store_true")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    print(f"{os.cpu_count()} cores, {options.jobs} jobs, numpy {np.__version__}", file=sys.stderr)
    if options.grow:
        grow(options.jobs)
    elif options.months_update:
        months_update(options.jobs)
    else:
        sizes = options.size or [Size.of(text) for text in (FULL if options.full else QUICK)]
        compare(sizes, options.jobs, as_json=options.json)


def compare(sizes: Sequence[Size], jobs: int, *, as_json: bool) -> None:
    """Print bounds, ours and peers for each size."""
    rows = []
    if not as_json:
        print(
            "| areas × meters × months | M readings | MB | decode s | syrk s | ours s | M readings/s"
            " | of claim | × bound | peak MiB | RLS s (÷ ours) | Ridge s (÷ ours) | decode + Ridge s (÷ ours) |"
        )
        print(f"|---|{'---:|' * 12}")
    for size in sizes:
        with store(size, jobs) as (folder, written):
            row = measured(folder, written, size, jobs)
        rows.append(row)
        if not as_json:
            print(f"| {size} | {' | '.join(cells(row))} |", flush=True)
    if not as_json:
        in_memory(rows)
    else:
        print(json.dumps([asdict(row) | {"readings": row.size.readings} for row in rows], indent=1))


def in_memory(rows: Sequence[Row]) -> None:
    """Print the kernel against the peers, for one area in memory."""
    print(
        "\n| meters × intervals | estimate ms | RLS ms (÷ ours) | Ridge ms (÷ ours) |\n|---|---:|---:|---:|"
    )
    for row in rows:
        peers = (f"{1e3 * peer:.1f} ({peer / row.kernel:.1f} ×)" for peer in (row.rls, row.ridge))
        size = f"{row.size.meters} × {row.size.intervals}"
        print(f"| {size} | {1e3 * row.kernel:.1f} | {' | '.join(peers)} |")


def measured(folder: Path, written: int, size: Size, jobs: int) -> Row:
    """Measure everything on one store."""
    return Row(
        size=size,
        jobs=jobs,
        megabytes=written / 1e6,
        decode=best(lambda: decode(folder, jobs)),
        syrk=syrk(size, jobs),
        ours=estimate(folder, jobs),
        kernel=kernel(folder),
        rls=recursive(size),
        ridge=ridge(size),
    )


def cells(row: Row) -> list[str]:
    """Return the figures of a row of the table."""
    fit = row.whole(row.ridge)
    peers = [row.whole(row.rls), fit, fit + row.decode]
    head = [
        f"{row.size.readings / 1e6:.1f}",
        f"{row.megabytes:.0f}",
        f"{row.decode:.2f}",
        f"{row.syrk:.2f}",
    ]
    if row.ours is None:
        return [*head, *["–"] * 5, *(f"{seconds:.2f}" for seconds in peers)]
    own = row.ours.seconds
    rate = row.size.readings / own
    return [
        *head,
        f"{own:.2f}",
        f"{rate / 1e6:.1f}",
        f"{rate / CLAIM:.2f}",
        f"{own / row.bound:.1f}",
        f"{row.ours.peak_mib:.0f}",
        *(f"{seconds:.2f} ({seconds / own:.1f} ×)" for seconds in peers),
    ]


def grow(jobs: int) -> None:
    """Print how the time and memory of ours grow with each dimension; the exponent is between neighbours."""
    for dimension, texts in GROW.items():
        print(f"\n**{dimension}**\n")
        print("| areas × meters × months | M readings | s | s per M readings | exponent | peak MiB |")
        print("|---|---:|---:|---:|---:|---:|")
        before: tuple[int, float] | None = None
        for text in texts:
            size = Size.of(text)
            with store(size, jobs) as (folder, _):
                run = estimate(folder, jobs)
            if run is None:
                return
            at = getattr(size, dimension)
            power = f"{np.log(run.seconds / before[1]) / np.log(at / before[0]):.2f}" if before else ""
            before = at, run.seconds
            million = size.readings / 1e6
            print(
                f"| {size} | {million:.1f} | {run.seconds:.2f} | {run.seconds / million:.3f} | {power}"
                f" | {run.peak_mib:.0f} |",
                flush=True,
            )


def months_update(jobs: int) -> None:
    """Print the time of one more month, for several lengths of history."""
    print("| months of history | update s | estimate of all months s | peak MiB of the update |")
    print("|---:|---:|---:|---:|")
    for history in HISTORIES:
        with store(Size(*UPDATED, history + 1), jobs) as (folder, _):
            for month in range(history):
                if update(folder, month) is None:
                    return
            last, whole = update(folder, history), estimate(folder, jobs)
        if last is None or whole is None:
            return
        print(f"| {history} | {last.seconds:.2f} | {whole.seconds:.2f} | {last.peak_mib:.0f} |", flush=True)


@contextmanager
def store(size: Size, jobs: int) -> Iterator[tuple[Path, int]]:
    """Make a store in a temporary folder; yield it and its bytes."""
    with tempfile.TemporaryDirectory(prefix="quanheng-benchmark-") as home:
        folder = Path(home) / "store"
        folder.mkdir()
        start = time.perf_counter()
        written = make_store(folder, size, jobs)
        print(f"{size}: made in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        yield folder, written


def decode(folder: Path, jobs: int) -> float:
    """Return the time to read the columns of all areas and drop them."""

    def read(path: Path) -> int:
        with pq.ParquetFile(path) as file:
            return sum(
                file.read_row_group(group, columns=list(COLUMNS), use_threads=False).num_rows
                for group in range(file.num_row_groups)
            )

    paths = sorted(folder.glob("*/curves.parquet"))
    start = time.perf_counter()
    with ThreadPoolExecutor(jobs) as pool:
        sum(pool.map(read, paths))
    return time.perf_counter() - start


def syrk(size: Size, jobs: int) -> float:
    """Return the time of X.T @ X for all areas: timed on one area per job at once, and multiplied."""
    areas = [np.random.default_rng(job).random((size.intervals, size.meters)) for job in range(jobs)]

    def once() -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda x: x.T @ x, areas))
        return time.perf_counter() - start

    return best(once) * size.areas / jobs


def kernel(folder: Path) -> float:
    """Return the time of our estimate of one area in memory."""
    area = read_area(min(folder.iterdir())).area

    def once() -> float:
        start = time.perf_counter()
        kernel_estimate(area)
        return time.perf_counter() - start

    return best(once)


def recursive(size: Size) -> float:
    """Return the time of the per-sample loop over one area, extrapolated from a slice."""
    dice = np.random.default_rng(0)
    z, y = dice.random((SLICE, size.meters)), dice.random(SLICE)
    rates, prior = np.full(size.meters, 0.9999), np.ones(size.meters)

    def once() -> float:
        start = time.perf_counter()
        forgetting_loop(z, y, rates, prior)
        return time.perf_counter() - start

    return best(once) / SLICE * size.intervals


def ridge(size: Size) -> float:
    """Return the time of scikit-learn's Ridge for one area in memory."""
    dice = np.random.default_rng(0)
    x, y = dice.random((size.intervals, size.meters)), dice.random(size.intervals)

    def once() -> float:
        start = time.perf_counter()
        Ridge(alpha=1.0).fit(x, y)
        return time.perf_counter() - start

    return best(once)


def estimate(folder: Path, jobs: int) -> Run | None:
    """Run the estimator over a store."""
    out = folder.parent / "out.parquet"
    return command("estimate", folder, "-o", out, "--jobs", jobs)


def update(folder: Path, number: int) -> Run | None:
    """Take month ``number`` (from 0) of the store into the sums that are kept."""
    return command("update", folder, "--month", FIRST.astype("datetime64[M]") + number)


def command(name: str, *arguments: object) -> Run | None:
    """Run `quanheng fleet NAME`; None, said on standard error, where it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        [str(CLI), "fleet", name, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        memory = Memory(process.pid)
        _, complaint = process.communicate()
        seconds = time.perf_counter() - start
        peak = memory.stop()
    if process.returncode:
        print(f"fleet {name}: {complaint.decode(errors='replace').strip()[-600:]}", file=sys.stderr)
        return None
    return Run(seconds, peak)


def best(measure: Callable[[], float]) -> float:
    """Return the least of a few times."""
    return min(measure() for _ in range(REPEATS))


class Memory:
    """The largest resident memory of a process and its descendants, watched from a thread."""

    def __init__(self, root: int) -> None:
        self._root, self._peak, self._done = root, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the largest sum seen [MiB]."""
        self._done.set()
        self._thread.join()
        return self._peak * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _watch(self) -> None:
        while not self._done.wait(SAMPLING):
            self._peak = max(self._peak, _resident_pages(self._root))


def _resident_pages(root: int) -> int:
    """Return the resident pages of a process and its descendants; 0 when they are gone."""
    pages, waiting = 0, [root]
    while waiting:
        place = Path("/proc") / str(waiting.pop())
        try:
            pages += int((place / "statm").read_text().split()[1])
            for task in (place / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
    return pages


if __name__ == "__main__":
    main()
