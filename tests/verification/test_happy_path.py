"""From the application to the conclusion, with its leaves."""

from __future__ import annotations

from datetime import date

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import Conclusion, VerificationState
from quanheng.verification.selectors import refusals
from quanheng.verification.services.work import check_verification, conclude_verification, submit_readings
from tests.verification.making import accepted, bad, concluded, draft, good, plan, step

People = dict[str, User]


def _kinds() -> list[str]:
    rows = PendingLeaf.objects.filter(kind__startswith="verification:").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_an_application_becomes_a_conclusion_by_three_people(
    people: People, shop: Party, one: Instrument
) -> None:
    application = accepted(people, shop, one)
    verification = plan(people, one, application=application).verifications.get()
    draft(people, verification, good())
    assert refusals(verification.__class__.objects.get(pk=verification.pk)) == []

    step(submit_readings, people["verifier"], verification)
    step(check_verification, people["checker"], verification)
    done = step(conclude_verification, people["signatory"], verification)

    assert (done.state, done.conclusion) == (VerificationState.CONCLUDED, Conclusion.PASSED)
    assert done.valid_until == date(2027, 5, 19)
    assert done.edition == "jjg_539_2016"
    assert done.judgement["results"]["kind"] == "verification"
    assert done.used[0]["certificate_number"] == "力-2026-001"
    assert _kinds() == [
        f"verification:{word}"
        for word in ("applied", "accepted", "planned", "submitted", "checked", "concluded")
    ]


def test_what_fails_is_rejected_without_validity_and_says_why(people: People, one: Instrument) -> None:
    done = concluded(people, one, bad())

    assert (done.conclusion, done.valid_until) == (Conclusion.REJECTED, None)
    assert "±15 g" in done.judgement["results"]["reasons"][0]
