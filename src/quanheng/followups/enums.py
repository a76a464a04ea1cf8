"""Closed vocabularies of the followups app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class Selection(Vocabulary):
    """Why a meter is tested: suspected, or drawn at random so that the score is not of suspects alone."""

    SUSPECT = "suspect", _("疑似超差")
    CONTROL = "control", _("随机对照")


class FollowUpState(Vocabulary):
    """How far a suspicion has come."""

    PROPOSED = "proposed", _("待安排")
    ORDERED = "ordered", _("已申请检定")
    TESTED = "tested", _("已核实")
    REPLACED = "replaced", _("已更换")
    CLOSED = "closed", _("已了结")


class Source(Vocabulary):
    """Where the result of a test comes from."""

    VERIFICATION = "verification", _("本平台的检定")
    CERTIFICATE = "certificate", _("其他机构的证书")


class Finding(Vocabulary):
    """What a test found of a meter."""

    CONFORMING = "conforming", _("合格")
    NONCONFORMING = "nonconforming", _("不合格")


class ReplacementState(Vocabulary):
    """How far the replacement of a meter has come."""

    ORDERED = "ordered", _("待更换")
    DONE = "done", _("已更换")
    CANCELLED = "cancelled", _("已取消")


class ReplacementReason(Vocabulary):
    """Why a meter is replaced."""

    CONFIRMED = "confirmed", _("核实不合格")
    LOT = "lot", _("整批更换")
    EXPIRED = "expired", _("到期")


class Basis(Vocabulary):
    """What a compensation rests on."""

    TESTED = "tested", _("检定的误差")
    ESTIMATE = "estimate", _("远程估计，初步")
