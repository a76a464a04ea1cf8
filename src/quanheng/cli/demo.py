"""`quanheng demo …`: a county to try things on."""

from __future__ import annotations

from pathlib import Path

import typer

from quanheng.cli.django import with_database

app = typer.Typer(help="演示县区。", no_args_is_help=True)
FOLDER = Path("examples/dachuan")
_FOLDER = typer.Option(FOLDER, "--folder", help="含 county.yaml、plan.yaml、demo.yaml 的文件夹")


@app.command("load")
@with_database
def load(folder: Path = _FOLDER) -> None:
    """载入演示县区；已有的内容保持不变，每一页都标明演示数据。"""
    from quanheng.fleet.demo import load_demo_fleet
    from quanheng.lots.demo import load_demo_lots
    from quanheng.taskboard.demo import (
        load_demo,
        load_demo_follow_ups,
        load_demo_institute,
        load_demo_instruments,
        load_demo_maker,
    )

    demo = load_demo(folder)
    ledgers = load_demo_instruments(demo)
    work = load_demo_institute(demo, folder)
    areas = load_demo_fleet()
    lots = load_demo_lots()
    delivered = load_demo_maker(demo)
    followed = load_demo_follow_ups(demo)
    typer.echo(f"演示县区已就绪：{len(demo.people)} 个账号，{len(demo.evidence)} 项任务有演示佐证。")
    if ledgers:
        typer.echo(f"{ledgers} 份计量器具台账已放入收件夹，由县区日导入。")
    if work:
        typer.echo(f"检定机构已就绪；{work} 份检定任务单已放入收件夹，由县区日接着办理。")
    if areas:
        typer.echo(f"{areas} 个演示台区已估计，结果在“电表群”。")
    if lots:
        typer.echo(f"{lots} 批演示电能表已登记，样本和决定在“抽样与轮换”。")
    if delivered:
        typer.echo(f"演示制造企业已交付 {delivered} 台电能表，在“制造企业”。")
    if followed:
        typer.echo(f"{followed} 台电能表已安排现场核实，在“核实与更换”。")


@app.command("accounts")
@with_database
def accounts(folder: Path = _FOLDER) -> None:
    """列出演示账号及其公开口令。"""
    from quanheng.taskboard.demo import read_demo

    demo = read_demo(folder / "demo.yaml")
    typer.echo(f"演示账号（口令均为 {demo.password}）")
    for person in demo.people:
        typer.echo(f"  {person.username:<10}{person.role.label}　{person.name}（{person.unit}）")
