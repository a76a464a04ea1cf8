"""`quanheng migrate | serve | worker`: what an engineer starts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import typer

from quanheng.cli.django import with_database

STOP_SECONDS = 20
RESTART_SECONDS = 5
# Per web process: requests worked on at once, and requests let in before others wait outside.
THREADS, BACKPRESSURE = "3", "64"


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
    port: int = typer.Option(8000, min=1, max=65535, help="端口"),
    workers: int = typer.Option(1, help="网页进程数"),
) -> None:
    """启动网页服务和一个后台作业进程；后台作业退出会重新启动，网页服务退出则一起停。"""
    _require_free(host, port)
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    web += ["--workers", str(workers), "--blocking-threads", THREADS, "--backpressure", BACKPRESSURE]
    web += ["--no-ws", "--log-level", "warning", "quanheng.config.wsgi:application"]
    jobs = [sys.executable, "-m", "quanheng.cli.main", "worker"]
    typer.echo(f"http://{host}:{port}")
    # Groups of their own: Ctrl+C and a service manager signal the whole group, and granian, whose
    # worker then dies before it is told to stop, may wait for it for ever.
    processes = [subprocess.Popen(command, process_group=0) for command in (web, jobs)]  # noqa: S603  our own

    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        for process in processes:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while processes[0].poll() is None and not stopped:
        if processes[1].poll() is not None:
            # A database that was locked for long ends the worker; the pages must outlive it.
            typer.echo("后台作业进程退出，重新启动。", err=True)
            time.sleep(RESTART_SECONDS)
            processes[1] = subprocess.Popen(jobs, process_group=0)  # noqa: S603  our own
        try:
            processes[0].wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue
    was_asked = stopped
    stop()
    codes = [_ended(process) for process in processes]
    raise typer.Exit(0 if was_asked else max(codes, key=abs) or 1)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code; a process that does not heed within STOP_SECONDS is killed."""
    try:
        return process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _require_free(host: str, port: int) -> None:
    """Refuse a port in use: the web server shares ports, so two houses would answer in turn."""
    try:
        with socket.create_server((host, port)):
            return
    except OSError as error:
        typer.echo(f"不能在 {host}:{port} 提供网页：{error.strerror}。可用 --port 换一个端口。", err=True)
        raise typer.Exit(2) from error
