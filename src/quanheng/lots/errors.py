"""Refusals of the lots app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind
from quanheng.base.sheets import Rejected

_NAMED = 5


class LotNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "lots.not_found"
    message = _("没有找到这一批。")


class SampleNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "lots.sample_not_found"
    message = _("没有找到这个样本。")


class BadLot(BureauError):
    code = "lots.bad_lot"
    message = _("这一批没有登记：{reason}")


class LotNumberTaken(BureauError):
    kind = Kind.CONFLICT
    code = "lots.number_taken"
    message = _("{maker}的批号“{number}”已经登记。")


class RowsRefused(BureauError):
    """Rows that were refused, so that nothing of them is kept; ``rejected`` has them all."""

    code = "lots.rows_refused"
    message = _("没有收下：{n} 行有误。{first}")

    def __init__(self, rejected: Sequence[Rejected], **details: Any) -> None:
        self.rejected = tuple(rejected)
        first = "".join(f"第 {one.row} 行{one.column}：{one.reason}" for one in self.rejected[:_NAMED])
        super().__init__(n=len(self.rejected), first=first, **details)


class MetersRefused(RowsRefused):
    code = "lots.meters_refused"
    message = _("名单没有收下：{n} 行有误。{first}")


class ResultsRefused(RowsRefused):
    code = "lots.results_refused"
    message = _("结果没有收下：{n} 行有误。{first}")


class NotDrawn(BureauError):
    """Results of meters that the draw did not name; ``rejected`` has a row for each."""

    code = "lots.not_drawn"
    message = _("结果没有收下：{n} 台不在抽出的样本中：{serials}。")

    def __init__(self, rejected: Sequence[Rejected], serials: Sequence[str]) -> None:
        self.rejected = tuple(rejected)
        shown = "、".join(serials[:_NAMED]) + ("……" if len(serials) > _NAMED else "")
        super().__init__(n=len(serials), serials=shown)


class ListClosed(BureauError):
    kind = Kind.CONFLICT
    code = "lots.list_closed"
    message = _("这一批的名单已经关闭，不能再增减。")


class ListOpen(BureauError):
    kind = Kind.CONFLICT
    code = "lots.list_open"
    message = _("这一批的名单还没有关闭，不能抽样。")


class EmptyList(BureauError):
    code = "lots.empty_list"
    message = _("名单里没有电能表，不能关闭。")


class NoCheckpoint(BureauError):
    kind = Kind.CONFLICT
    code = "lots.no_checkpoint"
    message = _(
        "日志还没有签过包含{what}的检查点，抽样种子要从它得出。县区日每晚签一次；也可以现在运行，再来抽样。"
    )


class SampleOpen(BureauError):
    kind = Kind.CONFLICT
    code = "lots.sample_open"
    message = _("这一批已有一个样本在等结果，没有再抽。")


class LotDecided(BureauError):
    kind = Kind.CONFLICT
    code = "lots.lot_decided"
    message = _("这一批已经决定：{decision}，不能再抽样。")


class TooEarly(BureauError):
    kind = Kind.CONFLICT
    code = "lots.too_early"
    message = _("这一批 {due} 才到期。到期前 {months} 个月内的样本才能说明能不能延期，{first} 起可以抽样。")


class SampleTooLarge(BureauError):
    code = "lots.sample_too_large"
    message = _("方案要抽 {needed} 台，名单里能抽的只有 {size} 台。")


class SampleDecided(BureauError):
    kind = Kind.CONFLICT
    code = "lots.sample_decided"
    message = _("这个样本已经决定：{decision}。")


class SampleIncomplete(BureauError):
    kind = Kind.CONFLICT
    code = "lots.sample_incomplete"
    message = _("样本还不够作出决定。{sentence}")


class ReserveUsed(BureauError):
    kind = Kind.CONFLICT
    code = "lots.reserve_used"
    message = _("备用的表已经用完，不能再补抽。请写明理由，重新抽样。")


class MayNotExtend(BureauError):
    code = "lots.may_not_extend"
    message = _("不能延期使用：{reason}")


class VerdictStands(BureauError):
    kind = Kind.CONFLICT
    code = "lots.verdict_stands"
    message = _("按方案已有结论，不能改为重新抽样。{sentence}")


class BadReason(BureauError):
    code = "lots.bad_reason"
    message = _("理由没有收下：{reason}")
