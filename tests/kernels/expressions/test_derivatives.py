"""Derivatives are exact: against closed forms, against GTC, and where there are none they are not invented."""

import math
from itertools import pairwise

import GTC
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quanheng.kernels.expressions import FUNCTIONS, Taylor, evaluate, first_order, higher_order, parse, seed

AT = {"x": 0.3, "y": 0.7, "z": 1.9}
NAMES = list(AT)


def derivatives(text, at=AT, names=NAMES):
    return higher_order(evaluate(parse(text), seed(at, names, order=3)), len(names), 1)


@pytest.mark.parametrize("name", sorted(name for name, function in FUNCTIONS.items() if function.derivatives))
def test_each_derivative_is_that_of_the_one_before(name):
    """Central differences with Richardson's step: 1e-8 is what they can show."""
    x0, h = (1.7 if name == "acosh" else 0.37), 1e-3
    function = FUNCTIONS[name]
    chain = [function.value, *function.derivatives]
    for lower, higher in pairwise(chain):

        def slope(step, f=lower):
            return (f(np.float64(x0 + step)) - f(np.float64(x0 - step))) / (2 * step)

        estimate = (4 * slope(h) - slope(2 * h)) / 3
        assert higher(np.float64(x0)) == pytest.approx(estimate, rel=1e-7, abs=1e-7)


def test_products_have_their_mixed_derivatives():
    """f = x² y³: all by hand."""
    found = derivatives("x^2 * y^3")
    x, y = AT["x"], AT["y"]

    assert found.first[:, 0] == pytest.approx([2 * x * y**3, 3 * x**2 * y**2, 0])
    assert found.second[0, 1, 0] == pytest.approx(6 * x * y**2)
    assert found.second[1, 0, 0] == pytest.approx(6 * x * y**2)
    assert found.second[1, 1, 0] == pytest.approx(6 * x**2 * y)
    assert found.third[0, 1, 0] == pytest.approx(12 * x * y)  # ∂x ∂y²
    assert found.third[1, 0, 0] == pytest.approx(6 * y**2)  # ∂y ∂x²
    assert found.third[1, 1, 0] == pytest.approx(6 * x**2)
    assert found.third[2, 0, 0] == pytest.approx(0, abs=1e-12)


def test_quotients_and_functions_have_theirs():
    """f = sin(x) / y + x^z."""
    found = derivatives("sin(x)/y + x^z")
    x, y, z = AT.values()

    assert found.first[:, 0] == pytest.approx(
        [math.cos(x) / y + z * x ** (z - 1), -math.sin(x) / y**2, x**z * math.log(x)]
    )
    assert found.second[0, 1, 0] == pytest.approx(-math.cos(x) / y**2)
    assert found.second[0, 2, 0] == pytest.approx(x ** (z - 1) * (1 + z * math.log(x)))
    assert found.third[0, 1, 0] == pytest.approx(2 * math.cos(x) / y**3)
    assert found.third[1, 0, 0] == pytest.approx(math.sin(x) / y**2)
    assert found.third[2, 2, 0] == pytest.approx(x**z * math.log(x) ** 3)


def test_the_angle_of_two_sides_is_that_of_their_quotient():
    there, quotient = derivatives("atan2(y, x)"), derivatives("atan(y/x)")

    for a, b in zip(there, quotient, strict=True):
        assert a == pytest.approx(b, abs=1e-10)


@pytest.mark.parametrize(("x", "first", "second"), [(0.0, 0.0, 2.0), (-1.5, -3.0, 2.0)])
def test_a_square_is_smooth_at_zero_and_below(x, first, second):
    found = derivatives("x^2", {"x": x}, ["x"])

    assert (found.first[0, 0], found.second[0, 0, 0], found.third[0, 0, 0]) == (first, second, 0.0)


@pytest.mark.parametrize("text", ["abs(x)", "sqrt(x)", "min(x, 0)", "max(x, -x)", "1/x", "ln(x)"])
def test_where_there_is_no_slope_none_is_given(text):
    with np.errstate(all="ignore"):
        slope = first_order(evaluate(parse(text), seed({"x": 0.0}, ["x"])), 1, 1)

    assert not np.isfinite(slope).all()


def test_the_smaller_of_two_has_the_slope_of_the_smaller():
    assert derivatives("min(x, y, 2)").first[:, 0] == pytest.approx([1, 0, 0])
    assert derivatives("max(x, y, z^2)").first[:, 0] == pytest.approx([0, 0, 2 * AT["z"]])


def test_points_are_carried_at_once_and_scaled():
    """Scaled by u, the derivative is the contribution in the unit of the output."""
    x = np.array([1.0, 2.0, 3.0])
    series = seed({"x": x, "y": 2.0}, ["x", "y"], {"x": np.array([0.1, 0.2, 0.3]), "y": 0.5})
    output = evaluate(parse("x*y^2"), series)

    assert isinstance(output, Taylor)
    assert first_order(output, 2, 3) == pytest.approx(np.array([[0.4, 0.8, 1.2], [2.0, 4.0, 6.0]]))
    assert first_order(7.0, 2, 3) == pytest.approx(np.zeros((2, 3)))


pieces = st.recursive(
    st.sampled_from(["x", "y", "z", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        st.tuples(st.sampled_from(["sin", "cos", "exp", "atan", "sqrt", "ln", "tanh"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        inner.map(lambda t: f"({t})^2"),
    ),
    max_leaves=8,
)  # fmt: skip


@given(pieces)
def test_first_derivatives_agree_with_gtc(text):
    value = evaluate(parse(text), AT)
    assume(np.isfinite(value) and abs(value) < 1e6)
    ours = first_order(evaluate(parse(text), seed(AT, NAMES)), 3, 1)[:, 0]
    assume(np.isfinite(ours).all() and np.abs(ours).max() < 1e6)
    inputs = {name: GTC.ureal(number, 0.01, label=name) for name, number in AT.items()}
    theirs = _with_gtc(text, inputs)
    expected = [GTC.component(theirs, inputs[name]) / 0.01 if hasattr(theirs, "x") else 0.0 for name in NAMES]

    assert np.abs(ours) == pytest.approx(np.abs(expected), rel=1e-9, abs=1e-9)


def _with_gtc(text, inputs):
    """Run the same text on GTC's numbers: it comes from the strategy above, not from a user."""
    functions = {
        "sin": GTC.sin,
        "cos": GTC.cos,
        "exp": GTC.exp,
        "atan": GTC.atan,
        "sqrt": GTC.sqrt,
        "ln": GTC.log,
        "tanh": GTC.tanh,
    }
    return eval(text.replace("^", "**"), {"__builtins__": {}}, functions | inputs)
