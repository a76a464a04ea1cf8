"""Monte Carlo gives what the Supplements to the GUM print.

Numbers: JCGM 101:2008, clause 9; JCGM 102:2011, clauses 7 and 9.  Tolerances are half a unit of the last printed digit
and what remains of chance.
"""

from math import sqrt

import numpy as np
import pytest

from quanheng.kernels.uncertainty.adaptive import NoVariance, sample_until_stable
from quanheng.kernels.uncertainty.combine import evaluate
from quanheng.kernels.uncertainty.distributions import (
    Arcsine,
    CurvilinearTrapezoid,
    Normal,
    Rectangular,
    StudentT,
)
from quanheng.kernels.uncertainty.monte_carlo import TooManyTrials, UndefinedDraws, sample
from quanheng.kernels.uncertainty.validate import validate
from tests.kernels.uncertainty.building import known, model

MILLION = 1_000_000


def additive(*distributions):
    inputs = [known(f"X{at}", 0, each) for at, each in enumerate(distributions)]
    return model(inputs, {"Y": "X0 + X1 + X2 + X3"})


NORMAL = additive(*[Normal(1.0)] * 4)
EQUAL = additive(*[Rectangular(sqrt(3))] * 4)
DOMINATED = additive(*[Rectangular(sqrt(3))] * 3, Rectangular(10 * sqrt(3)))
MASS = model(
    [
        known("mR", 100_000.0, Normal(0.050)),
        known("dm", 1.234, Normal(0.020)),
        known("ra", 1.20, Rectangular(0.10)),
        known("rW", 8000.0, Rectangular(1000.0)),
        known("rR", 8000.0, Rectangular(50.0)),
    ],
    {"m": "(mR + dm)*(1 + (ra - 1.2)*(1/rW - 1/rR)) - 100000"},
)
GAUGE_INPUTS = [
    known("Ls", 50_000_623.0, StudentT(25.0, 18.0)),
    known("D", 215.0, StudentT(6.0, 24.0)),
    known("d1", 0.0, StudentT(4.0, 5.0)),
    known("d2", 0.0, StudentT(7.0, 8.0)),
    known("aS", 11.5e-6, Rectangular(2e-6)),
    known("t0", -0.1, Normal(0.2)),
    known("cycle", 0.0, Arcsine(0.5)),
    known("da", 0.0, CurvilinearTrapezoid(1e-6, 0.1e-6)),
    known("dt", 0.0, CurvilinearTrapezoid(0.050, 0.025)),
]
GAUGE = model(
    GAUGE_INPUTS,
    {"dL": "Ls + D + d1 + d2 - Ls*(da*(t0 + cycle) + aS*dt) - 50000000"},
    probability=0.99,
)
GAUGE_EXACT = model(
    GAUGE_INPUTS,
    {
        "dL": "(Ls*(1 + aS*(t0 + cycle - dt)) + D + d1 + d2) / (1 + (aS + da)*(t0 + cycle)) - 50000000",
    },
    probability=0.99,
)


def loss(x1, r):
    inputs = [known("X1", x1, Normal(0.005)), known("X2", 0, Normal(0.005))]
    return model(inputs, {"dY": "X1^2 + X2^2"}, correlation=[[1, r], [r, 1]])


def common_effect(third):
    inputs = [known("X1", 0, Normal(1.0)), known("X2", 0, Normal(1.0)), known("X3", 0, third)]
    return model(inputs, {"Y1": "X1 + X3", "Y2": "X2 + X3"})


@pytest.mark.parametrize(
    ("asked", "u", "end"),
    [(NORMAL, 2.00, 3.92), (EQUAL, 2.00, 2 * sqrt(3) * (2 - 0.6**0.25)), (DOMINATED, 10.1489, 17.0)],
    ids=["9.2.2", "9.2.3", "9.2.4"],
)
def test_additive_models_of_tables_2_to_4(asked, u, end):
    found = sample(asked, MILLION)[0].outputs[0]
    assert found.estimate == pytest.approx(0, abs=0.005 * u)
    assert found.standard_uncertainty == pytest.approx(u, rel=0.003)
    assert found.symmetric == pytest.approx([-end, end], abs=0.008 * u)


