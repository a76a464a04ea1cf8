"""What a test found: never typed twice, compared with the estimate, and scored."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.followups.enums import Finding, FollowUpState, Source
from quanheng.followups.errors import BadTestResult, WrongFollowUpState
from quanheng.followups.models import TestResult
from quanheng.followups.selectors import comparison_of, concluded_waiting, outcomes, result_of
from quanheng.followups.services.results import take_in_results
from quanheng.kernels.scoring import score
from quanheng.kernels.scoring.table import table_text
from quanheng.parties.models import Party
from quanheng.verification.services.applications import return_application
from tests.followups.making import (
    READINGS,
    concluded_for,
    equip_for_meters,
    found_wrong,
    fresh,
    ordered,
)

pytestmark = pytest.mark.django_db
People = dict[str, User]


def test_a_concluded_verification_is_taken_in_once_and_compared(people: People, utility: Party) -> None:
    equip_for_meters(people)
    follow_up = ordered(people, utility)
    assert take_in_results() == (0, 0)
    verification = concluded_for(people, follow_up)
    assert concluded_waiting() == 1
    assert take_in_results() == (1, 0)
    assert take_in_results() == (0, 0)

    found = result_of(fresh(follow_up))
    assert found is not None
    assert (found.verification, found.source) == (verification, Source.VERIFICATION)
    assert found.finding == Finding.NONCONFORMING
    # (-5.8 + 3 × mean(-5.2, -5.6) - 5.0) / 5
    assert found.error_percent == pytest.approx(-5.4)
    assert [point["load"] for point in found.points] == [0.5, 5.0, 60.0]
    assert 0.1 < found.expanded_uncertainty_percent < 0.2
    told = comparison_of(fresh(follow_up))
    assert told is not None
    assert told.difference_percent == pytest.approx(0.2)
    assert told.inside
    assert fresh(follow_up).state == FollowUpState.TESTED


def test_what_was_adjusted_on_the_spot_was_found_wrong_all_the_same(people: People, utility: Party) -> None:
    equip_for_meters(people)
    follow_up = ordered(people, utility)
    left = deepcopy(READINGS)
    for row in left["readings"]["basic_error"]:
        row["error_1"] = "0.1 %"
    left["readings"]["starting"] = [{"current": "0.02 A"}]
    left["checks"] |= {"creep": "合格", "constant": "合格"}
    verification = concluded_for(people, follow_up, deepcopy(READINGS), left)
    assert verification.conclusion == "passed"
    take_in_results()
    found = result_of(fresh(follow_up))
    assert found is not None
    assert found.finding == Finding.NONCONFORMING
    assert found.error_percent == pytest.approx(-5.4)


def test_a_returned_application_brings_the_meter_back_with_its_reason(people: People, utility: Party) -> None:
    follow_up = fresh(ordered(people, utility))
    assert follow_up.application is not None
    return_application(
        actor=people["checker"],
        public_id=follow_up.application.public_id,
        revision=follow_up.application.revision,
        reason="本所没有电能标准",
    )
    assert take_in_results(actor=people["officer"]) == (0, 1)
    back = fresh(follow_up)
    assert (back.state, back.reason) == (FollowUpState.PROPOSED, "本所没有电能标准")


def test_the_paper_of_another_body_is_entered_with_its_file(people: People, utility: Party) -> None:
    found = found_wrong(people)
    assert (found.source, found.error_percent) == (Source.CERTIFICATE, -5.4)
    assert len(found.file_sha256) == 64
    [one] = outcomes()
    assert (one.is_out, one.selection) == (True, "suspect")
    assert score([one]).everything.out == 1
    assert "A1" not in table_text([one])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"data": b""}, "证书的照片"),
        ({"institution": " "}, "检定机构"),
        ({"error_percent": float("nan")}, "误差应在"),
        ({"error_percent": -101.0}, "误差应在"),
        ({"expanded_uncertainty_percent": -0.1}, "扩展不确定度"),
        ({"finding": Finding.CONFORMING}, "结论却是合格"),
    ],
)
def test_a_paper_that_cannot_be_is_refused(
    people: People, utility: Party, given: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadTestResult, match=reason):
        found_wrong(people, **given)
    assert not TestResult.objects.exists()


def test_a_day_to_come_is_refused(people: People, utility: Party) -> None:
    with pytest.raises(BadTestResult, match="检定日期"):
        found_wrong(people, tested_on=clock.today() + timedelta(days=1))


def test_a_second_result_is_refused(people: People, utility: Party) -> None:
    from quanheng.followups.services.results import record_certificate

    found = found_wrong(people)
    with pytest.raises(WrongFollowUpState):
        record_certificate(
            actor=people["officer"],
            public_id=found.follow_up.public_id,
            revision=found.follow_up.revision,
            institution="省计量院",
            certificate_no="2",
            tested_on=clock.today(),
            finding=Finding.CONFORMING,
            error_percent=0.1,
            expanded_uncertainty_percent=0.1,
            data=b"x",
            filename="x.pdf",
        )
