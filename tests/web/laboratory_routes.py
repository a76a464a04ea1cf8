"""The reviewed rows of the pages about people and standards of a laboratory, and what their requests send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from quanheng.standards.models import Comparison, MeasurementStandard, StandardCertificate
from quanheng.standards.sheets import standards_workbook
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.sheets import qualifications_workbook
from tests.web.laboratory_world import FROM, HELD, UNTIL
from tests.web.route_row import LABORATORY, OFFICER, READERS, Row
from tests.web.world import World

VIEWERS = READERS | LABORATORY
PEOPLE = OFFICER | {"signatory"}  # who keep the register of people
STANDARDS = OFFICER | LABORATORY  # who keep the standards
_REASON = {"reason": "登记有误"}


def _pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("证书.pdf", b"%PDF-1.7", "application/pdf")


def _person(_world: World) -> Mapping[str, Any]:
    return {"public_id": Metrologist.objects.get().public_id}


def _authorisation(_world: World) -> Mapping[str, Any]:
    return {"public_id": Authorisation.objects.get().public_id}


def _qualification(_world: World) -> Mapping[str, Any]:
    return {"public_id": Qualification.objects.get().public_id}


def _training(_world: World) -> Mapping[str, Any]:
    return {"training_id": Training.objects.get().pk}


def _paper(_world: World) -> Mapping[str, Any]:
    return {"kind": "training", "record_id": Training.objects.get().pk}


def _standard(_world: World) -> Mapping[str, Any]:
    return {"public_id": MeasurementStandard.objects.get().public_id}


def _stopping(world: World) -> Mapping[str, Any]:
    return {**_standard(world), "condition": "stopped"}


def _certificate(_world: World) -> Mapping[str, Any]:
    return {"public_id": StandardCertificate.objects.all()[0].public_id}


def _comparison(_world: World) -> Mapping[str, Any]:
    return {"comparison_id": Comparison.objects.get().pk}


def _registration(_world: World) -> Mapping[str, Any]:
    return {
        "grade": "second",
        "registration_number": "R-9",
        "registered_from": FROM,
        "registered_until": UNTIL,
        "revision": 1,
    }


def _new_person(world: World) -> Mapping[str, Any]:
    person = world.people["checker"].public_id
    return {**_registration(world), "unit": world.laboratory.pk, "person": person}


def _new_authorisation(world: World) -> Mapping[str, Any]:
    given = {"number": "法计 02", "regulations": "JJG 539", "city": "达州", "unit": world.laboratory.pk}
    return {**given, "valid_from": FROM, "valid_until": UNTIL, "file": _pdf()}


def _new_qualification(_world: World) -> Mapping[str, Any]:
    return {"regulation": "JJG 443", "valid_from": FROM, "valid_until": UNTIL, "file": _pdf()}


def _new_training(_world: World) -> Mapping[str, Any]:
    return {"title": "误差理论", "held_on": HELD, "hours": "8", "file": _pdf()}


def _stated(world: World) -> Mapping[str, Any]:
    given = {"level": "working", "name": "F2 等级砝码", "serves": "JJG 539", "interval_months": "12"}
    return {**given, "unit": world.laboratory.pk, "revision": 1}


def _new_certificate(_world: World) -> Mapping[str, Any]:
    given = {"number": "力-9", "issuer": "省计量院", "calibrated_on": HELD, "valid_until": UNTIL}
    return {**given, "points": "10000 0.05 0.08 2 g", "file": _pdf()}


def _new_check(_world: World) -> Mapping[str, Any]:
    return {"series": "F-07", "checked_on": HELD, "value": "10000.02", "unit": "g"}


def _new_comparison(_world: World) -> Mapping[str, Any]:
    given = {"name": "又一次", "organiser": "省计量院", "held_on": HELD, "unit": "g", "value": "1"}
    given |= {"expanded_uncertainty": "1", "reference_value": "1", "reference_expanded_uncertainty": "1"}
    return {**given, "file": _pdf()}


def _people_sheet(world: World) -> Mapping[str, Any]:
    data = qualifications_workbook(world.people["officer"]).read()
    return {"unit": world.laboratory.pk, "file": SimpleUploadedFile("a.xlsx", data)}


def _standards_sheet(world: World) -> Mapping[str, Any]:
    data = standards_workbook(world.people["officer"]).read()
    return {"unit": world.laboratory.pk, "file": SimpleUploadedFile("a.xlsx", data)}


LABORATORY_ROUTES: dict[str, Row] = {
    "GET staff:workforce": Row(VIEWERS),
    "GET staff:workforce_xlsx": Row(VIEWERS),
    "GET staff:workforce_file": Row(VIEWERS, args=_paper),
    "GET staff:workforce_import": Row(PEOPLE),
    "POST staff:workforce_import": Row(PEOPLE, form=_people_sheet),
    "GET staff:metrologist": Row(VIEWERS, args=_person),
    "GET staff:metrologist_new": Row(PEOPLE),
    "POST staff:metrologist_new": Row(PEOPLE, 302, form=_new_person),
    "GET staff:metrologist_edit": Row(PEOPLE, args=_person),
    "POST staff:metrologist_edit": Row(PEOPLE, 302, args=_person, form=_registration),
    "GET staff:metrologist_leave": Row(PEOPLE, args=_person),
    "POST staff:metrologist_leave": Row(
        PEOPLE, 302, args=_person, form=lambda _world: {"revision": 1, "left_on": UNTIL}
    ),
    "GET staff:authorisation_new": Row(PEOPLE),
    "POST staff:authorisation_new": Row(PEOPLE, 302, form=_new_authorisation),
    "GET staff:authorisation_withdraw": Row(PEOPLE, args=_authorisation),
    "POST staff:authorisation_withdraw": Row(PEOPLE, 302, args=_authorisation, form=lambda _world: _REASON),
    "GET staff:qualification_new": Row(PEOPLE, args=_person),
    "POST staff:qualification_new": Row(PEOPLE, 302, args=_person, form=_new_qualification),
    "GET staff:qualification_withdraw": Row(PEOPLE, args=_qualification),
    "POST staff:qualification_withdraw": Row(PEOPLE, 302, args=_qualification, form=lambda _world: _REASON),
    "GET staff:training_new": Row(PEOPLE, args=_person),
    "POST staff:training_new": Row(PEOPLE, 302, args=_person, form=_new_training),
    "GET staff:training_withdraw": Row(PEOPLE, args=_training),
    "POST staff:training_withdraw": Row(PEOPLE, 302, args=_training, form=lambda _world: _REASON),
    "GET staff:standards": Row(VIEWERS),
    "GET staff:standards_xlsx": Row(VIEWERS),
    "GET staff:standards_import": Row(STANDARDS),
    "POST staff:standards_import": Row(STANDARDS, form=_standards_sheet),
    "GET staff:standard": Row(VIEWERS, args=_standard),
    "GET staff:standard_new": Row(STANDARDS),
    "POST staff:standard_new": Row(STANDARDS, 302, form=_stated),
    "GET staff:standard_edit": Row(STANDARDS, args=_standard),
    "POST staff:standard_edit": Row(STANDARDS, 302, args=_standard, form=_stated),
    "GET staff:standard_condition": Row(STANDARDS, args=_stopping),
    "POST staff:standard_condition": Row(
        STANDARDS, 302, args=_stopping, form=lambda _world: {**_REASON, "revision": 1}
    ),
    "GET staff:standard_certificate_new": Row(STANDARDS, args=_standard),
    "POST staff:standard_certificate_new": Row(STANDARDS, 302, args=_standard, form=_new_certificate),
    "GET staff:standard_certificate_file": Row(VIEWERS, args=_certificate),
    "GET staff:standard_certificate_withdraw": Row(STANDARDS, args=_certificate),
    "POST staff:standard_certificate_withdraw": Row(
        STANDARDS, 302, args=_certificate, form=lambda _world: _REASON
    ),
    "GET staff:standard_check_new": Row(STANDARDS, args=_standard),
    "POST staff:standard_check_new": Row(STANDARDS, 302, args=_standard, form=_new_check),
    "GET staff:standard_comparison_new": Row(STANDARDS, args=_standard),
    "POST staff:standard_comparison_new": Row(STANDARDS, 302, args=_standard, form=_new_comparison),
    "GET staff:standard_comparison_file": Row(VIEWERS, args=_comparison),
}
