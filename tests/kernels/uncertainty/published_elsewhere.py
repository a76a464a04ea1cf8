"""Examples of EURACHEM/CITAC CG 4, NIST TN 1900, EA-4/02, the GTC documentation and others."""

from tests.kernels.uncertainty.published import Example

KHP = """
  C: {lower: 12.0099, upper: 12.0115}
  H: {value: 1.00794, half_width: 0.00007}
  O: {value: 15.9994, half_width: 0.0003}
  K: {value: 39.0983, half_width: 0.0001}
"""
HCL = f"""
inputs:
  tare: {{value: 0, half_width: 0.15e-3}}
  gross: {{value: 0, half_width: 0.15e-3}}
  P: {{value: 1, half_width: 0.0005}}
  V2: {{value: 14.89, components: [{{distribution: triangular, half_width: 0.03}}, {{half_width: 15*2.1e-4*4}}]}}
  V1: {{value: 18.64, components: [{{distribution: triangular, half_width: 0.03}}, {{half_width: 19*2.1e-4*4}}]}}
  VHCl: {{value: 15, components: [{{distribution: triangular, half_width: 0.02}}, {{half_width: 15*2.1e-4*4}}]}}
  R: {{value: 1, std: 0.001}}{KHP}
model:
  m: 0.3888 + gross - tare
  M: 8*C + 5*H + 4*O + K
  c: R*1000*m*P*VT2/(M*VT1*VHCl)
  VT1: V1
  VT2: V2
outputs: [c]
"""
CADMIUM = """
constants: {v: 332}
inputs:
  fill: {value: 0.995, distribution: triangular, half_width: 0.005}
  temp: {value: 0, half_width: v*2.1e-4*2}
  reading: {value: 1, distribution: triangular, half_width: 0.01}
  cal: {value: 0, distribution: triangular, half_width: 2.5}
  dia: {value: 2.70, std: 0.01}
  shape: {value: 1, std: 0.05/1.96}
  f_temp: {value: 1, half_width: 0.1}
  f_time: {value: 1, half_width: 0.0015}
  f_acid: {value: 1, std: 0.0008}
fits:
  cd:
    formula: A = B0 + B1*c
    parameters: [B0, B1]
    data:
      c: [0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.9, 0.9, 0.9]
      A: [0.028, 0.029, 0.029, 0.084, 0.083, 0.081, 0.135, 0.131, 0.133, 0.180, 0.181, 0.183, 0.215, 0.230, 0.216]
    new_readings: {A0: [0.0712, 0.0716]}
model:
  intercept: B0
  slope: B1
  c0: (A0 - B0)/B1
  VL: (v*fill*reading + temp + cal)/1000
  aV: pi*(dia/2)^2*shape
  r: c0*VL/aV*f_acid*f_time*f_temp
outputs: [intercept, slope, c0, VL, aV, r]
"""
LINE = """
fits:
  line:
    formula: y = a + b*x
    parameters: [a, b]
    data:
      x: [3, 7, 11, 15, 18, 27, 29, 30, 30, 31, 31, 32, 33, 33, 34, 36,
          36, 36, 37, 38, 39, 39, 39, 40, 41, 42, 42, 43, 44, 45, 46, 47, 50]
      y: [5, 11, 21, 16, 16, 28, 27, 25, 35, 30, 40, 32, 34, 32, 34, 37,
          38, 34, 36, 38, 37, 36, 45, 39, 41, 40, 44, 37, 44, 46, 46, 49, 51]
    new_readings: {noise: [0], seen: [31.4, 29.3, 27.1]}
model:
  intercept: a
  slope: b
  response: a + 21.5*b
  predicted: response + noise
  stimulus: (seen - a)/b
outputs: [intercept, slope, response, predicted, stimulus]
"""
MODULUS = """
fits:
  line:
    formula: E = b0 + b1*T
    parameters: [b0, b1]
    data:
      T: [30, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400, 1500]
      E: [4642, 4612, 4565, 4513, 4476, 4433, 4389, 4347, 4303, 4251, 4201, 4140, 4100, 4073, 4024, 3999]
    new_readings: {noise: [0]}
model: {intercept: b0, slope: b1, at1200: b0 + b1*1200, predicted: b0 + b1*750 + noise}
"""
ATTENUATOR = """
inputs:
  Ls: {value: 30.0402, distribution: t, std: 0.0091, dof: 3}
  dLs: {value: 0.003, half_width: 0.00433}
  dLib: {value: 0, half_width: 0.0005196}
  dLia: {value: 0, half_width: 0.0005196}
  dL0a: {value: 0, std: 0.002}
  dL0b: {value: 0, std: 0.002}
  dLm: {value: 0, distribution: u_shaped, half_width: 0.02828}
  dLd: {value: 0, distribution: u_shaped, half_width: 0.001980}
  dLk: {value: 0, distribution: u_shaped, half_width: 0.0029698}
model: Lx = Ls + dLs + dLd + dLm + dLk - dLia + dLib - dL0a + dL0b
"""
GAUGE_BLOCK = """
coverage_factor: 2
second_order: true
constants: {L: 50e6}
inputs:
  lS: {value: 50000020, expanded_uncertainty: 30, k: 2}
  dlD: {value: 0, half_width: 30}
  dl: {value: -94, pooled_std: 12, dof: 24, n: 5}
  dlC: {value: 0, half_width: 32}
  alpha: {value: 11.5e-6, std: 1e-15}
  dt: {value: 0, half_width: 0.05}
  dalpha: {value: 0, distribution: triangular, half_width: 2e-6}
  Dt: {value: 0, half_width: 0.5}
  dlV: {value: 0, half_width: 6.7}
model: lX = lS + dlD + dl + dlC - L*(alpha*dt + dalpha*Dt) - dlV
"""

