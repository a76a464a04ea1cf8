from __future__ import annotations

from pathlib import Path

import pytest

from tests.certificates.making import NOW, TODAY, World, make_world


@pytest.fixture
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever day the tests run on, people and standards are fit."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)


@pytest.fixture
def world(db: None, home: Path, on_one_day: None) -> World:
    """An institute that can issue."""
    return make_world()
