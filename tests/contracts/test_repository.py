"""What must never be in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def _tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def _texts() -> list[tuple[Path, str]]:
    found = []
    for path in _tracked():
        if "vendor" not in path.parts:
            try:
                found.append((path, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def test_lock_files_name_no_host_and_every_requirement_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
    for name in ("requirements.lock", "requirements-dev.lock"):
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_no_path_of_a_machine_stands_in_a_file() -> None:
    machine = re.compile(r"(?<![\w.$}])/(?:" + "|".join(["work", "root", "home/[a-z]+"]) + r")/[\w.-]+")
    hits = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path, text in _texts()
        for hit in [machine.search(text)]
        if hit
    ]

    assert hits == []


def test_python_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path, text in _texts()
        if path.suffix == ".py" and "migrations" not in path.parts and (lines := text.count("\n")) > 500
    }
    assert long == {}
