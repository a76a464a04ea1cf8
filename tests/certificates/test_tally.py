"""Counting the open files of certificates and standards: what counts as what, and that the forms come back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.base.rows import NO, YES, write_rows
from quanheng.certificates.tally import (
    RECENT_DAYS,
    CertificateCounts,
    CertificateRow,
    CertificateTally,
    StandardCounts,
    StandardRow,
    StandardTally,
    WorkTally,
    certificate_tally,
    read_certificates,
    read_standards,
    standard_tally,
)
from quanheng.taskboard.indicators import REGISTRY, find
from quanheng.taskboard.records import PlanRecords

TODAY = date(2026, 11, 23)
GIVEN = CertificateRow(
    number="510000-J7-2026-000001",
    kind="verification",
    work="periodic",
    institute="演示计量检定所",
    instrument="6f1c2a9e-0000-4000-8000-000000000001",
    instrument_kind="price_scale",
    town="甲镇",
    setting="market",
    ended_on="2026-11-20",
    issued_on="2026-11-21",
    valid_until="2027-11-19",
    conclusion="passed",
    status="valid",
    finish_by="2026-12-01",
    in_time=YES,
    traceable=YES,
    rejection_open=NO,
    xml_sha256="a" * 64,
    pdf_sha256="b" * 64,
    demo=NO,
    on=TODAY.isoformat(),
)
REJECTED = {"kind": "rejection", "conclusion": "rejected", "status": "rejected", "valid_until": ""}
STANDARD = StandardRow(
    public_id="6f1c2a9e-0000-4000-8000-000000000002",
    institute="演示计量检定所",
    level="public",
    name="M1 等级砝码标准装置",
    serves="JJG 539;JJG 14",
    examination_until="2029-01-01",
    certificate_valid_until="2027-01-01",
    condition="in_use",
    valid=YES,
    demo=NO,
    on=TODAY.isoformat(),
)


def _row(**changes: str) -> CertificateRow:
    return GIVEN._replace(**changes)


def _value(name: str, *rows: CertificateRow) -> Decimal:
    return find(name).value(
        PlanRecords.of_county(TODAY, work=WorkTally(certificates=certificate_tally(rows, TODAY)))
    )


def _of_standards(name: str, *rows: StandardRow) -> Decimal:
    return find(name).value(
        PlanRecords.of_county(TODAY, work=WorkTally(standards=standard_tally(rows, TODAY)))
    )


def test_a_certificate_counts_for_a_year_and_the_day_after_no_more() -> None:
    first, before = (TODAY - timedelta(days=days) for days in (RECENT_DAYS - 1, RECENT_DAYS))
    rows = (_row(issued_on=first.isoformat()), _row(issued_on=before.isoformat()))

    assert _value("verification.certificates", *rows) == 1


@pytest.mark.parametrize("status", ["withdrawn", "superseded"])
def test_what_was_withdrawn_or_superseded_counts_nowhere(status: str) -> None:
    gone = _row(status=status, rejection_open=YES)

    assert _value("verification.certificates", gone) == 0
    assert _value("verification.rejected_open", gone) == 0
    assert _value("verification.settings_covered", gone) == 0


def test_the_share_that_passed_leaves_calibrations_out() -> None:
    calibration = _row(kind="calibration", conclusion="calibrated", status="calibration", valid_until="")

    assert _value("verification.passed_percent", _row(), _row(), _row(**REJECTED), calibration) == Decimal(
        "66.7"
    )


def test_in_time_is_of_those_with_a_deadline() -> None:
    late, free = _row(in_time=NO), _row(finish_by="", in_time="")

    assert _value("verification.on_time_percent", _row(), late, free) == 50


def test_a_rejection_stays_open_however_old_it_is() -> None:
    old = _row(**REJECTED, rejection_open=YES, issued_on="2020-01-01")

    assert _value("verification.rejected_open", old, _row(**REJECTED)) == 1
    assert _value("verification.certificates", old) == 0


def test_settings_are_counted_once_each_and_unknown_ones_not() -> None:
    rows = [_row(setting=setting) for setting in ("market", "market", "fuel_station", "")]

    assert _value("verification.settings_covered", *rows) == 2


def test_traceable_is_a_share_of_all_that_were_issued() -> None:
    assert _value("verification.traceable_percent", _row(), _row(traceable=NO)) == 50


def test_only_public_standards_that_are_valid_are_public_and_valid() -> None:
    over, working = STANDARD._replace(valid=NO), STANDARD._replace(level="working")
    material = STANDARD._replace(level="material")
    stopped = STANDARD._replace(condition="stopped", valid=NO)
    rows = (STANDARD, over, working, material, stopped)

    assert _of_standards("standards.public_valid", *rows) == 1
    assert _of_standards("standards.valid_percent", *rows) == 75
    assert _of_standards("standards.materials", *rows) == 1


def test_of_nothing_every_figure_is_zero() -> None:
    names = [name for name in REGISTRY if name.startswith(("verification.", "standards."))]

    assert len(names) == 9
    assert {REGISTRY[name].value(PlanRecords.of_county(TODAY)) for name in names} == {0}


def test_what_should_not_grow_cannot_have_a_target() -> None:
    assert not find("verification.rejected_open").measures_tasks
    assert find("verification.settings_covered").measures_tasks


def test_a_part_is_what_its_rows_alone_would_be() -> None:
    other = _row(town="乙镇", instrument_kind="fuel_dispenser", setting="fuel_station")
    tally = certificate_tally((_row(), other), TODAY)

    assert tally.narrowed(town="乙镇") == certificate_tally((other,), TODAY)
    assert tally.narrowed(kind="price_scale") == certificate_tally((_row(),), TODAY)
    assert tally.narrowed(town="乙镇", kind="price_scale").total == CertificateCounts()


def test_the_files_come_back_as_they_were_written() -> None:
    for row, read in ((GIVEN, read_certificates), (STANDARD, read_standards)):
        stream = StringIO()
        write_rows(stream, row._fields, [row, row])
        stream.seek(0)
        assert list(read(stream)) == [row, row]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("number,", "nr,"),
        lambda text: text.replace(",no,2026-11-23", ",no"),
        lambda text: text.replace(",2026-11-23", ",yesterday"),
        lambda text: "",
    ],
)
def test_a_file_of_another_form_is_refused(change: object) -> None:
    stream = StringIO()
    write_rows(stream, CertificateRow._fields, [GIVEN])
    text = change(stream.getvalue())  # type: ignore[operator]  # a function of the list above
    with pytest.raises(ValueError):  # noqa: PT011  the messages differ
        list(read_certificates(StringIO(text)))


counts = st.integers(0, 10**6)
cells = st.tuples(
    st.text(max_size=5),
    st.text(max_size=5),
    st.text(max_size=5),
    st.builds(CertificateCounts, *[counts] * len(CertificateCounts._fields)),
)
levels = st.tuples(st.text(max_size=5), st.builds(StandardCounts, counts, counts))
days = st.none() | st.dates()


@given(
    work=st.builds(
        WorkTally,
        st.builds(CertificateTally, days, st.lists(cells, max_size=4).map(tuple)),
        st.builds(StandardTally, days, st.lists(levels, max_size=4).map(tuple)),
    )
)
def test_the_json_form_comes_back(work: WorkTally) -> None:
    assert WorkTally.from_dict(work.to_dict()) == work
