"""What stands in the way of a verdict: each rule alone, told in a sentence, all at once where there are several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import EventKind
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures import packaged_procedures
from quanheng.parties.models import Party
from quanheng.standards.enums import StandardCondition
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.verification.enums import VerificationState, WorkKind
from quanheng.verification.errors import Refused
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.selectors import refusals
from quanheng.verification.services.work import check_verification, conclude_verification, submit_readings
from quanheng.workforce.models import Authorisation, Metrologist, Qualification
from tests.instruments.making import PHOTO, TODAY, act
from tests.standards.making import make_certificate
from tests.verification.making import (
    a_scale,
    accepted,
    bad,
    checked,
    draft,
    fresh,
    good,
    opened,
    plan,
    step,
    submitted,
)
from tests.workforce.making import other_laboratory, qualify, register

People = dict[str, User]
YESTERDAY = TODAY - timedelta(days=1)


def _codes(verification: Verification) -> list[str]:
    return sorted({gap.code for gap in refusals(fresh(verification))})


def _drafted(people: People, one: Instrument, *documents: dict[str, Any], **given: Any) -> Verification:
    document = documents[0] if documents else good()
    return draft(people, opened(people, one), document, **given)


def test_nothing_stands_in_the_way_of_sound_work(people: People, one: Instrument) -> None:
    assert _codes(_drafted(people, one)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda person: Qualification.objects.filter(metrologist=person).delete(), "not_qualified"),
        (
            lambda person: Qualification.objects.filter(metrologist=person).update(valid_until=YESTERDAY),
            "not_qualified",
        ),
        (
            lambda person: Qualification.objects.filter(metrologist=person).update(regulation="JJG 443"),
            "not_qualified",
        ),
        (
            lambda person: Metrologist.objects.filter(pk=person.pk).update(registered_until=YESTERDAY),
            "registration_over",
        ),
        (lambda person: Metrologist.objects.filter(pk=person.pk).update(left_on=TODAY), "left"),
        (
            lambda person: Metrologist.objects.filter(pk=person.pk).update(unit=other_laboratory()),
            "wrong_unit",
        ),
    ],
)
@pytest.mark.parametrize("role", ["verifier", "checker"])
def test_verifier_and_checker_are_qualified_on_their_day(
    people: People, one: Instrument, role: str, change: Callable[[Metrologist], object], code: str
) -> None:
    verification = _drafted(people, one)
    change(people[role].metrologist)

    assert _codes(verification) == [f"{role}_{code}"]
    assert str(people[role]) in refusals(fresh(verification))[0].text


def test_a_person_without_registration_is_refused(people: People, one: Instrument) -> None:
    Qualification.objects.filter(metrologist=people["checker"].metrologist).delete()
    people["checker"].metrologist.delete()

    assert _codes(_drafted(people, one)) == ["checker_not_registered"]


def test_a_signatory_needs_no_qualification_for_the_item(people: People, one: Instrument) -> None:
    Qualification.objects.filter(metrologist=people["signatory"].metrologist).delete()

    assert _codes(_drafted(people, one)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_until": YESTERDAY}, "authorisation_over"),
        ({"regulations": ["JJG 443"]}, "no_authorisation"),
    ],
)
def test_the_institute_is_authorised_on_the_day(
    people: People, one: Instrument, changes: dict[str, Any], code: str
) -> None:
    Authorisation.objects.update(**changes)

    assert _codes(_drafted(people, one)) == [code]


@pytest.mark.parametrize(
    ("rows", "changes", "code"),
    [
        (StandardCertificate, {"valid_until": YESTERDAY}, "certificate_over"),
        (StandardCertificate, {"calibrated_on": TODAY + timedelta(days=1)}, "no_certificate"),
        (MeasurementStandard, {"serves": ["JJG 443"]}, "not_for_regulation"),
        (
            MeasurementStandard,
            {"condition": StandardCondition.STOPPED, "condition_reason": "摔落"},
            "not_in_use",
        ),
        (MeasurementStandard, {"examination_until": YESTERDAY}, "examination_over"),
    ],
)
def test_the_standard_is_valid_and_for_this_regulation(
    people: People, one: Instrument, rows: Any, changes: dict[str, Any], code: str
) -> None:
    verification = _drafted(people, one)
    rows.objects.update(**changes)

    assert _codes(verification) == [f"standard_{code}"]


def test_what_expires_today_is_valid_today(people: People, one: Instrument) -> None:
    for rows in (StandardCertificate, Qualification, Authorisation):
        rows.objects.update(valid_until=TODAY)

    assert _codes(_drafted(people, one)) == []


def test_a_standard_worse_than_a_third_of_the_limit_is_not_good_enough(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    verification = _drafted(people, one)
    MeasurementStandard.objects.update(fields={"standard_mpe": "1.66 g"})  # limit 5 g
    assert _codes(verification) == []

    MeasurementStandard.objects.update(fields={"standard_mpe": "1.67 g"})
    assert _codes(verification) == ["standard_not_good_enough"]


def test_a_standard_not_good_enough_stops_a_rejection_too(people: People, one: Instrument) -> None:
    MeasurementStandard.objects.update(fields={"standard_mpe": "5 g"})

    assert "standard_not_good_enough" in _codes(_drafted(people, one, bad()))


def test_a_typed_figure_of_the_standard_does_not_replace_that_of_its_record(
    people: People, one: Instrument
) -> None:
    MeasurementStandard.objects.update(fields={"standard_mpe": "5 g"})
    document = good() | {"标准器": {"标准砝码最大允许误差": "0.5 g"}}

    assert _codes(_drafted(people, one, document)) == ["differs_from_registry", "standard_not_good_enough"]


@pytest.fixture
def gauge(people: People, shop: Party, weights: MeasurementStandard) -> Instrument:
    """A pressure gauge; JJG 52 asks for 15 ℃ to 25 ℃."""
    for rows in (Qualification, Authorisation, MeasurementStandard):
        field = {Qualification: "regulation", Authorisation: "regulations", MeasurementStandard: "serves"}[
            rows
        ]
        rows.objects.update(**{field: "JJG 52" if rows is Qualification else ["JJG 52"]})
    MeasurementStandard.objects.update(fields={"standard_mpe": "0.001 MPa"})
    given = {"name": "压力表", "kind": "pressure_gauge", "accuracy_class": "1.6"}
    details = {"lower": "0 MPa", "upper": "1 MPa", "division": "0.02 MPa"}
    return a_scale(people, shop, **given, details=details)


@pytest.mark.parametrize(
    ("temperature", "is_refused"), [("14.9 ℃", True), ("15 ℃", False), ("25 ℃", False), ("25.1", True)]
)
def test_the_environment_is_within_the_limits_of_the_regulation(
    people: People, gauge: Instrument, temperature: str, is_refused: bool
) -> None:
    read = ("reference", "up_before", "up", "down_before", "down")
    document = {
        "environment": {"温度": temperature},
        "readings": {"indication": [dict.fromkeys(read, f"{p} MPa") for p in (0, 0.25, 0.5, 0.75, 1)]},
        "checks": dict.fromkeys(("pointer", "appearance", "zero"), "合格"),
    }

    assert _codes(_drafted(people, gauge, document)) == (["environment"] if is_refused else [])
    document["checks"]["zero"] = "不合格"
    draft(people, Verification.objects.get(), document)
    assert _codes(Verification.objects.get()) == (["environment"] if is_refused else [])


@pytest.mark.parametrize("kind", [EventKind.STOPPED, EventKind.SEALED, EventKind.SCRAPPED])
def test_an_instrument_out_of_use_is_not_verified(people: People, one: Instrument, kind: EventKind) -> None:
    verification = _drafted(people, one)
    act(people["officer"], one, kind, data=PHOTO)

    assert _codes(verification) == ["instrument_out_of_use"]


def test_an_instrument_of_unknown_kind_is_not_verified(people: People, one: Instrument) -> None:
    verification = _drafted(people, one)
    Instrument.objects.update(kind="")

    assert _codes(verification) == ["instrument_kind_unknown", "unknown_kind"]


def test_no_edition_in_force_on_the_day_is_refused(people: People, one: Instrument) -> None:
    """JJG 539-2016 holds from 2017-05-30."""
    Instrument.objects.update(registered_on=date(2017, 1, 1))

    assert "no_edition" in _codes(_drafted(people, one, on=date(2017, 5, 29)))
    verification = Verification.objects.get()
    assert "no_edition" not in _codes(draft(people, verification, good(), on=date(2017, 5, 30)))


def test_the_edition_is_that_of_the_day_of_the_work(people: People, one: Instrument) -> None:
    """Price-computing scales change to JJG 1204-2025 on 2027-01-08, whenever the readings are handed in."""
    editions = [
        packaged_procedures().edition("price_scale", on).file for on in (date(2027, 1, 7), date(2027, 1, 8))
    ]

    assert editions == ["jjg_539_2016", "jjg_1204_2025"]


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (None, "no_day"),
        (TODAY + timedelta(days=1), "day_in_future"),
        (YESTERDAY, "day_before_registration"),
    ],
)
def test_the_day_of_the_work_is_possible(people: People, one: Instrument, on: date | None, code: str) -> None:
    assert code in _codes(_drafted(people, one, on=on))


def test_the_day_of_the_work_is_not_before_the_application(
    people: People, shop: Party, one: Instrument
) -> None:
    application = accepted(people, shop, one)
    verification = plan(people, one, application=application).verifications.get()
    Instrument.objects.update(registered_on=date(2026, 1, 1))

    assert _codes(draft(people, verification, good(), on=YESTERDAY)) == ["day_before_application"]
    Application.objects.update(submitted_at=datetime(2026, 5, 19, 15, 59, tzinfo=UTC))  # 23:59 here
    assert _codes(verification) == []


def test_what_is_missing_is_listed(people: People, one: Instrument) -> None:
    document = good()
    del document["readings"]["eccentricity"], document["checks"]["seal"]
    verification = _drafted(people, one, document)

    texts = [gap.text for gap in refusals(verification) if gap.code == "missing"]
    assert any("偏载" in text for text in texts)
    assert any("铅封" in text for text in texts)


def test_no_readings_at_all_is_said_once(people: People, one: Instrument) -> None:
    assert _codes(opened(people, one)) == ["no_day", "no_readings"]


def test_a_document_that_cannot_be_read_is_told_with_its_place(people: People, one: Instrument) -> None:
    document = good()
    document["readings"]["weighing"][1]["indication"] = "5 L"
    (gap,) = refusals(_drafted(people, one, document))

    assert gap.code == "bad_readings"
    assert "第 2 行" in gap.text
    assert "indication" in gap.text


def test_rejected_needs_no_complete_record(people: People, one: Instrument) -> None:
    document = bad()
    del document["readings"]["eccentricity"]

    assert _codes(_drafted(people, one, document)) == []


def test_typed_parameters_that_differ_from_the_registry_are_refused(people: People, one: Instrument) -> None:
    same = good() | {"instrument": {"e": "0.01 kg", "准确度等级": "III"}}
    verification = _drafted(people, one, same)
    assert _codes(verification) == []

    draft(people, verification, good() | {"instrument": {"e": "20 g"}})
    assert _codes(verification) == ["differs_from_registry"]


def test_a_day_at_the_end_of_the_calendar_is_a_day_to_come(people: People, one: Instrument) -> None:
    Instrument.objects.update(kind="platform_scale")
    verification = draft(people, opened(people, one), good(), on=date.max)

    assert "day_in_future" in _codes(verification)


def test_checker_and_verifier_are_two_people(people: People, one: Instrument) -> None:
    verification = submitted(people, one)
    # The verifier holds the checker's role too.
    people["verifier"].assignments.create(role="checker", unit=verification.work_order.institute)

    with pytest.raises(Refused) as refused:
        step(check_verification, people["verifier"], verification)
    assert [gap.code for gap in refused.value.gaps] == ["checker_is_verifier"]


@pytest.mark.parametrize(
    ("role", "kind", "is_refused"),
    [
        ("verifier", WorkKind.PERIODIC, True),
        ("checker", WorkKind.PERIODIC, False),
        ("checker", WorkKind.CALIBRATION, True),
    ],
)
def test_whether_the_signatory_may_have_another_part_is_a_rule(
    people: People, one: Instrument, role: str, kind: WorkKind, is_refused: bool
) -> None:
    people[role].assignments.create(role="signatory", unit=people[role].assignments.get().unit)
    verification = opened(people, one, kind=kind)
    WorkOrder.objects.update(signatory=people[role])

    assert (f"signatory_is_{role}" in _codes(draft(people, verification, good()))) == is_refused


def test_all_reasons_are_told_at_once_and_nothing_is_written(people: People, one: Instrument) -> None:
    verification = _drafted(people, one)
    Authorisation.objects.update(valid_until=YESTERDAY)
    StandardCertificate.objects.update(valid_until=YESTERDAY)

    with pytest.raises(Refused) as refused:
        step(submit_readings, people["verifier"], verification)
    assert {gap.code for gap in refused.value.gaps} == {"authorisation_over", "standard_certificate_over"}
    assert all(gap.text in refused.value.text for gap in refused.value.gaps)
    assert fresh(verification).state == VerificationState.RECORDING


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda: Qualification.objects.update(valid_until=YESTERDAY), "verifier_not_qualified"),
        (
            lambda: StandardCertificate.objects.update(valid_until=YESTERDAY),
            "standard_certificate_changed",
        ),
        (
            lambda: MeasurementStandard.objects.update(fields={"standard_mpe": "5 g"}),
            "standard_not_good_enough",
        ),
        (lambda: Instrument.objects.update(condition="stopped"), "instrument_out_of_use"),
        (lambda: Instrument.objects.update(details={"e": "5 g", "max": "30 kg"}), "judgement_changed"),
    ],
)
def test_what_comes_up_meanwhile_stops_the_check_and_the_signature(
    people: People, one: Instrument, change: Callable[[], object], code: str
) -> None:
    verification = submitted(people, one)
    change()
    with pytest.raises(Refused) as refused:
        step(check_verification, people["checker"], verification)
    assert code in {gap.code for gap in refused.value.gaps}


def test_what_comes_up_after_the_check_stops_the_signature(people: People, one: Instrument) -> None:
    verification = checked(people, one)
    Authorisation.objects.update(valid_until=YESTERDAY)

    with pytest.raises(Refused) as refused:
        step(conclude_verification, people["signatory"], verification)
    assert [gap.code for gap in refused.value.gaps] == ["authorisation_over"]


def test_a_newer_certificate_of_the_standard_asks_for_another_submission(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    verification = submitted(people, one)
    make_certificate(weights, number="力-2026-002", calibrated_on=TODAY)

    assert _codes(verification) == ["standard_certificate_changed"]


def test_the_file_of_the_regulation_has_changed_since(
    people: People, one: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    verification = submitted(people, one)
    monkeypatch.setattr("quanheng.verification.judging._hashes", lambda name: {name: "0" * 64})

    assert _codes(verification) == ["procedure_changed"]


def test_a_calibration_needs_an_uncertainty_at_every_point(people: People, one: Instrument) -> None:
    verification = opened(people, one, kind=WorkKind.CALIBRATION)
    weighed = {"readings": {"weighing": good()["readings"]["weighing"]}}
    assert _codes(draft(people, verification, weighed)) == []

    repeated = {"readings": {"repeatability": good()["readings"]["repeatability"]}}
    assert _codes(draft(people, verification, repeated)) == ["no_uncertainty"]


def test_a_calibration_has_no_verdict_and_no_validity(people: People, one: Instrument) -> None:
    weighed = {"readings": {"weighing": bad()["readings"]["weighing"]}}
    done = step(
        conclude_verification, people["signatory"], checked(people, one, weighed, kind=WorkKind.CALIBRATION)
    )

    assert (done.conclusion, done.valid_until) == ("calibrated", None)
    results = done.judgement["results"]
    assert (results["kind"], results["conclusion"], results["reasons"]) == ("calibration", "", [])
    assert all(row["expanded_uncertainty"] for table in results["tables"] for row in table["rows"])


def test_no_period_in_any_rule_is_refused_before_anything_is_signed(
    people: People, one: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    verification = _drafted(people, one)
    monkeypatch.setattr("quanheng.verification.fitness.valid_until", lambda *_: None)

    assert _codes(verification) == ["no_period"]


def test_another_qualified_person_may_take_the_step(people: People, one: Instrument) -> None:
    other = User.objects.create_user("second", display_name="周检定")
    unit: OrgUnit = WorkOrder.objects.get(pk=opened(people, one).work_order_id).institute
    other.assignments.create(role="verifier", unit=unit)
    verification = draft(people, Verification.objects.get(), good())

    with pytest.raises(Refused):
        step(submit_readings, other, verification)
    qualify(register(other, unit))
    assert step(submit_readings, other, verification).verifier == other
