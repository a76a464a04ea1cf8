"""The picture of an estimate: legible without colour, safe with any name."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from quanheng.kernels.fleet.picture import picture
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED
from quanheng.kernels.fleet.words import error_text, headline, loss_text, probability_text, share_text
from tests.fleet.making import METERS, NAN, estimate, unusable, withheld

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


def test_suspects_stand_first_then_what_cannot_be_judged():
    names = [text for text in texts(picture(estimate(), 2.0)) if text.startswith("A1-")]
    assert names == ["A1-m02", "A1-m03", "A1-m04", "A1-m01"]


def test_the_picture_says_the_finding_and_that_it_is_preliminary():
    svg = picture(estimate(), 2.0)
    assert "4 台电能表中，1 台疑似超差，2 台不能判断，1 台未见超差" in texts(svg)[0]
    assert "不是检定结论" in texts(svg)[1]
    assert "A1-m02 -5.20 ± 0.78 %" in ET.fromstring(svg).findtext(f"{SVG}desc")
    assert "没有估计" in texts(svg)


def test_a_status_has_its_own_shape():
    root = ET.fromstring(picture(estimate(), 2.0))
    assert len(root.findall(f"./{SVG}g/{SVG}circle")) == 1
    assert len([p for p in root.findall(f"./{SVG}g/{SVG}path") if p.get("d").endswith("Z")]) == 1
    assert len([p for p in root.iter(f"{SVG}path") if p.get("stroke-dasharray") == "3 3"]) == 1


def test_a_hostile_name_is_only_text():
    name = "<script>alert(1)</script>&\"'\x00\ud800"
    svg = picture(estimate(name, [(name, *METERS[1][1:])]), 2.0)
    root = ET.fromstring(svg)
    assert "<script" not in svg
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "rect", "text", "path", "circle", "g")
    }
    assert not re.search(r"\son\w+=", svg)


def test_many_meters_are_thin_rows_and_a_suspect_keeps_its_name():
    meters = [(f"m{at:03}", CONFORMING, 0.01 * at, 0.3, 0.0, 0.003, "") for at in range(300)]
    meters[7] = ("m007", OUT_OF_TOLERANCE, 6.0, 0.4, 0.999, 0.003, "")
    svg = picture(estimate(meters=meters), 2.0)
    assert [text for text in texts(svg) if text.startswith("m")] == ["m007"]
    assert float(ET.fromstring(svg).get("height")) < 2200


def test_a_wide_interval_does_not_stretch_the_axis_and_has_an_arrow():
    wide = ("w", UNDETERMINED, 300.0, 40.0, 0.5, 0.1, "")
    svg = picture(estimate(meters=[*METERS[:2], wide]), 2.0)
    ticks = [each.get("x") for each in ET.fromstring(svg).iter(f"{SVG}text") if each.text == "-2"]
    narrow = ET.fromstring(picture(estimate(meters=METERS[:2]), 2.0))
    assert ticks == [each.get("x") for each in narrow.iter(f"{SVG}text") if each.text == "-2"]
    assert "+300.0 ± 78.4 %" in texts(svg)


def test_each_meter_has_its_own_band():
    svg = picture(estimate(), np.array([2.0, 1.0, 2.0, 2.0]))
    bands = [
        r for r in ET.fromstring(svg).iter(f"{SVG}rect") if r.get("fill") == "#e4ecf6" and not r.get("stroke")
    ]
    assert len({r.get("width") for r in bands}) == 2


def test_where_nothing_was_estimated_no_empty_rows_are_drawn():
    meters = [(f"m{at}", UNDETERMINED, NAN, NAN, NAN, 0.1, "先查清。") for at in range(30)]
    svg = picture(estimate(meters=meters, status="withheld"), 2.0)
    assert len(texts(svg)) == 5
    assert "<g>" not in svg


@pytest.mark.parametrize("made", [unusable(), withheld(), estimate(meters=())])
def test_an_area_without_judged_meters_is_drawn_too(made):
    assert headline(made) in texts(picture(made, 2.0))[0]


@pytest.mark.parametrize("value", [0.0, 1e9, -1e9, 1e300, 5e-324])
def test_extreme_values_are_drawn(value):
    for u in (0.0, 1e-9, 1e9, 1e300):
        svg = picture(estimate(meters=[("m", OUT_OF_TOLERANCE, value, u, 1.0, 1.0, "")]), 2.0)
        assert "nan" not in svg
        assert "inf" not in svg
        assert len(svg) < 8000


def test_figures_are_not_rounded_to_certainty():
    assert [probability_text(value) for value in (1.0, 0.99999, 0.5, 0.00001, 0.0, NAN)] == [
        *("> 99.9 %", "> 99.9 %", "50.0 %", "< 0.1 %", "< 0.1 %", "–")
    ]
    assert [share_text(value) for value in (1.0, 0.00001, 0.0, NAN)] == ["100.0 %", "< 0.1 %", "0.0 %", "–"]
    assert error_text(-5.2, 0.4) == "-5.20 ± 0.78 %"
    assert error_text(-0.001, 0.4) == "+0.00 ± 0.78 %"
    assert loss_text(unusable()) == "没有算出"
    assert loss_text(estimate()) == "12.5 kWh，占供电量的 1.25 %"
