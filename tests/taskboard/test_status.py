from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.instruments.tally import Counts, RegistryTally
from quanheng.taskboard.errors import UnknownIndicator
from quanheng.taskboard.indicators import REGISTRY, find
from quanheng.taskboard.records import FRESH_DAYS, EvidenceRecord, PlanRecords, TaskRecord
from quanheng.taskboard.status import Status, judge

TODAY = date(2026, 11, 23)


def _task(label: str = "（一）1", **changes: object) -> TaskRecord:
    fields = {
        "title": "甲",
        "lead": ("区市场监管局",),
        "responsible": ("各乡镇人民政府",),
        "obliged": ("区市场监管局", "甲镇", "乙镇"),
        "deadline_on": None,
        "is_continuous": True,
        "targets": (),
    }
    return TaskRecord(key=label, label=label, **(fields | changes))  # type: ignore[arg-type]


def _records(task: TaskRecord, *evidence: tuple[str, int]) -> PlanRecords:
    filed = tuple(
        EvidenceRecord(task.label, unit, TODAY - timedelta(days=age), f"{number:064x}")
        for number, (unit, age) in enumerate(evidence)
    )
    return PlanRecords("规划", "甲〔2026〕1号", TODAY, (task,), filed, ("lead_differs",))


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ([], Status.NOT_STARTED),
        ([("甲镇", 0)], Status.MOVING),
        ([("甲镇", FRESH_DAYS - 1)], Status.MOVING),
        ([("甲镇", FRESH_DAYS)], Status.STALE),
        ([("甲镇", 500), ("乙镇", 3)], Status.MOVING),
    ],
)
def test_without_targets_the_age_of_the_evidence_decides(
    evidence: list[tuple[str, int]], status: Status
) -> None:
    task = _task()

    assert judge(_records(task, *evidence), task).status is status


def test_a_passed_deadline_is_overdue_unless_the_target_is_met() -> None:
    yesterday = TODAY - timedelta(days=1)
    late = _task(deadline_on=yesterday, is_continuous=False, targets=(("task.units_filing", "1"),))

    assert judge(_records(late), late).status is Status.OVERDUE
    assert judge(_records(late, ("甲镇", 1)), late).status is Status.DONE


def test_on_the_last_day_a_task_is_not_overdue_yet() -> None:
    task = _task(deadline_on=TODAY, is_continuous=False)

    assert judge(_records(task), task).status is Status.NOT_STARTED


def test_a_task_is_done_only_when_every_target_is_met() -> None:
    task = _task(targets=(("task.units_filing", "1"), ("task.evidence", "2")))

    assert judge(_records(task, ("甲镇", 1)), task).status is Status.MOVING
    assert judge(_records(task, ("甲镇", 1), ("乙镇", 1)), task).status is Status.DONE


def test_an_indicator_without_target_never_makes_a_task_done() -> None:
    task = _task(targets=(("task.evidence", None),))

    assert judge(_records(task, ("甲镇", 1)), task).status is Status.MOVING


def test_every_indicator_of_an_example_has_the_value_counted_by_hand() -> None:
    task = _task(targets=(("task.evidence", None),))
    records = _records(task, ("甲镇", 1), ("甲镇", 2), ("乙镇", FRESH_DAYS + 1))
    expected = {
        "plan.tasks": "1",
        "plan.tasks_evidenced": "1",
        "plan.tasks_evidenced_percent": "100.0",
        "plan.tasks_without_indicator": "0",
        "plan.units_obliged": "3",
        "plan.units_filing": "1",
        "plan.evidence": "3",
        "plan.findings": "1",
        "plan.tasks_overdue": "0",
        "plan.tasks_not_started": "0",
        "plan.tasks_stale": "0",
        "plan.tasks_moving": "1",
        "plan.tasks_done": "0",
        "task.units_filing": "1",
        "task.units_filing_percent": "33.3",
        "task.evidence": "3",
    }

    values = {
        name: str(item.value(records, task if item.per_task else None))
        for name, item in REGISTRY.items()
        if not item.of_county  # those: tests/instruments/test_tally.py, tests/certificates/test_tally.py
    }
    assert values == expected


def test_an_empty_plan_has_zeros_and_divides_by_nothing() -> None:
    records = PlanRecords("规划", "", TODAY, (), (), ())

    assert {item.value(records) for item in REGISTRY.values() if not item.per_task} == {0}


