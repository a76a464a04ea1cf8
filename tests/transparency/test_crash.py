"""The sequencer under kill -9, on both databases; the processes are those of crash.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quanheng.transparency.sequencer import STEPS

ALL_WELL = {
    "lost": 0,
    "acknowledged and lost": 0,
    "without a fact": 0,
    "doubled": [],
    "pending": 0,
    "numbers with a gap": False,
    "unsigned": 0,
    "published otherwise": False,
    "findings": [],
}


def run(scenario: str, home: Path, database_url: str) -> dict[str, Any]:
    environment = os.environ | {"QUANHENG_HOME": str(home), "QUANHENG_DATABASE_URL": database_url}
    done = subprocess.run(
        [sys.executable, "-m", "tests.transparency.crash", scenario],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_killed_after_every_step_nothing_is_lost_or_doubled(tmp_path: Path, database_url: str) -> None:
    found = run("kill_after_every_step", tmp_path, database_url)
    assert found == {step: {"end": "killed", "findings at once": [], **ALL_WELL} for step in STEPS}


def test_killed_at_random_under_four_writers_nothing_is_lost_or_doubled(
    tmp_path: Path, database_url: str
) -> None:
    found = run("kill_at_random", tmp_path, database_url)
    ends, leaves, _ = found.pop("ends"), found.pop("leaves"), found.pop("left to the last run")
    assert found == ALL_WELL
    assert set(ends) == {"killed"}  # nobody ended otherwise: no deadlock, no locked database
    assert ends["killed"] > 20
    assert leaves > 500


def test_two_machines_on_one_database_publish_the_same_log(tmp_path: Path, database_url: str) -> None:
    found = run("two_machines", tmp_path, database_url)
    leaves = found.pop("leaves")
    assert found == {"ends": ["done"] * 4, "checkpoints": 1, "first": ALL_WELL, "second": ALL_WELL}
    assert leaves > 50


@pytest.mark.postgres
def test_a_leaf_committed_behind_a_higher_id_is_not_lost(tmp_path: Path, postgres_url: str) -> None:
    assert run("late_commit", tmp_path, postgres_url) == {"before": 2, "after": 1, **ALL_WELL}


def test_a_full_disk_is_told_and_the_next_run_goes_on(tmp_path: Path, database_url: str) -> None:
    found = run("full_disk", tmp_path, database_url)
    errors = [found[step].pop("error") for step in found]
    assert found == {
        step: {"findings at once": [], **ALL_WELL} for step in ("recovered", "committed", "tiles")
    }
    # SQLite's own file cannot grow either, so there the first step that writes says so.
    assert errors == ["OSError" if database_url else "OperationalError", "OSError", "OSError"]


def test_makers_of_the_key_racing_get_the_same_one(tmp_path: Path) -> None:
    found = run("one_key", tmp_path, "")
    assert found == {"ends": {"done": 12}, "keys": 1, "mode": "0o600", "files": ["log.key"]}
