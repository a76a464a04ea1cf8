"""Examples of JCGM 101:2008, clause 9, and JCGM 102:2011, clauses 6 and 9: what the GUM framework gives there."""

from math import sqrt

from tests.kernels.uncertainty.published import Example

WIDE = 10 * sqrt(3)


def additive(*inputs: str) -> str:
    lines = "".join(f"  X{at}: {{{text}}}\n" for at, text in enumerate(inputs, 1))
    return f"inputs:\n{lines}model: Y = X1 + X2 + X3 + X4"


NORMAL, RECTANGULAR = "value: 0, std: 1", "lower: -sqrt(3), upper: sqrt(3)"

MASS = """
inputs:
  mRc: {value: 100000.000, std: 0.050, unit: mg}
  dmRc: {value: 1.234, std: 0.020, unit: mg}
  rho_a: {lower: 1.1, upper: 1.3}
  rho_W: {lower: 7000, upper: 9000}
  rho_R: {lower: 7950, upper: 8050}
model: dm = (mRc + dmRc)*(1 + (rho_a - 1.2)*(1/rho_W - 1/rho_R)) - 100000
"""


def loss(x1: float, r: float) -> str:
    return f"""
inputs:
  X1: {{value: {x1}, std: 0.005}}
  X2: {{value: 0, std: 0.005}}
correlations: [[X1, X2, {r}]]
model: dY = X1^2 + X2^2
"""


GAUGE = """
coverage_probability: 0.99
constants: {Lnom: 50000000}
inputs:
  Ls: {value: 50000623, scale: 25, dof: 18}
  D: {value: 215, scale: 6, dof: 24}
  d1: {value: 0, scale: 4, dof: 5}
  d2: {value: 0, scale: 7, dof: 8}
  alphas: {lower: 9.5e-6, upper: 13.5e-6}
  theta0: {value: -0.1, std: 0.2}
  Delta: {distribution: arcsine, lower: -0.5, upper: 0.5}
  dalpha: {value: 0, half_width: 1e-6, dof: 50}
  dtheta: {value: 0, half_width: 0.05, dof: 2}
model: dL = MODEL - Lnom
"""
GAUGE_APPROXIMATE = "Ls + D + d1 + d2 - Ls*(dalpha*(theta0 + Delta) + alphas*dtheta)"
GAUGE_NON_LINEAR = (
    "(Ls*(1 + alphas*(theta0 + Delta - dtheta)) + D + d1 + d2)/(1 + (alphas + dalpha)*(theta0 + Delta))"
)


def common(third: str) -> str:
    return f"""
inputs:
  X1: {{value: 0, std: 1}}
  X2: {{value: 0, std: 1}}
  X3: {{{third}}}
model: {{Y1: X1 + X3, Y2: X2 + X3}}
"""


def polar(x1: float, r: float) -> str:
    return f"""
inputs: {{X1: {{value: {x1}, std: 0.010}}, X2: {{value: 0, std: 0.010}}}}
correlations: {{inputs: [X1, X2], matrix: [[1, {r}], [{r}, 1]]}}
model: {{R: sqrt(X1^2 + X2^2), theta: 'atan2(X2, X1)'}}
"""


