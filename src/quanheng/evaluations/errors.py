"""Refusals of the evaluations app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class ModelNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "evaluations.model_not_found"
    message = _("没有找到这个测量模型，或它不在您的职责范围内。")


class BadMeasurementModel(BureauError):
    """``line`` counts from 1 in the text, ``reason`` is the kernel's."""

    code = "evaluations.bad_model"
    message = _("模型第 {line} 行：{reason}")


class BadModelRecord(BureauError):
    code = "evaluations.bad_record"
    message = _("模型未能保存：{reason}")


class ModelNameTaken(BureauError):
    kind = Kind.CONFLICT
    code = "evaluations.name_taken"
    message = _("本机构已有名为“{name}”的模型。要改它，请打开它再保存为新版本。")


class ModelUnchanged(BureauError):
    kind = Kind.CONFLICT
    code = "evaluations.unchanged"
    message = _("内容与第 {number} 版相同，没有保存。")


class ModelWithdrawn(BureauError):
    kind = Kind.CONFLICT
    code = "evaluations.withdrawn"
    message = _("这个模型已撤下，不能再改。")


class BadShareLink(BureauError):
    code = "evaluations.bad_share_link"
    message = _("链接里的内容不完整或已损坏，请向发送人重新索取。")


class TooMuchWork(BureauError):
    """``reason`` says which limit of the page is passed, and what to do instead."""

    code = "evaluations.too_much_work"
    message = _("本页不作这样大的计算：{reason}")


class NotSampled(BureauError):
    """Monte Carlo gives no result: too few trials, or the model has no value at many draws."""

    code = "evaluations.not_sampled"
    message = _("蒙特卡洛法没有结果：{reason}")


class BenchBusy(BureauError):
    kind = Kind.UNAVAILABLE
    code = "evaluations.busy"
    message = _("同时评定的人太多，请稍后再试；您填写的内容还在。")
