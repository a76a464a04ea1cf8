"""The open files: a row for each certificate, no names of owners, and the same figures from the file and from here."""

from __future__ import annotations

import json
from pathlib import Path

from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from quanheng.base.open_data import open_table, reading_table
from quanheng.certificates.published import CERTIFICATES, STANDARDS, kept_work
from quanheng.certificates.services import supersede_certificate, withdraw_certificate
from quanheng.certificates.services.opendata import present_work, publish_work
from quanheng.certificates.tally import CertificateRow, read_certificates, read_standards
from quanheng.cli.main import app
from quanheng.standards.services.certificates import withdraw_certificate as withdraw_standard_certificate
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.registry import Over
from tests.certificates.issued import issue
from tests.certificates.making import TODAY, World, make_checked, rejected_readings


def _rows() -> list[CertificateRow]:
    with reading_table(open_table(CERTIFICATES)) as stream:
        return list(read_certificates(stream))


def _issued(world: World) -> None:
    """Passed, superseded, its successor, withdrawn, rejected."""
    people = world.people
    passed, replaced, taken_back = (issue(world, one) for one in make_checked(world, "1", "2", "3"))
    supersede_certificate(actor=people["signatory"], number=replaced.number, reason="使用单位更名")
    withdraw_certificate(actor=people["signatory"], number=taken_back.number, reason="编号写错")
    issue(world, make_checked(world, "4", readings=rejected_readings())[0])
    assert passed.number


def test_every_certificate_is_a_row_with_its_status_and_nothing_names_the_owner(world: World) -> None:
    _issued(world)
    publish_work()
    rows = _rows()

    assert [row.status for row in rows] == ["valid", "superseded", "withdrawn", "valid", "rejected"]
    assert [row.rejection_open for row in rows] == ["no", "no", "no", "no", "yes"]
    assert {row.traceable for row in rows} == {"yes"}
    text = open_table(CERTIFICATES).read_text(encoding="utf-8-sig")
    for secret in (world.owner.name, str(world.people["verifier"]), "ACS-30"):
        assert secret not in text


def test_the_kept_tally_is_that_of_the_files_and_of_the_database(world: World) -> None:
    _issued(world)

    assert publish_work() == kept_work() == present_work()
    total = kept_work().certificates.total
    assert (total.issued, total.verified, total.passed, total.rejection_open) == (3, 3, 2, 1)


def test_publishing_twice_writes_the_same_bytes_also_packed(world: World) -> None:
    _issued(world)
    files = [
        open_table(name, packed=packed) for name in (CERTIFICATES, STANDARDS) for packed in (False, True)
    ]
    publish_work()
    before = [file.read_bytes() for file in files]
    publish_work()

    assert [file.read_bytes() for file in files] == before


def test_a_certificate_whose_standard_s_certificate_was_withdrawn_is_not_traceable(world: World) -> None:
    issue(world, make_checked(world, "1")[0])
    used = world.standard.certificates.get()
    withdraw_standard_certificate(actor=world.people["officer"], public_id=used.public_id, reason="误录")
    publish_work()

    assert [row.traceable for row in _rows()] == ["no"]
    with reading_table(open_table(STANDARDS)) as stream:
        assert [row.valid for row in read_standards(stream)] == ["no"]


def test_the_file_gives_each_figure_without_a_database(world: World, tmp_path: Path) -> None:
    _issued(world)
    work = publish_work()
    for name, item in REGISTRY.items():
        if item.over not in {Over.CERTIFICATES, Over.STANDARDS}:
            continue
        table = CERTIFICATES if item.over is Over.CERTIFICATES else STANDARDS
        answer = CliRunner().invoke(
            app, ["indicator", "show", name, "--data", str(open_table(table)), "--json"]
        )
        assert answer.exit_code == 0, answer.output
        given = json.loads(answer.output)
        assert given["value"] == str(item.value(PlanRecords.of_county(TODAY, work=work)))
        assert given["on"] == TODAY.isoformat()


def test_the_wrong_table_is_refused_by_name(world: World) -> None:
    publish_work()
    answer = CliRunner().invoke(
        app, ["indicator", "show", "standards.materials", "--data", str(open_table(CERTIFICATES))]
    )

    assert answer.exit_code == 2
    assert "standards.csv" in answer.output


def test_the_portal_offers_both_files(world: World) -> None:
    publish_work()
    for name, table in (("open_certificates", CERTIFICATES), ("open_standards", STANDARDS)):
        answer = Client().get(reverse(f"portal:{name}"))
        assert b"".join(answer.streaming_content) == open_table(table).read_bytes()  # type: ignore[attr-defined]  # a FileResponse
