"""Examples of JCGM 100:2008 (GUM): clauses 4 and 5, annexes G and H."""

from tests.kernels.uncertainty.published import Example

H1 = """
coverage_probability: 0.99
inputs:
  lS: {value: 50000623, std: 25, dof: 18, unit: nm}
  d:
    value: 215
    components:
      - {label: repeated observations, pooled_std: 13, dof: 24, number_of_readings: 5}
      - {label: random effects of comparator, expanded_uncertainty: 10, coverage_probability: 0.95, dof: 5}
      - {label: systematic effects of comparator, expanded_uncertainty: 20, coverage_factor: 3,
         relative_uncertainty_of_uncertainty: 0.25}
  alphaS: {value: 11.5e-6, half_width: 2e-6}
  theta: {value: -0.1, components: [{std: 0.2}, {distribution: arcsine, half_width: 0.5}]}
  dalpha: {value: 0, half_width: 1e-6, relative_uncertainty_of_uncertainty: 0.1}
  dtheta: {value: 0, half_width: 0.05, relative_uncertainty_of_uncertainty: 0.5}
model: l = lS + d - lS*(dalpha*theta + alphaS*dtheta)
"""

H1_AS_STATED = """
coverage_probability: 99%
inputs:
  - {name: lS, dist: normal, estimate: 50000623, std: 25, dof: 18}
  - {name: d, dist: normal, estimate: 215, std: 9.7, dof: 25.6}
  - {name: dalpha, dist: rectangular, estimate: 0, half_width: 1e-6, dof: 50}
  - name: theta
    estimate: -0.1
    std: 0.41
    components: [{name: mean temperature, std: 0.2}, {name: cyclic variation, std: 0.35}]
  - {name: alphaS, dist: rectangular, estimate: 1.15e-5, half_width: 2e-6}
  - {name: dtheta, dist: rectangular, estimate: 0, half_width: 0.05, dof: 2}
model: l = lS + d - lS*(dalpha*theta + alphaS*dtheta)
"""

H2_READINGS = """
  V: {readings: [5.007, 4.994, 5.005, 4.990, 4.999], unit: V}
  I: {readings: [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3], unit: A}
  phi: {readings: [1.0456, 1.0438, 1.0468, 1.0428, 1.0433], unit: rad}
"""
H2_MODEL = """
model:
  R: V/I*cos(phi)
  X: V/I*sin(phi)
  Z: V/I
"""

H3 = """
constants: {t0: 20}
fits:
  thermometer:
    formula: b = y1 + y2*(t - t0)
    parameters: [y1, y2]
    data:
      t: [21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511]
      b: [-0.171, -0.169, -0.166, -0.159, -0.164, -0.165, -0.156, -0.157, -0.159, -0.161, -0.160]
"""

H4 = """
constants: {lambda: 1.25894e-4, T0: 60}
inputs:
  AS: {value: 0.1368, std: 0.0018}
  mS: {value: 5.0192, std: 0.0050}
  mx: {value: 5.0571, std: 0.0010}
  Rx: {readings: [652.46, 666.48, 665.80, 655.68, 651.87, 623.31]}
  RS: {readings: [194.65, 208.58, 211.08, 214.17, 213.92, 194.13]}
joint: [[Rx, RS]]
model:
  ratio: Rx/RS
  Ax: AS*mS/mx*ratio
outputs: [Ax, ratio]
"""

H5 = """
inputs:
  V:
    group_means: [10.000172, 10.000116, 10.000013, 10.000144, 10.000106,
                  10.000031, 10.000060, 10.000125, 10.000163, 10.000041]
    group_stds: [60e-6, 77e-6, 111e-6, 101e-6, 67e-6, 93e-6, 80e-6, 73e-6, 88e-6, 86e-6]
    group_size: 5
    significance: LEVEL
model: VS = V
"""

