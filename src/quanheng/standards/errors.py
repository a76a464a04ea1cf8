"""Refusals of the standards app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class StandardNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "standards.standard_not_found"
    message = _("没有找到这件计量标准，或它不在您的职责范围内。")


class StandardCertificateNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "standards.certificate_not_found"
    message = _("没有找到这份证书，或它不在您的职责范围内。")


class BadStandard(BureauError):
    code = "standards.bad_standard"
    message = _("没有保存：{reason}")


class StandardKnown(BureauError):
    kind = Kind.CONFLICT
    code = "standards.standard_known"
    message = _("本机构已有“{name}”，编号 {serial_no}。")


class BadStandardCertificate(BureauError):
    code = "standards.bad_certificate"
    message = _("证书没有收下：{reason}")


class StandardCertificateKnown(BureauError):
    kind = Kind.CONFLICT
    code = "standards.certificate_known"
    message = _("这件标准已有编号为“{number}”的证书。如登记有误，请先撤销旧的。")


class AlreadyWithdrawn(BureauError):
    kind = Kind.CONFLICT
    code = "standards.already_withdrawn"
    message = _("这条记录已经撤销，没有再次撤销。")


class WrongCondition(BureauError):
    kind = Kind.CONFLICT
    code = "standards.wrong_condition"
    message = _("这件计量标准现在是“{condition}”，不能这样办理。")


class FieldsDisagree(BureauError):
    """Two standards give one field in units that cannot be compared."""

    kind = Kind.CONFLICT
    code = "standards.fields_disagree"
    message = _("“{one}”与“{other}”的“{name}”单位不同（{first}，{second}），不能比较。请改正其中一件的登记。")
