"""Claims about the log kernel: leaves appended per second, time of a proof from a large log, check of it all.

    python benchmarks/log_kernel.py [--leaves 1000000] [--peer-python PATH]

``PATH`` is the interpreter of a separate environment in which pymerkle (GPL-3.0) is installed; it
is run there as a program of its own and is no dependency of this package.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quanheng.kernels.tlog.check import check_log
from quanheng.kernels.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import ED25519, SigningKey, format_note
from quanheng.kernels.tlog.proof_file import make_proof, verify_proof
from quanheng.kernels.tlog.proofs import consistency_proof
from quanheng.kernels.tlog.tiles import Edge, TileHashes, grow

KEY = SigningKey("log.example/benchmark", ED25519, bytes(32))
START = datetime(2026, 11, 23, 5, 10, tzinfo=UTC)
PROOFS = 500
PEER = """
import json, sys, time
from pymerkle import InmemoryTree
leaves = [json.dumps({"n": n}).encode() * 10 for n in range(int(sys.argv[1]))]
tree = InmemoryTree(algorithm="sha256")
start = time.perf_counter()
for leaf in leaves:
    tree.append_entry(leaf)
append = time.perf_counter() - start
start = time.perf_counter()
for n in range(20):
    tree.prove_inclusion(1 + n * len(leaves) // 20, len(leaves))
print(json.dumps([len(leaves) / append, (time.perf_counter() - start) / 20 * 1000]))
"""


def make_entries(start: int, count: int) -> list[bytes]:
    """Return leaves of the size that a recorded fact has (about 200 bytes)."""
    return [
        leaf_entry(
            kind="verification:concluded",
            at=START + timedelta(seconds=number),
            subject=f"{number:032x}",
            data={"verdict": "passed", "by": {"commitment": f"{number:064x}"}},
        )
        for number in range(start, start + count)
    ]


def time_appends(batch: int) -> float:
    """Return leaves appended per second in batches of ``batch``: hashes and file bytes, no disk."""
    count = max(batch, 20_000 if batch > 1 else 2_000)
    entries = make_entries(0, count)
    edge = Edge()
    start = time.perf_counter()
    for at in range(0, count, batch):
        edge = grow(edge, entries[at : at + batch]).edge
    return count / (time.perf_counter() - start)


def make_log(folder: Path, leaves: int) -> None:
    """Write a log of ``leaves`` leaves, built in batches of 10,000."""
    edge = Edge()
    for at in range(0, leaves, 10_000):
        growth = grow(edge, make_entries(at, min(10_000, leaves - at)))
        edge = growth.edge
        for path, data in growth.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    note = sign_checkpoint(Checkpoint(KEY.name, edge.size, edge.root), KEY)
    (folder / CHECKPOINT_PATH).write_bytes(format_note(note))
    (folder / KEY_PATH).write_text(f"{KEY.verifier.vkey}\n")


def reader(folder: Path) -> Callable[[str], bytes | None]:
    """Return a reader without cache, so that every proof pays for its files."""

    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            return None

    return read


def milliseconds(action: Callable[[int], object], indexes: list[int]) -> tuple[float, float]:
    """Return median and largest time of ``action`` [ms]."""
    times = []
    for index in indexes:
        start = time.perf_counter()
        action(index)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), max(times)


def row(what: str, figure: str) -> None:
    print(f"{what:<58} {figure}")


def measure_log(folder: Path, leaves: int) -> None:
    """Time proofs, their verification, and the whole check of the log in ``folder``."""
    read = reader(folder)
    note = (folder / CHECKPOINT_PATH).read_bytes()
    chance = random.Random(20261123)
    indexes = [chance.randrange(leaves) for _ in range(PROOFS)]
    proofs: dict[int, bytes] = {}

    def prove(index: int) -> None:
        proofs[index] = make_proof(read=read, index=index, note=note, key=KEY.verifier)

    median, worst = milliseconds(prove, indexes)
    row(f"proof file from {leaves:,} leaves, tiles read from disk", f"{median:.2f} ms (largest {worst:.2f})")
    median, worst = milliseconds(lambda index: verify_proof(proofs[index]), indexes)
    row("verifying it", f"{median:.2f} ms (largest {worst:.2f})")

    def prove_consistency(index: int) -> None:
        consistency_proof(index, leaves, TileHashes(leaves, read))

    median, worst = milliseconds(prove_consistency, indexes)
    row("consistency proof", f"{median:.2f} ms (largest {worst:.2f})")
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    start = time.perf_counter()
    report = check_log(read=read, paths=paths, key=KEY.verifier)
    took = time.perf_counter() - start
    assert not report.findings
    assert report.checkpoint == open_checkpoint(note, KEY.verifier)
    row(f"checking all of it ({len(paths):,} files)", f"{took:.1f} s, {report.entries / took:,.0f} leaves/s")


def measure_peer(python: Path) -> None:
    """Time pymerkle's in-memory tree in its own environment; its tree is kept whole in memory."""
    count = 20_000
    run = subprocess.run([python, "-c", PEER, str(count)], capture_output=True, text=True, check=False)
    if run.returncode:
        row("pymerkle", f"not measured: {run.stderr.strip().splitlines()[-1]}")
        return
    rate, proof = json.loads(run.stdout)
    row(f"pymerkle, in memory, appended one by one to {count:,}", f"{rate:,.0f} leaves/s")
    row(f"pymerkle, inclusion proof from {count:,} leaves", f"{proof:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--peer-python", type=Path)
    options = parser.parse_args()
    for batch in (1, 100, 1_000, 10_000):
        row(
            f"appended in batches of {batch:,} (hashes, tiles, bundles)",
            f"{time_appends(batch):,.0f} leaves/s",
        )
    with tempfile.TemporaryDirectory() as name:
        make_log(Path(name), options.leaves)
        measure_log(Path(name), options.leaves)
    if options.peer_python:
        measure_peer(options.peer_python)


if __name__ == "__main__":
    main()
