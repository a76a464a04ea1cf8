"""A sample as it was reported, against its plan and its draw: what is wrong with it, and what the plan says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quanheng.kernels.findings import Finding
from quanheng.kernels.sampling.draw import draw, list_sha256
from quanheng.kernels.sampling.judge import INCOMPLETE, Verdict, judge
from quanheng.kernels.sampling.plans import Plan

CONFORMING, NONCONFORMING, EXCLUDED, WAITING = "conforming", "nonconforming", "excluded", "waiting"
INVALID = "invalid"
_SAME = {"maker": "厂家", "model": "型号", "accuracy_class": "准确度等级", "year": "首次检定年份"}
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one item; ``row`` is where it stood, for whoever must look it up.

    ``nonconformities`` is for plans that count them.  ``reason`` says why an item is excluded.
    """

    serial: str
    result: str
    row: int
    reason: str = ""
    nonconformities: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)  # maker, model, accuracy_class, year where given


@dataclass(frozen=True, slots=True)
class Report:
    """``drawn`` in the order of the draw, None where nobody wrote it down; ``listed`` is the closed list of the lot."""

    found: Sequence[Found]
    drawn: Sequence[str] | None = None
    listed: Sequence[str] | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """``verdict`` is None where the faults forbid one; ``used`` are the serials that count, in order."""

    verdict: Verdict | None
    faults: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    used: tuple[str, ...]
    excluded: tuple[Found, ...]

    @property
    def outcome(self) -> str:
        """The outcome of the verdict, "invalid" where there is none."""
        return self.verdict.outcome if self.verdict else INVALID


def examine(plan: Plan, report: Report, lot_size: int | None = None) -> Examined:
    """Judge a reported sample, or say why it cannot be judged.

    An excluded item (tampered with, damaged, not found) is replaced by the next one drawn.

    Raises
    ------
    BadSampling
        The seed or a serial of the list is unreadable.
    """
    faults: list[Finding] = []
    remarks: list[Finding] = []
    faults += _doubles(report)
    faults += _of_one_kind(report)
    order = _order(report, lot_size, faults, remarks)
    drawn = set(order)
    by_serial = {found.serial: found for found in report.found}
    if strangers := [found for found in report.found if found.serial not in drawn]:
        faults.append(_finding("not_drawn", f"{_names(strangers)}不在抽出的名单里，却有结果。", strangers))
    unexplained = [found for found in report.found if found.result == EXCLUDED and not found.reason.strip()]
    if unexplained:
        faults.append(
            _finding(
                "excluded_without_reason", f"{_names(unexplained)}不计入样本，却没有写明原因。", unexplained
            )
        )
    excluded = tuple(
        by_serial[serial] for serial in order if serial in by_serial and by_serial[serial].result == EXCLUDED
    )
    out = {found.serial for found in excluded}
    used = tuple(serial for serial in order if serial not in out)[: plan.total]
    results = [_result(plan, by_serial.get(serial)) for serial in used]
    if lot_size is not None and plan.total > lot_size:
        faults.append(Finding("plan_too_large", f"方案要检 {plan.total} 个，多于批量 {lot_size}。"))
    verdict = None if faults else judge(plan, results)
    if verdict and verdict.outcome == INCOMPLETE:
        needed = plan.ends[verdict.stage - 1]
        if len(used) < needed:
            remarks.append(
                Finding(
                    "sample_too_small",
                    f"样本只有 {len(used)} 个，少于方案的 {needed} 个；应按抽取的顺序补抽 {needed - len(used)} 个。",
                    {"drawn": len(used), "needed": needed},
                )
            )
    if excluded:
        remarks.append(
            _finding(
                "replaced", f"{_names(excluded)}不计入样本，由抽取顺序中的下一个代替，另行报告。", excluded
            )
        )
    return Examined(verdict, tuple(faults), tuple(remarks), used, excluded)


def _order(
    report: Report, lot_size: int | None, faults: list[Finding], remarks: list[Finding]
) -> Sequence[str]:
    """Return the order of the draw, and note what is wrong with it."""
    drawn = report.drawn
    if report.listed is not None:
        twice = [serial for serial, times in Counter(report.listed).items() if times > 1]
        if twice:
            faults.append(
                Finding("listed_twice", f"批的名单里重复：{_some(twice)}。", {"serials": twice[:_NAMED]})
            )
        size = len(set(report.listed))
        if lot_size is not None and size != lot_size:
            faults.append(
                Finding(
                    "lot_size", f"名单有 {size} 个，批量却是 {lot_size}。", {"listed": size, "lot": lot_size}
                )
            )
        if report.seed:
            expected = draw(report.listed, report.seed)
            if drawn is None:
                return expected
            if list(drawn) != expected[: len(drawn)]:
                at = next(
                    (at for at, (a, b) in enumerate(zip(drawn, expected, strict=False), 1) if a != b),
                    len(expected) + 1,
                )
                text = f"抽出的名单与种子不符，从第 {at} 个起；按种子重新抽取即知。"
                faults.append(
                    Finding("drawn_otherwise", text, {"at": at, "list_sha256": list_sha256(report.listed)})
                )
        elif drawn is not None:
            outside = [serial for serial in drawn if serial not in set(report.listed)]
            if outside:
                faults.append(
                    Finding(
                        "drawn_not_listed",
                        f"抽出的不在批的名单里：{_some(outside)}。",
                        {"serials": outside[:_NAMED]},
                    )
                )
    if drawn is None:
        remarks.append(
            Finding("order_assumed", "没有抽取的名单，按结果的先后当作抽取的顺序；不能核对有没有换过。")
        )
        return list(dict.fromkeys(found.serial for found in report.found))
    twice = [serial for serial, times in Counter(drawn).items() if times > 1]
    if twice:
        faults.append(
            Finding("drawn_twice", f"抽出的名单里重复：{_some(twice)}。", {"serials": twice[:_NAMED]})
        )
    return list(dict.fromkeys(drawn))


def _doubles(report: Report) -> list[Finding]:
    rows: dict[str, list[Found]] = {}
    for found in report.found:
        rows.setdefault(found.serial, []).append(found)
    return [
        _finding(
            "double", f"{serial} 有 {len(same)} 个结果（第 {_rows(same)} 行），一个只能有一个结果。", same
        )
        for serial, same in rows.items()
        if len(same) > 1
    ]


def _of_one_kind(report: Report) -> list[Finding]:
    faults = []
    for key, name in _SAME.items():
        values = Counter(found.facts[key] for found in report.found if found.facts.get(key))
        if len(values) > 1:
            usual = values.most_common(1)[0][0]
            others = [found for found in report.found if found.facts.get(key) not in {None, "", usual}]
            text = f"一批里有不同的{name}：{_some(list(values))}；第 {_rows(others)} 行不是“{usual}”，应分开成批。"
            faults.append(_finding("mixed", text, others))
    return faults


def _result(plan: Plan, found: Found | None) -> bool | int | None:
    if found is None or found.result == WAITING:
        return None
    if plan.counts_nonconformities:
        return found.nonconformities
    return found.result == NONCONFORMING


def _finding(code: str, text: str, found: Sequence[Found]) -> Finding:
    return Finding(
        code,
        text,
        {"rows": [one.row for one in found], "serials": [one.serial for one in found]},
    )


def _names(found: Sequence[Found]) -> str:
    return f"{_some([one.serial for one in found])}（第 {_rows(found)} 行）"


def _rows(found: Sequence[Found]) -> str:
    return _some([str(one.row) for one in found])


def _some(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _NAMED else ""
    return "、".join(names[:_NAMED]) + more
