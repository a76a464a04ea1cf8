"""``quanheng plan compile``: a plan document → tasks and findings, without a database."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from quanheng.cli.columns import width_of

if TYPE_CHECKING:
    from quanheng.kernels.policy import CompiledPlan

app = typer.Typer(help="方案：从文件到任务。", no_args_is_help=True)

_REFUSED = 2
_OTHER_LISTS = ("institutes", "businesses", "manufacturers", "towns", "subdistricts", "groups")


@app.callback()
def plan() -> None:
    """方案：从文件到任务。"""


@app.command("compile")
def compile_command(
    file: Annotated[Path, typer.Argument(help="方案文件：.txt、.md、.docx 或带文字层的 .pdf。")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入 YAML 文件。")] = None,
    facts_only: Annotated[bool, typer.Option("--facts-only", help="只留事实，不含原文语句。")] = False,
    county: Annotated[
        Path | None,
        typer.Option("--county", envvar="QUANHENG_COUNTY", help="县级配置 county.yaml，用其中的部门表。"),
    ] = None,
) -> None:
    """读取方案文件，列出任务、部门和需要核对之处。"""
    from quanheng.kernels.policy import DocumentRefused, compile_plan

    try:
        aliases, known = read_county(county) if county else ({}, set[str]())
        compiled = compile_plan(_read(file), filename=file.name, aliases=aliases, known=known)
    except DocumentRefused as refused:
        raise _refuse(refused.code, refused.message, as_json=as_json) from None
    except _Unreadable as unreadable:
        raise _refuse(unreadable.code, str(unreadable), as_json=as_json) from None
    shown = facts(compiled.to_dict()) if facts_only else compiled.to_dict()
    if output is not None:
        try:
            output.write_text(
                yaml.safe_dump(shown, allow_unicode=True, sort_keys=False, width=100), encoding="utf-8"
            )
        except OSError as error:
            raise _refuse(
                "policy.not_written", f"无法写入 {output}：{error.strerror}。", as_json=as_json
            ) from None
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        typer.echo(summary(compiled))


class _Unreadable(ValueError):
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _Unreadable("policy.not_found", f"无法读取 {file}：{error.strerror}。") from None


def _refuse(code: str, message: str, *, as_json: bool) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        typer.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    return typer.Exit(_REFUSED)


def read_county(path: Path) -> tuple[dict[str, str], set[str]]:
    """Return (alias → canonical name, canonical names) from a county's configuration."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        units = [*loaded["departments"], *(u for kind in _OTHER_LISTS for u in loaded.get(kind) or [])]
        known = {str(unit["name"]) for unit in units}
        aliases = {str(name): str(unit["name"]) for unit in units for name in unit.get("aliases") or []}
    except OSError as error:
        raise _Unreadable("policy.county_unreadable", f"无法读取 {path}：{error.strerror}。") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        raise _Unreadable(
            "policy.county_unreadable", f"{path} 不是县级配置：缺少 departments（name、aliases）。"
        ) from None
    return aliases, known


def facts(plan: dict[str, Any]) -> dict[str, Any]:
    """Leave out the document's sentences: numbers, titles and departments stay."""
    items = [
        i | {"text": "", "assignments": [a | {"raw": ""} for a in i["assignments"]]} for i in plan["items"]
    ]
    goals = [g | {"text": ""} for g in plan["goals"]]
    findings = [
        f | {"data": {k: v for k, v in f["data"].items() if k not in ("before", "after", "bracket")}}
        for f in plan["findings"]
    ]
    annex = [r | {"content": ""} for r in plan["annex"]]
    return plan | {"items": items, "annex": annex, "goals": goals, "findings": findings}


def summary(plan: CompiledPlan) -> str:
    """One screen for a person: what was read, who leads what, what to check."""
    lines = [
        f"标题：{plan.title or '（文中没有）'}",
        f"文号：{plan.doc_number or '（文中没有）'}　日期：{plan.issued_on or '（文中没有）'}",
        f"任务 {len(plan.items)} 项，附件 {len(plan.annex)} 行，目标 {len(plan.goals)} 条，"
        f"部门 {len(plan.departments)} 个，待核对 {len(plan.findings)} 处",
        "",
    ]
    width = max((width_of(i.label) for i in plan.items), default=0)
    for item in plan.items:
        lead = "、".join(item.lead) or "（未写明牵头）"
        others = "、".join((*item.responsible, *item.local_governments)) or "（无）"
        pad = " " * (width - width_of(item.label))
        more = "等" if item.open_ended else ""
        lines.append(f"{item.label}{pad}  {item.title}")
        lines.append(f"{' ' * width}  牵头：{lead} | 责任：{others}{more}")
    if plan.findings:
        lines += ["", "待核对："]
    for code, count in Counter(f.code for f in plan.findings).items():
        lines.append(f"  {code}（{count}）")
        lines += [f"    {f.where}：{f.text}" for f in plan.findings if f.code == code]
    return "\n".join(lines)


if __name__ == "__main__":
    app()
