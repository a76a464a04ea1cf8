"""What the services of this app have in common: who may, which record is locked, which leaf is staged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quanheng.base.files import store_file
from quanheng.base.texts import text_fault
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.lots.enums import Origin
from quanheng.lots.errors import BadReason, LotNotFound, SampleNotFound
from quanheng.lots.models import MAX_REASON, Lot, Sample
from quanheng.transparency.services import Personal, enqueue_leaf

CHANGE, RECORD, UPLOAD = "lots.change", "lots.record", "manufacturers.upload"
ROWS_AT_ONCE = 2000


def refuse_stranger(actor: User | None, permission: str) -> None:
    """Refuse a person without a permission for the whole county; None is who runs the house.  NotPermitted."""
    if actor is not None and not scope_of(actor, permission).is_all:
        raise NotPermitted(permission=permission)


def refuse_other_maker(actor: User | None, origin: str, maker_unit_id: int | None) -> None:
    """Refuse who may not fill the list of a lot: the bureau any, a maker its own.  NotPermitted."""
    if actor is None or scope_of(actor, CHANGE).is_all:
        return
    is_own = maker_unit_id is not None and scope_of(actor, UPLOAD).covers(maker_unit_id)
    if origin != Origin.FACTORY or not is_own:
        raise NotPermitted(permission=CHANGE)


def locked_lot(lot: Lot) -> Lot:
    """Return the lot as it is now, locked until the transaction ends.  LotNotFound."""
    found = Lot.objects.select_for_update().filter(pk=lot.pk).first()
    if found is None:
        raise LotNotFound(public_id=str(lot.public_id))
    return found


def locked_sample(sample: Sample) -> Sample:
    """Return the sample as it is now; it and its lot are locked until the transaction ends.  SampleNotFound."""
    Lot.objects.select_for_update().filter(pk=sample.lot_id).first()  # the lot first, as whoever draws
    found = Sample.objects.select_for_update().filter(pk=sample.pk).first()
    if found is None:
        raise SampleNotFound(public_id=str(sample.public_id))
    return Sample.objects.select_related("lot").get(pk=found.pk)


def store_list(serial_keys: Iterable[str]) -> str:
    """Keep the list of serial keys as a file, a line each, sorted; return its SHA-256 as `draw.list_sha256` has it."""
    return store_file("".join(f"{key}\n" for key in sorted(serial_keys)).encode())


def limited(label: str, text: str) -> str:
    """Return a reason without blanks around it.  BadReason where it is too long or no line of text."""
    text = text.strip()
    if fault := text_fault(label, text, MAX_REASON, is_needed=False):
        raise BadReason(reason=fault)
    return text


def log(event: str, subject: Lot | Sample, actor: User | None, *, reason: str = "", **data: Any) -> None:
    """Stage the one leaf of a write; who acted and why are commitments."""
    lot = subject.lot if isinstance(subject, Sample) else subject
    name = "sample" if isinstance(subject, Sample) else "lot"
    personal = acted_by(actor)
    if reason and actor is not None:
        personal |= {"reason": Personal(reason, actor.person)}
    enqueue_leaf(
        kind=f"{name}:{event}",
        subject=f"{name}:{subject.public_id}",
        data={**data, "lot": str(lot.public_id), "demo": lot.is_demo},
        personal=personal,
    )
