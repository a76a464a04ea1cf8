"""`quanheng fleet spool`: readings that were received, and their way into the store; without a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

_REJECTED, _REFUSED = 1, 2
_SHOWN = 20

app = typer.Typer(help="收到的读数：看等着的，存入读数库。", no_args_is_help=True)
_Intake = Annotated[
    Path | None, typer.Option("--intake", metavar="DIR", help="收读数的文件夹；默认 QUANHENG_HOME/readings。")
]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.command("import")
def import_command(
    home: _Intake = None,
    store: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="读数库；默认 QUANHENG_HOME/fleet。")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="已存入、还保留着的段也再读一遍，例如补了电表清单之后。")
    ] = False,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="没有写时区的时间按它。")
    ] = None,
    as_json: _Json = False,
) -> None:
    """把收到的读数存入读数库；重复运行不会存两遍。有不能采用的行时退出码为 1。"""
    from quanheng.config import env
    from quanheng.fleet.intake.importing import import_spool
    from quanheng.fleet.readings_import import BadImport

    root = Path(env.text("QUANHENG_HOME"))
    try:
        moved = import_spool(
            _intake(home),
            store or root / "fleet",
            datetime.now(UTC),
            timezone=timezone or env.text("QUANHENG_TIME_ZONE"),
            keep=timedelta(days=env.whole("QUANHENG_READINGS_KEEP_DAYS")),
            again=again,
        )
    except (BadImport, OSError, env.BadSetting) as error:
        text = error.text if isinstance(error, BadImport) else str(error)
        code = error.code if isinstance(error, BadImport) else "disk"
        typer.echo(text, err=True)
        if as_json:
            typer.echo(json.dumps({"error": {"code": code, "message": text}}, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "segments": moved.segments,
                    "waiting": moved.waiting,
                    "open": moved.open,
                    "rows": moved.rows,
                    "stored_areas": sorted(set(moved.stored)),
                    "refused_areas": [{"area_id": area, "refusal": why} for area, why in moved.refused],
                    "rejected": dict(moved.rejected.most_common()),
                    "rejects": str(moved.rejects or ""),
                    "damaged": moved.damaged,
                },
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        typer.echo(
            f"{moved.segments} 段，{moved.rows} 行，{len(set(moved.stored))} 个台区有新读数；"
            f"没有采用 {moved.rejected.total()} 行；等待 {moved.waiting} 段，正在写 {moved.open} 段。"
        )
        for area, why in moved.refused[:_SHOWN]:
            typer.echo(f"  {area} 没有存入：{why}")
        for name in moved.damaged:
            typer.echo(f"  {name} 已损坏，另存在 rejects。")
        if moved.rejects:
            typer.echo(f"没有采用的行写在 {moved.rejects}。")
    if moved.rejected or moved.refused or moved.damaged:
        raise typer.Exit(_REJECTED)


@app.command("status")
def status_command(home: _Intake = None, as_json: _Json = False) -> None:
    """列出等着的段、正在接收的进程、没有采用的清单。"""
    from quanheng.fleet.intake.status import status_of

    found = status_of(_intake(home))
    if as_json:
        body: dict[str, Any] = {
            "waiting": [{"name": one.name, "bytes": one.size} for one in found.waiting],
            "open": [{"name": one.name, "bytes": one.size} for one in found.open],
            "listeners": found.listeners,
            "rejects": [one.name for one in found.rejects],
            "areas": len(found.areas),
        }
        typer.echo(json.dumps(body, ensure_ascii=False, indent=1))
        return
    typer.echo(
        f"等待 {len(found.waiting)} 段，正在写 {len(found.open)} 段；已存入过读数的台区 {len(found.areas)} 个。"
    )
    for listener in found.listeners:
        state = "已连接" if listener["is_connected"] else "没有连接"
        typer.echo(
            f"  {listener['broker']} {listener['topic']}：{state}，{listener['messages']} 条消息，"
            f"{listener['readings']} 个读数，没有采用 {listener['rejected']} 个，最近 {listener['last_at'] or '–'}"
        )
    for one in found.rejects[:_SHOWN]:
        typer.echo(f"  没有采用：{one.name}（{one.size} B）")


def _intake(home: Path | None) -> Any:
    from quanheng.config import env
    from quanheng.fleet.intake.places import Intake, intake_of

    return Intake(home) if home else intake_of(Path(env.text("QUANHENG_HOME")))
