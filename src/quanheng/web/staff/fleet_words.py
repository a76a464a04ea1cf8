"""What the pages of the fleet say: states, figures, sentences, the command that recomputes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from quanheng.fleet.county import unfair_of
from quanheng.fleet.enums import AreaStatus, FindingCode, MeterStatus
from quanheng.fleet.models import AreaResult, FleetRun, MeterResult, SupplyArea
from quanheng.fleet.selectors import Totals
from quanheng.kernels.fleet.results import FleetFinding
from quanheng.kernels.fleet.unfair import Moments, Unfair
from quanheng.kernels.fleet.words import error_text, probability_text, share_text
from quanheng.web.lists import Filter, Option

# css of components/status.html
STATE_KIND = {"suspects": "bad", "withheld": "unsure", "unusable": "late", "clear": "good"}
METER_KIND = {
    MeterStatus.OUT_OF_TOLERANCE: "bad",
    MeterStatus.UNDETERMINED: "unsure",
    MeterStatus.CONFORMING: "good",
}
# How the first results come in.
START = (
    "quanheng fleet import READINGS.csv -o DIR",
    "quanheng fleet estimate DIR -o OUT.parquet",
    "quanheng fleet take OUT.parquet --folder DIR",
)
COUNTY = "quanheng fleet county"
_VIEWS = {"fleet": gettext_noop("列表"), "fleet_map": gettext_noop("地图")}


@dataclass(frozen=True)
class Said:
    """A finding as a page shows it: ``word`` is the label of its code, ``text`` is Chinese."""

    word: str
    text: str
    code: str
    meter_id: str | None = None
    others: tuple[str, ...] = ()  # meters that it names besides


@dataclass(frozen=True)
class AreaLine:
    """A row of the list."""

    area: SupplyArea
    result: AreaResult
    word: str
    kind: str
    loss: str
    found: str
    window: str
    share: str
    unfair: str
    unfair_kwh: float | None


@dataclass(frozen=True)
class MeterLine:
    """A row of the meters of an area."""

    meter: MeterResult
    word: str
    kind: str
    error: str
    probability: str
    share: str
    window: str = ""


def preliminary() -> str:
    """Return what every page says of a remote estimate."""
    return _("远程估计是初步证据，不是检定结论；更换或处理之前，须到现场核实。")


def state_words() -> dict[str, str]:
    """Return the states of an area, as `selectors.STATES` names them."""
    return {
        "suspects": _("有疑似超差"),
        "withheld": str(AreaStatus.WITHHELD.label),
        "unusable": str(AreaStatus.UNUSABLE.label),
        "clear": _("未见超差"),
    }


def state_of(result: AreaResult) -> str:
    """Return the state of an area by its latest result; one of `selectors.STATES`."""
    if result.status == AreaStatus.JUDGED:
        return "suspects" if result.suspects else "clear"
    return result.status


def area_line(area: SupplyArea, told: Moments | None = None) -> AreaLine:
    """Return a row of the list; the area comes from `areas_visible`, ``told`` from `unfair_by_result`."""
    result = latest_of(area)
    state = state_of(result)
    unfair = unfair_of(result, told)
    return AreaLine(
        area,
        result,
        state_words()[state],
        STATE_KIND[state],
        percent(result.loss_percent),
        _("、").join(dict.fromkeys(one.word for one in findings(result))),
        window_words(result.run),
        percent(100 * result.undetermined / result.meters if result.meters else None, 1),
        "–" if unfair is None else f"{unfair.kwh:,.1f}",
        None if unfair is None else unfair.kwh,
    )


def latest_of(area: SupplyArea) -> AreaResult:
    """Return the latest result of an area that has one."""
    if area.latest is None:
        raise ValueError(f"area without result: {area.area_id}")
    return area.latest


def findings(result: AreaResult) -> list[Said]:
    """Return the findings of a result; a code without a word is its own word."""
    labels = {str(code): str(label) for code, label in FindingCode.choices}
    found = [FleetFinding(f["code"], f["text"], f["meter_id"], f["data"]) for f in result.findings]
    return [Said(labels.get(f.code, f.code), f.sentence, f.code, f.meter_id, _others(f)) for f in found]


def meter_line(meter: MeterResult) -> MeterLine:
    """Return a row of the meters of an area."""
    status = MeterStatus(meter.status)
    return MeterLine(
        meter,
        str(status.label),
        METER_KIND[status],
        _error(meter),
        probability_text(_float(meter.probability_out_of_tolerance)),
        share_text(_float(meter.energy_share)),
    )


def window_words(run: FleetRun) -> str:
    """Return which days the readings of a run are of."""
    if run.month is not None:
        return _("至 %(month)s 各月") % {"month": f"{run.month:%Y-%m}"}
    if run.since is None and run.until is None:
        return _("全部读数")
    return f"{run.since or ''} — {run.until or ''}"


def area_sentence(result: AreaResult) -> str:
    """Return what is found in an area whose meters were judged, without the suspects."""
    left = result.meters - result.suspects - result.undetermined
    parts = []
    if result.undetermined:
        n = result.undetermined
        parts.append(ngettext("%(n)s 台不能判断", "%(n)s 台不能判断", n) % {"n": n})
    if left:
        parts.append(ngettext("%(n)s 台未见超差", "%(n)s 台未见超差", left) % {"n": left})
    return _("，").join(parts)


def command(area: SupplyArea, run: FleetRun) -> str:
    """Return the commands that give the result again from the readings."""
    window = [f"--{name} {day}" for name, day in (("from", run.since), ("to", run.until)) if day is not None]
    estimate = ["quanheng fleet estimate", shlex.quote(run.folder or "DIR"), *window, "-o OUT.parquet"]
    if run.month is not None:
        month = f"--month {run.month:%Y-%m}"
        estimate = ["quanheng fleet update", shlex.quote(run.folder or "DIR"), month, "-o OUT.parquet"]
    show = ["quanheng fleet show", shlex.quote(area.area_id), "--results OUT.parquet --all"]
    return f"{' '.join(estimate)} && {' '.join(show)}"


def taken_on(run: FleetRun) -> date:
    """Return the day on which a run was taken in, in the county's time zone."""
    return timezone.localdate(run.taken_at)


