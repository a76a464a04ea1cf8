"""``quanheng registry import | batches | resume | undo``: ledgers into the registry, without the web."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanheng.cli.django import with_database

if TYPE_CHECKING:
    from quanheng.core.models import User
    from quanheng.instruments.models import ImportBatch

As = Annotated[str, typer.Option("--as", help="以谁的名义（用户名），记入日志。")]
_UNANSWERED = 3
_SHOWN = 20


@with_database
def import_ledger(
    file: Annotated[Path, typer.Argument(help="台账文件：.xlsx、.xls 或 .csv。")],
    answers: Annotated[
        Path | None, typer.Option("--answers", help="表头的含义（JSON）：{表头或列字母: 规范字段或 null}。")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="工作表名。")] = None,
    date_order: Annotated[str, typer.Option("--date-order", help="3/4/2026 的顺序：mdy 或 dmy。")] = "mdy",
    owner: Annotated[str, typer.Option("--owner", help="台账没有写使用单位的行，用这个。")] = "",
    place: Annotated[str, typer.Option("--place", help="全部器具所在的场所。")] = "",
    setting: Annotated[str, typer.Option("--setting", help="新建场所的类型，如 market。")] = "",
    town: Annotated[str, typer.Option("--town", help="乡镇街道，按名称。")] = "",
    use: Annotated[str, typer.Option("--use", help="台账没有写用途的行，用这个，如 trade。")] = "",
    filed: Annotated[str, typer.Option("--filed", help="列为已备案的依据；不写则列为待审核。")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果，不导入。")] = False,
    username: As = "",
) -> None:
    """读取台账并导入；有不认识的表头时列出来，不作猜测。"""
    from quanheng.instruments.enums import Filing
    from quanheng.instruments.errors import BadImport
    from quanheng.instruments.services.importing.batches import (
        answer_headings,
        confirm_import,
        discard_batch,
        receive_ledger,
        try_import,
    )
    from quanheng.instruments.services.importing.rows import Defaults
    from quanheng.instruments.services.importing.running import run_import

    actor = _actor(username)
    try:
        data, given = file.read_bytes(), _answers(answers)
    except (OSError, ValueError) as error:
        raise BadImport(reason=str(error)) from error
    defaults = Defaults(
        use=use,
        town=_town(town),
        place=place,
        setting=setting,
        owner=owner,
        filing=Filing.FILED if filed else Filing.SUBMITTED,
        reason=filed,
    )
    batch = receive_ledger(
        actor=actor, data=data, filename=file.name, sheet=sheet, answers=given, date_order=date_order
    )
    asked = [column["heading"] for column in batch.options["columns"] if column["is_asked"]]
    if asked:
        discard_batch(public_id=batch.public_id)
        typer.echo("有表头不认识，什么也没有导入。请在 --answers 中写明：", err=True)
        typer.echo(json.dumps(dict.fromkeys(asked), ensure_ascii=False), err=True)
        raise typer.Exit(_UNANSWERED)
    try:
        batch = answer_headings(
            actor=actor, public_id=batch.public_id, revision=batch.revision, answers={}, date_order=date_order
        )
        batch = try_import(public_id=batch.public_id, revision=batch.revision, defaults=defaults)
        _tell_tried(batch)
        if dry_run:
            discard_batch(public_id=batch.public_id)
            return
        batch = confirm_import(actor=actor, public_id=batch.public_id, revision=batch.revision)
    except BadImport:
        discard_batch(public_id=batch.public_id)
        raise
    done = run_import(
        batch.public_id, after_chunk=lambda row: typer.echo(f"\r第 {row} 行", nl=False, err=True)
    )
    typer.echo("", err=True)
    _tell(done)


@with_database
def batches() -> None:
    """列出历次导入。"""
    from quanheng.instruments.models import ImportBatch

    for batch in ImportBatch.objects.all():
        _tell(batch)


@with_database
def resume(
    batch: Annotated[str, typer.Argument(help="批次编号；不写则继续全部中断的。")] = "",
) -> None:
    """继续中断或停止的导入。"""
    from quanheng.instruments.enums import BatchState
    from quanheng.instruments.services.importing.batches import resume_import
    from quanheng.instruments.services.importing.running import resume_interrupted, run_import

    if not batch:
        for done in resume_interrupted():
            _tell(done)
        return
    found = _batch(batch)
    if found.state == BatchState.FAILED:
        resume_import(public_id=found.public_id)
    _tell(run_import(found.public_id))


@with_database
def undo(
    batch: Annotated[str, typer.Argument(help="批次编号。")],
    reason: Annotated[str, typer.Option("--reason", help="理由，记入日志。")],
    username: As = "",
) -> None:
    """整批撤销一次导入；有别的内容依赖它时不能撤销。"""
    from quanheng.instruments.services.importing.undo import undo_import

    found = _batch(batch)
    _tell(
        undo_import(actor=_actor(username), public_id=found.public_id, revision=found.revision, reason=reason)
    )


def _actor(username: str) -> User | None:
    from quanheng.core.errors import NotPermitted, UserNotFound
    from quanheng.core.models import User
    from quanheng.core.permissions import scope_of

    if not username:
        return None
    user = User.objects.filter(username__iexact=username).first()
    if user is None:
        raise UserNotFound(username=username)
    if not scope_of(user, "instruments.import"):
        raise NotPermitted(permission="instruments.import")
    return user


def _answers(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    loaded = json.loads(file.read_text(encoding="utf-8-sig"))
    if not isinstance(loaded, dict):
        raise ValueError(f"{file} 应是 {{表头: 规范字段或 null}}。")  # noqa: TRY004  told like bad JSON
    return loaded


def _town(name: str) -> int | None:
    from quanheng.core.errors import UnitNotFound
    from quanheng.core.models import OrgUnit

    if not name:
        return None
    unit = OrgUnit.objects.filter(name=name, is_active=True).first()
    if unit is None:
        raise UnitNotFound(name=name)
    return unit.pk


def _batch(text: str) -> ImportBatch:
    """Return the batch of this id, or of the only one that begins so."""
    from quanheng.instruments.errors import BatchNotFound
    from quanheng.instruments.models import ImportBatch

    alike = [one for one in ImportBatch.objects.all() if str(one.public_id).startswith(text.lower())]
    if len(alike) != 1:
        raise BatchNotFound(public_id=text)
    return alike[0]


def _tell_tried(batch: ImportBatch) -> None:
    tried = batch.options["tried"]
    typer.echo(f"{batch.file_name}：{_counted(tried['counts'])}")
    for row in tried["rejected"][:_SHOWN]:
        column = f"“{row['column']}”" if row["column"] else ""
        typer.echo(f"  第 {row['row']} 行{column}：{row['text']}［{row['code']}］")
    if (rest := len(tried["rejected"]) - _SHOWN) > 0:
        typer.echo(f"  ……另有 {rest} 行。")


def _tell(batch: ImportBatch) -> None:
    said = f"　{batch.failure}" if batch.failure else ""
    typer.echo(
        f"{batch.public_id}　{batch.get_state_display()}　{batch.file_name}　{_counted(batch.counts)}{said}"
    )


def _counted(counts: dict[str, int]) -> str:
    from quanheng.instruments.enums import Outcome

    return "，".join(f"{outcome.label} {counts.get(outcome, 0)} 行" for outcome in Outcome)
