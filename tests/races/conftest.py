"""Races are run on PostgreSQL: SQLite has one writer and hides a missing lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from quanheng.base.errors import BureauError

Outcome = str


@pytest.fixture
def race(transactional_db: None) -> Callable[..., list[Outcome]]:
    """Run calls at the same instant, each on its own connection; return ``ok`` or the refusal's code."""

    def run(*calls: Callable[[], object]) -> list[Outcome]:
        start = Barrier(len(calls))

        def one(call: Callable[[], object]) -> Outcome:
            try:
                start.wait(10)
                call()
            except BureauError as error:
                return error.code
            else:
                return "ok"
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return sorted(future.result() for future in [pool.submit(one, call) for call in calls])

    return run