EXAMPLES = [
    Example(
        "H.1",
        "JCGM 100:2008, H.1",
        H1,
        {
            "l": {
                "value": "50000838",
                "standard_uncertainty": "32",
                "degrees_of_freedom": "16.7",
                "coverage_factor": "2.92",
                "expanded_uncertainty": (93, 1),  # 2.92 × 32, rounded on the way
            }
        },
        contributions={
            "l": {"lS": "25", "d": "9.7", "dalpha": "2.9", "dtheta": "16.6", "alphaS": "0", "theta": "0"}
        },
    ),
    Example(
        "H.1, second order",
        "JCGM 100:2008, H.1.7",
        H1,
        {"l": {"standard_uncertainty": "34"}},
        second_order=True,
    ),
    Example(
        "H.1, as stated",
        "JCGM 100:2008, H.1, with u(d) and its degrees of freedom as printed",
        H1_AS_STATED,
        {"l": {"standard_uncertainty": "32", "degrees_of_freedom": (16.7, 0.1), "coverage_factor": "2.92"}},
    ),
    Example(
        "H.2",
        "JCGM 100:2008, H.2, Tables H.2 and H.3; 4 degrees of freedom: approach 2 has five sets",
        f"inputs:{H2_READINGS}joint: [[V, I, phi]]{H2_MODEL}",
        {
            "R": {"value": "127.732", "standard_uncertainty": "0.071", "degrees_of_freedom": "4.0"},
            "X": {"value": "219.847", "standard_uncertainty": (0.295, 0.001), "degrees_of_freedom": "4.0"},
            "Z": {"value": "254.260", "standard_uncertainty": "0.236", "degrees_of_freedom": "4.0"},
        },
        {("R", "X"): "-0.588", ("R", "Z"): "-0.485", ("X", "Z"): "0.993"},
    ),
    Example(
        "H.2, correlation ignored",
        "JCGM 100:2008, H.2.4, Table H.5",
        f"inputs:{H2_READINGS}{H2_MODEL}",
        {
            "R": {"standard_uncertainty": "0.195"},
            "X": {"standard_uncertainty": "0.201"},
            "Z": {"standard_uncertainty": "0.204"},
        },
        {("R", "X"): "0.056", ("R", "Z"): "0.527", ("X", "Z"): "0.878"},
    ),
    Example(
        "H.3",
        "JCGM 100:2008, H.3.3 and H.3.4",
        f"{H3}model: {{a: y1, c: y2, b30: y1 + y2*(30 - t0)}}",
        {
            "a": {"value": "-0.1712", "standard_uncertainty": "0.0029", "degrees_of_freedom": "9.0"},
            "c": {"value": "0.00218", "standard_uncertainty": "0.00067"},
            "b30": {"value": "-0.1494", "standard_uncertainty": "0.0041", "degrees_of_freedom": "9.0"},
        },
        {("a", "c"): "-0.930"},
    ),
    Example(
        "H.3, centred",
        "JCGM 100:2008, H.3.5",
        f"{H3}model: {{a: y1 + y2*(24.0085 - t0), c: y2}}",
        {
            "a": {"value": "-0.1625", "standard_uncertainty": "0.0011"},
            "c": {"value": "0.00218", "standard_uncertainty": "0.00067"},
        },
        {("a", "c"): "0.00"},
    ),
    Example(
        "H.4",
        "JCGM 100:2008, H.4, Table H.8 and H.4.3.1",
        H4,
        {
            "Ax": {
                "value": (0.4300, 1e-4),  # from rates that are printed rounded
                "standard_uncertainty": "0.0083",
            },
            "ratio": {"value": "3.167", "standard_uncertainty": "0.045", "degrees_of_freedom": "5.0"},
        },
    ),
    Example(
        "H.5, effect between the days",
        "JCGM 100:2008, H.5.2.6: F = 2.25 exceeds F.95(9, 40) = 2.12",
        H5.replace("LEVEL", "0.05"),
        {"VS": {"value": "10.000097", "standard_uncertainty": "18e-6", "degrees_of_freedom": "9.0"}},
    ),
    Example(
        "H.5, no effect between the days",
        "JCGM 100:2008, H.5.2.5: F = 2.25 does not exceed F.975(9, 40) = 2.45",
        H5.replace("LEVEL", "2.5%"),
        {"VS": {"value": "10.000097", "standard_uncertainty": "13e-6", "degrees_of_freedom": "49.0"}},
    ),
    Example(
        "H.6",
        "JCGM 100:2008, H.6.5",
        """
constants: {unit: 1, z: 36.0, x: 0.015}
inputs:
  d: {value: 36.0, components: [{std: 0.45/sqrt(5)}, {resolution: 0.1}]}
  Dc: {value: 0, components: [{std: 0.10/sqrt(6)}, {std: 0.11/sqrt(6)}]}
  Db: {value: 0, distribution: triangular, half_width: x*z/2}
  DS: {value: 0, std: 0.5}
model: h = 100*unit - d - Dc - Db - DS
""",
        {"h": {"value": "64.0", "standard_uncertainty": "0.55"}},
        contributions={"h": {"DS": "0.5", "Db": "0.11"}},
    ),
    Example(
        "4.4.3",
        "JCGM 100:2008, 4.4.3, Table 1: twenty temperatures",
        """
inputs:
  t: {readings: [96.90, 98.18, 98.25, 98.61, 99.03, 99.49, 99.56, 99.74, 99.89, 100.07, 100.33, 100.42, 100.68,
                 100.95, 101.11, 101.20, 101.57, 101.84, 102.36, 102.72]}
model: T = t
""",
        {"T": {"value": "100.145", "standard_uncertainty": "0.333", "degrees_of_freedom": "19.0"}},
    ),
    Example(
        "4.4.5",
        "JCGM 100:2008, 4.4.5 and 4.4.6: rectangular and triangular within ± 4 °C",
        """
inputs:
  a: {lower: 96, upper: 104}
  b: {distribution: triangular, lower: 96, upper: 104}
model: {ta: a, tb: b}
""",
        {
            "ta": {"value": "100", "standard_uncertainty": "2.3"},
            "tb": {"value": "100", "standard_uncertainty": "1.6"},
        },
    ),
    Example(
        "5.2.2",
        "JCGM 100:2008, 5.2.2, NOTE 1, EXAMPLE: ten resistors against one standard, fully correlated",
        "inputs:\n"
        + "".join(f"  R{i}: {{value: 1000, std: 0.1}}\n" for i in range(10))
        + "correlations:\n"
        + "".join(f"  - [R{i}, R{j}, 1]\n" for i in range(10) for j in range(i))
        + f"model: Rref = {'+'.join(f'R{i}' for i in range(10))}",
        {"Rref": {"value": "10000", "standard_uncertainty": (1.0, 1e-12)}},
    ),
    Example(
        "5.2.2, NOTE 1, uncorrelated",
        "JCGM 100:2008, 5.2.2, NOTE 1, EXAMPLE: the result that would be wrong, 0.32 Ω",
        "inputs:\n"
        + "".join(f"  R{i}: {{value: 1000, std: 0.1}}\n" for i in range(10))
        + f"model: Rref = {'+'.join(f'R{i}' for i in range(10))}",
        {"Rref": {"standard_uncertainty": "0.32"}},
    ),
    Example(
        "G.4.1",
        "JCGM 100:2008, G.4.1, EXAMPLE",
        """
inputs:
  X1: {value: 1, std_percent: 0.25, dof: 9}
  X2: {value: 1, std_percent: 0.57, dof: 4}
  X3: {value: 1, std_percent: 0.82, dof: 14}
model: y = X1*X2*X3
""",
        {
            "y": {
                "standard_uncertainty": "0.0103",
                "degrees_of_freedom": (19.0, 0.1),  # 18.95: truncated 18, where the GUM goes on with 19
                "coverage_factor": (2.09, 0.02),
                "expanded_uncertainty": "0.022",
            }
        },
    ),
    Example(
        "G.4.2",
        "JCGM 100:2008, G.4.2, EXAMPLE: reliable to 25 percent, 8 degrees of freedom",
        "inputs: {x: {value: 1, std: 1, relative_uncertainty_of_uncertainty: 0.25}}\nmodel: y = x",
        {"y": {"degrees_of_freedom": (8, 1e-12)}},
    ),
]
