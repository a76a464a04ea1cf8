"""A sample is drawn by nobody's choice, takes results of drawn meters only, and decides as its plan says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from quanheng.base import clock
from quanheng.base.errors import BureauError, StaleRevision
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
from quanheng.kernels.sampling.plans import double, single
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.lots.enums import Decision, ItemResult, MeterCondition, Origin
from quanheng.lots.errors import (
    BadReason,
    ListOpen,
    LotDecided,
    MayNotExtend,
    NoCheckpoint,
    NotDrawn,
    ReserveUsed,
    ResultsRefused,
    SampleDecided,
    SampleIncomplete,
    SampleOpen,
    SampleTooLarge,
    TooEarly,
    VerdictStands,
)
from quanheng.lots.limits import error_bounds
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Sample
from quanheng.lots.selectors import verified_meters
from quanheng.lots.services.lots import close_list
from quanheng.lots.services.samples import decide, draw_sample, record_results
from quanheng.parties.services import PartyDetails, save_party
from quanheng.transparency.models import PendingLeaf, SignedCheckpoint
from quanheng.transparency.sequencer import sequence
from quanheng.verification.enums import Conclusion, VerificationState, WorkKind, WorkPlace
from quanheng.verification.models import Verification, WorkOrder
from quanheng.web.staff.lot_words import draw_commands
from tests.instruments.making import TODAY, make_scale, unit
from tests.lots.making import KIND, a_closed_lot, a_lot, a_sample, found, meters, plan_of_rule, record
from tests.workforce.making import laboratory

pytestmark = pytest.mark.usefixtures("people")


def excluded(sample: Sample, position: int, reason: str = "表盖被打开") -> FoundMeter:
    item = sample.items.get(position=position)
    return FoundMeter(
        item.meter.serial_no, ItemResult.EXCLUDED, row=2, reason=reason, condition=MeterCondition.TAMPERED
    )


def test_the_draw_is_what_anyone_computes_from_the_list_and_the_checkpoint() -> None:
    sample = a_sample()
    keys = [f"M{at:05}" for at in range(40)]
    checkpoint = SignedCheckpoint.objects.get()
    assert sample.checkpoint == checkpoint.note
    assert sample.list_sha256 == list_sha256(keys)
    assert sample.seed == seed_of(checkpoint.note, list_sha256(keys))
    drawn = [item.meter.serial_key for item in sample.items.order_by("position")]
    assert drawn == draw(keys, sample.seed)[:10]
    assert [item.stage for item in sample.items.order_by("position")] == [1] * 5 + [0] * 5
    leaf = parse_leaf(bytes(PendingLeaf.objects.get(kind="sample:drawn").entry)).data
    assert leaf["drawn_sha256"] == list_sha256(drawn[:5])
    assert drawn[0] not in str(leaf)  # the log is for ever; which meters hang in homes is not for it


def test_the_seed_is_of_the_first_checkpoint_that_signs_the_list_so_nobody_waits_for_a_better_one() -> None:
    lot = a_closed_lot()
    first = SignedCheckpoint.objects.get()
    a_closed_lot(
        number="B",
        rows=meters(6, serial_no="") and [replace(one, serial_no=f"B{one.row}") for one in meters(6)],
    )
    assert SignedCheckpoint.objects.count() == 2
    assert draw_sample(actor=None, lot=lot, plan=plan_of_rule()).checkpoint == first.note


def test_who_replaces_a_meter_between_closing_and_drawing_moves_no_other() -> None:
    lot = a_closed_lot()
    keys = [f"M{at:05}" for at in range(40)]
    order = draw(keys, seed_of(SignedCheckpoint.objects.get().note, list_sha256(keys)))
    lot.meters.filter(serial_key=order[0]).update(condition=MeterCondition.REPLACED)
    sample = draw_sample(actor=None, lot=lot, plan=plan_of_rule())
    assert [item.meter.serial_key for item in sample.items.order_by("position")] == order[1:11]
    assert sample.list_sha256 == list_sha256(order[1:])
    assert f" --closed-sha256 {list_sha256(keys)} " in draw_commands(sample)[0]


def test_nothing_is_drawn_before_the_log_has_signed_the_closed_list() -> None:
    lot = a_lot()
    with pytest.raises(ListOpen):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule())
    sequence()  # signs what was before the closing
    close_list(actor=None, lot=lot)
    with pytest.raises(NoCheckpoint):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule())
    sequence()
    assert draw_sample(actor=None, lot=lot, plan=plan_of_rule()).position == 1


def test_a_lot_is_sampled_near_its_end_and_an_extended_one_not_before_its_new_end_is_near() -> None:
    rows = meters(10, installed_on=date(2020, 1, 5))
    with pytest.raises(TooEarly, match="2027-01-04"):
        draw_sample(actor=None, lot=a_closed_lot(rows=rows), plan=plan_of_rule())
    sample = record(a_sample(number="B", maker="乙电表厂"))
    decide(actor=None, sample=sample, revision=sample.revision)
    sequence()
    with pytest.raises(TooEarly):
        draw_sample(actor=None, lot=sample.lot, plan=plan_of_rule())


def test_a_lot_has_one_open_sample_and_a_plan_that_it_can_fill(people: dict[str, User]) -> None:
    lot = a_closed_lot()
    with pytest.raises(SampleTooLarge):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule(single(41, 1)))
    for name in ("auditor", "inspector"):
        with pytest.raises(NotPermitted):
            draw_sample(actor=people[name], lot=lot, plan=plan_of_rule())
    draw_sample(actor=people["officer"], lot=lot, plan=plan_of_rule())
    with pytest.raises(SampleOpen):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule())


@pytest.mark.parametrize("kind", ["water_meter", "gas_meter_diaphragm", "electricity_meter"])
def test_water_gas_and_other_meters_may_not_stay_by_their_state(kind: str) -> None:
    until = date(2026, 9, 9)
    lot = a_closed_lot(rows=meters(10, valid_until=until), kind=kind)
    with pytest.raises(MayNotExtend, match="试点规则"):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule(kinds=(kind,)))


@pytest.mark.parametrize(
    "change", [{"may_extend": False}, {"extension_years": None}, {"kinds": ("water_meter",)}]
)
def test_a_plan_that_lets_nothing_stay_is_not_drawn_by(change: dict[str, object]) -> None:
    lot = a_closed_lot()
    with pytest.raises(MayNotExtend, match="方案"):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule(**change))


def test_results_of_meters_that_were_not_drawn_are_refused_by_name_and_nothing_is_kept() -> None:
    sample = a_sample()
    spare = sample.items.get(position=6).meter.serial_no
    rows = [
        *found(sample),
        FoundMeter("99999", ItemResult.CONFORMING, 9),
        FoundMeter(spare, ItemResult.CONFORMING, 10),
    ]
    with pytest.raises(NotDrawn) as error:
        record_results(actor=None, sample=sample, results=rows)
    assert [one.row for one in error.value.rejected] == [9, 10]
    assert "99999" in error.value.text
    assert not sample.items.exclude(result=ItemResult.WAITING).exists()


def test_results_that_make_no_sense_are_refused_by_row() -> None:
    sample = a_sample()
    one, two, three, four, five = found(sample)
    day = sample.drawn_at.date()
    rows = [
        replace(one, tested_on=day - timedelta(days=1)),
        replace(two, tested_on=day + timedelta(days=1)),
        replace(three, tested_on=None),
        replace(four, errors=(float("nan"),)),
        replace(five, result=ItemResult.EXCLUDED, condition=MeterCondition.PRESENT, reason=""),
        replace(one, row=7),
    ]
    with pytest.raises(ResultsRefused) as error:
        record_results(actor=None, sample=sample, results=rows)
    assert {(one.row, one.column) for one in error.value.rejected} == {
        *((2, "检定日期"), (3, "检定日期"), (4, "检定日期"), (5, "误差")),
        *((6, "结果"), (6, "说明"), (7, "出厂编号")),
    }
    assert not sample.items.exclude(result=ItemResult.WAITING).exists()


def test_a_tampered_meter_is_replaced_by_the_next_of_the_draw_and_told_apart() -> None:
    sample = a_sample()
    record_results(actor=None, sample=sample, results=[excluded(sample, 2)])
    assert sample.items.get(position=6).stage == 1
    meter = sample.items.get(position=2).meter
    assert meter.condition == MeterCondition.TAMPERED
    sample = record(sample, 6)
    decided = decide(actor=None, sample=sample, revision=sample.revision)
    assert decided.judgement["excluded"] == {"tampered": 1}
    assert (decided.judgement["counted"], decided.judgement["nonconforming"]) == (5, 1)
    with pytest.raises(BureauError):
        record_results(actor=None, sample=sample, results=[])


def test_an_excluded_meter_does_not_come_back() -> None:
    sample = a_sample()
    one = found(sample)[1]
    record_results(actor=None, sample=sample, results=[excluded(sample, 2)])
    with pytest.raises(ResultsRefused):
        record_results(actor=None, sample=sample, results=[replace(one, reason="看错了")])


def test_when_the_reserve_is_used_up_nothing_is_excluded_any_more() -> None:
    sample = a_sample(plan=plan_of_rule(reserve=1))
    record_results(actor=None, sample=sample, results=[excluded(sample, 1)])
    with pytest.raises(ReserveUsed):
        record_results(actor=None, sample=sample, results=[excluded(sample, 2)])
    assert sample.items.get(position=2).result == ItemResult.WAITING


def test_the_same_results_twice_change_nothing_and_a_correction_says_why() -> None:
    sample = a_sample()
    rows = found(sample)
    assert record_results(actor=None, sample=sample, results=rows) == 5
    leaves = PendingLeaf.objects.count()
    assert record_results(actor=None, sample=sample, results=rows) == 0
    assert PendingLeaf.objects.count() == leaves
    wrong = replace(rows[0], result=ItemResult.NONCONFORMING)
    with pytest.raises(ResultsRefused):
        record_results(actor=None, sample=sample, results=[wrong])
    assert record_results(actor=None, sample=sample, results=[replace(wrong, reason="录入有误")]) == 1


def test_a_sample_smaller_than_the_plan_decides_nothing() -> None:
    sample = a_sample()
    record_results(actor=None, sample=sample, results=found(sample)[:4])
    sample.refresh_from_db()
    with pytest.raises(SampleIncomplete):
        decide(actor=None, sample=sample, revision=sample.revision)


def test_a_lot_that_passes_stays_by_the_years_of_the_rule() -> None:
    sample = record(a_sample(), 3)
    decided = decide(actor=None, sample=sample, revision=sample.revision)
    lot = sample.lot
    lot.refresh_from_db()
    assert decided.decision == Decision.EXTENDED
    assert decided.extended_until == lot.due_on == date(2030, 9, 9)
    assert set(lot.meters.values_list("valid_until", flat=True)) == {date(2030, 9, 9)}
    assert decided.judgement["extension_rule"] == "household_electricity_meter_by_state"


def test_days_that_fall_on_one_another_are_moved_once() -> None:
    rows = meters(10, installed_on=date(2018, 9, 20))
    rows[0] = replace(rows[0], installed_on=date(2022, 9, 20))
    sample = record(draw_sample(actor=None, lot=a_closed_lot(rows=rows), plan=plan_of_rule()))
    decide(actor=None, sample=sample, revision=sample.revision)
    days = sorted(set(sample.lot.meters.values_list("valid_until", flat=True)))
    assert days == [date(2030, 9, 19), date(2034, 9, 19)]


def test_a_lot_that_fails_is_replaced_and_nothing_moves() -> None:
    sample = record(a_sample(), 1, 3)
    decided = decide(actor=None, sample=sample, revision=sample.revision)
    sample.lot.refresh_from_db()
    assert decided.decision == Decision.REPLACE
    assert sample.lot.due_on == date(2026, 9, 9)
    assert decided.extended_until is None
    with pytest.raises(LotDecided):
        draw_sample(actor=None, lot=sample.lot, plan=plan_of_rule())


def test_a_double_plan_asks_for_its_second_stage_only_when_the_first_leaves_it_open() -> None:
    sample = a_sample(plan=plan_of_rule(double(4, 0, 2, 4, 1)))
    second = found(sample, stage=2)
    with pytest.raises(NotDrawn, match="不在"):
        record_results(actor=None, sample=sample, results=second[:1])
    sample = record(sample, 1)
    with pytest.raises(SampleIncomplete):
        decide(actor=None, sample=sample, revision=sample.revision)
    sample = record(sample, stage=2)
    assert decide(actor=None, sample=sample, revision=sample.revision).decision == Decision.EXTENDED


def test_a_sample_is_given_up_with_a_reason_but_never_to_get_rid_of_a_verdict() -> None:
    sample = a_sample()
    with pytest.raises(BadReason):
        decide(actor=None, sample=sample, revision=1, resample=True)
    record_results(actor=None, sample=sample, results=found(sample, 1, 2)[:2])
    sample.refresh_from_db()
    with pytest.raises(VerdictStands):
        decide(actor=None, sample=sample, revision=sample.revision, reason="太麻烦", resample=True)


def test_after_a_sample_is_given_up_the_next_needs_a_new_checkpoint() -> None:
    sample = a_sample()
    lot, seed = sample.lot, sample.seed
    given_up = decide(actor=None, sample=sample, revision=1, reason="样品在运输中损坏", resample=True)
    assert given_up.decision == Decision.RESAMPLE
    with pytest.raises(NoCheckpoint):
        draw_sample(actor=None, lot=lot, plan=plan_of_rule())
    sequence()
    again = draw_sample(actor=None, lot=lot, plan=plan_of_rule())
    assert (again.position, again.seed != seed) == (2, True)


def test_who_decides_second_is_told() -> None:
    sample = record(a_sample())
    with pytest.raises(StaleRevision):
        decide(actor=None, sample=sample, revision=sample.revision - 1)
    decide(actor=None, sample=sample, revision=sample.revision)
    with pytest.raises(SampleDecided):
        decide(actor=None, sample=sample, revision=sample.revision + 1)


def test_a_factory_lot_is_accepted_or_rejected_and_no_day_moves() -> None:
    sample = record(a_sample(origin=Origin.FACTORY, plan=plan_of_rule(may_extend=False)))
    assert decide(actor=None, sample=sample, revision=sample.revision).decision == Decision.ACCEPTED
    assert sample.lot.meters.filter(valid_until=date(2026, 9, 9)).count() == 40


def test_who_acted_and_why_are_commitments(people: dict[str, User]) -> None:
    officer = people["officer"]
    sample = a_sample(officer)
    decide(actor=officer, sample=sample, revision=1, reason="样品丢失", resample=True)
    entry = bytes(PendingLeaf.objects.get(kind="sample:decided").entry).decode()
    assert "样品丢失" not in entry
    assert officer.display_name not in entry
    assert "commitment" in entry


@pytest.mark.parametrize(
    ("result", "errors", "reason", "column"),
    [
        (ItemResult.CONFORMING, (0.4, -12.0), "", "结果"),
        (ItemResult.CONFORMING, (1000.0,), "", "结果"),
        (ItemResult.NONCONFORMING, (0.4, -0.2), "", "说明"),
    ],
)
def test_errors_that_say_the_opposite_of_the_result_are_refused(
    result: ItemResult, errors: tuple[float, ...], reason: str, column: str
) -> None:
    sample = a_sample()
    one = replace(found(sample)[0], result=result, errors=errors, reason=reason)
    with pytest.raises(ResultsRefused, match="JJG 596") as error:
        record_results(actor=None, sample=sample, results=[one])
    assert [(row.row, row.column) for row in error.value.rejected] == [(one.row, column)]


def test_errors_that_agree_or_are_explained_are_taken() -> None:
    sample = a_sample()
    one, two, three, four, _last = found(sample)
    rows = [
        replace(one, errors=(2.5,)),  # the limit of class 2 at a small current
        replace(two, result=ItemResult.NONCONFORMING, errors=(2.6,)),
        replace(three, result=ItemResult.NONCONFORMING, errors=(0.2,), reason="潜动"),
        replace(four, errors=()),
    ]
    assert record_results(actor=None, sample=sample, results=rows) == 4


def test_no_limits_are_known_of_a_class_that_the_regulation_lacks() -> None:
    assert error_bounds(KIND, "", TODAY) is None
    assert error_bounds("unknown", "2", TODAY) is None
    bounds = error_bounds(KIND, "2", TODAY)
    assert bounds is not None
    assert (bounds.smallest, bounds.largest) == (2.0, 2.6)
    water = error_bounds("water_meter", "2", TODAY)
    assert water is not None
    assert (water.smallest, water.largest) == (2.0, 10.0)  # twice the limit in use


def test_results_are_taken_from_verifications_concluded_since_the_draw(people: dict[str, User]) -> None:
    sample = a_sample()
    party = save_party(
        actor=None, public_id=None, revision=0, details=PartyDetails(name="供电公司", town=unit("亭子镇"))
    )

    def verified(position: int, conclusion: Conclusion, on: date, maker: str = "甲电表厂") -> None:
        instrument = make_scale(
            kind=KIND,
            owner=party,
            manufacturer=maker,
            serial_no=sample.items.get(position=position).meter.serial_no,
        )
        conclude(people, instrument, conclusion, on)

    verified(1, Conclusion.PASSED, TODAY)
    verified(2, Conclusion.REJECTED, TODAY)
    verified(3, Conclusion.PASSED, TODAY - timedelta(days=1))  # before the draw
    verified(4, Conclusion.PASSED, TODAY, "乙电表厂")  # another maker's meter of the same number
    verified(6, Conclusion.PASSED, TODAY)  # of the reserve
    assert record_results(actor=people["officer"], sample=sample, results=verified_meters(sample)) == 2
    taken = {item.position: item for item in sample.items.exclude(result=ItemResult.WAITING)}
    assert {at: item.result for at, item in taken.items()} == {1: "conforming", 2: "nonconforming"}
    assert all(item.verification is not None for item in taken.values())
    assert verified_meters(sample) == []


def conclude(people: dict[str, User], instrument: Instrument, conclusion: Conclusion, on: date) -> None:
    now = clock.now()
    order = WorkOrder.objects.create(
        institute=laboratory(),
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.LAB,
        planned_on=on,
        verifier=people["verifier"],
        checker=people["checker"],
        signatory=people["signatory"],
        created_by=people["checker"],
        created_at=now,
    )
    Verification.objects.create(
        work_order=order,
        instrument=instrument,
        kind=WorkKind.PERIODIC,
        state=VerificationState.CONCLUDED,
        performed_on=on,
        edition="jjg_596_2012",
        procedure_sha256="5a" * 32,
        conclusion=conclusion,
        valid_until=on + timedelta(days=364) if conclusion == Conclusion.PASSED else None,
        verifier=people["verifier"],
        submitted_at=now,
        checker=people["checker"],
        checked_at=now,
        signatory=people["signatory"],
        concluded_at=now,
    )
