"""Closed vocabularies of the lots app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class Origin(Vocabulary):
    """Where a lot comes from: delivered by its maker, or meters in service."""

    FACTORY = "factory", _("出厂批")
    IN_SERVICE = "in_service", _("在用批")


class MeterCondition(Vocabulary):
    """What became of a meter of a lot.  What was tampered with or damaged is replaced in a sample, and told apart."""

    PRESENT = "present", _("在用")
    TAMPERED = "tampered", _("有人为改动")
    DAMAGED = "damaged", _("外部损坏")
    MISSING = "missing", _("找不到")
    REPLACED = "replaced", _("已更换")


class ItemResult(Vocabulary):
    """What was found of a drawn meter; `EXCLUDED` is replaced by the next one drawn."""

    WAITING = "waiting", _("待检")
    CONFORMING = "conforming", _("合格")
    NONCONFORMING = "nonconforming", _("不合格")
    EXCLUDED = "excluded", _("不计入")


class Decision(Vocabulary):
    """What was decided of a lot by its sample."""

    ACCEPTED = "accepted", _("接收")
    REJECTED = "rejected", _("拒收")
    EXTENDED = "extended", _("延期使用")
    REPLACE = "replace", _("整批更换")
    RESAMPLE = "resample", _("重新抽样")
