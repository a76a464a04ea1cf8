"""What the pages of lots say: states, sentences, facts, the commands that recompute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanheng.kernels.sampling.plans import Plan
from quanheng.lots.enums import Decision, ItemResult
from quanheng.lots.evidence import Risk, accepted_at, shares
from quanheng.lots.judging import plan_of
from quanheng.lots.models import Lot, Sample, SampleItem
from quanheng.lots.selectors import Remote
from quanheng.regulations.selectors import rule_set

# css of components/status.html
STATE_KIND = {"due": "late", "waiting": "going", "open": "unsure", "decided": "good", "later": "off"}
DECISION_KIND = {
    Decision.ACCEPTED: "good",
    Decision.EXTENDED: "good",
    Decision.REJECTED: "bad",
    Decision.REPLACE: "bad",
    Decision.RESAMPLE: "unsure",
}
RESULT_KIND = {
    ItemResult.WAITING: "off",
    ItemResult.CONFORMING: "good",
    ItemResult.NONCONFORMING: "bad",
    ItemResult.EXCLUDED: "unsure",
}


@dataclass(frozen=True)
class LotLine:
    """A row of the list."""

    lot: Lot
    word: str
    kind: str
    kind_name: str
    decision: str
    decision_kind: str


@dataclass(frozen=True)
class ItemLine:
    """A drawn meter on the page."""

    item: SampleItem
    word: str
    kind: str
    errors: str


def state_words() -> dict[str, str]:
    """Return what a lot needs, as `selectors.states` names it."""
    return {
        "due": _("应抽样"),
        "waiting": _("等结果"),
        "open": _("名单未关闭"),
        "decided": _("已决定"),
        "later": _("未到期"),
    }


def kind_name(kind: str) -> str:
    """Return the name of a kind of meter."""
    kinds = rule_set().kinds
    return kinds[kind].name if kind in kinds else kind


def lot_line(lot: Lot) -> LotLine:
    """Return a row of the list; the lot comes from `with_last_sample`, with its ``state``."""
    decision, state = getattr(lot, "decision", "") or "", getattr(lot, "state", "later")
    return LotLine(
        lot,
        state_words()[state],
        STATE_KIND[state],
        kind_name(lot.kind),
        str(Decision(decision).label) if decision else "",
        DECISION_KIND[Decision(decision)] if decision else "",
    )


def list_sentence(counts: dict[str, int]) -> str:
    """Return what the list says at the top."""
    if not sum(counts.values()):
        return _("还没有登记在用的表批。")
    parts = []
    if n := counts["due"]:
        parts.append(ngettext("%(n)s 批应抽样", "%(n)s 批应抽样", n) % {"n": n})
    if n := counts["waiting"]:
        parts.append(ngettext("%(n)s 批等样本的结果", "%(n)s 批等样本的结果", n) % {"n": n})
    if n := counts["open"]:
        parts.append(ngettext("%(n)s 批的名单没有关闭", "%(n)s 批的名单没有关闭", n) % {"n": n})
    return (_("，").join(parts) if parts else _("目前没有要办的批")) + _("。")


def lot_sentence(lot: Lot, sample: Sample | None, sentence: str) -> str:
    """Return the state of a lot in one sentence; ``sentence`` is the verdict of its sample."""
    if not lot.is_complete:
        return _("名单还没有关闭。收齐以后关闭，才能抽样。")
    if sample is None or sample.decision == Decision.RESAMPLE:
        return _("%(n)s 台，最早 %(on)s 到期，等待抽样。") % {"n": lot.size, "on": lot.due_on or "–"}
    if not sample.decision:
        return sentence
    told = {
        Decision.EXTENDED: _("可以继续使用到 %(until)s。") % {"until": sample.extended_until},
        Decision.REPLACE: _("不能延期，应整批更换；到期日不变。"),
        Decision.ACCEPTED: _("接收。"),
        Decision.REJECTED: _("拒收。"),
    }
    return told[Decision(sample.decision)] + str(sample.judgement.get("sentence", ""))


def facts(lot: Lot) -> list[tuple[str, str]]:
    """Return what describes a lot."""
    return [
        (_("种类"), kind_name(lot.kind)),
        (_("制造单位"), lot.maker),
        (_("型号"), lot.model),
        (_("准确度等级"), lot.accuracy_class or "–"),
        (_("首次检定年份"), str(lot.first_verified_in)),
        (_("到货批次"), lot.delivery or "–"),
        (_("供应单位"), lot.utility.name if lot.utility else "–"),
        (_("最早到期"), f"{lot.due_on}" if lot.due_on else "–"),
    ]


def plan_words(plan: Plan) -> str:
    """Return a plan as people say it."""
    if plan.is_single:
        stage = plan.stages[0]
        return _("抽 %(n)s 台，不合格不超过 %(accept)s 台就接收") % {"n": stage.n, "accept": stage.accept}
    parts = [
        _("第 %(at)s 阶段 %(n)s 台，累计不超过 %(accept)s 台接收、达到 %(reject)s 台拒收")
        % {"at": at, "n": stage.n, "accept": stage.accept, "reject": stage.reject}
        for at, stage in enumerate(plan.stages, 1)
    ]
    return _("；").join(parts)


def draw_facts(sample: Sample) -> list[tuple[str, str]]:
    """Return how a sample was drawn."""
    plan = sample.plan
    title = str(plan.get("title", ""))
    if plan.get("unconfirmed"):
        title += _("（未核对）")
    return [
        (_("方案"), plan_words(plan_of(plan))),
        (_("规则"), title),
        (_("抽自"), ngettext("%(n)s 台", "%(n)s 台", sample.lot_size) % {"n": sample.lot_size}),
        (_("抽样日期"), f"{timezone.localdate(sample.drawn_at):%Y-%m-%d}"),
        (_("名单 SHA-256"), sample.list_sha256),
        (_("种子"), sample.seed),
    ]


def draw_commands(sample: Sample) -> list[str]:
    """Return the commands by which anybody draws the sample again from the two files of this page."""
    total, closed = plan_of(sample.plan).total, sample.lot.list_sha256
    since = f" --closed-sha256 {closed}" if closed != sample.list_sha256 else ""
    return [f"quanheng sampling draw --list list.txt --checkpoint checkpoint.txt{since} --count {total}"]


def item_line(item: SampleItem) -> ItemLine:
    """Return a drawn meter on the page."""
    result = ItemResult(item.result)
    word = str(result.label)
    if result == ItemResult.EXCLUDED:
        word = f"{word}（{item.meter.get_condition_display()}）"
    return ItemLine(
        item,
        word,
        RESULT_KIND[result],
        _("；").join(f"{error:+g}" if error else "0" for error in item.errors),
    )


def oc_chart(plan: Plan, risk: Risk, lot_size: int) -> dict[str, Any]:
    """Return the operating characteristic as components/chart.html draws it."""
    categories = [f"{share:g}" for share in shares(risk.fractions)]
    accepted = shares(risk.accepted)
    title = _("%(worst)s %% 不合格的批，被接收的概率不超过 %(risk)s %%") % {
        "worst": f"{risk.worst * 100:.2f}",
        "risk": f"{risk.consumer_risk * 100:g}",
    }
    return {
        "id": "oc",
        "title": title,
        "columns": [_("批中不合格（%）"), _("接收概率（%）")],
        "rows": list(zip(categories, accepted, strict=True)),
        "spec": {
            "kind": "line",
            "unit": "%",
            "whole": False,
            "categories": categories,
            "series": [{"name": _("接收概率"), "values": accepted, "tone": "ink"}],
            "limits": [
                {
                    "label": _("使用方风险 %(risk)s %%") % {"risk": f"{risk.consumer_risk * 100:g}"},
                    "value": risk.consumer_risk * 100,
                }
            ],
        },
        "command": _oc_command(plan, lot_size),
    }


def _oc_command(plan: Plan, lot_size: int) -> str:
    if not plan.is_single:
        return ""
    stage = plan.stages[0]
    return f"quanheng sampling oc --n {stage.n} --c {stage.accept} --lot {lot_size}"


def remote_sentences(found: Remote, size: int, plan: Plan | None, lot_size: int) -> list[str]:
    """Return what estimates from afar say of a lot, and what that does to the risk."""
    if not found.meters:
        return [_("这一批没有可用的远程估计：名单里没有台区编号和表号，或这些台区还没有估计。")]
    given = {"size": size, "judged": found.judged, "suspected": found.suspected}
    told = [_("%(size)s 台中，远程估计能判断 %(judged)s 台，其中 %(suspected)s 台疑似超差。") % given]
    if found.share is not None:
        told.append(_("各台超差概率的平均为 %(share)s %%。") % {"share": f"{found.share * 100:.2f}"})
        if plan is not None:
            told.append(
                _("如果整批都是这样，按本方案被接收的概率是 %(accepted)s %%。")
                % {"accepted": f"{accepted_at(plan, found.share, lot_size) * 100:.1f}"}
            )
    told.append(
        _(
            "远程估计只用来决定先抽哪一批，不代替样本，也不改变方案的风险：每一批延期前都要按方案抽样，"
            "没有抽到的批没有结论。"
        )
    )
    return told


def days_left(on: date, until: date | None) -> str:
    """Return how long until a day."""
    if until is None:
        return "–"
    days = (until - on).days
    if days < 0:
        return _("已过 %(n)s 天") % {"n": -days}
    return _("还有 %(n)s 天") % {"n": days}