def test_mass_calibration_of_table_6():
    found = sample(MASS, 2 * MILLION)[0].outputs[0]
    assert found.estimate == pytest.approx(1.2341, abs=0.0002)
    assert found.standard_uncertainty == pytest.approx(0.0754, abs=0.0002)
    assert found.shortest == pytest.approx([1.0834, 1.3825], abs=0.0015)


@pytest.mark.parametrize(
    ("x1", "r", "estimate", "u", "interval"),
    [
        (0.000, 0.0, 50, 50, (0, 150)),
        (0.010, 0.0, 150, 112, (0, 367)),
        (0.050, 0.0, 2551, 502, (1590, 3543)),
        (0.000, 0.9, 50, 67, (0, 185)),
        (0.010, 0.9, 150, 121, (13, 398)),
        (0.050, 0.9, 2551, 504, (1628, 3555)),
    ],
)
def test_comparison_loss_of_tables_8_and_9(x1, r, estimate, u, interval):
    found = sample(loss(x1, r), MILLION)[0].outputs[0]
    assert found.estimate * 1e6 == pytest.approx(estimate, abs=1.5)
    assert found.standard_uncertainty * 1e6 == pytest.approx(u, abs=1.5)
    assert np.array(found.shortest) * 1e6 == pytest.approx(interval, abs=2 + 0.04 * u)


@pytest.mark.parametrize("asked", [GAUGE, GAUGE_EXACT], ids=["approximate", "exact"])
def test_gauge_block_of_table_11(asked):
    found = sample(asked, 2 * MILLION)[0].outputs[0]
    assert found.estimate == pytest.approx(838, abs=0.5)
    assert found.standard_uncertainty == pytest.approx(36, abs=0.5)
    assert found.shortest == pytest.approx([745, 932], abs=1)


@pytest.mark.parametrize(
    ("third", "u", "r", "ellipse", "rectangle"),
    [
        (Normal(1.0), 1.414, 0.500, 2.45, 2.21),
        (Rectangular(sqrt(3)), 1.414, 0.500, 2.38, 2.15),
        (Rectangular(3 * sqrt(3)), 3.162, 0.900, 2.28, 1.87),
    ],
    ids=["9.2.2", "9.2.3", "9.2.4"],
)
def test_two_outputs_with_a_common_effect_of_tables_3_to_5(third, u, r, ellipse, rectangle):
    found = sample(common_effect(third), MILLION)[0]
    assert [each.standard_uncertainty for each in found.outputs] == pytest.approx([u, u], rel=0.003)
    assert found.correlation[0, 1] == pytest.approx(r, abs=0.002)
    assert found.regions.ellipsoid == pytest.approx(ellipse, abs=0.01)
    assert found.regions.rectangle == pytest.approx(rectangle, abs=0.01)


def test_regions_of_the_examples_in_7_7():
    inputs = [
        known("X1", 0, Normal(sqrt(0.1))),
        known("X2", 0, Normal(sqrt(0.1))),
        known("X3", 0, Rectangular(sqrt(3 * 1.9))),
    ]
    found = sample(model(inputs, {"Y1": "X1 + X3", "Y2": "X2 + X3"}), MILLION)[0].regions
    assert found.ellipsoid == pytest.approx(2.33, abs=0.07)  # printed: of 1,000 draws
    assert found.ellipsoid_volume == pytest.approx(10.6, abs=0.6)
    assert found.rectangle == pytest.approx(1.78, abs=0.05)
    assert found.rectangle_volume == pytest.approx(25.5, abs=1.0)
    assert found.smallest.area == pytest.approx(9.4, abs=0.15)  # printed: of 1,000,000 draws
    inside = found.smallest.counts[found.smallest.counts >= found.smallest.least].sum()
    assert 0.95 * MILLION <= inside <= 0.952 * MILLION


