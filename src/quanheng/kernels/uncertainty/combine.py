"""The GUM uncertainty framework: law of propagation, degrees of freedom, coverage.

Clauses are those of JCGM 100:2008 (JJF 1059.1-2012) unless another document is named.  Everything is computed for
all points of a model at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri, stdtr, stdtrit

from quanheng.kernels.expressions import Taylor, first_order, seed
from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.higher import SecondOrder, second_order_terms
from quanheng.kernels.uncertainty.implicit import NotDefined, solve
from quanheng.kernels.uncertainty.model import Array, Model

_SAME = 1e-9  # 17 degrees of freedom that come out as 16.999 999 999 are not truncated to 16


@dataclass(frozen=True)
class Row:
    """A line of the budget: what one input contributes; arrays (points,).

    Attributes
    ----------
    sensitivity : Array
        Derivative of the output by the input.  [unit of the output over that of the input]
    contribution : Array
        |c| u(x).  [unit of the output]
    share : Array
        Part of the variance of the output, covariances halved between the two inputs; the shares add up to 1, and
        one may be negative.  [1]
    """

    name: str
    sensitivity: Array
    contribution: Array
    share: Array


@dataclass(frozen=True)
class Output:
    """Result for one output quantity; arrays (points,).

    ``first_order_uncertainty`` differs from ``standard_uncertainty`` only where second-order terms were asked for.
    """

    name: str
    value: Array
    standard_uncertainty: Array
    degrees_of_freedom: Array
    coverage_factor: Array
    coverage_probability: Array
    expanded_uncertainty: Array
    budget: tuple[Row, ...]
    first_order_uncertainty: Array
    second_order: SecondOrder | None

    @property
    def interval(self) -> Array:
        """The coverage interval y ± U, (2, points)."""
        return np.stack([self.value - self.expanded_uncertainty, self.value + self.expanded_uncertainty])


@dataclass(frozen=True)
class Result:
    """Results of all outputs.

    Attributes
    ----------
    outputs : tuple of Output
    correlation : Array
        (points, outputs, outputs); NaN where an output has no uncertainty.
    ellipsoid_factor, rectangle_factor : float
        k_p and k_q of the coverage regions of all outputs together, for a joint normal distribution
        (JCGM 102:2011, 6.5.3).
    findings : tuple of Finding
    """

    model: Model
    outputs: tuple[Output, ...]
    correlation: Array
    ellipsoid_factor: float
    rectangle_factor: float
    findings: tuple[Finding, ...]

    def __getitem__(self, name: str) -> Output:
        """Return the result of an output by its name."""
        return next(output for output in self.outputs if output.name == name)


def evaluate(model: Model, *, second_order: bool | None = None) -> Result:
    """Return values, uncertainties and budgets of all outputs (5.1, 5.2, annex G; JCGM 102:2011, 6.2 and 6.3).

    Parameters
    ----------
    model : Model
    second_order : bool, optional
        Add the second-order terms of 5.1.2, NOTE; by default what the model says.

    Raises
    ------
    NotDefined
        A value or a derivative is not finite at the best estimates.
    """
    wanted = model.has_second_order if second_order is None else second_order
    values, contributions = propagate(model)
    largest = np.max(np.abs(contributions), axis=1)
    scale = np.where(largest > 0, largest, 1.0)  # squares of very small or large numbers are none
    scaled = contributions / scale[:, None, :]
    covariance = np.einsum("aip,ij,bjp->pab", scaled, model.correlation, scaled)
    findings = list(model.findings)
    outputs = []
    for at, name in enumerate(model.outputs):
        variance = np.maximum(covariance[:, at, at], 0.0)
        first = scale[at] * np.sqrt(variance)
        higher = second_order_terms(model, name) if wanted else None
        degrees = _degrees_of_freedom(model, scaled[at])
        budget = _budget(model, contributions[at], scaled[at], variance)
        outputs.append(_output(model, name, values[at], first, higher, degrees, budget))
    findings += _findings(model, outputs)
    return Result(
        model=model,
        outputs=tuple(outputs),
        correlation=_correlation(covariance),
        ellipsoid_factor=float(np.sqrt(chdtri(len(outputs), 1 - model.coverage_probability))),
        rectangle_factor=float(ndtri(1 - (1 - model.coverage_probability) / (2 * len(outputs)))),
        findings=tuple(findings),
    )


def propagate(model: Model) -> tuple[Array, Array]:
    """Return the outputs (outputs, points) and c_i u(x_i) of each (outputs, inputs, points), with their sign.

    Raises
    ------
    NotDefined
        As for `evaluate`.
    """
    names = [known.name for known in model.inputs]
    n, points = len(names), model.points
    scale = {known.name: known.standard_uncertainty for known in model.inputs}
    found = solve(model, seed({known.name: known.estimate for known in model.inputs}, names, scale))
    values = np.empty((len(model.outputs), points))
    contributions = np.empty((len(model.outputs), n, points))
    for at, name in enumerate(model.outputs):
        series = found[name]
        values[at] = series.terms[0] if isinstance(series, Taylor) else series
        contributions[at] = first_order(series, n, points)
        if not np.isfinite(values[at]).all():
            raise NotDefined(name, "在最佳估计值处没有数值（如除以零、负数开方，或方程组没有解）。")
        if not np.isfinite(contributions[at]).all():
            raise NotDefined(name, "在最佳估计值处没有有限的导数，不能求灵敏系数。")
    return values, contributions


def coverage_factors(degrees_of_freedom: Array, probability: float) -> Array:
    """Return k = t_p(ν), ν truncated to the next lower integer (G.4.1, G.6.4).

    >>> [round(float(k), 2) for k in coverage_factors(np.array([16.7, np.inf]), 0.99)]
    [2.92, 2.58]
    """
    whole = truncated(degrees_of_freedom)
    is_finite = np.isfinite(whole)
    tail = (1 + probability) / 2
    k = stdtrit(np.where(is_finite, np.maximum(whole, 1.0), 1.0), tail)
    return np.where(is_finite, k, ndtri(tail))


def truncated(degrees_of_freedom: Array) -> Array:
    """Return ν as k is looked up with it: the next lower integer (G.4.1), infinity as it is."""
    whole: Array = np.floor(degrees_of_freedom * (1 + _SAME))
    return whole


def _output(
    model: Model,
    name: str,
    value: Array,
    first: Array,
    higher: SecondOrder | None,
    degrees: Array,
    budget: tuple[Row, ...],
) -> Output:
    u = first if higher is None else np.sqrt(np.maximum(first**2 + higher.variance, 0.0))
    if model.coverage_factor is None:
        probability = np.full_like(value, model.coverage_probability)
        k = coverage_factors(degrees, model.coverage_probability)
    else:
        k = np.full_like(value, model.coverage_factor)
        finite = np.where(np.isfinite(degrees), degrees, 1e300)
        probability = 2 * stdtr(finite, k) - 1
    return Output(name, value, u, degrees, k, probability, k * u, budget, first, higher)


def _budget(model: Model, contributions: Array, scaled: Array, variance: Array) -> tuple[Row, ...]:
    """Return the rows of one output; ``scaled`` contributions have the ``variance``."""
    with_others = model.correlation @ scaled
    positive = np.where(variance > 0, variance, 1.0)
    return tuple(
        Row(
            name=known.name,
            sensitivity=contributions[at] / known.standard_uncertainty,
            contribution=np.abs(contributions[at]),
            share=scaled[at] * with_others[at] / positive,
        )
        for at, known in enumerate(model.inputs)
    )


def _correlation(covariance: Array) -> Array:
    u = np.sqrt(np.einsum("paa->pa", covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation: Array = np.clip(covariance / (u[:, :, None] * u[:, None, :]), -1.0, 1.0)
    return correlation


def _degrees_of_freedom(model: Model, contributions: Array) -> Array:
    """Return ν_eff (points,) by Welch-Satterthwaite (G.4.1).

    The formula holds for independent components.  A group of correlated inputs enters as one component with its own
    variance: with the degrees of freedom that its inputs share where they were observed or fitted jointly, else with
    the smallest of them, which is on the safe side.
    """
    variances, degrees = [], []
    for group in model.dependent_groups:
        part = contributions[list(group)]
        variances.append(np.einsum("ip,ij,jp->p", part, model.correlation[np.ix_(group, group)], part))
        degrees.append(np.min([model.inputs[at].degrees_of_freedom for at in group], axis=0))
    total = np.sum(variances, axis=0)
    shares = np.array(variances) / np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore"):
        effective: Array = 1 / np.sum(shares**2 / np.array(degrees), axis=0)
    return effective


def _findings(model: Model, outputs: list[Output]) -> list[Finding]:
    found = []
    for group in model.dependent_groups:
        members = [model.inputs[at] for at in group]
        if len({known.ensemble for known in members}) == 1 and members[0].ensemble is not None:
            continue
        if len(group) > 1 and any(np.isfinite(known.degrees_of_freedom).any() for known in members):
            names = [known.name for known in members]
            found.append(
                Finding(
                    "correlated_degrees_of_freedom",
                    f"{'、'.join(names)}相关而自由度有限：韦尔奇-萨特思韦特公式不适用，按其中最小的自由度计算（偏于安全）。",
                    {"inputs": names},
                )
            )
    for output in outputs:
        found += _findings_of(model, output)
    return found


def _findings_of(model: Model, output: Output) -> list[Finding]:
    found = []
    if output.second_order is None:
        if np.any(output.first_order_uncertainty == 0):
            found.append(
                Finding(
                    "first_order_vanishes",
                    f"{output.name}：全部一阶灵敏系数为零，合成标准不确定度算得零，并不可信。请加上二阶项或用蒙特卡洛法。",
                    {"output": output.name},
                )
            )
        return found
    if np.any(output.first_order_uncertainty**2 + output.second_order.variance < 0):
        found.append(
            Finding(
                "second_order_negative",
                f"{output.name}：计入二阶项后方差为负，不确定度这样大时二阶展开不成立，合成标准不确定度算得零，并不可信。请用蒙特卡洛法。",
                {"output": output.name},
            )
        )
    others = [
        known.name
        for known in model.inputs
        if any(part.distribution.name not in {"normal", "t"} for part in known.parts)
    ]
    if others and np.any(output.second_order.variance != 0):
        found.append(
            Finding(
                "second_order_assumes_normal",
                f"{output.name}：二阶项的公式以正态分布为前提，{'、'.join(others)}不是正态分布，结果为近似。",
                {"output": output.name, "inputs": others},
            )
        )
    return found
