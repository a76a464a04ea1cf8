"""From a suspicion to a test on site: proposing meters, asking an institute, closing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.fleet.models import MeterResult
from quanheng.followups.enums import FollowUpState, Selection
from quanheng.followups.errors import BadOrder, MeterFollowed
from quanheng.followups.models import MAX_SERIAL, OPEN, ControlDraw, FollowUp
from quanheng.followups.services.shared import (
    ORDER,
    locked_follow_up,
    log,
    move,
    needed,
    refuse_unpermitted,
)
from quanheng.instruments.enums import Condition, Filing, Use
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.filing import file_instruments, submit_instruments
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.parties.models import Party
from quanheng.verification.enums import WorkKind, WorkPlace
from quanheng.verification.models import Application
from quanheng.verification.services.applications import submit_application

KIND, NAME = "household_electricity_meter", "单相电能表"
MOST = 200
_CURRENTS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[(（]\s*(\d+(?:\.\d+)?)\s*[)）]\s*[Aa安]?\s*", re.ASCII)


@dataclass(frozen=True)
class Chosen:
    """A meter to be tested, with what stands on its nameplate; the maker may be unknown."""

    result: int
    serial_no: str
    manufacturer: str = ""
    model: str = ""
    accuracy_class: str = ""
    ratings: str = ""


@transaction.atomic
def propose_follow_ups(*, actor: User, results: Sequence[int], is_demo: bool = False) -> list[FollowUp]:
    """Put meters on the list of those to be tested, each with its estimate as it is now.

    Raises
    ------
    NotPermitted
        The person may not order tests.
    BadOrder, MeterFollowed
        No meters, too many, one without an estimate; one is followed already.
    """
    refuse_unpermitted(actor, ORDER)
    rows = _results(results)
    made = create_follow_ups(actor, rows, Selection.SUSPECT, is_demo=is_demo)
    for one in made:
        log("proposed", f"followup:{one.public_id}", actor, selection=str(one.selection), demo=is_demo)
    return made


@transaction.atomic
def order_tests(
    *,
    actor: User,
    meters: Sequence[Chosen],
    utility: int,
    institute: int,
    wished_on: date | None = None,
    note: str = "",
    is_demo: bool = False,
) -> Application:
    """Ask an institute, on behalf of the utility, to verify meters where they hang; all or none.

    Each is found in the registry by its serial, or registered and filed for the utility.  The institute accepts, plans
    and concludes as for any application.

    Raises
    ------
    NotPermitted
        The person may not order tests.
    BadOrder, MeterFollowed, quanheng.verification.errors.*, quanheng.instruments.errors.*
        No such utility; no serial, or one twice; a meter is being tested already; what applying and registering refuse.
    """
    refuse_unpermitted(actor, ORDER)
    party = Party.objects.filter(pk=utility).first()
    if party is None:
        raise BadOrder(reason=_("请选择供电企业。"))
    by_result = {one.result: one for one in meters}
    rows = _results(list(by_result))
    keys = [serial_key(one.serial_no) for one in meters]
    if not all(keys) or any(len(one.serial_no.strip()) > MAX_SERIAL for one in meters):
        raise BadOrder(reason=_("每台都要填出厂编号，不超过 %(most)s 个字。") % {"most": MAX_SERIAL})
    if len(set(keys)) != len(meters) or len(by_result) != len(meters):
        raise BadOrder(reason=_("有的电能表或出厂编号出现了两次。"))
    follow_ups = _proposed(actor, rows, is_demo=is_demo)
    found = [_instrument(actor, party, row, by_result[row.pk], is_demo=is_demo) for row in rows]
    application = submit_application(
        actor=actor,
        institute=institute,
        applicant=party.pk,
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.ON_SITE,
        wished_on=wished_on,
        note=note,
        instruments=[one.public_id for one in found],
        is_demo=is_demo,
    )
    for follow_up, instrument in zip(follow_ups, found, strict=True):
        follow_up.instrument, follow_up.application = instrument, application
        move(follow_up, FollowUpState.ORDERED)
    log(
        "ordered",
        f"application:{application.public_id}",
        actor,
        followups=[f"followup:{one.public_id}" for one in follow_ups],
        demo=is_demo,
    )
    return application


@transaction.atomic
def close_follow_up(*, actor: User, public_id: UUID, revision: int, reason: str) -> FollowUp:
    """End a follow-up with a reason: conforming after all, the meter has gone, another cause was found.

    What is asked of an institute is taken back there first.

    Raises
    ------
    NotPermitted, FollowUpNotFound, StaleRevision, WrongFollowUpState, BadFollowUpReason
        As `shared.locked_follow_up`; no reason.
    """
    refuse_unpermitted(actor, ORDER)
    states = {FollowUpState.PROPOSED, FollowUpState.TESTED}
    follow_up = locked_follow_up(public_id, revision, states)
    move(follow_up, FollowUpState.CLOSED, needed(reason), actor)
    log("closed", f"followup:{follow_up.public_id}", actor, reason=follow_up.reason, demo=follow_up.is_demo)
    return follow_up


def create_follow_ups(
    actor: User,
    rows: Sequence[MeterResult],
    selection: Selection,
    *,
    is_demo: bool,
    drawn_in: ControlDraw | None = None,
) -> list[FollowUp]:
    """Put meters on the list within the transaction of a service, each with its estimate.  MeterFollowed, BadOrder."""
    now = clock.now()
    for row in rows:
        open_one = FollowUp.objects.filter(
            area=row.area_result.area_id, meter_id=row.meter_id, state__in=OPEN
        )
        if open_one.exists():
            raise MeterFollowed(meter=row.meter_id)
    made = [
        FollowUp(
            area=row.area_result.area,
            meter_id=row.meter_id,
            result=row,
            selection=selection,
            drawn_in=drawn_in,
            **_figures(row),
            created_by=actor,
            created_at=now,
            is_demo=is_demo or row.area_result.area.is_demo,
        )
        for row in rows
    ]
    try:
        with transaction.atomic():
            return FollowUp.objects.bulk_create(made)
    except IntegrityError as error:
        raise MeterFollowed(meter=_("（另一人同时安排了）")) from error


def _results(wanted: Sequence[int]) -> list[MeterResult]:
    """Return the results in the order of their keys, locked against nobody: they never change."""
    if not 1 <= len(set(wanted)) <= MOST:
        raise BadOrder(reason=_("一次 1 到 %(most)s 台。") % {"most": MOST})
    rows = MeterResult.objects.select_related("area_result__area__town").filter(pk__in=wanted)
    found = list(rows.order_by("pk"))
    if len(found) != len(set(wanted)):
        raise BadOrder(reason=_("有的电能表没有找到。"))
    for row in found:
        _figures(row)
    return found


def _figures(row: MeterResult) -> dict[str, float]:
    """Return the estimate that a follow-up keeps.  BadOrder where there is none."""
    if row.error_percent is None or row.standard_uncertainty_percent is None:
        raise BadOrder(reason=_("电能表 %(meter)s 没有估计，说明不了什么。") % {"meter": row.meter_id})
    if row.probability_out_of_tolerance is None:
        raise BadOrder(
            reason=_("电能表 %(meter)s 没有超差的概率：先查清台区的问题。") % {"meter": row.meter_id}
        )
    if row.mpe_percent is None:
        raise BadOrder(
            reason=_("电能表 %(meter)s 的结果没有写按多大的最大允许误差判断：先重新估计这个台区。")
            % {"meter": row.meter_id}
        )
    return {
        "error_percent": row.error_percent,
        "standard_uncertainty_percent": row.standard_uncertainty_percent,
        "probability": row.probability_out_of_tolerance,
        "mpe_percent": row.mpe_percent,
    }


def _proposed(actor: User, rows: Sequence[MeterResult], *, is_demo: bool) -> list[FollowUp]:
    """Return the follow-up of each result, locked: the one proposed before, else a new one."""
    waiting = FollowUp.objects.select_for_update().filter(
        state=FollowUpState.PROPOSED, meter_id__in=[row.meter_id for row in rows]
    )
    known = {(one.area_id, one.meter_id): one for one in waiting.order_by("pk")}
    new = [row for row in rows if (row.area_result.area_id, row.meter_id) not in known]
    for one in create_follow_ups(actor, new, Selection.SUSPECT, is_demo=is_demo) if new else []:
        known[one.area_id, one.meter_id] = one
    return [known[row.area_result.area_id, row.meter_id] for row in rows]


def _instrument(
    actor: User, utility: Party, row: MeterResult, chosen: Chosen, *, is_demo: bool
) -> Instrument:
    """Return the registered meter of this serial, or register it; of the utility, filed."""
    same = Instrument.objects.filter(serial_key=serial_key(chosen.serial_no), kind=KIND)
    same = same.exclude(condition=Condition.MERGED)
    if maker := name_key(chosen.manufacturer):
        same = same.filter(maker_key=maker)
    else:
        same = same.filter(owner=utility)
    known = list(same[:2])
    if len(known) > 1:
        raise BadOrder(
            reason=_("出厂编号 %(serial)s 登记了不止一台，请填写制造单位。") % {"serial": chosen.serial_no}
        )
    if known:
        return _filed(actor, known[0])
    area = row.area_result.area
    details = InstrumentDetails(
        name=NAME,
        kind=KIND,
        model=chosen.model,
        serial_no=chosen.serial_no,
        manufacturer=chosen.manufacturer,
        accuracy_class=chosen.accuracy_class,
        details=_ratings(chosen),
        use=Use.TRADE,
        owner=utility,
        town=area.town,
        spot=_("台区 %(area)s") % {"area": area.area_id[:80]},
    )
    made = register_instrument(actor=actor, details=details, submit=True, is_demo=is_demo)
    return _filed(actor, made)


def _filed(actor: User, instrument: Instrument) -> Instrument:
    if instrument.filing in {Filing.DRAFT, Filing.RETURNED}:
        submit_instruments(actor=actor, public_ids=[instrument.public_id])
        instrument.refresh_from_db()
    if instrument.filing == Filing.SUBMITTED:
        file_instruments(actor=actor, public_ids=[instrument.public_id])
        instrument.refresh_from_db()
    return instrument


def _ratings(chosen: Chosen) -> dict[str, str]:
    """Return the currents of a nameplate such as 5(60) A by the names of JJG 596."""
    if not chosen.ratings.strip():
        return {}
    found = _CURRENTS.fullmatch(chosen.ratings)
    if found is None:
        raise BadOrder(reason=_("电流规格“%(text)s”应写作 5(60) A。") % {"text": chosen.ratings[:20]})
    return {"Ib": f"{found[1]} A", "Imax": f"{found[2]} A"}
