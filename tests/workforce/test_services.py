"""Writing down who may verify what: who may, what is refused, what the log says."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.enums import Role
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import Opening, PendingLeaf
from quanheng.workforce.enums import Grade
from quanheng.workforce.errors import (
    AlreadyGranted,
    AlreadyLeft,
    AlreadyRegistered,
    AlreadyWithdrawn,
    BadWorkforceRecord,
    MetrologistNotFound,
    NumberTaken,
    OwnQualification,
    RecordNotFound,
    TrainingKnown,
)
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.selectors import hours_by_year, person_gaps, registrable_people
from quanheng.workforce.services.authorisations import record_authorisation, withdraw_authorisation
from quanheng.workforce.services.people import change_metrologist, leave_institute, register_metrologist
from quanheng.workforce.services.qualifications import (
    grant_qualification,
    record_training,
    withdraw_qualification,
    withdraw_training,
)
from tests.workforce.making import FROM, UNTIL, laboratory, other_laboratory, qualify, register

PAPER = ("证书.pdf", b"%PDF-1.7")
WRITERS, OTHERS = ("officer", "signatory"), ("admin", "inspector", "verifier", "checker", "owner", "auditor")


@pytest.fixture
def signatory(people: dict[str, User]) -> User:
    return people["signatory"]


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2026, 11, 23))


@pytest.fixture
def person(people: dict[str, User]) -> Metrologist:
    return register(people["verifier"], laboratory())


def logged(kind: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(leaf.entry))["data"] for leaf in PendingLeaf.objects.filter(kind=kind)]


def authorisation(**changes: Any) -> dict[str, Any]:
    given = {"unit_id": laboratory().pk, "number": " 法计 01 ", "regulations": ["jjg539-2016", "JJG 443", ""]}
    given |= {"valid_from": FROM, "valid_until": UNTIL, "city": "达州", "file": PAPER}
    return given | changes


def registration(user: User, **changes: Any) -> dict[str, Any]:
    given = {"person": user.public_id, "unit_id": laboratory().pk, "grade": Grade.FIRST}
    given |= {"registration_number": "R-1", "registered_from": FROM, "registered_until": UNTIL}
    return given | changes


def qualification(person: Metrologist, **changes: Any) -> dict[str, Any]:
    given = {"metrologist": person.public_id, "item": "数字指示秤", "regulation": "JJG539"}
    return given | {"valid_from": FROM, "valid_until": UNTIL} | changes


def course(person: Metrologist, **changes: Any) -> dict[str, Any]:
    given = {"metrologist": person.public_id, "title": "衡器检定", "held_on": date(2026, 5, 8)}
    return given | {"hours": Decimal(16)} | changes


def test_an_authorisation_is_kept_with_its_paper_and_a_leaf(signatory: User) -> None:
    row = record_authorisation(actor=signatory, **authorisation())
    assert (row.number, row.regulations) == ("法计 01", ["JJG 443", "JJG 539"])
    assert stored_path(row.file_sha256).read_bytes() == PAPER[1]
    [leaf] = logged("authorisation:recorded")
    assert leaf["regulations"] == row.regulations
    assert (leaf["sha256"], "commitment" in leaf["by"]) == (row.file_sha256, True)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"number": " "}, BadWorkforceRecord),
        ({"number": "长" * 101}, BadWorkforceRecord),
        ({"city": ""}, BadWorkforceRecord),
        ({"city": "达\n州"}, BadWorkforceRecord),
        ({"regulations": []}, BadWorkforceRecord),
        ({"regulations": ["539"]}, BadWorkforceRecord),
        ({"valid_until": date(2025, 12, 31)}, BadWorkforceRecord),
        ({"file": ("空.pdf", b"")}, BadWorkforceRecord),
        ({"unit_id": 0}, NotPermitted),
    ],
)
def test_an_authorisation_that_cannot_be_kept_leaves_nothing(
    signatory: User, changes: dict[str, Any], refusal: type[BureauError]
) -> None:
    with pytest.raises(refusal):
        record_authorisation(actor=signatory, **authorisation(**changes))
    assert not Authorisation.objects.exists()
    assert not PendingLeaf.objects.filter(kind="authorisation:recorded").exists()


def test_a_number_is_authorised_once_until_it_is_withdrawn(signatory: User) -> None:
    row = record_authorisation(actor=signatory, **authorisation())
    with pytest.raises(NumberTaken):
        record_authorisation(actor=signatory, **authorisation())
    with pytest.raises(BadWorkforceRecord):
        withdraw_authorisation(actor=signatory, public_id=row.public_id, reason=" ")
    withdraw_authorisation(actor=signatory, public_id=row.public_id, reason="编号有误")
    with pytest.raises(AlreadyWithdrawn):
        withdraw_authorisation(actor=signatory, public_id=row.public_id, reason="又")
    [leaf] = logged("authorisation:withdrawn")
    assert "commitment" in leaf["reason"]
    assert record_authorisation(actor=signatory, **authorisation()).pk != row.pk


@pytest.mark.parametrize("username", WRITERS)
def test_officer_and_signatory_write_for_the_institute(people: dict[str, User], username: str) -> None:
    actor = people[username]
    record_authorisation(actor=actor, **authorisation())
    person = register_metrologist(actor=actor, **registration(people["verifier"]))
    granted = grant_qualification(actor=actor, **qualification(person))
    record_training(actor=actor, **course(person))
    withdraw_qualification(actor=actor, public_id=granted.public_id, reason="登记有误")
    leave_institute(actor=actor, public_id=person.public_id, revision=1, left_on=UNTIL)


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_writes(people: dict[str, User], person: Metrologist, username: str) -> None:
    actor, granted = people[username], qualify(person)
    with pytest.raises(NotPermitted):
        record_authorisation(actor=actor, **authorisation())
    with pytest.raises(NotPermitted):
        register_metrologist(actor=actor, **registration(people["checker"]))
    for refused in (
        lambda: grant_qualification(actor=actor, **qualification(person, regulation="JJG 443")),
        lambda: record_training(actor=actor, **course(person)),
        lambda: leave_institute(actor=actor, public_id=person.public_id, revision=1, left_on=UNTIL),
    ):
        with pytest.raises(MetrologistNotFound):
            refused()
    with pytest.raises(RecordNotFound):
        withdraw_qualification(actor=actor, public_id=granted.public_id, reason="理由")


def test_nobody_grants_a_qualification_to_themselves(people: dict[str, User], signatory: User) -> None:
    person = register(signatory, laboratory())
    with pytest.raises(OwnQualification):
        grant_qualification(actor=signatory, **qualification(person))
    assert grant_qualification(actor=people["officer"], **qualification(person)).pk


def test_a_signatory_of_another_institute_changes_nothing_here(person: Metrologist) -> None:
    stranger = User.objects.create_user("stranger", display_name="外人")
    RoleAssignment.objects.create(user=stranger, role=Role.SIGNATORY, unit=other_laboratory())
    with pytest.raises(NotPermitted):
        record_authorisation(actor=stranger, **authorisation())
    with pytest.raises(MetrologistNotFound):
        grant_qualification(actor=stranger, **qualification(person))


def test_a_metrologist_is_registered_by_account_and_the_log_has_no_name(
    people: dict[str, User], signatory: User
) -> None:
    row = register_metrologist(actor=signatory, **registration(people["verifier"]))
    assert (row.user, row.unit, row.revision) == (people["verifier"], laboratory(), 1)
    leaf = PendingLeaf.objects.get(kind="metrologist:registered")
    entry = bytes(leaf.entry).decode()
    assert "张检定" not in entry
    assert "R-1" not in entry
    assert leaf.subject == f"metrologist:{row.public_id}"


def test_only_who_has_a_role_in_the_institute_is_registered_and_only_once(
    people: dict[str, User], signatory: User
) -> None:
    offered = {user.username for user in registrable_people([laboratory()])}
    assert offered == {"verifier", "checker", "signatory"}
    register_metrologist(actor=signatory, **registration(people["verifier"]))
    assert people["verifier"] not in registrable_people([laboratory()])
    with pytest.raises(AlreadyRegistered, match="张检定已在"):
        register_metrologist(actor=signatory, **registration(people["verifier"], registration_number="R-2"))
    with pytest.raises(MetrologistNotFound):
        register_metrologist(actor=signatory, **registration(people["owner"], registration_number="R-2"))
    with pytest.raises(MetrologistNotFound):
        register_metrologist(actor=signatory, **registration(people["checker"], person=uuid4()))
    with pytest.raises(NumberTaken, match="张检定"):
        register_metrologist(actor=signatory, **registration(people["checker"]))


def test_a_registration_is_renewed_by_one_person_at_a_time(person: Metrologist, signatory: User) -> None:
    given: dict[str, Any] = {"grade": Grade.FIRST, "registration_number": "R-9", "registered_from": FROM}
    given |= {"public_id": person.public_id, "revision": 1, "registered_until": date(2030, 1, 1)}
    changed = change_metrologist(actor=signatory, **given)
    assert (changed.grade, changed.registration_number, changed.revision) == ("first", "R-9", 2)
    with pytest.raises(StaleRevision):
        change_metrologist(actor=signatory, **given)
    with pytest.raises(BadWorkforceRecord):
        change_metrologist(actor=signatory, **given | {"revision": 2, "registered_until": date(2020, 1, 1)})
    assert [leaf["valid_until"] for leaf in logged("metrologist:changed")] == ["2030-01-01"]


def test_who_left_is_changed_no_more_but_may_come_back_with_their_qualifications(
    people: dict[str, User], person: Metrologist, signatory: User
) -> None:
    qualify(person)
    common: dict[str, Any] = {"public_id": person.public_id, "revision": 1}
    with pytest.raises(BadWorkforceRecord):
        leave_institute(actor=signatory, left_on=date(2025, 1, 1), **common)
    leave_institute(actor=signatory, left_on=date(2026, 6, 1), **common)
    with pytest.raises(AlreadyLeft):
        leave_institute(actor=signatory, public_id=person.public_id, revision=2, left_on=UNTIL)
    again = register_metrologist(actor=signatory, **registration(people["verifier"]))
    assert (again.pk, again.left_on, again.revision) == (person.pk, None, 3)
    on = date(2026, 11, 23)
    assert person_gaps(user=people["verifier"], unit=laboratory(), regulation="JJG 539", on=on) == []


def test_a_qualification_is_granted_once_for_the_same_days(person: Metrologist, signatory: User) -> None:
    row = grant_qualification(actor=signatory, **qualification(person), file=PAPER)
    assert (row.regulation, row.file_name) == ("JJG 539", "证书.pdf")
    with pytest.raises(AlreadyGranted):
        grant_qualification(actor=signatory, **qualification(person))
    # A renewal before the old one ends is another paper.
    grant_qualification(actor=signatory, **qualification(person, valid_until=date(2030, 1, 1)))
    withdraw_qualification(actor=signatory, public_id=row.public_id, reason="登记有误")
    with pytest.raises(AlreadyWithdrawn):
        withdraw_qualification(actor=signatory, public_id=row.public_id, reason="又")
    grant_qualification(actor=signatory, **qualification(person))
    assert len(logged("qualification:granted")) == 3


@pytest.mark.parametrize(
    "changes", [{"item": ""}, {"regulation": "数字指示秤"}, {"valid_until": date(2025, 1, 1)}]
)
def test_a_qualification_that_cannot_be_kept_is_refused(
    person: Metrologist, signatory: User, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadWorkforceRecord):
        grant_qualification(actor=signatory, **qualification(person, **changes))
    assert not Qualification.objects.exists()


def test_hours_of_training_add_up_by_year_without_what_was_withdrawn(
    person: Metrologist, signatory: User
) -> None:
    record_training(actor=signatory, **course(person))
    record_training(actor=signatory, **course(person, title="误差理论", hours=Decimal("8.5")))
    wrong = record_training(actor=signatory, **course(person, held_on=date(2025, 5, 8)))
    assert hours_by_year(person) == [(2026, Decimal("24.5")), (2025, Decimal("16.0"))]
    withdraw_training(actor=signatory, training_id=wrong.pk, reason="不是本人")
    assert hours_by_year(person) == [(2026, Decimal("24.5"))]
    with pytest.raises(AlreadyWithdrawn):
        withdraw_training(actor=signatory, training_id=wrong.pk, reason="又")
    with pytest.raises(RecordNotFound):
        withdraw_training(actor=signatory, training_id=0, reason="又")
    with pytest.raises(TrainingKnown):
        record_training(actor=signatory, **course(person))


@pytest.mark.parametrize(
    "changes",
    [{"title": ""}, {"hours": Decimal(0)}, {"hours": Decimal(1001)}, {"held_on": date(2999, 1, 1)}],
)
def test_a_course_that_cannot_be_kept_is_refused(
    person: Metrologist, signatory: User, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadWorkforceRecord):
        record_training(actor=signatory, **course(person, **changes))
    assert not Training.objects.exists()


def test_the_database_itself_refuses_a_withdrawal_without_reason(
    person: Metrologist, signatory: User
) -> None:
    row = qualify(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Qualification.objects.filter(pk=row.pk).update(withdrawn_by=signatory)
    with pytest.raises(IntegrityError), transaction.atomic():
        Metrologist.objects.create(
            user=signatory, unit=person.unit, grade=Grade.FIRST, registered_from=FROM,
            registered_until=UNTIL, registration_number=person.registration_number,
        )  # fmt: skip


def test_erasing_a_person_leaves_a_registration_without_them(
    people: dict[str, User], person: Metrologist, signatory: User
) -> None:
    row = grant_qualification(actor=signatory, **qualification(person), file=("张检定.pdf", b"%PDF"))
    verifier = people["verifier"]
    erase_person_everywhere(
        actor=people["admin"], public_id=verifier.public_id, revision=verifier.revision, reason="离职"
    )
    person.refresh_from_db()
    row.refresh_from_db()
    assert person.left_on is not None
    assert (person.registration_number, row.file_name) == (f"erased-{person.public_id}", "已删除")
    assert not Opening.objects.filter(person=verifier.person).exists()


def test_an_institute_that_is_closed_gets_nothing_more(signatory: User) -> None:
    OrgUnit.objects.filter(pk=laboratory().pk).update(is_active=False)
    with pytest.raises(NotPermitted):
        record_authorisation(actor=signatory, **authorisation())
