"""`quanheng fleet take`: results of the estimator into the county's records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanheng.cli.django import with_database

if TYPE_CHECKING:
    from quanheng.core.models import User


@with_database
def take_command(
    results: Annotated[Path, typer.Argument(metavar="OUT.parquet", help="quanheng fleet estimate 的结果。")],
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="读数所在的文件夹；写进重新计算的命令。")
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(
            "--names", metavar="FILE", help="台区的名称（CSV 或 Excel）：台区编号、名称、乡镇街道。"
        ),
    ] = None,
    username: Annotated[str, typer.Option("--as", help="以谁的名义（用户名），记入日志。")] = "",
) -> None:
    """把估计的结果收进县区的记录，在“电表群”页面查看。"""
    from quanheng.fleet.area_names import read_area_names
    from quanheng.fleet.errors import BadAreaNames
    from quanheng.fleet.models import SupplyArea
    from quanheng.fleet.selectors import totals
    from quanheng.fleet.services import take_estimates

    try:
        named = read_area_names(names.read_bytes(), names.name) if names else {}
    except OSError as error:
        raise BadAreaNames(reason=f"无法读取 {names}：{error.strerror}。") from error
    run = take_estimates(actor=_actor(username), results_path=results, folder=str(folder or ""), names=named)
    found = totals(SupplyArea.objects.filter(latest__run=run))
    typer.echo(
        f"收下 {found.areas} 个台区、{found.meters} 台电能表的结果："
        f"疑似超差 {found.suspects} 台，不能判断 {found.undetermined} 台。"
    )


def _actor(username: str) -> User | None:
    from quanheng.core.errors import UserNotFound
    from quanheng.core.models import User

    if not username:
        return None
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise UserNotFound(username=username)
    return user
