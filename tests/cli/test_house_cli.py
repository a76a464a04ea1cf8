"""The command line as a stranger meets it: each mistake is one clear line and exit code 2."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

QUANHENG = [sys.executable, "-m", "quanheng.cli.main"]


def _environment(home: Path, **changes: str) -> dict[str, str]:
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("QUANHENG_", "DJANGO_"))
    }
    return inherited | {"QUANHENG_HOME": str(home), "QUANHENG_INSECURE_HTTP": "1"} | changes


def _run(folder: Path, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*QUANHENG, *words],
        env=_environment(folder / "home", **changes),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "changes", "told"),
    [
        (["day"], {}, "quanheng migrate"),
        (["migrate"], {"QUANHENG_DEBUG": "yes"}, "QUANHENG_DEBUG"),
        (["migrate"], {"QUANHENG_HOMME": "x"}, "QUANHENG_HOMME"),
        (["migrate"], {"QUANHENG_DATABASE_URL": "mysql://a/b"}, "postgresql"),
        (["migrate"], {"QUANHENG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "数据库不可用"),
        (["county", "load", "none.yaml"], {}, "none.yaml"),
        (["indicator", "show", "plan.nonsense", "--data", "none.json"], {}, "plan.nonsense"),
        (["indicator", "show", "plan.tasks", "--data", "none.json"], {}, "none.json"),
    ],
)
def test_a_mistake_is_told_in_words_and_leaves_no_traceback(
    tmp_path: Path, words: list[str], changes: dict[str, str], told: str
) -> None:
    done = _run(tmp_path, *words, **changes)

    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_open_data_is_recomputed_without_database_and_without_a_trace(
    tmp_path: Path, demonstration_home: Path
) -> None:
    home = shutil.copytree(demonstration_home, tmp_path / "house")
    inside = _run(tmp_path, "indicator", "show", "plan.tasks_evidenced", QUANHENG_HOME=str(home)).stdout
    open_data = tmp_path / "citizen" / "plan.json"
    open_data.parent.mkdir()
    assert _run(tmp_path, "open-data", "-o", str(open_data), QUANHENG_HOME=str(home)).returncode == 0

    outside = _run(open_data.parent, "indicator", "show", "plan.tasks_evidenced", "--data", "plan.json")

    assert outside.stdout == inside != ""
    assert [path.name for path in open_data.parent.iterdir()] == ["plan.json"]


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _run(tmp_path, "serve", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize("whole_group", [False, True])
def test_the_server_answers_and_stops_when_asked(
    tmp_path: Path, whole_group: bool, migrated_home: Path
) -> None:
    shutil.copytree(migrated_home, tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*QUANHENG, "serve", "--port", str(port)], env=_environment(tmp_path / "home"), process_group=0
    )
    try:
        assert _answers(f"http://127.0.0.1:{port}/")
        os.killpg(process.pid, signal.SIGTERM) if whole_group else process.terminate()
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()


def _answers(url: str) -> bool:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False
