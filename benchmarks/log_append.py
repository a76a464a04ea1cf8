"""Claim: leaves are appended at 5,000 a second or more, from the fact's transaction to the published file.

    python benchmarks/log_append.py [--leaves 50000] [--database sqlite|postgresql]

Staged in transactions of 1,000 facts with one personal value each, then sequenced: numbered, signed
and published with every file synced to disk.  PostgreSQL runs with its own defaults (fsync on).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CLAIM = 5_000  # [leaves/s]
FACTS = 1_000


def measure(leaves: int) -> dict[str, float]:
    """Stage and sequence in the database of the environment; return seconds and memory [MiB]."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from quanheng.transparency.sequencer import sequence
    from quanheng.transparency.services import Fact, Personal, enqueue_leaves

    call_command("migrate", "transparency", verbosity=0)
    start = time.perf_counter()
    for first in range(0, leaves, FACTS):
        with transaction.atomic():
            enqueue_leaves(
                Fact(
                    kind="verification:concluded",
                    subject=f"verification:{number:032x}",
                    data={"verdict": "passed", "on": "2026-03-02"},
                    personal={"by": Personal("checker", "user:1")},
                )
                for number in range(first, min(first + FACTS, leaves))
            )
    staged = time.perf_counter()
    done = sequence()
    end = time.perf_counter()
    if done != leaves:
        raise RuntimeError(f"{done} leaves sequenced instead of {leaves}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"stage": staged - start, "sequence": end - staged, "memory": memory}


def run(database_url: str, leaves: int) -> dict[str, float]:
    """Measure in a process and a home folder of its own."""
    with tempfile.TemporaryDirectory(prefix="quanheng-benchmark-") as home:
        environment = os.environ | {
            "QUANHENG_HOME": home,
            "QUANHENG_DATABASE_URL": database_url,
            "QUANHENG_INSECURE_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
        }
        command = [sys.executable, __file__, "--leaves", str(leaves), "--here"]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def show(name: str, leaves: int, found: dict[str, float]) -> None:
    """Print the row of one database."""
    total = leaves / (found["stage"] + found["sequence"])
    rates = f"{leaves / found['stage']:>12,.0f}{leaves / found['sequence']:>14,.0f}{total:>14,.0f}"
    print(f"{name:<12}{rates}{total / CLAIM:>10.2f}{found['memory']:>10.0f}")


def main() -> None:
    """Print a table with one row for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=50_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measure(arguments.leaves)))
        return
    print(f"{arguments.leaves:,} leaves, claim {CLAIM:,} leaves/s end to end")
    header = f"{'stage [/s]':>12}{'sequence [/s]':>14}{'together [/s]':>14}{'/claim':>10}{'RSS [MiB]':>10}"
    print(f"{'':<12}{header}")
    if arguments.database != "postgresql":
        show("SQLite", arguments.leaves, run("", arguments.leaves))
    if arguments.database != "sqlite":
        from tests import postgres

        with postgres.server(settings=()) as url:
            if url is None:
                print(postgres.ABSENT)
                return
            with postgres.database(url) as own:
                show("PostgreSQL", arguments.leaves, run(own, arguments.leaves))


if __name__ == "__main__":
    main()
