"""Evaluation within the limits of a page: what it gives, what it refuses, and that it keeps places for others."""

from __future__ import annotations

import re

import numpy as np
import pytest

from quanheng.evaluations.errors import BadMeasurementModel, NotSampled, TooMuchWork
from quanheng.evaluations.evaluating import MAX_TRIALS, evaluate_text, report_of
from quanheng.evaluations.examples import examples
from quanheng.evaluations.reading import MAX_INPUTS, MAX_POINTS, MAX_VALUES, read_text
from quanheng.evaluations.sharing import MAX_TEXT_BYTES, share_code
from quanheng.kernels.uncertainty import load_model, sample
from tests.evaluations.making import MODEL

POINTS = """inputs:
  a: {value: [1, 2, 3], std: [0.1, 0.2, 0.3], dof: 5}
  b: {value: 5, components: [{half_width: 0.1}, {std: 0.2}]}
constants: {c: [1, 10, 100]}
model: y = a*c + b
"""


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_packaged_example_is_evaluated_and_fits_into_a_link(example) -> None:
    found = evaluate_text(example.text, trials=20_000, seed=1)
    assert found.sampled is not None or found.refusal is not None
    assert example.title == found.model.title
    assert share_code(example.text) is not None
    assert re.search(r"JCGM 10[01]|演示数值", example.text.splitlines()[0])


def test_the_gauge_block_gives_what_gum_h1_prints() -> None:
    """JCGM 100:2008, H.1.7: l = 50.000 838 mm, ν_eff = 16, k = 2.92; u is 32 nm before it is rounded."""
    found = evaluate_text(examples()[0].text, trials=0, seed=1).result["l"]
    assert round(float(found.value[0]), 6) == 50.000838
    assert round(float(found.standard_uncertainty[0]) * 1e6) == 32
    assert int(found.degrees_of_freedom[0]) == 16
    assert round(float(found.coverage_factor[0]), 2) == 2.92


def test_a_point_is_sampled_as_it_is_among_all_points() -> None:
    everywhere = sample(load_model(POINTS), 20_000, seed=7, threads=1)
    for point in range(3):
        found = evaluate_text(POINTS, trials=20_000, seed=7, point=point).sampled
        assert found is not None
        assert found.outputs[0].shortest == everywhere[point].outputs[0].shortest


def test_a_point_that_is_not_there_is_the_nearest_one() -> None:
    assert evaluate_text(POINTS, trials=0, seed=1, point=99).point == 2
    assert evaluate_text(POINTS, trials=0, seed=1, point=-5).point == 0


def test_no_trials_is_no_monte_carlo_but_the_inputs_have_their_pictures() -> None:
    found = evaluate_text(MODEL, trials=0, seed=1)
    assert (found.sampled, found.refusal, found.validations) == (None, None, ())
    assert abs(float(np.mean(found.draws["a"])) - 10) < 0.01


def test_a_billion_trials_are_refused_with_the_memory_they_would_take() -> None:
    found = evaluate_text(MODEL, trials=10**9, seed=1)
    assert found.sampled is None
    assert isinstance(found.refusal, TooMuchWork)
    assert "7.5 GiB" in found.refusal.text
    assert "200000" in found.refusal.text
    with pytest.raises(TooMuchWork):
        report_of(MODEL, trials=MAX_TRIALS + 1, seed=1)


def test_long_formulas_may_be_tried_less_often_than_short_ones() -> None:
    rows = [f"  y{n}: " + " + ".join(["sin(a)*exp(a)"] * 60) for n in range(12)]
    long = "\n".join(["inputs: {a: {value: 1, std: 0.1}}", "model:", *rows])
    found = evaluate_text(long, trials=MAX_TRIALS, seed=1)
    assert isinstance(found.refusal, TooMuchWork)
    assert found.result.outputs


def test_too_few_trials_and_a_model_without_values_are_refused_with_the_reason() -> None:
    few = evaluate_text(MODEL, trials=10, seed=1).refusal
    assert isinstance(few, NotSampled)
    assert "2000" in few.text
    undefined = evaluate_text("inputs: {a: {value: 0.1, std: 0.1}}\nmodel: y = ln(a)", trials=20_000, seed=1)
    assert isinstance(undefined.refusal, NotSampled)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("inputs:\n  a: {value: 1, std: 0.1}\nmodel:\n  x: y + a\n  y: x + a", 4, "互相引用"),
        ("inputs:\n  a: {value: 1, std: 0.1}\nmodel: y = a + c", 3, "没有定义"),
        ("inputs:\n  a: {value: 1, std: 0.1}\n  a: {value: 2, std: 0.1}\nmodel: y = a", 3, "重复"),
        ("inputs:\n  a: {value: 0, std: 0.1}\nmodel: y = 1/a", 3, "没有数值"),
        ("inputs:\n  a: {value: 1, std: -0.1}\nmodel: y = a", 2, "大于零"),
        (
            "inputs:\n  a: {value: 1, std: 1}\n  b: {value: 1, std: 1}\nmodel: y = a + b\ncorrelations: [[a, b, 2]]",
            5,
            "不在 -1 与 1 之间",
        ),
        (
            "inputs:\n  a: {value: 1, std: 1}\nmodel: y = __import__('os').system('id')",
            3,
            "字符",
        ),
        ("inputs: [", 1, "YAML"),
        ("", 1, ""),
        ("a: &x [1]\nb: *x", 2, "引用"),
    ],
)
def test_a_model_that_is_wrong_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadMeasurementModel) as refused:
        evaluate_text(text, trials=1000, seed=1)
    assert refused.value.details["line"] == line
    assert words in refused.value.details["reason"]


@pytest.mark.parametrize(
    "text",
    [
        "#" * (MAX_TEXT_BYTES + 1),
        "constants: {" + ", ".join(f"c{n}: {n}" for n in range(MAX_VALUES)) + "}",
        "inputs: {"
        + ", ".join(f"a{n}: {{value: 1, std: 1}}" for n in range(MAX_INPUTS + 1))
        + "}\nmodel: y = a1",
        f"inputs: {{a: {{value: {list(range(1, MAX_POINTS + 2))}, std: 1}}}}\nmodel: y = a",
    ],
)
def test_a_model_that_is_larger_than_a_page_takes_is_refused(text: str) -> None:
    with pytest.raises(TooMuchWork):
        read_text(text)


def test_the_report_is_of_all_points() -> None:
    found = report_of(POINTS, trials=20_000, seed=3)
    assert [each["point"] for each in found["monte_carlo"]] == [1, 2, 3]
    assert report_of(POINTS, trials=0, seed=3)["monte_carlo"] is None


def test_a_model_without_second_derivatives_is_refused_wherever_it_is_asked_for() -> None:
    text = "second_order: true\ninputs: {x: {value: 0, std: 0.1}}\nmodel: y = x^1.5\n"

    for compute in (evaluate_text, report_of):
        with pytest.raises(BadMeasurementModel):
            compute(text, trials=0, seed=1)
