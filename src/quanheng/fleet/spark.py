"""The areas of a run on an Apache Spark cluster: paths go out, answers come back; no reading passes the driver."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa

from quanheng import __version__
from quanheng.fleet.journal import decoded, encoded
from quanheng.fleet.places import AnyPlace, PlaceT
from quanheng.fleet.pool import Engine
from quanheng.fleet.run_errors import CannotRun
from quanheng.kernels.fleet.results import AreaEstimate

_JOBS = 2  # of Spark under way at once: while one waits for its last area, the other keeps the cores at work
_AREAS_A_CORE = 4  # of a job: a job costs a tenth of a second, and what is under way is lost with its driver
_ANSWER = pa.schema([("at", pa.int64()), ("answer", pa.string())])
_DIED = ("Python worker exited unexpectedly", "ExecutorLostFailure")


class WrongWorker(RuntimeError):
    """A worker that cannot do the work; the reason is Chinese, for whoever set it up."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker does: the areas of one job, of which each of its tasks has one."""

    work: Callable[[Any], AreaEstimate]
    folders: tuple[AnyPlace, ...]
    version: str

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the answers of the areas whose numbers come in.  Raises WrongWorker."""
        if self.version != __version__:
            text = f"{socket.gethostname()} 上的 quanheng 是 {__version__}，发起的机器上是 {self.version}。"
            raise WrongWorker(text)
        for batch in batches:
            numbers = batch["id"].to_pylist()
            answers = [encoded(self.work(_visible(self.folders[at]))) for at in numbers]
            yield pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(answers)], schema=_ANSWER)


def spark(master: str | None = None, settings: Mapping[str, str] | None = None) -> Engine:
    """Return the engine that works on the cluster ``master``; None: what Spark is configured for, else this machine.

    ``settings`` are Spark's own.  Raises CannotRun (engine) where PySpark or Java is not installed.
    """
    if find_spec("pyspark") is None:
        raise CannotRun("engine", "没有安装 PySpark：pip install 'quanheng[spark]'。")
    java_home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(java_home) / "bin" / "java") if java_home else "java") is None:
        where = f"JAVA_HOME（{java_home}）中没有 bin/java" if java_home else "没有找到 java"
        raise CannotRun("engine", f"{where}：Spark 要 Java 17 或更新版本，例如 default-jre-headless。")

    def engine(
        work: Callable[[PlaceT], AreaEstimate],
        folders: list[PlaceT],
        *,
        lost: Callable[[PlaceT], AreaEstimate],
    ) -> Iterator[tuple[PlaceT, AreaEstimate]]:
        if folders:
            with _session(master, settings or {}) as session:
                yield from _answers(session, work, folders, lost)

    return engine


def _answers(
    session: Any,
    work: Callable[[PlaceT], AreaEstimate],
    folders: list[PlaceT],
    lost: Callable[[PlaceT], AreaEstimate],
) -> Iterator[tuple[PlaceT, AreaEstimate]]:
    """Yield answers job by job; where tasks died, the areas of the job are done again, each by a job of its own."""
    left = deque(folders)
    again: deque[PlaceT] = deque()
    under_way: dict[Future[list[AreaEstimate] | None], list[PlaceT]] = {}
    with ThreadPoolExecutor(_JOBS) as threads:
        try:
            while left or again or under_way:
                while (left or again) and len(under_way) < _JOBS:
                    size = 1 if again else _AREAS_A_CORE * session.sparkContext.defaultParallelism
                    queue = again or left
                    part = [queue.popleft() for _ in range(min(size, len(queue)))]
                    under_way[threads.submit(_job, session, work, part)] = part
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    part = under_way.pop(future)
                    answers = future.result()
                    if answers is not None:
                        yield from zip(part, answers, strict=True)
                    elif len(part) == 1:
                        yield part[0], lost(part[0])
                    else:
                        again.extend(part)
        finally:
            if under_way:
                session.stop()  # else the jobs would be waited for


def _job(
    session: Any, work: Callable[[PlaceT], AreaEstimate], folders: list[PlaceT]
) -> list[AreaEstimate] | None:
    """Return the answers of a job of one task for each area, None where a task died as often as Spark allows."""
    from pyspark.errors import PythonException

    task = _Task(work, tuple(_absolute(folder) for folder in folders), __version__)
    numbers = session.range(0, len(folders), 1, len(folders))
    try:
        rows = numbers.mapInArrow(task.__call__, "at long, answer string").collect()
    except PythonException as error:  # an estimate never raises: what does is the worker
        raise CannotRun("engine", f"工作节点不能用：{_reason(str(error))}") from None
    except Exception as error:
        text = str(error)
        if any(sign in text for sign in _DIED):
            return None
        raise CannotRun("engine", f"Spark 没有办成：{_first_line(text)}") from None
    answers = {row["at"]: row["answer"] for row in rows}
    return [decoded(answers[at]) for at in range(len(folders))]


@contextmanager
def _session(master: str | None, settings: Mapping[str, str]) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not os.environ.get("SPARK_HOME"):  # an empty one misleads Spark
        os.environ.pop("SPARK_HOME", None)
    builder = SparkSession.builder.appName("quanheng fleet estimate")
    if master:
        builder = builder.master(master)
    for name, value in {"spark.ui.showConsoleProgress": "false", **settings}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        where = master or "Spark 的设置中所写的主节点"
        raise CannotRun("engine", f"不能在 {where} 上开始：{_first_line(str(error))}") from None
    try:
        yield session
    finally:
        session.stop()


def _absolute(folder: AnyPlace) -> AnyPlace:
    return folder.absolute() if isinstance(folder, Path) else folder


def _visible(folder: AnyPlace) -> AnyPlace:
    """Return ``folder``.  Raises WrongWorker where this machine has no such store: an area alone may vanish."""
    if isinstance(folder, Path) and not os.path.isdir(folder.parent):  # noqa: PTH112 - never raises
        raise WrongWorker(f"{socket.gethostname()} 上没有 {folder.parent}；各节点要从同一路径读到读数。")
    return folder


def _reason(text: str) -> str:
    """Return the last line of the traceback that Spark passes on."""
    line = next(line for line in reversed(text.splitlines()) if line and not line[0].isspace())
    return line.removeprefix(f"{WrongWorker.__module__}.{WrongWorker.__name__}: ")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "没有说明")
