"""`quanheng conformity …`: decide on limits under measurement uncertainty (JCGM 106:2012); without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf, isfinite
from typing import Annotated

import typer

app = typer.Typer(help="符合性判定：符合的概率、误判的风险、保护带。", no_args_is_help=True)

_REFUSED = 2
_RULES = "six_sigma, three_sigma, ilac_g8_2009, iso_14253_1, simple, uncritical"


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = inf
    if not isfinite(number):
        raise typer.BadParameter(f"“{text}”不是数值，应如 0.5。")
    return number


def _freedom(text: str) -> float:
    return inf if str(text) == "inf" else _number(text)


def _share(text: str) -> float:
    return _number(text.removesuffix("%")) / 100 if text.endswith("%") else _number(text)


_Lower = Annotated[
    float | None, typer.Option("--lower", parser=_number, metavar="L", help="允许区间的下限。")
]
_Upper = Annotated[
    float | None, typer.Option("--upper", parser=_number, metavar="U", help="允许区间的上限。")
]
_U = Annotated[float, typer.Option("--u", parser=_number, metavar="u", help="测得值的标准不确定度。")]
_Factor = Annotated[
    float, typer.Option("--k", parser=_number, metavar="k", help="包含因子：保护带规则以 U = k × u 计。")
]
_Freedom = Annotated[
    float, typer.Option("--dof", parser=_freedom, metavar="ν", help="标准不确定度的自由度；inf 为无穷大。")
]
_Resolution = Annotated[
    float, typer.Option("--resolution", parser=_number, metavar="d", help="分辨力；u 没有计入它时才给。")
]
_Interval = Annotated[
    float | None,
    typer.Option("--interval", parser=_number, metavar="i", help="修约间隔：按修约后的值判定时给出。"),
]
_Mean = Annotated[
    float | None, typer.Option("--prior-mean", parser=_number, metavar="m", help="总体中真值的平均值。")
]
_Sd = Annotated[
    float | None, typer.Option("--prior-sd", parser=_number, metavar="s", help="总体中真值的标准差。")
]
_Conforming = Annotated[
    float | None,
    typer.Option(
        "--conforming-share",
        parser=_share,
        metavar="P",
        help="总体中符合的比例，如 95%； 总体居允许区间正中，代替上两项。",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.callback()
def conformity() -> None:
    """符合性判定：符合的概率、误判的风险、保护带。各数同一单位。"""


@app.command("judge")
def judge(
    value: Annotated[
        float, typer.Option("--value", parser=_number, metavar="V", help="测得值，如示值误差。")
    ],
    u: _U,
    lower: _Lower = None,
    upper: _Upper = None,
    dof: _Freedom = inf,
    resolution: _Resolution = 0.0,
    interval: _Interval = None,
    rule: Annotated[str, typer.Option("--rule", help=f"ILAC-G8 的规则： {_RULES}")] = "ilac_g8_2009",
    k: _Factor = 2.0,
    prior_mean: _Mean = None,
    prior_sd: _Sd = None,
    conforming_share: _Conforming = None,
    as_json: _Json = False,
) -> None:
    """判定一个测得值：是否符合，概率多大，按保护带规则怎样声明。"""
    from quanheng.cli.conformity_answers import Population, Question, tolerance_of, verdict
    from quanheng.cli.conformity_text import judged

    with _refusals(as_json=as_json):
        population = Population(prior_mean, prior_sd, conforming_share)
        question = Question(tolerance_of(lower, upper), u, dof, resolution, population)
        answer = verdict(question, value, interval, rule, k)
        _print(answer, judged(answer), as_json=as_json)


@app.command("risk")
def risk(
    u: _U,
    lower: _Lower = None,
    upper: _Upper = None,
    prior_mean: _Mean = None,
    prior_sd: _Sd = None,
    conforming_share: _Conforming = None,
    guard_band: Annotated[
        float, typer.Option("--guard-band", parser=_number, metavar="w", help="保护带；负值为放宽。")
    ] = 0.0,
    interval: _Interval = None,
    as_json: _Json = False,
) -> None:
    """从总体中任取一台：误接收（使用方）和误拒绝（生产方）的概率。"""
    from quanheng.cli.conformity_answers import Population, Question, risks, tolerance_of
    from quanheng.cli.conformity_text import risked

    with _refusals(as_json=as_json):
        population = Population(prior_mean, prior_sd, conforming_share)
        answer = risks(Question(tolerance_of(lower, upper), u, population=population), guard_band, interval)
        _print(answer, risked(answer), as_json=as_json)


@app.command("guard-band")
def guard_band(
    u: _U,
    lower: _Lower = None,
    upper: _Upper = None,
    rule: Annotated[str, typer.Option("--rule", help=f"按 ILAC-G8 的规则： {_RULES}")] = "",
    k: _Factor = 2.0,
    at_most: Annotated[
        float | None,
        typer.Option(
            "--risk", parser=_share, metavar="R", help="按风险，不大于 R，如 5%； 哪一种风险见 --of。"
        ),
    ] = None,
    of: Annotated[
        str,
        typer.Option(
            "--of",
            help="哪一种风险： specific 每一台，误接收； rejection 每一台，误拒绝； global 任取一台，误接收（要有总体）。",
        ),
    ] = "specific",
    costs: Annotated[
        str,
        typer.Option("--costs", metavar="A:R", help="按代价： 误接收一台比误拒绝一台，如 10:1（要有总体）。"),
    ] = "",
    dof: _Freedom = inf,
    resolution: _Resolution = 0.0,
    prior_mean: _Mean = None,
    prior_sd: _Sd = None,
    conforming_share: _Conforming = None,
    as_json: _Json = False,
) -> None:
    """算出保护带：按 ILAC-G8 的规则，按要求的风险，或按误判的代价。"""
    from quanheng.cli import conformity_answers as answers
    from quanheng.cli.conformity_text import guarded
    from quanheng.kernels.conformity import BadConformity

    with _refusals(as_json=as_json):
        population = answers.Population(prior_mean, prior_sd, conforming_share)
        question = answers.Question(answers.tolerance_of(lower, upper), u, dof, resolution, population)
        if [bool(rule), at_most is not None, bool(costs)].count(True) != 1:
            raise BadConformity("请给出一种定法，只给一种：--rule、--risk 或 --costs。")
        if rule:
            answer = answers.band_by_rule(question, rule, k)
        elif at_most is not None:
            answer = answers.band_by_risk(question, at_most, of)
        else:
            answer = answers.band_by_costs(question, costs)
        _print(answer, guarded(answer), as_json=as_json)


@contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
    from quanheng.kernels.conformity import BadConformity
    from quanheng.kernels.rounding import BadRounding

    try:
        yield
    except (BadConformity, BadRounding) as error:
        typer.echo(str(error), err=True)
        if as_json:
            row = {"error": {"code": "conformity.refused", "message": str(error)}}
            typer.echo(json.dumps(row, ensure_ascii=False))
        raise typer.Exit(_REFUSED) from None


def _print(answer: dict[str, object], lines: Iterator[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        typer.echo("\n".join(lines))
