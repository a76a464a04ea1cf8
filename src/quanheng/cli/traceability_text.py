"""What `quanheng traceability` answers: as JSON, plain numbers; and as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

from quanheng.cli.columns import columns
from quanheng.cli.conformity_text import interval, percent
from quanheng.kernels.findings import Finding
from quanheng.kernels.traceability import (
    BadTraceability,
    Chain,
    Chart,
    Decision,
    Recall,
    StandardsFile,
    Verdicts,
    estimate_drift,
    recommended_months,
)
from quanheng.kernels.traceability.read_series import CheckValue
from quanheng.kernels.traceability.simulate import Row

Answer = dict[str, Any]

_LEAST_SHOWN = 0.001


def chain_answer(found: Chain) -> Answer:
    """Return a chain; nodes are named by their place in ``nodes``, the verification is -1."""
    return {
        "verification": found.verification.number,
        "is_complete": found.is_complete,
        "nodes": [
            {
                "standard": node.standard.code,
                "name": node.standard.name,
                "is_national": node.standard.is_national,
                "certificate": node.certificate.number if node.certificate else None,
                "level": node.level,
            }
            for node in found.nodes
        ],
        "edges": [
            {
                "lower": edge.lower,
                "upper": edge.upper,
                "used_on": edge.used_on.isoformat(),
                "ratio": None if edge.ratio is None else _plain(edge.ratio),
                "findings": [each.code for each in edge.findings],
            }
            for edge in found.edges
        ],
        "findings": _findings(found.findings),
    }


def chain_text(found: Chain) -> Iterator[str]:
    """Yield the lines of `traceability chain`."""
    what = found.verification
    yield f"{what.instrument}　{what.on} 检定　{what.number}"
    for node in found.nodes:
        known = node.certificate
        said = "国家基准" if node.standard.is_national else "没有证书"
        if known is not None:
            until = f"，有效期至 {known.valid_until}" if known.valid_until else ""
            said = f"证书 {known.number}，{known.issued_by}，{known.calibrated_on} 校准{until}"
        yield f"{'　' * node.level}↑ {node.standard.name}：{said}"
    yield "溯源链完整。" if found.is_complete else f"有 {len(found.findings)} 处问题："
    for each in found.findings:
        yield f"  {each.text}［{each.code}］"


def recall_answer(
    content: StandardsFile, verdicts: Verdicts, found: Recall, decision: Decision | None, shown: int
) -> Answer:
    """Return the recall with the first ``shown`` verifications of the ranking."""
    passed = int(np.count_nonzero(verdicts.passed))
    told = None if decision is None else decision.is_told
    return {
        "title": content.title,
        "unit": content.unit,
        "verifications": len(verdicts.numbers),
        "passed": passed,
        "failed": len(verdicts.numbers) - passed,
        "expected_flips": _plain(found.expected_flips),
        "flips_interval": None if found.flips_interval is None else list(found.flips_interval),
        "draws": found.draws,
        "population": None if content.population is None else _population(content),
        "decision": None if decision is None else _decision(decision),
        "ranking": [_ranked(verdicts, found, int(at), told) for at in found.ranking[:shown]],
        "findings": _findings(content.findings),
    }


def recall_text(answer: Answer) -> Iterator[str]:
    """Yield the lines of `traceability recall`."""
    if answer["title"]:
        yield answer["title"]
    low, high = answer["flips_interval"]
    yield f"检定记录 {answer['verifications']} 份：合格 {answer['passed']}，不合格 {answer['failed']}"
    yield f"结论会改变的：预计 {answer['expected_flips']:.1f} 份，95% 的可能在 {low}～{high} 份之间"
    yield "改变是指：同样的读数，按标准器当天的真值改正以后，结论相反"
    if answer["population"] is None:
        yield "没有给出器具总体的情况：各种误差同等看待"
    for each in answer["findings"]:
        yield f"注意：{each['text']}"
    decision = answer["decision"]
    if decision is not None:
        yield (
            f"通知概率不小于 {percent(decision['threshold'])} 的 {decision['told']} 份："
            f"预计找出 {decision['found']:.1f} 份，漏掉 {decision['missed']:.1f} 份；"
            f"代价 {decision['cost']:.4g}（都不通知 {decision['cost_of_none']:.4g}，都通知 {decision['cost_of_all']:.4g}）"
        )
    head = ["名次", "编号", "日期", "结论", "改变的概率", "点", "误差", "改正", "改正的 u", "限值"]
    rows = [head, *(_row(at, each) for at, each in enumerate(answer["ranking"], 1))]
    yield from columns(rows, left=(1, 2, 3, 9))
    rest = answer["verifications"] - len(answer["ranking"])
    if rest > 0:
        yield f"另有 {rest} 份，见 --top 或 --json"


def drift_answer(content: StandardsFile, limit: float | None, reliability: float, longest: int) -> Answer:
    """Return the drift of each standard that has two calibrations or more.

    Raises
    ------
    BadTraceability
        As `recommended_months`; no standard has two calibrations.
    """
    rows = []
    for history in content.histories:
        if len(history.calibrations) > 1:
            found = estimate_drift(history.calibrations)
            months = None if limit is None else recommended_months(found, limit, reliability, longest)
            rows.append(
                {
                    "standard": history.code,
                    "name": content.names[history.code],
                    "calibrations": len(history.calibrations),
                    "rate": _plain(found.rate),
                    "rate_interval": [_plain(end) for end in found.rate_interval],
                    "diffusion": _plain(found.diffusion),
                    "recommended_months": months,
                }
            )
    if not rows:
        raise BadTraceability("没有哪个标准器校准过两次，漂移无从得出。")
    return {"unit": content.unit, "limit": limit, "reliability": reliability, "standards": rows}


def drift_text(answer: Answer) -> Iterator[str]:
    """Yield the lines of `traceability drift`."""
    unit = answer["unit"]
    for each in answer["standards"]:
        low, high = each["rate_interval"]
        yield f"{each['name']}（{each['calibrations']} 次校准）"
        yield f"  漂移 {each['rate']:.4g} {unit}/年，95% 包含区间 [{low:.4g}, {high:.4g}]"
        yield f"  随机游走 {each['diffusion']:.4g} {unit}/√年"
        if each["recommended_months"] is not None:
            yield (
                f"  {each['recommended_months']} 个月之内，偏差在 ±{answer['limit']:g} {unit} 以内的概率"
                f"不小于 {percent(answer['reliability'])}"
            )


def chart_answer(series: Sequence[CheckValue], found: Chart, baseline: int) -> Answer:
    """Return a control chart with its points."""
    return {
        "points": len(series),
        "baseline": baseline,
        "center": _plain(found.center),
        "sigma": _plain(found.sigma),
        "limits": [_plain(end) for end in found.limits],
        "range_limit": _plain(found.range_limit),
        "ewma_limits": [_plain(end) for end in found.ewma_limits],
        "values": [
            {"date": point.day or None, "value": point.value, "ewma": _plain(float(ewma))}
            for point, ewma in zip(series, found.ewma, strict=True)
        ],
        "findings": _findings(found.findings),
    }


def chart_text(answer: Answer) -> Iterator[str]:
    """Yield the lines of `traceability chart`."""
    yield f"{answer['points']} 点，前 {answer['baseline']} 点定控制限"
    yield f"中心线 {answer['center']:.8g}，标准偏差 {answer['sigma']:.4g}（平均移动极差 ÷ d₂）"
    for name, key in (("单值", "limits"), ("EWMA ", "ewma_limits")):
        low, high = answer[key]
        yield f"{name}的控制限 [{low:.8g}, {high:.8g}]"
    yield f"移动极差的控制限 {answer['range_limit']:.4g}"
    if not answer["findings"]:
        yield "没有失控的迹象。"
    for each in answer["findings"]:
        day = answer["values"][each["data"]["point"] - 1]["date"]
        yield f"{'' if day is None else f'{day}　'}{each['text']}［{each['code']}］"


def reliability_answer(rows: Sequence[Row], seed: int, chains: int) -> Answer:
    """Return the reliability table."""
    return {"seed": seed, "chains": chains, "bins": [row._asdict() for row in rows]}


def reliability_text(answer: Answer) -> Iterator[str]:
    """Yield the lines of `traceability simulate`."""
    yield f"{answer['chains']} 条链，种子 {answer['seed']}"
    head = ["算出的概率", "检定", "链", "平均概率", "真的改变", "相差（百分点）"]
    yield from columns(
        [
            head,
            *(
                [
                    f"{row['low']:.0%}～{row['high']:.0%}",
                    str(row["verifications"]),
                    str(row["chains"]),
                    f"{row['probability']:.1%}",
                    f"{row['flipped']:.1%}",
                    f"{100 * (row['flipped'] - row['probability']):+.1f}",
                ]
                for row in answer["bins"]
            ),
        ]
    )


def _ranked(verdicts: Verdicts, found: Recall, at: int, told: Any) -> Answer:
    """Return a verification with its point that is most probably outside, and the arithmetic of it."""
    begin = int(verdicts.first[at])
    end = int(verdicts.first[at + 1]) if at + 1 < len(verdicts.first) else len(verdicts.error)
    point = begin + int(np.argmax(found.point_probability[begin:end]))
    error, correction = float(verdicts.error[point]), float(found.correction[point])
    return {
        "number": verdicts.numbers[at],
        "date": date.fromordinal(int(verdicts.day[at])).isoformat(),
        "passed": bool(verdicts.passed[at]),
        "flip_probability": float(found.flip_probability[at]),
        "cannot_flip": bool(found.cannot_flip[at]),
        "is_told": None if told is None else bool(told[at]),
        "point": point - begin + 1,
        "error": _plain(error),
        "correction": _plain(correction),
        "correction_uncertainty": _plain(float(found.correction_uncertainty[point])),
        "corrected_error": _plain(error + correction),
        "lower": _finite(float(verdicts.lower[point])),
        "upper": _finite(float(verdicts.upper[point])),
        "point_probability": float(found.point_probability[point]),
    }


def _row(at: int, each: Mapping[str, Any]) -> list[str]:
    return [
        str(at),
        each["number"],
        each["date"],
        "合格" if each["passed"] else "不合格",
        _chance(each["flip_probability"]),
        str(each["point"]),
        f"{each['error']:.4g}",
        f"{each['correction']:+.3g}",
        f"{each['correction_uncertainty']:.2g}",
        interval([each["lower"], each["upper"]]),
    ]


def _chance(probability: float) -> str:
    """Return a probability with one digit behind the point.

    >>> _chance(0.0), _chance(1e-9), _chance(0.2814), _chance(0.99999)
    ('0', '小于 0.1%', '28.1%', '大于 99.9%')
    """
    if 0 < probability < _LEAST_SHOWN:
        return "小于 0.1%"
    if probability > 1 - _LEAST_SHOWN:
        return "大于 99.9%"
    return f"{probability:.1%}" if probability else "0"


def _decision(decision: Decision) -> Answer:
    numbers = decision._asdict()
    told = int(np.count_nonzero(numbers.pop("is_told")))
    return {"told": told} | {name: _plain(value) for name, value in numbers.items()}


def _population(content: StandardsFile) -> Answer | None:
    known = content.population
    if known is None:
        return None
    return {"mean": known.mean, "sd": known.sd, "correlation": known.correlation}


def _findings(findings: Sequence[Finding]) -> list[Answer]:
    return [{"code": each.code, "text": each.text, "data": dict(each.data)} for each in findings]


def _plain(number: float) -> float:
    """Return a number without the noise of binary arithmetic."""
    return float(f"{number:.12g}")


def _finite(number: float) -> float | None:
    return _plain(number) if isfinite(number) else None
