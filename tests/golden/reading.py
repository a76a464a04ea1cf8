"""What `quanheng certificate verify --json` says of the golden certificates, without its sentences."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from quanheng.kernels.dcc.build import build_dcc
from quanheng.kernels.dcc.build_back import content_of

DAYS = ("2026-06-01", "2036-01-01")
_SENTENCES = {"file", "text", "status_text", "checks"}  # words may get better; what they mean may not change


def files(folder: Path) -> list[Path]:
    """The certificates of a release, by name."""
    return sorted([*folder.glob("*.pdf"), *folder.glob("*.xml")])


def reports(folder: Path, on: date) -> dict[str, dict[str, Any]]:
    """Check all files of a folder against its log."""
    return _verified(folder, [path.name for path in files(folder)], on, "--log", "log")


def proven(folder: Path) -> dict[str, dict[str, Any]]:
    """Check the files that have a proof beside them without the log."""
    names = [path.name.removesuffix(".proof.json") for path in sorted(folder.glob("*.proof.json"))]
    return _verified(folder, names, date.fromisoformat(DAYS[0]))


def _verified(folder: Path, names: list[str], on: date, *where: str) -> dict[str, dict[str, Any]]:
    """Run the command in a process that has no settings and no schemas."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("QUANHENG_", "DJANGO_"))
    }
    words = [*where, "--key", "log/log.vkey", "--on", on.isoformat(), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "quanheng.cli.main", "certificate", "verify", *names, *words],
        cwd=folder,
        env=kept | {"QUANHENG_DCC_SCHEMAS": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise ValueError(done.stderr)
    told = json.loads(done.stdout)
    return {one["file"]: _meaning(one) for one in (told if isinstance(told, list) else [told])}


def _meaning(report: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in report.items() if name not in _SENTENCES}
    return kept | {"checks": {check["name"]: check["ok"] for check in report["checks"]}}


def dcc_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 [hex] of the unsigned DCC that the content of each XML is built into."""
    return {
        path.name: hashlib.sha256(
            build_dcc(content_of(path.read_bytes()), software_release=folder.name)
        ).hexdigest()
        for path in files(folder)
        if path.suffix == ".xml"
    }
