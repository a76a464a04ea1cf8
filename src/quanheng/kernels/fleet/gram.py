"""Sufficient statistics of a balance: the noise has a spectrum, so they are kept by band; and they add.

Readings are differences of registers that advance in steps, so the noise of one interval returns with the opposite
sign in the next: its power grows as 2 - 2·cos ω.  What is left of it at low frequencies is a hundredth of what the
plain sum of squares would see.  Each day is therefore turned by an orthonormal cosine transform (DCT-II), and the
products of rows are summed for each band of frequencies; the estimate learns one variance a band from the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Rows = NDArray[np.floating]

_EDGES = (0.0, 1 / 96, 3 / 96, 8 / 96, 20 / 96, 45 / 96, 1.0)  # of the Nyquist frequency
FLOOR = 1 / 16  # white noise against register noise, in the shape by which rows are scaled beforehand


@dataclass(frozen=True, slots=True, eq=False)
class Gram:
    """Products of m rows over some days: ``products`` (B, m, m) by band, ``counts`` (B,) of transformed intervals."""

    products: Floats
    counts: Floats

    def __add__(self, other: Gram) -> Gram:
        """Return the statistics of both spans of time; the rows must be the same."""
        if self.products.shape != other.products.shape:
            raise ValueError(f"cannot add {self.products.shape} and {other.products.shape}")
        return Gram(self.products + other.products, self.counts + other.counts)

    def __sub__(self, other: Gram) -> Gram:
        """Return the statistics without those of some days that are contained."""
        return Gram(self.products - other.products, self.counts - other.counts)


@lru_cache(maxsize=8)
def bands(per_day: int) -> tuple[NDArray[np.float32], ...]:
    """Return for each band its rows (width, per_day) of the scaled cosine transform of one day."""
    k = np.arange(per_day)
    transform = np.sqrt(2 / per_day) * np.cos(np.pi * np.outer(k, k + 0.5) / per_day)
    transform[0] /= np.sqrt(2)
    transform /= np.sqrt(1 + (2 - 2 * np.cos(np.pi * k / per_day)) / FLOOR)[:, None]
    cuts = sorted({round(edge * per_day) for edge in _EDGES} | {1})
    return tuple(transform[low:high].astype(np.float32) for low, high in pairwise(cuts))


def whiten_twice(residual: Rows, noise: Floats, weight: Rows, per_day: int) -> Rows:
    """Return the inverse of the noise covariance times ``residual`` (T,): what to multiply a row with for its score."""
    by_day = (residual * weight).reshape(-1, per_day)
    out = np.zeros_like(by_day)
    for band, variance in zip(bands(per_day), noise, strict=True):
        out += (by_day @ band.T) @ band / variance
    return out.reshape(-1) * weight


def gram(rows: Rows, weight: Rows, per_day: int) -> Gram:
    """Return the statistics of ``rows`` (m, T), T whole days, each interval scaled by its ``weight`` (T,).

    Raises ValueError where T is not a whole number of days.
    """
    m, intervals = rows.shape
    if intervals % per_day:
        raise ValueError(f"{intervals} intervals are not whole days of {per_day}")
    weighted = rows if np.all(weight == 1) else rows * weight
    by_day = weighted.reshape(-1, per_day)
    products = []
    counts = []
    share = float((np.asarray(weight) > 0).mean())
    for band in bands(per_day):
        turned = (by_day @ band.T.astype(rows.dtype)).reshape(m, -1)
        products.append((turned @ turned.T).astype(np.float64))
        counts.append(turned.shape[1] * share)
    return Gram(np.array(products), np.array(counts))
