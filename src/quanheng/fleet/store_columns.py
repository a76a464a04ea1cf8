"""A column of lists as an array of days."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES
from quanheng.fleet.store_format import STEPS

Rows = NDArray[np.float32]


def day_length(column: pa.ChunkedArray) -> int:
    """Return the number of intervals of a day.

    Raises
    ------
    BadArea
        bad_file: neither 96 nor 48 nor 24. mixed_resolution: more than one length.
    """
    kind = column.type
    lengths = [kind.list_size] if pa.types.is_fixed_size_list(kind) else _lengths(column)
    if len(lengths) > 1:
        raise _mixed(lengths)
    if not lengths or lengths[0] not in STEPS.values():
        found = lengths[0] if lengths else 0
        raise BadArea(
            "bad_file", f"{CURVES} 一天有 {found} 个值，应为 96、48 或 24 个。", {"intervals": found}
        )
    return int(lengths[0])


def column_values(column: pa.ChunkedArray, intervals: int) -> tuple[Rows, NDArray[np.bool_]]:
    """Return (values (R, N), valid (R,)); NaN for a null element, anything in a row that is not valid.

    Raises BadArea (mixed_resolution) where a day has another length than ``intervals``.
    """
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    valid: NDArray[np.bool_] = np.ones(len(whole), dtype=bool)
    if whole.null_count:
        valid = whole.is_valid().to_numpy(zero_copy_only=False)
    if not pa.types.is_fixed_size_list(whole.type):
        return _of_lists(column, whole, valid, intervals), valid
    if whole.type.list_size != intervals:
        raise _mixed([intervals, whole.type.list_size])
    flat = whole.values.slice(whole.offset * intervals, len(whole) * intervals)
    empty = np.flatnonzero(~valid)
    padded = empty.size > 0 and flat.slice(int(empty[0]) * intervals, intervals).null_count == intervals
    return _numbers(flat, empty.size * intervals if padded else 0).reshape(-1, intervals), valid


def _of_lists(column: pa.ChunkedArray, whole: pa.Array, valid: NDArray[np.bool_], intervals: int) -> Rows:
    lengths = _lengths(column)
    if any(length != intervals for length in lengths):
        raise _mixed([intervals, *lengths])
    values = np.full((len(whole), intervals), np.nan, dtype=np.float32)
    values[valid] = _numbers(whole.flatten()).reshape(-1, intervals)
    return values


def _numbers(flat: pa.Array, padding: int = 0) -> Rows:
    """Return the numbers, NaN for null; what lies at the nulls of ``padding``, below null rows, does not matter."""
    if flat.type != pa.float32():
        flat = pc.cast(flat, pa.float32(), safe=False)
    if flat.null_count > padding:
        flat = pc.fill_null(flat, float("nan"))
    if not len(flat):
        return np.empty(0, dtype=np.float32)
    numbers: Rows = np.frombuffer(
        flat.buffers()[1], dtype=np.float32, count=len(flat), offset=4 * flat.offset
    )
    return numbers


def _lengths(column: pa.ChunkedArray) -> list[int]:
    return sorted(
        int(length) for length in pc.unique(pc.list_value_length(column)).to_pylist() if length is not None
    )


def _mixed(lengths: list[int]) -> BadArea:
    found = sorted(set(lengths))
    return BadArea(
        "mixed_resolution",
        f"{CURVES} 中一天的值有 {'、'.join(map(str, found))} 个几种，应当只有一种。",
        {"intervals": found},
    )
