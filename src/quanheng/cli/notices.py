"""`quanheng notices`: the list of a notice, recomputed from the records and the rules in force."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from quanheng.cli.django import with_database

if TYPE_CHECKING:
    from quanheng.instruments.documents.notices import Notice

_DAY = ["%Y-%m-%d"]


@with_database
def notices(
    until: Annotated[datetime, typer.Option("--until", formats=_DAY, help="到这一天为止到期的")],
    owner: Annotated[UUID | None, typer.Option("--owner", help="使用单位的编号")] = None,
    place: Annotated[UUID | None, typer.Option("--place", help="场所的编号")] = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=_DAY, help="通知书的日期；不给则为今天")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """重新计算检定通知书的清单：不给编号则为全县区，一家一份。"""
    from quanheng.base import clock
    from quanheng.instruments.documents.notices import Addressee, notices_for
    from quanheng.instruments.due import due_rows
    from quanheng.instruments.selectors import ListQuery, place_by_id, with_rows
    from quanheng.parties.errors import PartyNotFound
    from quanheng.parties.models import Party

    if owner and place:
        raise typer.BadParameter("--owner 和 --place 只能给一个")
    day, last = on.date() if on else clock.today(), until.date()
    query = ListQuery()
    if owner:
        found = Party.objects.filter(public_id=owner).first()
        if found is None:
            raise PartyNotFound(public_id=str(owner))
        query = ListQuery(owner=found.pk)
    elif place:
        query = ListQuery(place=place_by_id(place).pk)
    rows = with_rows(due_rows(None, query, day).filter(due_on__lte=last))
    made = notices_for(rows, by=Addressee.PLACE if place else Addressee.OWNER, on=day, until=last)
    if as_json:
        typer.echo(json.dumps([asdict(notice) for notice in made], ensure_ascii=False, indent=1))
        return
    for notice in made:
        _show(notice)
    typer.echo(f"{len(made)} 份，{sum(len(notice.lines) for notice in made)} 台。")


def _show(notice: Notice) -> None:
    typer.echo(f"{notice.addressee}：{notice.sentence}")
    for line in notice.lines:
        cells = (line.due_on, line.word, line.name, line.model, line.serial_no, line.where, line.basis)
        typer.echo(f"  {line.number}　{'　'.join(filter(None, cells))}")
