"""Readings from the intake folder: what became of the instruments of one work order file, in words."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from quanheng.certificates.errors import BadWorkOrderFile
from quanheng.certificates.services.intake import receive_readings


class Read(NamedTuple):
    """What was done with a file: in one sentence, a line for each instrument, and whether anything was kept."""

    text: str
    rows: list[str]
    is_kept: bool
    has_certificates: bool


def take_readings(path: Path) -> Read:
    """Take in a work order file; return what was done.

    Raises
    ------
    BadWorkOrderFile
        Too large, or no such file.
    """
    if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
        reason = _("文件超过 %(size)s MiB。") % {"size": settings.MAX_UPLOAD_BYTES // 2**20}
        raise BadWorkOrderFile(reason=reason)
    found = receive_readings(path.read_bytes())
    kept, issued = sum(one.is_kept for one in found), sum(bool(one.number) for one in found)
    words = {"all": len(found), "kept": kept, "issued": issued}
    text = _("读数 {all} 台，收下 {kept} 台。")
    if issued:
        text = _("读数 {all} 台，由演示账号检定、核验、批准，出证 {issued} 份。")
    elif kept:
        text = _("读数 {all} 台，收下 {kept} 台，待检定员核对后提交。")
    return Read(text.format(**words), [str(one) for one in found], kept > 0, issued > 0)
