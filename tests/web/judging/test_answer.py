"""What a judgement says on the page: digits that a person reads, pictures, notes beside the rows."""

from __future__ import annotations

from datetime import date
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.procedures import Point, Stage, judge, packaged_names, packaged_procedures
from quanheng.kernels.procedures.judgement import failure as sentence
from quanheng.kernels.procedures.readings import read_documents
from quanheng.web.judging.answer import answer_to
from quanheng.web.judging.asked import asked_by, example_of
from quanheng.web.judging.numbers import percent, signed, uncertainty
from quanheng.web.judging.pictures import chart
from tests.web.judging.readings import FUEL, SCALE

EXAMPLES = {name for name in packaged_names() if example_of(name)}
KIND_OF = {
    "jjg_539_2016": "electronic_scale",
    "jjg_443_2023": "fuel_dispenser",
    "jjg_596_2012": "electricity_meter",
}


def point(error: float, *, lower: float = -0.3, upper: float = 0.3, row: int = 1, **other: object) -> Point:
    """Return a decision on a fuel dispenser, changed to what a test is about."""
    law = packaged_procedures().find("fuel_dispenser", date(2026, 11, 23))
    readings = {"delivery": [{"flow": "最大", "indication": 20.04, "reference": 20}]}
    made = next(judge(law, read_documents({"readings": readings}, law).sheet, Stage.FIRST).points(0))
    changed = {"error": error, "judged": error, "lower": lower, "upper": upper, "row": row}
    passed = None if isnan(error) else lower <= error <= upper
    return made._replace(
        **changed, passed=passed, standard_uncertainty=0.05, expanded_uncertainty=0.1
    )._replace(**other)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (0.324417273595, "+0.3244"),
        (-0.1, "−0.1"),
        (0.0, "0"),
        (0.30000004, "+0.30000004"),
        (0.29999996, "+0.3"),
        (nan, ""),
    ],
)
def test_an_error_has_a_sign_and_no_digits_that_nobody_reads(error: float, shown: str) -> None:
    assert signed(error, point(error)) == shown


def test_the_sentence_that_a_notice_prints_has_no_digits_that_nobody_reads() -> None:
    assert "示值误差 0.5246 %，超出限值 ±0.3 %。" in sentence(point(0.524593988934))
    assert "0.30000004 %，超出限值" in sentence(point(0.30000004))


def test_what_can_only_be_too_large_has_no_sign() -> None:
    assert signed(0.28, point(0.28, lower=-inf, upper=0.04)) == "0.28"


@given(error=st.floats(-1e4, 1e4), limit=st.floats(1e-6, 1e3))
def test_no_rounding_takes_a_shown_error_to_the_other_side_of_its_limit(error: float, limit: float) -> None:
    shown = float(signed(error, point(error, lower=-limit, upper=limit)).replace("−", "-"))
    beyond = limit * (1 + 1e-9)  # what differs by less counts as equal everywhere
    if abs(error) > beyond:
        assert abs(shown) > limit
    else:
        assert abs(shown) <= beyond


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.5, "50.0 %"),
        (1.0, "> 99.9 %"),
        (0.99996, "> 99.9 %"),
        (0.999, "99.9 %"),
        (1e-9, "< 0.1 %"),
        (nan, ""),
    ],
)
def test_no_probability_is_said_to_be_certain(probability: float, shown: str) -> None:
    assert percent(probability) == shown


def test_an_uncertainty_that_is_not_known_is_left_out() -> None:
    assert uncertainty(point(0.1, expanded_uncertainty=0.123456)) == "0.123"
    assert uncertainty(point(0.1, standard_uncertainty=nan, expanded_uncertainty=nan)) == ""


def test_the_picture_has_a_band_and_parts_what_fails_from_what_passes() -> None:
    found = chart("c", [point(0.1), point(0.4, row=2)])
    assert found
    assert found["title"] == "1 点超出限值：第 2 行，+0.4 %"
    assert found["spec"]["band"] == {"name": "限值", "low": [-0.3, -0.3], "high": [0.3, 0.3]}
    passed, failed = found["spec"]["series"]
    assert (passed["values"], failed["values"]) == ([0.1, None], [None, 0.4])
    assert (failed["low"], failed["high"]) == ([None, pytest.approx(0.3)], [None, pytest.approx(0.5)])
    assert found["spec"]["categories"] == ["20\n第 1 行", "20\n第 2 行"]  # the same reference twice


def test_there_is_no_picture_without_two_limits() -> None:
    assert chart("c", [point(0.1, lower=-inf)]) is None
    assert chart("c", [point(nan)]) is None


def test_a_row_says_what_fails_where_several_things_are_judged() -> None:
    gauge = {
        "kind": "pressure_gauge",
        "on": "2026-11-23",
        "instrument-class": "1.6",
        "instrument-upper": "2.5",
        "instrument-division": "0.05",
        "rows-indication": "0\t0\t0\t0\t0\n1.25\t1.26\t1.26\t1.54\t1.55\n2.5\t2.5\t2.5\t2.5\t2.5",
    }
    notes = answer_to(asked_by(gauge, sent={})).notes["rows-indication"]  # type: ignore[arg-type]
    assert notes[0] == {"text": "合格", "bad": False}
    assert notes[1]["bad"]
    assert "MPa 不合格" in notes[1]["text"]
    assert "误差" in notes[1]["text"]


def test_every_example_is_judged_without_anything_missing() -> None:
    assert set(KIND_OF) == EXAMPLES
    words = {}
    for file, kind in KIND_OF.items():
        asked = asked_by({"kind": kind, "on": "2026-11-23", "example": "1"})
        answer = answer_to(asked)
        assert (asked.edition.file, asked.is_example) == (file, True)
        assert not answer.told
        assert not answer.missing
        words[file] = answer.word
    assert words == {"jjg_539_2016": "合格", "jjg_443_2023": "不合格", "jjg_596_2012": "合格"}


def test_the_same_readings_by_form_and_by_link_give_the_same_answer() -> None:
    for data in (SCALE, FUEL):
        asked = asked_by(data, sent={})  # type: ignore[arg-type]
        answer = answer_to(asked)
        code = answer.link.split("m=")[1]
        again = answer_to(asked_by({name: data[name] for name in ("kind", "on")} | {"m": code}))
        assert (again.word, again.sentence, again.tables) == (answer.word, answer.sentence, answer.tables)


METER = {
    "kind": "electricity_meter",
    "on": "2026-11-23",
    "instrument-class": "2",
    "instrument-Ib": "5",
    "instrument-Imax": "60",
}


def test_a_value_that_is_judged_rounded_is_told_as_measured_and_as_rounded() -> None:
    rows = "60\t1.0\t2.08\t2.08\n5\t1.0\t2.12\t2.12"
    answer = answer_to(asked_by(METER | {"rows-basic_error": rows, "checks-mark": "不合格"}, sent={}))  # type: ignore[arg-type]
    assert answer.sentence == (
        "基本误差第 2 行：相对误差平均值 +2.12，修约后 +2.2 %，超出限值 ±2 %（JJG 596-2012，条款未查到）。"
        "另有 1 处不合格。"
    )
    (first, second) = answer.reasons
    assert first.test == "basic_error"
    assert second.text.startswith("外观、封印")  # what was measured goes before what was looked at
    assert [line.word for line in answer.tables[0].lines] == ["合格", "不合格"]
    assert [line.rounded for line in answer.tables[0].lines] == ["+2", "+2.2"]
