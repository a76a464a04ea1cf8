"""Closed vocabularies of the manufacturers app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanheng.base.vocabulary import Vocabulary


class AuthorisationState(Vocabulary):
    """Whether a maker may verify its own meters; dates stand beside it."""

    ACTIVE = "active", _("有效")
    SUSPENDED = "suspended", _("暂停")
    WITHDRAWN = "withdrawn", _("撤销")
