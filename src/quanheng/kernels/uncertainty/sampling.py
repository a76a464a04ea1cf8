"""Draws of all inputs of a model at one point, with their dependences.

Inputs that depend on nobody are drawn one by one.  A group of dependent ones is drawn

* from a multivariate Gaussian where each is Gaussian (JCGM 101:2008, 6.4.8);
* from a multivariate t where they were observed or fitted jointly (JCGM 102:2011, 5.3.2.4);
* otherwise through a Gaussian copula (JCGM 102:2011, 5.3.3): each input keeps its own distribution exactly, whatever
  its parts are, and the copula is chosen so that the draws have the stated correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermevander
from numpy.random import PCG64DXSM, Generator, SeedSequence
from scipy.special import ndtri

from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.distributions import Array, Distribution, Normal, StudentT, t_mixing
from quanheng.kernels.uncertainty.model import Input, Model

_PILOT_TRIALS = 1 << 17
_PILOT_BLOCK = 1 << 32  # a spawn key that no block of a run reaches
_TERMS = np.arange(1, 24)
_HALVINGS = 60
_HARDLY = 1e-12
_NEARLY = 1e-3


class _Source(NamedTuple):
    """An input at one point: what it is centred on and the effects around it."""

    name: str
    estimate: float
    parts: tuple[Distribution, ...]

    @property
    def standard_deviation(self) -> float:
        """Return that of all parts together, perhaps infinite."""
        return sqrt(sum(float(part.standard_deviation) ** 2 for part in self.parts))

    @property
    def has_mean(self) -> bool:
        """Return whether the expectation exists: that of a t distribution needs more than 1 degree of freedom."""
        return not any(isinstance(part, StudentT) and part.degrees_of_freedom <= 1 for part in self.parts)

    def fill(self, generator: Generator, out: Array) -> None:
        """Fill ``out`` with deviations from the estimate, independent of everything."""
        self.parts[0].fill(generator, out)
        if len(self.parts) > 1:
            more = np.empty_like(out)
            for part in self.parts[1:]:
                part.fill(generator, more)
                out += more


@dataclass(frozen=True, slots=True)
class _Group:
    """Inputs that are drawn together: ``factor`` @ independent standard deviates gives scores of their correlation."""

    members: tuple[int, ...]
    factor: Array
    spreads: Array | None = None
    degrees_of_freedom: float | None = None


class Sampler:
    """Draws of the inputs of ``model`` at one point (counted from 0), the same for the same seed and block.

    ``findings`` says where a copula had to be chosen, ``without_variance`` which inputs have an infinite variance,
    ``without_mean`` which have no mean either.
    """

    def __init__(self, model: Model, point: int, seed: int) -> None:
        self._seed = seed
        self._sources = [_source(known, point) for known in model.inputs]
        groups = model.dependent_groups
        self._alone = [members[0] for members in groups if len(members) == 1]
        self.findings: list[Finding] = []
        self._groups = [self._group(model, members) for members in groups if len(members) > 1]
        self.without_variance = frozenset(
            source.name for source in self._sources if not isfinite(source.standard_deviation)
        )
        self.without_mean = frozenset(source.name for source in self._sources if not source.has_mean)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the inputs, in the order of the rows of `draw`."""
        return tuple(source.name for source in self._sources)

    def draw(self, block: int, size: int) -> Array:
        """Return values of the inputs, (inputs, size), from the random stream that belongs to ``block``."""
        generator = _generator(self._seed, block)
        out = np.empty((len(self._sources), size))
        for at in self._alone:
            self._sources[at].fill(generator, out[at])
        for group in self._groups:
            self._fill_group(group, block, generator, out)
        out += np.array([[source.estimate] for source in self._sources])
        return out

    def _fill_group(self, group: _Group, block: int, generator: Generator, out: Array) -> None:
        deviates = generator.standard_normal((group.factor.shape[1], out.shape[1]))
        scores = np.einsum("ij,jk->ik", group.factor, deviates)
        if group.degrees_of_freedom is not None:
            scores *= t_mixing(generator, group.degrees_of_freedom, out.shape[1])
        if group.spreads is not None:
            out[group.members, :] = scores * group.spreads[:, None]
            return
        for at, row in zip(group.members, scores, strict=True):
            # All members from one stream: equal distributions give equal values, put into the order of the scores.
            self._sources[at].fill(_generator(self._seed, block, group.members[0]), out[at])
            out[at].sort()
            in_order = out[at].copy()
            out[at][np.argsort(row)] = in_order

    def _group(self, model: Model, members: tuple[int, ...]) -> _Group:
        correlation = model.correlation[np.ix_(members, members)]
        sources = [self._sources[at] for at in members]
        if all(isinstance(part, Normal) for source in sources for part in source.parts):
            spreads = np.array([source.standard_deviation for source in sources])
            return _Group(members, _factor(correlation), spreads)
        observed = [source.parts[0] for source in sources if isinstance(source.parts[0], StudentT)]
        degrees = {part.degrees_of_freedom for part in observed}
        is_one_ensemble = any(set(members) == set(joint) for joint in model.ensembles.values())
        if is_one_ensemble and len(observed) == len(members) and len(degrees) == 1:
            scales = np.array([float(part.scale) for part in observed])
            return _Group(members, _factor(correlation), scales, float(degrees.pop()))
        return _Group(members, _factor(self._of_scores(correlation, members)))

    def _of_scores(self, correlation: Array, members: tuple[int, ...]) -> Array:
        """Return the correlation of the Gaussian scores with which the draws have the stated ``correlation``."""
        series = [_hermite(self._sources[at], _generator(self._seed, _PILOT_BLOCK)) for at in members]
        found, is_reached = np.eye(len(members)), True
        for i, j in zip(*np.triu_indices(len(members), 1), strict=True):
            found[i, j], fits = _score_correlation(series[i] * series[j], correlation[i, j])
            found[j, i] = found[i, j]
            is_reached &= fits
        is_reached &= bool(np.linalg.eigvalsh(found).min() > -_HARDLY)
        self.findings.append(_copula_finding([self._sources[at].name for at in members], is_reached))
        return found


