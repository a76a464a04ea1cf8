"""Processes that get killed.  Run by test_crash.py: one process for each scenario and database.

    python -m tests.transparency.crash SCENARIO

Database and home folder come from the environment; prints what was found as JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Set
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection, connections, transaction  # noqa: E402

from quanheng.transparency import signing  # noqa: E402
from quanheng.transparency.models import Leaf, Opening, PendingLeaf, SignedCheckpoint  # noqa: E402
from quanheng.transparency.sequencer import STEPS, sequence  # noqa: E402
from quanheng.transparency.services import Fact, Personal, enqueue_leaves  # noqa: E402
from tests.transparency.published import check_codes, published_entries  # noqa: E402

WRITERS, SEQUENCERS = 4, 2


def fork(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own; return its id."""
    connections.close_all()  # a database connection cannot be shared with a child
    if pid := os.fork():
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ending(pid: int) -> str:
    """Wait for a process; return ``killed``, ``done`` or ``failed``."""
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return "killed"
    return "failed" if os.WEXITSTATUS(status) else "done"


def write(count: int) -> list[str]:
    """Record facts in one transaction.  Each one's opening is the fact that must not lose its leaf."""
    facts = [Fact("test:made", f"fact:{n}", {"n": n}, {"by": Personal(n, "user:1")}) for n in range(count)]
    with transaction.atomic():
        rows = enqueue_leaves(facts)
    return [json.loads(bytes(row.entry))["data"]["by"]["commitment"] for row in rows]


def audit(acknowledged: Set[str] = frozenset()) -> dict[str, Any]:
    """Compare the facts, the leaves and the published files; every value is empty if all is well."""
    facts = set(Opening.objects.values_list("commitment", flat=True))
    rows = list(Leaf.objects.order_by("index").values_list("index", "entry"))
    head = SignedCheckpoint.objects.order_by("tree_size").last()
    recorded = Counter(json.loads(bytes(entry))["data"]["by"]["commitment"] for _, entry in rows)
    published = published_entries(Path(settings.HOME) / "log")
    return {
        "lost": len(facts - set(recorded)),
        "acknowledged and lost": len(acknowledged - set(recorded)),
        "without a fact": len(set(recorded) - facts),
        "doubled": [key for key, count in recorded.items() if count > 1],
        "pending": PendingLeaf.objects.count(),
        "numbers with a gap": [index for index, _ in rows] != list(range(len(rows))),
        "unsigned": len(rows) - (head.tree_size if head else 0),
        "published otherwise": published != [bytes(entry) for _, entry in rows],
        "findings": check_codes(Path(settings.HOME) / "log"),
    }


def kill_after_every_step() -> dict[str, Any]:
    """Kill the sequencer after each step in turn; a log of several full tiles grows meanwhile."""
    found = {}
    for step in STEPS:
        write(300)

        end = ending(fork(partial(_sequence_until, step)))
        meanwhile = check_codes(Path(settings.HOME) / "log")
        sequence(batch=200)
        found[step] = {"end": end, "findings at once": meanwhile, **audit()}
    return found