RATIOS = [53, 150_054, 300_055, 450_056, 600_056, 780_057, 900_058, 1_050_059, 1_200_060, 780_057]
THERMOMETER = """
  R0: {value: 99.99610, std: 0.00050}
  A: {value: 0.0039096, std: 0.0000027}
  B: {value: -6.0e-7, std: 1.1e-7}
  RS: {value: 99.99947, std: 0.00010}
"""
THERMOMETER_CORRELATIONS = "correlations: [[R0, A, -0.155], [R0, B, 0.092], [A, B, -0.959]]"
ONE_TEMPERATURE = f"""
inputs:{THERMOMETER}  r: {{value: 1.0780057, std: 0.0000050}}
{THERMOMETER_CORRELATIONS}
implicit: {{equations: [(1 + A*theta + B*theta^2)*R0 - r*RS = 0], unknowns: {{theta: 0}}}}
"""
TEN_TEMPERATURES = (
    f"inputs:{THERMOMETER}"
    + "".join(f"  r{at}: {{value: 1 + {ratio}e-7, std: 50e-7}}\n" for at, ratio in enumerate(RATIOS, 1))
    + THERMOMETER_CORRELATIONS
    + "\nimplicit:\n  equations:\n"
    + "".join(f"    - R0*(1 + A*theta{at} + B*theta{at}^2) - r{at}*RS\n" for at in range(1, 11))
    + "  unknowns: {"
    + ", ".join(f"theta{at}: 10" for at in range(1, 11))
    + "}\n"
)
TEMPERATURES = [
    "0.0100",
    "3.8491",
    "7.6928",
    "11.5410",
    "15.3938",
    "20.0232",
    "23.1131",
    "26.9797",
    "30.8509",
    "20.0232",
]
THEIR_UNCERTAINTIES = [
    "0.0018",
    "0.0027",
    "0.0040",
    "0.0046",
    "0.0047",
    "0.0045",
    "0.0046",
    "0.0060",
    "0.0089",
    "0.0045",
]
THEIR_CORRELATIONS = """
0.252 0.127 0.079 0.059 0.054 0.056 0.054 0.050 0.054
0.815 0.800 0.755 0.580 0.312 -0.092 -0.358 0.580
0.902 0.868 0.691 0.400 -0.057 -0.365 0.691
0.909 0.766 0.495 0.040 -0.281 0.766
0.847 0.629 0.208 -0.115 0.847
0.841 0.549 0.264 0.918
0.812 0.613 0.841
0.909 0.549
0.264
"""

IMPEDANCE = """
inputs:
  V: {readings: [5.007, 4.994, 5.005, 4.990, 4.999, 4.999]}
  I: {readings: [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3, 19.661e-3]}
  phi: {readings: [1.0456, 1.0438, 1.0468, 1.0428, 1.0433, 1.04446]}
joint: [[V, I, phi]]
model: {R: V/I*cos(phi), X: V/I*sin(phi), Z: V/I}
"""

