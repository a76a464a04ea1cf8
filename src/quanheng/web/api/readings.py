"""Readings of meters from the software of a utility, which shows its token instead of signing in."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from ninja.security import HttpBearer
from pydantic import Field

from quanheng.base.errors import BureauError
from quanheng.fleet.errors import BadReadings, BadToken, TooManyUploads
from quanheng.fleet.intake.bodies import CSV, KINDS, MEDIA, NDJSON, PARQUET
from quanheng.fleet.intake.services import receive_readings, token_of
from quanheng.fleet.models import UtilityToken
from quanheng.web.accounts import client_address
from quanheng.web.api.schemas import Problem
from quanheng.web.rates import Rate

logger = logging.getLogger(__name__)
router = Router(tags=["readings"])

MINUTE = 60.0
_WRONG_A_MINUTE = 20
_uploads, _wrong, _logged = Rate(MINUTE), Rate(MINUTE), Rate(MINUTE)
_SUFFIX = {CSV: "csv", NDJSON: "ndjson", PARQUET: "parquet"}
_CHUNK = 1 << 20


class TokenAuth(HttpBearer):
    """The token of a utility in the header ``Authorization: Bearer …``; a session opens nothing here."""

    def __call__(self, request: HttpRequest) -> Any:
        """Return the token.  BadToken, TokenRevoked, TooManyUploads."""
        address = client_address(request)
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != self.openapi_scheme or not secret.strip():
                raise BadToken()
            return self.authenticate(request, secret.strip())
        except BureauError as refused:
            if _logged.take(address, 1):
                logger.warning("readings refused from %s: %s", address, refused.code)
            if not _wrong.take(address, _WRONG_A_MINUTE):
                raise TooManyUploads() from refused
            raise

    def authenticate(self, request: HttpRequest, token: str) -> UtilityToken:
        """Return the token whose secret this is."""
        found = token_of(token)
        if not _uploads.take(str(found.pk), settings.READINGS_PER_MINUTE):
            raise TooManyUploads()
        request.utility_token = found  # type: ignore[attr-defined]
        return found


class RejectedOut(Schema):
    line: int = Field(description="行号，从 1 起；Parquet 为第几行")
    column: str
    reason: str = Field(description="docs/reference/readings-store.md 所列的代码")
    text: str


class UploadOut(Schema):
    """What was kept of a body; the same body again is answered the same."""

    upload: str
    segment: str
    sha256: str = Field(description="收到的内容的 SHA-256")
    kind: str = Field(description="intervals 区间电量，registers 示值")
    rows: int
    kept: int
    rejected: int
    reasons: dict[str, int]
    rejected_rows: list[RejectedOut] = Field(description="前 100 行")


class ReadingsQuery(Schema):
    kind: Literal["", "intervals", "registers"] = Field(
        "", description="列名 kwh 是区间电量还是示值；不写时按列名，列名是 kwh 的按区间电量"
    )


_BODY = {
    "requestBody": {
        "required": True,
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _SUFFIX},
    }
}


@router.post(
    "/readings",
    response={202: UploadOut} | dict.fromkeys((401, 403, 422, 429, 503), Problem),
    auth=TokenAuth(),
    openapi_extra=_BODY,
    summary="发送电能表读数，凭供电单位的令牌",
)
def post_readings(request: HttpRequest, wanted: Query[ReadingsQuery]) -> Status[dict[str, Any]]:
    media = MEDIA.get((request.content_type or "").lower())
    if media is None:
        raise BadReadings(reason=_("Content-Type 应为 %(known)s。") % {"known": "、".join(_SUFFIX)})
    with tempfile.TemporaryDirectory(prefix="quanheng-readings-") as folder:
        body = Path(folder) / f"readings.{_SUFFIX[media]}"
        _save(request, body)
        upload = receive_readings(
            token=request.utility_token,  # type: ignore[attr-defined]
            body=body,
            media=media,
            kind=KINDS.get(wanted.kind),
        )
    return Status(202, upload.answer)


def _save(request: HttpRequest, path: Path) -> None:
    """Write the body to a file without holding it; BadReadings where it is larger than the setting allows."""
    most = settings.MAX_READINGS_BYTES
    too_large = BadReadings(reason=_("超过 %(most)s MiB，请分几次发送。") % {"most": most // 2**20})
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    done = 0
    with path.open("wb") as stream:
        while chunk := request.read(_CHUNK):
            done += len(chunk)
            if done > most:
                raise too_large
            stream.write(chunk)
    if length.isdecimal() and done != int(length):
        raise BadReadings(reason=_("内容没有收全，请再发一次。"))
