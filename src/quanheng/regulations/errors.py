"""Refusals of the regulations app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class RuleNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "regulations.rule_not_found"
    message = _("没有找到这条规则。")


class BadRuleFile(BureauError):
    """``where`` names the place in the file, ``reason`` what is wrong there."""

    code = "regulations.bad_rule_file"
    message = _("规则有误：{where}：{reason}")


class AlreadyConfirmed(BureauError):
    kind = Kind.CONFLICT
    code = "regulations.already_confirmed"
    message = _("这条规则已经与正式文本核对过。")


class AlreadySuperseded(BureauError):
    kind = Kind.CONFLICT
    code = "regulations.already_superseded"
    message = _("这条规则已被后来的版本“{by}”取代，请改后来的版本。")


class RuleKnown(BureauError):
    kind = Kind.CONFLICT
    code = "regulations.rule_known"
    message = _("与现有规则“{rule}”相同，没有添加。")


class BadConfirmation(BureauError):
    code = "regulations.bad_confirmation"
    message = _("核对记录有误：{reason}")


class ConfirmationFileMissing(BureauError):
    kind = Kind.NOT_FOUND
    code = "regulations.confirmation_file_missing"
    message = _("这条规则没有留存核对材料。")
