"""Two people at the same instant: one wins, the other is told, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quanheng.base import clock
from quanheng.core.county import load_county, read_county
from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import County, OrgUnit, RoleAssignment, User
from quanheng.core.services import create_user, save_unit, set_roles
from quanheng.taskboard.jobs import ask_for_day
from quanheng.taskboard.models import DayRun, Evidence, Plan, PlanVersion
from quanheng.taskboard.services.evidence import file_evidence, withdraw_evidence
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.taskboard.services.plans import adopt_version, discard_draft, receive_document
from quanheng.transparency.models import PendingLeaf
from tests.people import make_people
from tests.plans import PLAN, REVISED

Race = Callable[..., list[str]]
ROUNDS = range(5)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


def _adopted() -> Plan:
    draft = receive_document(actor=None, data=PLAN.encode(), filename="方案.txt")
    return adopt_version(actor=None, public_id=draft.public_id)


@pytest.mark.parametrize("_", ROUNDS)
def test_one_draft_is_adopted_once(race: Race, cast: dict[str, User], _: int) -> None:
    draft = receive_document(actor=None, data=PLAN.encode(), filename="方案.txt")
    adopt = partial(adopt_version, actor=None, public_id=draft.public_id)

    assert race(adopt, adopt) == ["ok", "taskboard.already_adopted"]
    assert PendingLeaf.objects.filter(kind="plan:adopted").count() == 1
    assert Plan.objects.get().tasks.count() == 3


@pytest.mark.parametrize("_", ROUNDS)
def test_two_versions_adopted_together_get_two_numbers(race: Race, cast: dict[str, User], _: int) -> None:
    _adopted()
    texts = [REVISED, REVISED.replace("每季度", "每月")]
    drafts = [receive_document(actor=None, data=t.encode(), filename=f"{i}.txt") for i, t in enumerate(texts)]
    calls = [partial(adopt_version, actor=None, public_id=draft.public_id) for draft in drafts]

    assert race(*calls) == ["ok", "ok"]
    assert sorted(PlanVersion.objects.values_list("number", flat=True)) == [1, 2, 3]
    plan = Plan.objects.get()
    assert plan.current is not None
    assert plan.current.number == 3


@pytest.mark.parametrize("_", ROUNDS)
def test_a_draft_is_adopted_or_discarded_never_both(race: Race, cast: dict[str, User], _: int) -> None:
    draft = receive_document(actor=None, data=PLAN.encode(), filename="方案.txt")
    adopt = partial(adopt_version, actor=None, public_id=draft.public_id)
    discard = partial(discard_draft, actor=None, public_id=draft.public_id)

    assert race(adopt, discard) in (["ok", "taskboard.already_adopted"], ["ok", "taskboard.plan_not_found"])
    assert Plan.objects.count() == PlanVersion.objects.count()


@pytest.mark.parametrize("_", ROUNDS)
def test_the_same_document_sent_twice_is_kept_once(race: Race, cast: dict[str, User], _: int) -> None:
    send = partial(receive_document, actor=None, data=PLAN.encode(), filename="方案.txt")

    assert race(send, send) == ["ok", "taskboard.document_known"]
    assert PendingLeaf.objects.filter(kind="plan:received").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_two_edits_of_one_unit_and_the_second_is_told(race: Race, cast: dict[str, User], _: int) -> None:
    unit = OrgUnit.objects.get(name="区财政局")
    save = partial(
        save_unit, actor=None, unit_id=unit.pk, revision=1, kind=UnitKind.DEPARTMENT, name="区财政局"
    )

    assert race(partial(save, code="1"), partial(save, code="2")) == ["base.stale_revision", "ok"]


@pytest.mark.parametrize("_", ROUNDS)
def test_one_name_is_given_to_one_unit(race: Race, cast: dict[str, User], _: int) -> None:
    save = partial(save_unit, actor=None, unit_id=None, revision=0, kind=UnitKind.DEPARTMENT)

    outcome = race(partial(save, name="区民政局"), partial(save, name="区某局", aliases=["区民政局"]))
    assert outcome == ["core.name_taken", "ok"]


@pytest.mark.parametrize("_", ROUNDS)
def test_two_administrators_cannot_remove_each_other(race: Race, cast: dict[str, User], _: int) -> None:
    first = cast["admin"]
    second = create_user(actor=None, username="second", display_name="乙", password="long-enough-1234")
    root = County.objects.get().unit_id
    set_roles(actor=first, public_id=second.public_id, revision=1, roles=[(Role.ADMINISTRATOR, root)])

    outcome = race(
        partial(set_roles, actor=second, public_id=first.public_id, revision=1, roles=[]),
        partial(set_roles, actor=first, public_id=second.public_id, revision=2, roles=[]),
    )
    assert outcome == ["core.last_administrator", "ok"]
    assert RoleAssignment.objects.filter(role=Role.ADMINISTRATOR).count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_the_same_evidence_is_filed_once_and_withdrawn_once(
    race: Race, cast: dict[str, User], _: int
) -> None:
    task = _adopted().tasks.get(title="公布供水计量信息")
    file = partial(
        file_evidence,
        actor=cast["liaison"],
        task_id=task.public_id,
        unit_id=OrgUnit.objects.get(name="区水务局").pk,
        happened_on=clock.today(),
        data=b"photo",
        filename="1.jpg",
    )
    assert race(file, file) == ["ok", "taskboard.evidence_known"]

    evidence = Evidence.objects.get()
    withdraw = partial(withdraw_evidence, actor=cast["officer"], public_id=evidence.public_id, reason="误传")
    assert race(withdraw, withdraw) == ["ok", "taskboard.already_withdrawn"]
    assert PendingLeaf.objects.filter(kind="evidence:withdrawn").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_indicators_of_a_task_are_set_by_one_at_a_time(race: Race, cast: dict[str, User], _: int) -> None:
    task = _adopted().tasks.get(title="公布供水计量信息")
    measure = partial(measure_task_by, actor=None, task_id=task.public_id, revision=task.revision)

    outcome = race(
        partial(measure, targets={"task.evidence": None}),
        partial(measure, targets={"task.units_filing": None}),
    )
    assert outcome == ["base.stale_revision", "ok"]
    assert task.indicators.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_one_day_is_queued(race: Race, cast: dict[str, User], _: int) -> None:
    ask = partial(ask_for_day, actor=None)

    assert race(ask, ask) == ["ok", "taskboard.day_running"]
    assert DayRun.objects.count() == 1
