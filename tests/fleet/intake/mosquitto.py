"""A real broker for the tests, on a port and in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def program() -> str:
    """Return the program; skip where there is none, fail where nothing may be skipped."""
    if _PROGRAM is None:
        message = "mosquitto not found: install it for the tests of the MQTT intake"
        if os.environ.get("QUANHENG_TEST_STRICT"):
            pytest.fail(message)
        pytest.skip(message)
    return _PROGRAM


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the broker and wait until it answers; messages for a client that is away are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {folder}/\nautosave_interval 1\n"
        "max_queued_messages 0\nmax_inflight_messages 1000\nuser root\nlog_dest none\n"
    )
    process = subprocess.Popen([program(), "-c", str(config)])
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process
    process.kill()
    pytest.fail("mosquitto does not answer")


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Give the port of a running broker."""
    port = free_port()
    process = start(folder, port)
    try:
        yield port
    finally:
        process.kill()
        process.wait()
