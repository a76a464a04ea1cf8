"""The work: drafts as they are typed, handing them in with a verdict, checking by a second person, concluding."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate import Kind
from quanheng.kernels.certificate.results import (
    checks_of,
    kind_of,
    reasons_of,
    remarks_of,
    tables_of,
    unconfirmed_of,
)
from quanheng.kernels.certificate.results import conclusion_of as words_of
from quanheng.kernels.procedures import Judgement
from quanheng.kernels.procedures.report import report
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.verification.enums import VerificationState, WorkKind
from quanheng.verification.errors import BadReadings, Refused
from quanheng.verification.fitness import Examined, Judged, conclusion_of, examined
from quanheng.verification.judging import files_of, is_measured, recomputing_command, stage_of
from quanheng.verification.models import UsedStandard, Verification
from quanheng.verification.services.shared import as_kept, locked_verification, log, needed, save_next

_SAVED_AS = 1  # format of the judgement that is kept


@transaction.atomic
def save_draft(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    performed_on: date | None,
    as_found: dict[str, Any],
    as_left: dict[str, Any],
) -> Verification:
    """Keep readings as they are, complete or not; a draft is nobody's statement and has no leaf.

    ``as_found`` and ``as_left`` are documents as docs/reference/readings.md describes them; `as_left` is empty where
    nothing was adjusted.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState
        Not there; of another institute; saved by another meanwhile; handed in already.
    BadReadings
        What is sent is no document, or larger than is kept.
    """
    verification = locked_verification(
        actor, "verification.verify", public_id, revision, {VerificationState.RECORDING}
    )
    found, left = as_kept(as_found), as_kept(as_left)
    if found is None or left is None:
        raise BadReadings(reason=_("内容不是一份检定记录，或者太大。"))
    verification.performed_on = performed_on
    verification.as_found, verification.as_left = found, left
    save_next(verification)
    return verification


@transaction.atomic
def submit_readings(*, actor: User, public_id: UUID, revision: int) -> Verification:
    """Hand the readings in: they are judged, and from now on the edition and the verdict stand.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState
        As `save_draft`.
    Refused
        With everything that stands in the way.
    """
    verification = locked_verification(
        actor, "verification.verify", public_id, revision, {VerificationState.RECORDING}
    )
    if not is_measured(verification.as_left):
        verification.as_left = {}
    judged, found = _fit(verification, actor)
    edition = judged.edition
    verification.verifier, verification.submitted_at = actor, clock.now()
    verification.state = VerificationState.SUBMITTED
    verification.edition = edition.file
    files = files_of(edition)
    verification.procedure_sha256 = files[edition.file]
    verification.judgement = judgement_json(verification, judged, files)
    verification.used = [_used(standard, certificate) for standard, certificate in found.certificates]
    save_next(verification)
    UsedStandard.objects.filter(verification=verification).delete()
    UsedStandard.objects.bulk_create(
        UsedStandard(verification=verification, standard=standard, certificate=certificate)
        for standard, certificate in found.certificates
    )
    log("submitted", verification, actor, **facts_of_readings(verification))
    return verification


@transaction.atomic
def check_verification(*, actor: User, public_id: UUID, revision: int) -> Verification:
    """Confirm the readings and the verdict as a second person; raises as `submit_readings`."""
    verification = locked_verification(
        actor, "verification.check", public_id, revision, {VerificationState.SUBMITTED}
    )
    _fit(verification, actor)
    verification.checker, verification.checked_at = actor, clock.now()
    verification.state = VerificationState.CHECKED
    save_next(verification)
    log("checked", verification, actor, **facts_of_readings(verification))
    return verification


@transaction.atomic
def return_verification(*, actor: User, public_id: UUID, revision: int, reason: str) -> Verification:
    """Send readings back to the verifier, as the checker or as the signatory.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState, BadReason
        As `save_draft`; it is not before this person; no reason.
    """
    states = {VerificationState.SUBMITTED, VerificationState.CHECKED}
    state = Verification.objects.filter(public_id=public_id).values_list("state", flat=True).first()
    permission = "verification.sign" if state == VerificationState.CHECKED else "verification.check"
    verification = locked_verification(actor, permission, public_id, revision, states)
    facts = facts_of_readings(verification)
    verification.return_reason, verification.returned_by = needed(reason), actor
    verification.state = VerificationState.RECORDING
    verification.verifier = verification.checker = None
    verification.submitted_at = verification.checked_at = None
    verification.edition = verification.procedure_sha256 = ""
    verification.judgement, verification.used = {}, []
    save_next(verification)
    verification.used_standards.all().delete()
    log("returned", verification, actor, reason=verification.return_reason, **facts)
    return verification


@transaction.atomic
def conclude_verification(*, actor: User, public_id: UUID, revision: int) -> Verification:
    """Conclude a checked verification as its signatory.

    Called in the transaction that gives the certificate its number; issuing that tells the registry.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState
        Not there; of another institute; another person was first; not checked yet.
    Refused
        With everything that stands in the way, also what has come up since it was checked.
    """
    verification = locked_verification(
        actor, "verification.sign", public_id, revision, {VerificationState.CHECKED}
    )
    judged, found = _fit(verification, actor)
    verification.signatory, verification.concluded_at = actor, clock.now()
    verification.state = VerificationState.CONCLUDED
    verification.conclusion = conclusion_of(verification, judged)
    verification.valid_until = found.valid_until
    save_next(verification)
    log(
        "concluded",
        verification,
        actor,
        conclusion=str(verification.conclusion),
        valid_until=verification.valid_until and verification.valid_until.isoformat(),
        **facts_of_readings(verification),
    )
    return verification


def facts_of_readings(verification: Verification) -> dict[str, Any]:
    """Return what a leaf says of readings: whose, by which file, with what verdict, and their hash."""
    documents = {"as_found": verification.as_found, "as_left": verification.as_left}
    return {
        "instrument": f"instrument:{verification.instrument.public_id}",
        "on": verification.performed_on and verification.performed_on.isoformat(),
        "edition": verification.edition,
        "procedure_sha256": verification.procedure_sha256,
        "verdict": verification.judgement.get("verdict", ""),
        "readings_sha256": hashlib.sha256(canonical_json(documents)).hexdigest(),
        "judgement_sha256": hashlib.sha256(canonical_json(verification.judgement)).hexdigest(),
    }


def judgement_json(verification: Verification, judged: Judged, files: dict[str, str]) -> dict[str, Any]:
    """Return what the engine said, so that it can be printed and shown when the file has long been replaced.

    ``found`` and ``decides`` are reports as `quanheng procedure run --json` prints them, ``results`` the parts of
    kernels.certificate.Content that are made of them, ``command`` what judges the same readings again.
    """
    procedure, kind = judged.edition.procedure, verification.instrument.kind
    stage = stage_of(verification.kind, procedure)
    on = verification.performed_on or clock.today()
    return {
        "format": _SAVED_AS,
        "kind": kind,
        "stage": stage.value,
        "document": procedure.regulation.document,
        "title": procedure.regulation.title,
        "files": files,
        "verdict": judged.judgement.outcome(0).word,
        "decides": report(judged.judgement),
        "found": judged.found and report(judged.found),
        "results": _results(verification, judged),
        "command": recomputing_command(kind, on, stage),
    }


def _results(verification: Verification, judged: Judged) -> dict[str, Any]:
    is_calibration = verification.kind == WorkKind.CALIBRATION
    kind = Kind.CALIBRATION if is_calibration else kind_of(judged.judgement)
    phases: list[tuple[str, Judgement]] = [("", judged.judgement)]
    if judged.found is not None:
        phases = [("调整前", judged.found), ("调整后", judged.judgement)]
    tables = [table for phase, one in phases for table in tables_of(one, phase=phase, kind=kind)]
    return {
        "kind": kind.value,
        "tables": [table.model_dump(mode="json") for table in tables],
        "checks": [check.model_dump(mode="json") for check in checks_of(judged.judgement)],
        "conclusion": "" if is_calibration else words_of(judged.judgement),
        "reasons": [] if is_calibration else list(reasons_of(judged.judgement)),
        "remarks": list(remarks_of(judged.judgement)),
        "unconfirmed": list(unconfirmed_of(judged.judgement)),
    }


def _used(standard: MeasurementStandard, certificate: StandardCertificate) -> dict[str, Any]:
    """Return a standard and its certificate as they are today."""
    return {
        "standard": str(standard.public_id),
        "name": standard.name,
        "serial_no": standard.serial_no,
        "accuracy": standard.accuracy,
        "examination_number": standard.examination_number,
        "certificate": str(certificate.public_id),
        "certificate_number": certificate.number,
        "certificate_issuer": certificate.issuer,
        "certificate_valid_until": certificate.valid_until.isoformat(),
        "certificate_sha256": certificate.file_sha256,
    }


def _fit(verification: Verification, actor: User) -> tuple[Judged, Examined]:
    found = examined(verification, actor=actor)
    if found.gaps or found.judged is None:
        raise Refused(found.gaps)
    return found.judged, found
