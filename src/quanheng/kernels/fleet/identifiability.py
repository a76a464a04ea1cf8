"""What the data cannot say: meters without information of their own, and groups of which only the sum is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.results import FleetFinding

Floats = NDArray[np.floating]

_ALIKE = 0.9  # correlation of two errors from which they count as one group
_APART = 0.2  # standard deviation of an error, in the spread of bad meters, up to which it is known by itself
_LITTLE = 0.001  # share of the mean consumer's energy under which there is no consumption


def no_consumption(share: Floats) -> NDArray[np.bool_]:
    """Return (n,) the consumers that use practically nothing; ``share`` (n,) is that of the area's energy."""
    return share * len(share) < _LITTLE


def alone(information: Floats, spread: float) -> tuple[Floats, Floats]:
    """Return (n,) standard deviations and (n, n) correlations of all errors together, under N(0, spread²) for each.

    With a prior as wide as a bad meter this shows what the data separate, whatever is believed of good meters.
    """
    covariance = np.linalg.inv(information + np.eye(len(information)) / spread**2)
    deviation = np.sqrt(covariance.diagonal())
    return deviation, covariance / np.outer(deviation, deviation)


def collinear_groups(information: Floats, spread: float, doubtful: NDArray[np.bool_]) -> list[list[int]]:
    """Return groups of ``doubtful`` (n,) meters whose errors the data cannot tell apart, each in order."""
    rows = np.flatnonzero(doubtful)
    if rows.size < 2:  # noqa: PLR2004 - a group has two members
        return []
    deviation, correlation = alone(information, spread)
    unknown = deviation[rows] > _APART * spread
    near = (correlation[np.ix_(rows, rows)] < -_ALIKE) & unknown[:, None] & unknown
    groups: list[list[int]] = []
    open_rows = set(range(rows.size))
    while open_rows:
        group = [min(open_rows)]
        for member in group:
            open_rows.discard(member)
            group += sorted(
                k for k in np.flatnonzero(near[member]).tolist() if k in open_rows and k not in group
            )
        if len(group) > 1:
            groups.append(sorted(int(rows[k]) for k in group))
    return groups


def collinear_findings(groups: list[list[int]], meter_ids: tuple[str, ...]) -> list[FleetFinding]:
    """Return one finding a group."""
    findings = []
    for group in groups:
        names = [meter_ids[i] for i in group]
        text = f"{'、'.join(names)} 的用电同步变化，只能估计它们误差的合计，不能分开。"
        findings.append(FleetFinding("collinear_meters", text, data={"meters": names}))
    return findings
