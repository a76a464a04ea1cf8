"""Files that a program sends: read whole, or refused for their size before they are."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from ninja.files import UploadedFile

from quanheng.web.api.errors import BadRequest


def content_of(file: UploadedFile) -> bytes:
    """Return the bytes of an upload.

    Raises
    ------
    BadRequest
        It is larger than ``QUANHENG_MAX_UPLOAD_MIB`` allows.
    """
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        raise BadRequest(file=_("文件超过 %(size)s MiB。") % {"size": settings.MAX_UPLOAD_BYTES // 2**20})
    data: bytes = file.read()
    return data


def name_of(file: UploadedFile) -> str:
    """Return the name under which an upload is kept."""
    return (file.name or "file")[-255:]
