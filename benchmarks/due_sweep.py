"""The sweep that derives the standing of every instrument anew, and the same dates computed with pandas.

    python benchmarks/due_sweep.py [--instruments 1000000] [--home DIR]
    python tools/on_postgres.py python benchmarks/due_sweep.py

Claims: all of a million within 60 s and 500 MB.  "first" writes every row, which no later sweep does; a
rule that changes the period of a tenth of the instruments is measured beside it.
The peer reads the same columns into pandas and computes due = last verification + months of the rule,
the earlier of that and the printed date: no obligations, reasons or projection are kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from datetime import date

import million

TENTH = 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=million.INSTRUMENTS)
    parser.add_argument("--home", default="")
    given = parser.parse_args()
    with million.started(given.home) as vendor:
        million.make(given.instruments)
        print(f"{vendor}, {given.instruments} instruments")
        print(f"{'what':<34}{'s':>8}{'CPU s':>8}{'peak MiB':>10}  result", flush=True)
        for name, work in (
            ("sweep, first: every row written", _first),
            ("sweep, nothing changed", _sweep),
            ("sweep, a tenth changed", _tenth),
            ("pandas: dates only, in memory", _pandas),
        ):
            _alone(name, work)


def _alone(name: str, work: Callable[[], str]) -> None:
    """Run and print in a process of its own, so that each peak is its own."""
    child = multiprocessing.get_context("spawn").Process(
        target=_measured, args=(name, work, os.environ["QUANHENG_HOME"])
    )
    child.start()
    child.join()
    assert child.exitcode == 0, name


def _measured(name: str, work: Callable[[], str], home: str) -> None:
    os.environ["QUANHENG_HOME"] = home
    import django

    django.setup()
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    spent, used = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<34}{spent:>8.1f}{used:>8.1f}{peak:>10.0f}  {result}", flush=True)


def _sweep() -> str:
    from quanheng.instruments.services.standing import sweep

    done = sweep()
    return f"{done.instruments} looked at, {done.changed} changed"


def _first() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM instruments_standing")
    return _sweep()


def _tenth() -> str:
    """As after a new rule: a tenth of the standings are not what the rules say."""
    from django.db.models import F

    from quanheng.instruments.models import Standing

    stale = Standing.objects.annotate(part=F("pk") % TENTH).filter(part=0)
    stale.update(due_on=date(2000, 1, 1))
    return _sweep()


def _pandas() -> str:
    import pandas as pd
    from django.db import connection

    from quanheng.base import clock
    from quanheng.regulations.packaged import packaged_kinds, packaged_rules

    rules, today = packaged_rules(), clock.today()
    months = {}
    for kind in packaged_kinds():
        rule = rules.version_on(kind.code, today)
        found = [term.months for term in rule.terms if term.months] if rule else []
        months[kind.code] = found[0] if found else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, i.kind, i.registered_on, v.verified_on, v.valid_until FROM instruments_instrument i"
            " LEFT JOIN instruments_verificationrecord v ON v.instrument_id = i.id"
        )
        frame = pd.DataFrame(
            cursor.fetchall(), columns=["id", "kind", "registered_on", "verified_on", "valid_until"]
        )
    last = frame.sort_values("verified_on").groupby("id", sort=False).tail(1)
    verified = pd.to_datetime(last["verified_on"])
    printed = pd.to_datetime(last["valid_until"])
    period = last["kind"].map(months)
    by_rule = pd.Series(pd.NaT, index=last.index, dtype="datetime64[ns]")
    for length in sorted(period.dropna().unique()):
        mask = period == length
        by_rule[mask] = verified[mask] + pd.DateOffset(months=int(length)) - pd.Timedelta(days=1)
    due = by_rule.where(printed.isna() | (by_rule < printed), printed)
    due = due.fillna(pd.to_datetime(last["registered_on"]))
    return f"{int((due < pd.Timestamp(today)).sum())} overdue by dates alone"


if __name__ == "__main__":
    main()
