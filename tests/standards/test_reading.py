"""Certificates of others as files: what a DCC says is read and not typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quanheng.core.models import User
from quanheng.kernels.certificate import Kind
from quanheng.kernels.dcc.build import build_dcc
from quanheng.standards.errors import BadStandardCertificate, StandardCertificateKnown
from quanheng.standards.reading import is_xml, read_certificate
from quanheng.standards.services.certificates import add_certificate
from tests.kernels.certificate.contents import example_content
from tests.kernels.dcc.sample import DCC, sample, signed
from tests.standards.making import make_standard
from tests.workforce.making import laboratory

ERROR = ('refType="basic_measuredValue"', 'refType="basic_measurementError"')
# The sample states an error; good practice puts the nominal value into the same row.
NOMINAL = (
    '<dcc:quantity refType="basic_measuredValue">',
    '<dcc:quantity refType="basic_nominalValue"><si:real><si:value>1000000</si:value>'
    '<si:unit>\\milli\\gram</si:unit></si:real></dcc:quantity><dcc:quantity refType="basic_measurementError">',
)


def test_number_laboratory_day_points_and_links_are_read_as_they_are_written() -> None:
    found = read_certificate(sample(NOMINAL), "w-7")
    assert (found.number, found.issuer) == ("S-2026-0001", "质量实验室")
    assert (found.calibrated_on, found.valid_until) == (date(2026, 3, 2), None)
    [point] = found.points
    assert point.stored == {
        "nominal": "1000000",
        "error": "0.80",
        "expanded_uncertainty": "0.30",
        "coverage_factor": "2",
        "unit": "mg",
    }
    assert found.upstream == ({"identifier": "UP-1", "procedure": "SHA-256", "value": "ab12"},)


def test_a_certificate_of_ours_is_read_back_with_its_last_valid_day() -> None:
    content = example_content(Kind.VERIFICATION)
    found = read_certificate(build_dcc(content, software_release="1.0"), content.instrument.serial_no)
    assert (found.number, found.issuer) == (content.number, content.institute.name)
    assert (found.calibrated_on, found.valid_until) == (content.ended_on, content.valid_until)
    rows = [row for table in content.tables for row in table.rows if row.expanded_uncertainty is not None]
    assert [(point.nominal, point.error, point.expanded_uncertainty) for point in found.points] == [
        (row.reference, row.error, row.expanded_uncertainty) for row in rows
    ]


def test_what_is_no_row_of_value_error_and_uncertainty_gives_no_point() -> None:
    assert read_certificate(sample(), "").points == ()
    assert read_certificate(sample(ERROR), "").points == ()
    without = (NOMINAL, ("expandedMU>", "other>"), ("valueExpandedMU>", "otherValue>"))
    assert read_certificate(sample(*without), "").points == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("S-2026-0001", " ")], "没有证书编号"),
        ([("S-2026-0001", "长" * 101)], "超过 100 个字"),
        ([("质量实验室", "")], "没有校准实验室名称"),
        ([("2026-03-02", ""), ("2026-03-05", "")], "没有校准日期"),
    ],
)
def test_what_is_missing_in_the_file_is_said(changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(BadStandardCertificate, match=words):
        read_certificate(sample(*changes), "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<a/>", "不是数字校准证书"),
        (b"<a", "不是格式正确的 XML"),
        (DCC.encode()[:2000], "不是格式正确的 XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
    ],
)
def test_what_is_no_dcc_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadStandardCertificate, match=words):
        read_certificate(data, "")


def test_the_certificate_of_another_item_is_refused() -> None:
    with pytest.raises(BadStandardCertificate, match="编号 W-7 的证书，这件标准的编号是 W-8"):
        read_certificate(sample(), "W-8")


def test_a_file_that_was_changed_after_signing_is_refused() -> None:
    data = signed()
    assert read_certificate(data, "W-7").number == "S-2026-0001"
    with pytest.raises(BadStandardCertificate, match="签名"):
        read_certificate(data.replace(b"S-2026-0001", b"S-2026-0002"), "W-7")


@pytest.mark.parametrize("data", [b"<a/>", b"\xef\xbb\xbf<a/>", "<a/>".encode("utf-16"), b" \n<?xml?>"])
def test_a_file_that_begins_with_a_tag_is_read_and_not_typed(data: bytes) -> None:
    assert is_xml(data)
    assert not is_xml(b"%PDF-1.7 <a/>")


def test_the_dcc_is_kept_with_what_was_read(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2026, 11, 23))
    standard = make_standard(laboratory(), serial_no="W-7")
    common: dict[str, Any] = {"actor": people["verifier"], "standard": standard.public_id}
    common |= {"file": ("a.xml", sample(NOMINAL))}
    row = add_certificate(**common)
    assert (row.is_dcc, row.number, row.valid_until) == (True, "S-2026-0001", date(2027, 3, 1))
    assert row.points[0]["error"] == "0.80"
    assert row.upstream[0]["identifier"] == "UP-1"
    with pytest.raises(StandardCertificateKnown):
        add_certificate(**common)


def test_points_of_the_good_practice_examples_are_read(shared: Path) -> None:
    folder = shared / "dcc/examples"
    found = read_certificate((folder / "pydcc_dcc_gp_temperature_typical_v12.xml").read_bytes(), "")
    assert len(found.points) == 5
    assert (found.points[0].error, found.points[0].unit) == (Decimal("0.072"), "K")
    signed_and_changed = folder / "pydcc_dcc_gp_temperature_typical_v12_v3.2.0_signed_manipulated.xml"
    with pytest.raises(BadStandardCertificate, match="签名"):
        read_certificate(signed_and_changed.read_bytes(), "")
