"""Closed vocabularies of the verification app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class WorkKind(Vocabulary):
    """What sort of work is asked for.  Calibration makes no verdict."""

    INITIAL = "initial", _("首次检定")
    PERIODIC = "periodic", _("周期检定")
    AFTER_REPAIR = "after_repair", _("修理后检定")
    CALIBRATION = "calibration", _("校准")


class WorkPlace(Vocabulary):
    """Where the work is done."""

    LAB = "lab", _("送检")
    ON_SITE = "on_site", _("现场检定")


class ApplicationState(Vocabulary):
    """How far an application has come; what follows acceptance is seen on its work orders."""

    SUBMITTED = "submitted", _("待受理")
    ACCEPTED = "accepted", _("已受理")
    RETURNED = "returned", _("已退回")
    CANCELLED = "cancelled", _("已撤回")


class VerificationState(Vocabulary):
    """Who has to act next on the verification of one instrument."""

    RECORDING = "recording", _("检定中")
    SUBMITTED = "submitted", _("待核验")
    CHECKED = "checked", _("待批准")
    CONCLUDED = "concluded", _("已出结论")
    CANCELLED = "cancelled", _("已取消")


class Conclusion(Vocabulary):
    """What was concluded."""

    PASSED = "passed", _("合格")
    REJECTED = "rejected", _("不合格")
    CALIBRATED = "calibrated", _("已校准")


class MarkKind(Vocabulary):
    """What is put on an instrument, each with its own number."""

    SEAL = "seal", _("封印")
    MARK = "mark", _("检定合格标记")
