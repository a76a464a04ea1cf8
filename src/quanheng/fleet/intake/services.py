"""Writes: tokens of utilities made and revoked, readings taken in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import NotStored
from quanheng.base.locks import lock_for_transaction
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.fleet.errors import BadReadings, BadToken, BadUtility, IntakeBusy, TokenNotFound, TokenRevoked
from quanheng.fleet.intake.bodies import Received, receive
from quanheng.fleet.intake.places import Intake, intake_of
from quanheng.fleet.intake.rows import Times
from quanheng.fleet.models import MAX_NAME, ReadingsUpload, UtilityToken
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.readings_import.times import zone_of
from quanheng.kernels.text_keys import has_control
from quanheng.parties.selectors import party_for
from quanheng.transparency.services import enqueue_leaf

PREFIX = "qhr_"  # so that a leaked token is recognised as one
_TOKENS = "fleet.tokens"
_BYTES = 32
_ROWS_TOLD = 100
_TURN = BoundedSemaphore(1)  # of the web process's three threads, one reads what utilities send


@transaction.atomic
def make_token(*, actor: User, utility: UUID | None = None, name: str = "") -> tuple[UtilityToken, str]:
    """Make a token for a party, or for a utility of this name; return it with its secret, which is kept nowhere.

    Raises
    ------
    NotPermitted, BadUtility, PartyNotFound
    """
    _refuse_others(actor)
    name = name.strip()
    if (utility is None) == (not name):
        raise BadUtility(reason=_("请选使用单位，或写一个名称，只用其中一种。"))
    if len(name) > MAX_NAME or has_control(name):
        raise BadUtility(reason=_("名称太长，或有看不见的字符。"))
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    token = UtilityToken.objects.create(
        utility=party_for(actor, utility) if utility else None,
        name=name,
        sha256=_sha256(secret),
        made_by=actor,
        made_at=clock.now(),
    )
    enqueue_leaf(
        kind="utility_token:made",
        subject=_subject(token),
        data={**_holder(token), "sha256": token.sha256},
        personal=acted_by(actor),
    )
    return token, secret


@transaction.atomic
def revoke_token(*, actor: User, public_id: UUID) -> UtilityToken:
    """Refuse from now on what comes with this token; revoking again changes nothing.

    Raises
    ------
    NotPermitted, TokenNotFound
    """
    _refuse_others(actor)
    lock_for_transaction(_TOKENS)
    token = UtilityToken.objects.filter(public_id=public_id).first()
    if token is None:
        raise TokenNotFound(public_id=str(public_id))
    if token.revoked_at is not None:
        return token
    token.revoked_at, token.revoked_by = clock.now(), actor
    token.save(update_fields=["revoked_at", "revoked_by"])
    enqueue_leaf(
        kind="utility_token:revoked",
        subject=_subject(token),
        data=_holder(token),
        personal=acted_by(actor),
    )
    return token


def token_of(secret: str) -> UtilityToken:
    """Return the token that this is the secret of.

    Raises
    ------
    BadToken, TokenRevoked
    """
    token = UtilityToken.objects.filter(sha256=_sha256(secret)).first()
    if token is None:
        raise BadToken()
    if token.revoked_at is not None:
        raise TokenRevoked()
    return token


def receive_readings(
    *, token: UtilityToken, body: Path, media: str, kind: str | None = None
) -> ReadingsUpload:
    """Keep what a utility sent: on the disk as a segment, then on record.

    The same body again is answered as before and kept once.  ``media``, ``kind``: as `bodies.receive`.

    Raises
    ------
    TokenRevoked, BadReadings, IntakeBusy, NotStored
    """
    with body.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    key = _sha256(f"{digest} {media} {kind or ''}")
    if known := _known(token, key):
        return known
    if not _TURN.acquire(blocking=False):
        raise IntakeBusy()
    try:
        received = receive(
            body, media, _intake().spool, f"http-{token.public_id.hex[:12]}", _times(), clock.now(), kind=kind
        )
    except BadImport as refused:
        raise BadReadings(reason=refused.text) from refused
    except OSError as error:
        raise NotStored(reason=error.strerror) from error
    finally:
        _TURN.release()
    if not received.kept:
        raise BadReadings(reason=_first_reasons(received))
    try:
        return _record(token=token, key=key, size=body.stat().st_size, received=received)
    except TokenRevoked:
        (_intake().spool / received.segment).unlink(missing_ok=True)
        raise


@transaction.atomic
def _record(*, token: UtilityToken, key: str, size: int, received: Received) -> ReadingsUpload:
    lock_for_transaction(f"fleet.upload.{key}")
    if known := _known(token, key):  # the same body came twice at once
        if known.answer["segment"] != received.segment:
            (_intake().spool / received.segment).unlink(missing_ok=True)
        return known
    if UtilityToken.objects.filter(pk=token.pk, revoked_at=None).update(last_used_on=clock.today()) == 0:
        (_intake().spool / received.segment).unlink(missing_ok=True)
        raise TokenRevoked()
    upload = ReadingsUpload(
        token=token,
        sha256=key,
        size=size,
        rows=received.rows,
        rejected=received.rows - received.kept,
        received_at=clock.now(),
    )
    upload.answer = _answer(upload, received)
    upload.save()
    enqueue_leaf(
        kind="readings:received",
        subject=f"readings:{upload.public_id}",
        data={
            "token": str(token.public_id),
            "sha256": received.sha256,
            "rows": received.rows,
            "rejected": upload.rejected,
        },
    )
    return upload


def _answer(upload: ReadingsUpload, received: Received) -> dict[str, Any]:
    rejections = received.rejections
    return {
        "upload": str(upload.public_id),
        "segment": received.segment,
        "sha256": received.sha256,
        "kind": received.kind,
        "rows": received.rows,
        "kept": received.kept,
        "rejected": upload.rejected,
        "reasons": dict(rejections.counts.most_common()),
        "rejected_rows": [
            {"line": row.line, "column": row.column, "reason": row.reason, "text": row.text}
            for row in rejections.rows[:_ROWS_TOLD]
        ],
    }


def _first_reasons(received: Received) -> str:
    told = [f"第 {row.line} 行：{row.text}" for row in received.rejections.rows[:3]]
    return _("没有一行可以采用。") + "".join(told)


def _known(token: UtilityToken, key: str) -> ReadingsUpload | None:
    return ReadingsUpload.objects.filter(token=token, sha256=key).first()


def _intake() -> Intake:
    return intake_of(Path(settings.HOME))


def _times() -> Times:
    return Times(zone_of(settings.TIME_ZONE), timedelta(minutes=settings.READINGS_FUTURE_MINUTES))


def _refuse_others(actor: User) -> None:
    if not scope_of(actor, _TOKENS):
        raise NotPermitted(permission=_TOKENS)


def _subject(token: UtilityToken) -> str:
    return f"utility_token:{token.public_id}"


def _holder(token: UtilityToken) -> dict[str, str]:
    """Return whose token it is, as a leaf says it: a party by its key, for its name may be a person's own."""
    return {"name": token.name} if token.utility is None else {"party": token.utility.person}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
