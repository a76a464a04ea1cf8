"""Least-squares curves: published ones, what scipy finds, and what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from quanheng.kernels.expressions import parse
from quanheng.kernels.uncertainty import BadModel, Curve, NoFit, evaluate, fit, load_model

LINE = parse("a + b*x")
AB = {"a": 0.0, "b": 0.0}

# K. Pearson, Phil. Mag. 2 (1901) 559, with the weights of D. York, Can. J. Phys. 44 (1966) 1079.
PEARSON_X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
PEARSON_Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
YORK_X = 1 / np.sqrt([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1])
YORK_Y = 1 / np.sqrt([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])


def test_a_line_through_uncertain_points_is_that_of_york():
    """Slope -0.480 533 407 44, intercept 5.479 910 224 03, χ²/8 = 1.483 294 149 (York et al. 2004, Table I)."""
    found = fit(Curve(LINE, AB, {"x": PEARSON_X}, PEARSON_Y, YORK_Y, {"x": YORK_X}))
    assert found.estimates == pytest.approx([5.47991022403, -0.48053340744], rel=1e-10)
    assert found.chi_squared / found.redundancy == pytest.approx(1.483294149, rel=1e-8)
    assert found.standard_uncertainties == pytest.approx([0.295, 0.058], abs=5e-4)


def test_it_does_not_matter_which_axis_is_called_the_response():
    one = fit(Curve(LINE, AB, {"x": PEARSON_X}, PEARSON_Y, YORK_Y, {"x": YORK_X}))
    other = fit(Curve(LINE, {"a": 10.0, "b": -2.0}, {"x": PEARSON_Y}, PEARSON_X, YORK_X, {"x": YORK_Y}))
    a, b = other.estimates
    assert [-a / b, 1 / b] == pytest.approx(one.estimates, rel=1e-8)
    assert other.chi_squared == pytest.approx(one.chi_squared, rel=1e-9)


def test_small_uncertainties_of_abscissas_change_nothing():
    exact = fit(Curve(LINE, AB, {"x": PEARSON_X}, PEARSON_Y, YORK_Y))
    nearly = fit(Curve(LINE, AB, {"x": PEARSON_X}, PEARSON_Y, YORK_Y, {"x": YORK_X * 1e-6}))
    assert nearly.estimates == pytest.approx(exact.estimates, rel=1e-9)
    assert nearly.covariance == pytest.approx(exact.covariance, rel=1e-9)


@given(
    st.lists(st.floats(-5, 5), min_size=6, max_size=12, unique=True).filter(lambda x: np.ptp(x) > 3),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
)
@settings(max_examples=40, deadline=None)
def test_a_polynomial_is_that_of_the_normal_equations(x, seed, degree):
    random = np.random.default_rng(seed)
    x = np.array(x) + np.linspace(0, 3, len(x))
    y = random.normal(size=len(x))
    spread = random.uniform(0.5, 2, len(x))
    names = "abcd"[: degree + 1]
    formula = parse(" + ".join(f"{name}*x^{power}" for power, name in enumerate(names)))
    design = np.vander(x, degree + 1, increasing=True) / spread[:, None]
    if np.linalg.cond(design) > 1e5:
        return
    found = fit(Curve(formula, dict.fromkeys(names, 0.0), {"x": x}, y, spread))
    covariance = np.linalg.inv(design.T @ design)
    assert found.covariance == pytest.approx(covariance, rel=1e-4, abs=1e-9)
    assert found.estimates == pytest.approx(covariance @ design.T @ (y / spread), rel=1e-4, abs=1e-6)
    scaled = fit(Curve(formula, dict.fromkeys(names, 0.0), {"x": x}, y, spread, is_scaled=True))
    if found.redundancy:
        assert scaled.covariance == pytest.approx(found.covariance * found.standard_deviation**2, rel=1e-9)


def test_a_curve_not_linear_in_its_parameters_is_that_of_scipy():
    """A leak standard that decays (values as in the tests of suncal)."""
    x = np.array([1.0, 380.0, 794.0, 1247.0, 1673.0, 2031.0, 2747.0])
    y = np.array([6.635e-08, 6.531e-08, 6.354e-08, 6.255e-08, 6.212e-08, 5.97e-08, 5.907e-08])
    found = fit(Curve(parse("a*exp(-b*x)"), {"a": 6.5e-8, "b": 4.5e-5}, {"x": x}, y))
    assert found.estimates == pytest.approx([6.621e-8, 4.404e-5], rel=2e-4)
    theirs, covariance = curve_fit(lambda x, a, b: a * np.exp(-b * x), x, y * 1e8, p0=[6.5, 4.5e-5])
    assert found.estimates * [1e8, 1] == pytest.approx(theirs, rel=1e-6)
    assert found.standard_uncertainties * [1e8, 1] == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)
    assert found.degrees_of_freedom == 5


def test_the_worst_scaled_polynomial_of_nist_is_fitted():
    """NIST StRD, Wampler1: y = 1 + x + … + x⁵ at 0 … 20, all parameters 1, no residuals."""
    x = np.arange(21.0)
    y = sum(x**power for power in range(6))
    names = [f"b{power}" for power in range(6)]
    formula = parse(" + ".join(f"{name}*x^{power}" for power, name in enumerate(names)))
    found = fit(Curve(formula, dict.fromkeys(names, 0.0), {"x": x}, y, np.ones(21)))
    assert found.estimates == pytest.approx(np.ones(6), abs=1e-6)


def test_correlated_responses_are_weighted_by_their_covariance():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    y = np.array([1.1, 1.9, 3.2, 3.9])
    covariance = 0.01 * (0.5 * np.eye(4) + 0.5)
    found = fit(Curve(LINE, AB, {"x": x}, y, covariance))
    design = np.vander(x, 2, increasing=True)
    weight = np.linalg.inv(covariance)
    expected = np.linalg.inv(design.T @ weight @ design)
    assert found.covariance == pytest.approx(expected)
    assert found.estimates == pytest.approx(expected @ design.T @ weight @ y)


@pytest.mark.parametrize(
    ("curve", "reason"),
    [
        (Curve(LINE, AB, {"x": np.array([1.0, 2.0])}, np.array([1.0, 2.0])), "至少要 3 组数据"),
        (Curve(LINE, AB, {"x": np.ones(5)}, np.arange(5.0)), "不能定出全部参数"),
        (
            Curve(parse("a + b*x + c*x"), {**AB, "c": 0.0}, {"x": np.arange(5.0)}, np.arange(5.0)),
            "不能定出全部参数",
        ),
        (Curve(parse("a + ln(b*x)"), AB, {"x": np.arange(5.0)}, np.arange(5.0)), "没有数值或斜率"),
        (
            Curve(
                LINE, AB, {"x": np.arange(3.0)}, np.arange(3.0), np.array([[1.0, 2, 0], [2, 1, 0], [0, 0, 1]])
            ),
            "正定",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(curve, reason):
    with pytest.raises(NoFit, match=reason):
        fit(curve)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("start", [{"a": 1.0, "b": 800.0}, {"a": 1.0, "b": 50.0}, {"a": 1e-300, "b": -1.0}])
def test_a_curve_that_overflows_is_refused_without_warnings(start):
    x = np.arange(1.0, 7.0)
    with pytest.raises(NoFit):
        fit(Curve(parse("a*exp(b*x^3)"), start, {"x": x}, np.array([1.0, -1, 1, -1, 1, -1])))


FILE = """
fits:
  cal:
    formula: y = a + b*x
    parameters: [a, b]
    data:
      x: [1, 2, 3, 4]
      y: [1.1, 1.9, 3.2, 3.9]
