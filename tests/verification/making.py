"""An institute that can work, and the steps of one verification, as the tests of this folder and of the pages make them."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import WorkKind, WorkPlace
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.services.applications import accept_application, submit_application
from quanheng.verification.services.orders import create_work_order
from quanheng.verification.services.work import (
    check_verification,
    conclude_verification,
    save_draft,
    submit_readings,
)
from tests.instruments.making import TODAY, make_scale
from tests.standards.making import make_certificate, make_standard
from tests.workforce.making import authorise, laboratory, qualify, register

People = dict[str, User]

# Twelve loads and looks at a scale of class III, e = 10 g, Max = 30 kg; every error is half of what is allowed.
_WEIGHED = [
    {"load": f"{load} g", "indication": f"{load} g", "added": "5 g"}
    for load in (200, 5000, 15000, 20000, 30000)
]
GOOD: dict[str, Any] = {
    "readings": {
        "weighing": _WEIGHED,
        "eccentricity": [{"load": "10 kg", "indication": "10 kg", "added": "5 g"}] * 4,
        "repeatability": [
            {"load": load, "indication": load, "added": "5 g"}
            for load in ("15 kg", "30 kg")
            for _ in range(3)
        ],
    },
    "checks": dict.fromkeys(("type_approval", "seal", "self_locking", "software", "no_cheating"), "合格"),
    "environment": {"温度": "22.5 ℃", "湿度": "55 %"},
}
DETAILS = {"e": "10 g", "max": "30 kg"}
FULL = {"accuracy_class": "Ⅲ", "details": DETAILS}


def good() -> dict[str, Any]:
    """Readings of a scale that passes."""
    return deepcopy(GOOD)


def bad() -> dict[str, Any]:
    """Readings of a scale that shows 100 g too much at its maximum."""
    document = good()
    document["readings"]["weighing"][-1]["indication"] = "30.1 kg"
    return document


def equip(people: People) -> MeasurementStandard:
    """Let the institute of the cast be fit to verify scales: authorised, people qualified, weights calibrated."""
    unit = laboratory()
    authorise(unit)
    for name in ("verifier", "checker", "signatory"):
        qualify(register(people[name], unit))
    standard = make_standard(unit)
    make_certificate(standard)
    return standard


def a_scale(people: People, party: Party, **given: Any) -> Instrument:
    """A filed scale of which the registry knows all that JJG 539 asks for."""
    return make_scale(filed_by=people["officer"], **{"owner": party} | FULL | given)


def apply(actor: User, party: Party, *instruments: Instrument, **given: Any) -> Application:
    """An application to the institute."""
    return submit_application(
        actor=actor,
        **{
            "institute": laboratory().pk,
            "applicant": party.pk,
            "kind": WorkKind.PERIODIC,
            "work_place": WorkPlace.LAB,
            "place": None,
            "wished_on": None,
            "note": "",
            "instruments": [one.public_id for one in instruments],
        }
        | given,
    )


def accepted(people: People, party: Party, *instruments: Instrument, **given: Any) -> Application:
    """An application that the institute accepted."""
    application = apply(people["owner"], party, *instruments, **given)
    return accept_application(
        actor=people["checker"], public_id=application.public_id, revision=application.revision
    )


def plan(
    people: People,
    *instruments: Instrument,
    application: Application | None = None,
    unit: OrgUnit | None = None,
    **given: Any,
) -> WorkOrder:
    """A work order of today for the three people of the cast, with every standard of the institute."""
    where = unit or laboratory()
    return create_work_order(
        actor=people["checker"],
        **{
            "application": application and application.public_id,
            "institute": where.pk,
            "kind": WorkKind.PERIODIC,
            "work_place": WorkPlace.LAB,
            "place": None,
            "planned_on": TODAY,
            "verifier": people["verifier"].pk,
            "checker": people["checker"].pk,
            "signatory": people["signatory"].pk,
            "standards": list(MeasurementStandard.objects.values_list("public_id", flat=True)),
            "instruments": [one.public_id for one in instruments],
        }
        | given,
    )


def fresh(verification: Verification) -> Verification:
    """The record as it stands now."""
    return Verification.objects.get(pk=verification.pk)


def opened(people: People, instrument: Instrument, **given: Any) -> Verification:
    """The verification that a work order for one instrument opens."""
    return plan(people, instrument, **given).verifications.get()


def draft(
    people: People,
    verification: Verification,
    as_found: dict[str, Any],
    *,
    as_left: dict[str, Any] | None = None,
    on: date | None = TODAY,
) -> Verification:
    """Save readings."""
    return save_draft(
        actor=people["verifier"],
        public_id=verification.public_id,
        revision=fresh(verification).revision,
        performed_on=on,
        as_found=as_found,
        as_left=as_left or {},
    )


def step(service: Any, actor: User, verification: Verification, **given: Any) -> Verification:
    """Take a step as this person, at the present revision."""
    present = fresh(verification)
    made: Verification = service(actor=actor, public_id=present.public_id, revision=present.revision, **given)
    return made


def submitted(
    people: People, instrument: Instrument, *documents: dict[str, Any], **given: Any
) -> Verification:
    """Readings handed in; by default those of a scale that passes.  A second document is as left."""
    verification = opened(people, instrument, **given)
    found, left = (*documents, good())[0], documents[1] if len(documents) > 1 else None
    draft(people, verification, found, as_left=left)
    return step(submit_readings, people["verifier"], verification)


def checked(people: People, instrument: Instrument, *documents: dict[str, Any], **given: Any) -> Verification:
    """Readings handed in and checked."""
    return step(check_verification, people["checker"], submitted(people, instrument, *documents, **given))


def concluded(
    people: People, instrument: Instrument, *documents: dict[str, Any], **given: Any
) -> Verification:
    """A verification that all three have signed."""
    return step(conclude_verification, people["signatory"], checked(people, instrument, *documents, **given))
