"""What people write in different ways, and what is told them when it cannot be read."""

from __future__ import annotations

from math import inf

import pytest

from quanheng.kernels.uncertainty import BadModel, distributions, evaluate, load_model
from quanheng.kernels.uncertainty.spellings import distribution_of
from tests.kernels.uncertainty.building import single


@pytest.mark.parametrize("dof", ["", ", dof: null", ", dof: .inf"])
def test_a_pooled_deviation_without_degrees_of_freedom_is_known_exactly(dof):
    known, distribution = single(f"value: 1, pooled_std: 0.1, number_of_readings: 4{dof}")
    assert (known.standard_uncertainty[0], known.degrees_of_freedom[0]) == (pytest.approx(0.05), inf)
    assert (distribution.name, known.kind) == ("normal", "A")


def test_readings_may_be_formulas_of_constants():
    model = load_model("constants: {c: 2}\ninputs: {a: {readings: [2*1.0, c, 9/3]}}\nmodel: y = a")
    assert model.inputs[0].estimate == pytest.approx([7 / 3])


def test_a_ratio_may_be_a_percentage():
    known, _ = single("value: 1, std: 1, relative_uncertainty_of_uncertainty: 25%")
    assert known.degrees_of_freedom == pytest.approx([8])
    groups = "value: 0, readings: [[1, 2], [2, 3], [5, 6]], significance: "
    assert single(groups + "5%")[0].standard_uncertainty == single(groups + "0.05")[0].standard_uncertainty


@pytest.mark.parametrize(
    "equations",
    ["y^2 = a; z = y", "|\n    y^2 = a\n    z = y", "[y^2 = a, z = y]"],
    ids=["one line", "lines", "list"],
)
def test_equations_may_be_a_list_or_a_text(equations):
    model = load_model(
        "inputs: {a: {value: 4, std: 0.1}}\nimplicit:\n  unknowns: {y: 1, z: 1}\n  equations: " + equations
    )
    assert evaluate(model)["z"].value == pytest.approx([2])


def test_an_equation_of_a_text_is_refused_with_its_own_line():
    with pytest.raises(BadModel) as refused:
        load_model(
            "inputs: {a: {value: 4, std: 0.1}}\nimplicit:\n  equations: |\n    y = a\n    z = $\n  unknowns: {y: 1, z: 1}"
        )
    assert refused.value.line == 5


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Normal", "normal"),
        ("uniform distribution", "rectangular"),
        ("arc-sine", "arcsine"),
        ("Arc Sine", "arcsine"),
        ("U-shaped", "arcsine"),
        ("Curvilinear Trapezoid", "curvilinear_trapezoid"),
        ("Student-t", "t"),
        ("Student's t", "t"),
        ("t-distribution", "t"),
        ("t 分布", "t"),
        ("log-normal", "lognormal"),
        ("三角形", "triangular"),
        ("three", None),
        ("分布", None),
    ],
)
def test_distributions_are_known_by_the_names_that_people_write(written, name):
    assert distribution_of(written) == name


def test_the_names_that_the_program_prints_can_be_read_again():
    concrete = [
        each for each in vars(distributions).values() if isinstance(each, type) and hasattr(each, "label")
    ]
    assert len(concrete) > 10
    assert [distribution_of(each.label) for each in concrete] == [each.name for each in concrete]


def test_quantities_that_are_all_fully_correlated_are_one_finding():
    names = [f"x{at}" for at in range(10)]
    pairs = ", ".join(f"[{a}, {b}, 1]" for at, a in enumerate(names) for b in names[:at])
    inputs = ", ".join(f"{name}: {{value: 1, std: 0.1}}" for name in names)
    model = load_model(f"inputs: {{{inputs}}}\ncorrelations: [{pairs}]\nmodel: y = {'+'.join(names)}")
    (found,) = model.findings
    assert (found.code, found.data["inputs"]) == ("fully_correlated", names)


def test_a_long_formula_is_not_quoted_in_full():
    with pytest.raises(BadModel) as refused:
        load_model(f"inputs: {{a: {{value: 1, std: 1}}}}\nmodel: y = {'a + ' * 200}$")
    assert len(str(refused.value)) < 120
    assert "…" in str(refused.value)