@pytest.mark.parametrize(
    ("x1", "r", "y1", "y2", "u1", "u2", "joint"),
    [
        (0.001, 0.0, 0.013, 0.000, 0.007, 1.744, 0.000),
        (0.010, 0.0, 0.015, 0.000, 0.008, 1.117, 0.000),
        (0.100, 0.0, 0.101, 0.000, 0.010, 0.101, 0.000),
        (0.001, 0.9, 0.012, -0.556, 0.008, 1.599, -0.070),
        (0.010, 0.9, 0.015, -0.343, 0.008, 0.903, 0.352),
        (0.100, 0.9, 0.101, -0.009, 0.010, 0.102, 0.882),
    ],
)
def test_polar_coordinates_of_tables_6_and_7(x1, r, y1, y2, u1, u2, joint):
    inputs = [known("X1", x1, Normal(0.010)), known("X2", 0, Normal(0.010))]
    formulas = {"R": "sqrt(X1^2 + X2^2)", "theta": "atan2(X2, X1)"}
    found = sample(model(inputs, formulas, correlation=[[1, r], [r, 1]]), MILLION)[0]
    assert [each.estimate for each in found.outputs] == pytest.approx([y1, y2], abs=0.006)
    assert found.outputs[0].standard_uncertainty == pytest.approx(u1, abs=0.0006)
    assert found.outputs[1].standard_uncertainty == pytest.approx(u2, abs=0.004)
    assert found.correlation[0, 1] == pytest.approx(joint, abs=0.005)


FIVE_READINGS = np.array(
    [
        [5.007, 19.663e-3, 1.0456],
        [4.994, 19.639e-3, 1.0438],
        [5.005, 19.640e-3, 1.0468],
        [4.990, 19.685e-3, 1.0428],
        [4.999, 19.678e-3, 1.0433],
    ]
)

READINGS = np.vstack([FIVE_READINGS, FIVE_READINGS.mean(axis=0)])  # set 6 is the average of sets 1 to 5


def impedance(readings):
    n = len(readings)
    u = readings.std(axis=0, ddof=1) / sqrt(n)
    inputs = [
        known(name, mean, StudentT.of_joint_means(float(each), n, 3), ensemble="readings")
        for name, mean, each in zip(["V", "I", "phi"], readings.mean(axis=0), u, strict=True)
    ]
    formulas = {"R": "V/I*cos(phi)", "X": "V/I*sin(phi)", "Z": "V/I"}
    return model(inputs, formulas, correlation=np.corrcoef(readings.T))


def test_resistance_and_reactance_of_table_11():
    found = sample(impedance(READINGS), 4 * MILLION)[0]
    assert [each.estimate for each in found.outputs] == pytest.approx([127.732, 219.847, 254.260], abs=0.001)
    # the variance of these sample variances does not exist (ν = 3): "Alt. GUF" is what they tend to
    u = [each.standard_uncertainty for each in found.outputs]
    assert u == pytest.approx([0.130, 0.540, 0.431], rel=0.02)
    assert found.correlation[0, 1:] == pytest.approx([-0.588, -0.485], abs=0.01)
    assert 1 - found.correlation[1, 2] == pytest.approx(0.749e-2, rel=0.05)


def test_with_the_five_readings_of_the_gum_the_variance_does_not_exist():
    found = sample(impedance(FIVE_READINGS), 300_000)[0]
    assert [each.code for each in found.findings] == ["no_variance"]
    assert found.regions is None
    assert all(low < high for low, high in (each.shortest for each in found.outputs))
    with pytest.raises(NoVariance, match="R、X、Z 的方差不存在"):
        sample_until_stable(impedance(FIVE_READINGS))


