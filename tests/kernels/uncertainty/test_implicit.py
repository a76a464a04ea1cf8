"""Equations give what formulas would, where there is a formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.uncertainty import evaluate, load_model, solve
from quanheng.kernels.uncertainty.distributions import Normal
from tests.kernels.uncertainty.building import known, model

INPUTS = [known("a", 2, Normal(0.1)), known("b", 5, Normal(0.3)), known("c", -1, Normal(0.2))]
R = np.array([[1, 0.4, 0], [0.4, 1, -0.2], [0, -0.2, 1]])
QUADRATIC = model(INPUTS, {}, correlation=R, outputs=("x",), implicit=(("a*x^2 - b*x + c",), {"x": 3.0}))
ITS_ROOT = model(INPUTS, {"x": "(b + sqrt(b^2 - 4*a*c))/(2*a)"}, correlation=R)


@pytest.mark.parametrize("second_order", [False, True])
def test_an_equation_has_the_uncertainty_of_its_solution(second_order):
    one, other = (evaluate(each, second_order=second_order)["x"] for each in (QUADRATIC, ITS_ROOT))
    assert one.value == pytest.approx(other.value, rel=1e-14)
    assert one.standard_uncertainty == pytest.approx(other.standard_uncertainty, rel=1e-12)
    for row, same in zip(one.budget, other.budget, strict=True):
        assert row.sensitivity == pytest.approx(same.sensitivity, rel=1e-12)


def test_equations_and_formulas_may_use_one_another():
    text = """
inputs: {a: {value: 3, std: 0.1}, b: {value: 1, std: 0.1}}
model: {sum: u + v, difference: u - v, product: sum*difference}
implicit: {equations: [sum = a, difference = b], unknowns: {u: 0, v: 0}}
outputs: [u, v, product]
"""
    result = evaluate(load_model(text))
    assert [float(output.value[0]) for output in result.outputs] == pytest.approx([2, 1, 3])
    assert result["u"].standard_uncertainty == pytest.approx([np.hypot(0.05, 0.05)])
    assert result["product"].standard_uncertainty == pytest.approx([np.hypot(0.1 * 1, 0.1 * 3)])


def test_unknowns_are_outputs_unless_a_formula_uses_them():
    text = (
        "inputs: {a: {value: 3, std: 0.1}}\nimplicit: {equations: [x^3 = a, z = 2*x], unknowns: {x: 1, z: 1}}"
    )
    assert load_model(text).outputs == ("x", "z")
    assert load_model(text + "\nmodel: y = x^3").outputs == ("z", "y")


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_many_trials_are_solved_at_once(values):
    asked = model(
        [known("a", 2, Normal(0.1))], {}, outputs=("x",), implicit=(("exp(x) + x - a",), {"x": 0.0})
    )
    a = np.array(values)
    x = solve(asked, {"a": a})["x"]
    assert x.shape == a.shape
    assert np.exp(x) + x == pytest.approx(a, rel=1e-12)


def test_trials_without_a_solution_are_not_a_number_and_disturb_no_others():
    asked = model([known("a", 4, Normal(0.1))], {}, outputs=("x",), implicit=(("x^2 - a",), {"x": 1.0}))
    x = solve(asked, {"a": np.array([4.0, -1.0, np.nan, 9.0])})["x"]
    assert x[[0, 3]] == pytest.approx([2, 3])
    assert np.isnan(x[[1, 2]]).all()


def test_each_point_has_its_own_solution_constants_and_start():
    text = """
constants: {k: [1, 2, 3]}
inputs: {a: {value: [1, 8, 27], std: 0.1}}
implicit: {equations: [k*x^3 = a], unknowns: {x: 1}}
"""
    asked = load_model(text)
    result = evaluate(asked)["x"]
    expected = (np.array([1, 8, 27]) / [1, 2, 3]) ** (1 / 3)
    assert result.value == pytest.approx(expected)
    assert result.standard_uncertainty == pytest.approx(0.1 * expected / (3 * np.array([1, 8, 27])))
    assert asked.implicit.unknowns["x"] == pytest.approx(expected)
    drawn = solve(asked, {"a": np.array([8.0, 16.0])}, point=1)["x"]
    assert drawn == pytest.approx([4 ** (1 / 3), 2])


def test_an_unknown_depends_on_what_its_equations_use():
    asked = replace(QUADRATIC, inputs=(*INPUTS, known("d", 1, Normal(1.0))), correlation=np.eye(4))
    assert asked.inputs_of("x") == {"a", "b", "c"}
    assert ITS_ROOT.inputs_of("x") == {"a", "b", "c"}


def test_a_solution_of_0_is_found():
    asked = model([known("a", 0, Normal(0.1))], {}, outputs=("x",), implicit=(("sinh(x) - a",), {"x": 3.0}))
    assert evaluate(asked)["x"].value == pytest.approx([0], abs=1e-15)


def test_a_value_that_an_equation_does_not_use_leaves_it_alone():
    asked = replace(QUADRATIC, inputs=(*INPUTS, known("d", 1, Normal(1.0))), correlation=np.eye(4))
    assert evaluate(asked)["x"].budget[3].contribution == [0]