EXAMPLES = [
    Example(
        "EURACHEM A1",
        "EURACHEM/CITAC CG 4 (2012), A1; GTC documentation, CITAC_A1 (the guide rounds u(V) to 0.07)",
        """
inputs:
  m: {value: 100.28, std: 0.05}
  P: {value: 0.9999, half_width: 0.0001}
  V: {value: 100, components: [{distribution: triangular, half_width: 0.1}, {std: 0.02}, {half_width: 0.084}]}
model: c = 1000*m*P/V
""",
        {"c": {"value": "1002.7", "standard_uncertainty": "0.835199"}},
    ),
    Example(
        "EURACHEM A2",
        "EURACHEM/CITAC CG 4 (2012), A2; GTC documentation, CITAC_A2",
        f"""
inputs:
  m: {{value: 0.3888, components: [{{half_width: 0.00015}}, {{half_width: 0.00015}}]}}
  P: {{value: 1, half_width: 0.0005}}
  V: {{value: 18.64, components: [{{distribution: 三角, half_width: 0.03}}, {{std: 0.006}}]}}
  R: {{value: 1, std: 0.0005}}{KHP}
model: |
  M = 8*C + 5*H + 4*O + K
  c = R*1000*m*P/(M*V)
""",
        {"c": {"value": "0.102136159707", "standard_uncertainty": "0.000100500722124"}},
    ),
    Example(
        "EURACHEM A3",
        "EURACHEM/CITAC CG 4 (2012), A3; GTC documentation, CITAC_A3",
        HCL,
        {"c": {"value": "0.10139", "standard_uncertainty": "0.0001843"}},
        contributions={
            "c": {"R": "0.000101387", "V2": "9.69953e-5", "V1": "8.33653e-5", "VHCl": "7.39151e-5"}
        },
    ),
    Example(
        "EURACHEM A3.6",
        "EURACHEM/CITAC CG 4 (2012), A3.6; GTC documentation: with the bias of the indicator",
        HCL.replace("VT1: V1", "VT1: V1 - e1")
        .replace("VT2: V2", "VT2: V2 - e2")
        .replace("R: {value: 1, std: 0.001}", "R: {value: 1, std: 0.001/sqrt(3)}")
        .replace("inputs:", "inputs:\n  e1: {value: 0.05, std: 0.03}\n  e2: {value: 0.05, std: 0.03}"),
        {"c": {"value": "0.10132", "standard_uncertainty": "0.0003096"}},
    ),
    Example(
        "EURACHEM A5",
        "EURACHEM/CITAC CG 4 (2012), A5; GTC documentation, CITAC_A5",
        CADMIUM,
        {
            "intercept": {"value": "0.0087", "standard_uncertainty": "0.0029"},
            "slope": {"value": "0.2410", "standard_uncertainty": "0.0050"},
            "c0": {"value": "0.260", "standard_uncertainty": "0.018"},
            "VL": {"value": "0.3303", "standard_uncertainty": "0.0018"},
            "aV": {"value": "5.73", "standard_uncertainty": "0.15"},
            "r": {"value": "0.0150", "standard_uncertainty": "0.0014"},
        },
        {("intercept", "slope"): "-0.87039"},
        contributions={
            "r": {"A0": "0.000928623", "B0": "0.000688685", "B1": "0.000311899", "dia": "0.000111189"}
        },
    ),
    Example(
        "GTC, line",
        "GTC documentation, Linear Regression Results",
        LINE,
        {
            "intercept": {"value": "3.829633197589", "standard_uncertainty": "1.768447327251"},
            "slope": {"value": "0.903643210579", "standard_uncertainty": "0.050118973559"},
            "response": {
                "value": "23.257962225044",
                "standard_uncertainty": "0.821607058889",
                "degrees_of_freedom": "31.00",
            },
            "predicted": {"value": "23.257962225044", "standard_uncertainty": "3.332409257957"},
            "stimulus": {
                "value": "28.149421332752",
                "standard_uncertainty": "2.175140873343",
                "degrees_of_freedom": "31.00",
            },
        },
        {("intercept", "slope"): "-0.948124070892"},
    ),
    Example(
        "Natrella 5-4.1",
        "M. G. Natrella, Experimental Statistics, NBS Handbook 91 (1963), 5-4.1: Young's modulus",
        MODULUS,
        {
            "slope": {"value": "-0.44985482", "standard_uncertainty": (0.000025649045**0.5, 1e-8)},
            "intercept": {"value": "4654.9846", "standard_uncertainty": (19.879452**0.5, 1e-5)},
            "at1200": {"standard_uncertainty": (10.53**0.5, 5e-3)},
            "predicted": {"standard_uncertainty": (91.45**0.5, 5e-3)},
        },
    ),
    Example(
        "TN 1900, E3",
        "NIST TN 1900 (2015), E3: falling-ball viscometer",
        """
inputs:
  muC: {value: 4.63, std: 0.0463}
  tM: {value: 61, std: 6.1}
  rhoB: {value: 2217, std: 0.5}
  rhoM: {value: 1180, std: 0.5}
  tC: {value: 36.6, std: 5.49}
  rhoC: {value: 810, std: 0.5}
model: mu = muC*tM*(rhoB - rhoM)/(tC*(rhoB - rhoC))
""",
        {
            "mu": {"value": "5.69", "standard_uncertainty": (1.11, 0.1)}
        },  # printed there is that of Monte Carlo
        monte_carlo={
            "mu": {
                "value": (5.82, 0.02),
                "standard_uncertainty": (1.11, 0.02),
                "low": (4.05, 0.03),
                "high": (8.39, 0.06),
            }
        },
    ),
    Example(
        "TN 1900, E11",
        "NIST TN 1900 (2015), E11, after EA-4/02, S7: step attenuator; the t is given by its standard deviation",
        ATTENUATOR,
        {"Lx": {"value": "30.043", "standard_uncertainty": "0.0224"}},
        monte_carlo={
            "Lx": {"standard_uncertainty": (0.0224, 5e-4), "low": (30.006, 0.002), "high": (30.081, 0.002)}
        },
    ),
    Example(
        "TN 1900, E13",
        "NIST TN 1900 (2015), E13: thermal expansion; the t are given by their standard deviations",
        """
inputs:
  L0: {dist: t, estimate: 1.4999, std: 0.0001, dof: 3}
  T0: {dist: t, estimate: 288.15, std: 0.02, dof: 3}
  L1: {dist: t, estimate: 1.5021, std: 0.0002, dof: 3}
  T1: {dist: t, estimate: 373.10, std: 0.05, dof: 3}
model: (L1 - L0)/(L0*(T1 - T0))
""",
        {"y": {"value": "1.7266e-5", "standard_uncertainty": "1.76e-6"}},
        monte_carlo={"y": {"value": (1.7268e-5, 2e-8), "standard_uncertainty": (1.74e-6, 0.06e-6)}},
    ),
    Example(
        "Stefan-Boltzmann",
        "NIST Uncertainty Machine, User's Manual (2013), example 10",
        """
coverage_probability: 0.99
constants: {c: 299792458}
inputs:
  h: {value: 6.62606957e-34, std: 0.00000029e-34}
  R: {value: 8.3144621, std: 0.0000075}
  Rinf: {value: 10973731.568539, std: 0.000055}
  A: {value: 5.4857990946e-4, std: 0.0000000022e-4}
  a: {value: 7.2973525698e-3, std: 0.0000000024e-3}
model: sigma = 32*pi^5*h*R^4*Rinf^4/(15*A^4*0.001^4*c^6*a^8)
""",
        {
            "sigma": {
                "value": "5.67037e-8",
                "standard_uncertainty": "2.05e-13",
                "low": (5.67032e-8, 0.00001e-8),
                "high": (5.67043e-8, 0.00001e-8),
            }
        },
    ),
    Example(
        "DEM-ES-011, 9.2",
        "NPL Report DEM-ES-011 (2006), 9.2, Table 9.2: the logarithm of a rectangular quantity",
        "inputs: {x: {lower: 0.1, upper: 1.1}}\nmodel: Y = ln(x)",
        {"Y": {"value": "-0.511", "standard_uncertainty": "0.481", "high": "0.432"}},
        monte_carlo={
            "Y": {
                "value": (-0.665, 0.004),
                "standard_uncertainty": (0.606, 0.004),
                "shortest_low": (-1.895, 0.02),
                "shortest_high": (0.095, 0.003),
            }
        },
    ),
    Example(
        "EA-4/02, S2",
        "EA-4/02 M:2013, S2: weight of nominal value 10 kg [g]",
        """
coverage_factor: 2
inputs:
  mS: {value: 10000.005, expanded_uncertainty: 0.045, coverage_factor: 2}
  dmD: {value: 0, half_width: 0.015}
  dm: {value: 0.020, pooled_std: 0.025, dof: 9, number_of_readings: 3}
  dmC: {value: 0, half_width: 0.010}
  dB: {value: 0, half_width: 0.010}
model: mX = mS + dmD + dm + dmC + dB
""",
        {
            "mX": {
                "value": "10000.025",
                "standard_uncertainty": "0.0293",
                "expanded_uncertainty": (0.059, 0.0005),
            }
        },
    ),
    Example(
        "EA-4/02, S3",
        "EA-4/02 M:2013, S3: standard resistor of nominal value 10 kΩ",
        """
coverage_factor: 2
inputs:
  RS: {value: 10000.053, expanded_uncertainty: 5e-3, coverage_factor: 2}
  dRD: {value: 0.020, half_width: 10e-3}
  dRTS: {value: 0, half_width: 2.75e-3}
  dRTX: {value: 0, half_width: 5.5e-3}
  rC: {value: 1, distribution: triangular, half_width: 1e-6}
  r: {readings: [1.0000104, 1.0000107, 1.0000106, 1.0000103, 1.0000105]}
model: RX = (RS + dRD + dRTS)*rC*r - dRTX
""",
        {
            "RX": {
                "value": "10000.178",
                "standard_uncertainty": "8.33e-3",
                "expanded_uncertainty": "0.017",
            }
        },
        contributions={
            "RX": {"rC": "4.1e-3", "r": "0.7e-3", "dRD": "5.8e-3", "dRTS": "1.6e-3", "dRTX": "3.2e-3"}
        },
    ),
    Example(
        "EA-4/02, S4",
        "EA-4/02 M:2013, S4: gauge block of nominal length 50 mm [nm]; the product of two zeros needs its second order",
        GAUGE_BLOCK,
        {"lX": {"value": "49999926", "standard_uncertainty": "36.4", "expanded_uncertainty": "73"}},
    ),
    Example(
        "EA-4/02, S9",
        "EA-4/02 M:2013, S9: hand-held digital multimeter at 100 V; the first order and a normal quantile are too wide",
        """
inputs:
  ViX: {value: 100.1, std: 1e-9}
  VS: {value: 100.0, expanded_uncertainty: 0.002, coverage_factor: 2}
  dViX: {value: 0, half_width: 0.05}
  dVS: {value: 0, half_width: 0.011}
model: EX = ViX - VS + dViX - dVS
""",
        {"EX": {"value": "0.1", "standard_uncertainty": "0.030"}},
        monte_carlo={"EX": {"low": (0.05, 0.003), "high": (0.15, 0.003)}},  # U = 1.65 u = 0.05 V
    ),
    Example(
        "XRF",
        "Sandia National Laboratories, course ENGR224: X-ray fluorescence (values as in the suncal tests)",
        """
inputs:
  X1: {value: 0.1820, std: 0.00093, dof: 9}
  X2: {value: 0.1823, std: 0.00058, dof: 19}
  Yu: {value: 0.6978, std: 0.0026, dof: 19}
model: yc = X1/X2*Yu
""",
        {
            "yc": {
                "value": (0.6967, 1e-4),
                "standard_uncertainty": (0.00494, 1e-5),
                "degrees_of_freedom": (27.7, 0.5),
                "expanded_uncertainty": (0.0101, 1e-4),
            }
        },
    ),
]
