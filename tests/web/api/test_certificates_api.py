"""An institute's own software, from the application to the certificate, and what anybody is told of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanheng.certificates.selectors import pdf_of
from quanheng.verification.models import Application, Verification
from quanheng.verification.services.orders import create_work_order
from tests.certificates.issued import issue
from tests.certificates.making import (
    NOW,
    READINGS,
    TODAY,
    World,
    make_checked,
    make_instrument,
    make_world,
)
from tests.web.conftest import BACKEND, ApiClient

As = Callable[[str], ApiClient]
CSRF = "x" * 32


@pytest.fixture
def institute(db: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An institute that can issue, on the day of its work."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)
    return make_world()


@pytest.fixture
def as_one(institute: World) -> As:
    """Sign in one of the cast."""

    def sign_in(username: str) -> ApiClient:
        client = ApiClient()
        client.force_login(institute.people[username], backend=BACKEND)
        client.cookies["csrftoken"] = CSRF
        return client

    return sign_in


def ordered(institute: World, application: Application) -> Verification:
    """Plan the work of an accepted application."""
    people = institute.people
    order = create_work_order(
        actor=people["checker"],
        application=application.public_id,
        institute=institute.institute.pk,
        kind=application.kind,  # type: ignore[arg-type]  # the stored value of WorkKind
        work_place=application.work_place,  # type: ignore[arg-type]  # the stored value of WorkPlace
        planned_on=TODAY,
        verifier=people["verifier"].pk,
        checker=people["checker"].pk,
        signatory=people["signatory"].pk,
        standards=[institute.standard.public_id],
        instruments=[item.instrument.public_id for item in application.items.all()],
    )
    return order.verifications.get()


def test_from_the_application_to_the_certificate(institute: World, as_one: As) -> None:
    asked = {
        "institute": institute.institute.pk,
        "applicant": str(institute.owner.public_id),
        "work_place": "lab",
        "instruments": [str(make_instrument(institute).public_id)],
    }
    made = as_one("owner").send("post", "/api/applications", asked)
    assert (made.status_code, made.json()["state"]) == (201, "submitted")
    address = f"/api/applications/{made.json()['public_id']}"
    taken = as_one("checker").send("post", f"{address}/accept", {"revision": made.json()["revision"]})
    assert (taken.status_code, taken.json()["state"]) == (200, "accepted")
    assert as_one("owner").get("/api/applications").json()["items"] == [taken.json()]

    one = ordered(institute, Application.objects.get())
    address = f"/api/verifications/{one.public_id}"
    readings: dict[str, Any] = {
        "revision": one.revision,
        "performed_on": TODAY.isoformat(),
        "as_found": READINGS,
    }
    step = as_one("verifier").send("put", f"{address}/readings", readings)
    assert (step.status_code, step.json()["as_found"]) == (200, READINGS)
    stale = as_one("verifier").send("put", f"{address}/readings", readings)
    assert (stale.status_code, stale.json()["code"]) == (409, "base.stale_revision")
    for person, act, state in (("verifier", "submit", "submitted"), ("checker", "check", "checked")):
        step = as_one(person).send("post", f"{address}/{act}", {"revision": step.json()["revision"]})
        assert (step.status_code, step.json()["state"]) == (200, state)
    signed = as_one("signatory").send("post", f"{address}/sign", {"revision": step.json()["revision"]})
    assert (signed.status_code, signed.json()["status"], signed.json()["state"]) == (201, "valid", "issued")
    assert signed.json()["content"]["number"] == signed.json()["number"]


def test_a_step_that_is_refused_names_every_reason(institute: World, as_one: As) -> None:
    order = create_work_order(
        actor=institute.people["checker"],
        application=None,
        institute=institute.institute.pk,
        kind="periodic",  # type: ignore[arg-type]  # the stored value of WorkKind
        work_place="lab",  # type: ignore[arg-type]  # the stored value of WorkPlace
        planned_on=TODAY,
        verifier=institute.people["verifier"].pk,
        checker=institute.people["checker"].pk,
        signatory=institute.people["signatory"].pk,
        standards=[institute.standard.public_id],
        instruments=[make_instrument(institute).public_id],
    )
    one = order.verifications.get()
    refused = as_one("verifier").send(
        "post", f"/api/verifications/{one.public_id}/submit", {"revision": one.revision}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "verification.refused")


def test_certificates_are_listed_fetched_and_ended(institute: World, as_one: As) -> None:
    first, second = (issue(institute, one) for one in make_checked(institute, "1", "2"))
    client, address = as_one("signatory"), f"/api/certificates/{first.number}"
    assert client.get("/api/certificates").json()["count"] == 2
    assert client.get("/api/certificates?text=2&limit=1").json()["count"] == 2
    assert client.get(f"{address}/pdf").content == pdf_of(first)
    withdrawn = client.send("post", f"{address}/withdraw", {"reason": "标准器超期"})
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    new = client.send("post", f"/api/certificates/{second.number}/supersede", {"reason": "更正型号"})
    assert (new.status_code, new.json()["supersedes"]) == (201, second.number)
    listed = client.get("/api/certificates?status=superseded").json()["items"]
    assert [(one["number"], one["superseded_by"]) for one in listed] == [
        (second.number, new.json()["number"])
    ]
    assert client.send("post", f"{address}/withdraw", {"reason": "再撤"}).status_code == 409


def test_anybody_asks_by_number_what_a_certificate_is_worth_and_is_told_no_names(
    institute: World, client: Client
) -> None:
    (verification,) = make_checked(institute)
    certificate = issue(institute, verification)
    answer = client.get(f"/api/certificates/{certificate.number}/status")
    assert answer.status_code == 200
    assert answer.json() == {
        "number": certificate.number,
        "kind": "verification",
        "status": "valid",
        "text": "合格 有效期至 2027年5月19日。",
        "issued_on": "2026-05-20",
        "valid_until": "2027-05-19",
        "superseded_by": "",
        "pdf_sha256": certificate.pdf_sha256,
        "xml_sha256": certificate.xml_sha256,
    }
    assert client.get("/api/certificates/NONE-1/status").status_code == 404
    assert client.get("/api/certificates/none%00/status").status_code == 422
    assert client.get(f"/api/certificates/{certificate.number}").status_code == 401