EXAMPLES = [
    Example(
        "101, 9.2.2",
        "JCGM 101:2008, 9.2.2, Table 2",
        additive(*[NORMAL] * 4),
        {"Y": {"value": "0.0", "standard_uncertainty": "2.0", "expanded_uncertainty": "3.92"}},
        monte_carlo={"Y": {"standard_uncertainty": (2.0, 0.02), "low": (-3.92, 0.06), "high": (3.92, 0.06)}},
    ),
    Example(
        "101, 9.2.3",
        "JCGM 101:2008, 9.2.3, Table 3",
        additive(*[RECTANGULAR] * 4),
        {"Y": {"value": "0.0", "standard_uncertainty": "2.0", "expanded_uncertainty": "3.92"}},
        monte_carlo={"Y": {"standard_uncertainty": (2.0, 0.02), "low": (-3.88, 0.05), "high": (3.88, 0.05)}},
    ),
    Example(
        "101, 9.2.4",
        "JCGM 101:2008, 9.2.4, Table 4",
        additive(*[RECTANGULAR] * 3, f"lower: -{WIDE}, upper: {WIDE}"),
        {"Y": {"value": "0.0", "standard_uncertainty": "10.1", "expanded_uncertainty": "19.9"}},
        monte_carlo={"Y": {"standard_uncertainty": (10.15, 0.1), "low": (-17.0, 0.1), "high": (17.0, 0.1)}},
    ),
    Example(
        "101, 9.3, GUF1",
        "JCGM 101:2008, 9.3, Table 6; 0.053 85 is printed 0.0539",
        MASS,
        {
            "dm": {
                "value": "1.2340",
                "standard_uncertainty": "0.0539",
                "low": (1.1285, 1e-4),
                "high": (1.3395, 1e-4),
            }
        },
        monte_carlo={
            "dm": {
                "standard_uncertainty": (0.0754, 5e-4),
                "shortest_low": (1.0834, 0.005),
                "shortest_high": (1.3825, 0.005),
            }
        },
    ),
    Example(
        "101, 9.3, GUF2",
        "JCGM 101:2008, 9.3, Table 6: with higher-order terms",
        MASS,
        {"dm": {"standard_uncertainty": "0.0750", "low": (1.0870, 1e-4), "high": (1.3810, 1e-4)}},
        second_order=True,
    ),
    *(
        Example(
            f"101, 9.4, x1 = {x1}, {'second' if u2 else 'first'} order, r = {r}",
            "JCGM 101:2008, 9.4, Tables 8 and 9 (with r = 0.9 the analytical result, which the formula reaches)",
            loss(x1, r),
            {
                "dY": {
                    "value": f"{value}e-6",
                    "standard_uncertainty": f"{u}e-6",
                    "low": (low * 1e-6, 0.6e-6),
                    "high": (high * 1e-6, 0.6e-6),
                }
            },
            second_order=u2,
        )
        for x1, r, u2, value, u, low, high in (
            (0, 0, False, 0, 0, 0, 0),
            (0, 0, True, 0, 50, -98, 98),
            (0.010, 0, False, 100, 100, -96, 296),
            (0.010, 0, True, 100, 112, -119, 319),
            (0.050, 0, False, 2500, 500, 1520, 3480),
            (0.050, 0, True, 2500, 502, 1515, 3485),
            (0.010, 0.9, False, 100, 100, -96, 296),
            (0, 0.9, True, 0, 67, -132, 132),
            (0.010, 0.9, True, 100, 121, -136, 336),
            (0.050, 0.9, True, 2500, 505, 1511, 3489),
        )
    ),
    *(
        Example(
            f"101, 9.5, {what}",
            "JCGM 101:2008, 9.5, Tables 10 and 11",
            GAUGE.replace("MODEL", formula),
            {"dL": {"value": "838", "standard_uncertainty": "32", "low": (745, 1), "high": (931, 1)}},
        )
        for what, formula in (("approximate", GAUGE_APPROXIMATE), ("non-linear", GAUGE_NON_LINEAR))
    ),
    *(
        Example(
            f"102, 9.2, {what}",
            "JCGM 102:2011, 9.2, Tables 3 to 5",
            common(third),
            {
                "Y1": {"value": "0.000", "standard_uncertainty": u},
                "Y2": {"value": "0.000", "standard_uncertainty": u},
            },
            {("Y1", "Y2"): r},
        )
        for what, third, u, r in (
            ("normal", NORMAL, "1.414", "0.500"),
            ("rectangular", RECTANGULAR, "1.414", "0.500"),
            ("dominant", "lower: -3*sqrt(3), upper: 3*sqrt(3)", "3.162", "0.900"),
        )
    ),
    *(
        Example(
            f"102, 9.3, x1 = {x1}, r = {r}",
            "JCGM 102:2011, 9.3, Tables 6 and 7 (GUF)",
            polar(x1, r),
            {
                "R": {"value": f"{x1:.3f}", "standard_uncertainty": "0.010"},
                "theta": {"value": "0.000", "standard_uncertainty": f"{0.01 / x1:.3f}"},
            },
            {("R", "theta"): f"{r:.3f}"},
        )
        for x1 in (0.001, 0.010, 0.100)
        for r in (0.0, 0.9)
    ),
    Example(
        "102, 9.4",
        "JCGM 102:2011, 9.4, Table 11 (GUF); the sixth set is the average of the others, for phi printed rounded",
        IMPEDANCE,
        {
            "R": {"value": "127.732", "standard_uncertainty": "0.058"},
            "X": {"value": "219.847", "standard_uncertainty": "0.241"},
            "Z": {"value": "254.260", "standard_uncertainty": "0.193"},
        },
        {("R", "X"): "-0.588", ("R", "Z"): "-0.485", ("X", "Z"): (1 - 0.749e-2, 0.6e-5)},
        monte_carlo={
            "R": {"standard_uncertainty": (0.130, 0.01)},
            "X": {"standard_uncertainty": (0.54, 0.04)},
            "Z": {"standard_uncertainty": (0.43, 0.03)},
        },
    ),
    Example(
        "102, 9.5.2",
        "JCGM 102:2011, 9.5.2: one temperature from an equation",
        ONE_TEMPERATURE,
        {"theta": {"value": "20.0232", "standard_uncertainty": "0.0045"}},
        monte_carlo={"theta": {"value": (20.0232, 1e-4), "standard_uncertainty": (0.0045, 1e-4)}},
    ),
    Example(
        "102, 9.5.3",
        "JCGM 102:2011, 9.5.3, Tables 15 and 16: ten temperatures from ten equations",
        TEN_TEMPERATURES,
        {
            f"theta{at}": {"value": value, "standard_uncertainty": u}
            for at, (value, u) in enumerate(zip(TEMPERATURES, THEIR_UNCERTAINTIES, strict=True), 1)
        },
        {
            (f"theta{i}", f"theta{j}"): r
            for i, row in enumerate(THEIR_CORRELATIONS.split("\n")[1:-1], 1)
            for j, r in enumerate(row.split(), i + 1)
        },
    ),
]
