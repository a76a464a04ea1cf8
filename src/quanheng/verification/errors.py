"""Refusals of the verification app."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind
from quanheng.base.gaps import Gap


class OutsideScope(BureauError):
    kind = Kind.FORBIDDEN
    code = "verification.outside_scope"
    message = _("您只能为本单位、本乡镇街道或本机构办理。")


class ApplicationNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "verification.application_not_found"
    message = _("没有找到这份申请，或它不在您的职责范围内。")


class WorkOrderNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "verification.work_order_not_found"
    message = _("没有找到这份任务单，或它不在您的职责范围内。")


class VerificationNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "verification.not_found"
    message = _("没有找到这项检定，或它不在您的职责范围内。")


class RecallNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "verification.recall_not_found"
    message = _("没有找到这次追溯，或它不在您的职责范围内。")


class BadApplication(BureauError):
    code = "verification.bad_application"
    message = _("申请没有提交：{reason}")


class BadWorkOrder(BureauError):
    code = "verification.bad_work_order"
    message = _("任务单没有保存：{reason}")


class BadReadings(BureauError):
    """What was sent cannot be kept as readings at all; what is wrong within them is a gap."""

    code = "verification.bad_readings"
    message = _("读数没有保存：{reason}")


class BadReason(BureauError):
    code = "verification.bad_reason"
    message = _("没有办成：{reason}")


class BadMark(BureauError):
    code = "verification.bad_mark"
    message = _("封印、标记没有登记：{reason}")


class BadRecall(BureauError):
    code = "verification.bad_recall"
    message = _("没有追溯：{reason}")


class WrongState(BureauError):
    kind = Kind.CONFLICT
    code = "verification.wrong_state"
    message = _("现在是“{present}”，不能办理此项。")


class ProcedureChanged(BureauError):
    kind = Kind.CONFLICT
    code = "verification.procedure_changed"
    message = _("判定所用的规程文件“{edition}”已不是提交时的那一份，不能再用它判定。请退回重新提交。")


class _WithGaps(BureauError):
    """A refusal for several reasons at once, all of them told."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self.gaps = tuple(gaps)
        super().__init__(reasons="\n".join(gap.text for gap in self.gaps), count=len(self.gaps))


class InstrumentsRefused(_WithGaps):
    kind = Kind.CONFLICT
    code = "verification.instruments_refused"
    message = _("有 {count} 处不能办理：\n{reasons}")


class Refused(_WithGaps):
    """``gaps`` are all reasons why the step cannot be taken."""

    kind = Kind.CONFLICT
    code = "verification.refused"
    message = _("有 {count} 处不符合要求：\n{reasons}")
