"""Models as a laboratory's own: who saves them, versions, withdrawal, the log."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.core.enums import Role, UnitKind
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.evaluations.errors import (
    BadMeasurementModel,
    BadModelRecord,
    ModelNameTaken,
    ModelNotFound,
    ModelUnchanged,
    ModelWithdrawn,
)
from quanheng.evaluations.models import MeasurementModel, MeasurementModelVersion
from quanheng.evaluations.selectors import laboratories_of, model_for, model_version, models_visible
from quanheng.evaluations.services import add_model_version, save_model, withdraw_model
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import Opening, PendingLeaf
from tests.evaluations.making import MODEL, WIDER, laboratory


@pytest.fixture
def verifier(people: dict[str, User]) -> User:
    return people["verifier"]


@pytest.fixture
def saved(verifier: User) -> MeasurementModel:
    version = save_model(actor=verifier, unit_id=laboratory().pk, name="砝码", text=MODEL)
    return version.model


def logged(kind: str) -> list[dict[str, Any]]:
    return [json.loads(leaf.entry)["data"] for leaf in PendingLeaf.objects.filter(kind=kind)]


def test_a_model_is_kept_as_its_text_and_the_log_has_its_hash(verifier: User) -> None:
    version = save_model(actor=verifier, unit_id=laboratory().pk, name=" 砝码 ", text=MODEL)
    digest = hashlib.sha256(MODEL.encode()).hexdigest()
    assert (version.number, version.text, version.sha256, version.model.name) == (1, MODEL, digest, "砝码")
    [leaf] = logged("model:saved")
    assert {key: leaf[key] for key in ("name", "unit", "version", "sha256")} == {
        "name": "砝码",
        "unit": laboratory().name,
        "version": 1,
        "sha256": digest,
    }
    assert "commitment" in leaf["by"]


def test_a_change_is_a_new_version_and_the_old_one_stays(saved: MeasurementModel, verifier: User) -> None:
    version = add_model_version(
        actor=verifier, public_id=saved.public_id, revision=saved.revision, text=WIDER, note="半宽改大"
    )
    assert (version.number, version.note) == (2, "半宽改大")
    assert [each.text for each in saved.versions.all()] == [WIDER, MODEL]
    assert model_version(saved).number == 2
    assert model_version(saved, 1).text == MODEL
    assert [leaf["version"] for leaf in logged("model:saved")] == [1, 2]


def test_the_same_text_is_no_new_version(saved: MeasurementModel, verifier: User) -> None:
    with pytest.raises(ModelUnchanged):
        add_model_version(actor=verifier, public_id=saved.public_id, revision=saved.revision, text=MODEL)
    assert saved.versions.count() == 1


def test_who_saves_second_is_told(saved: MeasurementModel, people: dict[str, User]) -> None:
    common = {"public_id": saved.public_id, "revision": saved.revision}
    add_model_version(actor=people["verifier"], text=WIDER, **common)
    with pytest.raises(StaleRevision):
        add_model_version(actor=people["checker"], text=MODEL + "# 二\n", **common)


@pytest.mark.parametrize("username", ["verifier", "checker", "signatory"])
def test_who_works_in_the_laboratory_saves_for_it(people: dict[str, User], username: str) -> None:
    assert list(laboratories_of(people[username])) == [laboratory()]
    assert save_model(actor=people[username], unit_id=laboratory().pk, name="甲", text=MODEL).number == 1


@pytest.mark.parametrize(
    "username", ["admin", "officer", "inspector", "liaison", "clerk", "owner", "auditor"]
)
def test_nobody_else_saves_or_withdraws(
    people: dict[str, User], saved: MeasurementModel, username: str
) -> None:
    person = people[username]
    common = {"public_id": saved.public_id, "revision": saved.revision}
    with pytest.raises(NotPermitted):
        save_model(actor=person, unit_id=laboratory().pk, name="乙", text=MODEL)
    with pytest.raises(ModelNotFound):
        add_model_version(actor=person, text=WIDER, **common)
    with pytest.raises(ModelNotFound):
        withdraw_model(actor=person, reason="理由", **common)


def test_another_laboratory_neither_sees_nor_changes_it(
    saved: MeasurementModel, people: dict[str, User]
) -> None:
    other = OrgUnit.objects.create(
        kind=UnitKind.INSTITUTE, parent=OrgUnit.objects.get(kind="county"), name="别所"
    )
    stranger = User.objects.create_user("stranger", display_name="外人")
    RoleAssignment.objects.create(user=stranger, role=Role.VERIFIER, unit=other)
    assert not models_visible(stranger).exists()
    with pytest.raises(ModelNotFound):
        model_for(stranger, saved.public_id)
    with pytest.raises(NotPermitted):
        save_model(actor=stranger, unit_id=laboratory().pk, name="乙", text=MODEL)
    # The same name in another laboratory is another model.
    assert save_model(actor=stranger, unit_id=other.pk, name="砝码", text=MODEL).number == 1
    assert models_visible(people["officer"]).count() == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": "  "}, BadModelRecord),
        ({"name": "长" * 101}, BadModelRecord),
        ({"name": "砝码"}, ModelNameTaken),
        ({"text": "inputs: ["}, BadMeasurementModel),
        ({"unit_id": 10**30}, NotPermitted),
    ],
)
def test_what_cannot_be_kept_is_refused(
    saved: MeasurementModel, verifier: User, changes: dict[str, Any], refusal: type[BureauError]
) -> None:
    given = {"unit_id": laboratory().pk, "name": "另一个", "text": MODEL} | changes
    with pytest.raises(refusal):
        save_model(actor=verifier, **given)
    assert MeasurementModel.objects.count() == 1


def test_a_note_that_is_too_long_leaves_no_version(saved: MeasurementModel, verifier: User) -> None:
    with pytest.raises(BadModelRecord):
        add_model_version(
            actor=verifier,
            public_id=saved.public_id,
            revision=saved.revision,
            text=WIDER,
            note="长" * 201,
        )
    assert MeasurementModelVersion.objects.count() == 1


def test_a_withdrawn_model_stays_readable_and_gets_no_more_versions(
    saved: MeasurementModel, verifier: User
) -> None:
    with pytest.raises(BadModelRecord):
        withdraw_model(actor=verifier, public_id=saved.public_id, revision=1, reason=" ")
    model = withdraw_model(actor=verifier, public_id=saved.public_id, revision=1, reason="标准已换")
    assert model_version(model).text == MODEL
    with pytest.raises(ModelWithdrawn):
        add_model_version(actor=verifier, public_id=model.public_id, revision=model.revision, text=WIDER)
    with pytest.raises(ModelWithdrawn):
        withdraw_model(actor=verifier, public_id=model.public_id, revision=model.revision, reason="又")
    [leaf] = logged("model:withdrawn")
    assert set(leaf) == {"name", "unit", "by", "reason"}
    assert "commitment" in leaf["reason"]
    assert save_model(actor=verifier, unit_id=laboratory().pk, name="砝码", text=MODEL).number == 1


def test_the_database_itself_refuses_a_twin_and_a_withdrawal_without_reason(saved: MeasurementModel) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MeasurementModel.objects.create(unit=saved.unit, name=saved.name)
    with pytest.raises(IntegrityError), transaction.atomic():
        MeasurementModel.objects.filter(pk=saved.pk).update(withdrawn_by=None, withdrawal_reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        MeasurementModelVersion.objects.filter(model=saved).first().__class__.objects.create(
            model=saved, number=1, text="", sha256="", created_at=saved.versions.all()[0].created_at,
            created_by=saved.versions.all()[0].created_by,
        )  # fmt: skip


def test_a_version_that_is_not_there_is_not_found(saved: MeasurementModel, verifier: User) -> None:
    with pytest.raises(ModelNotFound):
        model_version(saved, 2)
    with pytest.raises(ModelNotFound):
        model_for(verifier, uuid4())


def test_erasing_a_person_blanks_what_they_wrote_and_keeps_the_models(
    saved: MeasurementModel, people: dict[str, User]
) -> None:
    verifier = people["verifier"]
    add_model_version(
        actor=verifier, public_id=saved.public_id, revision=1, text=WIDER, note="按张检定的意见"
    )
    withdraw_model(actor=verifier, public_id=saved.public_id, revision=2, reason="张检定换了标准")
    verifier.refresh_from_db()
    erase_person_everywhere(
        actor=people["admin"], public_id=verifier.public_id, revision=verifier.revision, reason="离职"
    )
    saved.refresh_from_db()
    assert saved.withdrawal_reason == "已删除"
    assert [each.note for each in saved.versions.all()] == ["已删除", ""]
    assert not Opening.objects.filter(person=verifier.person).exists()
