"""A drifted standard: which past verdicts are in doubt, how much, and who is told."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.kernels.traceability import load_standards, recall
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.verification.errors import BadReason, BadRecall, OutsideScope
from quanheng.verification.models import Recall
from quanheng.verification.recalling import notices_of
from quanheng.verification.selectors import recall_for, recalls_for
from quanheng.verification.services.recalls import make_recall
from tests.instruments.making import TODAY, leaves, logged, make_party
from tests.standards.making import POINT, make_certificate
from tests.verification.making import a_scale, bad, concluded, good, submitted

People = dict[str, User]
LATER = TODAY + timedelta(days=30)


def _near_the_limit(by: str) -> dict[str, Any]:
    """Readings whose error at 30 kg is 15 g (the limit) less ``by``."""
    document = good()
    document["readings"]["weighing"][4] = {
        "load": "30 kg",
        "indication": "30.010 kg",
        "added": f"{Decimal(by)} g",
    }
    return document


def _found(weights: MeasurementStandard, error: str, **given: Any) -> StandardCertificate:
    points = [POINT | {"error": error}]
    return make_certificate(weights, number="力-2026-002", calibrated_on=LATER, **{"points": points} | given)


def _recall(people: People, found: StandardCertificate, **given: Any) -> Recall:
    return make_recall(
        actor=people["signatory"], certificate=found.public_id, **{"reason": "砝码磕碰"} | given
    )


def test_verdicts_near_the_limit_are_more_in_doubt(
    people: People, shop: Party, one: Instrument, weights: MeasurementStandard
) -> None:
    """Weights of 10 kg came back 4 g too light: the scale reads 12 g too little at 30 kg."""
    far = concluded(people, one, _near_the_limit("14.5"))
    near = concluded(people, a_scale(people, shop, serial_no="2"), _near_the_limit("5"))
    made = _recall(people, _found(weights, "4"), threshold=Decimal("0.5"))

    ranked = made.result["ranked"]
    assert [row["verification"] for row in ranked] == [str(near.public_id), str(far.public_id)]
    assert ranked[0]["probability"] > 0.2 > ranked[1]["probability"]
    assert made.result["not_computed"] == []


def test_a_standard_that_is_lighter_makes_instruments_read_more_than_was_seen(
    people: People, shop: Party, one: Instrument, weights: MeasurementStandard
) -> None:
    """Error of a weight = nominal - true: 4 g too light; loads held less than was written, so errors were more."""
    concluded(people, one, _near_the_limit("5"))
    light = _recall(people, _found(weights, "4")).result["ranked"][0]["probability"]
    Recall.objects.all().delete()
    StandardCertificate.objects.filter(number="力-2026-002").delete()
    heavy = _recall(people, _found(weights, "-4")).result["ranked"][0]["probability"]

    assert light > heavy


def test_a_standard_without_drift_leaves_verdicts_alone(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    concluded(people, one)
    made = _recall(people, _found(weights, "0.05"))

    assert made.result["ranked"][0]["probability"] < 1e-6
    assert notices_of(made) == []


def test_the_input_kept_gives_the_same_answer_again(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    concluded(people, one, _near_the_limit("5"))
    made = Recall.objects.get(pk=_recall(people, _found(weights, "4")).pk)

    content, records = load_standards(json.dumps(made.result["input"]).encode(), is_json=True)
    again = recall(content.histories, records.verdicts())
    assert float(f"{again.flip_probability[0]:.6g}") == made.result["ranked"][0]["probability"]


def test_owners_are_told_from_the_threshold_on(
    people: People, shop: Party, one: Instrument, weights: MeasurementStandard
) -> None:
    concluded(people, one, _near_the_limit("5"))
    other = make_party("别家", account=False)
    concluded(people, a_scale(people, other, serial_no="2"))
    (notice,) = notices_of(_recall(people, _found(weights, "4"), threshold=Decimal("0.2")))

    assert notice["owner"] == shop
    assert shop.name in notice["text"]
    assert str(one) in notice["text"]
    assert (
        len(
            notices_of(
                _recall(people, StandardCertificate.objects.get(number="力-2026-002"), threshold=Decimal(0))
            )
        )
        == 2
    )


def test_a_calibration_made_with_it_is_listed_without_a_probability(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    weighed = {"readings": {"weighing": good()["readings"]["weighing"]}}
    done = concluded(people, one, weighed, kind="calibration")
    made = _recall(people, _found(weights, "4"))

    assert made.result["ranked"] == []
    assert [row["verification"] for row in made.result["not_computed"]] == [str(done.public_id)]
    assert len(notices_of(made)) == 1


def test_what_was_rejected_anyway_may_have_been_good(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    concluded(people, one, bad())
    assert _recall(people, _found(weights, "4")).result["ranked"][0]["conclusion"] == "rejected"


def test_only_concluded_work_since_the_last_certificate_counts(
    people: People, shop: Party, one: Instrument, weights: MeasurementStandard
) -> None:
    submitted(people, one)
    found = _found(weights, "4")
    with pytest.raises(BadRecall, match="没有用这件标准"):
        _recall(people, found)


@pytest.mark.parametrize("how", ["first", "withdrawn", "points", "reason", "threshold"])
def test_what_cannot_be_recalled_is_refused(
    people: People, one: Instrument, weights: MeasurementStandard, how: str
) -> None:
    concluded(people, one)
    first, found = StandardCertificate.objects.get(), _found(weights, "4")
    given: dict[str, Any] = {}
    if how == "withdrawn":
        given_at = {"withdrawn_at": found.recorded_at, "withdrawn_by": people["officer"]}
        StandardCertificate.objects.filter(pk=found.pk).update(**given_at, withdrawal_reason="误登")
    elif how == "points":
        StandardCertificate.objects.filter(pk=found.pk).update(points=[])
    elif how == "reason":
        given = {"reason": " "}
    elif how == "threshold":
        given = {"threshold": Decimal("1.1")}
    with pytest.raises((BadRecall, BadReason)):
        _recall(people, first if how == "first" else found, **given)
    assert not Recall.objects.exists()
    assert leaves("recall:made") == []


def test_a_recall_is_for_the_institute_and_the_bureau(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    concluded(people, one)
    found = _found(weights, "4")
    for name in ("verifier", "checker", "owner", "auditor"):
        with pytest.raises(OutsideScope):
            make_recall(actor=people[name], certificate=found.public_id, reason="x")
    made = make_recall(actor=people["officer"], certificate=found.public_id, reason="磕碰原因")

    assert recall_for(people["signatory"], made.public_id) == made
    assert not recalls_for(people["owner"]).exists()
    (leaf,) = leaves("recall:made")
    assert (leaf["verifications"], leaf["since"]) == (1, str(date(2026, 1, 1)))
    assert "磕碰原因" not in logged()


def test_a_point_in_another_unit_is_converted_or_left_out(
    people: People, one: Instrument, weights: MeasurementStandard
) -> None:
    done = concluded(people, one, _near_the_limit("5"))
    kilograms = {"nominal": "10", "error": "0.004", "expanded_uncertainty": "0.00008", "unit": "kg"}
    volumes = kilograms | {"unit": "L"}
    StandardCertificate.objects.update(points=[POINT | kilograms | {"error": "0"}])
    converted = _recall(people, _found(weights, "0", points=[POINT | kilograms]))
    assert converted.result["ranked"][0]["probability"] > 0.2

    StandardCertificate.objects.update(points=[POINT | volumes])
    left_out = _recall(people, StandardCertificate.objects.get(number="力-2026-002"))
    assert left_out.result["not_computed"][0]["verification"] == str(done.public_id)