model: z = a + 10*b
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("formula: y = a + b*x", "formula: a + b*x", 4, "曲线应写作“响应 = 算式”"),
        ("formula: y = a + b*x", "formula: w = a + b*x", 6, "数据中没有“w”"),
        ("formula: y = a + b*x", "formula: y = a + b*w", 4, "“w”不是参数、数据或常数"),
        ("[a, b]", "[a, x]", 4, "“b”不是参数"),
        ("[a, b]", "[a, b, x]", 5, "“x”既是参数又是数据或常数"),
        ("[1, 2, 3, 4]", "[1, 2, 3]", 8, "“y”有 4 个数，“x”有 3 个"),
        ("[1, 2, 3, 4]", "[1, 2, 3, four]", 7, "“four”不是数"),
        ("[1, 2, 3, 4]", "[1, 1, 1, 1]", 3, "不能定出全部参数"),
        ("[1.1, 1.9, 3.2, 3.9]", "[1, 2, 3, 4]", 3, "参数没有不确定度"),
        ("    data:", "    uncertainties: {q: 1}\n    data:", 6, "数据中没有“q”"),
        ("    data:", "    uncertainties: {y: 0}\n    data:", 6, "应当大于零"),
        ("    data:", "    uncertainties: {y: [1, 2]}\n    data:", 6, "应为 4 个数"),
        ("    data:", "    covariance: [[1, 2], [3, 4]]\n    data:", 6, "协方差矩阵应对称，4 行 4 列"),
        ("    data:", "    uncertainties: {y: 1}\n    new_readings: {q: [1]}\n    data:", 7, "作为输入量给出"),
        ("    data:", "    new_readings: {a: [1]}\n    data:", 6, "“a”已有定义"),
        ("    data:", "    uncertainties: {y: 1}\n    covariance: [[1]]\n    data:", 7, "只能给一个"),
        ("    data:", "    uncertainties: 1\n    data:", 6, "名称: 数或列表"),
        ("    data:", "    new_readings: 1\n    data:", 6, "名称: [数, …]"),
        ("    data:", "    new_readings: {q: [[1, 2]]}\n    data:", 6, "应为一列读数"),
        ("[1, 2, 3, 4]", "[[1, 2], [3, 4]]", 7, "应为一列数"),
        ("[a, b]", "5", 5, "参数应为名称的列表"),
        ("fits:\n", "inputs: {a: {value: 1, std: 1}}\nfits:\n", 6, "“a”已有定义"),
        ("    data:", "    covriance: 1\n    data:", 6, "是否为“covariance”"),
    ],
)  # fmt: skip
def test_a_bad_fit_in_a_file_is_refused_with_its_line(old, new, line, reason):
    with pytest.raises(BadModel) as refused:
        load_model(FILE.replace(old, new, 1))
    assert (refused.value.line, reason in refused.value.reason) == (line, True), str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("fits: [1]", "拟合应写成"), ("fits: {c: {formula: y = a, parameters: [a], data: 1}}", "数据应写成")],
)
def test_a_section_of_another_shape_is_refused(text, reason):
    with pytest.raises(BadModel, match=reason):
        load_model(f"{text}\nmodel: z = 1")


