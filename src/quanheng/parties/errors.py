"""Refusals of the parties app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class PartyNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "parties.not_found"
    message = _("没有找到这个使用单位。")


class BadParty(BureauError):
    code = "parties.bad"
    message = _("使用单位信息有误：{reason}")


class BadCreditCode(BureauError):
    code = "parties.bad_credit_code"
    message = _("统一社会信用代码“{given}”有误：{reason}。")


class CreditCodeTaken(BureauError):
    kind = Kind.CONFLICT
    code = "parties.credit_code_taken"
    message = _("统一社会信用代码 {given} 已登记在“{holder}”名下。")


class PartyNameTaken(BureauError):
    kind = Kind.CONFLICT
    code = "parties.name_taken"
    message = _("同一乡镇街道已有名为“{name}”的使用单位。")
