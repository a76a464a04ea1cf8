"""Loading the institute of a demonstration: once, and all of it or nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction

from quanheng.base import clock
from quanheng.certificates.demo.file import InstituteFile
from quanheng.certificates.demo.standards import StandardsMaker
from quanheng.certificates.demo.work import WorkMaker, instruments_of, make_work
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.models import Place
from quanheng.instruments.services.filing import file_instruments
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party
from quanheng.verification.services.marks import receive_marks
from quanheng.workforce.models import Metrologist
from quanheng.workforce.services.authorisations import record_authorisation
from quanheng.workforce.services.people import register_metrologist
from quanheng.workforce.services.qualifications import grant_qualification, record_training

_COURSE_DAYS_AGO = 60


@transaction.atomic
def load_institute(file: InstituteFile, *, officer: User, intake: Path) -> int:
    """Make the institute of ``file`` and its work; return how many work order files wait in the intake folder.

    Nothing, and 0, where the institute has people already: a demonstration is made once.
    """
    unit = OrgUnit.objects.get(name=file.institute)
    if Metrologist.objects.filter(unit=unit).exists():
        return 0
    today = clock.today()
    people = {user.username: user for user in User.objects.filter(is_demo=True)}
    _make_people(file, unit, people, officer, today)
    standards = StandardsMaker(file, unit, officer, today).make()
    receive_marks(
        actor=people["verifier"],
        institute=unit.pk,
        kind=file.seals.kind,
        first=file.seals.first,
        last=file.seals.last,
        issued_to=people["verifier"].pk,
        issued_on=today + timedelta(days=file.seals.day),
    )
    instruments = instruments_of(_register(file, officer))
    return make_work(WorkMaker(unit, people, standards, instruments, today), file, intake)


def _make_people(
    file: InstituteFile, unit: OrgUnit, people: dict[str, User], officer: User, today: date
) -> None:
    paper = file.authorisation
    record_authorisation(
        actor=officer,
        unit_id=unit.pk,
        number=paper.number,
        regulations=file.items,
        valid_from=today + timedelta(days=paper.begins),
        valid_until=today + timedelta(days=paper.until),
        city=paper.city,
        address=paper.address,
        phone=paper.phone,
        is_demo=True,
    )
    for one in file.people:
        begins, until = (today + timedelta(days=days) for days in (one.begins, one.until))
        person = register_metrologist(
            actor=officer,
            person=people[one.user].public_id,
            unit_id=unit.pk,
            grade=one.grade,
            registration_number=one.number,
            registered_from=begins,
            registered_until=until,
            is_demo=True,
        )
        for regulation, item in file.items.items():
            grant_qualification(
                actor=officer,
                metrologist=person.public_id,
                item=item,
                regulation=regulation,
                valid_from=begins,
                valid_until=until,
            )
        record_training(
            actor=officer,
            metrologist=person.public_id,
            title=one.course,
            held_on=today - timedelta(days=_COURSE_DAYS_AGO),
            hours=one.hours,
        )


def _register(file: InstituteFile, officer: User) -> list[UUID]:
    """Register and file the instruments that the institute works on."""
    made = []
    for group in file.instruments:
        place = Place.objects.get(name=group.place)
        owner = Party.objects.filter(name=group.owner).first() or _owner(group.owner, place)
        for at, serial in enumerate(group.serials, 1):
            details = InstrumentDetails(
                **group.sort.model_dump(), serial_no=serial, owner=owner, place=place, spot=f"{at}号位"
            )
            made.append(register_instrument(actor=officer, details=details, submit=True, is_demo=True))
    ids = [instrument.public_id for instrument in made]
    file_instruments(actor=officer, public_ids=ids)
    return ids


def _owner(name: str, place: Place) -> Party:
    details = PartyDetails(name=name, kind=PartyKind.INDIVIDUAL, town=place.town)
    return save_party(actor=None, public_id=None, revision=0, details=details, is_demo=True)
