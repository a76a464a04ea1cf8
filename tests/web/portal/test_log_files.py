"""The log over HTTP is the log on disk: whoever fetches it checks it with the same command."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from quanheng.kernels.tlog.check import check_log
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.transparency.selectors import latest_checkpoint, log_folder
from quanheng.transparency.sequencer import sequence
from quanheng.transparency.services import enqueue_leaf


@pytest.fixture
def long_log(dachuan: object) -> int:
    """More leaves than one tile holds."""
    with transaction.atomic():
        for number in range(300):
            enqueue_leaf(kind="test:counted", subject="test", data={"number": number})
    sequence()
    head = latest_checkpoint()
    assert head is not None
    return head.tree_size


def _get(path: str, **headers: str):
    return Client().get(f"/log/{path}", headers=headers)


def _body(answer) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


def test_the_served_files_pass_the_check_of_the_published_log(long_log: int) -> None:
    paths = [
        path.relative_to(log_folder()).as_posix()
        for path in (log_folder() / "tile").rglob("*")
        if path.is_file()
    ]

    def read(path: str) -> bytes | None:
        answer = _get(path)
        return _body(answer) if answer.status_code == 200 else None

    report = check_log(read=read, paths=iter(paths), key=None, seen=None)
    assert (report.findings, report.entries) == ((), long_log) or (list(report.findings), report.entries) == (
        [],
        long_log,
    )


def test_a_full_tile_is_kept_for_ever_and_a_growing_one_is_not(long_log: int) -> None:
    for path in ("tile/0/000", "tile/entries/000"):
        full = _get(path)
        assert full["Cache-Control"] == "public, max-age=31536000, immutable"
        assert full["Content-Type"] == "application/octet-stream"
        full.close()
    partial = _get(f"tile/0/001.p/{long_log - 256}")
    assert partial.status_code == 200
    assert "immutable" not in partial["Cache-Control"]
    partial.close()


def test_the_checkpoint_is_text_asked_for_again_each_time(long_log: int) -> None:
    answer = _get("checkpoint")
    assert answer.content == (log_folder() / "checkpoint").read_bytes()
    assert (answer["Content-Type"], answer["Cache-Control"]) == (
        "text/plain; charset=utf-8",
        "public, no-cache",
    )
    assert answer["Access-Control-Allow-Origin"] == "*"  # a verifier on another site may read it
    assert _get("checkpoint", **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert _get("log.vkey").content == (log_folder() / "log.vkey").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "tile/../log.vkey",
        "tile/%2e%2e/log.vkey",
        "tile/0/..%2f..%2fcheckpoint",
        "tile/0/000/../../../../keys/secret_key",
        "tile//etc/passwd",
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/0/999",
    ],
)
def test_nothing_but_a_tile_is_served_below_tile(long_log: int, home: Path, path: str) -> None:
    (home / "keys").mkdir(exist_ok=True)
    (home / "keys" / "secret_key").write_text("never-serve-this")
    answer = _get(path)
    assert answer.status_code == 404
    assert b"never-serve-this" not in answer.content


def test_before_the_first_checkpoint_there_is_nothing_to_serve(db: None, home: Path) -> None:
    assert {_get(path).status_code for path in ("checkpoint", "log.vkey", "tile/0/000", "proof/0.json")} == {
        404
    }


def test_a_proof_fetched_by_anyone_verifies_offline(long_log: int) -> None:
    for index in (0, 255, 256, long_log - 1):
        assert verify_proof(_get(f"proof/{index}.json").content).index == index
    assert _get(f"proof/{long_log}.json").status_code == 404


def test_the_public_pages_take_no_writes(long_log: int) -> None:
    for path in ("", "checkpoint", "tile/0/000", "proof/0.json"):
        assert Client().post(f"/log/{path}").status_code == 405
