"""`quanheng fleet score`: results against a truth file, as benchmarks do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

_REFUSED = 2


def score_command(
    results: Annotated[Path, typer.Argument(metavar="OUT.parquet", help="quanheng fleet estimate 的结果。")],
    truth: Annotated[
        list[Path],
        typer.Option("--truth", metavar="FILE", help="真值文件 truth.json，或含有它们的文件夹；可以多次。"),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """用真值评估结果：误差的均方根、区间的覆盖率、找到和冤枉的表。"""
    from quanheng.fleet.results_file import BadResults
    from quanheng.fleet.scores import BadTruth, score

    try:
        answer = score(results, truth)
    except (BadResults, BadTruth, OSError) as error:
        text = (
            f"无法读取 {results}：{error.strerror or error}。" if isinstance(error, OSError) else str(error)
        )
        typer.echo(text, err=True)
        if as_json:
            code = "truth" if isinstance(error, BadTruth) else "results"
            typer.echo(json.dumps({"error": {"code": code, "message": text}}, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else "\n".join(_text(answer)))


def _text(answer: dict[str, Any]) -> list[str]:
    head = "台区        状态       判断/全部  均方根%  覆盖率   超差 找到   冤枉 漏判"
    return [
        head,
        *(_line(row) for row in (*answer["areas"], {"area_id": "合计", "status": "", **answer["all"]})),
    ]


def _line(row: dict[str, Any]) -> str:
    from quanheng.cli.fleet_show_text import printable

    def number(name: str, digits: int) -> str:
        value = row[name]
        return "—" if value is None else f"{value:.{digits}f}"

    return printable(
        f"{row['area_id']!s:10}  {row['status']!s:9}  {row['judged']:>4}/{row['meters']:<4}  {number('rmse_percent', 3):>6}  "
        f"{number('coverage', 3):>6}  {row['wrong']:>4} {row['found']:>4}  {row['accused']:>5} {row['missed']:>4}"
    )
