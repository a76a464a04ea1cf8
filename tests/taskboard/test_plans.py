from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.core.services import add_alias
from quanheng.taskboard.enums import Part
from quanheng.taskboard.errors import (
    AlreadyAdopted,
    DocumentKnown,
    DocumentNotRead,
    NoTasks,
    PlanNotFound,
    TaskNotFound,
    UnknownDepartments,
)
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.models import Plan, PlanVersion
from quanheng.taskboard.selectors import (
    current_plan,
    live_tasks,
    plan_named,
    plan_records,
    record_of,
    task_for,
    tasks_in_scope,
)
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.services.plans import adopt_version, discard_draft, receive_document
from quanheng.transparency.models import PendingLeaf
from tests.plans import PLAN, REVISED, STRANGE

pytestmark = pytest.mark.django_db


def _receive(text: str, name: str = "方案.txt") -> PlanVersion:
    return receive_document(actor=None, data=text.encode(), filename=name)


def _adopt(text: str) -> Plan:
    return adopt_version(actor=None, public_id=_receive(text).public_id)


def test_a_document_becomes_a_draft_and_changes_nothing_until_adopted(dachuan: object) -> None:
    draft = _receive(PLAN)

    assert draft.number is None
    assert not Plan.objects.exists()
    plan = adopt_version(actor=None, public_id=draft.public_id)
    assert [task.title for task in live_tasks(plan)] == ["核对市场在用秤", "公布供水计量信息", "培训计量人员"]
    assert [leaf.kind for leaf in PendingLeaf.objects.order_by("pk")][-2:] == [
        "plan:received",
        "plan:adopted",
    ]


def test_a_task_has_its_units_by_part_and_its_deadline_from_the_annex(dachuan: object) -> None:
    scales, water, training = live_tasks(_adopt(PLAN))

    parts = {item.unit.name: item.part for item in scales.task_units.all()}
    assert parts == {
        "区市场监管局": Part.LEAD,
        "区商务局": Part.RESPONSIBLE,
        "各乡、镇人民政府": Part.RESPONSIBLE,
    }
    assert (scales.deadline_on, scales.is_continuous) == (date(2026, 6, 30), False)
    assert (water.deadline_on, water.is_continuous) == (None, True)
    assert (training.deadline_on, training.is_continuous, training.deadline_text) == (None, False, "")


def test_the_snapshot_counts_the_members_behind_a_group(dachuan: object) -> None:
    scales = plan_records(_adopt(PLAN)).tasks[0]

    towns = OrgUnit.objects.filter(kind="town").count()
    assert len(scales.obliged) == 2 + towns
    assert "亭子镇" in scales.obliged


def test_a_second_version_keeps_the_tasks_it_still_names_and_retires_the_rest(dachuan: object) -> None:
    first = _adopt(PLAN)
    kept = {task.title: task.pk for task in live_tasks(first)}
    plan = _adopt(REVISED)

    assert plan.pk == first.pk
    assert plan.current is not None
    assert plan.current.number == 2
    now = {task.title: task.pk for task in live_tasks(plan)}
    assert now["核对市场在用秤"] == kept["核对市场在用秤"]
    assert "培训计量人员" not in now
    assert live_tasks(plan).get(title="公布供水计量信息").task_units.first().unit.name == "区市场监管局"  # type: ignore[union-attr]
    changes = json.loads(bytes(PendingLeaf.objects.filter(kind="plan:adopted").last().entry))["data"][
        "changes"
    ]  # type: ignore[union-attr]
    assert changes


def test_unknown_names_are_asked_about_and_stop_the_adoption(dachuan: object) -> None:
    draft = _receive(STRANGE)
    with pytest.raises(UnknownDepartments, match="区梦想局"):
        adopt_version(actor=None, public_id=draft.public_id)
    assert not Plan.objects.exists()

    add_alias(actor=None, unit_id=OrgUnit.objects.get(name="区水务局").pk, name="区梦想局")
    plan = adopt_version(actor=None, public_id=draft.public_id)
    assert live_tasks(plan)[1].task_units.first().unit.name == "区水务局"  # type: ignore[union-attr]


