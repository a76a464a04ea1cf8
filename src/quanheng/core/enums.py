"""Closed vocabularies of the core app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    """What an organisational unit is."""

    COUNTY = "county", _("县区")
    DEPARTMENT = "department", _("部门")
    TOWN = "town", _("乡镇")
    SUBDISTRICT = "subdistrict", _("街道")
    INSTITUTE = "institute", _("技术机构")
    BUSINESS = "business", _("使用单位")
    MANUFACTURER = "manufacturer", _("制造企业")
    # A name that stands for many units in a document, such as 各街道办事处; has members, no people.
    GROUP = "group", _("统称")


class Role(models.TextChoices):
    """What a person may do; always together with the unit for which they may do it."""

    ADMINISTRATOR = "administrator", _("系统管理员")
    METROLOGY_OFFICER = "metrology_officer", _("计量监管人员")
    INSPECTOR = "inspector", _("执法检查人员")
    DEPARTMENT_LIAISON = "department_liaison", _("部门联络员")
    TOWN_CLERK = "town_clerk", _("乡镇街道经办人")
    VERIFIER = "verifier", _("检定员")
    CHECKER = "checker", _("核验员")
    SIGNATORY = "signatory", _("授权签字人")
    INSTRUMENT_OWNER = "instrument_owner", _("计量器具使用单位")
    AUDITOR = "auditor", _("审计人员")
    MANUFACTURER = "manufacturer", _("计量器具制造企业")


def unit_kind_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return UnitKind.choices


def role_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return Role.choices
