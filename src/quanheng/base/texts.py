"""Texts that people enter into a record: one line, no control characters, not too long."""

from __future__ import annotations

from django.utils.translation import gettext as _

from quanheng.kernels.text_keys import has_control


def text_fault(label: str, text: str, longest: int, *, is_needed: bool = True) -> str:
    """Return what is wrong with a text of a record as a sentence, nothing where it may be kept."""
    if not text:
        return _("请填写“%(label)s”。") % {"label": label} if is_needed else ""
    if has_control(text):
        return _("“%(label)s”中有看不见的控制字符或换行，请删去。") % {"label": label}
    if len(text) > longest:
        return _("“%(label)s”超过 %(longest)s 个字。") % {"label": label, "longest": longest}
    return ""