def test_viscometer_of_nist_technical_note_1900():  # E3
    inputs = [
        known("muC", 4.63, Normal(0.0463)),
        known("tM", 61.0, Normal(6.1)),
        known("rB", 2217.0, Normal(0.5)),
        known("rM", 1180.0, Normal(0.5)),
        known("tC", 36.6, Normal(5.49)),
        known("rC", 810.0, Normal(0.5)),
    ]
    found = sample(model(inputs, {"mu": "muC*tM*(rB - rM)/(tC*(rB - rC))"}), MILLION)[0].outputs[0]
    assert found.estimate == pytest.approx(5.82, abs=0.01)
    assert found.standard_uncertainty == pytest.approx(1.11, abs=0.015)
    assert found.symmetric == pytest.approx([4.05, 8.39], abs=0.03)


def test_thermal_expansion_of_nist_technical_note_1900_where_the_figure_is_a_standard_deviation():  # E13
    given = {"L0": (1.4999, 0.0001), "T0": (288.15, 0.02), "L1": (1.5021, 0.0002), "T1": (373.10, 0.05)}

    def u(make):
        inputs = [known(name, value, make(each, 3)) for name, (value, each) in given.items()]
        found = sample(model(inputs, {"a": "(L1 - L0)/(L0*(T1 - T0))"}), MILLION)[0].outputs[0]
        assert found.estimate == pytest.approx(1.7268e-5, abs=0.002e-5)
        return found.standard_uncertainty

    assert u(StudentT.from_standard_deviation) == pytest.approx(1.75e-6, abs=0.04e-6)  # printed: 1.74
    assert u(lambda scale, degrees: StudentT(scale, float(degrees))) > 2.8e-6  # as a scale: √3 times as much


# The adaptive procedure and the validation of the GUM framework


def validated(asked, *, digits, interval, second_order=False, seed=1):
    result = evaluate(asked, second_order=second_order)
    found = sample_until_stable(asked, digits=digits, interval=interval, seed=seed)
    return found[0], validate(result, found, digits=digits, interval=interval)[0]


def test_table_2_the_gum_is_validated_for_normal_inputs():
    found, verdict = validated(NORMAL, digits=2, interval="symmetric")
    assert verdict.is_valid
    assert verdict.outputs[0].tolerance == 0.05
    assert 900_000 < found.trials < 1_600_000  # printed: 1.23 and 1.02 million
    assert found.outputs[0].symmetric == pytest.approx([-3.92, 3.92], abs=0.02)


def test_table_2_takes_as_many_trials_as_printed_by_default():
    assert 900_000 < sample_until_stable(NORMAL)[0].trials < 1_600_000  # printed: 1.23 and 1.02 million


def test_table_3_the_gum_is_at_the_edge_for_rectangular_inputs():
    distances = [validated(EQUAL, digits=2, interval="symmetric", seed=seed)[1].outputs[0] for seed in (1, 2)]
    ends = np.array([[each.low, each.high] for each in distances])
    assert ends == pytest.approx(np.full((2, 2), 3.92 - 3.88), abs=0.02)  # printed: 0.03 to 0.05, yes and no


def test_table_4_the_gum_is_not_validated_where_a_rectangular_input_dominates():
    found, verdict = validated(DOMINATED, digits=2, interval="symmetric")
    assert not verdict.is_valid
    assert verdict.outputs[0].tolerance == 0.5
    assert (verdict.outputs[0].low, verdict.outputs[0].high) == pytest.approx((2.9, 2.9), abs=0.15)
    assert found.trials == 110_000  # printed: 0.03 and 0.08 million; here at least eleven sets
    coarse = validated(DOMINATED, digits=1, interval="symmetric")[1]
    assert coarse.outputs[0].tolerance == 5
    assert coarse.is_valid


