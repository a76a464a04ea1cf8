"""Seals and marks: received by number, put on instruments, spoilt with a reason.  Reconciled in `marks.py`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.kernels.procedures import Outcome
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.verification.enums import Conclusion, MarkKind, VerificationState
from quanheng.verification.errors import BadMark
from quanheng.verification.models import MarkRange, MarkUse, Verification
from quanheng.verification.services.shared import locked_verification, needed, refuse_outside

_MARKS = "verification.marks"
_MOST_NUMBERS, _MOST_AT_ONCE, _LONGEST = 1_000_000, 50, 40
_WRITTEN = re.compile(r"[0-9A-Za-z一-鿿\-]+")
_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})")


@transaction.atomic
def receive_marks(
    *,
    actor: User,
    institute: int,
    kind: MarkKind,
    first: str,
    last: str,
    issued_to: int | None,
    issued_on: date,
) -> MarkRange:
    """Record that an institute received the numbers ``first`` to ``last`` and handed them to one of its people.

    Both are written as on the seals, with prefix and leading zeros: 川S000001, 川S100000.

    Raises
    ------
    OutsideScope, BadMark
        Not this person's institute; no two numbers of one range, too many, a day to come, a person of another unit.
    """
    refuse_outside(actor, _MARKS, institute)
    unit = OrgUnit.objects.filter(pk=institute, kind=UnitKind.INSTITUTE).first()
    holder = User.objects.filter(pk=issued_to, is_active=True).first() if issued_to is not None else None
    if unit is None or (issued_to is not None and (holder is None or not _works_for(holder, unit))):
        raise BadMark(reason=_("没有找到这个机构，或领用人不在其中。"))
    if issued_on > clock.today():
        raise BadMark(reason=_("日期不能晚于今天。"))
    prefix, begin, end, digits = _range(first, last)
    received = MarkRange.objects.create(
        institute=unit,
        kind=MarkKind(kind),
        prefix=prefix,
        first=begin,
        last=end,
        digits=digits,
        issued_to=holder,
        issued_on=issued_on,
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    data = {"institute": unit.name, "kind": str(received.kind), "range": str(received)}
    to = {"to": Personal(str(holder), holder.person)} if holder else {}
    enqueue_leaf(
        kind="marks:received",
        subject=f"marks:{received.public_id}",
        data=data | {"on": issued_on.isoformat()},
        personal=acted_by(actor) | to,
    )
    return received


@transaction.atomic
def put_marks(
    *, actor: User, public_id: UUID, revision: int, kind: MarkKind, numbers: Sequence[str], used_on: date
) -> list[MarkUse]:
    """Record which seals or marks were put on the instrument of a verification.

    A number that stands on another instrument is not refused, for it stands there: the reconciliation shows it.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState
        As `locked_verification`; nothing was measured yet, or the work was cancelled.
    BadMark
        No numbers, one twice, or no numbers of seals; a day to come; a mark of conformity on what did not pass.
    """
    states = {VerificationState.SUBMITTED, VerificationState.CHECKED, VerificationState.CONCLUDED}
    verification = locked_verification(actor, _MARKS, public_id, revision, states)
    wanted = [_number(text) for text in numbers]
    if not wanted or len(wanted) > _MOST_AT_ONCE or len(set(wanted)) != len(wanted):
        raise BadMark(reason=_("请填写 1 到 %(most)s 个编号，不要重复。") % {"most": _MOST_AT_ONCE})
    if used_on > clock.today():
        raise BadMark(reason=_("日期不能晚于今天。"))
    if kind == MarkKind.MARK and not _has_passed(verification):
        raise BadMark(reason=_("没有判定合格的器具，不能施加检定合格标记。"))
    if known := verification.marks.filter(kind=kind, number__in=wanted).first():
        raise BadMark(reason=_("编号 %(number)s 已经登记在这台器具上。") % {"number": known.number})
    unit, now = verification.work_order.institute, clock.now()
    put = MarkUse.objects.bulk_create(
        MarkUse(
            institute=unit,
            kind=MarkKind(kind),
            number=number,
            verification=verification,
            used_on=used_on,
            recorded_by=actor,
            recorded_at=now,
        )
        for number in wanted
    )
    enqueue_leaf(
        kind="marks:used",
        subject=f"verification:{verification.public_id}",
        data={
            "instrument": f"instrument:{verification.instrument.public_id}",
            "kind": str(MarkKind(kind)),
            "numbers": wanted,
            "on": used_on.isoformat(),
        },
        personal=acted_by(actor),
    )
    return put


@transaction.atomic
def spoil_mark(
    *, actor: User, institute: int, kind: MarkKind, number: str, reason: str, used_on: date
) -> MarkUse:
    """Record that a seal or mark was spoilt or lost, so that its number is not missed.

    Raises
    ------
    OutsideScope, BadMark, BadReason
        Not this person's institute; no number of a seal, a day to come; no reason.
    """
    refuse_outside(actor, _MARKS, institute)
    if used_on > clock.today():
        raise BadMark(reason=_("日期不能晚于今天。"))
    spoilt = MarkUse.objects.create(
        institute_id=institute,
        kind=MarkKind(kind),
        number=_number(number),
        spoilt_reason=needed(reason),
        used_on=used_on,
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    enqueue_leaf(
        kind="marks:spoilt",
        subject=f"marks:{spoilt.institute_id}",
        data={"kind": str(spoilt.kind), "number": spoilt.number, "on": used_on.isoformat()},
        personal=acted_by(actor) | {"reason": Personal(spoilt.spoilt_reason, actor.person)},
    )
    return spoilt


def _works_for(user: User, unit: OrgUnit) -> bool:
    return scope_of(user, _MARKS).covers(unit.pk)


def _has_passed(verification: Verification) -> bool:
    if verification.state == VerificationState.CONCLUDED:
        return verification.conclusion == Conclusion.PASSED
    return bool(verification.judgement.get("verdict") == Outcome.PASSED.word)


def _number(text: str) -> str:
    """Return a number as it is kept: half width, upper case, no blanks.  BadMark for anything else."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if len(plain) > _LONGEST or not _WRITTEN.fullmatch(plain):
        raise BadMark(reason=_("“%(text)s”不是封印或标记的编号。") % {"text": text[:_LONGEST]})
    return plain


def _range(first: str, last: str) -> tuple[str, int, int, int]:
    """Return prefix, first and last number, and digits of a range."""
    ends = [_NUMBERED.fullmatch(_number(text)) for text in (first, last)]
    if ends[0] is None or ends[1] is None or ends[0][1] != ends[1][1]:
        raise BadMark(reason=_("起止编号要以数字结尾，前面的字相同。"))
    (prefix, begin), end = ends[0].groups(), ends[1][2]
    if len(prefix) > _LONGEST // 2 or int(end) < int(begin):
        raise BadMark(reason=_("止号不能小于起号，前面的字不能太长。"))
    if len(begin) != len(end) and begin.startswith("0"):
        raise BadMark(reason=_("起止编号的位数要相同。"))
    if int(end) - int(begin) >= _MOST_NUMBERS:
        raise BadMark(reason=_("一次最多登记 %(most)s 个编号。") % {"most": _MOST_NUMBERS})
    return prefix, int(begin), int(end), len(begin)
