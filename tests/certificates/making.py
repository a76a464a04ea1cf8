"""An institute that can issue: people, authorisation, standard, scales, readings, and work ready to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from quanheng.core.county import load_county, read_county
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import WorkKind, WorkPlace
from quanheng.verification.models import Verification
from quanheng.verification.services.orders import create_work_order
from quanheng.verification.services.work import check_verification, save_draft, submit_readings
from tests.instruments.making import make_party, make_scale
from tests.people import make_people
from tests.standards.making import make_certificate, make_standard
from tests.workforce.making import authorise, laboratory, qualify, register

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 5, 20)
NOW = datetime(2026, 5, 20, 3, tzinfo=UTC)
READINGS: dict[str, Any] = {
    name: part
    for name, part in yaml.safe_load((ROOT / "examples/readings/price-scale.yaml").read_text()).items()
    if name in {"readings", "checks"}
} | {"environment": {"温度": "22.5 ℃"}}


@dataclass(frozen=True)
class World:
    """The cast, the institute, its standard, and the owner of the scales."""

    people: dict[str, User]
    institute: OrgUnit
    standard: MeasurementStandard
    owner: Party


def make_world() -> World:
    """Load the county and make an institute that may verify scales."""
    load_county(read_county(ROOT / "examples/dachuan/county.yaml"))
    people, unit = make_people(), laboratory()
    authorise(unit)
    for name in ("verifier", "checker", "signatory"):
        qualify(register(people[name], unit))
    standard = make_standard(unit, fields={"standard_mpe": "0.25 g"})
    make_certificate(standard)
    return World(people, unit, standard, make_party())


def rejected_readings() -> dict[str, Any]:
    """Readings of which one weighing is far out."""
    readings = yaml.safe_load(yaml.safe_dump(READINGS))
    readings["readings"]["weighing"][2]["indication"] = "2600 g"
    return dict(readings)


def calibration_readings() -> dict[str, Any]:
    """Readings of which every result has an uncertainty."""
    parts = {
        name: rows for name, rows in READINGS["readings"].items() if name in {"weighing", "eccentricity"}
    }
    return READINGS | {"readings": parts}


def make_instrument(world: World, serial_no: str = "20240317") -> Instrument:
    """A price-computing scale of the owner, in the registry with its parameters."""
    return make_scale(
        filed_by=world.people["officer"],
        owner=world.owner,
        serial_no=serial_no,
        kind="price_scale",
        details={"e": "5 g", "max": "15 kg"},
    )


def make_checked(
    world: World,
    *serial_nos: str,
    readings: dict[str, Any] | None = None,
    kind: WorkKind = WorkKind.PERIODIC,
    as_left: dict[str, Any] | None = None,
) -> list[Verification]:
    """Return verifications that wait for the signatory."""
    people = world.people
    instruments = [make_instrument(world, number) for number in serial_nos or ("20240317",)]
    order = create_work_order(
        actor=people["verifier"],
        application=None,
        institute=world.institute.pk,
        kind=kind,
        work_place=WorkPlace.LAB,
        planned_on=TODAY,
        verifier=people["verifier"].pk,
        checker=people["checker"].pk,
        signatory=people["signatory"].pk,
        standards=[world.standard.public_id],
        instruments=[instrument.public_id for instrument in instruments],
        note="",
    )
    return [
        check(world, one, readings or READINGS, as_left or {}) for one in order.verifications.order_by("pk")
    ]


def check(
    world: World, verification: Verification, as_found: dict[str, Any], as_left: dict[str, Any]
) -> Verification:
    """Enter readings, hand them in and check them."""
    people, public_id = world.people, verification.public_id
    saved = save_draft(
        actor=people["verifier"],
        public_id=public_id,
        revision=verification.revision,
        performed_on=TODAY,
        as_found=as_found,
        as_left=as_left,
    )
    sent = submit_readings(actor=people["verifier"], public_id=public_id, revision=saved.revision)
    return check_verification(actor=people["checker"], public_id=public_id, revision=sent.revision)