def test_table_6_the_gum_is_validated_with_second_order_terms_only():
    found, verdict = validated(MASS, digits=1, interval="shortest")
    assert not verdict.is_valid
    assert verdict.outputs[0].tolerance == 0.005
    assert verdict.outputs[0].low == pytest.approx(0.0451, abs=0.002)
    assert verdict.outputs[0].high == pytest.approx(0.0430, abs=0.002)
    assert 400_000 < found.trials < 1_200_000  # printed: 0.72 million
    second = validated(MASS, digits=1, interval="shortest", second_order=True)[1]
    assert second.is_valid
    assert second.outputs[0].low == pytest.approx(0.0036, abs=0.0013)


def test_table_11_needs_about_as_many_trials_as_printed():
    found = sample_until_stable(GAUGE, digits=2, share=1.0, interval="shortest")[0]
    assert found.outputs[0].shortest == pytest.approx([745, 932], abs=1.5)
    assert 900_000 < found.trials < 1_600_000  # printed: 1.26 million


@pytest.mark.parametrize(
    ("third", "wrong"),
    [
        (Normal(1.0), set()),
        (Rectangular(sqrt(3)), {"ellipsoid", "rectangle"}),
        (Rectangular(3 * sqrt(3)), {"ellipsoid", "rectangle"}),
    ],
    ids=["9.2.2", "9.2.3", "9.2.4"],
)
def test_tables_3_to_5_of_the_coverage_factors_only_those_for_normal_inputs_are_validated(third, wrong):
    found, verdict = validated(common_effect(third), digits=2, interval="symmetric")
    assert {each.what for each in verdict.joint if not each.is_valid} == wrong
    tolerances = {each.what: each.tolerance for each in verdict.joint}
    assert tolerances == pytest.approx(
        {
            "estimate": 0.05,
            "standard_uncertainty": 0.05,
            "correlation": 0.05,
            "ellipsoid": 0.05,
            "rectangle": 0.05,
        }
    )
    assert found.trials >= 110_000


@pytest.mark.parametrize(
    ("third", "printed"),
    [(Normal(1.0), 400_000), (Rectangular(sqrt(3)), 355_000), (Rectangular(3 * sqrt(3)), 1_670_000)],
    ids=["9.2.2", "9.2.3", "9.2.4"],
)
def test_tables_3_to_5_take_about_as_many_trials_as_printed(third, printed):
    found = sample_until_stable(common_effect(third), digits=3, share=1.0, interval=None)[0]
    assert 0.6 * printed < found.trials < 1.5 * printed


def test_the_adaptive_procedure_does_not_depend_on_threads():
    one = sample_until_stable(DOMINATED, threads=1)
    assert repr(one) == repr(sample_until_stable(DOMINATED, threads=2))
    assert repr(one) != repr(sample_until_stable(DOMINATED, threads=2, seed=2))


def test_more_digits_take_more_trials():
    assert (
        sample_until_stable(DOMINATED, digits=1)[0].trials
        <= sample_until_stable(DOMINATED, digits=2, share=1.0)[0].trials
        < sample_until_stable(DOMINATED, digits=3, share=1.0)[0].trials
    )


def test_what_does_not_become_stable_says_so():
    found = sample_until_stable(NORMAL, digits=3, most_trials=150_000)[0]
    assert found.trials == 150_000
    assert [each.text for each in found.findings if each.code == "not_stable"] == [
        "150000 次试验后结果仍未稳定到 3 位有效数字的要求（JCGM 101:2008，7.9）。"
    ]


def test_a_memory_too_small_for_the_first_test_is_refused():
    with pytest.raises(TooManyTrials, match="110000 次试验需要"):
        sample_until_stable(NORMAL, memory_limit=800_000)


def test_a_model_without_value_at_many_draws_is_refused():
    with pytest.raises(UndefinedDraws):
        sample_until_stable(model([known("a", 1, Normal(1.0))], {"y": "ln(a)"}))
