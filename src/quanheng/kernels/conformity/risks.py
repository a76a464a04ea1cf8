"""Risks of wrong decisions over a whole population (JCGM 106:2012, 9.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quanheng.kernels.conformity.limits import FloatArray, Limits, Numbers, as_floats, positive_uncertainty
from quanheng.kernels.conformity.priors import Prior


@dataclass(frozen=True, slots=True)
class GlobalRisks:
    """What becomes of an item chosen at random; every number is a probability [1].

    ``consumer`` is R_C, accepted though it does not conform; ``producer`` is R_P, rejected though it
    conforms; ``accepted`` and ``conforming`` are the shares of all items that are so.
    """

    consumer: FloatArray
    producer: FloatArray
    accepted: FloatArray
    conforming: FloatArray

    @property
    def nonconforming_among_accepted(self) -> FloatArray:
        """Share of the accepted that do not conform; nan where nothing is accepted."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.consumer / self.accepted

    @property
    def conforming_among_rejected(self) -> FloatArray:
        """Share of the rejected that conform; nan where nothing is rejected."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.producer / (1 - self.accepted)


def global_risks(
    prior: Prior, tolerance: Limits, standard_uncertainty: Numbers, acceptance: Limits | None = None
) -> GlobalRisks:
    """Return the global risks of deciding by a measured value.

    Parameters
    ----------
    prior
        Population that the items come from.
    tolerance
        Limits of the true value.
    standard_uncertainty
        Of the measured value, Gaussian about the true one.
    acceptance
        Limits of the measured value; the tolerance itself where it is None (simple acceptance).  Limits
        that cross accept nothing.  All limits and uncertainties broadcast.

    Returns
    -------
    GlobalRisks
        Accurate to 1e-12 for the prior as given.

    Raises
    ------
    BadConformity
        An uncertainty that is not positive, tolerance limits in the wrong order.

    Examples
    --------
    Precision resistors, JCGM 106:2012, 9.5.3.2: 1500 Ω ± 0.2 Ω, u_0 = 0.12 Ω, u_m = 0.04 Ω, accepted
    within ± 0.18 Ω.

    >>> from quanheng.kernels.conformity import NormalPrior
    >>> tolerance = Limits(1499.8, 1500.2)
    >>> risks = global_risks(NormalPrior(1500, 0.12), tolerance, 0.04, tolerance.guarded(0.02))
    >>> risks.consumer.round(2), risks.producer.round(2)
    (np.float64(0.01), np.float64(0.07))

    References
    ----------
    JCGM 106:2012, 9.5.2, equations (17) and (18).
    """
    lower, upper = tolerance.checked()
    u = positive_uncertainty(standard_uncertainty)
    limits = tolerance if acceptance is None else acceptance
    low, high = np.broadcast_arrays(as_floats(limits.lower), as_floats(limits.upper))
    low = np.minimum(low, high)  # limits that cross accept nothing

    def accepted_below(limit: FloatArray) -> FloatArray:
        return prior.both_below(limit, high, u) - prior.both_below(limit, low, u)

    accepted, up_to_lower, up_to_upper = (accepted_below(at) for at in (as_floats(np.inf), lower, upper))
    conforming = prior.below(upper) - prior.below(lower)
    consumer = up_to_lower + (accepted - up_to_upper)
    producer = conforming - (up_to_upper - up_to_lower)
    consumer, producer, accepted = (np.clip(one, 0.0, 1.0)[()] for one in (consumer, producer, accepted))
    return GlobalRisks(consumer, producer, accepted, as_floats(conforming)[()])
