"""`quanheng procedure …`: verification regulations and what they say of readings; without a database."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.kernels.procedures import Edition, Judgement, Procedure, Stage
    from quanheng.kernels.procedures.readings import Readings

app = typer.Typer(help="检定规程：判定一次检定的读数，说明依据。", no_args_is_help=True)

_REFUSED, _FOUND = 2, 1
_Kind = Annotated[str, typer.Argument(metavar="KIND", help="器具种类：代码或名称。")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]
_On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="检定日期，如 2027-01-08；不给则今天。")
]
_Stage = Annotated[
    str,
    typer.Option("--stage", help="检定类别：first 首次检定、subsequent 后续检定、in-service 使用中检查。"),
]


@app.callback()
def procedure() -> None:
    """检定规程：判定一次检定的读数，说明依据。"""


@app.command("list")
def list_procedures(on: _On = None, as_json: _Json = False) -> None:
    """列出各种器具适用的规程版本；给出日期时只列当天施行的。"""
    from quanheng.kernels.procedures import packaged_procedures

    editions = sorted(
        (one for one in packaged_procedures().editions if on is None or one.holds(on.date())),
        key=lambda one: (one.served.kind, one.from_ or date.min),
    )
    if as_json:
        typer.echo(json.dumps([_edition_row(one) for one in editions], ensure_ascii=False, indent=1))
        return
    for one in editions:
        law = one.procedure.regulation
        names = "、".join(one.served.names)
        parts = (
            one.served.kind,
            _name(one),
            f"{law.document} {law.title}",
            one.days,
            f"又称：{names}" if names else "",
        )
        typer.echo("　".join(part for part in parts if part))
    files = {one.file for one in editions}
    typer.echo(
        f"共 {len({one.served.kind for one in editions})} 种器具，{len(files)} 个规程版本，均未与正式文本核对。"
    )


@app.command("show")
def show(kind: _Kind, on: _On = None, as_json: _Json = False) -> None:
    """列出一种器具在某一天适用的规程：要求、检定项目、限值、出处。"""
    from quanheng.cli.procedure_text import description

    edition = _edition(kind, _day(on), as_json=as_json)
    if as_json:
        body = edition.procedure.model_dump(mode="json", by_alias=True, exclude_none=True)
        typer.echo(json.dumps({**_edition_row(edition), "procedure": body}, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{edition.served.kind}　{_name(edition)}　{edition.days}")
    for line in description(edition.procedure):
        typer.echo(line)


@app.command("check")
def check_file(
    file: Annotated[Path | None, typer.Argument(help="规程文件；不给则检查随软件提供的规程。")] = None,
    as_json: _Json = False,
) -> None:
    """检查规程文件：格式、算式中的名称、范围的空缺和重叠、出处。有问题时退出码为 1，逐条说明在哪一行。"""
    from quanheng.kernels.procedures import packaged_names, packaged_procedures, packaged_text
    from quanheng.kernels.procedures.checking import check

    if file is None:
        texts = {f"{name}.yaml": packaged_text(name) for name in packaged_names()}
    else:
        texts = {file.name: _bytes(file, as_json=as_json)}
    library = packaged_procedures()
    found = [(name, problem) for name, text in texts.items() for problem in check(text, library=library)]
    if as_json:
        rows = [
            {"file": name, "line": one.line, "path": list(one.path), "text": one.text} for name, one in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for name, one in found:
            typer.echo(f"{name} {one}")
        typer.echo(f"检查 {len(texts)} 个文件，{len(found)} 处问题。")
    if found:
        raise typer.Exit(_FOUND)


@app.command("run")
def run(
    kind: _Kind,
    readings: Annotated[Path, typer.Argument(metavar="READINGS", help="读数：.yaml、.csv 或 .xlsx。")],
    on: _On = None,
    stage: _Stage = "",
    as_json: _Json = False,
    explained: Annotated[bool, typer.Option("--explain", help="写出计算过程。")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="每台只给结论、依据和说明，不列各点。")] = False,
) -> None:
    """按当天施行的规程判定读数：误差、最大允许误差、不确定度、符合的概率、结论和依据。"""
    from quanheng.kernels.procedures import BadSheet, judge

    day = _day(on)
    edition = _edition(kind, day, as_json=as_json)
    found = _read(readings, edition.procedure, as_json=as_json)
    wanted = _stage(stage, found.stage, edition.procedure, as_json=as_json)
    try:
        judgement = judge(edition.procedure, found.sheet, wanted)
    except BadSheet as error:
        raise _refuse("procedure.bad_sheet", str(error), as_json=as_json) from None
    head = _head(edition, day, wanted)
    if as_json:
        answer = _answer(head, judgement, found, explained=explained, brief=brief)
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
        return
    _print(edition, head, judgement, found, explained=explained, brief=brief)
    if not stage and found.stage is None:
        typer.echo(f"检定类别未给，按{head['stage_text']}判定；可用 --stage 指定。", err=True)


@app.command("template")
def template_file(
    kind: _Kind,
    output: Annotated[Path, typer.Option("-o", "--output", help="写到哪个文件（.xlsx）。")],
    on: _On = None,
    stage: _Stage = "",
    count: Annotated[int, typer.Option("--count", min=1, max=200, help="器具台数。")] = 1,
    known: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="已知的器具参数，如 max=15kg；可多次给出。"),
    ] = None,
) -> None:
    """制作一份待填的检定记录（.xlsx），填好后用 run 判定。"""
    from quanheng.kernels.procedures.readings import BadReadings, read_documents, stage_of
    from quanheng.kernels.procedures.template import BadTemplate, template

    law = _edition(kind, _day(on), as_json=False).procedure
    pairs = dict(text.partition("=")[::2] for text in known or ())
    try:
        sheet = read_documents({"instrument": pairs}, law).sheet
        made = template(
            law, stage=stage_of(stage) if stage else None, instruments=count, known=sheet.instrument
        )
        output.write_bytes(made)
    except (BadReadings, BadTemplate) as error:
        raise _refuse("procedure.bad_template", str(error), as_json=False) from None
    except ValueError as error:
        raise _refuse("procedure.bad_stage", str(error), as_json=False) from None
    except OSError as error:
        raise _refuse(
            "procedure.not_written", f"无法写入 {output}：{error.strerror}。", as_json=False
        ) from None
    typer.echo(f"已写入 {output}（{law.regulation.document} {law.regulation.title}）。")


@app.command("schema")
def schema() -> None:
    """输出规程文件格式的 JSON Schema。"""
    from quanheng.kernels.procedures.schema import schema_text

    typer.echo(schema_text(), nl=False)


def _day(on: datetime | None) -> date:
    return on.date() if on else datetime.now().astimezone().date()


def _name(edition: Edition) -> str:
    """Return what the kind is called in the registry; else what the regulation is about."""
    from quanheng.regulations.packaged import kind_name

    return kind_name(edition.served.kind) or edition.procedure.regulation.title


def _edition(kind: str, on: date, *, as_json: bool) -> Edition:
    """Return the edition in force for a kind, asked for by its code, by a name of the file, or as ledgers call it."""
    from quanheng.kernels.procedures import NoEditionInForce, UnknownKind, packaged_procedures
    from quanheng.regulations.packaged import packaged_kinds

    library = packaged_procedures()
    asked = kind.strip()
    known = {name for one in library.editions for name in (one.served.kind, *one.served.names)}
    if asked not in known:
        asked = packaged_kinds().kind_of(asked) or asked
    try:
        return library.edition(asked, on)
    except UnknownKind as error:
        text = f"{error}可用 quanheng procedure list 查看。"
        raise _refuse("procedure.unknown_kind", text, as_json=as_json) from None
    except NoEditionInForce as error:
        raise _refuse("procedure.not_in_force", str(error), as_json=as_json) from None


def _edition_row(edition: Edition) -> dict[str, Any]:
    from quanheng.kernels.procedures.report import regulation_row

    return {
        "kind": edition.served.kind,
        "kind_name": _name(edition),
        "names": list(edition.served.names),
        "file": edition.file,
        "from": edition.from_.isoformat() if edition.from_ else None,
        "to": edition.to.isoformat() if edition.to else None,
        "stages": [stage.value for stage in edition.procedure.stages],
        "regulation": regulation_row(edition.procedure),
    }


def _bytes(file: Path, *, as_json: bool) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"无法读取 {file}：{error.strerror}。"
        raise _refuse("procedure.not_found", message, as_json=as_json) from None


def _read(file: Path, law: Procedure, *, as_json: bool) -> Readings:
    from quanheng.kernels.procedures.readings import BadReadings, read_readings

    data = _bytes(file, as_json=as_json)
    try:
        return read_readings(data, file.name, law)
    except BadReadings as error:
        lines = [f"{file.name} {problem}" for problem in error.problems]
        if error.count > len(error.problems):
            lines.append(f"……另有 {error.count - len(error.problems)} 处。")
        rows = [
            {
                "where": one.place.text,
                "sheet": one.place.sheet,
                "row": one.place.row,
                "column": one.place.column,
                "reason": one.reason,
            }
            for one in error.problems
        ]
        raise _refuse("procedure.bad_readings", "\n".join(lines), as_json=as_json, problems=rows) from None


def _stage(asked: str, said: Stage | None, law: Procedure, *, as_json: bool) -> Stage:
    """Return the stage that is asked for or that the file says; else subsequent verification, the most frequent."""
    from quanheng.kernels.procedures.readings import stage_of
    from quanheng.kernels.procedures.words import STAGES

    try:
        wanted = stage_of(asked) if asked else None
    except ValueError as error:
        raise _refuse("procedure.bad_stage", str(error), as_json=as_json) from None
    if wanted and said and wanted is not said:
        text = f"要求按{STAGES[wanted]}判定，读数文件写的是{STAGES[said]}。"
        raise _refuse("procedure.bad_stage", text, as_json=as_json)
    return wanted or said or law.usual_stage


def _head(edition: Edition, on: date, stage: Stage) -> dict[str, Any]:
    from quanheng.kernels.procedures.report import regulation_row
    from quanheng.kernels.procedures.words import STAGES

    return {
        "kind": edition.served.kind,
        "kind_name": _name(edition),
        "regulation": regulation_row(edition.procedure),
        "on": on.isoformat(),
        "stage": stage.value,
        "stage_text": STAGES[stage],
        "period": _period(edition.served.kind, on),
    }


def _period(kind: str, on: date) -> dict[str, Any] | None:
    """Return for how long a verification holds by the rules of the registry; None for a kind that it does not have."""
    from quanheng.kernels.rules import rule_body
    from quanheng.regulations.packaged import packaged_kinds, packaged_rules

    version = packaged_rules().version_on(kind, on) if kind in packaged_kinds() else None
    if version is None:
        return None
    return {"rule": version.id, "terms": rule_body(version)["terms"], "is_confirmed": version.is_confirmed}


def _answer(
    head: dict[str, Any], judgement: Judgement, found: Readings, *, explained: bool, brief: bool
) -> dict[str, Any]:
    from quanheng.kernels.procedures import explain
    from quanheng.kernels.procedures.report import conclusion_row, counts, report

    shown = conclusion_row if brief else report
    results = []
    for at, name in enumerate(found.names):
        result = {"instrument": name, **shown(judgement, at)}
        if explained:
            result["explanation"] = explain(judgement, at)
        results.append(result)
    notes = {"notes": list(found.notes)}
    if len(results) == 1:
        return {**head, **results[0], **notes}
    return {**head, **notes, "counts": counts(judgement), "results": results}


def _print(
    edition: Edition,
    head: dict[str, Any],
    judgement: Judgement,
    found: Readings,
    *,
    explained: bool,
    brief: bool,
) -> None:
    from quanheng.cli.procedure_text import explained_lines, period_line, result_lines
    from quanheng.kernels.procedures.report import counts

    law = edition.procedure.regulation
    typer.echo(f"{head['kind_name']}　{law.document} {law.title}　{head['on']}　{head['stage_text']}")
    for note in found.notes:
        typer.echo(note)
    for at, name in enumerate(found.names):
        if name:
            typer.echo(f"\n器具 {name}")
        for line in result_lines(judgement, at, brief=brief):
            typer.echo(line)
        if explained:
            for line in explained_lines(judgement, at):
                typer.echo(line)
    if head["period"]:
        typer.echo(period_line(head["period"]))
    if len(found.names) > 1:
        number = counts(judgement)
        typer.echo(
            f"共 {len(found.names)} 台：合格 {number['passed']}，不合格 {number['rejected']}，未能判定 {number['undetermined']}。"
        )


def _refuse(
    code: str, message: str, *, as_json: bool, problems: list[dict[str, Any]] | None = None
) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        error = {"code": code, "message": message, **({"problems": problems} if problems else {})}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False))
    return typer.Exit(_REFUSED)
