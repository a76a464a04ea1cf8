"""The indicators of the county's registry of instruments, each also of one town and one kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext_noop as _

from quanheng.instruments.tally import Counts, RegistryTally
from quanheng.taskboard.registry import Wording, percent, registry_indicator

_SOURCE = _("计量器具登记、检定记录、现行规则")
_TAI = _("台")


def _register_count(
    name: str, label: str, formula: str, of: Callable[[Counts], int], *, more_is_better: bool = False
) -> None:
    @registry_indicator(
        f"registry.{name}",
        Wording(label=label, unit=_TAI, formula=formula, source=_SOURCE),
        more_is_better=more_is_better,
    )
    def count(tally: RegistryTally) -> Decimal:
        return Decimal(of(tally.total))


def _register_share(
    name: str, label: str, formula: str, part: Callable[[Counts], int], whole: Callable[[Counts], int]
) -> None:
    @registry_indicator(
        f"registry.{name}",
        Wording(label=label, unit=_("%"), formula=formula, source=_SOURCE),
        more_is_better=True,
    )
    def share(tally: RegistryTally) -> Decimal:
        total = tally.total
        return percent(part(total), whole(total))


def register() -> None:
    """Add them to the registry, after those of the plan."""
    _register_count(
        "instruments",
        _("在册计量器具"),
        _("已登记、未报废、未并入其他记录的计量器具台数"),
        lambda counts: counts.known,
    )
    _register_count(
        "mandatory",
        _("强制检定器具"),
        _("在册计量器具中，按现行规则属于强制检定的台数"),
        lambda counts: counts.mandatory,
    )
    _register_count(
        "filed",
        _("已备案的强制检定器具"),
        _("强制检定器具中，备案状态为“已备案”的台数"),
        lambda counts: counts.filed,
        more_is_better=True,
    )
    _register_share(
        "filing_percent",
        _("备案率"),
        _("已备案的强制检定器具 ÷ 强制检定器具 × 100"),
        lambda counts: counts.filed,
        lambda counts: counts.mandatory,
    )
    _register_count(
        "due",
        _("应检器具"),
        _("强制检定器具中，按规则有到期日的台数；草稿、有凭据停用封存的不计"),
        lambda counts: counts.due,
    )
    _register_count(
        "overdue",
        _("逾期器具"),
        _("应检器具中，到期日早于统计日的台数"),
        lambda counts: counts.overdue,
    )
    _register_share(
        "on_time_percent",
        _("按期受检率"),
        _("（应检器具－逾期器具）÷ 应检器具 × 100"),
        lambda counts: counts.due - counts.overdue,
        lambda counts: counts.due,
    )
    _register_count(
        "never_verified",
        _("没有检定记录的器具"),
        _("应检器具中，没有任何检定记录的台数"),
        lambda counts: counts.never,
    )
    _register_count(
        "unclear",
        _("待核实的器具"),
        _("在册计量器具中，种类或用途不明，不能判断是否属于强制检定的台数"),
        lambda counts: counts.unclear,
    )
    _register_count(
        "rule_unconfirmed",
        _("依据未核对的器具"),
        _("强制检定器具中，所依据的规则尚未与正式文本核对的台数"),
        lambda counts: counts.unconfirmed,
    )
    _register_share(
        "identity_percent",
        _("要素齐全率"),
        _("种类、型号、编号、制造单位、准确度、用途、使用单位、地点齐全的器具 ÷ 在册计量器具 × 100"),
        lambda counts: counts.complete,
        lambda counts: counts.known,
    )
