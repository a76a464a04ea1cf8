"""Decimals from doubles."""

from __future__ import annotations

from decimal import Decimal


def decimal_of(number: float) -> Decimal:
    """Return the decimal that a person reads when the double is printed: its shortest representation."""
    return Decimal(repr(float(number)))
