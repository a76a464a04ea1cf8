"""States of makers and of what they deliver, in the words that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from quanheng.kernels.screening import FAMILY_ALPHA
from quanheng.lots.models import Lot
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.web.staff.laboratory import light

_KIND = {"accepted": "good", "rejected": "bad", "resample": "unsure"}


@dataclass(frozen=True)
class MakerLine:
    """An authorisation with its state and what was delivered by it."""

    row: Authorisation
    word: str
    kind: str
    lots: int
    meters: int


def state_of(row: Authorisation, on: date) -> tuple[str, str]:
    """Return the word for the state of an authorisation, and the kind of its sign."""
    if row.state == AuthorisationState.WITHDRAWN:
        return _("已撤销"), "off"
    if row.state == AuthorisationState.SUSPENDED:
        return _("已暂停"), "bad"
    if on < row.valid_from:
        return _("未开始"), "off"
    return light(row.valid_until, on)


def lot_state(lot: Lot) -> tuple[str, str]:
    """Return the word for the state of a delivered lot that is `with_last_sample`, and the kind of its sign."""
    decision = str(getattr(lot, "decision", None) or "")
    if decision:
        words = {"accepted": _("接收"), "rejected": _("拒收"), "resample": _("待重新抽样")}
        return words.get(decision, decision), _KIND.get(decision, "unsure")
    if getattr(lot, "drawn", None):
        return _("待检验"), "going"
    return _("待抽样"), "unsure"


def upload_sentence(upload: FactoryUpload) -> str:
    """Return what became of a file."""
    if upload.lot is None:
        return _("没有收下：%(n)s 处有误，改正后重新上传整份文件。") % {"n": upload.fault_count}
    given = {"n": upload.rows - upload.unmarked, "number": upload.lot.number, "unmarked": upload.unmarked}
    if upload.unmarked:
        return _("收下批“%(number)s”，%(n)s 台；没有标记的 %(unmarked)s 行不在批内。") % given
    return _("收下批“%(number)s”，%(n)s 台。") % given


def screening_sentence(screening: Mapping[str, Any]) -> str:
    """Return what the screening of a file says as a whole."""
    if not screening:
        return ""
    if not screening["tests"]:
        return screening["untested"][0]["reason"] if screening["untested"] else ""
    given = {
        "tests": screening["tests"],
        "n": len(screening["leads"]),
        "alpha": f"{100 * FAMILY_ALPHA:g}",
    }
    if not screening["leads"]:
        return _("作了 %(tests)s 项检验，没有发现；诚实的数据每份有发现的概率不超过 %(alpha)s %%。") % given
    return _(
        "作了 %(tests)s 项检验，%(n)s 项有发现；诚实的数据每份有发现的概率不超过 %(alpha)s %%。"
    ) % given + _("发现是检查的线索，不是结论。")


def lead_words() -> dict[str, str]:
    """Return a word for each kind of finding."""
    return {
        "pile_up": _("限内堆积"),
        "cut_off": _("限外缺失"),
        "copied_block": _("整段复制"),
        "repeated_rows": _("整行重复"),
        "too_narrow": _("过于一致"),
        "points_related": _("各点相关过强"),
        "last_digits": _("末位不均匀"),
        "too_smooth_order": _("次序过于平滑"),
        "all": _("台数"),
    }
