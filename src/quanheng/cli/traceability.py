"""`quanheng traceability …`: chains, recall, drift, control charts; without a database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from quanheng.kernels.traceability.read_recall import StandardsFile
    from quanheng.kernels.traceability.records import Records

app = typer.Typer(help="量值溯源：溯源链、召回、漂移、控制图。", no_args_is_help=True)

_REFUSED, _FOUND = 2, 1
_SHOWN = 20
_T = TypeVar("_T")
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.callback()
def traceability() -> None:
    """量值溯源：溯源链、召回、漂移、控制图。"""


@app.command("chain")
def chain_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="溯源链文件，YAML 或 JSON。")],
    svg: Annotated[Path | None, typer.Option("--svg", metavar="OUT", help="把图写入这个文件。")] = None,
    as_json: _Json = False,
) -> None:
    """核对一次检定的溯源链；有问题时退出码为 1。"""
    from quanheng.cli.traceability_text import chain_answer, chain_text
    from quanheng.kernels.traceability import chain, load_chain, picture

    with _refusals(as_json=as_json):
        content = _loaded(file, lambda text: load_chain(text, is_json=_is_json(file)))
        found = chain(content.standards, content.verification, content.limits)
        if svg is not None:
            _write(svg, picture(found))
        _print(chain_answer(found), chain_text(found), as_json=as_json)
    if not found.is_complete:
        raise typer.Exit(_FOUND)


@app.command("recall")
def recall_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="第一个是标准器和校准（YAML 或 JSON，也可以含检定记录），其余是检定记录（CSV）。",
        ),
    ],
    top: Annotated[
        int | None, typer.Option("--top", min=1, metavar="N", help="列出前 N 份；默认 20，JSON 全部。")
    ] = None,
    costs: Annotated[
        str, typer.Option("--costs", metavar="N:W", help="通知一份的代价比错误的结论留下的代价，如 1:20。")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机数种子；只影响份数的区间。")] = 1,
    as_json: _Json = False,
) -> None:
    """标准器失准以后，算出以往每个结论会改变的概率，从大到小列出。"""
    from quanheng.cli.traceability_text import recall_answer, recall_text
    from quanheng.kernels.traceability import decide, recall

    with _refusals(as_json=as_json):
        content, records = _records(files)
        verdicts = records.verdicts()
        found = recall(content.histories, verdicts, population=content.population, seed=seed)
        decision = decide(found.flip_probability, *_costs(costs)) if costs else None
        shown = top or (len(verdicts.numbers) if as_json else _SHOWN)
        answer = recall_answer(content, verdicts, found, decision, shown)
        _print(answer, recall_text(answer), as_json=as_json)


@app.command("drift")
def drift_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="标准器和校准，YAML 或 JSON。")],
    limit: Annotated[
        float | None, typer.Option("--limit", metavar="L", help="偏差的限值 ±L；给出时推荐校准间隔。")
    ] = None,
    reliability: Annotated[
        float, typer.Option("--reliability", metavar="R", help="到期时仍在限值之内的概率。")
    ] = 0.95,
    longest: Annotated[int, typer.Option("--longest", min=1, max=600, help="最长间隔，月。")] = 60,
    as_json: _Json = False,
) -> None:
    """由历次校准得出每个标准器的漂移和适宜的校准间隔。"""
    from quanheng.cli.traceability_text import drift_answer, drift_text

    with _refusals(as_json=as_json):
        content, _records_of_file = _records([file])
        answer = drift_answer(content, limit, reliability, longest)
        _print(answer, drift_text(answer), as_json=as_json)


@app.command("chart")
def chart_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="期间核查的值：列 date（可无）、value。")],
    baseline: Annotated[int, typer.Option("--baseline", metavar="N", help="用前 N 个值定控制限。")] = 20,
    weight: Annotated[float, typer.Option("--weight", help="EWMA 的权，大于 0、不大于 1。")] = 0.2,
    as_json: _Json = False,
) -> None:
    """期间核查的控制图：单值—移动极差、EWMA、判异准则；有问题时退出码为 1。"""
    from quanheng.cli.traceability_text import chart_answer, chart_text
    from quanheng.kernels.traceability import control_chart
    from quanheng.kernels.traceability.read_series import read_series

    with _refusals(as_json=as_json):
        series = _loaded(file, read_series)
        found = control_chart([point.value for point in series], baseline, weight=weight)
        answer = chart_answer(series, found, baseline)
        _print(answer, chart_text(answer), as_json=as_json)
    if found.findings:
        raise typer.Exit(_FOUND)


@app.command("simulate")
def simulate_command(
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机数种子；同一种子结果相同。")] = 1,
    chains: Annotated[int, typer.Option("--chains", min=1, max=1_000_000, help="模拟多少条链。")] = 20_000,
    course: Annotated[
        str, typer.Option("--course", metavar="random|linear|step", help="上级标准器怎样漂移。")
    ] = "random",
    ignore_population: Annotated[
        bool, typer.Option("--ignore-population", help="计算时不用器具总体的知识。")
    ] = False,
    estimate_diffusion: Annotated[
        bool, typer.Option("--estimate-diffusion", help="随机游走系数不给出，由两次校准估计。")
    ] = False,
    as_json: _Json = False,
) -> None:
    """在模拟的溯源链上检验召回的概率：概率为 p 的结论，应当有 p 那么多真的改变。"""
    from quanheng.cli.traceability_text import reliability_answer, reliability_text
    from quanheng.kernels.traceability import Course
    from quanheng.kernels.traceability.simulate import Assumptions, reliability, simulate

    if course not in set(Course):
        raise typer.BadParameter(f"没有“{course}”。可用：{'、'.join(Course)}。", param_hint="--course")
    told = Assumptions(Course(course), not ignore_population, not estimate_diffusion)
    answer = reliability_answer(reliability(simulate(seed, chains, assumptions=told)), seed, chains)
    _print(answer, reliability_text(answer), as_json=as_json)


def _records(files: Sequence[Path]) -> tuple[StandardsFile, Records]:
    from quanheng.kernels.traceability import load_standards, read_rows

    first = files[0]
    content, records = _loaded(first, lambda text: load_standards(text, is_json=_is_json(first)))
    for file in files[1:]:
        _loaded(file, lambda text: read_rows(text, records))
    return content, records


def _loaded(file: Path, read: Callable[[bytes], _T]) -> _T:
    from quanheng.kernels.traceability import BadTraceability

    try:
        return read(file.read_bytes())
    except OSError as error:
        raise _Refused("traceability.not_found", f"无法读取 {file}：{error.strerror}。") from None
    except BadTraceability as error:
        raise _Refused("traceability.bad_file", f"{file.name} {error}", error.line) from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _Refused("traceability.not_written", f"无法写入 {file}：{error.strerror}。") from None


def _is_json(file: Path) -> bool:
    return file.suffix.lower() == ".json"


def _costs(text: str) -> tuple[float, float]:
    notice, _colon, wrong = text.partition(":")
    try:
        return float(notice), float(wrong)
    except ValueError:
        raise _Refused("traceability.refused", f"“{text}”：代价应为两个数，如 1:20。") from None


class _Refused(Exception):
    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        self.code, self.message, self.line = code, message, line
        super().__init__(message)


@contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
    from quanheng.kernels.traceability import BadTraceability

    try:
        yield
    except (_Refused, BadTraceability) as error:
        refused = error if isinstance(error, _Refused) else _Refused("traceability.refused", str(error))
        typer.echo(refused.message, err=True)
        if as_json:
            row = {"code": refused.code, "message": refused.message, "line": refused.line}
            typer.echo(json.dumps({"error": row}, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None


def _print(answer: dict[str, Any], lines: Iterator[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        typer.echo("\n".join(lines))