def state_sentences(found: Totals) -> dict[str, str]:
    """Return what is said of the areas in each state that there is, the most urgent first."""
    counts, suspects = found.states, found.suspects
    texts = {
        "suspects": _("%(n)s 个台区有 %(suspects)s 台疑似超差"),
        "withheld": _("%(n)s 个要先查其他问题"),
        "unusable": _("%(n)s 个不能估计"),
        "clear": _("%(n)s 个未见超差"),
    }
    return {
        state: text % {"n": counts[state], "suspects": suspects}
        for state, text in texts.items()
        if counts[state]
    }


def _error(meter: MeterResult) -> str:
    error, uncertainty = meter.error_percent, meter.standard_uncertainty_percent
    return "–" if error is None or uncertainty is None else error_text(error, uncertainty)


def percent(value: float | None, digits: int = 2) -> str:
    """Return a figure in [%] without its sign."""
    return "–" if value is None else f"{value:.{digits}f}"


def views_line(current: str) -> Filter:
    """Return the pages of the whole fleet as words."""
    options = [Option(_(word), reverse(f"staff:{name}"), name == current) for name, word in _VIEWS.items()]
    return Filter(_("看法"), options)


def unfair_formula() -> str:
    """Return how the energy that is billed wrong is worked out."""
    return _(
        "Σ 超差的概率 × 占用电量 × 各户合计电量 × |ε / (1 + ε)|，ε 是估计误差；区间按各表独立计算，为 95 %；"
        "各户合计电量由损失电量和损失率推出"
    )


def unfair_note(found: Unfair) -> str:
    """Return the interval, and how much of it is too much and too little."""
    return _("95 % 区间 {low}–{high}；多计 {over}，少计 {under}").format(
        low=f"{found.low_kwh:,.0f}",
        high=f"{found.high_kwh:,.0f}",
        over=f"{found.over_kwh:,.0f}",
        under=f"{found.under_kwh:,.0f}",
    )


def _others(finding: FleetFinding) -> tuple[str, ...]:
    named = finding.data.get("meters")
    return tuple(str(one) for one in named) if isinstance(named, list) else ()


def _float(value: float | None) -> float:
    return float("nan") if value is None else value
