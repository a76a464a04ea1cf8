"""curves.parquet before its numbers are decoded: its schema, and which row is of which meter and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanheng.fleet.places import AnyPlace, source
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, stored
from quanheng.fleet.store_format import VOLTAGES

_EPOCH = date(1970, 1, 1)
_NEEDED = ("meter_id", "day", "energy_kwh")
# A window in which nine days of ten have no row is a wrong date, not a window.
_SPARSE, _LONG_WINDOW_DAYS = 10, 400


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The rows of some row groups, in the order of the file."""

    ids: tuple[str, ...]  # the meters that were asked for
    groups: tuple[int, ...]
    group_rows: tuple[int, ...]
    meter: NDArray[np.int32]  # (R,) place in ``ids``; −1: another meter, or outside the window
    day: NDArray[np.int32]  # (R,) days since 1970
    first_day: int
    days: int
    unknown_ids: tuple[str, ...]  # meters with rows in the window that were not asked for


def open_curves(folder: AnyPlace) -> pq.ParquetFile:
    """Open the curves of an area.  BadArea (bad_file): none, truncated, another schema."""
    path = stored(folder, CURVES)
    if not path.is_file():
        raise BadArea("bad_file", f"没有 {CURVES}。")
    try:
        file = pq.ParquetFile(**source(path), read_dictionary=["meter_id"], page_checksum_verification=True)
    except KeyError:  # there is no such column, which the schema tells below
        file = pq.ParquetFile(**source(path))
    except (pa.ArrowException, OSError) as error:
        raise BadArea("bad_file", f"{CURVES} 不是完整的 Parquet 文件。", {"error": str(error)}) from error
    schema = file.schema_arrow
    if missing := [name for name in _NEEDED if name not in schema.names]:
        raise BadArea("bad_file", f"{CURVES} 没有这些列：{'、'.join(missing)}。", {"columns": missing})
    for name in ("energy_kwh", *VOLTAGES):
        if name in schema.names and not _is_curve(schema.field(name).type):
            kind = str(schema.field(name).type)
            raise BadArea("bad_file", f"{CURVES} 的 {name} 应为数的列表，实为 {kind}。", {"type": kind})
    return file


def index_curves(file: pq.ParquetFile, ids: Sequence[str], since: date | None, until: date | None) -> Index:
    """Read meters and days of the rows within a window, both ends included.

    Raises
    ------
    BadArea
        bad_file: unreadable, a row without a day, dates that are years apart. too_few_data: no row.
    """
    groups = tuple(_groups(file, since, until))
    table = read_groups(file, groups, ["meter_id", "day"])
    day = _days(table["day"])
    codes, names = _meters(table["meter_id"])
    place = {name: at for at, name in enumerate(ids)}
    known = np.array([place.get(name, -1) for name in names] + [-1], dtype=np.int32)
    inside = np.ones(day.size, dtype=bool)
    if since is not None:
        inside &= day >= (since - _EPOCH).days
    if until is not None:
        inside &= day <= (until - _EPOCH).days
    meter = np.where(inside, known[codes], -1).astype(np.int32)
    seen = np.bincount(codes[inside], minlength=known.size)[: len(names)] > 0
    unknown = tuple(sorted(name for at, name in enumerate(names) if seen[at] and name not in place))
    if not (meter >= 0).any():
        raise BadArea("too_few_data", "这段时间没有读数。")
    first, last = int(day[meter >= 0].min()), int(day[meter >= 0].max())
    days = last - first + 1
    if days > _LONG_WINDOW_DAYS and np.unique(day[meter >= 0]).size * _SPARSE < days:
        dates = f"{np.datetime64(first, 'D')} 至 {np.datetime64(last, 'D')}"
        raise BadArea("bad_file", f"日期从 {dates}，绝大多数日子没有读数；应有日期写错。")
    rows = tuple(file.metadata.row_group(group).num_rows for group in groups)
    return Index(tuple(ids), groups, rows, meter, day, first, days, unknown)


def read_groups(file: pq.ParquetFile, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
    """Decode columns of row groups on this thread.  BadArea (bad_file) where the bytes are damaged."""
    try:
        return file.read_row_groups(list(groups), columns=list(columns), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise BadArea("bad_file", f"{CURVES} 已损坏，无法读出。", {"error": str(error)}) from error


def _is_curve(kind: pa.DataType) -> bool:
    is_list = pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _groups(file: pq.ParquetFile, since: date | None, until: date | None) -> list[int]:
    metadata = file.metadata
    every = range(metadata.num_row_groups)
    if since is None and until is None:
        return list(every)
    at = [metadata.schema.column(column).path for column in range(metadata.num_columns)].index("day")
    kept = []
    for group in every:
        found = metadata.row_group(group).column(at).statistics
        if found is not None and found.has_min_max and type(found.min) is date:
            if since is not None and found.max < since:
                continue
            if until is not None and found.min > until:
                continue
        kept.append(group)
    return kept


def _days(column: pa.ChunkedArray) -> NDArray[np.int32]:
    kind = column.type
    if column.null_count or not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        raise BadArea("bad_file", f"{CURVES} 的 day 应为日期，每行都有。", {"type": str(kind)})
    if kind != pa.date32():
        column = pc.cast(column, pa.date32(), safe=False)
    days: NDArray[np.int32] = pc.cast(column, pa.int32()).to_numpy()
    return days


def _meters(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """Return (codes (R,), names); rows without a meter have the code len(names)."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(pc.cast(column, pa.string()))
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # of no rows
        return np.zeros(0, dtype=np.int32), []
    names = [str(name) for name in whole.dictionary.to_pylist()]
    codes: NDArray[np.int32] = pc.fill_null(whole.indices, len(names)).to_numpy(zero_copy_only=False)
    return codes, names
