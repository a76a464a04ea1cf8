"""`quanheng followups …`: the score of the remote estimates, computed again from the open data; without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quanheng.kernels.scoring import GroupScore

app = typer.Typer(help="核实与更换：远程估计准不准。", no_args_is_help=True)
_REFUSED = 2


@app.callback()
def main() -> None:
    """Keep `score` a command of its own."""


@app.command("score")
def score_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="公开数据 score.csv。")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """由公开数据重新计算布里尔分数、可靠性曲线和区间覆盖，与公众页相同。"""
    from quanheng.kernels.scoring import BadForecasts, score
    from quanheng.kernels.scoring.table import read_table

    try:
        found = score(read_table(file.read_text(encoding="utf-8")))
    except (BadForecasts, UnicodeDecodeError, OSError) as error:
        text = str(error) if isinstance(error, BadForecasts) else f"无法读取 {file.name}。"
        typer.echo(text, err=True)
        if as_json:
            typer.echo(json.dumps({"error": {"code": "score", "message": text}}, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
        return
    typer.echo(found.sentence)
    typer.echo(found.selection)
    for label, one in (
        ("全部", found.everything),
        ("疑似超差", found.suspects),
        ("随机对照", found.controls),
    ):
        typer.echo(_line(label, one))
    for part in found.everything.curve:
        seen = part.observed
        typer.echo(
            f"  说 {100 * part.mean_probability:.1f} %：{seen.count} 台中 {seen.hits} 台超差"
            f"（{100 * seen.low:.0f} %–{100 * seen.high:.0f} %）"
        )


def _line(label: str, one: GroupScore) -> str:
    if one.parts is None:
        return f"{label}：没有。"
    parts = one.parts
    return (
        f"{label}：{one.count} 台，{one.out} 台超差，布里尔分数 {parts.score:.4f}，可靠性 {parts.reliability:.4f}，"
        f"分辨力 {parts.resolution:.4f}，不确定性 {parts.uncertainty:.4f}，"
        f"区间覆盖 {one.coverage.hits}/{one.coverage.count}。"
    )
