"""`quanheng fleet county`: the sums of the county, or of a file of results, made again from the meters."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quanheng.fleet.county import Count

_REFUSED = 2


def county_command(
    results: Annotated[
        Path | None,
        typer.Option(
            "--results", metavar="OUT.parquet", help="估计的结果；默认是县区记录中各台区最近的结果。"
        ),
    ] = None,
    town: Annotated[
        str, typer.Option("--town", metavar="NAME", help="只算这个乡镇街道；只用于县区的记录。")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """全县（或一份结果）的台区、电能表、疑似超差、不能判断的数目，和预计错计的电量及其区间。"""
    from quanheng.cli.django import refusals, start

    start()
    with refusals() if results is None else nullcontext():
        count = _of_records(town) if results is None else _of_file(results)
    typer.echo(json.dumps(_answer(count), ensure_ascii=False) if as_json else _text(count))


def _of_records(town: str) -> Count:
    from quanheng.fleet.county import count_of, estimates_kept
    from quanheng.fleet.models import SupplyArea

    areas = SupplyArea.objects.exclude(latest=None)
    if town:
        areas = areas.filter(town__name=town)
        if not areas.exists():
            raise _refused(f"没有台区在“{town}”。")
    return count_of(estimates_kept(areas))


def _of_file(results: Path) -> Count:
    from quanheng.fleet.county import count_of
    from quanheng.fleet.results_file import BadResults, read_results

    try:
        return count_of(read_results(results))
    except BadResults as error:
        raise _refused(str(error)) from None
    except OSError as error:
        raise _refused(f"无法读取 {results}：{error.strerror}。") from None


def _answer(count: Count) -> dict[str, object]:
    found = count.unfair
    return {
        "areas": count.areas,
        "states": count.states,
        "meters": count.meters,
        "suspects": count.suspects,
        "undetermined": count.undetermined,
        "loss_percent": None if count.loss_percent is None else round(count.loss_percent, 4),
        "unfair_kwh": round(found.kwh, 3),
        "unfair_interval_kwh": [round(found.low_kwh, 3), round(found.high_kwh, 3)],
        "over_kwh": round(found.over_kwh, 3),
        "under_kwh": round(found.under_kwh, 3),
    }


def _text(count: Count) -> str:
    found = count.unfair
    return (
        f"{count.areas} 个台区、{count.meters} 台电能表：疑似超差 {count.suspects} 台，"
        f"不能判断 {count.undetermined} 台。\n"
        f"预计错计电量 {found.kwh:,.0f} kWh（95 % 区间 {found.low_kwh:,.0f}–{found.high_kwh:,.0f}）："
        f"多计 {found.over_kwh:,.0f}，少计 {found.under_kwh:,.0f}。远程估计只是线索，要现场检定。"
    )


def _refused(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_REFUSED)
