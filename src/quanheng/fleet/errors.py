"""Refusals of the fleet app."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from quanheng.base.errors import BureauError, Kind


class SupplyAreaNotFound(BureauError):
    kind = Kind.NOT_FOUND
    code = "fleet.area_not_found"
    message = _("没有找到这个台区。")


class BadResultsFile(BureauError):
    code = "fleet.bad_results"
    message = _("结果没有收下：{reason}")


class RunKnown(BureauError):
    kind = Kind.CONFLICT
    code = "fleet.run_known"
    message = _("这份结果已于 {on} 收下，没有再次收下。")


class BadAreaNames(BureauError):
    code = "fleet.bad_names"
    message = _("台区名称没有收下：{reason}")
