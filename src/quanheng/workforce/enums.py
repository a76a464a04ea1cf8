"""Closed vocabularies of the workforce app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class Grade(Vocabulary):
    """Grade of a registered metrologist (注册计量师)."""

    FIRST = "first", _("一级注册计量师")
    SECOND = "second", _("二级注册计量师")
    # Verification officers whose certificate was issued before registration was introduced.
    OFFICER = "officer", _("检定员证")
