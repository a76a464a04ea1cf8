"""`quanheng migrate | serve | worker`: what an engineer starts."""

from __future__ import annotations

import signal
import subprocess
import sys

import typer

from quanheng.cli.django import with_database


@with_database
def migrate() -> None:
    """建立或升级数据库。"""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


@with_database
def worker() -> None:
    """后台作业：夜间县区日和页面上点的县区日。"""
    from django.core.management import call_command

    from quanheng.taskboard.jobs import queue_nightly_day

    queue_nightly_day()
    call_command("db_worker", queue_name="default", interval=1, startup_delay=False, verbosity=0)


def serve(
    host: str = typer.Option("127.0.0.1", help="监听地址"),
    port: int = typer.Option(8000, help="端口"),
    workers: int = typer.Option(1, help="网页进程数"),
) -> None:
    """启动网页服务和一个后台作业进程；任何一个退出，另一个也停。"""
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    web += [
        "--workers",
        str(workers),
        "--no-ws",
        "--log-level",
        "warning",
        "quanheng.config.wsgi:application",
    ]
    jobs = [sys.executable, "-m", "quanheng.cli.main", "worker"]
    typer.echo(f"http://{host}:{port}")
    processes = [subprocess.Popen(web), subprocess.Popen(jobs)]  # noqa: S603  our own command lines

    def stop(*_: object) -> None:
        for process in processes:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while all(process.poll() is None for process in processes):
        try:
            processes[0].wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue
    stop()
    codes = [process.wait() for process in processes]
    raise typer.Exit(max(codes, key=abs))
