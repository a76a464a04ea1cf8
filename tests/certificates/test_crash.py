"""Issuing under kill -9, on both databases; the processes are those of crash.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.transparency.conftest import database_url, postgres_server, postgres_url  # noqa: F401  fixtures


def test_killed_after_every_step_and_resumed_by_three_each_is_issued_once(
    tmp_path: Path,
    database_url: str,  # noqa: F811  the fixture
    migrated_home: Path,
) -> None:
    home = shutil.copytree(migrated_home, tmp_path / "home")
    environment = os.environ | {"QUANHENG_HOME": str(home), "QUANHENG_DATABASE_URL": database_url}
    done = subprocess.run(
        [sys.executable, "-m", "tests.certificates.crash"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "ends": ["killed"] * 3,
        "resumed": ["done"] * 9,
        "sequences": [1, 2, 3],
        "states": ["issued"] * 3,
        "leaves": 3,
        "records": 3,
        "verdicts": ["authentic"] * 3,
    }
