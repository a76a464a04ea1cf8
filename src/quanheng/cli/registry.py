"""``quanheng registry …``: ledgers of instruments."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quanheng.kernels.ledger import Ledger

app = typer.Typer(help="器具台账。", no_args_is_help=True)

_REFUSED = 2
_SHOWN = 20


@app.callback()
def registry() -> None:
    """器具台账。"""


@app.command("read")
def read_command(
    file: Annotated[Path, typer.Argument(help="台账文件：.xlsx、.xls 或 .csv。")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="列名答复（JSON）：{列名或列字母: 规范字段或 null}。"),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="工作表名；默认取第一张有器具标题的表。")
    ] = None,
    date_order: Annotated[
        str, typer.Option("--date-order", help="3/4/2024 的顺序：mdy（月/日/年）或 dmy（日/月/年）。")
    ] = "mdy",
) -> None:
    """读取台账，列出各列的含义、记录和未读取的行。不用数据库。"""
    from quanheng.kernels.ledger import UnreadableLedger, read_ledger

    try:
        ledger = read_ledger(
            _read(file),
            filename=file.name,
            answers=_answers(answers) if answers else {},
            sheet=sheet,
            date_order=date_order,
        )
    except UnreadableLedger as refused:
        raise _refuse(refused.code, refused.text, as_json=as_json) from None
    except OSError as error:
        text = f"无法读取 {error.filename}：{error.strerror}。"
        raise _refuse("ledger.not_found", text, as_json=as_json) from None
    if as_json:
        typer.echo(json.dumps(ledger.to_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(summary(ledger))


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _answers(file: Path) -> dict[str, str | None]:
    from quanheng.kernels.ledger import UnreadableLedger

    try:
        loaded = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise UnreadableLedger("ledger.bad_answers", detail=f"{file} 不是 JSON。") from error
    if not isinstance(loaded, dict) or not all(v is None or isinstance(v, str) for v in loaded.values()):
        raise UnreadableLedger("ledger.bad_answers", detail=f"{file} 应是 {{列名: 规范字段或 null}}。")
    return loaded


def _refuse(code: str, text: str, *, as_json: bool) -> typer.Exit:
    typer.echo(f"{text}［{code}］", err=True)
    if as_json:
        typer.echo(json.dumps({"error": {"code": code, "message": text}}, ensure_ascii=False))
    return typer.Exit(_REFUSED)


def summary(ledger: Ledger) -> str:
    """One screen for a person: what each column is, what was read, what was not, what to check."""
    mapping = ledger.mapping
    row = f"标题在第 {mapping.header_row} 行" if mapping.header_row else "没有标题行"
    lines = [
        f"工作表：{mapping.sheet}，{row}",
        f"记录 {len(ledger.records)} 条，未读取 {len({r.row for r in ledger.rejected})} 行，"
        f"待指明的列 {len(mapping.unknown_headings)} 个，待核对 {len(ledger.findings)} 处",
        "",
        "各列：",
    ]
    for column in mapping.columns:
        if column.is_asked:
            offered = f"（可能是 {'、'.join(column.suggestions)}）" if column.suggestions else ""
            meaning = f"？请指明{offered}"
        else:
            meaning = column.field or "（不对应规范字段，原样保留）"
        sample = f"　例：{column.samples[0]}" if column.samples else ""
        heading = " ".join(column.heading.split())
        lines.append(f"  {column.letters} {heading} → {meaning}{sample}")
    if ledger.rejected:
        lines += ["", "未读取的行："]
        lines += [
            f"  第 {r.row} 行{f'“{r.column}”' if r.column else ''}：{r.text}［{r.code}］"
            for r in ledger.rejected[:_SHOWN]
        ]
        lines += _more(len(ledger.rejected))
    if ledger.findings:
        lines += ["", "待核对："]
        for code, count in Counter(f.code for f in ledger.findings).items():
            lines.append(f"  {code}（{count}）")
            lines += [f"    {f.text}" for f in [f for f in ledger.findings if f.code == code][:_SHOWN]]
            lines += _more(count)
    return "\n".join(lines)


def _more(count: int) -> list[str]:
    return [f"  ……另有 {count - _SHOWN} 处，见 --json。"] if count > _SHOWN else []
