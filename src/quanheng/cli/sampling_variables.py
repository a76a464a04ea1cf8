"""`quanheng sampling variables`: measured errors of a sample, judged by variables and by attributes side by side."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.kernels.sampling.plans import Plan
    from quanheng.kernels.sampling.variables import VariablesPlan
    from quanheng.kernels.sampling.variables_judge import VariablesVerdict

_REFUSED, _REJECTED = 2, 1
_SHOWN = 20
_COLUMNS = {
    "meter": ("meter", "表号", "编号", "出厂编号"),
    "error": ("error", "误差"),
    "point": ("point", "点", "检定点", "负载点"),
}


@dataclass(frozen=True, slots=True)
class _Bad:
    line: int
    column: str
    reason: str


class _BadFile(ValueError):
    def __init__(self, rows: Sequence[_Bad], reason: str = "") -> None:
        self.rows = tuple(rows)
        shown = [f"第 {row.line} 行，“{row.column}”：{row.reason}" for row in rows[:_SHOWN]]
        if len(rows) > _SHOWN:
            shown.append(f"还有 {len(rows) - _SHOWN} 处。")
        super().__init__(reason or "\n".join(shown))


def variables_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="列：meter、error，可有 point（检定点）。")
    ],
    mpe: Annotated[float | None, typer.Option("--mpe", metavar="E", help="最大允许误差 ±E。")] = None,
    lower: Annotated[float | None, typer.Option("--lower", help="下限（代替 --mpe）。")] = None,
    upper: Annotated[float | None, typer.Option("--upper", help="上限（代替 --mpe）。")] = None,
    limiting_quality: Annotated[
        float,
        typer.Option("--limiting-quality", metavar="P", help="极限质量：这样差的批只以使用方风险被接收。"),
    ] = 0.08,
    consumer_risk: Annotated[float, typer.Option("--consumer-risk", help="使用方风险。")] = 0.10,
    k: Annotated[float | None, typer.Option("--k", help="接收常数；不给时由极限质量和风险算出。")] = None,
    accept: Annotated[
        int | None, typer.Option("--accept", min=0, help="计数的接收数；不给时由极限质量和风险算出。")
    ] = None,
    sigma: Annotated[float | None, typer.Option("--sigma", help="已知的过程标准差；不给时用 s 法。")] = None,
    significance: Annotated[float, typer.Option("--significance", help="正态性检验的显著性水平。")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """由样本的误差判批：计量、计数两个结论并列，先检验正态性；拒收时退出码为 1。"""
    from quanheng.kernels.sampling.plans import BadSampling
    from quanheng.kernels.sampling.variables_judge import judge_by_variables

    try:
        lower, upper = _limits(mpe, lower, upper)
        points = _read(file.read_bytes())
        plan, counting = _plans(
            points,
            limiting_quality,
            consumer_risk,
            k=k,
            accept=accept,
            sigma=sigma,
            two=None not in (lower, upper),
        )
        verdicts = {
            point: judge_by_variables(
                plan, counting, list(errors.values()), lower=lower, upper=upper, significance=significance
            )
            for point, errors in points.items()
        }
    except OSError as error:
        raise _refuse("sampling.not_found", f"无法读取 {file}：{error.strerror}。", as_json=as_json) from None
    except _BadFile as error:
        rows = [asdict(row) for row in error.rows]
        raise _refuse("sampling.bad_file", f"{file.name}\n{error}", rows, as_json=as_json) from None
    except BadSampling as error:
        raise _refuse("sampling.refused", str(error), as_json=as_json) from None
    answer = _answer(plan, counting, verdicts, limiting_quality)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        typer.echo("\n".join(_text(answer)))
    if answer["outcome"] != "accept":
        raise typer.Exit(_REJECTED)


def _limits(mpe: float | None, lower: float | None, upper: float | None) -> tuple[float | None, float | None]:
    from quanheng.kernels.sampling.plans import BadSampling

    if mpe is None:
        return lower, upper
    if lower is not None or upper is not None:
        raise BadSampling("--mpe 与 --lower、--upper 只用一种。")
    return -mpe, mpe


def _plans(
    points: Mapping[str, Mapping[str, float]],
    fraction: float,
    risk: float,
    *,
    k: float | None,
    accept: int | None,
    sigma: float | None,
    two: bool,
) -> tuple[VariablesPlan, Plan]:
    from quanheng.kernels.sampling.characteristic import acceptance_probability
    from quanheng.kernels.sampling.plans import BadSampling, Plan, Stage
    from quanheng.kernels.sampling.variables import VariablesPlan, k_between, k_of_consumer

    first = next(iter(points.values()))
    for point, errors in points.items():
        if set(errors) != set(first):
            raise BadSampling(f"检定点“{point}”的表与其他点不同：每只表每个点都要有误差。")
    n = len(first)
    if n < 3:  # noqa: PLR2004
        raise BadSampling(f"至少要有 3 只表，这里有 {n} 只。")
    constant = k
    if constant is None and two and sigma is None:
        constant = k_between(n, fraction, risk)
    elif constant is None:
        constant = k_of_consumer(n, fraction, risk, is_known=sigma is not None)
    plan = VariablesPlan(n, constant, sigma)
    if accept is None:
        accept = -1
        while (
            accept + 2 <= n
            and acceptance_probability(Plan((Stage(n, accept + 1, accept + 2),)), fraction) <= risk
        ):
            accept += 1
        if accept < 0:
            raise BadSampling(
                f"{n} 只表太少：即使没有一只不合格，不合格率 {fraction:g} 的批被接收的概率也大于 {risk:g}。"
                "请加大样本量，或用 --accept 给出接收数。"
            )
    if accept >= n:
        raise BadSampling(f"接收数 {accept} 应小于样本量 {n}。")
    return plan, Plan((Stage(n, accept, accept + 1),))


def _answer(
    plan: VariablesPlan, counting: Plan, verdicts: Mapping[str, VariablesVerdict], fraction: float
) -> dict[str, Any]:
    from quanheng.kernels.sampling.characteristic import acceptance_probability
    from quanheng.kernels.sampling.variables import acceptance_between, acceptance_by_variables

    two = any(v.quality_lower is not None and v.quality_upper is not None for v in verdicts.values())
    by_variables = acceptance_by_variables(plan, fraction)
    chance = (
        acceptance_between(plan, fraction) if two and plan.sigma is None else (by_variables, by_variables)
    )
    rows = []
    for point, verdict in verdicts.items():
        row = asdict(verdict)
        row["point"] = point
        row["normality"] = {
            key: None if isinstance(value, float) and not isfinite(value) else value
            for key, value in row["normality"].items()
        }
        rows.append(row)
    outcomes = [verdict.outcome for verdict in verdicts.values()]
    return {
        "outcome": next((outcome for outcome in outcomes if outcome != "accept"), "accept"),
        "plan": {
            "n": plan.n,
            "k": plan.k,
            "sigma": plan.sigma,
            "most_fraction": plan.most_fraction,
            "accept": counting.stages[0].accept,
        },
        "limiting_quality": fraction,
        "acceptance_at_limiting_quality": {
            "variables": list(chance),
            "attributes": acceptance_probability(counting, fraction),
        },
        "points": rows,
    }


def _text(answer: Mapping[str, Any]) -> Iterator[str]:
    plan, chance = answer["plan"], answer["acceptance_at_limiting_quality"]
    method = "s 法" if plan["sigma"] is None else f"σ 法（σ = {plan['sigma']:g}）"
    yield f"计量方案：n = {plan['n']}，k = {plan['k']:.4f}，{method}；计数方案：n = {plan['n']}，Ac = {plan['accept']}"
    low, high = chance["variables"]
    span = f"{low:.1%}" if high - low < 0.0005 else f"{low:.1%}～{high:.1%}"  # noqa: PLR2004
    yield f"不合格率 {answer['limiting_quality']:.2%} 的批被接收的概率：计量 {span}，计数 {chance['attributes']:.1%}"
    words = {"accept": "接收", "reject": "拒收", "withheld": "不作结论"}
    for row in answer["points"]:
        head = f"{row['point']}：" if row["point"] else ""
        yield f"{head}{row['n']} 个误差，平均 {row['mean']:.4g}，标准差 {row['standard_deviation']:.4g}，超出限值 {row['outside']} 个"
        yield f"  {row['normality']['sentence']}"
        attributes = row["by_attributes"]["outcome"]
        yield f"  计量：{words[row['by_variables']]}　计数：{words.get(attributes, attributes)}"
        yield f"  {row['sentence']}"
    yield f"结论：{words[answer['outcome']]}"


def _read(text: bytes) -> dict[str, dict[str, float]]:
    """Return, of each point, the error of each meter."""
    try:
        rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        headings = [cell.strip() for cell in next(rows, [])]
        places = _places(headings)
        points: dict[str, dict[str, float]] = {}
        bad: list[_Bad] = []
        for row in rows:
            if any(cell.strip() for cell in row):
                _take(row, headings, places, rows.line_num, points, bad)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _BadFile([_Bad(line, "", "不是 UTF-8 编码。")]) from error
    except csv.Error as error:
        raise _BadFile([_Bad(rows.line_num, "", f"不是有效的 CSV（{error}）。")]) from error
    if bad:
        raise _BadFile(bad)
    if not points:
        raise _BadFile([], "文件中一个误差也没有。")
    return points


def _places(headings: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        key = next((key for key, names in _COLUMNS.items() if heading.lower() in names), None)
        if key is None or key in places:
            raise _BadFile([_Bad(1, heading, "没有这一列或重复。可用：meter、error、point。")])
        places[key] = at
    missing = [key for key in ("meter", "error") if key not in places]
    if missing:
        raise _BadFile([_Bad(1, key, "缺少这一列。") for key in missing])
    return places


def _take(
    row: Sequence[str],
    headings: Sequence[str],
    places: Mapping[str, int],
    line: int,
    points: dict[str, dict[str, float]],
    bad: list[_Bad],
) -> None:
    if len(row) != len(headings):
        bad.append(_Bad(line, "", f"有 {len(row)} 列，表头有 {len(headings)} 列。"))
        return
    meter, text = row[places["meter"]].strip(), row[places["error"]].strip()
    point = row[places["point"]].strip() if "point" in places else ""
    try:
        error = float(text)
    except ValueError:
        error = nan
    if not meter:
        bad.append(_Bad(line, headings[places["meter"]], "没有表号。"))
    elif meter in points.get(point, {}):
        bad.append(_Bad(line, headings[places["meter"]], f"表 {meter} 在这个点已有误差。"))
    if not isfinite(error):
        bad.append(_Bad(line, headings[places["error"]], f"“{text[:40]}”不是数值。"))
    elif meter:
        points.setdefault(point, {}).setdefault(meter, error)


def _refuse(
    code: str, message: str, rows: list[dict[str, Any]] | None = None, *, as_json: bool
) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        error = {"code": code, "message": message, "rows": rows or []}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False))
    return typer.Exit(_REFUSED)
