"""The JSON of an evaluation: every entry, at every point."""

from __future__ import annotations

import json

import pytest

from quanheng.kernels.uncertainty import evaluate, example_text, load_model, report, sample, validate

ONE = load_model(example_text())
TWO = load_model("""
inputs: {a: {value: [1, 2], std: [0.1, 0.2], unit: m}, b: {value: 3, half_width: 0.3}}
model: {y: a*b, z: a + b}
outputs: {y: {unit: m, label: 积}, z: {}}
""")


def test_the_entries_are_those_that_are_promised():
    found = report(evaluate(ONE))
    assert set(found) == {
        "title",
        "outputs",
        "correlation_names",
        "correlation",
        "coverage_region",
        "monte_carlo",
        "findings",
    }
    (output,) = found["outputs"]
    assert {
        "name",
        "value",
        "standard_uncertainty",
        "degrees_of_freedom",
        "degrees_of_freedom_used",
        "coverage_factor",
        "coverage_probability",
        "expanded_uncertainty",
        "coverage_interval",
        "budget",
    } <= set(output)
    assert output["coverage_interval"] == [
        output["value"] - output["expanded_uncertainty"],
        output["value"] + output["expanded_uncertainty"],
    ]
    rows = {row["name"]: row for row in output["budget"]}
    assert rows["lS"]["distribution"] == "t"
    assert (rows["d"]["type"], rows["d"]["distribution"], len(rows["d"]["components"])) == ("A", None, 3)
    assert (rows["theta"]["degrees_of_freedom"], rows["theta"]["components"][1]["distribution"]) == (
        None,
        "arcsine",
    )
    assert (found["correlation"], found["monte_carlo"], found["coverage_region"]) == ([[1.0]], None, None)


def test_points_count_from_one_and_each_has_its_results():
    result = evaluate(TWO)
    sampled = sample(TWO, 4000, seed=3)
    found = report(result, sampled, validate(result, sampled), seed=3)
    assert [(row["point"], row["name"]) for row in found["outputs"]] == [
        (1, "y"),
        (1, "z"),
        (2, "y"),
        (2, "z"),
    ]
    assert [row["value"] for row in found["outputs"]] == [3, 4, 6, 5]
    assert len(found["correlation"]) == 2
    assert found["correlation"][0][0][1] == found["correlation"][0][1][0]
    assert found["coverage_region"]["ellipsoid_factor"] == pytest.approx(2.45, abs=0.005)
    drawn = found["monte_carlo"]
    assert [(each["point"], each["seed"], each["trials"]) for each in drawn] == [(1, 3, 4000), (2, 3, 4000)]
    assert {"coverage_interval", "shortest_coverage_interval", "histogram"} <= set(drawn[0]["outputs"][0])
    assert set(drawn[0]["validation"]) == {"is_valid", "interval", "outputs", "joint"}
    assert {"low_standard_error", "high_standard_error"} <= set(drawn[0]["validation"]["outputs"][0])
    assert found["correlation_names"] == drawn[0]["correlation_names"] == ["y", "z"]
    low, high = drawn[0]["outputs"][0]["coverage_interval"]
    assert drawn[0]["outputs"][0]["expanded_uncertainty"] == (high - low) / 2
    region, widths = (
        drawn[0]["coverage_region"],
        [each["standard_uncertainty"] for each in drawn[0]["outputs"]],
    )
    box = (2 * region["rectangle_factor"]) ** 2 * widths[0] * widths[1]
    assert region["rectangle_volume"] == pytest.approx(box)
    assert 0 < region["smallest_area"] < region["ellipsoid_volume"] < box
    json.dumps(found, allow_nan=False)


def test_what_is_infinite_or_missing_is_null():
    text = "inputs: {a: {value: 0, std: 0.1, dof: 2}, b: {value: 1, std: 1}}\nmodel: {y: a^2, z: b + a}"
    model = load_model(text)
    result = evaluate(model)
    found = report(result, sample(model, 4000))
    assert found["outputs"][0]["degrees_of_freedom"] is None
    assert found["correlation"] == [[None, None], [None, 1.0]]
    assert found["monte_carlo"]["outputs"][1]["standard_uncertainty"] is None
    assert found["findings"][0]["code"] == "first_order_vanishes"
    json.dumps(found, allow_nan=False)


def test_second_order_terms_are_listed():
    found = report(evaluate(ONE, second_order=True))["outputs"][0]["second_order"]
    terms = {tuple(term["inputs"]): term["variance"] ** 0.5 for term in found["terms"]}
    assert terms["theta", "dalpha"] == pytest.approx(11.7, abs=0.05)
    assert terms["alphaS", "dtheta"] == pytest.approx(1.7, abs=0.05)
    assert found["first_order_standard_uncertainty"] == pytest.approx(31.7, abs=0.05)
    assert report(evaluate(ONE))["outputs"][0]["second_order"] is None


def test_the_degrees_of_freedom_behind_k_are_whole():
    text = "inputs: {a: {value: 1, std: 3, dof: 5}, b: {value: 1, std: 2, dof: 7}}\nmodel: y = a + b"
    (output,) = report(evaluate(load_model(text)))["outputs"]
    assert (output["degrees_of_freedom"], output["degrees_of_freedom_used"]) == (
        pytest.approx(9.1, abs=0.1),
        9,
    )
    (given,) = report(evaluate(load_model(text + "\nk: 2")))["outputs"]
    assert given["degrees_of_freedom_used"] is None
