"""Refusals of the fleet app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class SupplyAreaNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "fleet.area_not_found"
    message = _("没有找到这个台区。")


class MeterNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "fleet.meter_not_found"
    message = _("这个台区的结果中没有电能表 {meter_id}。")


class BadResultsFile(BureauError):
    code = "fleet.bad_results"
    message = _("结果没有收下：{reason}")


class RunKnown(BureauError):
    kind = Kind.CONFLICT
    code = "fleet.run_known"
    message = _("这份结果已于 {on} 收下，没有再次收下。")


class BadAreaNames(BureauError):
    code = "fleet.bad_names"
    message = _("台区名称没有收下：{reason}")


class BadToken(BureauError):
    kind = Kind.UNAUTHENTICATED
    code = "fleet.bad_token"
    message = _("没有令牌，或令牌不对。请在请求头 Authorization 中写 Bearer 和令牌。")


class TokenRevoked(BureauError):
    kind = Kind.FORBIDDEN
    code = "fleet.token_revoked"
    message = _("这个令牌已经停用。请向计量监管部门索取新的令牌。")


class TokenNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "fleet.token_not_found"
    message = _("没有找到这个令牌。")


class BadUtility(BureauError):
    code = "fleet.bad_utility"
    message = _("令牌没有发出：{reason}")


class BadReadings(BureauError):
    code = "fleet.bad_readings"
    message = _("读数没有收下：{reason}")


class TooManyUploads(BureauError):
    kind = Kind.TOO_MANY
    code = "fleet.too_many_uploads"
    message = _("发送太频繁，一分钟后再试。")


class IntakeBusy(BureauError):
    kind = Kind.UNAVAILABLE
    code = "fleet.intake_busy"
    message = _("正在处理别的读数，请稍后再发。")


class RejectsNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "fleet.rejects_not_found"
    message = _("没有这份未采用读数的清单。")
