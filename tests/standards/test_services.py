"""Writing down standards and what is known of them: who may, what is refused, what the log says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.standards.enums import Level, StandardCondition
from quanheng.standards.errors import (
    AlreadyWithdrawn,
    BadStandard,
    BadStandardCertificate,
    StandardCertificateKnown,
    StandardCertificateNotFound,
    StandardKnown,
    StandardNotFound,
    WrongCondition,
)
from quanheng.standards.models import (
    Comparison,
    IntermediateCheck,
    MeasurementStandard,
    StandardCertificate,
)
from quanheng.standards.reading import CertificateDetails, Point
from quanheng.standards.services.certificates import add_certificate, withdraw_certificate
from quanheng.standards.services.checks import ComparisonDetails, record_check, record_comparison
from quanheng.standards.services.registry import (
    StandardDetails,
    change_standard,
    register_standard,
    set_condition,
)
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import PendingLeaf
from tests.standards.making import make_certificate, make_standard
from tests.workforce.making import laboratory

PDF = ("证书.pdf", b"%PDF-1.7")
POINT = Point(Decimal(10000), Decimal("0.05"), Decimal("0.08"), Decimal(2), "g")
WRITERS = ("officer", "verifier", "checker", "signatory")
OTHERS = ("admin", "inspector", "owner", "auditor", "clerk", "liaison")
ON = date(2026, 11, 20)


@pytest.fixture
def verifier(people: dict[str, User]) -> User:
    return people["verifier"]


@pytest.fixture
def standard(people: dict[str, User]) -> MeasurementStandard:
    return make_standard(laboratory())


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2026, 11, 23))


def logged(kind: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(leaf.entry))["data"] for leaf in PendingLeaf.objects.filter(kind=kind)]


def details(**changes: Any) -> StandardDetails:
    given: dict[str, Any] = {"level": Level.WORKING, "name": " M1 等级砝码 ", "serial_no": "W-09"}
    given |= {"serves": ("jjg539", "JJG 443-2015"), "fields": {"standard_mpe": " 0.05 % "}}
    return StandardDetails(**given | {"interval_months": 12} | changes)


def stated(**changes: Any) -> CertificateDetails:
    given: dict[str, Any] = {"number": "力-1", "issuer": "省计量院", "calibrated_on": date(2026, 3, 5)}
    return CertificateDetails(**given | {"points": (POINT,)} | changes)


def compared(**changes: Any) -> ComparisonDetails:
    given: dict[str, Any] = {"name": "2026 年砝码比对", "organiser": "省计量院", "held_on": ON, "unit": "g"}
    given |= {"value": Decimal("10000.05"), "expanded_uncertainty": Decimal("0.1")}
    given |= {"reference_value": Decimal(10000), "reference_expanded_uncertainty": Decimal("0.05")}
    return ComparisonDetails(**given | changes)


def test_a_standard_is_registered_with_what_its_regulations_ask(verifier: User) -> None:
    given = details(serves=("jjg539",), fields={"standard_mpe": " 500 毫克 "})
    standard = register_standard(actor=verifier, unit_id=laboratory().pk, details=given)
    assert (standard.name, standard.serves, standard.fields) == (
        "M1 等级砝码",
        ["JJG 539"],
        {"standard_mpe": "500 mg"},
    )
    [leaf] = logged("standard:registered")
    assert (leaf["serial_no"], leaf["fields"]) == ("W-09", {"standard_mpe": "500 mg"})


def test_a_value_without_a_unit_is_in_the_one_that_is_asked_for(verifier: User) -> None:
    given = details(serves=("JJG 52", "JJG 111"), fields={"standard_mpe": "0.004", "standard_u": "0.02 ℃"})
    standard = register_standard(actor=verifier, unit_id=laboratory().pk, details=given)
    assert standard.fields == {"standard_mpe": "0.004 MPa", "standard_u": "0.02 Δ℃"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "请填写“名称”"),
        ({"name": "长" * 101}, "超过 100 个字"),
        ({"serves": ("砝码",)}, "不是规程或规范的编号"),
        ({"serves": ("JJG 539",), "fields": {"standard_mpe": "0.5 L"}}, "不能换算"),
        ({"serves": ("JJG 539",), "fields": {"standard_mpe": "很小"}}, "没有读到数值"),
        ({"serves": ("JJG 539",), "fields": {"standard_mpe": "-1 g"}}, "应大于零"),
        ({"serves": ("JJG 539", "JJG 443")}, "不能换算"),  # asked in g and in %: one value cannot be both
        ({"serves": ("JJG 99",)}, "都不要求“standard_mpe”"),
        ({"level": Level.PUBLIC, "fields": {}}, "须考核合格后使用"),
        ({"fields": {}, "examination_number": "考 1"}, "一并填写"),
        ({"level": Level.MATERIAL, "serial_no": "", "fields": {}}, "请填写批号"),
        ({"fields": {}, "interval_months": 0}, "复校间隔"),
    ],
)
def test_a_standard_that_cannot_be_kept_is_refused(
    verifier: User, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadStandard, match=words):
        register_standard(actor=verifier, unit_id=laboratory().pk, details=details(**changes))
    assert not MeasurementStandard.objects.exists()


def test_a_standard_is_registered_once_in_an_institute(verifier: User) -> None:
    given = details(fields={})
    register_standard(actor=verifier, unit_id=laboratory().pk, details=given)
    with pytest.raises(StandardKnown):
        register_standard(actor=verifier, unit_id=laboratory().pk, details=given)
    # Without a serial number nobody can say that they are the same.
    for _ in range(2):
        register_standard(actor=verifier, unit_id=laboratory().pk, details=details(serial_no="", fields={}))
    assert MeasurementStandard.objects.count() == 3


def test_who_saves_second_is_told(standard: MeasurementStandard, people: dict[str, User]) -> None:
    common: dict[str, Any] = {"public_id": standard.public_id, "revision": 1}
    changed = change_standard(
        actor=people["verifier"], details=details(fields={}, serial_no="W-02"), **common
    )
    assert (changed.serial_no, changed.revision) == ("W-02", 2)
    with pytest.raises(StaleRevision):
        change_standard(actor=people["checker"], details=details(fields={}), **common)
    assert len(logged("standard:changed")) == 1


def test_a_standard_is_stopped_used_again_and_withdrawn_for_ever(
    standard: MeasurementStandard, verifier: User
) -> None:
    def step(condition: StandardCondition, revision: int, reason: str = "送修") -> MeasurementStandard:
        return set_condition(
            actor=verifier,
            public_id=standard.public_id,
            revision=revision,
            condition=condition,
            reason=reason,
        )

    with pytest.raises(WrongCondition):
        step(StandardCondition.IN_USE, 1)
    with pytest.raises(BadStandard, match="理由"):
        step(StandardCondition.STOPPED, 1, " ")
    assert step(StandardCondition.STOPPED, 1).condition_reason == "送修"
    with pytest.raises(StaleRevision):
        step(StandardCondition.IN_USE, 1)
    step(StandardCondition.IN_USE, 2, "修复并校准")
    step(StandardCondition.WITHDRAWN, 3, "报废")
    for condition in StandardCondition:
        with pytest.raises(WrongCondition):
            step(condition, 4)
    for kind in ("stopped", "resumed", "withdrawn"):
        [leaf] = logged(f"standard:{kind}")
        assert "commitment" in leaf["reason"]


def test_to_a_withdrawn_standard_nothing_is_added(verifier: User) -> None:
    gone = make_standard(laboratory(), condition="withdrawn", condition_reason="报废")
    common: dict[str, Any] = {"actor": verifier, "standard": gone.public_id}
    for refused in (
        lambda: add_certificate(file=PDF, stated=stated(), **common),
        lambda: record_check(series="甲", checked_on=ON, value=Decimal(1), unit="g", **common),
        lambda: record_comparison(details=compared(), **common),
        lambda: change_standard(
            actor=verifier, public_id=gone.public_id, revision=1, details=details(fields={})
        ),
    ):
        with pytest.raises(WrongCondition):
            refused()


@pytest.mark.parametrize("username", WRITERS)
def test_the_laboratory_and_the_officer_write(people: dict[str, User], username: str) -> None:
    actor = people[username]
    standard = register_standard(actor=actor, unit_id=laboratory().pk, details=details(fields={}))
    add_certificate(actor=actor, standard=standard.public_id, file=PDF, stated=stated())
    record_comparison(actor=actor, standard=standard.public_id, details=compared())


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_writes(people: dict[str, User], standard: MeasurementStandard, username: str) -> None:
    actor, certificate = people[username], make_certificate(standard)
    common: dict[str, Any] = {"actor": actor, "standard": standard.public_id}
    with pytest.raises(NotPermitted):
        register_standard(actor=actor, unit_id=laboratory().pk, details=details(fields={}))
    for refused in (
        lambda: add_certificate(file=PDF, stated=stated(), **common),
        lambda: record_check(series="甲", checked_on=ON, value=Decimal(1), unit="g", **common),
        lambda: record_comparison(details=compared(), **common),
    ):
        with pytest.raises(StandardNotFound):
            refused()
    with pytest.raises(StandardCertificateNotFound):
        withdraw_certificate(actor=actor, public_id=certificate.public_id, reason="理由")


def test_a_certificate_is_kept_as_received_and_valid_for_the_interval_of_the_standard(
    standard: MeasurementStandard, verifier: User
) -> None:
    row = add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated())
    assert (row.valid_until, row.is_dcc, row.points) == (date(2027, 3, 4), False, [POINT.stored])
    assert stored_path(row.file_sha256).read_bytes() == PDF[1]
    [leaf] = logged("standard:certificate_added")
    assert (leaf["number"], leaf["sha256"]) == ("力-1", row.file_sha256)
    given = stated(number="力-2", valid_until=date(2026, 12, 31))
    other = add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=given)
    assert other.valid_until == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"number": ""}, BadStandard),
        ({"issuer": " "}, BadStandard),
        ({"calibrated_on": date(2026, 11, 24)}, BadStandardCertificate),
        ({"valid_until": date(2026, 3, 4)}, BadStandardCertificate),
        ({"points": (replace(POINT, expanded_uncertainty=Decimal(0)),)}, BadStandardCertificate),
        ({"points": (replace(POINT, nominal=Decimal("NaN")),)}, BadStandardCertificate),
        ({"points": (replace(POINT, unit="斗"),)}, BadStandardCertificate),
    ],
)
def test_a_certificate_that_cannot_be_kept_is_refused(
    standard: MeasurementStandard, verifier: User, changes: dict[str, Any], refusal: type[BureauError]
) -> None:
    with pytest.raises(refusal):
        add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated(**changes))
    assert not StandardCertificate.objects.exists()


def test_without_interval_and_last_day_a_certificate_is_not_kept(verifier: User) -> None:
    standard = make_standard(laboratory(), interval_months=None)
    with pytest.raises(BadStandardCertificate, match="复校间隔"):
        add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated())
    with pytest.raises(BadStandardCertificate, match="文件不是 XML"):
        add_certificate(actor=verifier, standard=standard.public_id, file=PDF)
    with pytest.raises(BadStandard, match="文件是空的"):
        add_certificate(actor=verifier, standard=standard.public_id, file=("空", b""), stated=stated())


def test_a_number_is_kept_once_until_it_is_withdrawn(standard: MeasurementStandard, verifier: User) -> None:
    row = add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated())
    with pytest.raises(StandardCertificateKnown):
        add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated())
    with pytest.raises(BadStandard):
        withdraw_certificate(actor=verifier, public_id=row.public_id, reason=" ")
    withdraw_certificate(actor=verifier, public_id=row.public_id, reason="传错了")
    with pytest.raises(AlreadyWithdrawn):
        withdraw_certificate(actor=verifier, public_id=row.public_id, reason="又")
    with pytest.raises(StandardCertificateNotFound):
        withdraw_certificate(actor=verifier, public_id=uuid4(), reason="又")
    add_certificate(actor=verifier, standard=standard.public_id, file=PDF, stated=stated())
    assert [leaf["number"] for leaf in logged("standard:certificate_withdrawn")] == ["力-1"]


def test_checks_of_a_series_have_one_unit(standard: MeasurementStandard, verifier: User) -> None:
    common: dict[str, Any] = {"actor": verifier, "standard": standard.public_id, "checked_on": ON}
    row = record_check(series="F-07", value=Decimal("10000.02"), unit="克", **common)
    assert (row.unit, str(row.value)) == ("g", "10000.02")
    with pytest.raises(BadStandard, match="以前的单位是 g"):
        record_check(series="F-07", value=Decimal("10.00002"), unit="kg", **common)
    record_check(series="F-08", value=Decimal("10.00002"), unit="kg", **common)
    assert [leaf["value"] for leaf in logged("standard:checked")] == ["10000.02 g", "10.00002 kg"]


@pytest.mark.parametrize(
    "changes",
    [
        {"series": ""},
        {"unit": "斗"},
        {"value": Decimal("NaN")},
        {"value": Decimal(10) ** 11},
        {"value": Decimal("1E-10")},
        {"checked_on": date(2026, 11, 24)},
    ],
)
def test_a_check_that_cannot_be_kept_is_refused(
    standard: MeasurementStandard, verifier: User, changes: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"series": "F-07", "checked_on": ON, "value": Decimal(1), "unit": "g"}
    with pytest.raises(BadStandard):
        record_check(actor=verifier, standard=standard.public_id, **given | changes)
    assert not IntermediateCheck.objects.exists()


def test_a_comparison_is_kept_once_with_its_report(standard: MeasurementStandard, verifier: User) -> None:
    common: dict[str, Any] = {"actor": verifier, "standard": standard.public_id}
    row = record_comparison(details=compared(), file=PDF, **common)
    assert (row.file_name, row.unit) == ("证书.pdf", "g")
    with pytest.raises(BadStandard, match="已经登记"):
        record_comparison(details=compared(), **common)
    assert [leaf["reference"] for leaf in logged("standard:compared")] == ["10000 g"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"organiser": ""},
        {"unit": "斗"},
        {"expanded_uncertainty": Decimal(0)},
        {"reference_expanded_uncertainty": Decimal(-1)},
        {"held_on": date(2026, 11, 24)},
    ],
)
def test_a_comparison_that_cannot_be_kept_is_refused(
    standard: MeasurementStandard, verifier: User, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadStandard):
        record_comparison(actor=verifier, standard=standard.public_id, details=compared(**changes))
    assert not Comparison.objects.exists()


def test_the_database_itself_refuses_a_twin(standard: MeasurementStandard) -> None:
    make_certificate(standard)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_certificate(standard)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_standard(standard.unit)


def test_erasing_a_person_blanks_what_they_wrote_and_keeps_the_records(
    standard: MeasurementStandard, people: dict[str, User]
) -> None:
    verifier = people["verifier"]
    common: dict[str, Any] = {"actor": verifier, "standard": standard.public_id}
    row = add_certificate(file=("张检定.pdf", b"%PDF"), stated=stated(), **common)
    check = record_check(series="F-07", checked_on=ON, value=Decimal(1), unit="g", note="张检定做", **common)
    withdraw_certificate(actor=verifier, public_id=row.public_id, reason="张检定传错")
    erase_person_everywhere(
        actor=people["admin"], public_id=verifier.public_id, revision=verifier.revision, reason="离职"
    )
    row.refresh_from_db()
    check.refresh_from_db()
    assert (row.file_name, row.withdrawal_reason, check.note) == ("已删除",) * 3
