"""Refusals of the workforce app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class MetrologistNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "workforce.metrologist_not_found"
    message = _("没有找到这名检定人员，或其不在您的职责范围内。")


class RecordNotFound(BureauError):
    """An authorisation, a qualification or a training."""

    kind = Kind.NOT_FOUND
    code = "workforce.record_not_found"
    message = _("没有找到这条记录，或它不在您的职责范围内。")


class BadWorkforceRecord(BureauError):
    code = "workforce.bad_record"
    message = _("没有保存：{reason}")


class OwnQualification(BureauError):
    """Who may verify what is said by another than the one who verifies."""

    kind = Kind.FORBIDDEN
    code = "workforce.own_qualification"
    message = _("不能给自己登记资质。请由计量监管人员或本机构另一名签字人登记。")


class NumberTaken(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.number_taken"
    message = _("编号“{number}”已经登记给{holder}。")


class AlreadyRegistered(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.already_registered"
    message = _("{name}已在{unit}登记。调入前，请先由原机构登记其离岗日期。")


class AlreadyLeft(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.already_left"
    message = _("{name}已于 {on} 离岗，不能再改。重新上岗请重新登记。")


class AlreadyGranted(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.already_granted"
    message = _("{regulation} 自 {from_} 至 {until} 的资质已经登记，没有重复登记。")


class TrainingKnown(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.training_known"
    message = _("{on} 的“{title}”已经登记，没有重复登记。")


class AlreadyWithdrawn(BureauError):
    kind = Kind.CONFLICT
    code = "workforce.already_withdrawn"
    message = _("这条记录已经撤销，没有再次撤销。")
