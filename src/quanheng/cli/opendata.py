"""`quanheng open-data`: the snapshot that every public figure is computed from, without a web server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from quanheng.base.disk import write_atomic
from quanheng.cli.django import with_database


@with_database
def open_data(
    output: Path | None = typer.Option(None, "-o", "--output", help="写入的文件；省略则写到标准输出"),
    instruments: Path | None = typer.Option(
        None, "--instruments", help="另写计量器具登记的公开数据 instruments.csv，截至今天"
    ),
    certificates: Path | None = typer.Option(
        None, "--certificates", help="另写证书的公开数据 certificates.csv，截至今天"
    ),
    standards: Path | None = typer.Option(
        None, "--standards", help="另写计量标准的公开数据 standards.csv，截至今天"
    ),
    meters: Path | None = typer.Option(
        None, "--meters", help="另写在用表计数的公开数据 meters.csv，截至今天"
    ),
) -> None:
    """公开数据：与门户 /open/ 下的 plan.json、instruments、certificates、standards、meters.csv 相同的文件。"""
    from quanheng.base import clock
    from quanheng.certificates.services.opendata import write_certificates, write_standards
    from quanheng.instruments.services.opendata import write_open_file
    from quanheng.taskboard.errors import PlanNotFound
    from quanheng.taskboard.meters import write_meters
    from quanheng.taskboard.selectors import current_plan, plan_records

    tables = (
        (instruments, write_open_file),
        (certificates, write_certificates),
        (standards, write_standards),
        (meters, write_meters),
    )
    for path, write in tables:
        if path is not None:
            with _writing(path, is_aside=output is None):
                write(path, clock.today())
    plan = current_plan()
    if plan is None:
        raise PlanNotFound()
    text = json.dumps(plan_records(plan).to_dict(), ensure_ascii=False, indent=1)
    if output is None:
        typer.echo(text)
        return
    with _writing(output):
        write_atomic(output, text.encode())


@contextmanager
def _writing(path: Path, *, is_aside: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        typer.echo(f"无法写入 {path}：{error.strerror}。", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"已写入 {path}。", err=is_aside)  # standard output is the other file then
