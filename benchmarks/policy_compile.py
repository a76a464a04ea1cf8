"""Documents compiled per second, text form, one process.

    python benchmarks/policy_compile.py [FOLDER]

FOLDER holds .txt documents; default: policy/text of the reference data
(QUANHENG_SHARED, else ../shared).  The first pass fills the caches of department
names and is shown apart.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from quanheng.kernels.policy import compile_plan

PASSES = 20


def main() -> None:
    shared = Path(os.environ.get("QUANHENG_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "data/policy/text"
    documents = [(p.name, p.read_bytes()) for p in sorted(folder.glob("*.txt"))]
    if not documents:
        raise SystemExit(f"no .txt documents in {folder}")
    started = time.perf_counter()
    for name, data in documents:
        compile_plan(data, filename=name)
    first = len(documents) / (time.perf_counter() - started)
    print(f"{'document':40} {'bytes':>7} {'tasks':>5} {'rows':>4} {'ms':>6}")
    total = 0.0
    processor = time.process_time()
    for name, data in documents:
        times = []
        for _ in range(PASSES):
            began = time.perf_counter()
            plan = compile_plan(data, filename=name)
            times.append(time.perf_counter() - began)
        median = statistics.median(times)
        total += median
        print(f"{name:40} {len(data):7} {len(plan.items):5} {len(plan.annex):4} {median * 1000:6.1f}")
    processor = time.process_time() - processor
    print(f"documents per second of processor time: {PASSES * len(documents) / processor:.0f}")
    print(f"documents per second: {len(documents) / total:.0f} (first pass, cold: {first:.0f}; wanted: 100)")


if __name__ == "__main__":
    main()