def _generator(seed: int, *key: int) -> Generator:
    return Generator(PCG64DXSM(SeedSequence(seed, spawn_key=key)))


def _source(known: Input, point: int) -> _Source:
    parts = tuple(part.distribution.at(point) for part in known.parts)
    return _Source(known.name, float(known.estimate[point]), parts)


def _factor(correlation: Array) -> Array:
    """Return F with F Fᵀ = ``correlation``; what makes it indefinite is left out and the diagonal kept at 1."""
    values, vectors = np.linalg.eigh(correlation)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    scaled: Array = factor / np.linalg.norm(factor, axis=1, keepdims=True)
    return scaled


def _hermite(source: _Source, generator: Generator) -> Array:
    """Return the coefficients of the input, standardised, as a Hermite series of a standard Gaussian score.

    They are estimated from draws; equal distributions get equal ones, so that a correlation near 1 stays near 1.
    Without a variance there is no correlation coefficient: the stated one is then that of the scores.
    """
    if not isfinite(source.standard_deviation):
        return np.where(_TERMS == 1, 1.0, 0.0)
    values = np.empty(_PILOT_TRIALS)
    source.fill(generator, values)
    values.sort()
    scores = ndtri((np.arange(_PILOT_TRIALS) + 0.5) / _PILOT_TRIALS)
    polynomials = hermevander(scores, _TERMS[-1])[:, 1:]
    series = np.einsum("i,ik->k", values, polynomials) / [sqrt(factorial(k)) for k in _TERMS]
    normalised: Array = series / np.linalg.norm(series)
    return normalised


def _score_correlation(products: Array, wanted: float) -> tuple[float, bool]:
    """Return ρ with Σ products ρᵏ = ``wanted``, or the end of [-1, 1] next to it, and whether there is one."""

    sign = float(np.sign(wanted))
    low, high = 0.0, sign
    greatest = sign * (products @ high**_TERMS)
    if greatest < abs(wanted):
        return high, bool(greatest > abs(wanted) - _NEARLY)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_beyond = sign * (products @ middle**_TERMS) > abs(wanted)
        low, high = (low, middle) if is_beyond else (middle, high)
    return high, True


def _copula_finding(names: Sequence[str], is_reached: bool) -> Finding:
    text = f"相关的输入量 {'、'.join(names)} 不全是正态分布，蒙特卡洛用高斯 copula 抽样（JCGM 102:2011，5.3.3），各自的分布不变"
    tail = "，相关系数按所给的值。" if is_reached else "；所给的相关系数这些分布达不到，取最接近的。"
    return Finding("gaussian_copula", text + tail, {"inputs": tuple(names), "is_reached": is_reached})
