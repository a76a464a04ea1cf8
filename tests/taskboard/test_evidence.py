from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from quanheng.base import clock
from quanheng.base.errors import NotStored, StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.taskboard.errors import (
    AlreadyWithdrawn,
    BadEvidence,
    EvidenceFileAltered,
    EvidenceFileMissing,
    EvidenceKnown,
    EvidenceNotFound,
    TaskNotFound,
    UnitNotInTask,
)
from quanheng.taskboard.models import Evidence, Plan
from quanheng.taskboard.selectors import (
    evidence_file,
    evidence_for,
    evidence_visible,
    plan_records,
    units_to_file_for,
)
from quanheng.taskboard.services.evidence import file_evidence, withdraw_evidence
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.taskboard.services.plans import adopt_version, receive_document
from quanheng.transparency.models import Opening, PendingLeaf
from tests.plans import PLAN

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(people: dict[str, User]) -> Plan:
    draft = receive_document(actor=None, data=PLAN.encode(), filename="方案.txt")
    return adopt_version(actor=None, public_id=draft.public_id)


def _file(
    plan: Plan, actor: User, *, task: str = "公布供水计量信息", unit: str = "区水务局", **changes: object
) -> Evidence:
    fields = {"happened_on": clock.today(), "data": b"photo", "filename": "张三的照片.jpg"} | changes
    return file_evidence(
        actor=actor,
        task_id=plan.tasks.get(title=task).public_id,
        unit_id=OrgUnit.objects.get(name=unit).pk,
        **fields,  # type: ignore[arg-type]
    )


def test_a_liaison_files_for_the_own_department_and_the_hash_goes_into_the_log(
    plan: Plan, people: dict[str, User]
) -> None:
    evidence = _file(plan, people["liaison"])

    leaf = PendingLeaf.objects.get(kind="evidence:filed")
    data = json.loads(bytes(leaf.entry))["data"]
    assert data["sha256"] == evidence.file_sha256
    assert stored_path(evidence.file_sha256).read_bytes() == b"photo"
    assert "张三" not in bytes(leaf.entry).decode()
    assert plan_records(plan).evidence[0].unit == "区水务局"


def test_filing_for_another_unit_or_a_task_that_does_not_name_the_unit_is_refused(
    plan: Plan, people: dict[str, User]
) -> None:
    with pytest.raises(UnitNotInTask):
        _file(plan, people["liaison"], unit="区市场监管局")
    with pytest.raises(UnitNotInTask):
        _file(plan, people["liaison"], task="核对市场在用秤")
    with pytest.raises(UnitNotInTask):
        _file(plan, people["auditor"])
    with pytest.raises(UnitNotInTask, match="区财政局"):
        _file(plan, people["officer"], unit="区财政局")
    with pytest.raises(TaskNotFound):
        file_evidence(
            actor=people["officer"],
            task_id=uuid4(),
            unit_id=1,
            happened_on=date(2026, 1, 1),
            data=b"1",
            filename="1",
        )
    assert not Evidence.objects.exists()


def test_a_town_files_through_the_group_that_a_task_names(plan: Plan, people: dict[str, User]) -> None:
    task = plan.tasks.get(title="核对市场在用秤")

    assert [unit.name for unit in units_to_file_for(people["clerk"], task)] == ["亭子镇"]
    assert _file(plan, people["clerk"], task=task.title, unit="亭子镇").unit.name == "亭子镇"
    assert units_to_file_for(people["auditor"], task) == []


@pytest.mark.parametrize("change", [{"data": b""}, {"data": b"x" * 2**20 * 21}, {"days": 1}])
def test_an_empty_or_huge_file_or_a_day_to_come_is_refused(
    plan: Plan, people: dict[str, User], change: dict[str, object]
) -> None:
    if days := change.pop("days", None):
        change["happened_on"] = clock.today() + timedelta(days=days)  # type: ignore[arg-type]
    with pytest.raises(BadEvidence):
        _file(plan, people["liaison"], **change)
    assert not PendingLeaf.objects.filter(kind="evidence:filed").exists()


def test_the_same_file_counts_once_and_may_be_filed_again_after_withdrawal(
    plan: Plan, people: dict[str, User]
) -> None:
    first = _file(plan, people["liaison"])
    with pytest.raises(EvidenceKnown):
        _file(plan, people["liaison"])

    withdraw_evidence(actor=people["liaison"], public_id=first.public_id, reason="交错了")
    assert plan_records(plan).evidence == ()
    _file(plan, people["liaison"])
    assert len(plan_records(plan).evidence) == 1


