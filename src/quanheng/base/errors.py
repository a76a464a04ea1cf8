"""Refusals that a person sees, and faults that a job decides about.

A service raises; it never returns an error value.  ``kind`` becomes an HTTP status in one
place only (``web/problems.py``); ``code`` is a contract, listed in docs/reference/errors.md
and never renamed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class Kind(StrEnum):
    """What sort of refusal this is; the only thing that the web layer looks at."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    TOO_MANY = "too_many"


class BureauError(Exception):
    """A refusal by a rule of the house, with a sentence for the person who met it."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "base.refused"
    message: ClassVar[str] = _("操作被拒绝。")

    def __init__(self, message: str = "", **details: Any) -> None:
        self.details = details
        self._given = message
        super().__init__(message or self.message)

    @property
    def text(self) -> str:
        """Return the sentence in the reader's language."""
        return gettext(self._given or self.message).format(**self.details)

    def __str__(self) -> str:
        return self.text


class StaleRevision(BureauError):
    """Somebody else saved the record after this person opened it."""

    kind = Kind.CONFLICT
    code = "base.stale_revision"
    message = _("该记录已被他人修改，您的改动没有保存。请核对最新内容后再改。")


class NotStored(BureauError):
    """The disk refused a file: full, read-only or broken."""

    kind = Kind.UNAVAILABLE
    code = "base.not_stored"
    message = _("文件未能存入磁盘（{reason}），没有保存任何改动。请联系系统管理员检查磁盘空间。")


class TransientError(Exception):
    """An infrastructure fault that may pass: the job is tried again later."""
