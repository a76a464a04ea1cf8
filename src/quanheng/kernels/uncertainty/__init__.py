"""Measurement uncertainty: a model from its file, by the GUM and by Monte Carlo.

A model is read by `load_model` (YAML) or `read_model` (a mapping); `evaluate` applies the law of propagation of
uncertainty, `sample` and `sample_until_stable` propagate distributions, `validate` compares the two, and `report`
says it all as JSON.

>>> model = load_model('''
... inputs:
...   V: {readings: [5.007, 4.994, 5.005, 4.990, 4.999], unit: V}
...   I: {value: 19.661e-3, half_width: 20e-6, unit: A}
... model: Z = V/I
... outputs: {Z: {unit: Ω}}
... ''')
>>> Z = evaluate(model)["Z"]
>>> round(float(Z.value[0]), 2), round(float(Z.standard_uncertainty[0]), 2), round(float(Z.coverage_factor[0]), 2)
(254.26, 0.22, 2.16)
>>> [(row.name, round(float(row.share[0]), 2)) for row in Z.budget]
[('V', 0.54), ('I', 0.46)]
>>> found = sample(model, 100_000, seed=1)[0].outputs[0]
>>> round(found.estimate, 2), round(found.standard_uncertainty, 2)
(254.26, 0.27)

The standard uncertainty by Monte Carlo is larger: five readings give a t distribution with 4 degrees of freedom,
whose standard deviation is √2 times its scale (JCGM 101:2008, 6.4.9.4).

Sources: JCGM 100:2008 (JJF 1059.1-2012), JCGM 101:2008 (JJF 1059.2-2012), JCGM 102:2011.
"""

from quanheng.kernels.uncertainty.adaptive import NoVariance, sample_until_stable
from quanheng.kernels.uncertainty.combine import Output, Result, Row, coverage_factors, evaluate
from quanheng.kernels.uncertainty.example import example_text
from quanheng.kernels.uncertainty.fits import Curve, Fit, NoFit, fit
from quanheng.kernels.uncertainty.implicit import NotDefined, solve
from quanheng.kernels.uncertainty.model import Implicit, Input, Model, Part
from quanheng.kernels.uncertainty.monte_carlo import (
    Sampled,
    SampledOutput,
    TooFewTrials,
    TooManyTrials,
    UndefinedDraws,
    memory_needed,
    sample,
)
from quanheng.kernels.uncertainty.read import load_model, read_model
from quanheng.kernels.uncertainty.report import report
from quanheng.kernels.uncertainty.section import BadModel
from quanheng.kernels.uncertainty.type_a import (
    analysis_of_variance,
    joint_means,
    mean_of,
    pooled,
    variances_of_groups,
)
from quanheng.kernels.uncertainty.validate import Validation, validate

__all__ = [
    "BadModel",
    "Curve",
    "Fit",
    "Implicit",
    "Input",
    "Model",
    "NoFit",
    "NoVariance",
    "NotDefined",
    "Output",
    "Part",
    "Result",
    "Row",
    "Sampled",
    "SampledOutput",
    "TooFewTrials",
    "TooManyTrials",
    "UndefinedDraws",
    "Validation",
    "analysis_of_variance",
    "coverage_factors",
    "evaluate",
    "example_text",
    "fit",
    "joint_means",
    "load_model",
    "mean_of",
    "memory_needed",
    "pooled",
    "read_model",
    "report",
    "sample",
    "sample_until_stable",
    "solve",
    "validate",
    "variances_of_groups",
]
