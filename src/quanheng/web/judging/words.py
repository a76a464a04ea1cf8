"""Codes of regulations in the words that a person reads."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.kernels.procedures import NoEditionInForce, Stage, UnknownKind
from quanheng.kernels.procedures.library import Edition
from quanheng.regulations.packaged import kind_name

STAGE_WORDS: dict[Stage, str | Promise] = {
    Stage.FIRST: _("首次检定"),
    Stage.SUBSEQUENT: _("后续检定"),
    Stage.IN_SERVICE: _("使用中检查"),
}
LACK_WORDS: dict[str, str | Promise] = {
    "clause": _("条款"),
    "source": _("出处"),
    "edition": _("版本"),
    "period": _("检定周期"),
    "in_force_from": _("施行日期"),
    "in_force_to": _("废止日期"),
    "limits": _("限值"),
    "points": _("检定点"),
    "method": _("检定方法"),
    "rounding": _("修约间隔"),
    "repeatability": _("重复性要求"),
}


def kind_label(edition: Edition) -> str:
    """Return what a kind is called: in the registry, else as its regulation is."""
    return kind_name(edition.served.kind) or edition.procedure.regulation.title


def days(edition: Edition) -> str:
    """Return when an edition holds."""
    if edition.from_ is None:
        return gettext("施行日期未查到") if edition.to is None else gettext("至 %(to)s") % {"to": edition.to}
    if edition.to is None:
        return gettext("%(from)s 起") % {"from": edition.from_}
    return gettext("%(from)s 至 %(to)s") % {"from": edition.from_, "to": edition.to}


def unknown_kind(error: UnknownKind) -> str:
    """Return the sentence on a kind that no regulation is for."""
    said = gettext("没有“%(asked)s”的检定规程。") % {"asked": error.asked[:40]}
    if not error.near:
        return said
    return said + gettext("是否应为%(near)s？") % {"near": gettext("、").join(error.near)}


def none_in_force(error: NoEditionInForce) -> str:
    """Return the sentence on a day on which no edition holds."""
    name = kind_label(error.editions[0])
    return gettext("%(on)s 没有有效的%(kind)s检定规程。") % {"on": error.on, "kind": name}
