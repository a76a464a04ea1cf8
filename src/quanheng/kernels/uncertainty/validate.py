"""Is the GUM framework good enough here?  Its result is compared with that of Monte Carlo.

Source: JCGM 101:2008, clause 8 (each output); JCGM 102:2011, clause 8 (several together).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from quanheng.kernels.uncertainty.combine import Output, Result
from quanheng.kernels.uncertainty.coverage import IntervalKind
from quanheng.kernels.uncertainty.monte_carlo import Sampled, SampledOutput
from quanheng.kernels.uncertainty.tolerance import numerical_tolerance

_DOUBT = 2.0  # standard errors


@dataclass(frozen=True, slots=True)
class OutputValidation:
    """Outcome for the coverage interval of one output (JCGM 101:2008, 8.1.3).

    Attributes
    ----------
    tolerance, low, high : float
        δ, d_low and d_high: how far the ends may be apart, and are.  [unit of the output]
    low_error, high_error : float
        Standard errors of ``low`` and ``high``, from the finite number of trials.  [unit of the output]
    """

    name: str
    tolerance: float
    low: float
    high: float
    low_error: float
    high_error: float

    @property
    def is_valid(self) -> bool | None:
        """Return whether both ends agree; None where an end is so near δ that there are too few trials to say."""
        return _together(
            [
                _agrees(self.low, self.low_error, self.tolerance),
                _agrees(self.high, self.high_error, self.tolerance),
            ]
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of several outputs together: ``what``, how far apart, how far it may be (JCGM 102:2011, 8.3).

    ``what`` is ``estimate`` or ``standard_uncertainty`` with the ``output``, or ``correlation`` (the largest
    eigenvalue of the matrix), ``ellipsoid`` (k_p), ``rectangle`` (k_q).
    """

    what: str
    output: str | None
    distance: float
    tolerance: float

    @property
    def is_valid(self) -> bool:
        """Return whether the figures agree."""
        return self.distance <= self.tolerance


@dataclass(frozen=True, slots=True)
class Validation:
    """Outcome at one point; ``interval`` says which was compared, ``joint`` is empty for one output."""

    interval: IntervalKind
    outputs: tuple[OutputValidation, ...]
    joint: tuple[Difference, ...]

    @property
    def is_valid(self) -> bool | None:
        """Return whether everything that was compared agrees; None where there are too few trials to say."""
        return _together([*(each.is_valid for each in self.outputs), *(each.is_valid for each in self.joint)])


def _agrees(apart: float, error: float, tolerance: float) -> bool | None:
    if abs(apart - tolerance) < _DOUBT * error:
        return None
    return apart <= tolerance


def _together(found: Sequence[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


def validate(
    result: Result, sampled: Sequence[Sampled], *, digits: int = 2, interval: IntervalKind = "symmetric"
) -> tuple[Validation, ...]:
    """Compare the result of the GUM with that of Monte Carlo at each point.

    Parameters
    ----------
    result : Result
        Of `combine.evaluate`.
    sampled : sequence of Sampled
        Of the same model, best from `adaptive.sample_until_stable` (8.2).
    digits : int
        Meaningful digits of the standard uncertainty, usually 1 or 2.
    interval : "symmetric" or "shortest"
        Which coverage interval is compared.  The ends of the shortest are found much less sharply: by the cube root,
        not the square root, of the number of trials.
    """
    return tuple(
        Validation(
            interval,
            tuple(
                _validated(gum, found, point, digits, interval)
                for gum, found in zip(result.outputs, each.outputs, strict=True)
            ),
            tuple(_joint(result, each, point, digits)) if len(each.outputs) > 1 else (),
        )
        for point, each in enumerate(sampled)
    )


def _validated(
    gum: Output, found: SampledOutput, point: int, digits: int, interval: IntervalKind
) -> OutputValidation:
    if interval == "symmetric":
        (low, high), errors = found.symmetric, found.symmetric_errors
    else:
        (low, high), errors = found.shortest, found.shortest_errors
    u = found.standard_uncertainty
    if not isfinite(u):
        u = float(gum.standard_uncertainty[point])
    return OutputValidation(
        name=gum.name,
        tolerance=numerical_tolerance(u, digits),
        low=abs(float(gum.interval[0, point]) - low),
        high=abs(float(gum.interval[1, point]) - high),
        low_error=errors.low,
        high_error=errors.high,
    )


def _joint(result: Result, each: Sampled, point: int, digits: int) -> Iterator[Difference]:
    for gum, found in zip(result.outputs, each.outputs, strict=True):
        if isfinite(found.standard_uncertainty):
            tolerance = numerical_tolerance(found.standard_uncertainty, digits)
            apart = abs(float(gum.value[point]) - found.estimate)
            yield Difference("estimate", gum.name, apart, tolerance)
            apart = abs(float(gum.standard_uncertainty[point]) - found.standard_uncertainty)
            yield Difference("standard_uncertainty", gum.name, apart, tolerance)
    if each.regions is None or not np.isfinite(result.correlation[point]).all():
        return
    largest = float(np.linalg.eigvalsh(each.correlation)[-1])
    apart = abs(float(np.linalg.eigvalsh(result.correlation[point])[-1]) - largest)
    yield Difference("correlation", None, apart, numerical_tolerance(largest, digits))
    pairs = [
        ("ellipsoid", result.ellipsoid_factor, each.regions.ellipsoid),
        ("rectangle", result.rectangle_factor, each.regions.rectangle),
    ]
    for what, k, sampled_k in pairs:
        if sampled_k is not None:
            yield Difference(what, None, abs(k - sampled_k), numerical_tolerance(sampled_k, digits))
