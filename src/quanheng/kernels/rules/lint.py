"""What a person should look at in a set of rule versions before it acts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from quanheng.kernels.findings import Finding
from quanheng.kernels.rules.kinds import KindIndex
from quanheng.kernels.rules.model import Control, RuleVersion, Use
from quanheng.kernels.rules.words import LACKS

_VERIFIED = (Control.VERIFICATION, Control.BOTH)


def lint(versions: Iterable[RuleVersion], kinds: KindIndex, *, on: date | None = None) -> list[Finding]:
    """Return what is wrong or doubtful; ``on`` also reports rules that have run out by that day."""
    found: list[Finding] = []
    by_key: dict[str, list[RuleVersion]] = defaultdict(list)
    for version in versions:
        by_key[version.key].append(version)
        found += _alone(version, kinds)
    for group in by_key.values():
        found += _together(sorted(group, key=lambda v: (v.in_force_from or date.min, v.number)))
        if on is not None:
            found += _run_out(group, on)
    return found


def _alone(version: RuleVersion, kinds: KindIndex) -> Iterator[Finding]:
    if version.kind not in kinds:
        yield _finding("unknown_kind", f"种类“{version.kind}”没有登记。", version, kind=version.kind)
    if not version.source and "source" not in version.lacks:
        yield _finding("no_source", "没有写出处，也没有注明缺少出处。", version)
    if not version.clause and "clause" not in version.lacks:
        yield _finding("no_clause", "没有写条款，也没有注明缺少条款。", version)
    if unknown := sorted(version.lacks - LACKS.keys()):
        yield _finding("unknown_lack", f"缺少项“{'、'.join(unknown)}”无法识别。", version)
    begin, end = version.in_force_from, version.in_force_to
    if begin and end and end < begin:
        yield _finding("ends_before_it_begins", f"{end} 失效，却在 {begin} 才施行。", version)
    is_verified = version.control in _VERIFIED
    if is_verified and not version.uses:
        yield _finding("no_uses", "要求强检，却没有写用途。", version)
    if Use.OTHER in version.uses:
        yield _finding("other_use_listed", "“其他用途”不能列为强检用途。", version)
    if is_verified and not version.terms:
        yield _finding("no_terms", "要求强检，却没有写检定方式。", version)
    if not is_verified and (version.uses or version.terms):
        yield _finding("terms_without_verification", "不要求强检，却写了用途或检定方式。", version)
    yield from _periods(version, kinds)


def _periods(version: RuleVersion, kinds: KindIndex) -> Iterator[Finding]:
    if any(term.months is not None for term in version.terms) and not version.regulation:
        yield _finding("period_without_regulation", "写了检定周期，却没有写检定规程。", version)
    silent = [t for t in version.terms if t.months is None and t.mode.value != "scrap_when_inaccurate"]
    if silent and "period" not in version.lacks:
        yield _finding("no_period", "没有写检定周期，也没有注明缺少周期。", version)
    if version.kind in kinds:
        known = kinds[version.kind].parameters
        asked = {condition.parameter for term in version.terms for condition in term.when}
        if strange := sorted(asked - set(known)):
            names = "、".join(strange)
            yield _finding("unknown_parameter", f"条件用到的参数“{names}”不属于该种类。", version)


def _together(group: list[RuleVersion]) -> Iterator[Finding]:
    for before, after in pairwise(group):
        begin = after.in_force_from or date.min
        if (before.in_force_from or date.min) == begin:
            yield _finding("two_begin_together", f"与 {before.id} 同日施行。", after, other=before.id)
        elif before.in_force_to is not None and before.in_force_to >= begin:
            text = f"在 {begin} 施行，而 {before.id} 到 {before.in_force_to} 才失效。"
            yield _finding("overlap", text, after, other=before.id)
        elif before.in_force_to is not None and before.in_force_to + timedelta(days=1) < begin:
            text = f"{before.id} 于 {before.in_force_to} 失效，到 {begin} 之间没有规则。"
            yield _finding("gap", text, after, other=before.id)
    if len({version.kind for version in group}) > 1:
        yield _finding("key_of_two_kinds", "同一规则的各版本种类不同。", group[-1])


def _run_out(group: list[RuleVersion], on: date) -> Iterator[Finding]:
    last = max(group, key=lambda v: v.in_force_from or date.min)
    if last.in_force_to is not None and last.in_force_to < on:
        yield _finding("run_out", f"已于 {last.in_force_to} 失效，没有后续版本。", last)


def _finding(code: str, text: str, version: RuleVersion, **data: object) -> Finding:
    return Finding(code, f"{version.id}：{text}", {"rule": version.id} | data)
