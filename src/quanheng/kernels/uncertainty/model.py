"""What a measurement model is: inputs with what is known about them, and formulas that join them.

All values are arrays of shape (points,): one point is one evaluation of the same model, such as one nominal value of
a calibration.  The correlation of the inputs is the same at every point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import inf
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.expressions import Node, names
from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.distributions import Distribution

Array: TypeAlias = NDArray[np.float64]
Kind = Literal["A", "B"]


@dataclass(frozen=True)
class Part:
    """One effect that makes an input uncertain.

    Attributes
    ----------
    label : str
        What it is, for the budget; empty where the input has only this one.
    distribution : Distribution
        Of the effect, centred: its mean is 0.
    standard_uncertainty : Array
        VIM 2.30, (points,).  [unit of the input]  For a scaled t it is the scale, less than the standard deviation
        of the distribution (JCGM 101:2008, 6.4.9.4, NOTE).
    degrees_of_freedom : float
        Infinite where the uncertainty itself is taken as known.
    kind : "A" or "B"
        How it was evaluated, JCGM 100:2008, 2.3.2 and 2.3.3.
    """

    label: str
    distribution: Distribution
    standard_uncertainty: Array
    degrees_of_freedom: float = inf
    kind: Kind = "B"


@dataclass(frozen=True)
class Input:
    """An input quantity: its estimate and the independent effects around it, X = estimate + sum of ``parts``.

    ``ensemble`` names the inputs that were observed or fitted jointly (JCGM 100:2008, H.2 and H.3): they share their
    degrees of freedom, and their joint distribution is a multivariate t.  Such an input has one part.
    """

    name: str
    estimate: Array
    parts: tuple[Part, ...]
    label: str = ""
    unit: str = ""
    ensemble: str | None = None

    @cached_property
    def standard_uncertainty(self) -> Array:
        """Of the input, (points,).  [unit of the input]"""
        return reduce(
            np.hypot, (part.standard_uncertainty for part in self.parts), np.zeros_like(self.estimate)
        )

    @cached_property
    def degrees_of_freedom(self) -> Array:
        """Of the standard uncertainty, (points,); of several parts by Welch-Satterthwaite, JCGM 100:2008, G.4.1."""
        if len(self.parts) == 1:
            return np.full_like(self.estimate, self.parts[0].degrees_of_freedom)
        shares = [
            (part.standard_uncertainty / self.standard_uncertainty) ** 4 / part.degrees_of_freedom
            for part in self.parts
        ]
        with np.errstate(divide="ignore"):
            degrees: Array = 1 / np.sum(shares, axis=0)
        return degrees

    @property
    def kind(self) -> Kind:
        """A where any part is of Type A."""
        return "A" if any(part.kind == "A" for part in self.parts) else "B"


@dataclass(frozen=True)
class Implicit:
    """Equations h = 0 that define quantities which no formula gives (JCGM 102:2011, 6.3): unknown → where to start."""

    equations: tuple[Node, ...]
    unknowns: Mapping[str, Array]


@dataclass(frozen=True)
class Model:
    """A measurement model; `implicit.solve` runs it.

    Attributes
    ----------
    inputs : tuple of Input
    correlation : Array
        (inputs, inputs), symmetric, positive semidefinite, with a diagonal of 1.
    constants : mapping
        Name → value (points,).
    definitions : mapping
        Name → formula, each after those it uses; intermediate quantities and outputs.
    outputs : tuple of str
        Names among the definitions and the unknowns.
    points : int
    coverage_probability : float
        Between 0 and 1.
    coverage_factor : float or None
        k where it is given instead of a probability.
    findings : tuple of Finding
        What reading the model has to say, such as an analysis of variance.
    """

    title: str
    inputs: tuple[Input, ...]
    correlation: Array
    constants: Mapping[str, Array]
    definitions: Mapping[str, Node]
    outputs: tuple[str, ...]
    points: int = 1
    implicit: Implicit | None = None
    coverage_probability: float = 0.95
    coverage_factor: float | None = None
    has_second_order: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def estimates(self) -> dict[str, Array]:
        """Every known name with its best estimate: inputs and constants."""
        return {**self.constants, **{known.name: known.estimate for known in self.inputs}}

    def inputs_of(self, output: str) -> frozenset[str]:
        """Return the inputs that an output depends on; of an unknown, all that its equations use."""
        formulas: dict[str, tuple[Node, ...]] = {name: (node,) for name, node in self.definitions.items()}
        if self.implicit is not None:
            formulas |= dict.fromkeys(self.implicit.unknowns, self.implicit.equations)
        wanted, reached = {output}, [output]
        while reached:
            for node in formulas.get(reached.pop(), ()):
                found = set(names(node)) - wanted
                wanted |= found
                reached += found
        return frozenset(known.name for known in self.inputs if known.name in wanted)

    @property
    def ensembles(self) -> dict[str, tuple[int, ...]]:
        """The inputs observed jointly: ensemble → indexes into ``inputs``."""
        found: dict[str, tuple[int, ...]] = {}
        for at, known in enumerate(self.inputs):
            if known.ensemble is not None:
                found[known.ensemble] = (*found.get(known.ensemble, ()), at)
        return found

    @cached_property
    def dependent_groups(self) -> tuple[tuple[int, ...], ...]:
        """The inputs, as indexes, in groups: those joined by a correlation or an ensemble, and each other one alone."""
        linked = self.correlation != 0
        for members in self.ensembles.values():
            linked[np.ix_(members, members)] = True
        left, groups = set(range(len(self.inputs))), []
        while left:
            group, new = set[int](), {min(left)}
            while new:
                group |= new
                new = {int(at) for one in new for at in np.flatnonzero(linked[one])} - group
            left -= group
            groups.append(tuple(sorted(group)))
        return tuple(groups)
