"""Life of a lot of meters from inspections: how many more years it may stay, with an interval that holds.

`lifetimes` (or `seen_once` for one sample) makes the data, `years_left` answers, `replacement_curve` plans,
`curve` and `turnbull` are drawn by `picture`.  `drift_years_left` answers from measured errors.  Pure functions.
"""

from quanheng.kernels.lifetime.data import Lifetimes, Seen, lifetimes, seen_once
from quanheng.kernels.lifetime.errors import BadLifetime, Problem
from quanheng.kernels.lifetime.errors_drift import DriftYears, drift_years_left
from quanheng.kernels.lifetime.families import FAMILIES, LOGNORMAL, WEIBULL, Family, ShapePrior
from quanheng.kernels.lifetime.fit import Fit, fit
from quanheng.kernels.lifetime.model import (
    Curve,
    LifeModel,
    ReplacementYear,
    curve,
    life_model,
    replacement_curve,
)
from quanheng.kernels.lifetime.picture import picture
from quanheng.kernels.lifetime.read import InspectionsFile, Measured, read_inspections
from quanheng.kernels.lifetime.turnbull import Steps, turnbull
from quanheng.kernels.lifetime.years import Stay, YearsLeft, years_left

__all__ = [
    "FAMILIES",
    "LOGNORMAL",
    "WEIBULL",
    "BadLifetime",
    "Curve",
    "DriftYears",
    "Family",
    "Fit",
    "InspectionsFile",
    "LifeModel",
    "Lifetimes",
    "Measured",
    "Problem",
    "ReplacementYear",
    "Seen",
    "ShapePrior",
    "Stay",
    "Steps",
    "YearsLeft",
    "curve",
    "drift_years_left",
    "fit",
    "life_model",
    "lifetimes",
    "picture",
    "read_inspections",
    "replacement_curve",
    "seen_once",
    "turnbull",
    "years_left",
]
