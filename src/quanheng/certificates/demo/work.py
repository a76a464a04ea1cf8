"""Work of the demonstration: applications, work orders, readings, certificates; each step by the account whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from quanheng.base.disk import write_atomic
from quanheng.certificates.demo.file import Answer, DemoApplication, DemoWork, InstituteFile, Until
from quanheng.certificates.services.ending import supersede_certificate, withdraw_certificate
from quanheng.certificates.services.issuing import issue_certificate
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.instruments.enums import Condition, Filing
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures import packaged_procedures
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import MarkKind, WorkKind, WorkPlace
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.services.applications import (
    accept_application,
    cancel_application,
    return_application,
    submit_application,
)
from quanheng.verification.services.marks import put_marks
from quanheng.verification.services.orders import create_work_order
from quanheng.verification.services.work import check_verification, save_draft, submit_readings

VERIFIER, CHECKER, SIGNATORY = "verifier", "checker", "signatory"
_AT_ONCE = 2  # instruments of an application that the file does not name one by one


class WorkMaker:
    """Does the work of a file at an institute, today."""

    def __init__(
        self,
        unit: OrgUnit,
        people: Mapping[str, User],
        standards: Mapping[str, MeasurementStandard],
        instruments: Mapping[str, Instrument],
        today: date,
    ) -> None:
        self._unit, self._people, self._today = unit, people, today
        self._standards, self._instruments = standards, instruments

    def apply(self, one: DemoApplication) -> None:
        """Make an application that no work follows, and answer it."""
        actor = self._people[one.by]
        found = self._named(one.instruments) or _of(actor)
        if not found:
            return
        made = self._applied(actor, found, one.kind, one.place, note=one.note)
        if one.answer is Answer.RETURN:
            return_application(
                actor=self._people[VERIFIER],
                public_id=made.public_id,
                revision=made.revision,
                reason=one.reason,
            )
        elif one.answer is Answer.CANCEL:
            cancel_application(
                actor=actor, public_id=made.public_id, revision=made.revision, reason=one.reason
            )

    def do(self, one: DemoWork) -> None:
        """Open the work order of an entry and go with it as far as the entry says."""
        order = self._planned(one)
        for verification in order.verifications.select_related("instrument").order_by("pk"):
            self._go(one, verification)

    def put_into(self, intake: Path, one: DemoWork) -> None:
        """Write an entry as a work order file of today into the intake folder."""
        file = {
            "reference": one.reference,
            "institute": self._unit.name,
            "kind": one.kind.value,
            "place": one.place.value,
            "performed_on": self._today,
            VERIFIER: self._people[VERIFIER].username,
            CHECKER: self._people[CHECKER].username,
            SIGNATORY: self._people[SIGNATORY].username,
            "standards": one.standards,
            "environment": one.environment,
            "instruments": [self._fitted(entry) for entry in one.instruments],
        }
        text = yaml.dump(file, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
        write_atomic(
            intake / f"{one.reference}.readings.yaml", f"# 演示数据，不是真实的检定。\n{text}".encode()
        )

    def _planned(self, one: DemoWork) -> WorkOrder:
        found = self._named([entry["serial"] for entry in one.instruments])
        application = None
        if one.applied_by:
            made = self._applied(self._people[one.applied_by], found, one.kind, one.place)
            application = accept_application(
                actor=self._people[VERIFIER], public_id=made.public_id, revision=made.revision
            ).public_id
        return create_work_order(
            actor=self._people[VERIFIER],
            application=application,
            institute=self._unit.pk,
            kind=one.kind,
            work_place=one.place,
            place=_place_of(found, one.place),
            planned_on=self._today,
            verifier=self._people[VERIFIER].pk,
            checker=self._people[CHECKER].pk,
            signatory=self._people[SIGNATORY].pk,
            standards=[self._standards[serial].public_id for serial in one.standards],
            instruments=[instrument.public_id for instrument in found],
            note=one.reference,
            is_demo=True,
        )

    def _go(self, one: DemoWork, verification: Verification) -> None:
        """Take the verification of one instrument as far as its entry says."""
        serial = verification.instrument.serial_no
        entry = self._fitted(next(entry for entry in one.instruments if entry["serial"] == serial))
        if one.until is Until.PLANNED:
            return
        row = save_draft(
            actor=self._people[VERIFIER],
            public_id=verification.public_id,
            revision=verification.revision,
            performed_on=self._today,
            as_found=entry["found"] | {"environment": one.environment},
            as_left=entry["left"] | {"environment": one.environment} if "left" in entry else {},
        )
        row = submit_readings(actor=self._people[VERIFIER], public_id=row.public_id, revision=row.revision)
        if serial in one.seals:
            put_marks(
                actor=self._people[VERIFIER],
                public_id=row.public_id,
                revision=row.revision,
                kind=MarkKind.SEAL,
                numbers=[one.seals[serial]],
                used_on=self._today,
            )
        if one.until is Until.SUBMITTED:
            return
        row = check_verification(actor=self._people[CHECKER], public_id=row.public_id, revision=row.revision)
        if one.until is Until.ISSUED:
            self._issue(one, serial, row)

    def _fitted(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return an entry with the checks of the edition in force today; what the file does not name is 合格."""
        kind = self._instruments[entry["serial"]].kind
        checks = packaged_procedures().find(kind, self._today).checks
        phases = {
            name: document | {"checks": {check: document["checks"].get(check, "合格") for check in checks}}
            for name, document in entry.items()
            if name in ("found", "left") and "checks" in document
        }
        return entry | phases

    def _issue(self, one: DemoWork, serial: str, row: Verification) -> None:
        actor = self._people[SIGNATORY]
        number = issue_certificate(actor=actor, public_id=row.public_id, revision=row.revision).number
        if serial in one.supersede:
            supersede_certificate(actor=actor, number=number, reason=one.supersede[serial])
        if serial in one.withdraw:
            withdraw_certificate(actor=actor, number=number, reason=one.withdraw[serial])

    def _applied(
        self, actor: User, found: Sequence[Instrument], kind: WorkKind, place: WorkPlace, note: str = ""
    ) -> Application:
        owner = found[0].owner
        assert owner is not None  # noqa: S101  every instrument of the demonstration has one
        return submit_application(
            actor=actor,
            institute=self._unit.pk,
            applicant=owner.pk,
            kind=kind,
            work_place=place,
            place=_place_of(found, place),
            note=note,
            instruments=[instrument.public_id for instrument in found],
            is_demo=True,
        )

    def _named(self, serials: Sequence[str]) -> list[Instrument]:
        return [self._instruments[serial] for serial in serials]


