"""The length of the cables that gives the technical loss that is wanted."""

from __future__ import annotations

from math import exp, gcd, log, sqrt

import numpy as np

from quanheng.kernels.fleet.simulate.cables import BUSBAR, Cabling
from quanheng.kernels.fleet.simulate.errors import NotSimulable
from quanheng.kernels.fleet.simulate.households import PER_DAY
from quanheng.kernels.fleet.simulate.sweep import Complexes, Flow, Loads, solve

_SAMPLES = 600  # intervals that the search looks at
_SEARCHES = 12
_NEAR = 0.002  # relative, of the loss
_COARSE = 1e-6
_FIRST_SLOPE = 1.1  # of the logarithm of the loss over that of the length


def with_loss(cabling: Cabling, source: Complexes, loads: Loads, wanted: float) -> Cabling:
    """Return the cabling with feeder cables as much longer or shorter as loses ``wanted`` of the energy.

    The factor is searched by the secant method on the logarithms, over a sample of the intervals that holds
    every time of day; the loss over all intervals comes out a few percent of itself beside the wanted one.
    A length at which the voltage collapses is halved towards the last one that did not.

    Raises
    ------
    NotSimulable
        No length gives that loss: the voltage collapses first. More is fed back than is drawn.
    """
    stride = _stride(loads.power.shape[1])
    sample = Loads(loads.bus, loads.phase, np.ascontiguousarray(loads.power[:, ::stride]))
    factor, slope = 1.0, _FIRST_SLOPE
    last: tuple[float, float] | None = None
    for _ in range(_SEARCHES):
        tried = cabling.scaled(factor)
        try:
            flow = solve(tried.network, source[:, ::stride], sample, BUSBAR, _COARSE)
        except NotSimulable:
            factor = factor / 2 if last is None else sqrt(factor * exp(last[0]))
            continue
        loss = loss_ratio(flow)
        if abs(loss / wanted - 1) < _NEAR:
            return tried
        here = (log(factor), log(loss))
        if last is not None and here[0] != last[0]:
            slope = float(np.clip((here[1] - last[1]) / (here[0] - last[0]), 0.8, 4.0))
        last = here
        factor *= exp((log(wanted) - here[1]) / slope)
    raise NotSimulable(f"达不到 {100 * wanted:g} % 的线损率：线路再长，电压就会崩溃")


def loss_ratio(flow: Flow) -> float:
    """Return the loss as a share of the energy through the head.

    Raises
    ------
    NotSimulable
        More is fed back than is drawn, so that no share says anything.
    """
    through = float(flow.head_power.real.sum())
    if through <= 0:
        raise NotSimulable("台区净送出电量，没有线损率可言")
    return float(flow.loss.sum()) / through


def _stride(intervals: int) -> int:
    """Return the distance of the samples, without a common divisor with the day."""
    stride = max(1, -(-intervals // _SAMPLES))
    while gcd(stride, PER_DAY) > 1:
        stride += 1
    return stride
