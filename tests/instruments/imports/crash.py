"""An import that is killed.  Run by test_running.py as a process of its own, on a SQLite file of its own.

python -m tests.instruments.imports.crash LEDGER within|between

Prints what the killed run left, and what the next one made of it, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from quanheng.core.county import load_county, read_county  # noqa: E402
from quanheng.instruments.models import ImportBatch, Instrument, VerificationRecord  # noqa: E402
from quanheng.instruments.services.importing import running  # noqa: E402
from quanheng.instruments.services.importing.batches import (  # noqa: E402
    answer_headings,
    confirm_import,
    receive_ledger,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults  # noqa: E402

ROOT = Path(__file__).parent.parent.parent.parent
write_chunk = running.write_chunk


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_the_second(batch: ImportBatch, plans: Any, **options: Any) -> None:
    """Write a chunk, and be killed before the second is committed."""
    write_chunk(batch, plans, **options)
    if plans[0].row > 5:
        die()


def left() -> list[int]:
    batch = ImportBatch.objects.get()
    return [
        sum(batch.counts.values()),
        batch.rows.count(),
        Instrument.objects.count(),
        VerificationRecord.objects.count(),
    ]


def main(ledger: Path, where: str) -> None:
    call_command("migrate", verbosity=0)
    load_county(read_county(ROOT / "examples/dachuan/county.yaml"))
    batch = receive_ledger(actor=None, data=ledger.read_bytes(), filename="台账.csv")
    batch = answer_headings(actor=None, public_id=batch.public_id, revision=batch.revision, answers={})
    batch = try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults())
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    connections.close_all()  # a connection cannot be shared with a child
    if not (pid := os.fork()):
        if where == "within":
            running.write_chunk = die_in_the_second  # type: ignore[assignment]
        running.run_import(batch.public_id, chunk=3, after_chunk=die if where == "between" else None)
        os._exit(0)
    killed = os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    found = {"killed": killed, "left": left(), "waits": len(running.interrupted())}
    running.resume_interrupted()
    print(json.dumps(found | {"after": left(), "state": ImportBatch.objects.get().state}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
