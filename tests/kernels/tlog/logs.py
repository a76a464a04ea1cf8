"""Logs made for tests: in memory (path → bytes) and on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quanheng.kernels.tlog.checkpoint import Checkpoint, sign_checkpoint
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import ED25519, SigningKey, format_note
from quanheng.kernels.tlog.tiles import Edge, grow

ORIGIN = "log.example/county"
KEY = SigningKey(ORIGIN, ED25519, bytes(range(32)))
Files = dict[str, bytes]


def make_entry(number: int, **data: object) -> bytes:
    at = datetime(2026, 11, 23, 5, 10, tzinfo=UTC) + timedelta(seconds=number)
    fact = {"number": number} | data
    return leaf_entry(kind="test:made", at=at, subject=f"subject-{number}", data=fact)


def make_entries(count: int) -> list[bytes]:
    return [make_entry(number) for number in range(count)]


def signed(edge: Edge, key: SigningKey = KEY) -> bytes:
    return format_note(sign_checkpoint(Checkpoint(key.name, edge.size, edge.root), key))


def publish(batches: Sequence[Sequence[bytes]], key: SigningKey = KEY) -> Files:
    """Return the files of a log that grew by ``batches``, with every partial tile kept."""
    edge, files = Edge(), {KEY_PATH: f"{key.verifier.vkey}\n".encode()}
    for batch in batches:
        growth = grow(edge, batch)
        edge = growth.edge
        files |= growth.files
    return files | {CHECKPOINT_PATH: signed(edge, key)}


def write(files: Files, folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def shared_vectors(name: str) -> dict[str, Any]:
    """Return reference vectors kept outside the repository; skip the test where they are absent."""
    root = Path(os.environ.get("QUANHENG_SHARED", Path(__file__).parents[3] / ".." / "shared"))
    path = root / "data" / "crypto" / name
    if not path.exists():
        pytest.skip(f"shared reference vectors are absent: {name}")
    vectors: dict[str, Any] = json.loads(path.read_text())
    return vectors
