"""Columns of numbers, as text or as numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# What stands for "not measured", beside an empty cell.
_EMPTY = ("", "null", "none", "nan", "na", "n/a", "#n/a", "-", "--", "—", "/")
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def numbers(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (values (R,), NaN where nothing stands; bad (R,), where something stands that is no number)."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            column = pc.cast(column, pa.float64())
        except pa.ArrowInvalid:
            return _texts(column)
    values = _floats(column)
    bad = np.isinf(values)
    return np.where(bad, np.nan, values) if bad.any() else values, bad


def _texts(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    column = pc.utf8_trim_whitespace(column)
    is_number = pc.fill_null(pc.match_substring_regex(column, _NUMBER), False)
    is_empty = pc.or_(pc.is_null(column), pc.is_in(pc.utf8_lower(column), value_set=pa.array(_EMPTY)))
    values = _floats(pc.cast(pc.if_else(is_number, column, None), pa.float64()))
    bad = ~pc.or_(is_number, is_empty).to_numpy(zero_copy_only=False) | np.isinf(values)
    return np.where(bad, np.nan, values), bad


def _floats(column: pa.Array) -> NDArray[np.float64]:
    try:
        column = pc.cast(column, pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        column = pa.nulls(len(column), pa.float64())
    values: NDArray[np.float64] = pc.fill_null(column, float("nan")).to_numpy(zero_copy_only=False)
    return values