def test_the_same_bytes_are_received_once(dachuan: object) -> None:
    _receive(PLAN)
    with pytest.raises(DocumentKnown, match="方案"):
        _receive(PLAN, "另名.txt")
    assert PlanVersion.objects.count() == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02" * 50, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600]
)
def test_what_the_compiler_refuses_leaves_nothing_behind(dachuan: object, data: bytes) -> None:
    before = PendingLeaf.objects.count()
    with pytest.raises(DocumentNotRead) as refused:
        receive_document(actor=None, data=data, filename="坏.doc")

    assert refused.value.details["reason_code"].startswith("policy.")
    assert PlanVersion.objects.count() == 0
    assert PendingLeaf.objects.count() == before


@pytest.mark.parametrize("text", ["title: [", "title: 甲\nitems: 3\n"])
def test_a_broken_facts_file_is_refused(dachuan: object, text: str) -> None:
    with pytest.raises(DocumentNotRead):
        _receive(text, "plan.yaml")


def test_a_document_without_tasks_is_not_adopted(dachuan: object) -> None:
    draft = _receive("达州市达川区通知\n\n各单位：请知悉。\n")
    with pytest.raises(NoTasks):
        adopt_version(actor=None, public_id=draft.public_id)


def test_a_version_is_adopted_once_and_a_draft_can_be_discarded(dachuan: object) -> None:
    draft = _receive(PLAN)
    adopt_version(actor=None, public_id=draft.public_id)
    with pytest.raises(AlreadyAdopted):
        adopt_version(actor=None, public_id=draft.public_id)
    with pytest.raises(AlreadyAdopted):
        discard_draft(actor=None, public_id=draft.public_id)

    other = _receive(STRANGE)
    discard_draft(actor=None, public_id=other.public_id)
    assert not PlanVersion.objects.filter(pk=other.pk).exists()
    for call in (adopt_version, discard_draft):
        with pytest.raises(PlanNotFound):
            call(actor=None, public_id=uuid4())


def test_a_person_sees_the_tasks_of_the_own_unit_directly_or_through_a_group(people: dict[str, User]) -> None:
    plan = _adopt(PLAN)

    def seen(username: str) -> list[str]:
        scope = scope_of(people[username], "taskboard.view")
        return [task.title for task in tasks_in_scope(plan, scope)] if scope else []

    assert len(seen("officer")) == len(seen("auditor")) == 3
    assert seen("liaison") == ["公布供水计量信息"]
    assert seen("clerk") == ["核对市场在用秤"]
    assert seen("owner") == seen("verifier") == []
    training = plan.tasks.get(title="培训计量人员")
    assert task_for(people["officer"], training.public_id) == training
    with pytest.raises(TaskNotFound):
        task_for(people["clerk"], training.public_id)


TWINS = """某市某区关于计量工作的通知

某区府〔2026〕3号

一、重点任务

（一）核对市场在用秤。逐市场核对。（责任单位：区市场监管局）

（一）公布供水计量信息。按月公布。（责任单位：区水务局）
"""


def test_two_tasks_with_one_label_keep_their_own_units_evidence_and_figures(people: dict[str, User]) -> None:
    plan = _adopt(TWINS)
    scales, water = live_tasks(plan)
    file_evidence(
        actor=people["officer"],
        task_id=water.public_id,
        unit_id=OrgUnit.objects.get(name="区水务局").pk,
        happened_on=clock.today(),
        data=b"1",
        filename="1.txt",
    )
    records = plan_records(plan)

    assert [record_of(records, task).responsible for task in (scales, water)] == [
        ("区市场监管局",),
        ("区水务局",),
    ]
    assert records.evidence_for(record_of(records, scales)) == ()
    assert len(records.evidence_for(record_of(records, water))) == 1
    command = REGISTRY["task.evidence"].command(record_of(records, water))
    assert f"--task '{water.public_id}'" in command


