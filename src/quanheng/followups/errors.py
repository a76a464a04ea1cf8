"""Refusals of the followups app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class FollowUpNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "followups.not_found"
    message = _("没有找到这项核实。")


class ReplacementNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "followups.replacement_not_found"
    message = _("没有找到这张更换单。")


class CompensationNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "followups.compensation_not_found"
    message = _("没有找到这次退补估算。")


class BadOrder(BureauError):
    code = "followups.bad_order"
    message = _("没有安排核实：{reason}")


class BadTestResult(BureauError):
    code = "followups.bad_test"
    message = _("核实结果没有登记：{reason}")


class BadReplacement(BureauError):
    code = "followups.bad_replacement"
    message = _("更换没有登记：{reason}")


class BadCompensationInput(BureauError):
    code = "followups.bad_compensation"
    message = _("退补没有估算：{reason}")


class BadFollowUpReason(BureauError):
    code = "followups.bad_reason"
    message = _("没有办成：{reason}")


class MeterFollowed(BureauError):
    kind = Kind.CONFLICT
    code = "followups.meter_followed"
    message = _("电能表 {meter} 已在核实之中，不必重复安排。")


class WrongFollowUpState(BureauError):
    kind = Kind.CONFLICT
    code = "followups.wrong_state"
    message = _("现在是“{present}”，不能办理此项。")


class NoCheckpoint(BureauError):
    kind = Kind.CONFLICT
    code = "followups.no_checkpoint"
    message = _("日志还没有签名确认这份名单，不能抽取。日志签名之后再抽，种子由那个检查点得出。")


class ControlsNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "followups.controls_not_found"
    message = _("没有找到这份随机对照的名单。")


class ControlsWaiting(BureauError):
    kind = Kind.CONFLICT
    code = "followups.controls_waiting"
    message = _("有一份关闭了的名单还没有抽取，请先抽取；不能换一份名单再抽。")


class ControlsDrawn(BureauError):
    kind = Kind.CONFLICT
    code = "followups.controls_drawn"
    message = _("这份名单已经抽取过，不能再抽。")
