"""A standalone Spark cluster on loopback, as its own launcher starts one: a master and two workers, each a process."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from quanheng.fleet.places import AnyPlace
from quanheng.fleet.runs import estimate_folder, run_over
from quanheng.fleet.spark import spark
from quanheng.kernels.fleet.results import AreaEstimate

ROOT = Path(__file__).resolve().parents[2]
MISSING = "PySpark or Java not found: pip install --require-hashes -r requirements-spark.lock, apt-get install default-jre-headless"
_PATIENCE = 90  # [s]


def is_installed() -> bool:
    """Whether a cluster can be started on this machine."""
    return importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


def environment() -> dict[str, str]:
    """Return the environment of every process of the cluster and of who uses it."""
    kept = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
    return kept | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(ROOT / "tests" / "fleet" / "spark-conf"),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k",
    }


@dataclass
class Cluster:
    """A master and its workers, the first of which may be killed."""

    folder: Path
    port: int
    master: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the address of the master."""
        return f"spark://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all, and wait until the workers are known to the master."""
        self.master = self._process("master", "Master", "--port", self.port)
        self._wait("master", "New state: ALIVE")
        self.workers = [
            self._process(f"worker{at}", "Worker", *("--cores", 1, "--memory", "600m"), self.url)
            for at in range(2)
        ]
        for at in range(2):
            self._wait(f"worker{at}", "Successfully registered")

    def stop(self) -> None:
        """End all."""
        for process in (*self.workers, *filter(None, [self.master])):
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)

    def log(self, name: str) -> str:
        """Return what a process of the cluster has said."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _process(self, name: str, kind: str, *words: object) -> subprocess.Popen[bytes]:
        import pyspark

        launcher = Path(pyspark.__file__).parent / "bin" / "spark-class"
        more = ["--work-dir", self.folder / name] if kind == "Worker" else []
        line = [launcher, f"org.apache.spark.deploy.{kind.lower()}.{kind}", "--host", "127.0.0.1"]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [str(word) for word in (*line, "--webui-port", 0, *more, *words)],
                env=environment(),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _wait(self, name: str, text: str) -> None:
        wait_until(lambda: text in self.log(name), f"{name}: {text}")


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run a cluster."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Cluster(folder, port)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def wait_until(is_so, what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@dataclass(frozen=True)
class Held:
    """An estimate that, after about ``free`` areas, waits until the gate is opened; at ``zdies`` its process dies."""

    gate: Path
    free: int

    def __call__(self, folder: AnyPlace) -> AreaEstimate:
        """Return the estimate of an area."""
        (self.gate / folder.name).touch()
        while len(list(self.gate.iterdir())) > self.free and not (self.gate / "open").exists():
            time.sleep(0.02)
        if folder.name == "zdies":
            os._exit(9)
        return estimate_folder(folder)


def main(store: str, out: str, url: str, gate: str, free: str) -> None:
    """Estimate a store on a cluster as the command does, except for what is held."""
    work, engine = Held(Path(gate), int(free)), spark(url)
    tell = partial(print, file=sys.stderr)
    done = run_over(Path(store), Path(out), work, "None None", engine, tell=tell)
    sys.stdout.write(f"{done.done} {done.resumed} {done.unusable}")


if __name__ == "__main__":
    main(*sys.argv[1:])
