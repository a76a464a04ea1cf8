"""Calibration curves by least squares: parameters with their covariance.

Any curve that is a formula: a straight line, a polynomial, or not linear in its parameters; weighted, with a full
covariance matrix of the responses, and with uncertain abscissas (Deming's generalised least squares, the algorithm
of ISO/TS 28037:2010, clauses 6 to 10, without its restriction to straight lines).
Sources: JCGM 100:2008, H.3; ISO/TS 28037:2010; York, Am. J. Phys. 72 (2004) 367.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, qr, solve_triangular

from quanheng.kernels.expressions import Node, Taylor, evaluate, first_order, seed

Array: TypeAlias = NDArray[np.float64]

_STEPS = 200
_CLOSE = 1e-11
_REGULAR = 1e-13


class NoFit(ValueError):
    """Data that do not determine a curve; the message is Chinese."""


@dataclass(frozen=True)
class Curve:
    """What is fitted.

    Attributes
    ----------
    formula : Node
        The response as a function of abscissas, parameters and constants.
    parameters : mapping
        Name → where to start; for a curve linear in its parameters any number.
    abscissas, response : mapping, Array
        Observations, (n,) each.
    response_covariance : Array or None
        Standard uncertainties (n,) or covariance matrix (n, n) of the responses.  [unit of the response, or its square]
    abscissa_uncertainties : mapping
        Abscissa → standard uncertainty (n,).  [unit of the abscissa]
    is_scaled : bool
        Take uncertainties as relative weights only and their common scale from the residuals.  Always so where
        none are given.
    degrees_of_freedom : float
        Of the given uncertainties.
    """

    formula: Node
    parameters: Mapping[str, float]
    abscissas: Mapping[str, Array]
    response: Array
    response_covariance: Array | None = None
    abscissa_uncertainties: Mapping[str, Array] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    is_scaled: bool = False
    degrees_of_freedom: float = inf


@dataclass(frozen=True)
class Fit:
    """The fitted curve.

    Attributes
    ----------
    estimates, covariance : Array
        Of the parameters, (p,) and (p, p).
    standard_deviation : float
        Root of the sum of weighted squared residuals over n - p; without given uncertainties that of the responses
        about the curve, in their unit.
    degrees_of_freedom : float
        Of the covariance.
    residuals : Array
        Response minus curve, (n,).
    chi_squared : float
        Sum of the weighted squared residuals.  [1 where uncertainties are given]
    redundancy : int
        n - p.
    is_scaled : bool
        Whether the covariance comes from the residuals.
    """

    estimates: Array
    covariance: Array
    standard_deviation: float
    degrees_of_freedom: float
    residuals: Array
    chi_squared: float
    redundancy: int
    is_scaled: bool

    @property
    def standard_uncertainties(self) -> Array:
        """Of the parameters, (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Array:
        """Of the parameters, (p, p)."""
        u = self.standard_uncertainties
        return self.covariance / np.outer(u, u)


def fit(curve: Curve) -> Fit:
    """Return the curve that fits best.

    Examples
    --------
    The thermometer of JCGM 100:2008, H.3 (the first, middle and last readings):

    >>> from quanheng.kernels.expressions import parse
    >>> found = fit(Curve(parse("y1 + y2*(t - 20)"), {"y1": 0, "y2": 0},
    ...     {"t": np.array([21.521, 23.999, 26.511])}, np.array([-0.171, -0.165, -0.160])))
    >>> [round(float(value), 5) for value in found.estimates]
    [-0.17417, 0.0022]

    Raises
    ------
    NoFit
        Too few observations, parameters that the data do not determine, a covariance matrix that is none, or no
        convergence from these starting values.
    """
    n, p = len(curve.response), len(curve.parameters)
    has_weights = curve.response_covariance is not None or bool(curve.abscissa_uncertainties)
    is_scaled = curve.is_scaled or not has_weights
    if n < p + is_scaled:
        raise NoFit(f"{p} 个参数至少要 {p + is_scaled} 组数据，现有 {n} 组。")
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        estimates, covariance, chi_squared = _minimise(curve)
        at = dict(zip(curve.parameters, estimates, strict=True))
        found = evaluate(curve.formula, {**curve.constants, **curve.abscissas, **at})
    if not (np.isfinite(estimates).all() and np.isfinite(covariance).all() and np.isfinite(found).all()):
        raise NoFit("这些数据不能定出全部参数。")
    variance = chi_squared / (n - p) if n > p else 0.0
    return Fit(
        estimates=estimates,
        covariance=covariance * variance if is_scaled else covariance,
        standard_deviation=variance**0.5,
        degrees_of_freedom=float(n - p) if is_scaled else curve.degrees_of_freedom,
        residuals=curve.response - found,
        chi_squared=chi_squared,
        redundancy=n - p,
        is_scaled=is_scaled,
    )


def _minimise(curve: Curve) -> tuple[Array, Array, float]:
    """Return estimates, their covariance for unit weights, and χ², by the Gauss-Newton method."""
    now = np.array([float(start) for start in curve.parameters.values()])
    true = {name: np.array(value) for name, value in curve.abscissas.items()}
    for _ in range(_STEPS):
        residual, by_parameter, by_abscissa = _linearised(curve, now, true)
        root = _root(curve, by_abscissa)
        step, triangle = _least_squares(_whitened(root, by_parameter), _whitened(root, residual))
        left = residual - by_parameter @ step
        now = now + step
        weighted = _whitened(root, left)
        pull = _whitened(root, weighted, transposed=True)
        shift = 0.0
        for name, u in curve.abscissa_uncertainties.items():
            moved = curve.abscissas[name] + u**2 * by_abscissa[name] * pull
            shift = max(shift, float(np.max(np.abs(moved - true[name]) / u)))
            true[name] = moved
        change = float(np.linalg.norm(_whitened(root, by_parameter @ step)))
        size = float(np.linalg.norm(weighted)) + float(np.linalg.norm(_whitened(root, curve.response)))
        if change <= _CLOSE * size and shift <= _CLOSE**0.5:
            inverse = solve_triangular(triangle, np.eye(len(now)))
            return now, inverse @ inverse.T, float(weighted @ weighted)
    raise NoFit("拟合不收敛，请改变参数的初值。")


def _linearised(curve: Curve, now: Array, true: Mapping[str, Array]) -> tuple[Array, Array, dict[str, Array]]:
    """Return the residuals (n,) and the slopes of the curve by its parameters (n, p) and by each abscissa (n,).

    The residual is that at the observed abscissa on the tangent at the adjusted one.
    """
    n, moving = len(curve.response), list(curve.abscissa_uncertainties)
    at = {**dict(zip(curve.parameters, now, strict=True)), **{name: true[name] for name in moving}}
    known = {**curve.constants, **curve.abscissas, **seed(at, list(at))}
    found = evaluate(curve.formula, known)
    value = found.terms[0] if isinstance(found, Taylor) else np.asarray(found, dtype=float)
    slopes = np.broadcast_to(first_order(found, len(at), n), (len(at), n))
    if not (np.isfinite(value).all() and np.isfinite(slopes).all()):
        raise NoFit("曲线在某个数据处没有数值或斜率，请检查数据和参数的初值。")
    by_abscissa = dict(zip(moving, slopes[len(now) :], strict=True))
    residual = curve.response - np.broadcast_to(value, (1, n))[0]
    for name in moving:
        residual = residual - by_abscissa[name] * (curve.abscissas[name] - true[name])
    return residual, slopes[: len(now)].T, by_abscissa


def _root(curve: Curve, by_abscissa: Mapping[str, Array]) -> Array:
    """Return a root of the covariance of the residuals: (n,) where it is diagonal, else lower triangular (n, n)."""
    spread = sum(
        ((by_abscissa[name] * u) ** 2 for name, u in curve.abscissa_uncertainties.items()),
        np.zeros(len(curve.response)),
    )
    given = curve.response_covariance
    if given is None:
        return np.sqrt(spread) if curve.abscissa_uncertainties else np.ones_like(spread)
    if given.ndim == 1:
        return np.sqrt(given**2 + spread)
    try:
        return np.asarray(cholesky(given + np.diag(spread), lower=True))
    except LinAlgError as error:
        raise NoFit("协方差矩阵应当对称正定。") from error


def _whitened(root: Array, values: Array, *, transposed: bool = False) -> Array:
    """Return L⁻¹ v, or L⁻ᵀ v."""
    if root.ndim == 1:
        return values / (root if values.ndim == 1 else root[:, None])
    return np.asarray(solve_triangular(root, values, lower=True, trans="T" if transposed else "N"))


def _least_squares(matrix: Array, right: Array) -> tuple[Array, Array]:
    """Return the solution and a root of the inverse covariance, from a QR factorisation with scaled columns."""
    scale = np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(scale).all() and np.all(scale > 0)):
        raise NoFit("这些数据不能定出全部参数。")
    orthogonal, triangle = qr(matrix / scale, mode="economic")
    if np.min(np.abs(np.diag(triangle))) < _REGULAR:
        raise NoFit("这些数据不能定出全部参数。")
    return solve_triangular(triangle, orthogonal.T @ right) / scale, triangle * scale
