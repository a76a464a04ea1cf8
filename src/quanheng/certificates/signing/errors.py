"""Refusals of the signing keys and of what they are asked to sign."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class BadKeyAddress(BureauError):
    code = "certificates.bad_key_address"
    message = _("签名密钥的地址有误：{reason}")


class KeyUnavailable(BureauError):
    kind = Kind.UNAVAILABLE
    code = "certificates.key_unavailable"
    message = _("签名密钥不可用：{reason}")


class WrongKey(BureauError):
    code = "certificates.wrong_key"
    message = _("这把密钥不能用于签名：{reason}")


class DemonstrationKeyRefused(BureauError):
    kind = Kind.FORBIDDEN
    code = "certificates.demonstration_key_refused"
    message = _("演示密钥只能在演示环境中使用。正式出证请使用密码设备中的密钥。")


class CertificateNotValid(BureauError):
    kind = Kind.CONFLICT
    code = "certificates.signer_not_valid"
    message = _("签名用的数字证书在签名时刻无效：{reason}")


class CannotSign(BureauError):
    code = "certificates.cannot_sign"
    message = _("该文件不能签名：{reason}")
