"""The institutes' part of the county day, and the demonstration that it shows it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from quanheng.base.open_data import open_table
from quanheng.certificates.enums import CertificateState
from quanheng.certificates.models import Certificate
from quanheng.certificates.published import CERTIFICATES, STANDARDS, kept_work
from quanheng.certificates.selectors import Status, status_of
from quanheng.certificates.services import issuing
from quanheng.core.models import User
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.selectors import standard_gaps
from quanheng.standards.tracing import chain_above
from quanheng.taskboard.demo import load_demo, load_demo_institute, load_demo_instruments
from quanheng.taskboard.errors import BadDemo
from quanheng.taskboard.intake import READINGS, intake_folder, take_in
from quanheng.taskboard.work import do_work, work_lines
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import ApplicationState, VerificationState
from quanheng.verification.models import Application, Verification
from tests.certificates.conftest import on_one_day, world
from tests.certificates.making import World, make_checked, rejected_readings

__all__ = ["on_one_day", "world"]  # fixtures
EXAMPLE = Path(__file__).parents[2] / "examples/dachuan"


def _texts() -> str:
    return "\n".join(line.text for line in do_work())


def test_a_certificate_that_a_crash_left_is_finished_by_the_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checked,) = make_checked(world, "1")

    def fall(step: str) -> None:
        raise RuntimeError(step)

    with pytest.raises(RuntimeError):
        issuing.issue_certificate(
            actor=world.people["signatory"],
            public_id=checked.public_id,
            revision=checked.revision,
            after_step=fall,
        )
    assert Certificate.objects.get().state == CertificateState.PREPARED
    assert "接着出证 1 份" in _texts()
    assert Certificate.objects.get().state == CertificateState.ISSUED
    assert "接着出证" not in _texts()


def test_what_cannot_be_finished_is_a_line_that_is_not_ok(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_checked(world, "1")
    monkeypatch.setattr("quanheng.taskboard.work.resume_prepared", list)
    one = Verification.objects.get()
    monkeypatch.setattr(issuing, "finish", lambda certificate, **_: certificate)
    issuing.issue_certificate(actor=world.people["signatory"], public_id=one.public_id, revision=one.revision)

    (line,) = [line for line in do_work() if not line.is_ok]
    assert "已编号，还没有签发" in line.text
    assert line.command == "quanheng certificate resume"


def test_the_day_tells_what_waits_and_what_must_not_be_used(world: World) -> None:
    (one,) = make_checked(world, "1", readings=rejected_readings())
    assert "待核验 0 台，待批准 1 台" in _texts()
    issuing.issue_certificate(actor=world.people["signatory"], public_id=one.public_id, revision=one.revision)

    assert "不得使用" in _texts()
    assert "待批准" not in _texts()


def test_telling_changes_nothing(world: World) -> None:
    make_checked(world, "1")
    before = PendingLeaf.objects.count(), list(Verification.objects.values())
    assert work_lines()
    assert before == (PendingLeaf.objects.count(), list(Verification.objects.values()))
    assert not open_table(CERTIFICATES).exists()


@pytest.mark.django_db
def test_without_institutes_at_work_there_is_one_line(home: Path) -> None:
    (line,) = do_work()
    assert line.is_ok
    assert line.command == "quanheng work"


def test_readings_leave_the_intake_folder_with_a_report_and_bad_ones_are_put_aside(world: World) -> None:
    folder = intake_folder()
    (folder / f"坏{READINGS[0]}").write_text("reference: 1", encoding="utf-8")
    (taken,) = take_in()

    assert (taken.is_accepted, taken.path.parent.name) == (False, "rejected")
    assert "［certificates.bad_work_order_file］" in Path(f"{taken.path}.txt").read_text(encoding="utf-8")
    assert taken.command == "quanheng work"


@pytest.fixture
def demonstration(db: None, home: Path) -> None:
    demo = load_demo(EXAMPLE)
    load_demo_instruments(demo)
    assert load_demo_institute(demo, EXAMPLE) == 5


def test_the_demonstration_has_work_in_every_state_and_its_files_become_certificates(
    demonstration: None,
) -> None:
    _work_in_every_state()
    _standards_rest_on_each_other()
    for ledger in intake_folder().glob("*.xlsx"):
        ledger.unlink()
    for ledger in intake_folder().glob("*.csv"):
        ledger.unlink()
    taken = take_in()

    assert len(taken) == 5
    assert all(one.is_accepted and one.has_certificates for one in taken)
    report = (intake_folder() / "done/演示-集市-02.readings.yaml.txt").read_text(encoding="utf-8")
    assert report.startswith("读数 5 台，由演示账号检定、核验、批准，出证 5 份。\n")
    assert "检定结果通知书" in report
    assert "有 1 处对不上：演S00003" in _texts()
    total = kept_work().certificates.total
    assert (total.issued, total.rejection_open, total.traceable) == (17, 2, 17)
    assert open_table(STANDARDS).exists()


def _work_in_every_state() -> None:
    states = set(Application.objects.values_list("state", flat=True))
    assert states == set(ApplicationState.values)
    waiting = Verification.objects.filter(state=VerificationState.SUBMITTED).count()
    signing = Verification.objects.filter(state=VerificationState.CHECKED).count()
    assert (waiting, signing) == (2, 1)
    today = Certificate.objects.latest("pk").issued_on
    statuses = {status_of(certificate, today) for certificate in Certificate.objects.all()}
    assert statuses == {
        Status.VALID,
        Status.SUPERSEDED,
        Status.WITHDRAWN,
        Status.REJECTED,
        Status.CALIBRATION,
    }
    for rows in (Application, Verification, Certificate, MeasurementStandard):
        assert not rows.objects.filter(is_demo=False).exists()


def _standards_rest_on_each_other() -> None:
    today = Certificate.objects.latest("pk").issued_on
    working = MeasurementStandard.objects.get(serial_no="YS-M1-07")
    link = working.certificates.get().upstream[0]
    above = StandardCertificate.objects.get(number=link["identifier"])
    assert above.file_sha256 in link["value"] or link["value"]
    assert chain_above(working, today) is not None
    taxi = MeasurementStandard.objects.get(serial_no="YS-JC-12")
    gaps = standard_gaps(standard=taxi, unit=taxi.unit, regulation="JJG 517", on=today)
    assert [gap.code for gap in gaps] == ["certificate_over"]


def test_loading_the_demonstration_twice_makes_it_once(demonstration: None) -> None:
    before = Verification.objects.count(), User.objects.count(), PendingLeaf.objects.count()
    demo = load_demo(EXAMPLE)

    assert load_demo_institute(demo, EXAMPLE) == 0
    assert before == (Verification.objects.count(), User.objects.count(), PendingLeaf.objects.count())


@pytest.mark.django_db
def test_a_wrong_institute_is_refused_and_none_is_none(home: Path, tmp_path: Path) -> None:
    demo = load_demo(EXAMPLE)
    assert load_demo_institute(demo, tmp_path) == 0
    (tmp_path / "institute.yaml").write_text("format: 2")
    with pytest.raises(BadDemo, match="institute"):
        load_demo_institute(demo, tmp_path)
