"""How long a county day needs to publish the registry, and a visitor's page after it.

    python benchmarks/open_data.py [--instruments 1000000] [--home DIR] [--times 20]

``--home`` is a folder that benchmarks/million.py filled; its standings are made first where they are missing.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

from million import INSTRUMENTS, make, started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=INSTRUMENTS)
    parser.add_argument("--home", default="")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with started(given.home) as database:
        make(given.instruments)
        measure(database, given.times)


def measure(database: str, times: int) -> None:
    from django.test import Client
    from django.urls import reverse

    from quanheng.instruments.models import Instrument, Standing
    from quanheng.instruments.services.opendata import open_file, present_tally, publish_registry
    from quanheng.instruments.services.standing import sweep
    from quanheng.instruments.tally import read_rows, tally_of

    if not Standing.objects.exists():
        print(f"sweep: {_timed(sweep)[0]:.1f} s")
    print(f"{database}, {Instrument.objects.count():,} instruments")
    seconds, tally = _timed(publish_registry)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size, packed = (open_file(packed=way).stat().st_size / 2**20 for way in (False, True))
    print(f"publish: {seconds:.1f} s; {size:.0f} MiB, packed {packed:.0f} MiB; {len(tally.cells)} cells")
    print(f"peak memory after it: {peak:.0f} MiB")
    print(f"figure from the database: {_timed(present_tally)[0]:.1f} s")
    with open_file().open(encoding="utf-8-sig", newline="") as stream:
        seconds, again = _timed(lambda: tally_of(read_rows(stream)))
    print(f"figure from the open file: {seconds:.1f} s; the same: {again == tally}")
    client = Client()
    for name in ("portal:registry", "portal:home"):
        taken = [1000 * _timed(lambda name=name: client.get(reverse(name)))[0] for _ in range(times)]
        print(f"{name}: median {statistics.median(taken):.0f} ms, slowest {max(taken):.0f} ms")


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
