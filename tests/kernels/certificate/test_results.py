"""From a judgement to what is printed: no digit that means nothing, no verdict that the figures deny."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from quanheng.kernels.certificate.content import Content, Kind, Row
from quanheng.kernels.certificate.results import (
    NoResult,
    checks_of,
    conclusion_of,
    kind_of,
    reasons_of,
    remarks_of,
    tables_of,
    unconfirmed_of,
    valid_until,
)
from quanheng.kernels.dates import ValidityConvention
from quanheng.kernels.dcc.build import build_dcc
from quanheng.kernels.dcc.build_back import content_of
from quanheng.kernels.procedures import Judgement, Outcome, Sheet, Stage, judge, packaged_procedures
from quanheng.kernels.procedures.sheet import FAILED, PASSED
from tests.kernels.certificate.contents import example_content
from tests.kernels.procedures.making import numbers, rows
from tests.kernels.procedures.test_golden import Case, cases, result_of

ON = date(2026, 11, 23)
LOADS = (200, 2500, 5000, 10000, 15000)
BEFORE = ValidityConvention.DAY_BEFORE


def scale(off: float = 0.0, *, seal: int = PASSED) -> Judgement:
    """Return the judgement of a platform scale, Max 15 kg, e = 5 g, that shows ``off`` [g] too much at the last load."""
    shown = [*LOADS[:-1], LOADS[-1] + off]
    eccentric = {"load": [5000.0] * 4, "indication": [5000.0] * 4}
    procedure = packaged_procedures().find("platform_scale", ON)
    sheet = Sheet(
        1,
        instrument={"class": np.array([0], dtype=np.int16), "e": numbers(5), "max": numbers(15000)},
        tests={
            "weighing": rows([0] * 5, load=LOADS, indication=shown),
            "eccentricity": rows([0] * 4, **eccentric),
            "repeatability": rows(
                [0] * 6, load=[7500.0] * 3 + [15000.0] * 3, indication=[7500.0] * 3 + [15000.0] * 3
            ),
        },
        checks={
            name: np.array([seal if name == "seal" else PASSED], dtype=np.int16) for name in procedure.checks
        },
    )
    return judge(procedure, sheet, Stage.SUBSEQUENT)


def weighing(off: float = 0.0) -> tuple[Row, ...]:
    return tables_of(scale(off))[0].rows


def test_the_value_ends_where_its_uncertainty_of_two_digits_ends() -> None:
    row = weighing(4.0)[-1]
    assert (f"{row.error:f}", f"{row.expanded_uncertainty:f}") == ("4.0", "4.3")
    assert (row.coverage_factor, row.coverage_probability) == (Decimal(2), Decimal("0.95"))


def test_what_was_given_is_shown_as_given() -> None:
    row = weighing(4.0)[-1]
    assert (str(row.reference), str(row.indication), str(row.lower), str(row.upper)) == (
        "15000",
        "15004",
        "-7.5",
        "7.5",
    )


@pytest.mark.parametrize(
    ("off", "passed"), [(7.5, True), (7.51, False), (7.5001, False), (-7.5, True), (-7.503, False)]
)
def test_rounding_never_carries_a_value_across_its_limit(off: float, passed: bool) -> None:
    row = weighing(off)[-1]
    assert row.passed is passed
    assert row.lower is not None
    assert row.upper is not None
    assert (row.lower <= row.error <= row.upper) is passed


def test_what_has_no_uncertainty_is_shown_without_one() -> None:
    spread = next(table for table in tables_of(scale()) if table.title == "重复性")
    assert {
        (row.expanded_uncertainty, row.coverage_factor, row.coverage_probability) for row in spread.rows
    } == {(None, None, None)}
    assert [row.point for row in spread.rows] == ["第 1 行起的一组", "第 4 行起的一组"]


def test_a_phase_is_on_every_table() -> None:
    assert {table.phase for table in tables_of(scale(), phase="调整前")} == {"调整前"}


def test_a_calibration_has_neither_limits_nor_verdicts() -> None:
    judged = calibrated(scale(), "weighing")
    of_rows = [row for table in tables_of(judged, kind=Kind.CALIBRATION) for row in table.rows]
    assert len(of_rows) == len(LOADS)
    assert {(row.lower, row.upper, row.passed) for row in of_rows} == {(None, None, None)}


def test_a_calibration_with_a_value_without_uncertainty_is_refused_and_names_it() -> None:
    with pytest.raises(NoResult, match=r"以下没有：重复性第 1 行起的一组（示值之差）；重复性第 4 行起的一组"):
        tables_of(scale(), kind=Kind.CALIBRATION)


def calibrated(judged: Judgement, test: str) -> Judgement:
    sheet = Sheet(1, judged.sheet.instrument, tests={test: judged.sheet.tests[test]})
    return judge(judged.procedure, sheet, judged.stage)


def test_the_verdict_names_the_class_and_decides_the_paper() -> None:
    assert (kind_of(scale()), conclusion_of(scale())) == (Kind.VERIFICATION, "合格（准确度等级：III）")
    assert (kind_of(scale(9)), conclusion_of(scale(9))) == (Kind.REJECTION, "不合格")


def test_an_open_verdict_makes_no_paper() -> None:
    open_ = calibrated(scale(), "weighing")
    assert open_.outcome(0) is Outcome.UNDETERMINED
    for asked in (kind_of, conclusion_of):
        with pytest.raises(NoResult, match="未能判定"):
            asked(open_)


def test_only_a_rejection_has_reasons_each_with_its_regulation() -> None:
    assert reasons_of(scale()) == ()
    assert reasons_of(scale(9, seal=FAILED)) == (
        "称量第 5 行：修正误差 9 g，超出限值 ±7.5 g。（JJG 539-2016）",
        "铅封完好：不合格。（JJG 539-2016）",
    )


def test_the_checks_say_what_was_looked_at_and_nothing_else() -> None:
    found = {check.text: check.passed for check in checks_of(scale(seal=FAILED))}
    assert found["铅封完好"] is False
    assert sum(found.values()) == len(found) - 1
    assert checks_of(calibrated(scale(), "weighing")) == ()


def test_what_is_unconfirmed_is_said_with_how_sure_and_what_is_lacking() -> None:
    assert "最大允许误差（JJG 539-2016）：查到出处；缺少：条款" in unconfirmed_of(scale())


def test_only_what_passed_is_valid_and_until_the_day_before() -> None:
    assert valid_until(scale(), ended_on=date(2026, 3, 5), convention=BEFORE) == date(2027, 3, 4)
    assert valid_until(scale(9), ended_on=date(2026, 3, 5), convention=BEFORE) is None


def test_choices_beside_the_numbers_name_the_point() -> None:
    case = next(case for case in cases() if case.kind == "household_electricity_meter")
    table = tables_of(result_of(case))[0]
    assert (table.unit, table.reference_unit) == ("%", "A")
    assert "功率因数" in table.rows[0].point


@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_printed_agrees_with_the_verdict_on_every_golden_result(case: Case) -> None:
    judged = result_of(case)
    for row in (row for table in tables_of(judged) for row in table.rows):
        below = row.lower is not None and row.error < row.lower
        above = row.upper is not None and row.error > row.upper
        assert row.passed is None or row.passed is not (below or above)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_golden_verdict_becomes_a_certificate_and_back(case: Case) -> None:
    judged = result_of(case)
    if judged.outcome(0) is Outcome.UNDETERMINED:
        with pytest.raises(NoResult):
            kind_of(judged)
        return
    kind = kind_of(judged)
    until = valid_until(judged, ended_on=date(2026, 3, 5), convention=BEFORE)
    content: Content = example_content(
        kind,
        tables=tables_of(judged),
        checks=checks_of(judged),
        conclusion=conclusion_of(judged),
        reasons=reasons_of(judged),
        remarks=remarks_of(judged),
        unconfirmed=unconfirmed_of(judged),
        valid_until=until or (date(2027, 3, 4) if kind is Kind.VERIFICATION else None),
    )
    assert content_of(build_dcc(content, software_release="0.1.0")) == content
