"""Writes: a sample is drawn, its results recorded, the lot decided.  None of it is edited afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.sheets import Rejected
from quanheng.base.texts import text_fault
from quanheng.core.models import User
from quanheng.kernels.dates import add_months
from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
from quanheng.kernels.sampling.plans import plan_to_dict
from quanheng.kernels.text_keys import serial_key
from quanheng.lots.enums import Decision, ItemResult, MeterCondition, Origin
from quanheng.lots.errors import (
    ListOpen,
    LotDecided,
    NoCheckpoint,
    NotDrawn,
    ReserveUsed,
    ResultsRefused,
    SampleDecided,
    SampleOpen,
    SampleTooLarge,
    TooEarly,
)
from quanheng.lots.extension_rules import sample_within_months
from quanheng.lots.judging import open_stage
from quanheng.lots.limits import ErrorBounds, error_bounds
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import MAX_REASON, Lot, LotMeter, Sample, SampleItem
from quanheng.lots.services.decisions import decide, extension_rule
from quanheng.lots.services.shared import (
    CHANGE,
    RECORD,
    ROWS_AT_ONCE,
    locked_lot,
    locked_sample,
    log,
    refuse_stranger,
    store_list,
)
from quanheng.transparency.models import SignedCheckpoint
from quanheng.transparency.selectors import first_checkpoint_of

if TYPE_CHECKING:
    from quanheng.lots.plan_rules import PlanOfRule

__all__ = ["decide", "draw_sample", "record_results"]
COUNTED = (ItemResult.CONFORMING, ItemResult.NONCONFORMING)
_NOT_COUNTED = (MeterCondition.TAMPERED, MeterCondition.DAMAGED, MeterCondition.MISSING)
_MOST_ERRORS = 50
_LARGEST_ERROR = 1000.0  # [%]: a meter that counts ten times too much


@transaction.atomic
def draw_sample(*, actor: User | None, lot: Lot, plan: PlanOfRule) -> Sample:
    """Draw a sample of what is still in use of a closed list, with as many in reserve.

    The seed is that of the first checkpoint which signs the closed list, or the decision to draw again: nobody could
    know it before, and nobody can wait for a better one.  It is bound to the list as it was closed: a meter
    that was replaced since is left out, and the others keep their order.  Call `transparency.sequencer.sequence` before, outside of
    any transaction, where the worker has not.

    Raises
    ------
    NotPermitted, ListOpen, SampleOpen, LotDecided, TooEarly
        The person may not; the list is open; a sample waits for results; the lot is decided, or not near its end.
    MayNotExtend
        Meters in service that no rule, or not this plan, lets stay: there is nothing that the sample could decide.
    NoCheckpoint, SampleTooLarge
        The log has not signed the list yet; the plan asks for more meters than there are.
    """
    refuse_stranger(actor, CHANGE)
    lot = locked_lot(lot)
    last = lot.samples.order_by("-position").first()
    _refuse_undrawable(lot, last)
    if lot.origin == Origin.IN_SERVICE:
        extension_rule(lot, plan.kinds if plan.may_extend else (), plan.extension_years, clock.today())
        _refuse_early_draw(lot)
    rows = lot.meters.filter(condition=MeterCondition.PRESENT).order_by()
    ids = dict(rows.values_list("serial_key", "pk"))
    total = plan.plan.total
    if total > len(ids):
        raise SampleTooLarge(needed=total, size=len(ids))
    checkpoint = _checkpoint_of(lot, last)
    digest = store_list(ids)
    seed = seed_of(checkpoint.note, lot.list_sha256)
    order = draw(ids, seed)
    sample = Sample.objects.create(
        lot=lot,
        position=last.position + 1 if last else 1,
        plan=plan.to_dict(),
        list_sha256=digest,
        lot_size=len(ids),
        checkpoint=checkpoint.note,
        seed=seed,
        drawn_by=actor,
        drawn_at=clock.now(),
    )
    stages = [at for at, stage in enumerate(plan.plan.stages, 1) for _one in range(stage.n)]
    stages += [0] * (total if plan.reserve is None else plan.reserve)
    SampleItem.objects.bulk_create(
        (
            SampleItem(sample=sample, meter_id=ids[key], position=at, stage=stage)
            for at, (key, stage) in enumerate(zip(order, stages, strict=False), 1)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    log(
        "drawn",
        sample,
        actor,
        rule=plan.rule_key,
        plan=plan_to_dict(plan.plan),
        size=len(ids),
        list_sha256=digest,
        tree_size=checkpoint.tree_size,
        seed=seed,
        drawn_sha256=list_sha256(order[:total]),
    )
    return sample


@transaction.atomic
def record_results(*, actor: User | None, sample: Sample, results: Sequence[FoundMeter]) -> int:
    """Record what was found of drawn meters, all or none; return how many results are new or corrected.

    An excluded meter is replaced by the next one of the draw.  A result that stands is corrected with a reason.

    Raises
    ------
    NotPermitted, SampleDecided
        The person may not; the lot was decided by this sample.
    NotDrawn
        Meters that the draw did not name, or names for a stage that is not due; each is named.
    ResultsRefused, ReserveUsed
        Rows that make no sense; there is nothing left to replace an excluded meter by.
    """
    refuse_stranger(actor, RECORD)
    sample = locked_sample(sample)
    if sample.decision:
        raise SampleDecided(decision=sample.get_decision_display())
    items = list(sample.items.select_related("meter").order_by("position"))
    rows = _rows_of(sample, items, results)
    changed = [(item, found) for item, found in rows if _is_new(item, found)]
    reserve = iter([item for item in items if item.stage == 0])
    now, taken = clock.now(), []
    for item, found in changed:
        if found.result == ItemResult.EXCLUDED:
            if item.result != ItemResult.EXCLUDED:
                spare = next(reserve, None)
                if spare is None:
                    raise ReserveUsed()
                spare.stage = item.stage
                taken.append(spare)
            item.meter.condition, item.meter.condition_on = found.condition, found.tested_on or clock.today()
        item.result, item.errors = found.result, list(found.errors)
        item.tested_on, item.reason = found.tested_on, found.reason.strip()
        item.verification = found.verification
        item.entered_by, item.entered_at = actor, now
    _refuse_early(sample, items, changed)
    fields = ("stage", "result", "errors", "tested_on", "reason", "verification", "entered_by", "entered_at")
    SampleItem.objects.bulk_update([*(item for item, _found in changed), *taken], fields, batch_size=500)
    gone = [item.meter for item, found in changed if found.result == ItemResult.EXCLUDED]
    LotMeter.objects.bulk_update(gone, ["condition", "condition_on"], batch_size=500)
    if changed:
        Sample.objects.filter(pk=sample.pk).update(revision=sample.revision + 1)
        log(
            "recorded",
            sample,
            actor,
            results=[[item.position, str(item.result)] for item, _found in changed],
            added=[item.position for item in taken],
        )
    return len(changed)


def _refuse_undrawable(lot: Lot, last: Sample | None) -> None:
    if not lot.is_complete:
        raise ListOpen()
    if last is not None and not last.decision:
        raise SampleOpen()
    if last is not None and last.decision in {Decision.REPLACE, Decision.REJECTED, Decision.ACCEPTED}:
        raise LotDecided(decision=last.get_decision_display())


def _refuse_early_draw(lot: Lot) -> None:
    """Refuse a sample of meters that are not near their end: it says nothing of the years after it.  TooEarly."""
    months = sample_within_months()
    if lot.due_on is not None and lot.due_on > add_months(clock.today(), months):
        raise TooEarly(due=lot.due_on, months=months, first=add_months(lot.due_on, -months))


def _checkpoint_of(lot: Lot, last: Sample | None) -> SignedCheckpoint:
    """Return the first checkpoint that signs what made this draw possible.  NoCheckpoint."""
    kind, subject = (
        ("lot:closed", f"lot:{lot.public_id}")
        if last is None
        else ("sample:decided", f"sample:{last.public_id}")
    )
    found = first_checkpoint_of(kind, subject)
    if found is None:
        raise NoCheckpoint(what=_("这份名单") if last is None else _("上次决定"))
    return found


def _rows_of(
    sample: Sample, items: Sequence[SampleItem], results: Sequence[FoundMeter]
) -> list[tuple[SampleItem, FoundMeter]]:
    """Return each result with the drawn meter that it is of.  NotDrawn, ResultsRefused."""
    drawn = {item.meter.serial_key: item for item in items if item.stage}
    strange = [found for found in results if serial_key(found.serial_no) not in drawn]
    if strange:
        reason = _("不在抽出的样本中。")
        raise NotDrawn(
            [Rejected(found.row, _("出厂编号"), reason) for found in strange],
            [found.serial_no for found in strange],
        )
    rejected: list[Rejected] = []
    seen: dict[str, int] = {}
    today = clock.today()
    since = min(timezone.localdate(sample.drawn_at), today)  # a clock may have been set back
    bounds = error_bounds(sample.lot.kind, sample.lot.accuracy_class, today)
    rows = []
    for found in results:
        key = serial_key(found.serial_no)
        item = drawn[key]
        if key in seen:
            told = _("与第 %(row)s 行重复。") % {"row": seen[key]}
            rejected.append(Rejected(found.row, _("出厂编号"), told))
        seen.setdefault(key, found.row)
        faults = [
            *_result_faults(item, found),
            *_day_faults(found, since, today),
            *_error_faults(found, bounds),
        ]
        rejected += [Rejected(found.row, column, reason) for column, reason in faults]
        rows.append((item, found))
    if rejected:
        raise ResultsRefused(rejected)
    return rows


def _result_faults(item: SampleItem, found: FoundMeter) -> Iterable[tuple[str, str]]:
    if fault := text_fault(_("说明"), found.reason.strip(), MAX_REASON, is_needed=False):
        yield _("说明"), fault
    if found.result == ItemResult.EXCLUDED:
        if found.condition not in _NOT_COUNTED:
            labels = _("、").join(str(one.label) for one in _NOT_COUNTED)
            yield _("结果"), _("只有%(labels)s的表可以不计入。") % {"labels": labels}
        if not found.reason.strip():
            yield _("说明"), _("不计入的表须写明原因。")
    elif found.result not in COUNTED:
        yield _("结果"), _("应为合格、不合格或不计入。")
    if item.result == ItemResult.EXCLUDED and found.result != ItemResult.EXCLUDED:
        yield _("结果"), _("这台已不计入，并已由下一台补上。")
    elif item.result in COUNTED and item.result != found.result and not found.reason.strip():
        yield _("说明"), _("已记为%(result)s，更正须写明理由。") % {"result": item.get_result_display()}


def _day_faults(found: FoundMeter, since: date, today: date) -> Iterable[tuple[str, str]]:
    day = found.tested_on
    if day is None:
        if found.result in COUNTED:
            yield _("检定日期"), _("没有填写。")
    elif day < since:
        yield _("检定日期"), _("早于抽样的日期 %(day)s。") % {"day": f"{since:%Y-%m-%d}"}
    elif day > today:
        yield _("检定日期"), _("%(day)s 还没有到。") % {"day": f"{day:%Y-%m-%d}"}


def _error_faults(found: FoundMeter, bounds: ErrorBounds | None) -> Iterable[tuple[str, str]]:
    if len(found.errors) > _MOST_ERRORS:
        yield _("误差"), _("超过 %(most)s 个点。") % {"most": _MOST_ERRORS}
    if any(not isfinite(error) or abs(error) > _LARGEST_ERROR for error in found.errors):
        yield _("误差"), _("超出可能的范围（±%(most)g %%）。") % {"most": _LARGEST_ERROR}
    elif bounds is not None and found.errors:
        yield from _contradictions(found, bounds, max(found.errors, key=abs))


def _contradictions(found: FoundMeter, bounds: ErrorBounds, worst: float) -> Iterable[tuple[str, str]]:
    """Yield where the errors of a meter say the opposite of its result."""
    given = {"error": f"{worst:+g}", "document": bounds.document}
    if found.result == ItemResult.CONFORMING and abs(worst) > bounds.largest:
        yield (
            _("结果"),
            _("误差 %(error)s %% 超过 %(document)s 的误差限，结果却是合格。请核对。") % given,
        )
    if (
        found.result == ItemResult.NONCONFORMING
        and abs(worst) <= bounds.smallest
        and not found.reason.strip()
    ):
        yield (
            _("说明"),
            _("误差都在 %(document)s 的误差限以内，结果却是不合格：请写明哪里不合格，或更正。") % given,
        )


def _is_new(item: SampleItem, found: FoundMeter) -> bool:
    if found.result == ItemResult.EXCLUDED and item.meter.condition != found.condition:
        return True
    return (item.result, item.tested_on, item.errors) != (found.result, found.tested_on, list(found.errors))


def _refuse_early(
    sample: Sample, items: Sequence[SampleItem], changed: Sequence[tuple[SampleItem, FoundMeter]]
) -> None:
    """Refuse results of a stage that the stages before it do not ask for.  NotDrawn."""
    due = open_stage(sample.plan, items)
    early = [found for item, found in changed if item.stage > due]
    if early:
        reason = _("是第 %(stage)s 阶段以后的样本，还不用检。") % {"stage": due}
        raise NotDrawn(
            [Rejected(found.row, _("出厂编号"), reason) for found in early],
            [found.serial_no for found in early],
        )
