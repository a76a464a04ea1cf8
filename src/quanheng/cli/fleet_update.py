"""`quanheng fleet update`: one more month, without a pass over the others."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from quanheng.cli.fleet_estimate import Teller, refused, tell_summary


def update_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="一个台区的文件夹，或含有许多台区的文件夹。")
    ],
    month: Annotated[datetime, typer.Option("--month", formats=["%Y-%m"], help="新的月份，如 2026-02。")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT.parquet", help="结果；默认 DIR/estimate.parquet。"),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, metavar="N", help="进程数；0 是处理器的个数。")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """只读新月份的读数，与以前各月的统计量合起来估计；以前的读数不再打开。"""
    from quanheng.fleet.run_errors import CannotRun
    from quanheng.fleet.updates import update

    target = out or directory / "estimate.parquet"
    try:
        progress = update(
            directory, month.date(), target, jobs=jobs or os.cpu_count() or 1, tell=Teller(time.monotonic())
        )
    except (CannotRun, OSError) as error:
        raise refused(error, as_json=as_json) from None
    tell_summary(target, progress, as_json=as_json)
