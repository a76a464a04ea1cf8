"""Closed vocabularies of the parties app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class PartyKind(models.TextChoices):
    """What a user of instruments is."""

    BUSINESS = "business", _("企业")
    INDIVIDUAL = "individual", _("个体工商户")
    INSTITUTION = "institution", _("机关事业单位")
    OTHER = "other", _("其他")


def party_kind_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return PartyKind.choices