class _Plain(yaml.SafeDumper):
    """Writes out what the file of the demonstration repeats: whoever edits a work order file should see it all."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _of(actor: User) -> list[Instrument]:
    """Return some filed instruments of an owner's account."""
    units = RoleAssignment.objects.filter(user=actor).values("unit")
    rows = Instrument.objects.filter(condition=Condition.IN_USE, filing=Filing.FILED, owner__unit__in=units)
    return list(rows.exclude(kind="").select_related("owner").order_by("-pk")[:_AT_ONCE])


def _place_of(found: Sequence[Instrument], place: WorkPlace) -> int | None:
    return found[0].place_id if place == WorkPlace.ON_SITE else None


def make_work(maker: WorkMaker, file: InstituteFile, intake: Path) -> int:
    """Do all work of a file; return how many work order files were put into the intake folder."""
    waiting = [one for one in file.work if one.until is Until.INTAKE]
    for one in waiting:  # first: what stands in the database says that they were written
        maker.put_into(intake, one)
    for application in file.applications:
        maker.apply(application)
    for one in file.work:
        if one.until is not Until.INTAKE:
            maker.do(one)
    return len(waiting)


def instruments_of(public_ids: Sequence[UUID]) -> dict[str, Instrument]:
    """Return instruments by serial number."""
    rows = Instrument.objects.filter(public_id__in=public_ids).select_related("owner", "place")
    return {row.serial_no: row for row in rows}
