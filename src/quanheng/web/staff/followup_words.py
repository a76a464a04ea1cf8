"""What the pages of follow-ups and replacements say: states, figures, pictures, files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from quanheng.followups.enums import Finding, FollowUpState, ReplacementState, Source
from quanheng.followups.models import FollowUp, ReplacementOrder, TestResult
from quanheng.followups.selectors import Suspect, comparison_of, result_of
from quanheng.followups.sheets import area_of, town_of
from quanheng.kernels.fleet.words import error_text, probability_text
from quanheng.kernels.scoring import Comparison
from quanheng.kernels.scoring.comparison import HALF_WIDTH
from quanheng.kernels.scoring.picture import comparison_picture
from quanheng.kernels.visits import AreaTrip

# css of components/status.html
STATE_KIND = {
    FollowUpState.PROPOSED: "unsure",
    FollowUpState.ORDERED: "going",
    FollowUpState.TESTED: "late",
    FollowUpState.REPLACED: "good",
    FollowUpState.CLOSED: "off",
}
REPLACEMENT_KIND = {
    ReplacementState.ORDERED: "late",
    ReplacementState.DONE: "good",
    ReplacementState.CANCELLED: "off",
}


@dataclass(frozen=True)
class Line:
    """A row of the list; ``tested`` and ``differs`` are empty before the test."""

    follow_up: FollowUp
    word: str
    kind: str
    estimate: str
    probability: str
    tested: str
    finding: str
    differs: str


def preliminary() -> str:
    """Return what every page says of a remote estimate."""
    return _("远程估计是初步证据，不是检定结论；更换或处理之前，须到现场检定。")


def line(one: FollowUp) -> Line:
    """Return a row of the list."""
    state, test, told = FollowUpState(one.state), result_of(one), comparison_of(one)
    return Line(
        one,
        str(state.label),
        "good" if test and test.finding == Finding.CONFORMING else STATE_KIND[state],
        error_text(one.error_percent, one.standard_uncertainty_percent),
        probability_text(one.probability),
        tested_text(test),
        str(test.get_finding_display()) if test else "",
        "" if told is None or told.ratio is None else f"{told.ratio:+.1f}",
    )


def tested_text(test: TestResult | None) -> str:
    """Return the tested error with its U, or a dash."""
    if test is None:
        return "–"
    return f"{test.error_percent:+.2f} ± {test.expanded_uncertainty_percent:.2f} %"


def comparison_sentence(told: Comparison) -> str:
    """Return what a test says of the estimate."""
    words = {"d": f"{told.difference_percent:+.2f}", "u": f"{told.combined_percent:.2f}"}
    first = _("估计与检定相差 %(d)s %%，合成标准不确定度 %(u)s %%") % words
    ratio = "" if told.ratio is None else _("，是它的 %(r)s 倍") % {"r": f"{abs(told.ratio):.1f}"}
    last = _("；检定结果在估计的 95 % 区间之内。") if told.inside else _("；检定结果在估计的 95 % 区间之外。")
    return f"{first}{ratio}{last}"


def sentence(one: FollowUp) -> str:
    """Return the answer of a page about one meter."""
    test, state = result_of(one), FollowUpState(one.state)
    if state is FollowUpState.CLOSED:
        return _("已了结：%(reason)s") % {"reason": one.reason}
    if state is FollowUpState.REPLACED:
        return _("检定不合格，已更换。")
    if test is None:
        words = {"p": probability_text(one.probability)}
        if state is FollowUpState.ORDERED:
            return _("估计超差的概率 %(p)s，已申请现场检定，等待结论。") % words
        return _("估计超差的概率 %(p)s，还没有安排现场检定。") % words
    if test.finding == Finding.NONCONFORMING:
        return _("检定不合格，误差 %(error)s。") % {"error": tested_text(test)}
    return _("检定合格，误差 %(error)s。") % {"error": tested_text(test)}


def picture(one: FollowUp) -> str:
    """Return the estimate, and the test where there is one, on an axis of errors."""
    rows = [("估计（远程）", one.error_percent, HALF_WIDTH * one.standard_uncertainty_percent, False)]
    if test := result_of(one):
        rows.append(("检定（现场）", test.error_percent, test.expanded_uncertainty_percent, True))
    return comparison_picture(rows, one.mpe_percent)


def source_words(test: TestResult) -> str:
    """Return where a result comes from."""
    if test.source == Source.VERIFICATION:
        return str(Source.VERIFICATION.label)
    return f"{test.institution} {test.certificate_no}"


def follow_up_rows(rows: Iterable[FollowUp]) -> Iterator[Sequence[object]]:
    """Yield the headings, then the list as a file holds it."""
    yield (
        *(_("台区编号"), _("乡镇街道"), _("电能表"), _("出厂编号"), _("来由"), _("状态")),
        *(_("估计误差（%）"), _("标准不确定度（%）"), _("超差的概率")),
        *(_("检定日期"), _("检定误差（%）"), _("U（k = 2，%）"), _("结论"), _("差与合成不确定度之比")),
    )
    for one in rows:
        test, told = result_of(one), comparison_of(one)
        yield (
            one.area.area_id,
            one.area.town.name if one.area.town else "",
            one.meter_id,
            one.instrument.serial_no if one.instrument else "",
            str(one.get_selection_display()),
            str(one.get_state_display()),
            one.error_percent,
            one.standard_uncertainty_percent,
            one.probability,
            test.tested_on if test else "",
            test.error_percent if test else "",
            test.expanded_uncertainty_percent if test else "",
            str(test.get_finding_display()) if test else "",
            told.ratio if told and told.ratio is not None else "",
        )


def replacement_line(one: ReplacementOrder) -> tuple[ReplacementOrder, str, str, str, str]:
    """Return an order with its state, the kind of its sign, its area and its town."""
    state = ReplacementState(one.state)
    return one, str(state.label), REPLACEMENT_KIND[state], area_of(one) or "–", town_of(one) or "–"


def visit_rows(trips: Iterable[AreaTrip], by_key: dict[str, Suspect]) -> Iterator[Sequence[object]]:
    """Yield the headings, then the visits in their order, a meter a line."""
    yield (
        *(
            _("次序"),
            _("台区编号"),
            _("台区"),
            _("乡镇街道"),
            _("电能表"),
            _("估计误差（%）"),
            _("超差的概率"),
        ),
        *(_("年电量（kWh）"), _("每年可避免（kWh）"), _("本台区费用（元）"), _("现场核实结果")),
    )
    for number, trip in enumerate(trips, 1):
        for key in trip.keys:
            one = by_key[key]
            yield (
                number,
                one.area.area_id,
                one.area.name,
                one.area.town.name if one.area.town else "",
                one.result.meter_id,
                one.result.error_percent,
                one.result.probability_out_of_tolerance,
                one.annual_kwh,
                one.unfair_kwh,
                trip.cost,
                "",
            )
