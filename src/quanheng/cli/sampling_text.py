"""Answers of `quanheng sampling …` as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quanheng.kernels.findings import Finding
from quanheng.kernels.sampling.examine import Examined
from quanheng.kernels.sampling.iso2859 import SEVERITY_WORDS
from quanheng.kernels.sampling.picture import CONSUMER, PRODUCER, plan_words
from quanheng.kernels.sampling.plans import Plan, plan_from_dict, plan_to_dict
from quanheng.kernels.sampling.risk import AcceptedRisk
from quanheng.kernels.sampling.switching import DISCONTINUED

_OUTCOMES = {
    "accept": "接收",
    "reject": "拒收",
    "continue": "再抽下一阶段",
    "incomplete": "结果不全",
    "invalid": "不能判定",
}
_WHOSE = {PRODUCER: "生产方：", CONSUMER: "使用方："}
_SEVERITIES = {**SEVERITY_WORDS, DISCONTINUED: "暂停"}


def plan_lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield a plan, where it is from, and its risks."""
    plan = plan_from_dict(answer["plan"])
    yield plan_words(plan) + "。"
    if "code_used" in answer:
        moved = answer["code_by_lot"] != answer["code_used"]
        arrow = f"，按箭头改用 {answer['code_used']}" if moved else ""
        yield (
            f"字码 {answer['code_by_lot']}{arrow}；AQL {answer['aql']:g}，检验水平 {answer['level']}，"
            f"{_SEVERITIES[answer['severity']]}检验。"
        )
    if answer.get("full_inspection") or answer.get("whole_lot"):
        yield "样本量不小于批量：整批全检。"
    for row in answer["points"]:
        yield _point_line(row)
    if answer.get("reserve"):
        yield f"另抽 {answer['reserve']} 个备用，代替不能计入的。"
    if answer.get("unconfirmed"):
        told = answer["unconfirmed"]
        yield f"注意：{told if isinstance(told, str) else '这条规则没有与正式文本核对。'}"
    if answer.get("note"):
        yield answer["note"]
    yield f"依据：{answer['source']}"


def _point_line(row: dict[str, Any]) -> str:
    count = f"（{row['nonconforming']} 个）" if "nonconforming" in row else ""
    return f"{_WHOSE.get(row['whose'], '')}不合格品率 {row['fraction']:.4g}{count}时，接收的概率 {row['accept']:.4f}。"


def rule_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the rules."""
    for row in rows:
        since = f"{row['in_force_from']} 起，" if row["in_force_from"] else ""
        sure = "未核对" if row["unconfirmed"] else "已核对"
        yield f"{row['key']}　{row['title']}（{since}{sure}）"


def oc_lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield a characteristic as a table."""
    yield plan_words(plan_from_dict(answer["plan"])) + "。"
    yield "不合格品率　接收概率　平均样本量" + ("　全检拒收批时的平均检出质量" if answer["lot"] else "")
    for row in answer["points"]:
        outgoing = f"　{row['average_outgoing_quality']:.4%}" if "average_outgoing_quality" in row else ""
        yield f"{row['fraction']:.4g}　{row['accept']:.6f}　{row['average_sample_number']:.1f}{outgoing}"
    if "picture" in answer:
        yield f"图在 {answer['picture']}。"


def judged_answer(plan: Plan, lot: int | None, rule: str, examined: Examined) -> dict[str, Any]:
    """Return a verdict as plain data."""
    verdict = examined.verdict
    return {
        "outcome": examined.outcome,
        "sentence": verdict.sentence if verdict else "结果有下列问题，不能作出结论。",
        "stage": verdict.stage if verdict else None,
        "counted": verdict.counted if verdict else None,
        "nonconforming": verdict.nonconforming if verdict else None,
        "certain": verdict.certain if verdict else "",
        "lot": lot,
        "rule": rule,
        "plan": plan_to_dict(plan),
        "faults": [_finding(one) for one in examined.faults],
        "remarks": [_finding(one) for one in examined.remarks],
        "excluded": [
            {"serial": one.serial, "reason": one.reason, "row": one.row} for one in examined.excluded
        ],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {"code": one.code, "message": one.text, **one.data}


def judged_lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield a verdict."""
    yield f"{_OUTCOMES[answer['outcome']]}：{answer['sentence']}"
    for one in answer["faults"]:
        yield f"问题：{one['message']}"
    for one in answer["remarks"]:
        yield f"说明：{one['message']}"


def switching_lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield the lots and the severity of the next."""
    for at, row in enumerate(answer["lots"], 1):
        name = row["number"] or str(at)
        told = f"　{row['reason']}" if row["reason"] else ""
        yield (
            f"{name}　{_SEVERITIES[row['severity']]}　检 {row['n']} 个，Ac {row['ac']}，不合格 {row['nonconforming']}："
            f"{_OUTCOMES[row['outcome']]}　得分 {row['score']}{told}"
        )
    yield f"下一批：{_SEVERITIES[answer['next']]}{'检验' if answer['next'] != DISCONTINUED else ''}。"
    if told := next((row["unconfirmed"] for row in answer["lots"] if row["unconfirmed"]), ""):
        yield f"注意：{told}"


def risk_answer(
    found: AcceptedRisk, lq: float, expected: float, worth: float, lot: int | None
) -> dict[str, Any]:
    """Return the risk of an accepted lot as plain data."""
    return {
        "lot": lot,
        "limiting_quality": lq,
        "prior": {"expected": expected, "worth": worth},
        "accept_at_limiting_quality": found.without_prior,
        "worse_before": found.before,
        "worse_if_accepted": found.after,
        "accept_by_prior": found.accepted,
    }


def risk_lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield the risk of an accepted lot."""
    lq = answer["limiting_quality"]
    prior = answer["prior"]
    yield f"不用先验：不合格品率达到 {lq:.4g} 的批，被接收的概率 {answer['accept_at_limiting_quality']:.4f}。"
    yield (
        f"用先验（预计 {prior['expected']:.4g}，相当于检过 {prior['worth']:g} 个）：抽样前，批达到 {lq:.4g} 的概率 "
        f"{answer['worse_before']:.4f}；被接收以后 {answer['worse_if_accepted']:.4f}。"
    )
    yield "先验只用来决定先抽哪一批；结论仍由样本作出。"