def test_withdrawal_needs_a_reason_and_the_right_person_and_happens_once(
    plan: Plan, people: dict[str, User]
) -> None:
    evidence = _file(plan, people["liaison"])
    with pytest.raises(BadEvidence):
        withdraw_evidence(actor=people["liaison"], public_id=evidence.public_id, reason=" ")
    for stranger in ("clerk", "auditor"):
        with pytest.raises(EvidenceNotFound):
            withdraw_evidence(actor=people[stranger], public_id=evidence.public_id, reason="试试")
    withdraw_evidence(actor=people["officer"], public_id=evidence.public_id, reason="重复")
    with pytest.raises(AlreadyWithdrawn):
        withdraw_evidence(actor=people["liaison"], public_id=evidence.public_id, reason="再撤")
    assert Evidence.objects.get().withdrawal_reason == "重复"


def test_evidence_is_read_by_those_who_see_the_task(plan: Plan, people: dict[str, User]) -> None:
    evidence = _file(plan, people["liaison"])

    assert evidence_for(people["auditor"], evidence.public_id) == evidence
    with pytest.raises(EvidenceNotFound):
        evidence_for(people["clerk"], evidence.public_id)


def test_a_unit_reads_its_own_evidence_and_all_of_a_task_that_it_leads(
    plan: Plan, people: dict[str, User]
) -> None:
    shared = plan.tasks.get(title="核对市场在用秤")  # the market bureau leads, every town shares
    own = _file(plan, people["clerk"], task=shared.title, unit="亭子镇")
    other = _file(plan, people["officer"], task=shared.title, unit="福善镇")
    clerk = people["clerk"]

    assert list(evidence_visible(clerk, [shared])) == [own]
    assert evidence_for(clerk, own.public_id) == own
    with pytest.raises(EvidenceNotFound):
        evidence_for(clerk, other.public_id)

    market = OrgUnit.objects.get(name="区市场监管局")
    RoleAssignment.objects.filter(user=people["liaison"]).update(unit=market)
    assert set(evidence_visible(people["liaison"], [shared])) == {own, other}
    assert evidence_for(people["liaison"], other.public_id) == other
    assert set(evidence_visible(people["auditor"], [shared])) == {own, other}
    assert not evidence_visible(people["owner"], [shared]).exists()


def test_a_file_is_handed_out_only_as_it_was_filed(plan: Plan, people: dict[str, User]) -> None:
    evidence = _file(plan, people["liaison"])
    path = stored_path(evidence.file_sha256)
    assert evidence_file(people["liaison"], evidence.public_id) == (evidence, b"photo")

    path.write_bytes(b"another")
    with pytest.raises(EvidenceFileAltered):
        evidence_file(people["liaison"], evidence.public_id)
    path.unlink()
    with pytest.raises(EvidenceFileMissing):
        evidence_file(people["liaison"], evidence.public_id)
    with pytest.raises(EvidenceNotFound):
        evidence_file(people["clerk"], evidence.public_id)


def test_erasing_a_person_blanks_what_they_wrote_and_nothing_of_others(
    plan: Plan, people: dict[str, User]
) -> None:
    theirs = _file(plan, people["liaison"])
    kept = _file(plan, people["officer"], data=b"2", filename="李四.pdf")
    withdraw_evidence(actor=people["liaison"], public_id=kept.public_id, reason="李四说错了")
    withdraw_evidence(actor=people["officer"], public_id=theirs.public_id, reason="重复")
    liaison = people["liaison"]
    with pytest.raises(StaleRevision):
        erase_person_everywhere(actor=people["admin"], public_id=liaison.public_id, revision=9, reason="要求")
    assert Evidence.objects.get(pk=theirs.pk).file_name == "张三的照片.jpg"

    erase_person_everywhere(actor=people["admin"], public_id=liaison.public_id, revision=1, reason="要求")

    written = {item.pk: (item.file_name, item.withdrawal_reason) for item in Evidence.objects.all()}
    assert written == {theirs.pk: ("已删除", "重复"), kept.pk: ("李四.pdf", "已删除")}
    assert not Opening.objects.filter(person=liaison.person).exists()


def test_a_disk_that_refuses_is_told_and_nothing_is_recorded(
    plan: Plan, people: dict[str, User], home: Path
) -> None:
    shutil.rmtree(home / "files")
    (home / "files").write_text("not a folder")
    before = PendingLeaf.objects.count()
    with pytest.raises(NotStored, match="磁盘"):
        _file(plan, people["liaison"])

    assert not Evidence.objects.exists()
    assert PendingLeaf.objects.count() == before
