"""Claim: answers of a Spark cluster are the bytes of the local run; what it costs on one machine, as ratios.

    python benchmarks/fleet_spark.py [--size AREASxMETERSxMONTHS]…

A standalone master and two workers of one core are started on loopback.  In the same run, on the same store:

    local      `quanheng fleet estimate --jobs 2`, from the start of the process to its end
    spark      the same with `--engine spark`; the first area counts as start-up: JVM, executors, Python's imports
    working    spark without the start-up and without the areas that were done by then
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fleet.spark_world import Cluster, cluster, environment

from fleet_speed import store
from fleet_store import Size
from quanheng.fleet.places import AnyPlace, place_of
from quanheng.fleet.runs import Progress, run
from quanheng.fleet.spark import spark

QUICK = ("20x100x1", "100x100x1")


class Clock:
    """When the first area was there, and the last."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first: tuple[float, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """Note the first answer."""
        if progress.done and self.first is None:
            self.first = time.perf_counter() - self.began, progress.done


def main() -> None:
    """Print one row for each size; or be the driver whose clock is read."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--size", action="append", type=Size.of, metavar="AREASxMETERSxMONTHS")
    asked.add_argument("--drive", nargs=3, metavar=("STORE", "OUT", "MASTER"), help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.drive:
        drive(place_of(options.drive[0]), Path(options.drive[1]), options.drive[2])
        return
    print(
        "| areas × meters × months | MB | local s | spark s | start-up s | spark ÷ local | working ÷ local |"
    )
    print(f"|---|{'---:|' * 6}")
    with tempfile.TemporaryDirectory(prefix="quanheng-spark-") as home, cluster(Path(home)) as workers:
        for size in options.size or map(Size.of, QUICK):
            with store(size, 2) as (folder, written):
                print(row(size, folder, written, workers), flush=True)


def row(size: Size, folder: Path, written: int, workers: Cluster) -> str:
    """Return the figures of one store."""
    local, distributed = folder.with_name("local.parquet"), folder.with_name("spark.parquet")
    cli = [str(Path(sys.executable).with_name("quanheng")), "fleet", "estimate", str(folder)]
    began = time.perf_counter()
    subprocess.run([*cli, "-o", str(local), "--jobs", "2"], check=True, stdout=subprocess.DEVNULL)
    one = time.perf_counter() - began
    began = time.perf_counter()
    words = [sys.executable, __file__, "--drive", str(folder), str(distributed), workers.url]
    told = subprocess.run(words, check=True, env=environment(), capture_output=True, text=True).stdout
    other = time.perf_counter() - began
    if local.read_bytes() != distributed.read_bytes():
        sys.exit("the bytes differ")
    found = re.search(r"first ([\d.]+) s, (\d+) areas, all ([\d.]+) s", told)
    if found is None:
        sys.exit(told)
    first, areas, whole = float(found[1]), int(found[2]), float(found[3])
    working = (whole - first) / (size.areas - areas) * size.areas
    start = other - whole + first
    ratios = f"{other / one:.1f} | {working / one:.2f}"
    return f"| {size} | {written / 1e6:.0f} | {one:.1f} | {other:.1f} | {start:.1f} | {ratios} |"


def drive(folder: AnyPlace, out: Path, master: str) -> None:
    """Estimate on the cluster, and tell when the first answer and the last were there."""
    clock = Clock()
    run(folder, out, engine=spark(master), tell=clock)
    first, areas = clock.first or (0.0, 0)
    print(f"first {first:.2f} s, {areas} areas, all {time.perf_counter() - clock.began:.2f} s")


if __name__ == "__main__":
    main()
