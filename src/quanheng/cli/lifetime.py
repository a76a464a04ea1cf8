"""`quanheng lifetime`: how many more years a batch may stay, from inspections; without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.kernels.lifetime import LifeModel, ReplacementYear, YearsLeft
    from quanheng.kernels.lifetime.errors_drift import DriftYears

_REFUSED = 2


def lifetime_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="检查记录，CSV 或 YAML：一行一只表的经过，或一次检查。")
    ],
    max_fraction: Annotated[
        float, typer.Option("--max-fraction", metavar="P", help="允许的不合格率。")
    ] = 0.05,
    now: Annotated[
        float | None, typer.Option("--now", metavar="年", help="现在的使用年限；不给时为最后一次检查的年龄。")
    ] = None,
    clean_at: Annotated[
        float, typer.Option("--clean-at", metavar="年", help="在这个年龄换下了全部不合格的表。")
    ] = 0.0,
    confidence: Annotated[float, typer.Option("--confidence", help="区间的置信水平。")] = 0.95,
    family: Annotated[
        str, typer.Option("--family", metavar="weibull|lognormal", help="寿命的分布。")
    ] = "weibull",
    shape: Annotated[float, typer.Option("--shape", help="形状参数的先验：中值。")] = 2.5,
    shape_spread: Annotated[
        float, typer.Option("--shape-spread", help="形状参数的先验：对数的标准差。")
    ] = 0.8,
    meters: Annotated[
        int | None, typer.Option("--meters", metavar="N", min=1, help="这批现有 N 只合格：算出每年要换多少。")
    ] = None,
    years: Annotated[int, typer.Option("--years", min=1, max=100, help="更换曲线算几年。")] = 10,
    mpe: Annotated[
        float | None,
        typer.Option("--mpe", metavar="E", help="最大允许误差 ±E：有误差列时，另由误差的漂移推算。"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="OUT.svg", help="把图写入文件。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """由检查记录推算：这批表还可以留几年，带区间。"""
    from quanheng.kernels.lifetime import (
        FAMILIES,
        BadLifetime,
        ShapePrior,
        life_model,
        lifetimes,
        picture,
        read_inspections,
        replacement_curve,
        years_left,
    )
    from quanheng.kernels.lifetime.errors_drift import drift_years_left

    if family not in FAMILIES:
        raise typer.BadParameter(f"没有“{family}”。可用：{'、'.join(FAMILIES)}。", param_hint="--family")
    try:
        is_yaml = file.suffix.lower() in {".yaml", ".yml"}
        content = read_inspections(file.read_bytes(), is_yaml=is_yaml)
        model = life_model(lifetimes(content.seen), FAMILIES[family], ShapePrior(shape, shape_spread))
        left = years_left(model, max_fraction, now, confidence=confidence, clean_at=clean_at)
        curve = replacement_curve(model, meters, left.now_age, years, confidence=confidence) if meters else ()
        drift = None
        if mpe is not None:
            drift = drift_years_left(content.measured, mpe, max_fraction, left.now_age, confidence=confidence)
        if out is not None:
            out.write_text(picture(model, left), encoding="utf-8")
    except OSError as error:
        told = f"无法读写 {error.filename or file}：{error.strerror}。"
        raise _refuse("lifetime.not_found", told, as_json=as_json) from None
    except BadLifetime as error:
        rows = [asdict(problem) for problem in error.problems]
        told = f"{file.name}\n{error}" if rows else str(error)
        raise _refuse("lifetime.refused", told, rows, as_json=as_json) from None
    if as_json:
        answer = lifetime_answer(model, left, curve, drift)
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        typer.echo("\n".join(_text(model, left, curve, drift)))


def lifetime_answer(
    model: LifeModel,
    left: YearsLeft,
    curve: tuple[ReplacementYear, ...] = (),
    drift: DriftYears | None = None,
) -> dict[str, Any]:
    """Return the answer for programs: no number is infinite (``null``: no upper limit)."""
    found = asdict(left)
    found["high"] = left.high if isfinite(left.high) else None
    fit = None
    if model.fit is not None:
        fit = {
            "shape": model.fit.shape,
            "scale_years": model.fit.scale,
            "mu": model.fit.mu,
            "sigma": model.fit.sigma,
            "log_likelihood": model.fit.log_likelihood,
        }
    return {
        "years_left": found,
        "family": model.family.key,
        "shape_prior": asdict(model.prior),
        "fit": fit,
        "meters": model.data.meters,
        "nonconforming": model.data.failed,
        "oldest_age": model.data.oldest,
        "replacement": [asdict(year) for year in curve],
        "drift": None
        if drift is None
        else {**asdict(drift), "high": drift.high if isfinite(drift.high) else None},
    }


def _text(
    model: LifeModel, left: YearsLeft, curve: tuple[ReplacementYear, ...], drift: DriftYears | None
) -> Iterator[str]:
    data = model.data
    yield f"检查 {data.meters:,} 只，不合格 {data.failed:,} 只，年龄到 {data.oldest:g} 年；现在 {left.now_age:g} 年"
    if model.fit is not None:
        fit = model.fit
        yield f"{model.family.name}分布：形状参数 {fit.shape:.2f}，特征寿命 {fit.scale:.1f} 年"
    at_now = "" if left.fraction_now is None else f"{left.fraction_now:.2%}，"
    level = f"{100 * left.confidence:g}%"
    yield f"现在的不合格率：{at_now}{level} 区间 {left.fraction_now_low:.2%}～{left.fraction_now_high:.2%}"
    yield left.sentence
    for finding in left.findings:
        yield f"注意：{finding.text}［{finding.code}］"
    if curve:
        yield f"今后每年要换的只数（{level} 区间）："
        for year in curve:
            expected = "" if year.expected is None else f"{year.expected:.0f}，"
            yield f"  第 {year.year} 年：{expected}{year.low:,}～{year.high:,}"
    if drift is not None:
        yield drift.sentence
        for finding in drift.findings:
            yield f"注意：{finding.text}［{finding.code}］"


def _refuse(
    code: str, message: str, rows: list[dict[str, Any]] | None = None, *, as_json: bool
) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        error = {"code": code, "message": message, "rows": rows or []}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False))
    return typer.Exit(_REFUSED)
