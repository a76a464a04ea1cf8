"""Issue the golden certificates of this release, with the log that took them in: they must verify for ever.

    python tools/golden_certificates.py

Written once for a release, to tests/golden/certificates/<release>/, and never again: a folder that is there is
refused.  A made-up county, institute and people; days, readings and numbers are the same in every run.  Keys,
signatures, salts and the public identifiers are not: the keys are thrown away with the home folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tests know how to make work that is ready to be signed

if TYPE_CHECKING:
    from tests.certificates.making import World

    from quanheng.certificates.models import Certificate, SigningCertificate

COUNTY = {
    "code": "999999",
    "name": "示例县",
    "full_name": "示例省示例县",
    "is_demo": True,
    "departments": [{"name": "示例县市场监管局"}],
    "institutes": [{"name": "示例县计量检定所（演示）"}],
    "towns": [{"name": "示例镇", "code": "999999100"}],
}
HOUR = timedelta(hours=1)
NOT_BROWSED = {
    "QUANHENG_INSECURE_HTTP": "1",
    "QUANHENG_SECRET_KEY": "thrown-away",
    "QUANHENG_PUBLIC_URL": "https://certificates.example",
    "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
}


def main() -> None:
    """Issue, publish, check, write."""
    from quanheng import __version__

    folder = ROOT / "tests/golden/certificates" / __version__
    if folder.exists():
        sys.exit(f"{folder} is there: what was issued must verify for ever, and is not made again")
    with tempfile.TemporaryDirectory() as home:
        os.environ |= NOT_BROWSED | {"QUANHENG_HOME": home}
        _start()
        _issue(folder)
    _freeze(folder)


def _start() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)  # one line for each use of a demonstration key
    call_command("migrate", verbosity=0)


def _issue(folder: Path) -> None:
    from tests.certificates.issued import issue
    from tests.certificates.making import calibration_readings, make_checked, rejected_readings

    from quanheng.certificates.services import revoke_key, supersede_certificate, withdraw_certificate
    from quanheng.transparency.selectors import log_folder
    from quanheng.transparency.sequencer import sequence
    from quanheng.verification.enums import WorkKind

    with _hours(0):
        world = _world()
        _register_key(world, years=1)  # expires, and what it signed stays good
        signatory = world.people["signatory"]
        good, old, gone, one, two = make_checked(world, "A-1001", "A-1002", "A-1003", "A-1004", "A-1005")
        (bad,) = make_checked(world, "B-2001", readings=rejected_readings())
        (calibrated,) = make_checked(
            world, "C-3001", kind=WorkKind.CALIBRATION, readings=calibration_readings()
        )
        issued = {
            "verification": issue(world, good),
            "rejection": issue(world, bad),
            "calibration": issue(world, calibrated),
            "superseded": issue(world, old),
            "withdrawn": issue(world, gone),
        }
    with _hours(1):
        issued["successor"] = supersede_certificate(
            actor=signatory, number=issued["superseded"].number, reason="使用单位名称有误"
        )
        withdraw_certificate(actor=signatory, number=issued["withdrawn"].number, reason="标准器超差")
    with _hours(2):
        stolen = _register_key(world, years=1)
        issued["before-the-theft"] = issue(world, one)
    with _hours(4):
        issued["after-the-theft"] = issue(world, two)
    with _hours(5) as now:
        revoke_key(
            actor=world.people["officer"],
            public_id=stolen.public_id,
            distrusted_from=now - 2 * HOUR,
            reason="密码设备失窃",
        )
        sequence()
    _write(folder, issued)
    shutil.copytree(log_folder(), folder / "log")


@contextmanager
def _hours(count: int) -> Iterator[datetime]:
    """Let the clock stand that many hours after the work began."""
    from tests.certificates.making import NOW, TODAY

    moment = NOW + count * HOUR
    with (
        patch("quanheng.base.clock.now", lambda: moment),
        patch("quanheng.base.clock.today", lambda: TODAY),
    ):
        yield moment


def _world() -> World:
    from tests.certificates.making import World
    from tests.instruments.making import make_party
    from tests.standards.making import make_certificate, make_standard
    from tests.workforce.making import authorise, qualify, register

    from quanheng.core.county import CountyFile, load_county
    from quanheng.core.enums import Role
    from quanheng.core.models import OrgUnit, RoleAssignment, User

    load_county(CountyFile.model_validate(COUNTY))
    bureau, institute = (
        OrgUnit.objects.get(name=COUNTY[key][0]["name"]) for key in ("departments", "institutes")
    )
    people = {}
    for role, name, unit in (
        (Role.METROLOGY_OFFICER, "示例计量甲", bureau),
        (Role.VERIFIER, "示例检定甲", institute),
        (Role.CHECKER, "示例核验乙", institute),
        (Role.SIGNATORY, "示例签字丙", institute),
    ):
        user = User.objects.create_user(str(role), password=None, display_name=name)
        RoleAssignment.objects.create(user=user, role=role, unit=unit)
        people[str(role)] = user
        if unit == institute:
            qualify(register(user, unit))
    people["officer"] = people[str(Role.METROLOGY_OFFICER)]
    authorise(
        institute, number="（示）法计（2026）01 号", city="示例县", address="示例路 1 号", phone="000-0000000"
    )
    standard = make_standard(institute, fields={"standard_mpe": "0.25 g"})
    make_certificate(standard, issuer="示例省计量院（演示）")
    return World(people, institute, standard, make_party("示例超市", town="示例镇", account=False))


def _register_key(world: World, *, years: int) -> SigningCertificate:
    from django.conf import settings

    from quanheng.base import clock
    from quanheng.certificates.services import register_key
    from quanheng.certificates.signing.demonstration import make_demonstration_key

    now = clock.now()
    folder = Path(settings.HOME) / "keys" / f"{now:%H}"
    make_demonstration_key(folder, institute_name=world.institute.name, now=now, years=years)
    return register_key(
        actor=world.people["officer"], institute=world.institute, key_uri=f"file:{folder / 'key.pem'}"
    )


def _write(folder: Path, issued: dict[str, Certificate]) -> None:
    """Write the XML of all, the paper of three kinds, and of one of them the proof and an SM2 seal."""
    from quanheng.certificates import selectors
    from quanheng.certificates.signing.sm2 import Sm2Key, sign_detached

    folder.mkdir(parents=True)
    for name, certificate in issued.items():
        (folder / f"{name}.xml").write_bytes(selectors.xml_of(certificate))
        if name in {"verification", "rejection", "calibration"}:
            (folder / f"{name}.pdf").write_bytes(selectors.pdf_of(certificate))
    paper = folder / "verification.pdf"
    seal = sign_detached(paper.read_bytes(), Sm2Key(hashlib.sha256(b"golden").digest()))
    paper.with_name(f"{paper.name}.sm2.json").write_bytes(seal)
    proof = json.dumps(selectors.proof_of(issued[paper.stem]), indent=1)
    paper.with_name(f"{paper.name}.proof.json").write_text(proof + "\n", encoding="utf-8")


def _freeze(folder: Path) -> None:
    """Keep what this release says of each file while the keys are valid, and years after they expired."""
    from tests.golden.reading import DAYS, dcc_hashes, proven, reports

    told = {
        "dcc_sha256": dcc_hashes(folder),
        "proven": proven(folder),
        "reports": {on.isoformat(): reports(folder, on) for on in map(date.fromisoformat, DAYS)},
    }
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    (folder / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