def test_a_new_task_under_the_number_of_a_dropped_one_is_another_task(people: dict[str, User]) -> None:
    first = _adopt(PLAN)
    training = first.tasks.get(title="培训计量人员")
    without = PLAN.replace(
        "1. 培训计量人员。每年办班一期。〔责任单位：区市场监管局、区人社局；各街道办事处〕", "本节暂无任务。"
    )
    _adopt(without)
    new = without.replace(
        "本节暂无任务。", "1. 举办计量开放日。邀请市民参观。〔责任单位：区科技局；区商务局〕"
    )
    plan = _adopt(new)

    training.refresh_from_db()
    assert training.retired_in is not None
    assert live_tasks(plan).get(title="举办计量开放日").pk != training.pk
    again = _adopt(PLAN.replace("每季度", "每半月"))
    assert live_tasks(again).get(title="培训计量人员").pk == training.pk


def test_two_numbers_are_two_plans_whatever_their_titles(dachuan: object) -> None:
    one, other = _adopt(PLAN), _adopt(PLAN.replace("9号", "19号"))

    assert one.pk != other.pk
    assert one.title == other.title


def test_the_command_of_another_plan_names_the_plan(dachuan: object) -> None:
    shown = _adopt(PLAN)
    older = _adopt(TWINS.replace("某区府〔2026〕3号", "某区府〔2019〕3号"))
    assert current_plan() == shown

    assert plan_records(shown).plan_option == ""
    assert plan_records(older).plan_option == "某区府〔2019〕3号"
    assert plan_named("某区府〔2019〕3号") == older
    assert plan_named("") == shown
    with pytest.raises(PlanNotFound):
        plan_named("没有〔1999〕1号")


def test_a_draft_compared_with_another_version_is_not_adopted(dachuan: object) -> None:
    plan = _adopt(PLAN)
    assert plan.current is not None
    seen = str(plan.current.public_id)
    drafts = [_receive(REVISED, "1.txt"), _receive(REVISED.replace("每季度", "每月"), "2.txt")]
    adopt_version(actor=None, public_id=drafts[0].public_id, against=seen)
    with pytest.raises(StaleRevision):
        adopt_version(actor=None, public_id=drafts[1].public_id, against=seen)
    plan.refresh_from_db()
    assert plan.current == drafts[0]


def test_documents_without_title_and_number_are_never_versions_of_each_other(dachuan: object) -> None:
    untitled = "一、重点任务\n\n（一）核对市场在用秤。逐市场核对。（责任单位：区市场监管局）\n"
    drafts = [_receive(untitled, "方案.txt"), _receive(untitled.replace("逐市场", "逐摊位"), "方案.txt")]
    for number, draft in enumerate(drafts):
        PlanVersion.objects.filter(pk=draft.pk).update(received_at=clock.now() + timedelta(seconds=number))
    plans = [adopt_version(actor=None, public_id=draft.public_id) for draft in drafts]

    assert plans[0].pk != plans[1].pk
    assert all(plan.title.startswith("方案.txt") for plan in plans)


def test_a_file_name_stays_out_of_the_log(people: dict[str, User]) -> None:
    receive_document(actor=people["officer"], data=PLAN.encode(), filename="张三的方案.txt")

    assert "张三" not in bytes(PendingLeaf.objects.get(kind="plan:received").entry).decode()


def test_a_group_whose_members_are_all_switched_off_obliges_nobody(dachuan: object) -> None:
    plan = _adopt(PLAN)
    OrgUnit.objects.filter(kind="subdistrict").update(is_active=False)

    assert plan_records(plan).tasks[2].obliged == ("区市场监管局", "区人社局")
