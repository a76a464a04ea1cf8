"""Refusals of the core app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class NotSignedIn(BureauError):
    kind = Kind.UNAUTHENTICATED
    code = "core.not_signed_in"
    message = _("请先登录。")


class NotPermitted(BureauError):
    kind = Kind.FORBIDDEN
    code = "core.not_permitted"
    message = _("您的岗位没有此项权限。如确需办理，请联系系统管理员。")


class UnitNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "core.unit_not_found"
    message = _("没有找到这个单位。")


class UserNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "core.user_not_found"
    message = _("没有找到这个用户。")


class NameTaken(BureauError):
    kind = Kind.CONFLICT
    code = "core.name_taken"
    message = _("名称“{name}”已被“{holder}”使用。")


class BadUnit(BureauError):
    code = "core.bad_unit"
    message = _("单位信息有误：{reason}")


class BadUser(BureauError):
    code = "core.bad_user"
    message = _("用户信息有误：{reason}")


class BadCountyFile(BureauError):
    code = "core.bad_county_file"
    message = _("县区配置文件有误：{where}：{reason}")


class OtherCounty(BureauError):
    kind = Kind.CONFLICT
    code = "core.other_county"
    message = _("本系统已配置为“{present}”，不能再载入“{wanted}”。如需更换，请使用新的数据目录。")


class LastAdministrator(BureauError):
    kind = Kind.CONFLICT
    code = "core.last_administrator"
    message = _("这是最后一名系统管理员，不能停用或取消其岗位。")
