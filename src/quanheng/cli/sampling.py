"""`quanheng sampling …`: plans by attributes, their characteristics, the draw and the verdict; without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.cli.sampling_answers import Point
    from quanheng.kernels.sampling.plans import Plan

app = typer.Typer(help="抽样检验：方案、特性曲线、抽取、判定。", no_args_is_help=True)

_REJECTED, _REFUSED = 1, 2


def _share(text: str | float) -> float:
    try:
        value = float(str(text).removesuffix("%")) / (100 if str(text).endswith("%") else 1)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise typer.BadParameter(f"“{text}”不是数值，应如 0.08 或 8%。")
    return value


def _shares(text: str) -> list[float]:
    return [_share(part.strip()) for part in text.split(",") if part.strip()]


_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]
_Lot = Annotated[
    int | None, typer.Option("--lot", min=1, metavar="N", help="批量；不给时按过程（二项分布）。")
]
_N = Annotated[int | None, typer.Option("--n", min=1, help="一次方案的样本量。")]
_C = Annotated[int | None, typer.Option("--c", min=0, help="一次方案的接收数。")]
_PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="抽样方案的文件（YAML、JSON）。")
]
_Rule = Annotated[str, typer.Option("--rule", metavar="KEY", help="在用批抽样的规则，见 sampling rules。")]
_On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="哪一天的规则，如 2026-07-01。")
]


@app.callback()
def sampling() -> None:
    """抽样检验：方案、特性曲线、抽取、判定。比例写 0.08 或 8%；AQL 以 % 为单位。"""


@app.command("plan")
def plan_command(
    lot: _Lot = None,
    aql: Annotated[float | None, typer.Option("--aql", help="接收质量限（%），按 ISO 2859-1 查表。")] = None,
    level: Annotated[str, typer.Option("--level", help="检验水平： I、II、III、S-1 … S-4。")] = "II",
    severity: Annotated[
        str, typer.Option("--severity", help="严格度： normal、tightened、reduced。")
    ] = "normal",
    kind: Annotated[
        str, typer.Option("--kind", help="single 一次、double 二次；按风险时还有 sequential 序贯。")
    ] = "single",
    lq: Annotated[
        float | None, typer.Option("--lq", parser=_share, metavar="P", help="极限质量：孤立批。")
    ] = None,
    risk: Annotated[
        float, typer.Option("--risk", parser=_share, metavar="R", help="极限质量的批被接收的概率不超过它。")
    ] = 0.10,
    c: _C = None,
    producer: Annotated[
        str,
        typer.Option("--producer", metavar="P,α", help="生产方的质量和风险。"),
    ] = "",
    consumer: Annotated[
        str,
        typer.Option("--consumer", metavar="P,β", help="使用方的质量和风险，代替 --lq、--risk。"),
    ] = "",
    rule: _Rule = "",
    on: _On = None,
    as_json: _Json = False,
) -> None:
    """给出抽样方案：查 ISO 2859-1 的表，按风险计算，或按在用批的规则。"""
    from quanheng.cli.sampling_answers import Asked, Point, planned
    from quanheng.cli.sampling_text import plan_lines
    from quanheng.kernels.sampling.plans import BadSampling

    with _refusals(as_json=as_json):
        if lq is not None and consumer:
            raise BadSampling("--lq 和 --consumer 只给一个。")
        wanted = _point(consumer) if lq is None else Point(lq, risk)
        asked = Asked(lot, aql, level, severity, kind, wanted, _point(producer), c, rule, _day(on))
        answer = planned(asked)
        _print(answer, plan_lines(answer), as_json=as_json)


@app.command("rules")
def rules_command(on: _On = None, as_json: _Json = False) -> None:
    """列出在用批抽样的规则；不给日期时列出全部。"""
    from quanheng.cli.sampling_text import rule_lines
    from quanheng.lots.plan_rules import packaged_plan_rules

    day = _day(on)
    rows = [
        {
            "key": rule.key,
            "title": rule.title,
            "kinds": list(rule.kinds),
            "in_force_from": rule.in_force_from.isoformat() if rule.in_force_from else None,
            "in_force_to": rule.in_force_to.isoformat() if rule.in_force_to else None,
            "extension_years": rule.extension_years,
            "may_extend": rule.may_extend,
            "unconfirmed": not rule.is_confirmed,
            "clause": rule.clause,
            "source": rule.source,
            "note": rule.note,
        }
        for rule in packaged_plan_rules()
        if day is None or rule.holds(day)
    ]
    _print({"rules": rows}, rule_lines(rows), as_json=as_json)


@app.command("oc")
def oc_command(
    lot: _Lot = None,
    n: _N = None,
    c: _C = None,
    plan: _PlanFile = None,
    at: Annotated[str, typer.Option("--at", metavar="p,p", help="在这些不合格品率上计算。")] = "",
    producer: Annotated[
        float | None, typer.Option("--producer", parser=_share, metavar="P", help="图上标生产方的质量。")
    ] = None,
    consumer: Annotated[
        float | None, typer.Option("--consumer", parser=_share, metavar="P", help="图上标使用方的质量。")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="OUT.svg", help="写出图。")] = None,
    as_json: _Json = False,
) -> None:
    """抽样特性曲线：各不合格品率上的接收概率、平均样本量；给 -o 时画图。"""
    from quanheng.cli.sampling_answers import characteristic, marks_of
    from quanheng.cli.sampling_text import oc_lines
    from quanheng.kernels.sampling.picture import oc_picture

    with _refusals(as_json=as_json):
        found = _needed(_plan(plan, n, c))
        ends = [end for end in (producer, consumer) if end is not None]
        marked = _shares(at)
        fractions = sorted({*marked, *ends}) or [0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15]
        answer = characteristic(found, lot, fractions)
        if out is not None:
            svg = oc_picture(found, lot, marks_of(marked, producer, consumer))
            _write(out, svg)
            answer["picture"] = str(out)
        _print(answer, oc_lines(answer), as_json=as_json)


@app.command("draw")
def draw_command(
    listed: Annotated[
        Path, typer.Option("--list", metavar="FILE", help="批的名单：一行一个编号，或 CSV 的第一列。")
    ],
    count: Annotated[int, typer.Option("--count", min=1, metavar="N", help="抽几个。")],
    seed: Annotated[str, typer.Option("--seed", metavar="HEX", help="种子，十六进制。")] = "",
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="名单封闭以后签发的检查点；由它得出种子。"),
    ] = None,
    closed: Annotated[
        str,
        typer.Option(
            "--closed-sha256", metavar="HEX", help="名单封闭时的 SHA-256；此后有表拆走、名单变短时给出。"
        ),
    ] = "",
    as_json: _Json = False,
) -> None:
    """按种子抽取；任何人用同一名单和检查点都得到同一结果。"""
    from quanheng.cli.sampling_file import read_list, read_text
    from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
    from quanheng.kernels.sampling.plans import BadSampling

    with _refusals(as_json=as_json):
        if bool(seed) == (checkpoint is not None):
            raise BadSampling("--seed 和 --checkpoint 给一个，只给一个。")
        serials = read_list(listed)
        if count > len(serials):
            raise BadSampling(f"名单只有 {len(serials)} 个，不能抽 {count} 个。")
        hashed = list_sha256(serials)
        found = seed or seed_of(read_text(checkpoint) if checkpoint else "", closed or hashed)
        drawn = draw(serials, found)[:count]
        answer = {"lot": len(serials), "list_sha256": hashed, "seed": found, "drawn": drawn}
        _print(answer, iter(drawn), as_json=as_json)


@app.command("judge")
def judge_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="结果：YAML、JSON 或 CSV，按抽取的顺序。")],
    lot: _Lot = None,
    n: _N = None,
    c: _C = None,
    plan: _PlanFile = None,
    rule: _Rule = "",
    on: _On = None,
    as_json: _Json = False,
) -> None:
    """判定一批：接收、拒收、再抽、或结果不全；拒收或不能判定时退出码为 1。"""
    from quanheng.cli.sampling_file import plan_by_rule, read_judged
    from quanheng.cli.sampling_text import judged_answer, judged_lines
    from quanheng.kernels.sampling.examine import INVALID, examine
    from quanheng.kernels.sampling.judge import REJECT
    from quanheng.kernels.sampling.plans import BadSampling

    with _refusals(as_json=as_json):
        given = _plan(plan, n, c)
        if rule:
            if given is not None:
                raise BadSampling("--rule 和 --plan、--n 只给一种。")
            given = plan_by_rule(rule, lot, _day(on))
        judged = read_judged(file, given, lot)
        examined = examine(judged.plan, judged.report, judged.lot)
        answer = judged_answer(judged.plan, judged.lot, judged.rule or rule, examined)
        _print(answer, judged_lines(answer), as_json=as_json)
    if examined.outcome in {REJECT, INVALID}:
        raise typer.Exit(_REJECTED)


@app.command("switching")
def switching_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="逐批的结果（YAML、JSON），先后为序。")],
    as_json: _Json = False,
) -> None:
    """按 ISO 2859-1 的转移规则逐批走一遍：每批用什么方案，下一批是什么严格度。"""
    from quanheng.cli.sampling_switching import switched
    from quanheng.cli.sampling_text import switching_lines

    with _refusals(as_json=as_json):
        answer = switched(file)
        _print(answer, switching_lines(answer), as_json=as_json)


@app.command("risk")
def risk_command(
    lq: Annotated[float, typer.Option("--lq", parser=_share, metavar="P", help="极限质量。")],
    expected: Annotated[
        float, typer.Option("--expected", parser=_share, metavar="P", help="远程估计给出的不合格品率。")
    ],
    worth: Annotated[
        float, typer.Option("--worth", metavar="K", help="这个估计相当于检过几个；要说明理由。")
    ],
    lot: _Lot = None,
    n: _N = None,
    c: _C = None,
    plan: _PlanFile = None,
    as_json: _Json = False,
) -> None:
    """被接收的批还会有多坏：不用先验，和用远程估计作先验。先验不能代替抽样。"""
    from quanheng.cli.sampling_text import risk_answer, risk_lines
    from quanheng.kernels.sampling.risk import prior_of, risk_of_accepted

    with _refusals(as_json=as_json):
        found = risk_of_accepted(_needed(_plan(plan, n, c)), lq, prior_of(expected, worth), lot)
        answer = risk_answer(found, lq, expected, worth, lot)
        _print(answer, risk_lines(answer), as_json=as_json)


def _point(text: str) -> Point | None:
    from quanheng.cli.sampling_answers import Point

    if not text:
        return None
    parts = _shares(text)
    if len(parts) != len(("quality", "risk")):
        raise typer.BadParameter(f"“{text}”应是质量和风险，如 0.02,0.05。")
    return Point(*parts)


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def _plan(path: Path | None, n: int | None, c: int | None) -> Plan | None:
    from quanheng.cli.sampling_file import plan_of_file
    from quanheng.kernels.sampling.plans import BadSampling, single

    if path is not None and (n is not None or c is not None):
        raise BadSampling("--plan 和 --n、--c 只给一种。")
    if path is not None:
        return plan_of_file(path)
    if n is None and c is None:
        return None
    if n is None or c is None:
        raise BadSampling("--n 和 --c 要一起给。")
    return single(n, c)


def _needed(plan: Plan | None) -> Plan:
    from quanheng.kernels.sampling.plans import BadSampling

    if plan is None:
        raise BadSampling("请给出抽样方案：--n 和 --c，或 --plan。")
    return plan


def _write(path: Path, text: str) -> None:
    from quanheng.kernels.sampling.plans import BadSampling

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSampling(f"无法写入 {path}：{error.strerror or error}。") from None


@contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
    from quanheng.kernels.sampling.plans import BadSampling

    try:
        yield
    except BadSampling as error:
        typer.echo(str(error), err=True)
        if as_json:
            row = {"error": {"code": "sampling.refused", "message": str(error)}}
            typer.echo(json.dumps(row, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None


def _print(answer: dict[str, Any], lines: Iterator[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        typer.echo("\n".join(lines))
