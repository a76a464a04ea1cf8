"""GTC and `uncertainties` give the same first-order results, to 1e-9."""

from __future__ import annotations

import math

import GTC
import numpy as np
import pytest
import uncertainties
from uncertainties import umath

from quanheng.kernels.uncertainty import Model, evaluate, load_model
from tests.kernels.uncertainty import published_elsewhere, published_gum, published_supplements

TEXTS = {
    example.name: example.text
    for example in (*published_gum.EXAMPLES, *published_supplements.EXAMPLES, *published_elsewhere.EXAMPLES)
}


def length(q, m):
    return {"l": q["lS"] + q["d"] - q["lS"] * (q["dalpha"] * q["theta"] + q["alphaS"] * q["dtheta"])}


def impedance(q, m):
    z = q["V"] / q["I"]
    return {"R": z * m.cos(q["phi"]), "X": z * m.sin(q["phi"]), "Z": z}


def thermometer(q, m):
    return {"a": q["y1"] * 1, "c": q["y2"] * 1, "b30": q["y1"] + q["y2"] * 10}


def activity(q, m):
    ratio = q["Rx"] / q["RS"]
    return {"Ax": q["AS"] * q["mS"] / q["mx"] * ratio, "ratio": ratio}


def viscosity(q, m):
    return {"mu": q["muC"] * q["tM"] * (q["rhoB"] - q["rhoM"]) / (q["tC"] * (q["rhoB"] - q["rhoC"]))}


def expansion(q, m):
    return {"y": (q["L1"] - q["L0"]) / (q["L0"] * (q["T1"] - q["T0"]))}


def radiation(q, m):
    top = 32 * math.pi**5 * q["h"] * q["R"] ** 4 * q["Rinf"] ** 4
    return {"sigma": top / (15 * q["A"] ** 4 * 0.001**4 * 299792458**6 * q["a"] ** 8)}


def acid(q, m):
    molar = 8 * q["C"] + 5 * q["H"] + 4 * q["O"] + q["K"]
    mass = 0.3888 + q["gross"] - q["tare"]
    return {"c": q["R"] * 1000 * mass * q["P"] * q["V2"] / (molar * q["V1"] * q["VHCl"])}


def cadmium(q, m):
    c0 = (q["A0"] - q["B0"]) / q["B1"]
    volume = (332 * q["fill"] * q["reading"] + q["temp"] + q["cal"]) / 1000
    area = math.pi * (q["dia"] / 2) ** 2 * q["shape"]
    r = c0 * volume / area * q["f_acid"] * q["f_time"] * q["f_temp"]
    return {
        "intercept": q["B0"] * 1,
        "slope": q["B1"] * 1,
        "c0": c0,
        "VL": volume,
        "aV": area,
        "r": r,
    }


def logarithm(q, m):
    return {"Y": m.log(q["x"])}


def gauge(q, m):
    temperature = q["theta0"] + q["Delta"]
    top = q["Ls"] * (1 + q["alphas"] * (temperature - q["dtheta"])) + q["D"] + q["d1"] + q["d2"]
    return {"dL": top / (1 + (q["alphas"] + q["dalpha"]) * temperature) - 50000000}


EVERY_FUNCTION = """
inputs:
  x: {value: 0.3, std: 0.01, dof: 7}
  y: {value: 1.7, std: 0.02}
  z: {value: 2.2, std: 0.03, dof: 12}
model:
  f1: sin(x)*cos(y) + tan(x)/exp(z) - sqrt(y*z)
  f2: ln(y) + log10(z) - asin(x) + acos(x)*atan(y) + x^y
  f3: sinh(x)*cosh(y) - tanh(z) + atan2(x, y) + asinh(x) + acosh(y) + atanh(x)
outputs: [f1, f2, f3]
"""


