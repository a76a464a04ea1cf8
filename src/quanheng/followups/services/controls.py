"""Random controls, as samples of lots are drawn: the list is closed, the log signs it, and only then is it drawn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import store_file, stored_path
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.followups.enums import Selection
from quanheng.followups.errors import BadOrder, ControlsDrawn, ControlsNotFound, ControlsWaiting, NoCheckpoint
from quanheng.followups.models import ControlDraw, FollowUp
from quanheng.followups.services.orders import MOST, create_follow_ups
from quanheng.followups.services.shared import ORDER, log, refuse_unpermitted
from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
from quanheng.transparency.selectors import first_checkpoint_of

_CONTROLS = "followups.controls"
_CLOSED = "followup:controls_closed"
_UNSAFE = re.compile(r'[%,"/\s]')  # what would not stand as one cell of a line


@transaction.atomic
def close_controls(*, actor: User, count: int, is_demo: bool = False) -> ControlDraw:
    """Close the list that ``count`` random controls will be drawn from, before anybody can know which they are.

    On it stand all meters that have an estimate, are no suspects and were never followed.  List and count are in the
    leaf, and nobody closes another list before this one is drawn from.

    Raises
    ------
    NotPermitted, ControlsWaiting
        The person may not order tests; a list that was closed before waits to be drawn from.
    BadOrder
        None or too many are asked for, or fewer meters are left.
    """
    refuse_unpermitted(actor, ORDER)
    if not 1 <= count <= MOST:
        raise BadOrder(reason=_("一次抽取 1 到 %(most)s 台。") % {"most": MOST})
    lock_for_transaction(_CONTROLS)
    if ControlDraw.objects.filter(drawn_at=None).exists():
        raise ControlsWaiting()
    keys = _pool()
    if len(keys) < count:
        raise BadOrder(reason=_("可抽取的只有 %(n)s 台。") % {"n": len(keys)})
    made = ControlDraw.objects.create(
        count=count,
        size=len(keys),
        list_sha256=store_file("".join(f"{key}\n" for key in sorted(keys)).encode()),
        last_result=MeterResult.objects.aggregate(last=Max("pk"))["last"],
        closed_by=actor,
        closed_at=clock.now(),
        is_demo=is_demo,
    )
    log(
        "controls_closed",
        _subject(made),
        actor,
        list_sha256=made.list_sha256,
        pool=made.size,
        count=count,
        demo=is_demo,
    )
    return made


@transaction.atomic
def draw_controls(*, actor: User, public_id: UUID) -> list[FollowUp]:
    """Draw the controls of a closed list by the first checkpoint that signs its leaf; each with its estimate of then.

    A meter that is followed since the list was closed is left out and not replaced by another: who knows the seed
    already must not choose.  Call `transparency.sequencer.sequence` before, outside of any transaction, where the worker
    has not.

    Raises
    ------
    NotPermitted, ControlsNotFound, ControlsDrawn
        The person may not order tests; there is no such list; it was drawn from.
    NoCheckpoint, BadOrder
        The log has not signed the list yet; its file is gone, or not what was closed.
    """
    refuse_unpermitted(actor, ORDER)
    closed = ControlDraw.objects.select_for_update().filter(public_id=public_id).first()
    if closed is None:
        raise ControlsNotFound(public_id=str(public_id))
    if closed.drawn_at is not None:
        raise ControlsDrawn()
    checkpoint = first_checkpoint_of(_CLOSED, _subject(closed))
    if checkpoint is None:
        raise NoCheckpoint()
    seed = seed_of(checkpoint.note, closed.list_sha256)
    drawn = draw(_list(closed.list_sha256), seed)[: closed.count]
    closed.checkpoint, closed.seed = checkpoint.note, seed
    closed.drawn_by, closed.drawn_at = actor, clock.now()
    closed.save()
    rows = _unfollowed(_results(drawn, closed.last_result))
    made = create_follow_ups(actor, rows, Selection.CONTROL, is_demo=closed.is_demo, drawn_in=closed)
    log(
        "controls_drawn",
        _subject(closed),
        actor,
        list_sha256=closed.list_sha256,
        seed=seed,
        tree_size=checkpoint.tree_size,
        count=closed.count,
        followups=[f"followup:{one.public_id}" for one in made],
        demo=closed.is_demo,
    )
    return made


def _pool() -> list[str]:
    """Return the keys of the meters that may be drawn: any that were judged or left open, but suspects."""
    followed = set(FollowUp.objects.values_list("area_id", "meter_id"))
    latest = MeterResult.objects.filter(
        area_result__in=SupplyArea.objects.exclude(latest=None).values("latest"),
        error_percent__isnull=False,
        standard_uncertainty_percent__isnull=False,
        probability_out_of_tolerance__isnull=False,
        mpe_percent__isnull=False,
    ).exclude(status=MeterStatus.OUT_OF_TOLERANCE)
    names = ("area_result__area__area_id", "area_result__area_id", "meter_id")
    return [
        _key(area, meter)
        for area, area_pk, meter in latest.order_by().values_list(*names)
        if (area_pk, meter) not in followed
    ]


def _results(drawn: Sequence[str], last_result: int) -> list[MeterResult]:
    """Return the results of these keys as they were when the list was closed, in the order of the draw."""
    names = [(unquote(area), unquote(meter)) for area, meter in (key.split("/") for key in drawn)]
    rows = MeterResult.objects.filter(
        pk__lte=last_result,
        area_result__area__area_id__in={area for area, _meter in names},
        meter_id__in={meter for _area, meter in names},
    )
    rows = rows.select_related("area_result__area__town").order_by("pk")
    found = {(row.area_result.area.area_id, row.meter_id): row for row in rows}
    return [found[name] for name in names]


def _unfollowed(rows: Sequence[MeterResult]) -> list[MeterResult]:
    areas = {row.area_result.area_id for row in rows}
    followed = set(FollowUp.objects.filter(area__in=areas).values_list("area_id", "meter_id"))
    return [row for row in rows if (row.area_result.area_id, row.meter_id) not in followed]


def _list(sha256: str) -> list[str]:
    try:
        keys = stored_path(sha256).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        keys = []
    if list_sha256(keys) != sha256:
        raise BadOrder(reason=_("保存的名单不在了，或被改动过，不能抽取。"))
    return keys


def _key(area_id: str, meter_id: str) -> str:
    """Return the line of a meter: one cell of any reader of CSV, whatever the readings call it."""
    return "/".join(_UNSAFE.sub(lambda found: quote(found[0], safe=""), name) for name in (area_id, meter_id))


def _subject(row: ControlDraw) -> str:
    return f"controls:{row.public_id}"
