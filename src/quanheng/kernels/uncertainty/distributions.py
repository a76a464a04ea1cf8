"""Probability distributions of input quantities: their moments and how they are sampled.

A distribution describes one part of an input quantity.  `Distribution.fill` draws *deviations from the mean*, so
that an input is its estimate plus the sum of its parts.  A parameter is a float, or an array (points,) with one
value for each calibration point; `Distribution.at` gives the distribution at one of them, which is what is sampled.
Parameters have the unit of the quantity unless another is named.

Clauses are those of JCGM 101:2008 (JJF 1059.2-2012), 6.4, unless another document is named.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import sqrt
from typing import ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]
Value = float | Array

_TWICE_PI = 2 * np.pi
_LEAST_DEGREES_FOR_VARIANCE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """What all distributions share; each field is a parameter."""

    name: ClassVar[str]
    label: ClassVar[str]

    @property
    def mean(self) -> Value:
        """Return the expectation: 0 for a distribution that only says how wide it is."""
        return 0.0

    @property
    def standard_deviation(self) -> Value:
        """Return the standard deviation; infinite where the variance does not exist."""
        raise NotImplementedError

    def fill(self, generator: Generator, out: Array) -> None:
        """Fill ``out`` with deviations from the mean; every parameter must be a float."""
        raise NotImplementedError

    def at(self, point: int) -> Self:
        """Return the distribution at a calibration point, counted from 0."""
        parameters = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(
            **{
                key: float(value.flat[point % value.size] if isinstance(value, np.ndarray) else value)
                for key, value in parameters.items()
            }
        )

    def _require(self, holds: bool | np.bool_, reason: str) -> None:
        if not holds:
            raise ValueError(f"{self.label}：{reason}。")


@dataclass(frozen=True, slots=True, eq=False)
class Normal(Distribution):
    """Gaussian with standard deviation ``spread`` (6.4.7)."""

    spread: Value
    name: ClassVar[str] = "normal"
    label: ClassVar[str] = "正态分布"

    def __post_init__(self) -> None:
        self._require(_positive(self.spread), "标准差应当为正数")

    @property
    def standard_deviation(self) -> Value:
        return self.spread

    def fill(self, generator: Generator, out: Array) -> None:
        generator.standard_normal(out=out)
        out *= self.spread


@dataclass(frozen=True, slots=True, eq=False)
class StudentT(Distribution):
    """Scaled and shifted t (6.4.9): ``scale`` is s/√n, the GUM's standard uncertainty.

    Its standard deviation √(ν/(ν-2)) · scale is larger, and infinite up to ν = 2.
    """

    scale: Value
    degrees_of_freedom: Value
    name: ClassVar[str] = "t"
    label: ClassVar[str] = "t 分布"

    def __post_init__(self) -> None:
        self._require(_positive(self.scale), "尺度参数应当为正数")
        self._require(_positive(self.degrees_of_freedom), "自由度应当为正数")

    @classmethod
    def from_standard_deviation(cls, standard_deviation: Value, degrees_of_freedom: float) -> Self:
        """Return the t distribution whose standard deviation, not whose scale, is given.

        Raises
        ------
        ValueError
            With 2 degrees of freedom or fewer it has no standard deviation.
        """
        if degrees_of_freedom <= _LEAST_DEGREES_FOR_VARIANCE:
            raise ValueError(f"{cls.label}：自由度不大于 2 时没有标准差，请改给尺度参数。")
        return cls(
            standard_deviation * float(np.sqrt(1 - _LEAST_DEGREES_FOR_VARIANCE / degrees_of_freedom)),
            degrees_of_freedom,
        )

    @classmethod
    def of_joint_means(cls, standard_uncertainty: Value, readings: int, quantities: int) -> Self:
        """Return what each mean of quantities observed jointly has in their multivariate t (JCGM 102:2011, 5.3.2.1).

        ``standard_uncertainty`` is s/√n of n readings.  With N quantities there are n - N degrees of freedom, not
        n - 1, and the scale is larger accordingly; for one quantity both are those of 6.4.9.

        Raises
        ------
        ValueError
            No more readings than quantities.
        """
        degrees = readings - quantities
        if degrees < 1:
            raise ValueError(f"同时观测 {quantities} 个量，至少要有 {quantities + 1} 组读数。")
        return cls(standard_uncertainty * sqrt((readings - 1) / degrees), float(degrees))

    @property
    def standard_deviation(self) -> Value:
        degrees = np.asarray(self.degrees_of_freedom, dtype=float)
        with np.errstate(divide="ignore"):
            ratio = 1 / np.maximum(1 - _LEAST_DEGREES_FOR_VARIANCE / degrees, 0.0)
        return _value(self.scale * np.sqrt(ratio))

    def fill(self, generator: Generator, out: Array) -> None:
        generator.standard_normal(out=out)
        out *= self.scale
        out *= t_mixing(generator, float(self.degrees_of_freedom), out.size)


def t_mixing(generator: Generator, degrees_of_freedom: float, size: int) -> Array:
    """Return draws √(ν/χ²ν): a normal deviation times such a draw is a t deviation; shared, a multivariate one."""
    mixing: Array = generator.standard_gamma(degrees_of_freedom / 2, size)
    np.divide(degrees_of_freedom / 2, mixing, out=mixing)
    return np.sqrt(mixing, out=mixing)


@dataclass(frozen=True, slots=True, eq=False)
class _Bounded(Distribution):
    """A distribution within ± ``half_width``."""

    half_width: Value

    def __post_init__(self) -> None:
        self._require(_positive(self.half_width), "半宽应当为正数")


@dataclass(frozen=True, slots=True, eq=False)
class Rectangular(_Bounded):
    """Uniform within ± ``half_width`` (6.4.2)."""

    name: ClassVar[str] = "rectangular"
    label: ClassVar[str] = "矩形（均匀）分布"

    @property
    def standard_deviation(self) -> Value:
        return self.half_width / sqrt(3)

    def fill(self, generator: Generator, out: Array) -> None:
        _fill_uniform(generator, out, self.half_width)


@dataclass(frozen=True, slots=True, eq=False)
class Triangular(_Bounded):
    """Symmetric triangle within ± ``half_width`` (6.4.5): the sum of two equal rectangular deviations."""

    name: ClassVar[str] = "triangular"
    label: ClassVar[str] = "三角分布"

    @property
    def standard_deviation(self) -> Value:
        return self.half_width / sqrt(6)

    def fill(self, generator: Generator, out: Array) -> None:
        _fill_uniform(generator, out, self.half_width / 2)
        out += _uniform(generator, out.size, self.half_width / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Trapezoidal(_Bounded):
    """Symmetric trapezoid within ± ``half_width`` (6.4.4), its top ``beta`` times as wide as its base. [beta: 1]"""

    beta: Value
    name: ClassVar[str] = "trapezoidal"
    label: ClassVar[str] = "梯形分布"

    def __post_init__(self) -> None:
        _Bounded.__post_init__(self)
        self._require(
            np.all((np.asarray(self.beta) >= 0) & (np.asarray(self.beta) <= 1)), "β 应当在 0 与 1 之间"
        )

    @property
    def standard_deviation(self) -> Value:
        return self.half_width * np.sqrt((1 + np.square(self.beta)) / 6)

    def fill(self, generator: Generator, out: Array) -> None:
        _fill_uniform(generator, out, self.half_width * (1 + self.beta) / 2)
        out += _uniform(generator, out.size, self.half_width * (1 - self.beta) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class CurvilinearTrapezoid(_Bounded):
    """Rectangle whose limits ± ``half_width`` are themselves known within ± ``inexactness`` (6.4.3)."""

    inexactness: Value
    name: ClassVar[str] = "curvilinear_trapezoid"
    label: ClassVar[str] = "曲线梯形分布"

    def __post_init__(self) -> None:
        _Bounded.__post_init__(self)
        self._require(_positive(self.inexactness), "界限的不准确程度应当为正数")
        self._require(
            np.all(np.asarray(self.inexactness) <= self.half_width), "界限的不准确程度应当不大于半宽"
        )

    @property
    def standard_deviation(self) -> Value:
        return _value(np.sqrt(np.square(self.half_width) / 3 + np.square(self.inexactness) / 9))

    def fill(self, generator: Generator, out: Array) -> None:
        half_width = _uniform(generator, out.size, self.inexactness)
        half_width += self.half_width
        _fill_uniform(generator, out, 1.0)
        out *= half_width


@dataclass(frozen=True, slots=True, eq=False)
class Arcsine(_Bounded):
    """U-shaped within ± ``half_width``: a sinusoid seen at a random phase (6.4.6)."""

    name: ClassVar[str] = "arcsine"
    label: ClassVar[str] = "反正弦（U 形）分布"

    @property
    def standard_deviation(self) -> Value:
        return self.half_width / sqrt(2)

    def fill(self, generator: Generator, out: Array) -> None:
        generator.random(out=out)
        out *= _TWICE_PI
        np.sin(out, out=out)
        out *= self.half_width


@dataclass(frozen=True, slots=True, eq=False)
class TwoPoint(_Bounded):
    """Either of ± ``half_width``, equally probable (JJF 1059.1-2012, 4.3.3.4)."""

    name: ClassVar[str] = "two_point"
    label: ClassVar[str] = "两点分布"

    @property
    def standard_deviation(self) -> Value:
        return self.half_width

    def fill(self, generator: Generator, out: Array) -> None:
        _fill_uniform(generator, out, 1.0)
        np.copysign(self.half_width, out, out=out)


@dataclass(frozen=True, slots=True, eq=False)
class Exponential(Distribution):
    """Exponential of a quantity that is not negative and of which only the ``expectation`` is known (6.4.10)."""

    expectation: Value
    name: ClassVar[str] = "exponential"
    label: ClassVar[str] = "指数分布"

    def __post_init__(self) -> None:
        self._require(_positive(self.expectation), "期望应当为正数")

    @property
    def mean(self) -> Value:
        return self.expectation

    @property
    def standard_deviation(self) -> Value:
        return self.expectation

    def fill(self, generator: Generator, out: Array) -> None:
        generator.standard_exponential(out=out)
        out -= 1
        out *= self.expectation


@dataclass(frozen=True, slots=True, eq=False)
class Gamma(Distribution):
    """Gamma with ``shape`` [1] and ``scale``; of an average number of events of which q were counted it is
    ``Gamma(q + 1, 1)`` (6.4.11)."""

    shape: Value
    scale: Value
    name: ClassVar[str] = "gamma"
    label: ClassVar[str] = "伽马分布"

    def __post_init__(self) -> None:
        self._require(_positive(self.shape), "形状参数应当为正数")
        self._require(_positive(self.scale), "尺度参数应当为正数")

    @property
    def mean(self) -> Value:
        return self.shape * self.scale

    @property
    def standard_deviation(self) -> Value:
        return _value(np.sqrt(self.shape) * self.scale)

    def fill(self, generator: Generator, out: Array) -> None:
        generator.standard_gamma(float(self.shape), out=out)
        out -= self.shape
        out *= self.scale


@dataclass(frozen=True, slots=True, eq=False)
class Beta(Distribution):
    """Beta with shapes ``alpha`` and ``beta`` [1], stretched from [0, 1] to [``lower``, ``upper``]."""

    alpha: Value
    beta: Value
    lower: Value = 0.0
    upper: Value = 1.0
    name: ClassVar[str] = "beta"
    label: ClassVar[str] = "贝塔分布"

    def __post_init__(self) -> None:
        self._require(_positive(self.alpha) and _positive(self.beta), "形状参数应当为正数")
        self._require(_positive(np.asarray(self.upper) - self.lower), "上限应当大于下限")

    @property
    def mean(self) -> Value:
        return self.lower + (self.upper - self.lower) * self.alpha / (self.alpha + self.beta)

    @property
    def standard_deviation(self) -> Value:
        total = self.alpha + self.beta
        return _value((self.upper - self.lower) / total * np.sqrt(self.alpha * self.beta / (total + 1)))

    def fill(self, generator: Generator, out: Array) -> None:
        out[:] = generator.beta(float(self.alpha), float(self.beta), out.size)
        out *= self.upper - self.lower
        out += self.lower - self.mean


@dataclass(frozen=True, slots=True, eq=False)
class LogNormal(Distribution):
    """Quantity whose natural logarithm is Gaussian with mean ``mu`` and standard deviation ``sigma``. [1]"""

    mu: Value
    sigma: Value
    name: ClassVar[str] = "lognormal"
    label: ClassVar[str] = "对数正态分布"

    def __post_init__(self) -> None:
        self._require(np.all(np.isfinite(self.mu)), "对数的期望应当是有限的数")
        self._require(_positive(self.sigma), "对数的标准差应当为正数")

    @classmethod
    def from_moments(cls, mean: Value, standard_deviation: Value) -> Self:
        """Return the distribution with this expectation and standard deviation of the quantity itself.

        Raises
        ------
        ValueError
            One of them is not positive.
        """
        if not _positive(mean) or not _positive(standard_deviation):
            raise ValueError(f"{cls.label}：期望和标准差应当为正数。")
        square = np.log1p(np.square(standard_deviation / np.asarray(mean)))
        return cls(_value(np.log(mean) - square / 2), _value(np.sqrt(square)))

    @property
    def mean(self) -> Value:
        return _value(np.exp(self.mu + np.square(self.sigma) / 2))

    @property
    def standard_deviation(self) -> Value:
        return _value(self.mean * np.sqrt(np.expm1(np.square(self.sigma))))

    def fill(self, generator: Generator, out: Array) -> None:
        generator.standard_normal(out=out)
        out *= self.sigma
        out += self.mu
        np.exp(out, out=out)
        out -= self.mean


def _positive(value: Value) -> bool:
    found = np.asarray(value, dtype=float)
    return bool(np.all(found > 0) and np.all(np.isfinite(found)))


def _value(value: object) -> Value:
    found = np.asarray(value, dtype=float)
    return found if found.ndim else float(found)


def _fill_uniform(generator: Generator, out: Array, half_width: Value) -> None:
    generator.random(out=out)
    out -= 0.5
    out *= 2 * half_width


def _uniform(generator: Generator, size: int, half_width: Value) -> Array:
    out = np.empty(size)
    _fill_uniform(generator, out, half_width)
    return out