def every_function(q, m):
    x, y, z = q["x"], q["y"], q["z"]
    return {
        "f1": m.sin(x) * m.cos(y) + m.tan(x) / m.exp(z) - m.sqrt(y * z),
        "f2": m.log(y) + m.log10(z) - m.asin(x) + m.acos(x) * m.atan(y) + x**y,
        "f3": m.sinh(x) * m.cosh(y) - m.tanh(z) + m.atan2(x, y) + m.asinh(x) + m.acosh(y) + m.atanh(x),
    }


CASES = {
    "H.1": length,
    "H.2": impedance,
    "H.2, correlation ignored": impedance,
    "H.3": thermometer,
    "H.4": activity,
    "TN 1900, E3": viscosity,
    "TN 1900, E13": expansion,
    "Stefan-Boltzmann": radiation,
    "EURACHEM A3": acid,
    "EURACHEM A5": cadmium,
    "DEM-ES-011, 9.2": logarithm,
    "101, 9.5, non-linear": gauge,
    "every function": every_function,
}


def read(name: str) -> Model:
    return load_model(EVERY_FUNCTION if name == "every function" else TEXTS[name])


def close(found: float, other: float, scale: float) -> bool:
    return abs(found - other) <= 1e-9 * max(abs(other), scale)


@pytest.mark.parametrize("name", CASES)
def test_uncertainties_gives_the_same(name):
    model = read(name)
    u = np.array([known.standard_uncertainty[0] for known in model.inputs])
    nominal = [float(known.estimate[0]) for known in model.inputs]
    made = uncertainties.correlated_values(nominal, model.correlation * np.outer(u, u))
    other = CASES[name]({known.name: value for known, value in zip(model.inputs, made, strict=True)}, umath)
    result = evaluate(model)
    for output in result.outputs:
        theirs = other[output.name]
        assert close(float(output.value[0]), theirs.nominal_value, 0)
        assert close(float(output.standard_uncertainty[0]), theirs.std_dev, 0)
    covariance = np.array(uncertainties.correlation_matrix([other[name] for name in model.outputs]))
    assert result.correlation[0] == pytest.approx(covariance, abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_gtc_gives_the_same(name):
    model = read(name)
    made = made_by_gtc(model)
    other = CASES[name](made, GTC)
    result = evaluate(model)
    for output in result.outputs:
        theirs = other[output.name]
        assert close(float(output.value[0]), theirs.x, 0)
        assert close(float(output.standard_uncertainty[0]), theirs.u, 0)
        degrees = float(output.degrees_of_freedom[0])
        assert degrees == theirs.df or close(degrees, theirs.df, 0)
        for row, known in zip(output.budget, model.inputs, strict=True):
            assert close(
                float(row.contribution[0]), abs(GTC.rp.u_component(theirs, made[known.name])), theirs.u
            )
    for i, a in enumerate(model.outputs):
        for j, b in enumerate(model.outputs):
            if i != j:
                assert close(result.correlation[0, i, j], GTC.get_correlation(other[a], other[b]), 1)


def made_by_gtc(model: Model) -> dict[str, object]:
    """Return the inputs as uncertain numbers; what was observed together as an ensemble of GTC."""
    made = {}
    for known in model.inputs:
        if known.ensemble is None:
            made[known.name] = GTC.ureal(
                float(known.estimate[0]),
                float(known.standard_uncertainty[0]),
                float(known.degrees_of_freedom[0]),
            )
    for members in model.ensembles.values():
        inputs = [model.inputs[at] for at in members]
        found = GTC.multiple_ureal(
            [float(known.estimate[0]) for known in inputs],
            [float(known.standard_uncertainty[0]) for known in inputs],
            float(inputs[0].degrees_of_freedom[0]),
        )
        made |= {known.name: number for known, number in zip(inputs, found, strict=True)}
        for i, first in enumerate(members):
            for second in members[:i]:
                r = model.correlation[first, second]
                if r:
                    a, b = made[model.inputs[first].name], made[model.inputs[second].name]
                    GTC.set_correlation(float(r), a, b)
    return made
