"""Refusals of the manufacturers app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class AuthorisationNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "manufacturers.not_found"
    message = _("没有找到这个制造企业的授权。")


class UploadNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "manufacturers.upload_not_found"
    message = _("没有找到这份出厂数据。")


class BadAuthorisation(BureauError):
    code = "manufacturers.bad_authorisation"
    message = _("授权没有保存：{reason}")


class MarkRangeTaken(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.mark_range_taken"
    message = _("号段 {asked} 与{holder}的号段 {taken} 重叠，没有保存。")


class MarkRangeUsed(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.mark_range_used"
    message = _("标记 {mark} 已经用在出厂的表上，它所在的号段不能去掉。")


class AlreadyAuthorised(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.already_authorised"
    message = _("{unit}已有未撤销的授权 {number}；请变更它，或先撤销。")


class NotInForce(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.not_in_force"
    message = _("授权 {number} 现在不能用：{reason}")


class OutOfScope(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.out_of_scope"
    message = _("型号“{model}”不在授权 {number} 的范围内。授权的型号：{known}。")


class BadFactoryFile(BureauError):
    code = "manufacturers.bad_file"
    message = _("出厂数据没有收下：{reason}")


class NotAFactoryLot(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.not_a_factory_lot"
    message = _("这一批不是制造企业上传的出厂批，不能在这里验收。")


class NotSuspended(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.not_suspended"
    message = _("授权 {number} 没有暂停。")


class AlreadySuspended(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.already_suspended"
    message = _("授权 {number} 已于 {since} 暂停。")


class InspectionDiscontinued(BureauError):
    kind = Kind.CONFLICT
    code = "manufacturers.inspection_discontinued"
    message = _("按转移规则，该企业的验收抽样已经停止（{reason}）。请先督促改进，再由本局解除暂停。")


class BadAcceptance(BureauError):
    code = "manufacturers.no_plan"
    message = _("没有验收抽样方案：{reason}")