def test_a_curve_in_a_file_may_start_elsewhere():
    text = """
fits:
  decay:
    formula: y = a*exp(-b*t)
    parameters: {a: A, b: 4.5e-5}
    units: {a: Pa}
    data:
      t: [1, 380, 794, 1247, 1673, 2031, 2747]
      y: [6.635e-8, 6.531e-8, 6.354e-8, 6.255e-8, 6.212e-8, 5.97e-8, 5.907e-8]
model: {start: a, rate: b}
"""
    model = load_model(text.replace("A", "6.5e-8"))
    assert evaluate(model)["rate"].value == pytest.approx([4.404e-5], rel=2e-4)
    assert model.units == {"a": "Pa"}
    with pytest.raises(BadModel, match="拟合不收敛|没有数值或斜率|不能定出"):
        load_model(text.replace("A", "6.5e-8").replace("4.5e-5", "5"))


def test_parameters_of_a_fit_are_one_component_with_its_freedom():
    model = load_model(FILE)
    result = evaluate(model)["z"]
    assert result.degrees_of_freedom == pytest.approx([2])
    assert [known.ensemble for known in model.inputs] == ["cal", "cal"]
    (finding,) = model.findings
    assert finding.code == "fitted"
    assert finding.data["parameters"]["b"] == pytest.approx(0.97)
    assert finding.data["redundancy"] == 2


def test_known_uncertainties_that_do_not_explain_the_residuals_are_remarked():
    text = FILE.replace("    data:", "    uncertainties: {y: SIGMA}\n    data:")
    assert load_model(text.replace("SIGMA", "0.2")).findings[0].code == "fitted"
    (finding,) = load_model(text.replace("SIGMA", "0.01")).findings
    assert finding.code == "fit_inconsistent"
    assert finding.data["chi_squared_probability"] < 1e-6
    weighted = load_model(
        text.replace("SIGMA", "0.01").replace("    data:", "    relative_weights: true\n    data:")
    )
    assert weighted.findings[0].code == "fitted"
    assert weighted.inputs[0].standard_uncertainty == pytest.approx(
        load_model(FILE).inputs[0].standard_uncertainty
    )


def test_a_fit_with_uncertain_abscissas_may_stand_in_a_file():
    text = FILE.replace("    data:", "    uncertainties: {x: 0.05, y: [0.1, 0.1, 0.2, 0.1]}\n    data:")
    model = load_model(text)
    assert model.inputs[0].degrees_of_freedom == [np.inf]
    exact = load_model(text.replace("x: 0.05, ", ""))
    assert model.inputs[1].standard_uncertainty > exact.inputs[1].standard_uncertainty


def test_a_calibration_is_read_backwards():
    text = FILE.replace("model: z = a + 10*b", "inputs: {y0: {value: 2.5, std: 0.1}}\nmodel: x0 = (y0 - a)/b")
    result = evaluate(load_model(text))["x0"]
    equation = text.replace(
        "model: x0 = (y0 - a)/b", "implicit: {equations: [y0 = a + b*x0], unknowns: {x0: 1}}"
    )
    other = evaluate(load_model(equation))["x0"]
    assert other.standard_uncertainty == pytest.approx(result.standard_uncertainty, rel=1e-12)