def test_what_the_registry_shows_can_complete_a_task() -> None:
    task = _task(targets=(("registry.filing_percent", "95"),))
    tally = RegistryTally(TODAY, (("甲镇", "price_scale", Counts(known=100, mandatory=100, filed=94)),))
    records = replace(_records(task), registry=tally)
    assert judge(records, task).status is Status.NOT_STARTED

    tally = RegistryTally(TODAY, (("甲镇", "price_scale", Counts(known=100, mandatory=100, filed=95)),))
    assert judge(replace(records, registry=tally), task).status is Status.DONE


def test_the_open_form_brings_the_registry_back_and_older_files_have_none() -> None:
    tally = RegistryTally(TODAY, (("甲镇", "price_scale", Counts(known=3, mandatory=2, due=2, overdue=1)),))
    records = replace(_records(_task()), registry=tally)
    data = records.to_dict()
    assert PlanRecords.from_dict(data) == records

    del data["registry"]
    assert PlanRecords.from_dict(data).registry == RegistryTally()


def test_a_per_task_indicator_needs_a_task_and_a_name_must_exist() -> None:
    task = _task()
    with pytest.raises(ValueError, match="per_task"):
        REGISTRY["task.evidence"].value(_records(task))
    with pytest.raises(ValueError, match="per_task"):
        REGISTRY["plan.tasks"].value(_records(task), task)
    with pytest.raises(UnknownIndicator, match="plan.nonsense"):
        find("plan.nonsense")


names = st.text(min_size=1, max_size=10)
tasks = st.builds(
    TaskRecord,
    key=names,
    label=names,
    title=names,
    lead=st.lists(names, max_size=2).map(tuple),
    responsible=st.lists(names, max_size=2).map(tuple),
    obliged=st.lists(names, max_size=3).map(tuple),
    deadline_on=st.none() | st.dates(),
    is_continuous=st.booleans(),
    targets=st.lists(st.tuples(names, st.none() | st.just("1.5")), max_size=2).map(tuple),
)
evidence = st.builds(EvidenceRecord, task=names, unit=names, happened_on=st.dates(), sha256=names)
snapshots = st.builds(
    PlanRecords,
    title=names,
    doc_number=st.text(max_size=5),
    on=st.dates(),
    tasks=st.lists(tasks, max_size=3).map(tuple),
    evidence=st.lists(evidence, max_size=3).map(tuple),
    findings=st.lists(names, max_size=3).map(tuple),
    plan_option=st.just(""),
)


@given(snapshots)
def test_open_data_read_back_is_the_snapshot(records: PlanRecords) -> None:
    assert PlanRecords.from_dict(records.to_dict()) == records


_BAD_TARGET = {
    "key": "1",
    "label": "1",
    "title": "甲",
    "lead": [],
    "responsible": [],
    "obliged": [],
    "deadline_on": None,
    "is_continuous": True,
    "targets": [["task.evidence", "abc"]],
}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other/1"},
        {"on": None},
        {"tasks": [{}]},
        {"evidence": 3},
        {"tasks": [_BAD_TARGET]},
    ],
)
def test_open_data_of_another_form_is_refused(change: dict[str, object]) -> None:
    task = _task()
    with pytest.raises(ValueError, match="format|missing"):
        PlanRecords.from_dict(_records(task).to_dict() | change)


def test_the_figures_of_a_leading_unit_count_its_tasks_only() -> None:
    mine, other = _task("1"), _task("2", lead=("区水务局",))
    filed = (EvidenceRecord("2", "甲镇", TODAY, "0" * 64),)
    records = PlanRecords("规划", "", TODAY, (mine, other), filed, ())

    led = records.led_by("区市场监管局")
    assert [task.label for task in led.tasks] == ["1"]
    assert led.evidence == ()
    assert REGISTRY["plan.tasks_evidenced"].value(records.led_by("区水务局")) == 1
    command = REGISTRY["plan.tasks"].command(lead="区水务局", data="plan.json")
    assert command == "quanheng indicator show plan.tasks --lead '区水务局' --data plan.json"


def test_a_task_is_found_by_key_or_by_a_label_that_only_one_has() -> None:
    twins = (_task("（一）"), replace(_task("（一）"), key="b7c1"), _task("（二）"))
    records = PlanRecords("规划", "", TODAY, (replace(twins[0], key="a3f0"), *twins[1:]), (), ())

    assert records.task("b7c1") is twins[1]
    assert records.task("（二）") is twins[2]
    with pytest.raises(LookupError, match="a3f0、b7c1"):
        records.task("（一）")
    with pytest.raises(LookupError):
        records.task("（九）")
