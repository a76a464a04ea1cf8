"""Drafts, states, revisions, leaves, and that a failure inside leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import VerificationState
from quanheng.verification.errors import (
    BadReadings,
    BadReason,
    OutsideScope,
    VerificationNotFound,
    WrongState,
)
from quanheng.verification.models import UsedStandard, Verification
from quanheng.verification.services.orders import cancel_verification
from quanheng.verification.services.work import (
    check_verification,
    conclude_verification,
    return_verification,
    save_draft,
    submit_readings,
)
from tests.instruments.making import TODAY, leaves, logged
from tests.verification.making import checked, concluded, draft, fresh, good, opened, step, submitted

People = dict[str, User]


def test_a_draft_may_be_anything_that_is_a_document_and_has_no_leaf(people: People, one: Instrument) -> None:
    verification = opened(people, one)
    before = PendingLeaf.objects.count()
    draft(people, verification, {"readings": {"weighing": [{"load": "1 k"}]}}, on=None)

    assert fresh(verification).as_found["readings"]["weighing"] == [{"load": "1 k"}]
    assert PendingLeaf.objects.count() == before


@pytest.mark.parametrize(
    "document",
    [
        ["readings"],
        "readings",
        None,
        {"note": "a\x00b"},
        {"note": "\ud800"},
        {"note": float("nan")},
        {"note": {1, 2}},
        {"note": 10**30},
        {1: "a"},
        {"note": "长" * 200_000},
    ],
)
def test_what_is_no_document_is_not_kept(people: People, one: Instrument, document: Any) -> None:
    verification = opened(people, one)
    with pytest.raises(BadReadings):
        draft(people, verification, document)
    assert fresh(verification).as_found == {}


def test_a_document_nested_beyond_reason_is_not_kept(people: People, one: Instrument) -> None:
    document: dict[str, Any] = {}
    for _ in range(100_000):
        document = {"a": document}
    with pytest.raises(BadReadings):
        draft(people, opened(people, one), document)


def test_who_saves_second_is_told_and_nothing_of_the_first_is_lost(people: People, one: Instrument) -> None:
    verification = opened(people, one)
    draft(people, verification, good())
    with pytest.raises(StaleRevision):
        save_draft(
            actor=people["verifier"],
            public_id=verification.public_id,
            revision=verification.revision,
            performed_on=TODAY,
            as_found={},
            as_left={},
        )
    assert fresh(verification).as_found == good()


def test_each_step_is_for_its_role_of_its_institute(people: People, one: Instrument) -> None:
    verification = draft(people, opened(people, one), good())
    for name in ("checker", "officer", "owner", "admin"):
        with pytest.raises(OutsideScope):
            step(submit_readings, people[name], verification)
    step(submit_readings, people["verifier"], verification)
    for name in ("verifier", "signatory", "officer"):
        with pytest.raises(OutsideScope):
            step(check_verification, people[name], verification)
    step(check_verification, people["checker"], verification)
    for name in ("verifier", "checker", "officer"):
        with pytest.raises(OutsideScope):
            step(conclude_verification, people[name], verification)


def test_steps_are_taken_in_their_order_and_once(people: People, one: Instrument) -> None:
    verification = draft(people, opened(people, one), good())
    for service, name in ((check_verification, "checker"), (conclude_verification, "signatory")):
        with pytest.raises(WrongState):
            step(service, people[name], verification)
    for service, name in (
        (submit_readings, "verifier"),
        (check_verification, "checker"),
        (conclude_verification, "signatory"),
    ):
        step(service, people[name], verification)
        with pytest.raises(WrongState):
            step(service, people[name], verification)
    with pytest.raises(WrongState):
        draft(people, verification, {})


def test_what_was_handed_in_is_not_typed_over(people: People, one: Instrument) -> None:
    verification = submitted(people, one)
    with pytest.raises(WrongState):
        draft(people, verification, {})


def test_an_unknown_verification_is_not_found(people: People, one: Instrument) -> None:
    with pytest.raises(VerificationNotFound):
        check_verification(actor=people["checker"], public_id=one.public_id, revision=1)


@pytest.mark.parametrize(("made", "name"), [(submitted, "checker"), (checked, "signatory")])
def test_returning_needs_a_reason_and_begins_anew(
    people: People, one: Instrument, made: Any, name: str
) -> None:
    verification = made(people, one)
    with pytest.raises(BadReason):
        step(return_verification, people[name], verification, reason=" ")
    back = step(return_verification, people[name], verification, reason="第 3 点漏记")

    assert (back.state, back.verifier, back.checker) == (VerificationState.RECORDING, None, None)
    assert (back.edition, back.judgement, back.used) == ("", {}, [])
    assert not UsedStandard.objects.exists()
    assert back.as_found == good()
    assert "第 3 点漏记" not in logged()
    step(submit_readings, people["verifier"], verification)
    assert UsedStandard.objects.count() == 1


def test_the_verifier_does_not_return_to_themselves(people: People, one: Instrument) -> None:
    verification = submitted(people, one)
    with pytest.raises(OutsideScope):
        step(return_verification, people["verifier"], verification, reason="x")


def test_a_cancelled_verification_frees_the_instrument(people: People, one: Instrument) -> None:
    verification = opened(people, one)
    step(cancel_verification, people["checker"], verification, reason="器具未送到")
    with pytest.raises(WrongState):
        draft(people, verification, good())
    assert opened(people, one).state == VerificationState.RECORDING


def test_what_was_concluded_is_not_cancelled_or_returned(people: People, one: Instrument) -> None:
    verification = concluded(people, one)
    with pytest.raises(WrongState):
        step(cancel_verification, people["checker"], verification, reason="x")
    with pytest.raises(WrongState):
        step(return_verification, people["checker"], verification, reason="x")


def test_leaves_name_the_hashes_and_nobody(people: People, one: Instrument) -> None:
    done = concluded(people, one)
    (leaf,) = leaves("verification:concluded")

    assert leaf["conclusion"] == "passed"
    assert leaf["procedure_sha256"] == done.procedure_sha256
    assert leaf["readings_sha256"] == leaves("verification:submitted")[0]["readings_sha256"]
    assert leaf["judgement_sha256"] == leaves("verification:submitted")[0]["judgement_sha256"]
    for name in ("verifier", "checker", "signatory"):
        assert people[name].display_name not in logged()


def test_as_left_decides_and_as_found_is_kept_with_its_own_judgement(people: People, one: Instrument) -> None:
    found = good()
    found["readings"]["weighing"][4]["indication"] = "30.1 kg"
    done = concluded(people, one, found, good())

    assert done.conclusion == "passed"
    assert done.judgement["found"]["verdict"] == "rejected"
    assert done.judgement["decides"]["verdict"] == "passed"
    phases = {table["phase"] for table in done.judgement["results"]["tables"]}
    assert phases == {"调整前", "调整后"}


def test_as_found_may_lack_what_as_left_has(people: People, one: Instrument) -> None:
    found = {"readings": {"weighing": good()["readings"]["weighing"][:1]}}

    assert concluded(people, one, found, good()).conclusion == "passed"


def test_the_judgement_kept_says_how_to_judge_again(people: People, one: Instrument) -> None:
    done = submitted(people, one)
    told = done.judgement

    assert (
        told["command"] == f"quanheng procedure run price_scale readings.yaml --on {TODAY} --stage subsequent"
    )
    assert told["files"] == {"jjg_539_2016": done.procedure_sha256}
    assert told["results"]["conclusion"] == "合格（准确度等级：III）"


@pytest.mark.parametrize(
    ("service", "made", "name"),
    [
        (submit_readings, lambda people, one: draft(people, opened(people, one), good()), "verifier"),
        (check_verification, submitted, "checker"),
        (conclude_verification, checked, "signatory"),
    ],
)
def test_a_failure_inside_leaves_nothing(
    people: People, one: Instrument, service: Any, made: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verification = made(people, one)
    before = Verification.objects.values().get(), UsedStandard.objects.count(), PendingLeaf.objects.count()

    def killed(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quanheng.verification.services.shared.enqueue_leaf", killed)
    with pytest.raises(KeyboardInterrupt):
        step(service, people[name], verification)
    after = Verification.objects.values().get(), UsedStandard.objects.count(), PendingLeaf.objects.count()
    assert after == before


def test_a_form_opened_for_after_adjustment_and_left_empty_says_nothing(
    people: People, one: Instrument
) -> None:
    empty = {"readings": {"weighing": [{"load": " ", "indication": None}]}, "environment": {"温度": "20 ℃"}}
    done = submitted(people, one, good(), empty)

    assert (done.as_left, done.judgement["found"]) == ({}, None)
    assert {table["phase"] for table in done.judgement["results"]["tables"]} == {""}
