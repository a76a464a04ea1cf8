"""The demonstration county as its users meet it: the real commands, a real server, a home of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
COUNTY = ROOT / "examples/dachuan"
PASSWORD: str = yaml.safe_load((COUNTY / "demo.yaml").read_text(encoding="utf-8"))["password"]
OURS = ("QUANHENG_", "DJANGO_")  # of the tests around; the house starts as on a fresh machine
START_SECONDS = 60.0
STEP_SECONDS = 0.1


@dataclass(frozen=True)
class Demonstration:
    """A running house: where it is, and what it wrote while it ran."""

    url: str
    home: Path
    settings: dict[str, str]

    @property
    def output(self) -> Path:
        """What the server wrote."""
        return self.home / "output.txt"

    def command(self, *words: str) -> None:
        """Run a command of `quanheng` on this house."""
        subprocess.run(_line(*words), cwd=ROOT, env=self.settings, check=True, stdout=subprocess.DEVNULL)


def make_migrated(home: Path) -> None:
    """Make a house without a county."""
    Demonstration("", home, _settings(home)).command("migrate")


def make_demonstration(home: Path) -> None:
    """Make the demonstration county in ``home`` and run its day: what `make run` leaves."""
    house = Demonstration("", home, _settings(home))
    for words in (["migrate"], ["demo", "load"], ["day"]):
        house.command(*words)


@contextmanager
def running_demonstration(home: Path) -> Iterator[Demonstration]:
    """Serve the demonstration county of ``home`` (web and worker) until the end."""
    port, settings = _free_port(), _settings(home)
    house = Demonstration(f"http://127.0.0.1:{port}", home, settings)
    with house.output.open("wb") as output:
        line = _line("serve", "--port", str(port))
        serve = subprocess.Popen(line, cwd=ROOT, env=settings, stdout=output, stderr=output)
        try:
            _wait_until_it_answers(house, serve)
            yield house
        finally:
            serve.terminate()  # ends web and worker, both children of this process
            serve.wait(timeout=30)


def _settings(home: Path) -> dict[str, str]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return settings | {"QUANHENG_HOME": str(home), "QUANHENG_INSECURE_HTTP": "1"}


def _line(*words: str) -> list[str]:
    return [sys.executable, "-m", "quanheng.cli.main", *words]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(house: Demonstration, serve: subprocess.Popen[bytes]) -> None:
    for _ in range(int(START_SECONDS / STEP_SECONDS)):
        try:
            with urllib.request.urlopen(house.url, timeout=START_SECONDS):
                return
        except urllib.error.HTTPError:
            break
        except urllib.error.URLError:
            pass  # not listening yet
        try:
            serve.wait(timeout=STEP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    last_lines = "\n".join(house.output.read_text(encoding="utf-8").splitlines()[-12:])
    raise RuntimeError(f"the server did not start:\n{last_lines}")
