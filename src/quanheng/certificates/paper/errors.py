"""Refusals of the paper."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError


class UnprintableCharacter(BureauError):
    code = "certificates.unprintable_character"
    message = _(
        "“{field}”中的“{character}”（{code}）没有字体可以打印。请更正这个字，或在服务器上安装含此字的字体。"
    )


class HiddenCharacter(BureauError):
    code = "certificates.hidden_character"
    message = _("“{field}”中有看不见的控制字符（{code}）。请删去后重新填写。")
