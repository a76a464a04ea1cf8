"""Closed vocabularies of the standards app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class Level(Vocabulary):
    """What a measurement standard is within its laboratory."""

    PUBLIC = "public", _("社会公用计量标准")
    REFERENCE = "reference", _("最高计量标准")
    WORKING = "working", _("工作标准器")
    MATERIAL = "material", _("标准物质")


class StandardCondition(Vocabulary):
    """Whether a measurement standard may be used."""

    IN_USE = "in_use", _("在用")
    STOPPED = "stopped", _("停用")
    WITHDRAWN = "withdrawn", _("撤销")
