from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.instruments.making import TODAY


@pytest.fixture(autouse=True)
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever day the tests run on, it is the same one."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)
