"""The indicators of meters in use: watched from afar, tested, replaced, decided by their state; and of their makers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext_noop as _

from quanheng.lots.extension_rules import sample_within_months
from quanheng.taskboard.meters_tally import RECENT_DAYS, SOON_MONTHS, TEST_DAYS, FleetCounts
from quanheng.taskboard.registry import Wording, meters_indicator, percent

_ESTIMATES = _("最近一次远程估计的结果")
_FOLLOW_UPS = _("核实、检定结果和更换单")
_LOTS = _("在用批、样本及其决定、表的到期日")
_MAKERS = _("制造企业的授权、出厂批及其抽样")
_AREAS, _METERS, _LOT, _FIRMS, _PERCENT = _("个"), _("块"), _("批"), _("家"), _("%")
_VALUES = {"recent": str(RECENT_DAYS), "test": str(TEST_DAYS), "soon": str(SOON_MONTHS)}


def register() -> None:
    """Add them to the registry, after those of the institutes."""
    _register_estimates()
    _register_follow_ups()
    _register_lots()
    _register_makers()


def _count(
    name: str,
    texts: tuple[str, str, str, str],
    of: Callable[[FleetCounts], int],
    *,
    more_is_better: bool = False,
) -> None:
    label, unit, formula, source = texts
    values = _VALUES | {"sample": str(sample_within_months())}
    wording = Wording(label=label, unit=unit, formula=formula, source=source, values=values)
    meters_indicator(name, wording, more_is_better=more_is_better)(lambda counts: Decimal(of(counts)))


def _share(name: str, texts: tuple[str, str, str], of: Callable[[FleetCounts], tuple[int, int]]) -> None:
    label, formula, source = texts
    wording = Wording(label=label, unit=_PERCENT, formula=formula, source=source, values=_VALUES)
    meters_indicator(name, wording, more_is_better=True)(lambda counts: percent(*of(counts)))


def _register_estimates() -> None:
    _count(
        "fleet.meters",
        (_("远程监控的电能表"), _METERS, _("有远程估计结果的台区中，电能表的块数"), _ESTIMATES),
        lambda counts: counts.meters,
        more_is_better=True,
    )
    _share(
        "fleet.areas_judged_percent",
        (_("台区可判断率"), _("结果为“已判断”的台区 ÷ 有远程估计结果的台区 × 100"), _ESTIMATES),
        lambda counts: (counts.areas_judged, counts.areas),
    )
    _share(
        "fleet.meters_judged_percent",
        (
            _("电能表可判断率"),
            _("（远程监控的电能表－结果为“不能判断”的电能表）÷ 远程监控的电能表 × 100"),
            _ESTIMATES,
        ),
        lambda counts: (counts.meters_judged, counts.meters),
    )
    _count(
        "fleet.suspects",
        (
            _("疑似超差的电能表"),
            _METERS,
            _("最近一次远程估计疑似超差的块数；是线索，不是检定结论"),
            _ESTIMATES,
        ),
        lambda counts: counts.suspects,
    )
    _count(
        "followups.suspects_waiting",
        (
            _("尚未安排核实的疑似表"),
            _METERS,
            _("疑似超差的电能表中，还没有申请检定、也没有核实结论的块数"),
            _FOLLOW_UPS,
        ),
        lambda counts: counts.suspects_waiting,
    )


def _register_follow_ups() -> None:
    _share(
        "followups.tested_percent",
        (
            _("疑似表核实率"),
            _(
                "近 {recent} 天列入核实的疑似表中，{test} 天内检定了的块数 ÷（已检定的＋列入超过 {test} 天仍没有检定的）× 100"
            ),
            _FOLLOW_UPS,
        ),
        lambda counts: (counts.raised_tested_in_time, counts.raised),
    )
    _share(
        "followups.inside_percent",
        (
            _("估计区间的命中率"),
            _("检定的误差落在远程估计 95 % 区间内的块数 ÷ 已检定的块数 × 100；疑似表和随机对照都计"),
            _FOLLOW_UPS,
        ),
        lambda counts: (counts.tested_inside, counts.tested),
    )
    _count(
        "followups.replaced",
        (_("失准更换"), _METERS, _("近 {recent} 天核实不合格的电能表中，已更换的块数"), _FOLLOW_UPS),
        lambda counts: counts.wrong_replaced,
    )
    _share(
        "followups.replaced_percent",
        (
            _("失准更换率"),
            _("近 {recent} 天核实不合格、已更换的电能表 ÷ 近 {recent} 天核实不合格的电能表 × 100"),
            _FOLLOW_UPS,
        ),
        lambda counts: (counts.wrong_replaced, counts.found_wrong),
    )


def _register_lots() -> None:
    _share(
        "lots.decided_before_due_percent",
        (
            _("到期前完成状态评价"),
            _(
                "近 {recent} 天决定延期使用或整批更换的在用批中，决定不晚于当时到期日的批数"
                " ÷（这些批＋已过到期日仍没有决定的在用批）× 100"
            ),
            _LOTS,
        ),
        lambda counts: (counts.lots_decided_in_time, counts.lots_to_decide),
    )
    _count(
        "lots.to_sample",
        (
            _("应抽样的在用批"),
            _LOT,
            _("名单已封存、{sample} 个月内到期或已到期、还没有为此抽样的在用批，加上须重新抽样的"),
            _LOTS,
        ),
        lambda counts: counts.lots_to_sample,
    )
    _share(
        "lots.meters_in_date_percent",
        (
            _("在用表在期率"),
            _("（在用批中有到期日的表－超期使用的表）÷ 在用批中有到期日的表 × 100；已更换的不计"),
            _LOTS,
        ),
        lambda counts: (counts.lot_meters - counts.lot_meters_overdue, counts.lot_meters),
    )
    _count(
        "lots.meters_overdue",
        (_("超期使用的表"), _METERS, _("在用批中，到期日早于统计日、仍在用的块数"), _LOTS),
        lambda counts: counts.lot_meters_overdue,
    )
    _count(
        "lots.meters_expiring",
        (_("即将到期的表"), _METERS, _("在用批中，统计日起 {soon} 个月内到期、仍在用的块数"), _LOTS),
        lambda counts: counts.lot_meters_expiring,
    )


def _register_makers() -> None:
    _count(
        "manufacturers.authorised",
        (
            _("实行“两检合一”的企业"),
            _FIRMS,
            _("当日有有效授权、可以自行首次检定的制造企业个数；暂停、撤销的不计"),
            _MAKERS,
        ),
        lambda counts: counts.makers_authorised,
        more_is_better=True,
    )
    _share(
        "manufacturers.lots_sampled_percent",
        (
            _("出厂批监督抽查率"),
            _("近 {recent} 天交付的“两检合一”出厂批中，已按抽样决定接收或拒收的批数 ÷ 交付的批数 × 100"),
            _MAKERS,
        ),
        lambda counts: (counts.factory_lots_sampled, counts.factory_lots),
    )
    _share(
        "manufacturers.lots_accepted_percent",
        (
            _("出厂批抽查合格率"),
            _("近 {recent} 天交付、已按抽样决定的出厂批中，接收的批数 ÷ 已决定的批数 × 100"),
            _MAKERS,
        ),
        lambda counts: (counts.factory_lots_accepted, counts.factory_lots_sampled),
    )
