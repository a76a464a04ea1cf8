"""`quanheng fleet show`: one area in the terminal, as a picture, as a page; without a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quanheng.kernels.fleet.results import AreaEstimate

_REFUSED = 2


def show_command(
    area: Annotated[
        str, typer.Argument(metavar="AREA", help="结果中的台区编号；或一个台区的文件夹，当场估计。")
    ],
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="OUT.parquet", help="估计的结果；默认当前文件夹中仅有的一份。"),
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="把图写入这个文件。")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="写成一个网页文件。")] = None,
    mpe: Annotated[
        float | None,
        typer.Option(
            "--mpe", min=0.01, max=100.0, metavar="P", help="图上的最大允许误差，±P %；默认是结果中所写的。"
        ),
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="未见超差的也全部列出。")] = False,
) -> None:
    """显示一个台区的估计：疑似超差的在前，不能判断的说明原因，以及台区的发现和损失。"""
    from quanheng.cli.fleet_show_text import show_html, show_text
    from quanheng.kernels.fleet.picture import picture

    folder = Path(area)
    if results is None and folder.is_dir():
        found = _estimated(folder)
    else:
        found = _read(results or _only_results(), area)
    if svg is not None:
        _write(svg, picture(found, mpe))
    if html is not None:
        _write(html, show_html(found, mpe))
    typer.echo("\n".join(show_text(found, is_all=is_all)))


def _estimated(folder: Path) -> AreaEstimate:
    """Return the estimate of an area's folder."""
    from quanheng.fleet.runs import estimate_folder
    from quanheng.fleet.store_files import is_area

    if not is_area(folder):
        raise _refused(f"{folder} 不是台区的文件夹，其中应有 curves.parquet 和 meters.parquet。")
    return estimate_folder(folder)


def _read(path: Path, area_id: str) -> AreaEstimate:
    from quanheng.fleet.results_file import BadResults, read_area_result

    try:
        found = read_area_result(path, area_id)
    except BadResults as error:
        raise _refused(str(error)) from None
    except OSError as error:
        raise _refused(f"无法读取 {path}：{error.strerror}。") from None
    if found is None:
        raise _refused(f"{path.name} 中没有台区“{area_id}”。")
    return found


def _only_results() -> Path:
    """Return the one result in the working folder."""
    from quanheng.fleet.results_file import areas_path

    known = sorted(path for path in Path().glob("*.parquet") if areas_path(path).is_file())
    if len(known) == 1:
        return known[0]
    told = "、".join(str(path) for path in known)
    raise _refused(
        f"当前文件夹中有多份结果：{told}。请用 --results 指定。"
        if known
        else "没有找到结果。请用 --results 指定，或给出台区的文件夹。"
    )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _refused(f"无法写入 {file}：{error.strerror}。") from None


def _refused(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_REFUSED)
