"""`quanheng uncertainty …`: evaluate a measurement model by the GUM and by Monte Carlo; without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quanheng.kernels.uncertainty import Model, Sampled
    from quanheng.kernels.uncertainty.coverage import IntervalKind

app = typer.Typer(help="测量不确定度：GUM 法和蒙特卡洛法。", no_args_is_help=True)

_REFUSED = 2
_ADAPTIVE = "auto"
_File = Annotated[Path, typer.Argument(metavar="MODEL.yaml", help="测量模型文件。")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.callback()
def uncertainty() -> None:
    """测量不确定度：GUM 法和蒙特卡洛法。"""


@app.command("eval")
def evaluate_command(
    file: _File,
    monte_carlo: Annotated[
        str, typer.Option("--monte-carlo", metavar="N|auto", help="蒙特卡洛试验次数；auto 为自适应。")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机数种子；同一种子结果相同。")] = 1,
    digits: Annotated[
        int, typer.Option("--digits", min=1, max=2, help="验证和自适应所按的有效数字位数：1 或 2。")
    ] = 2,
    interval: Annotated[
        str,
        typer.Option(
            "--interval",
            metavar="symmetric|shortest",
            help="验证和自适应所用的包含区间：symmetric 概率对称，shortest 最短。",
        ),
    ] = "symmetric",
    second_order: Annotated[bool, typer.Option("--second-order", help="计入二阶项。")] = False,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, help="线程数；不影响结果。")] = 2,
    as_json: _Json = False,
) -> None:
    """评定一个测量模型，给出结果、不确定度和预算。"""
    from quanheng.cli.uncertainty_text import text_of
    from quanheng.kernels.uncertainty import NotDefined, evaluate, report, validate

    asked = _Asked(_trials(monte_carlo), seed, threads, digits, _interval(interval))
    model = _read(file, as_json=as_json)
    try:
        result = evaluate(model, second_order=True if second_order else None)
    except NotDefined as error:
        raise _refuse("uncertainty.not_defined", str(error), as_json=as_json) from None
    sampled = _sample(model, asked, as_json=as_json)
    validations = validate(result, sampled, digits=digits, interval=asked.interval)
    if as_json:
        answer = report(result, sampled, validations, seed=seed)
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
        return
    typer.echo("\n".join(text_of(result, sampled, validations, seed)))


@app.command("check")
def check(file: _File, as_json: _Json = False) -> None:
    """检查一个模型文件，不评定；有误时说明在哪一行。"""
    model = _read(file, as_json=as_json)
    findings = [
        {"code": found.code, "text": found.text, "data": dict(found.data)} for found in model.findings
    ]
    if as_json:
        row: dict[str, Any] = {
            "title": model.title,
            "inputs": [known.name for known in model.inputs],
            "outputs": list(model.outputs),
            "points": model.points,
            "findings": findings,
        }
        typer.echo(json.dumps(row, ensure_ascii=False, indent=1))
        return
    inputs = "、".join(known.name for known in model.inputs)
    typer.echo(f"模型可用：输入量 {inputs}；输出量 {'、'.join(model.outputs)}；{model.points} 点。")
    for found in findings:
        typer.echo(f"{found['text']}［{found['code']}］")


@app.command("example")
def example() -> None:
    """输出一个模型文件的例子：GUM H.1，量块校准。"""
    from quanheng.kernels.uncertainty import example_text

    typer.echo(example_text(), nl=False)


def _read(file: Path, *, as_json: bool) -> Model:
    from quanheng.kernels.uncertainty import BadModel, load_model

    try:
        return load_model(file.read_bytes())
    except OSError as error:
        message = f"无法读取 {file}：{error.strerror}。"
        raise _refuse("uncertainty.not_found", message, as_json=as_json) from None
    except BadModel as error:
        raise _refuse(
            "uncertainty.bad_model", f"{file.name} {error}", as_json=as_json, line=error.line
        ) from None


class _Asked(NamedTuple):
    """What Monte Carlo is asked: ``trials`` is 0 for the adaptive procedure, None for no Monte Carlo."""

    trials: int | None
    seed: int
    threads: int
    digits: int
    interval: IntervalKind


def _sample(model: Model, asked: _Asked, *, as_json: bool) -> Sequence[Sampled]:
    from quanheng.kernels.uncertainty import (
        NoVariance,
        TooFewTrials,
        TooManyTrials,
        UndefinedDraws,
        sample,
        sample_until_stable,
    )

    if asked.trials is None:
        return ()
    try:
        if asked.trials:
            return sample(model, asked.trials, seed=asked.seed, threads=asked.threads)
        return sample_until_stable(
            model, digits=asked.digits, interval=asked.interval, seed=asked.seed, threads=asked.threads
        )
    except TooManyTrials as error:
        raise _refuse("uncertainty.too_many_trials", str(error), as_json=as_json) from None
    except TooFewTrials as error:
        raise _refuse("uncertainty.too_few_trials", str(error), as_json=as_json) from None
    except (UndefinedDraws, NoVariance) as error:
        raise _refuse("uncertainty.not_sampled", str(error), as_json=as_json) from None


def _interval(text: str) -> IntervalKind:
    if text == "symmetric":
        return "symmetric"
    if text == "shortest":
        return "shortest"
    raise typer.BadParameter("应为 symmetric 或 shortest。", param_hint="--interval")


def _trials(text: str) -> int | None:
    """Return the number of trials, 0 for the adaptive procedure, None for no Monte Carlo."""
    if not text:
        return None
    if text == _ADAPTIVE:
        return 0
    try:
        number = float(text)
        trials = int(number)
    except (ValueError, OverflowError):
        trials = number = 0
    if trials < 1 or trials != number:
        raise typer.BadParameter("应为正整数（如 1000000 或 1e6）或 auto。", param_hint="--monte-carlo")
    return trials


def _refuse(code: str, message: str, *, as_json: bool, line: int | None = None) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        error = {"code": code, "message": message, "line": line}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False))
    return typer.Exit(_REFUSED)