def _sequence_until(step: str) -> None:
    def die(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sequence(batch=200, after_step=die)


def kill_at_random(seconds: float = 6.0, seed: int = 20261123) -> dict[str, Any]:
    """Kill writers and sequencers at random times, each replaced at once."""
    rng, acknowledged = random.Random(seed), Path(settings.HOME) / "acknowledged"
    jobs: list[Callable[[], None]] = [partial(_write_for_ever, acknowledged)] * WRITERS
    jobs += [_sequence_for_ever] * SEQUENCERS
    pids = [fork(job) for job in jobs]
    ends: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(rng.uniform(0.01, 0.12))
        slot = rng.randrange(len(jobs))
        os.kill(pids[slot], signal.SIGKILL)
        ends[ending(pids[slot])] += 1
        pids[slot] = fork(jobs[slot])
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        ends[ending(pid)] += 1
    left = PendingLeaf.objects.count()
    sequence()
    told = set(acknowledged.read_text().split())
    return {"ends": ends, "leaves": Leaf.objects.count(), "left to the last run": left, **audit(told)}


def _write_for_ever(acknowledged: Path) -> None:
    rng = random.Random(os.getpid())
    handle = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        told = write(rng.randrange(1, 12))
        os.write(handle, "".join(f"{commitment}\n" for commitment in told).encode())
        time.sleep(0.002)


def _sequence_for_ever() -> None:
    while True:
        sequence(batch=64)
        time.sleep(0.002)


def two_machines() -> dict[str, Any]:
    """Two sequencers that share the database and the key, but not the folder and so not its lock."""
    homes = [Path(settings.HOME) / name for name in ("first", "second")]
    write(1)
    settings.HOME = homes[0]
    sequence()
    shutil.copytree(homes[0] / "keys", homes[1] / "keys")

    def work(home: Path) -> None:
        settings.HOME = home
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            write(7)
            sequence(batch=16)

    ends = [ending(pid) for pid in [fork(partial(work, home)) for home in homes * 2]]
    found = {}
    for home in homes:
        settings.HOME = home
        sequence()
        found[home.name] = audit()
    notes = {(home / "log" / "checkpoint").read_bytes() for home in homes}
    return {"ends": ends, "checkpoints": len(notes), "leaves": Leaf.objects.count(), **found}


def one_key() -> dict[str, Any]:
    """Many processes make the key at the same moment."""
    start = time.time() + 0.3
    made = Path(settings.HOME) / "made"
    made.mkdir()

    def make(number: int) -> None:
        time.sleep(start - time.time())
        (made / str(number)).write_text(signing.ensure_key(origin=f"quanheng/{number}").skey)

    ends = Counter(ending(pid) for pid in [fork(partial(make, number)) for number in range(12)])
    keys = {path.read_text() for path in made.iterdir()}
    mode = signing.key_path().stat().st_mode & 0o777
    left = [path.name for path in signing.key_path().parent.iterdir()]
    return {"ends": ends, "keys": len(keys), "mode": oct(mode), "files": left}


def late_commit() -> dict[str, Any]:
    """A leaf staged first is committed while those behind it are taken: its lower id shows up late."""
    staged, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            write(1)
            staged.set()
            may_commit.wait(20)
        connections.close_all()

    thread = threading.Thread(target=slow)

    def commit_it_now(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("DELETE") and "transparency_pendingleaf" in sql:
            may_commit.set()
            thread.join()
        return execute(sql, params, many, context)

    thread.start()
    staged.wait(20)
    write(2)
    with connection.execute_wrapper(commit_it_now):
        before = sequence()
    return {"before": before, "after": sequence(), **audit()}


def full_disk() -> dict[str, Any]:
    """Let files grow no further, from a given step on; then make room again."""
    found = {}
    for step in ("recovered", "committed", "tiles"):
        write(700)
        try:
            sequence(after_step=partial(_limit_after, step))
            error = ""
        except (OSError, DatabaseError) as caught:
            error = type(caught).__name__
        finally:
            _limit(resource.RLIM_INFINITY)
        meanwhile = check_codes(Path(settings.HOME) / "log")
        sequence()
        found[step] = {"error": error, "findings at once": meanwhile, **audit()}
    return found


def _limit_after(step: str, name: str) -> None:
    if name == step:
        _limit(100)


def _limit(size: int) -> None:
    """Set the size [bytes] that no file may be written beyond (EFBIG)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def main() -> None:
    """Run the scenario that is named."""
    scenarios: dict[str, Callable[[], dict[str, Any]]] = {
        work.__name__: work
        for work in (kill_after_every_step, kill_at_random, two_machines, one_key, late_commit, full_disk)
    }
    call_command("migrate", "transparency", verbosity=0)
    print(json.dumps(scenarios[sys.argv[1]]()))  # noqa: T201  the answer to test_crash.py


if __name__ == "__main__":
    main()
