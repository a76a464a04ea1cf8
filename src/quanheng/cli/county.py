"""`quanheng county …`: the county of this installation."""

from __future__ import annotations

from pathlib import Path

import typer

from quanheng.cli.django import with_database

app = typer.Typer(help="县区配置：单位、别名、乡镇、邻近县区。", no_args_is_help=True)


@app.command("load")
@with_database
def load(file: Path = typer.Argument(help="county.yaml")) -> None:
    """载入县区配置；已有的单位保持页面上改过的样子。"""
    from quanheng.core.county import load_county, read_county

    county = read_county(file)
    loaded = load_county(county)
    typer.echo(f"{county.full_name}：新建 {loaded.created} 个单位，已有 {loaded.kept} 个保持不变。")
