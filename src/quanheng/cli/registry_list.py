"""``quanheng registry list``: the list of instruments, narrowed as on the page; each of its numbers once more."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from quanheng.cli.django import with_database

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from quanheng.instruments.models import Standing
    from quanheng.instruments.selectors import ListQuery


@with_database
def list_instruments(
    text: Annotated[str, typer.Option(help="编号首尾、名称、使用单位、场所、乡镇、拼音首字母或标签码")] = "",
    kind: Annotated[str, typer.Option(help="种类代码，如 price_scale")] = "",
    use: Annotated[str, typer.Option(help="用途代码，如 trade")] = "",
    town: Annotated[str, typer.Option(help="乡镇街道全称")] = "",
    place: Annotated[str, typer.Option(help="场所的编号（UUID）")] = "",
    owner: Annotated[str, typer.Option(help="使用单位的编号（UUID）或统一社会信用代码")] = "",
    setting: Annotated[str, typer.Option(help="场所类型代码，如 market")] = "",
    filing: Annotated[str, typer.Option(help="draft、submitted、returned 或 filed")] = "",
    condition: Annotated[str, typer.Option(help="in_use、stopped、sealed、scrapped 或 merged")] = "",
    obligation: Annotated[str, typer.Option(help="mandatory、voluntary 或 unknown")] = "",
    due: Annotated[str, typer.Option(help="overdue、soon、later、never 或 none")] = "",
    due_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="到期日不早于")
    ] = None,
    due_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="到期日不晚于")
    ] = None,
    identity: Annotated[str, typer.Option(help="身份信息：full 齐全、missing 不齐全")] = "",
    rule: Annotated[str, typer.Option(help="规则版本，如 price_scale/1")] = "",
    batch: Annotated[str, typer.Option(help="导入的编号（UUID）")] = "",
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="只看规则未核对的")] = False,
    count: Annotated[bool, typer.Option("--count", help="只输出台数")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV")] = False,
) -> None:
    """列出计量器具，先到期的在前；报废和已并入的只在指明 --condition 时列出。"""
    from quanheng.base import clock
    from quanheng.instruments.listing import ordered
    from quanheng.instruments.models import ImportBatch, Place, Standing
    from quanheng.instruments.selectors import ListQuery, narrowed

    query = ListQuery(
        text=text,
        kind=kind,
        use=use,
        town=_town(town),
        place=_key(Place, "--place", place),
        owner=_owner(owner),
        setting=setting,
        filing=filing,
        condition=condition,
        obligation=obligation,
        due=due,
        due_from=due_from.date() if due_from else None,
        due_to=due_to.date() if due_to else None,
        identity=identity,
        rule=rule,
        batch=_key(ImportBatch, "--batch", batch),
        unconfirmed="yes" if unconfirmed else "",
    )
    _refuse_unknown_words(query)
    rows = narrowed(Standing.objects.all(), query, clock.today())
    if count:
        number = rows.count()
        typer.echo(json.dumps({"count": number}) if as_json else f"{number} 台")
    else:
        _print(ordered(rows), as_json=as_json, as_csv=as_csv)


def _print(rows: QuerySet[Standing], *, as_json: bool, as_csv: bool) -> None:
    from quanheng.base import clock
    from quanheng.instruments.columns import COLUMNS, chosen_columns, values_of
    from quanheng.instruments.exports import ListFile, csv_lines

    on = clock.today()
    if as_csv:
        for line in csv_lines(ListFile(rows, COLUMNS, on, "", ())):
            sys.stdout.buffer.write(line)
        return
    columns = list(COLUMNS) if as_json else chosen_columns(())
    lines = values_of(rows, columns).iterator(chunk_size=2000)
    if as_json:
        found = [
            {column.key: column.cell(values, on) for column in columns}
            | {"public_id": values["instrument__public_id"]}
            for values in lines
        ]
        typer.echo(json.dumps({"count": len(found), "instruments": found}, ensure_ascii=False, default=str))
        return
    shown = 0
    for values in lines:
        typer.echo("\t".join(str(column.cell(values, on) or "–") for column in columns))
        shown += 1
    typer.echo(f"{shown} 台")


def _town(name: str) -> int | None:
    from quanheng.core.models import OrgUnit

    if not name:
        return None
    found = OrgUnit.objects.filter(name=name).first()
    if found is None:
        raise typer.BadParameter(f"--town：没有名为“{name}”的乡镇街道")
    return found.pk


def _owner(text: str) -> int | None:
    from quanheng.parties.models import Party

    found = Party.objects.filter(credit_code=text.upper()).first() if text else None
    return found.pk if found else _key(Party, "--owner", text)


def _key(model: type[Model], option: str, text: str) -> int | None:
    if not text:
        return None
    try:
        found = model._default_manager.filter(public_id=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise typer.BadParameter(f"{option}：没有找到 {text}")
    key: int = found.pk
    return key


def _refuse_unknown_words(query: ListQuery) -> None:
    """Refuse a word that no instrument can bear: an empty list would look like an answer."""
    from quanheng.instruments.columns import DUE_WORDS
    from quanheng.instruments.described import VOCABULARIES
    from quanheng.regulations.packaged import packaged_kinds

    known: dict[str, Any] = {name: words.values for name, words in VOCABULARIES.items()}
    known |= {"due": list(DUE_WORDS), "identity": ["full", "missing"]}
    known |= {"kind": [kind.code for kind in packaged_kinds()]}
    for name, words in known.items():
        if (value := getattr(query, name)) and value not in words:
            raise typer.BadParameter(f"--{name} 应为 {'、'.join(words)} 之一，不是 {value}")
