"""`quanheng rules …`: the catalogue and the verification periods; without a database unless asked for it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanheng.cli.django import refusals, start, with_database
from quanheng.kernels.rules import (
    CONFIDENCES,
    CONTROLS,
    LACKS,
    MODES,
    USES,
    BadRules,
    RuleSet,
    RuleVersion,
    Use,
    lint,
    load_rule_file,
    read_rules,
    reason_text,
    rule_body,
)
from quanheng.regulations.packaged import packaged_kinds, packaged_rules

if TYPE_CHECKING:
    from quanheng.kernels.findings import Finding

app = typer.Typer(help="规则：强检目录和检定周期，各有施行日期。", no_args_is_help=True)

_REFUSED, _FOUND = 2, 1
_LETTERS = {"T": Use.TRADE, "S": Use.SAFETY, "M": Use.MEDICAL, "E": Use.ENVIRONMENT, "A": Use.ENFORCEMENT}
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]
_File = Annotated[Path | None, typer.Option("--rules", help="另加一份规则文件（YAML）。")]
_Database = Annotated[bool, typer.Option("--database", help="用本系统数据库中的规则，而不是随软件提供的。")]
_On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="哪一天，如 2027-01-08；不给则今天。")
]


@app.callback()
def rules() -> None:
    """规则：强检目录和检定周期，各有施行日期。"""


@app.command("list")
def list_rules(
    kind: Annotated[str, typer.Option("--kind", help="器具种类：代码或名称。")] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="只列这一天有效的版本。")
    ] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="只列现行和将施行、尚未与正式文本核对的。")
    ] = False,
    file: _File = None,
    database: _Database = False,
    as_json: _Json = False,
) -> None:
    """列出规则的各个版本。"""
    known = _rules(file, database=database)
    code = _kind(kind) if kind else ""
    shown = [
        version
        for version in known.versions
        if (not code or version.kind == code)
        and (on is None or known.version_on(version.kind, on.date()) is version)
        and not (unconfirmed and (version.is_confirmed or _has_ended(known, version)))
    ]
    if as_json:
        typer.echo(json.dumps([described(known, version) for version in shown], ensure_ascii=False, indent=1))
        return
    for version in shown:
        typer.echo(_line(known, version))
    typer.echo(f"共 {len(shown)} 个版本，其中 {sum(not v.is_confirmed for v in shown)} 个未与正式文本核对。")


def _has_ended(known: RuleSet, version: RuleVersion) -> bool:
    end = known.ends(version)
    return end is not None and end < _today()


@app.command("show")
def show(
    rule_id: Annotated[str, typer.Argument(help="规则版本，如 price_scale/2。")],
    file: _File = None,
    database: _Database = False,
    as_json: _Json = False,
) -> None:
    """列出一个版本的全部内容和出处。"""
    known = _rules(file, database=database)
    try:
        version = known.version(rule_id)
    except KeyError:
        raise _refuse(f"没有“{rule_id}”这一版本。可用 quanheng rules list 查看。") from None
    row = described(known, version)
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False, indent=1))
        return
    typer.echo(_line(known, version))
    for name, value in (
        ("控制方式", CONTROLS[version.control]),
        ("强检用途", "、".join(USES[use] for use in Use if use in version.uses) or "（无）"),
        ("目录", version.catalogue or "（无）"),
        ("条款", version.clause or "（未查到）"),
        ("出处", version.source or "（未查到）"),
        ("把握", CONFIDENCES[version.confidence]),
        ("缺少", "、".join(LACKS.get(item, item) for item in sorted(version.lacks)) or "（不缺）"),
        ("说明", version.note or "（无）"),
    ):
        typer.echo(f"  {name}：{value}")


@app.command("mandatory")
def mandatory(
    kind: Annotated[str, typer.Argument(help="器具种类：代码或台账中的名称。")],
    use: Annotated[str, typer.Argument(help="用途：trade、T 或 贸易结算 等。")],
    on: _On = None,
    file: _File = None,
    database: _Database = False,
    as_json: _Json = False,
) -> None:
    """回答一种器具用于某一用途时，在某一天是否属强检，并说明依据。"""
    known = _rules(file, database=database)
    day = on.date() if on else _today()
    code = kind if kind in known.kinds else known.kinds.kind_of(kind)
    answer = known.obligation(code, _use(use), day)
    if as_json:
        row = {
            "kind": code,
            "use": _use(use).value,
            "on": day.isoformat(),
            "is_mandatory": answer.is_mandatory,
            "code": answer.code,
            "reason": answer.text,
            "mode": answer.mode,
            "rule": described(known, answer.rule) if answer.rule else None,
        }
        typer.echo(json.dumps(row, ensure_ascii=False, indent=1))
        return
    said = {True: "属强检", False: "不属强检", None: "待核实"}[answer.is_mandatory]
    typer.echo(f"{day}：{said}。{answer.text}")
    if answer.rule is not None:
        typer.echo(_line(known, answer.rule))


@app.command("lint")
def lint_command(
    file: Annotated[Path | None, typer.Argument(help="规则文件；不给则检查随软件提供的规则。")] = None,
    on: _On = None,
    as_json: _Json = False,
) -> None:
    """检查规则：出处和条款、版本之间的重叠和空缺、种类、周期。有问题时退出码为 1。"""
    versions = _read(file) if file else packaged_rules().versions
    found = lint(versions, packaged_kinds(), on=on.date() if on else _today())
    if as_json:
        typer.echo(json.dumps([_finding(item) for item in found], ensure_ascii=False, indent=1))
    else:
        for item in found:
            typer.echo(f"{item.text}［{item.code}］")
        typer.echo(f"检查 {len(versions)} 个版本，{len(found)} 处问题。")
    if found:
        raise typer.Exit(_FOUND)


@app.command("load")
@with_database
def load() -> None:
    """把随软件提供的规则装入数据库；已有的、本县添加的和已核对的都不变。"""
    from quanheng.regulations.services import load_packaged_rules

    loaded = load_packaged_rules()
    typer.echo(f"规则：新增 {loaded.added} 个版本，已有 {loaded.kept} 个不变。")


def described(known: RuleSet, version: RuleVersion) -> dict[str, Any]:
    """Return a version as JSON: its row in a rule file, and what follows from the set it stands in."""
    ends = known.ends(version)
    return {
        "id": version.id,
        "name": known.kinds[version.kind].name,
        **rule_body(version),
        "last_day": ends.isoformat() if ends else None,
        "is_confirmed": version.is_confirmed,
    }


def _line(known: RuleSet, version: RuleVersion) -> str:
    ends = known.ends(version)
    since = version.in_force_from.isoformat() if version.in_force_from else "（更早）"
    terms = "；".join(_term(version, index) for index in range(len(version.terms)))
    parts = [
        f"{version.id}　{known.kinds[version.kind].name}　{since} 至 {ends or '今后'}",
        version.document,
        terms or CONTROLS[version.control],
        "" if version.is_confirmed else "未核对",
    ]
    return "　".join(part for part in parts if part)


def _term(version: RuleVersion, index: int) -> str:
    term = version.terms[index]
    when = "，".join(str(condition) for condition in term.when)
    if term.months is not None:
        period = f" {term.months} 个月"
    else:
        period = "" if term.mode.value == "scrap_when_inaccurate" else "（周期未查到）"
    return f"{when + '：' if when else ''}{MODES[term.mode]}{period}"


def _rules(file: Path | None, *, database: bool) -> RuleSet:
    added = _read(file) if file else ()
    if not database:
        return packaged_rules().with_versions(added)
    start()
    with refusals():
        from quanheng.regulations.selectors import rule_set

        return rule_set().with_versions(added)


def _read(file: Path) -> tuple[RuleVersion, ...]:
    try:
        return read_rules(load_rule_file(file.read_bytes()), packaged_kinds())
    except OSError as error:
        raise _refuse(f"无法读取 {file}：{error.strerror}。") from None
    except BadRules as error:
        raise _refuse(f"规则有误：{error}") from None


def _kind(text: str) -> str:
    kinds = packaged_kinds()
    code = text if text in kinds else kinds.kind_of(text)
    if code is None:
        raise _refuse(reason_text("kind_unknown", {}))
    return code


def _use(text: str) -> Use:
    names = {label: Use(value) for value, label in USES.items()}
    found = _LETTERS.get(text.upper()) or names.get(text)
    if found is None and text not in set(Use):
        raise _refuse(f"没有“{text}”这一用途。可用：{'、'.join(Use)}。")
    return found or Use(text)


def _today() -> date:
    return datetime.now().astimezone().date()


def _finding(item: Finding) -> dict[str, Any]:
    return {"code": item.code, "text": item.text, "data": dict(item.data)}


def _refuse(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_REFUSED)
